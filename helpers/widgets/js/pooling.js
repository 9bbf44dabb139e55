// Sizes of pooling layers, in PyTorch's words.
// Pure: no DOM, no state. tests/browser/test_coverage_and_solutions.py holds it equal to PyTorch.

import { extent } from "./arithmetic.js";

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
