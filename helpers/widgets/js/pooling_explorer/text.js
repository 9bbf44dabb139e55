// What the pooling explorer says: formulas, sentences, the line of PyTorch. Pure.

import { factor, format, plural } from "../numbers.js";
import { outputsReading, poolOutputSize, poolShape, poolWindow, winners } from "../pooling.js";
import { sameCell } from "../arithmetic.js";
import { asSize, inputOf, isOutput } from "./state.js";

const show = ([r, c]) => `[${r}, ${c}]`;
const WRITTEN = 12; // numbers in a formula

/** "max(3, 7, 1, 2)": the function of one window, written out with its values. */
export function written(plane, position, layer) {
  const { cells, inside, counted, area } = poolWindow(position, layer);
  const at = ([r, c]) => plane[r]?.[c] ?? 0; // a zero of the padding
  const summed = layer.pooling === "average" && layer.count_include_pad ? inside : cells;
  const values = summed.map(at);
  const many = values.length > WRITTEN;
  const sum = (list) => format(list.reduce((a, b) => a + b, 0));
  if (layer.pooling === "average")
    return many ? `sum ${sum(values)} / ${counted}` : `(${values.map(factor).join(" + ")}) / ${counted}`;
  if (layer.pooling === "L2") {
    const terms = () => values.map((v) => `${factor(v)}²`).join(" + ");
    const squares = many ? `sum of squares ${sum(values.map((v) => v * v))}` : terms();
    return counted < area ? `√((${squares}) · ${area}/${counted})` : `√(${squares})`;
  }
  const list = (shown) => shown.map((v) => format(v)).join(", ");
  return `${layer.pooling}(${many ? `${list(values.slice(0, 6))}, … ${values.length} values` : list(values)})`;
}

/** [name, formula, result] for the output at a position and, with a shift, for the same one of the shifted input. */
export function equations({ state, at, channel }) {
  const which = state.input.length > 1 ? `${channelName(channel, state.input.length)} ` : "";
  const lines = [["output", `output ${which}${show(at)} = `], ["shifted_output", "shifted: "]];
  return lines.slice(0, state.still ? 1 : 2).map(([grid, start]) => [
    start, written(state[inputOf(grid)][channel], at, state.layer), ` = ${format(state[grid][channel][at[0]][at[1]])}`,
  ]);
}

/** How many values the shift changed, before and after; null without a shift. */
export function changedText({ still, changed, input, output }) {
  if (still) return null;
  const of = (cells, planes) => `${cells.size} of ${planes.flat(2).length}`;
  return `changed: ${of(changed.shifted_input, input)} before pooling, ${of(changed.shifted_output, output)} after`;
}

/** Which outputs read the pixel in focus, and what it means to them; null where no pixel is in focus. */
export function dependence({ state, focus }) {
  if (!focus || isOutput(focus.grid)) return null;
  const { layer, outputSize } = state;
  const who = `${focus.grid === "input" ? "Input" : "Shifted input"} ${show(focus.cell)}`;
  const inside = focus.cell.every((v, a) => v >= 0 && v < layer.size[a]);
  if (!inside) {
    if (layer.pooling !== "average") return "This cell is padding: it never wins, as if it were infinitely far off.";
    return `This cell is padding: ${layer.count_include_pad ? "a zero that counts as a pixel." : "it is not counted."}`;
  }
  const read = outputsReading(focus.cell, layer);
  if (!read.length) return `${who} is in no window: nothing reads it.`;
  const start = `${who} is in ${read.length} of ${plural(outputSize[0] * outputSize[1], "window")}`;
  const plane = state[inputOf(focus.grid)][focus.channel];
  const won = read.filter((output) => winners(plane, output, layer).some((cell) => sameCell(cell, focus.cell)));
  const counts = [...new Set(read.map((output) => poolWindow(output, layer).counted))].join(" or ");
  if (layer.pooling === "average") return `${start}: each passes on its gradient divided by ${counts}.`;
  if (layer.pooling === "L2") return `${start}: each passes on its gradient times value / output.`;
  const median = layer.pooling === "median";
  if (!won.length) return `${start} and ${median ? "never in the middle" : "wins none"}: it gets no gradient.`;
  const all = read.length > won.length ? String(won.length) : won.length > 1 ? "all of them" : "it";
  return `${start} and ${median ? "in the middle of" : "wins"} ${all}: from there it gets the gradient.`;
}

/** "R", "G", "B" for three channels, numbers otherwise. */
export const channelName = (m, count) => (count === 3 ? "RGB"[m] : String(m));

/** ⌊(i + 2p − k) / s⌋ + 1 with the numbers of one axis put in, step by step; ⌈ ⌉ in ceil_mode. */
function steps(i, k, s, p, ceil_mode) {
  const [open, close] = ceil_mode ? "⌈⌉" : "⌊⌋";
  const top = i + 2 * p - k;
  const rounded = (ceil_mode ? Math.ceil : Math.floor)(top / s);
  const size = poolOutputSize(i, k, s, p, 1, ceil_mode);
  const quotient = `${open}(${i} + 2·${p} − ${k}) / ${s}${close} + 1 = ${open}${format(top)} / ${s}${close} + 1`;
  const late = size === rounded + 1 ? "" : " − 1 (that window would start after the input)";
  return `${quotient} = ${format(rounded)} + 1${late} = ${size}`;
}

/** One text per axis, or one for both where they agree; of one row, the width. */
export function sizeLines({ size, kernel_size, stride, padding, ceil_mode }) {
  const axes = [0, 1].map((a) => steps(size[a], kernel_size[a], stride[a], padding[a], ceil_mode));
  if (axes[0] === axes[1]) return [`output size = ${axes[0]}`];
  return size[0] === 1 && kernel_size[0] === 1 ? [`width = ${axes[1]}`] : [`height = ${axes[0]}`, `width = ${axes[1]}`];
}

const python = (value) => (Array.isArray(value) ? `(${value.join(", ")})` : String(value));

/** The line of PyTorch, as PoolingExplorer.code writes it. */
export function code({ pooling, size, kernel_size, stride, padding, ceil_mode, count_include_pad }) {
  if (pooling === "median") {
    const shape = poolShape({ size, kernel_size, stride, ceil_mode });
    const [below, right] = [0, 1].map((a) => Math.max(0, (shape[a] - 1) * stride[a] + kernel_size[a] - size[a]));
    const hangs = below + right > 0;
    const x = hangs ? `F.pad(x, (0, ${right}, 0, ${below}), value=torch.nan)` : "x";
    const windows = [0, 1].map((a) => `.unfold(-2, ${kernel_size[a]}, ${stride[a]})`).join("");
    return `${x}${windows}.flatten(-2).${hangs ? "nanquantile" : "quantile"}(0.5, -1)`;
  }
  const rest = [];
  if (!sameCell(stride, kernel_size)) rest.push(`stride=${python(asSize(stride))}`);
  if (Math.max(...padding) > 0) rest.push(`padding=${python(asSize(padding))}`);
  if (ceil_mode) rest.push("ceil_mode=True");
  if (pooling === "average" && !count_include_pad) rest.push("count_include_pad=False");
  const kernel = python(asSize(kernel_size));
  if (pooling === "min") return `-F.max_pool2d(${["-x", kernel, ...rest].join(", ")})`;
  const start = { max: "nn.MaxPool2d(", average: "nn.AvgPool2d(", L2: "nn.LPPool2d(2, " }[pooling];
  return `${start}${[`kernel_size=${kernel}`, ...rest].join(", ")})`;
}
