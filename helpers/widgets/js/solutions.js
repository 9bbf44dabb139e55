// "Which settings give this size?", along one axis.
// Pure: no DOM, no state. tests/browser/test_coverage_and_solutions.py holds it equal to PyTorch.

import { convOutputSize, paddingLimit } from "./arithmetic.js";
import { convTransposeOutputSize } from "./transposed.js";

const LEAST = { kernel_size: 1, stride: 1, padding: 0, dilation: 1, output_padding: 0 };
const MOST = { kernel_size: 7, stride: 4, padding: 6, dilation: 4, output_padding: 3 };

/**
 * All settings {kernel_size, stride, padding, dilation[, output_padding]} up to `most` that PyTorch accepts and that
 * turn an input of `size` into an output of `wanted`; those named in `fixed` are held at its values.
 * What changes nothing is left out: a free stride other than 1 between no two windows or stamps, a free dilation other
 * than 1 of a kernel of one pixel. As helpers.shapes.settings_for, but nearest to `now` first: the fewest settings changed, then the smallest changes; smaller values before larger ones.
 */
export function settingsFor(question, most = MOST) {
  const { transposed = false, size, wanted, fixed = {}, now = {}, padding_mode = "zeros" } = question;
  if (wanted < 1) return [];
  const values = (name, last) => {
    if (name in fixed) return fixed[name] <= last ? [fixed[name]] : [];
    const end = Math.min(last, most[name] ?? Infinity);
    return Array.from({ length: end - LEAST[name] + 1 }, (_, n) => LEAST[name] + n);
  };
  const found = [];
  const idle = ({ kernel_size, stride, dilation }) =>
    ((transposed ? size : wanted) === 1 && stride > 1 && !("stride" in fixed)) ||
    (kernel_size === 1 && dilation > 1 && !("dilation" in fixed));
  for (const kernel_size of values("kernel_size", Infinity))
    for (const stride of values("stride", Infinity))
      for (const padding of values("padding", transposed ? Infinity : paddingLimit(size, padding_mode)))
        for (const dilation of values("dilation", Infinity)) {
          const settings = { kernel_size, stride, padding, dilation };
          if (idle(settings)) continue;
          if (!transposed) {
            if (convOutputSize(size, kernel_size, stride, padding, dilation) === wanted) found.push(settings);
            continue;
          }
          for (const output_padding of values("output_padding", Math.max(stride, dilation) - 1))
            if (convTransposeOutputSize(size, kernel_size, stride, padding, output_padding, dilation) === wanted)
              found.push({ ...settings, output_padding });
        }

  const distance = (settings) => {
    const changes = Object.entries(settings).map(([name, value]) => Math.abs(value - (now[name] ?? value)));
    return { changed: changes.filter((change) => change > 0).length, sum: changes.reduce((a, b) => a + b, 0) };
  };
  return found
    .map((settings) => ({ settings, ...distance(settings) }))
    .sort((a, b) => a.changed - b.changed || a.sum - b.sum)
    .map(({ settings }) => settings);
}
