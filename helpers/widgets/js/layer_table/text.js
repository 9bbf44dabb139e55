// The lines under the table: what the layer in focus does to its input, with the numbers put in. Pure.

import { pair } from "../arithmetic.js";
import { sizeLines, transposedLines } from "../formula.js";
import { isConv, onImage, settings } from "./layers.js";
import { grouped, times } from "../numbers.js";

/** One text per axis, or one for both where they agree. */
function eachAxis(step) {
  const [height, width] = [0, 1].map(step);
  return height === width ? [`output size = ${height}`] : [`height = ${height}`, `width = ${width}`];
}

function sizeText(layer, { before, shape }) {
  const all = onImage(layer, before);
  const { size, kernel_size: k, stride: s, padding: p } = all;
  const result = shape.slice(1);
  switch (layer.type) {
    case "Conv2d":
      return sizeLines(all);
    case "MaxPool2d":
    case "AvgPool2d":
      if (!all.ceil_mode) return sizeLines({ ...all, dilation: [1, 1] });
      return eachAxis((a) => {
        const top = size[a] + 2 * p[a] - k[a];
        const rounded = Math.ceil(top / s[a]) + 1;
        const less = rounded > result[a] ? ` − 1 (the last window would start in the padding)` : "";
        return `⌈(${size[a]} + 2·${p[a]} − ${k[a]}) / ${s[a]}⌉ + 1${less} = ${result[a]}`;
      });
    case "ConvTranspose2d":
      return transposedLines(all);
    case "Upsample":
      return eachAxis((a) => `${size[a]}·${all.scale_factor[a]} = ${result[a]}`);
    case "Flatten":
      if (before.length === 1) return ["nothing to flatten: the input has features already"];
      return [`features = ${before.join("·")} = ${grouped(shape[0])}`];
    case "Linear":
      return before.length > 1
        ? [`Linear acts on the last axis only: (${before.join(", ")}) → (${shape.join(", ")}). Is a Flatten missing?`]
        : [`features = out_features = ${shape[0]}`];
    default:
      return [`output shape = ${layer.type === "AdaptiveAvgPool2d" ? "channels × output_size" : "input shape"} = ${times(shape)}`];
  }
}

function costText(layer, { before, shape, parameters, multiplications }) {
  const all = settings(layer);
  const { in_channels: c, out_channels, groups, in_features, out_features, bias } = all;
  if (isConv(layer)) {
    const window = pair(all.kernel_size).join("·");
    const [from, to] = groups > 1 ? [`${c}/${groups}`, `${out_channels}/${groups}`] : [c, out_channels];
    const [places, sources] = layer.type === "Conv2d" ? [shape, from] : [before, to];
    return [
      `parameters = ${out_channels}·(${from}·${window}${bias ? " + 1" : ""}) = ${grouped(parameters)}`,
      `multiplications = ${places.join("·")}·(${sources}·${window}) = ${grouped(multiplications)}`,
    ];
  }
  if (layer.type === "Linear")
    return [
      `parameters = ${out_features}·${bias ? `(${in_features} + 1)` : in_features} = ${grouped(parameters)}`,
      `multiplications = ${[...before, out_features].join("·")} = ${grouped(multiplications)}`,
    ];
  if (layer.type !== "BatchNorm2d") return [];
  return [`parameters = 2·${before[0]} = ${grouped(parameters)} (a scale and a shift per channel)`];
}

/** The lines of one row of `network`. */
export function rowLines(layer, row) {
  if (row.fault) return [row.fault.text];
  if (row.waits !== undefined) return [`waits for row ${row.waits}, which does not fit`];
  const cost = costText(layer, row);
  return [...sizeText(layer, row), ...(cost.length ? [cost.join("; ")] : [])];
}

/** What the whole table says, for screen readers. */
export function networkText(layers, { rows, problem, parameters, multiplications, output }) {
  if (problem !== null) return `Row ${problem}, ${layers[problem].type}, does not fit: ${rows[problem].fault.text}.`;
  return `Output ${times(output)}, ${grouped(parameters)} parameters, ${grouped(multiplications)} multiplications.`;
}

/** A share as a bar's length in per cent. */
export const share = (value, total) => (total ? (100 * value) / total : 0);
