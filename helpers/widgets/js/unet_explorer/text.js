// What the U-Net explorer says of a network, a map, a pixel, and of a size that does not fit. Pure.

import { grouped, plural, times } from "../numbers.js";
import { fieldOf, fieldSizes } from "./fields.js";
import { sizeText } from "./layout.js";
import { levelSizes } from "./graph.js";

const MADE = {
  conv: "3×3 convolution and ReLU", input: "the input", pool: "2×2 max pooling", output: "1×1 convolution", "up: conv": "2×2 transposed convolution, stride 2", "up: resize": "each pixel four times, then a 3×3 convolution",
};
const squared = ([a, b]) => (a === b ? `${a}×${a}` : times([a, b]));

/** Costs of the whole, in one line. */
export function totals({ settings, output, parameters, multiplications }) {
  const made = output ? `${settings.out_channels}×${times(output)}` : "no output";
  const products = multiplications === null ? "" : `, ${grouped(multiplications)} multiplications`;
  return `${settings.in_channels}×${times(settings.input_size)} → ${made}: ${grouped(parameters)} parameters${products}`;
}

/** The sizes of the levels, down and up. */
export function chain(net) {
  const sizes = levelSizes(net)?.map(sizeText);
  if (!sizes) return "sizes: they stop where the picture does";
  const { depth } = net.settings;
  return `sizes ${sizes.map((size, n) => (n === 0 ? size : `${n <= depth ? "↓" : "↑"} ${size}`)).join(" ")}`;
}

/** What a map is, what it costs, what its units see. */
export function nodeText(net, name) {
  const { kind, size, channels, parameters, cut, from, layers } = net.byName.get(name);
  if (!size) return `${name}: ${plural(channels, "channel")}; ${grouped(parameters)} parameters. The input does not come this far.`;
  const made = kind === "skip" && cut.some(Boolean) ? `${from[0]} without ${cut[0] / 2} pixels at each edge` : kind === "skip" ? `a copy of ${from[0]}` : layers.length === 3 ? "3×3 convolution, norm and ReLU" : MADE[kind === "up" ? `up: ${net.settings.up}` : kind];
  const costs = parameters ? `; ${grouped(parameters)} parameters` : "";
  const [least, most] = fieldSizes(net, name);
  const sees = least === most ? `${most}×${most}` : `${least}×${least} to ${most}×${most}`;
  return `${name}: ${channels}×${times(size)}, ${made}; each place sees ${sees}${costs}`;
}

/** How the size and the costs of a map come about. */
export function nodeFormula(net, name) {
  const { kind, size, channels, layers, from, cut, crop, multiplications } = net.byName.get(name);
  const before = from.length ? net.byName.get(from.at(-1)).size : null;
  if (!size || !before) return chain(net);
  const { padding, up } = net.settings;
  const loss = padding === "valid" ? " − 2" : " + 2·1 − 2";
  const along = (axis) => {
    const [a, b] = [before[axis], size[axis]];
    const steps = {
      conv: `${a}${loss}`, pool: `${a} / 2`, output: `${a}`, skip: cut ? `${b + cut[axis]} − 2·${crop[axis]}` : `${a}`,
      up: up === "conv" ? `2·${a}` : `2·${a}${loss}`,
    };
    return `${steps[kind]} = ${b}`;
  };
  const both = along(0) === along(1) ? `size ${along(0)}` : `height ${along(0)}, width ${along(1)}`;
  if (kind === "skip") return `${cut.some(Boolean) ? `${both} · ` : ""}channels ${channels} + ${channels} = ${2 * channels}`;
  const layer = layers.find(({ kernel_size }) => kernel_size);
  if (!layer) return both;
  const weights = `${layer.kernel_size}·${layer.kernel_size}·${layer.in_channels}·${layer.out_channels}`;
  const parameters = layer.kernel_size ** 2 * layer.in_channels * layer.out_channels;
  const bias = layer.bias ? ` + ${layer.out_channels} = ${grouped(parameters + layer.out_channels)}` : ` = ${grouped(parameters)}`;
  const places = layer.type === "ConvTranspose2d" ? before : size;
  return `${both} · weights ${weights}${bias} · ${weights} · ${times(places).replace("×", "·")} = ${grouped(multiplications)}`;
}

/** What a pixel of the output sees: {pixel, field, skip}, all of it and what the topmost skip alone lets through. */
export function seenBy(net, pixel) {
  if (!pixel || !net.output) return null;
  const field = fieldOf(net, "output", pixel);
  const top = `skip.${net.settings.depth - 1}`;
  return { pixel, field, skip: net.byName.has(top) ? fieldOf(net, "output", pixel, top) : null };
}

const tall = (field) => squared(field.map(([a, b]) => b - a + 1));

export function pixelText(net, { pixel, field, skip }) {
  const [[top, bottom], [left, right]] = field;
  const place = `Output pixel (${pixel.join(", ")}) sees ${tall(field)}: rows ${top} to ${bottom}, columns ${left} to ${right}`;
  return `${place}; ${skip ? `over the topmost skip alone ${tall(skip)}` : "no skips, all of it through the bottom"}`;
}

/** Why a size does not fit: a sentence for each axis. */
export function stopText({ stop, settings }) {
  const [height, width] = settings.input_size;
  const square = height === width;
  const found = stop.axes.map((one, axis) => {
    if (!one || (square && axis)) return "";
    const given = settings.input_size[axis];
    const of = `${square ? "Size" : ["Height", "Width"][axis]} ${given}`;
    if (one.why === "nothing") return `${of}: nothing is left at level ${one.level}${one.rising ? " on the way up" : ""}.`;
    const odd = one.size === given ? `is odd at level ${one.level}` : `is ${one.size} at level ${one.level}, which is odd`;
    return `${of} ${odd}: 2×2 windows leave a ${axis ? "column" : "row"} over.`;
  });
  return found.filter(Boolean).join(" ");
}

/** The description of the picture. */
export function description(net, selected) {
  const { settings, nodes, stop } = net;
  const kinds = settings.skip ? "with a skip at each level" : "without skips";
  const at = stop ? ` It stops behind ${stop.name}.` : ` ${chain(net)}.`;
  return `A U-Net of depth ${settings.depth} ${kinds}, ${nodes.length} maps.${at}${selected ? ` Chosen: ${nodeText(net, selected)}.` : ""}`;
}
