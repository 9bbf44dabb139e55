// Sizes, values and winners of pooling layers, in PyTorch's words.
// Pure: no DOM, no state. tests/browser/test_coverage_and_solutions.py and test_pooling.py hold it equal to PyTorch.
//
// A layer is {size, kernel_size, stride, padding, dilation, ceil_mode}, each size an [height, width] pair; its values
// need {pooling, count_include_pad} as well, and know no dilation.

import { extent } from "./arithmetic.js";
import { range } from "./numbers.js";

/**
 * As convOutputSize, but `ceil_mode` rounds up: the last window may hang over the end, as long as it starts
 * inside the input or the padding before it. Below 1 where no window fits.
 */
export function poolOutputSize(size, kernel_size, stride = kernel_size, padding = 0, dilation = 1, ceil_mode = false) {
  const room = size + 2 * padding - extent(kernel_size, dilation);
  if (!ceil_mode) return Math.floor(room / stride) + 1;
  const count = Math.floor((room + stride - 1) / stride) + 1;
  return (count - 1) * stride >= size + padding ? count - 1 : count;
}

const complete = ({ size, kernel_size, stride = kernel_size, padding = [0, 0], dilation = [1, 1], ceil_mode }) =>
  [0, 1].map((a) => [size[a], kernel_size[a], stride[a], padding[a], dilation[a], ceil_mode]);

/** Why PyTorch would refuse this pooling layer, as a sentence, or null where it would not. */
export function poolRefusal(layer) {
  for (const [axis, settings] of complete(layer).entries()) {
    const name = ["height", "width"][axis];
    const [i, k, s, p, d, ceil_mode] = settings;
    if (2 * p > k) return `along the ${name}, padding ${p} is more than half of the kernel of ${k}`;
    if (poolOutputSize(...settings) < 1) {
      const holes = d > 1 ? ` with dilation ${d}` : "";
      const over = ceil_mode && s > 1 ? `, and with stride ${s} at most ${s - 1} may hang over` : "";
      return `a kernel of ${k}${holes} covers ${extent(k, d)} pixels, the padded ${name} has ${i + 2 * p}${over}`;
    }
  }
  return null;
}

export function poolShape(layer) {
  return complete(layer).map((settings) => poolOutputSize(...settings));
}

// ---- values and winners ----------------------------------------------------------------------------------------

const total = (values) => values.reduce((a, b) => a + b, 0);
const mean = (values) => total(values) / values.length;
const first = (best) => (values) => [values.indexOf(best(...values))];

/** The places of the one or two middle values, in the order of the window. */
function middle(values) {
  const order = values.map((_, n) => n).sort((a, b) => values[a] - values[b] || a - b);
  return [...new Set([(order.length - 1) >> 1, order.length >> 1])].map((n) => order[n]).sort((a, b) => a - b);
}

/**
 * value(values, {counted, area}) of the pixels in a window: `counted` is what an average divides by, `area` what
 * the kernel covers. winners(values): the places of the pixels that decide. pads: whether PyTorch has a padding.
 */
export const POOLINGS = {
  max: { value: (values) => Math.max(...values), winners: first(Math.max), pads: true },
  average: { value: (values, { counted }) => total(values) / counted, winners: () => [], pads: true },
  min: { value: (values) => Math.min(...values), winners: first(Math.min), pads: true },
  median: { value: (values) => mean(middle(values).map((n) => values[n])), winners: middle, pads: false },
  // nn.LPPool2d averages, then takes that times the whole kernel: a window that hangs over is scaled up
  L2: {
    value: (values, { counted, area }) => Math.sqrt((total(values.map((v) => v * v)) * area) / counted),
    winners: () => [], pads: false,
  },
};

/**
 * The window of one output: {cells: its pixels, row by row; inside: the same with the padding around the input;
 * counted: what an average divides by; area: all that the kernel covers}.
 */
export function poolWindow(position, { size, kernel_size, stride, padding, count_include_pad = true }) {
  const axes = [0, 1].map((a) => {
    const start = position[a] * stride[a] - padding[a];
    return range(Math.min(kernel_size[a], size[a] + padding[a] - start), start);
  });
  const inside = axes[0].flatMap((r) => axes[1].map((c) => [r, c]));
  const cells = inside.filter((cell) => cell.every((v, a) => v >= 0 && v < size[a]));
  const counted = count_include_pad ? inside.length : cells.length;
  return { cells, inside, counted, area: kernel_size[0] * kernel_size[1] };
}

/** The pooled plane (H', W') of a plane (H, W). */
export function pool2d(plane, layer) {
  const [rows, cols] = poolShape(layer);
  const { value } = POOLINGS[layer.pooling];
  return range(rows).map((r) => range(cols).map((c) => {
    const window = poolWindow([r, c], layer);
    return value(window.cells.map(([i, j]) => plane[i][j]), window);
  }));
}

/** The pixels that decide one output, the first of several equal ones; none where all take part. */
export function winners(plane, position, layer) {
  const { cells } = poolWindow(position, layer);
  return POOLINGS[layer.pooling].winners(cells.map(([r, c]) => plane[r][c])).map((n) => cells[n]);
}

/** Every output whose window has this pixel in it. */
export function outputsReading(cell, layer) {
  const { kernel_size, stride, padding } = layer;
  const [rows, cols] = poolShape(layer).map((count, a) => range(count).filter((n) => {
    const place = cell[a] - (n * stride[a] - padding[a]); // in the window
    return place >= 0 && place < kernel_size[a];
  }));
  return rows.flatMap((r) => cols.map((c) => [r, c]));
}

// ---- what is legal ---------------------------------------------------------------------------------------------

/**
 * The values of each setting that keep the layer legal while the others stay as they are, with the reasons.
 * An input of one row is pooled along its width; a layer without a stride has the kernel's.
 */
export function poolBounds(layer, most) {
  const flat = layer.size[0] === 1;
  const limit = (name, least, label = name) => {
    const height = (layer[name] ?? layer.kernel_size)[0];
    const why = (v) => poolRefusal({ ...layer, [name]: flat ? [height, v] : [v, v] });
    const legal = range(most[name] - least + 1, least).filter((v) => !why(v));
    if (!legal.length) return { min: least, max: most[name], why: null, whyMin: null }; // height and width disagree
    const [min, max] = [legal[0], legal.at(-1)];
    return {
      min, max,
      why: max < most[name] ? `${label} ends at ${max}: ${why(max + 1)}` : null,
      whyMin: min > least ? `${label} begins at ${min}: ${why(min - 1)}` : null,
    };
  };
  const none = `padding stays 0: PyTorch has none for ${layer.pooling} pooling`;
  return {
    kernel_size: limit("kernel_size", 1),
    stride: limit("stride", 1),
    padding: POOLINGS[layer.pooling].pads ? limit("padding", 0) : { min: 0, max: 0, why: none, whyMin: null },
    size: limit("size", flat ? 1 : 2, "the input"),
  };
}
