// The state of a pooling layer, on the input and on the shifted one, from a model's traits. Pure but for model.get.

import { pair } from "../arithmetic.js";
import { pool2d, poolShape } from "../pooling.js";

export const TRAITS = [
  "input", "pooling", "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "shift", "wrap", "entering",
];
export const MOST = { kernel_size: 12, stride: 12, padding: 6, size: 12 };

/** The grids: what is pooled and what comes of it, as it is and shifted. */
export const GRIDS = ["input", "output", "shifted_input", "shifted_output"];
export const isShifted = (grid) => grid.startsWith("shifted");
export const isOutput = (grid) => grid.endsWith("output");
export const inputOf = (grid) => grid.replace("output", "input");
export const outputOf = (grid) => grid.replace("input", "output");

/** The plane moved by [rows down, columns right]; what leaves comes back on the other side, or `entering` comes in. */
export function moved(plane, [down, right], wrap, entering) {
  const [height, width] = [plane.length, plane[0].length];
  const turn = (n, count) => (n + count) % count;
  const from = (r, c) => (wrap ? plane[turn(r, height)][turn(c, width)] : (plane[r]?.[c] ?? entering));
  return plane.map((row, r) => row.map((_, c) => from(r - down, c - right)));
}

/** The cells [channel, row, column] in which two lists of planes differ by more than rounding, as texts. */
export function changes(before, after) {
  const most = before.flat(2).concat(after.flat(2)).reduce((a, v) => Math.max(a, Math.abs(v)), 0);
  const cells = new Set();
  before.forEach((plane, m) => plane.forEach((row, r) => row.forEach((v, c) => {
    if (Math.abs(v - after[m][r][c]) > 1e-9 * most) cells.add(`${m},${r},${c}`);
  })));
  return cells;
}

/** Everything that follows from the traits; (H, W) counts as one channel. `follows`: the stride is the kernel's;
 *  `still`: the shift is none, and there is nothing shifted to show. */
export function readState(model) {
  const [given, wrap, entering] = ["input", "wrap", "entering"].map((name) => model.get(name));
  const input = Array.isArray(given[0][0]) ? given : [given];
  const kernel_size = pair(model.get("kernel_size"));
  const stride = model.get("stride");
  const layer = {
    size: [input[0].length, input[0][0].length],
    kernel_size,
    stride: stride === null ? kernel_size : pair(stride),
    padding: pair(model.get("padding")),
    ceil_mode: model.get("ceil_mode"),
    pooling: model.get("pooling"),
    count_include_pad: model.get("count_include_pad"),
  };
  const shift = pair(model.get("shift"));
  const shifted_input = input.map((plane) => moved(plane, shift, wrap, entering));
  const [output, shifted_output] = [input, shifted_input].map((planes) => planes.map((plane) => pool2d(plane, layer)));
  return {
    layer, follows: stride === null, shift, still: shift.every((by) => by === 0),
    wrap, entering, input, shifted_input, output, shifted_output,
    outputSize: poolShape(layer),
    changed: { shifted_input: changes(input, shifted_input), shifted_output: changes(output, shifted_output) },
  };
}

/** The layer as poolBounds wants it: without a stride where that follows the kernel. */
export const boundable = ({ layer, follows }) => (follows ? { ...layer, stride: undefined } : layer);

/** Numbers as the traits keep them: a single channel as (H, W). */
export const asInput = (planes) => (planes.length === 1 ? planes[0] : planes);
/** A size as the traits keep it: one number where both axes agree. */
export const asSize = ([a, b]) => (a === b ? a : [a, b]);
