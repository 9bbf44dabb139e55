// The state of the arithmetic explorer: a convolution or a transposed one, with its numbers. Pure but for model.get.

import { conv2d, flip, outputShape, outputsFedBy, pair, paddingLimit, refusal, sourceCell, taps } from "../arithmetic.js";
import { convTranspose2d, stampedBy, stampsOn, stretched, transposedRefusal, transposedShape } from "../transposed.js";

export const SIZES = ["input_size", "kernel_size", "stride", "padding", "dilation", "output_padding"];
export const TRAITS = [...SIZES, "padding_mode", "transposed", "values"];
export const MOST = { size: 12, kernel_size: 7, stride: 4, padding: 6, dilation: 4, output_padding: 3 };
export const MOST_OUTPUT = 32;
export const VIEWS = {
  false: { slide: "slide", matrix: "matrix", counts: "counts" },
  true: { stamp: "stamp", stretch: "stretch", matrix: "matrix", counts: "counts" },
};

/** The same numbers as in arithmetic_explorer.py: pixels counted row by row; a kernel that no flip leaves alone. */
export function numbersFor([height, width], [kh, kw], values) {
  const plane = (rows, cols, f) => Array.from({ length: rows }, (_, r) => Array.from({ length: cols }, (_, c) => f(r, c)));
  return values === "ones"
    ? { input: plane(height, width, () => 1), kernel: plane(kh, kw, () => 1) }
    : { input: plane(height, width, (r, c) => r * width + c + 1), kernel: plane(kh, kw, (i, j) => 1 + ((2 * i + j) % 3)) };
}

export const why = (layer, transposed) => (transposed ? transposedRefusal(layer) : refusal(layer));
export const shapeOf = (layer, transposed) => (transposed ? transposedShape(layer) : outputShape(layer));

/** Why this layer cannot be shown, or null. */
export function objection(layer, transposed) {
  const refused = why(layer, transposed);
  if (refused) return refused;
  const size = shapeOf(layer, transposed);
  return Math.max(...size) > MOST_OUTPUT ? `the output would have ${size.join("×")} pixels, and ${MOST_OUTPUT} are drawn at most` : null;
}

export function layerOf(model) {
  const [size, kernel_size, stride, padding, dilation, output_padding] = SIZES.map((name) => pair(model.get(name)));
  return { size, kernel_size, stride, padding, dilation, output_padding, padding_mode: model.get("padding_mode") };
}

/** Everything that follows from the traits. */
export function readState(model) {
  const layer = layerOf(model);
  const transposed = model.get("transposed");
  const { input, kernel } = numbersFor(layer.size, layer.kernel_size, model.get("values"));
  const outputSize = shapeOf(layer, transposed);
  const [output] = transposed ? convTranspose2d([input], [[kernel]], [0], layer) : conv2d([input], [[kernel]], [0], layer);
  return { layer, transposed, input, kernel, output, outputSize, ...(transposed ? stretchedState(layer, kernel) : {}) };
}

/** The ordinary convolution that gives the same output, over the stretched input. */
function stretchedState(layer, kernel) {
  const wide = stretched(layer);
  const plain = { ...layer, size: wide.size, stride: [1, 1], padding: [0, 0], padding_mode: "zeros" };
  return { wide, plain, flipped: flip(kernel) };
}

/** What an output reads: [{weight, source}], source null for a zero of the border. */
export const reads = ({ layer, transposed }, cell) => (transposed ? stampsOn(cell, layer) : taps(cell, layer));

/** What an input cell feeds: [{weight, output}]; for a cell of the border what the cell feeds that it copies. */
export function feeds({ layer, transposed }, cell) {
  if (transposed) return stampedBy(cell, layer).filter(({ kept }) => kept);
  return outputsFedBy(sourceCell(cell, layer), layer);
}

/** The cells of the border that copy an input cell. */
export function copiesOf([row, col], layer) {
  const places = (at, axis) => {
    const [size, padding] = [layer.size[axis], layer.padding[axis]];
    const all = Array.from({ length: size + 2 * padding }, (_, n) => n - padding);
    return all.filter((n) => sourceCell(axis ? [0, n] : [n, 0], layer)?.[axis] === at);
  };
  return places(row, 0).flatMap((r) => places(col, 1).map((c) => [r, c])).filter(([r, c]) => r !== row || c !== col);
}

/**
 * The `limits` of one setting, narrowed to what can be drawn while the others stay: transposed outputs grow with most
 * settings, and the picture ends at MOST_OUTPUT.
 */
export function drawable(layer, name, limits) {
  const fits = (v) => Math.max(...transposedShape({ ...layer, [name]: [v, v] })) <= MOST_OUTPUT;
  let { min, max } = limits;
  while (max > min && !fits(max)) max--;
  while (min < max && !fits(min)) min++; // more padding makes the output smaller
  const ends = (which, at) => `${name === "size" ? "the input" : name} ${which} at ${at}: the picture has room for ${MOST_OUTPUT} pixels`;
  return {
    min, max,
    why: max < limits.max ? ends("ends", max) : limits.why,
    whyMin: min > limits.min ? ends("begins", min) : limits.whyMin,
  };
}

/** The settings of the layer that turns this one's output back into its input's size, or null where none is drawn. */
export function turnedAround({ layer, transposed, outputSize }) {
  const back = { ...layer, size: outputSize, padding_mode: "zeros", output_padding: [0, 0] };
  if (Math.max(...outputSize) > MOST.size) return null;
  if (!transposed) {
    const short = transposedShape(back);
    back.output_padding = layer.size.map((n, a) => n - short[a]); // what the floor of the stride left out
  }
  return objection(back, !transposed) === null && String(shapeOf(back, !transposed)) === String(layer.size) ? back : null;
}

/** Whether a border of this mode has enough pixels to copy. */
export const borderFits = (layer, mode) => layer.padding.every((p, a) => p <= paddingLimit(layer.size[a], mode));

/** Sizes as the traits keep them: one number where both axes agree. */
export const asSize = ([a, b]) => (a === b ? a : [a, b]);
export const asTraits = ({ size, ...layer }) => {
  const sizes = { input_size: size, ...layer };
  return Object.fromEntries(SIZES.map((name) => [name, asSize(sizes[name])]));
};
