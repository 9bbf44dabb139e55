// How often each position along one axis takes part: read by windows, or written by stamps.
// Pure: no DOM, no state. tests/browser/test_coverage_and_solutions.py holds it equal to PyTorch.

import { convOutputSize, extent } from "./arithmetic.js";
import { convTransposeOutputSize } from "./transposed.js";
import { range } from "./numbers.js";

/** How often each of `length` positions is met by a kernel put down at each of `starts`. */
function countTaps(starts, length, kernel_size, dilation) {
  const counts = Array(length).fill(0);
  for (const start of starts) for (let tap = 0; tap < kernel_size; tap++) counts[start + tap * dilation]++;
  return counts;
}

/**
 * The windows of a convolution along one axis; positions count from −padding.
 * starts: where each window starts. skipped: where stride 1 would have started one more.
 * counts[n]: how many windows read position n − padding. never: the positions that none reads.
 */
export function windows(size, kernel_size, stride, padding, dilation) {
  const padded = size + 2 * padding;
  const starts = range(convOutputSize(size, kernel_size, stride, padding, dilation)).map((n) => n * stride);
  const fitting = range(padded - extent(kernel_size, dilation) + 1);
  const counts = countTaps(starts, padded, kernel_size, dilation);
  const positions = (list) => list.map((n) => n - padding);
  return {
    starts: positions(starts),
    skipped: positions(fitting.filter((n) => n % stride > 0)),
    counts,
    never: positions(range(padded).filter((n) => counts[n] === 0)),
  };
}

/**
 * The stamps of a transposed convolution along one axis, and what is cut off: `padding` before, and after only what
 * output_padding does not keep. Where it keeps more than there is, positions without a stamp follow.
 * starts: where each input's stamp starts. counts[n]: how many stamps meet position n. cut: [before, after].
 */
export function stamps(size, kernel_size, stride, padding, output_padding, dilation) {
  const more = Math.max(0, output_padding - padding);
  const full = convTransposeOutputSize(size, kernel_size, stride, 0, more, dilation);
  const starts = range(size).map((n) => n * stride);
  return { starts, counts: countTaps(starts, full, kernel_size, dilation), cut: [padding, Math.max(0, padding - output_padding)] };
}
