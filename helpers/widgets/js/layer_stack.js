// A stack of layers on one plane {data, height, width}, as PyTorch computes it, fast enough for a drag.
// Pure: no DOM, no state. tests/browser/test_transforms_and_stacks.py holds it equal to PyTorch.
//
// A layer is a word of LAYERS. Every pixel of a map sums in the same order, so that what commutes does so exactly.

import { refusal, sourceIndex } from "./arithmetic.js";
import { correlatePlane, padded, samePadding } from "./images.js";
import { times } from "./numbers.js";

/** What a menu calls each layer, and its stride; null: no position is left that could be shifted. */
export const LAYERS = {
  conv: { label: "convolution", stride: 1 },
  strided_conv: { label: "convolution, stride 2", stride: 2 },
  relu: { label: "ReLU", stride: 1 },
  max_pool: { label: "max pooling", stride: 2 },
  avg_pool: { label: "average pooling", stride: 2 },
  subsample: { label: "every second pixel", stride: 2 },
  blur_pool: { label: "blur pooling", stride: 2 },
  max_blur_pool: { label: "max pooling, blurred", stride: 2 },
  global_avg_pool: { label: "global average", stride: null },
};

/** The binomial blur of Zhang, arXiv:1904.11486. */
const BLUR = [[1, 2, 1], [2, 4, 2], [1, 2, 1]].map((row) => row.map((v) => v / 16));

/** A plane to write to: the old one where it has the right size, since allocating takes longer than most layers. */
const room = (height, width, old) =>
  old?.height === height && old.width === width ? old : { data: new Float64Array(height * width), height, width };

function convolved(plane, kernel, padding_mode, old) {
  const { height, width } = plane;
  const out = room(height, width, old);
  correlatePlane(padded(plane, [kernel.length, kernel[0].length], padding_mode), kernel, height, width, out.data);
  return out;
}

function rectified({ data, height, width }, old) {
  const out = room(height, width, old);
  for (let n = 0; n < data.length; n++) out.data[n] = data[n] < 0 ? 0 : data[n];
  return out;
}

function everySecond({ data, height, width }, old) {
  const out = room(Math.ceil(height / 2), Math.ceil(width / 2), old);
  for (let r = 0, n = 0; r < height; r += 2) for (let c = 0; c < width; c += 2) out.data[n++] = data[r * width + c];
  return out;
}

/** The largest of four; NaN where one is. */
const largest = (a, b, c, d) => Math.max(Math.max(a, b), Math.max(c, d));

const mean = (a, b, c, d) => (a + b + c + d) / 4;

/** A function of 2×2 pixels, stride 2; an odd last row or column is left out. */
function pooled({ data, height, width }, ofFour, old) {
  const out = room(Math.floor(height / 2), Math.floor(width / 2), old);
  for (let r = 0, n = 0; r < out.height; r++)
    for (let c = 0; c < out.width; c++) {
      const at = 2 * (r * width + c);
      out.data[n++] = ofFour(data[at], data[at + 1], data[at + width], data[at + width + 1]);
    }
  return out;
}

/** The largest of 2×2 pixels, stride 1; one row and one column beyond the end are read, zeros never win. */
function denseMax({ data, height, width }, padding_mode) {
  const out = room(height, width);
  // where a zero would stand, the last pixel is read once more: it changes no maximum
  const beyond = (size) => (padding_mode === "zeros" ? size - 1 : sourceIndex(size, size, padding_mode));
  const [lastRow, lastColumn] = [beyond(height), beyond(width)];
  for (let r = 0, n = 0; r < height; r++) {
    const here = r * width;
    const below = (r + 1 < height ? r + 1 : lastRow) * width;
    for (let c = 0; c < width; c++) {
      const next = c + 1 < width ? c + 1 : lastColumn;
      out.data[n++] = largest(data[here + c], data[here + next], data[below + c], data[below + next]);
    }
  }
  return out;
}

function globalMean({ data }, old) {
  const out = room(1, 1, old);
  let sum = 0;
  for (let n = 0; n < data.length; n++) sum += data[n];
  out.data[0] = sum / data.length;
  return out;
}

const COMPUTE = {
  conv: (plane, { kernel, padding_mode }, old) => convolved(plane, kernel, padding_mode, old),
  strided_conv: (plane, { kernel, padding_mode }, old) => everySecond(convolved(plane, kernel, padding_mode), old),
  relu: (plane, _, old) => rectified(plane, old),
  max_pool: (plane, _, old) => pooled(plane, largest, old),
  avg_pool: (plane, _, old) => pooled(plane, mean, old),
  subsample: (plane, _, old) => everySecond(plane, old),
  blur_pool: (plane, { padding_mode }, old) => everySecond(convolved(plane, BLUR, padding_mode), old),
  max_blur_pool: (plane, { padding_mode }, old) =>
    everySecond(convolved(denseMax(plane, padding_mode), BLUR, padding_mode), old),
  global_avg_pool: (plane, _, old) => globalMean(plane, old),
};

/**
 * The planes after each layer. All convolutions have the same kernel (rows of numbers), odd along both axes.
 * `into`: planes of an earlier call, which may be written over: for a curve of many shifts, about twice as fast.
 */
export function forward(plane, layers, { kernel, padding_mode }, into = []) {
  const planes = [];
  for (const [n, word] of layers.entries())
    planes.push((plane = COMPUTE[word](plane, { kernel, padding_mode }, into[n])));
  return planes;
}

/** By how many pixels of the input the last map's pixels are apart; null once a global average has been taken. */
export function totalStride(layers) {
  const strides = layers.map((word) => LAYERS[word].stride);
  return strides.includes(null) ? null : strides.reduce((product, stride) => product * stride, 1);
}

/** Why PyTorch would refuse the first layer that it refuses, as a sentence, or null where it takes the whole stack. */
export function stackRefusal({ height, width }, layers, { kernel, padding_mode }) {
  let size = [height, width];
  for (const [n, word] of layers.entries()) {
    const { label, stride } = LAYERS[word];
    const why = layerRefusal(word, size, kernel, padding_mode);
    if (why) return `layer ${n + 1}, ${label}: ${why}`;
    const rounded = WITHOUT_BORDER.includes(word) ? Math.floor : Math.ceil;
    size = size.map((pixels) => (stride === null ? 1 : rounded(pixels / stride)));
  }
  return null;
}

const WITHOUT_BORDER = ["max_pool", "avg_pool"];
const BORDERS = { conv: null, strided_conv: null, blur_pool: BLUR, max_blur_pool: BLUR }; // null: the learner's kernel

function layerRefusal(word, size, kernel, padding_mode) {
  if (WITHOUT_BORDER.includes(word)) return Math.min(...size) < 2 ? `2×2 pixels do not fit into ${times(size)}` : null;
  if (!(word in BORDERS)) return null;
  const weights = BORDERS[word] ?? kernel;
  const kernel_size = [weights.length, weights[0].length];
  if (kernel_size.some((k) => k % 2 === 0)) return `a kernel of ${times(kernel_size)} has no middle; use odd sizes`;
  const padding = kernel_size.map((k) => samePadding(k)[0]);
  return refusal({ size, kernel_size, padding, dilation: [1, 1], padding_mode });
}
