// Shapes, values and dependencies of 2-D transposed convolutions, in PyTorch's words.
// Pure: no DOM, no state. tests/browser/test_transposed.py holds it equal to PyTorch.
//
// A layer is {size, kernel_size, stride, padding, dilation, output_padding}, each an [height, width] pair.
// Every input stamps the kernel onto the output, `stride` apart; `padding` then cuts that many pixels off each side.

import { extent } from "./arithmetic.js";

const AXES = [0, 1];

/** The settings of one axis, under the formula's letters; o: output_padding. */
const alongAxis = ({ size, kernel_size, stride, padding, dilation, output_padding }, axis) => ({
  i: size[axis], k: kernel_size[axis], s: stride[axis], p: padding[axis], d: dilation[axis], o: output_padding[axis],
});

/** (i − 1)·s − 2p + d·(k − 1) + output_padding + 1 along one axis; below 1 where padding cuts everything off. */
export function convTransposeOutputSize(size, kernel_size, stride = 1, padding = 0, output_padding = 0, dilation = 1) {
  return (size - 1) * stride - 2 * padding + extent(kernel_size, dilation) + output_padding;
}

/** Why PyTorch would refuse this layer, as a sentence, or null where it would not. */
export function transposedRefusal(layer) {
  for (const axis of AXES) {
    const name = ["height", "width"][axis];
    const { i, k, s, p, d, o } = alongAxis(layer, axis);
    if (o >= Math.max(s, d))
      return `along the ${name}, output_padding ${o} is not smaller than the stride (${s}) or the dilation (${d})`;
    const stamped = convTransposeOutputSize(i, k, s, 0, o, d);
    if (stamped - 2 * p < 1)
      return `an input of ${i} is stamped onto ${stamped} pixels, padding ${p} cuts off ${2 * p}: no ${name} is left`;
  }
  return null;
}

export function transposedShape(layer) {
  return AXES.map((axis) => {
    const { i, k, s, p, d, o } = alongAxis(layer, axis);
    return convTransposeOutputSize(i, k, s, p, o, d);
  });
}

/** Every place that one input stamps: with which weight, on which output; kept is false where padding cuts it off. */
export function stampedBy([row, col], layer) {
  const { kernel_size, stride, padding, dilation } = layer;
  const shape = transposedShape(layer);
  const list = [];
  for (let i = 0; i < kernel_size[0]; i++)
    for (let j = 0; j < kernel_size[1]; j++) {
      const output = [
        row * stride[0] - padding[0] + i * dilation[0],
        col * stride[1] - padding[1] + j * dilation[1],
      ];
      list.push({ weight: [i, j], output, kept: AXES.every((a) => output[a] >= 0 && output[a] < shape[a]) });
    }
  return list;
}

/** Along one axis: the inputs whose stamps reach an output, each as [input, tap]. */
function stampsOnAxis(output, axis, layer) {
  const { i, k, s, p, d } = alongAxis(layer, axis);
  const list = [];
  for (let source = 0; source < i; source++) {
    const tap = (output + p - source * s) / d;
    if (Number.isInteger(tap) && tap >= 0 && tap < k) list.push([source, tap]);
  }
  return list;
}

/** Every input that an output gets its value from, with the weight it comes through, in the order of the inputs. */
export function stampsOn([row, col], layer) {
  const cols = stampsOnAxis(col, 1, layer);
  return stampsOnAxis(row, 0, layer).flatMap(([r, i]) => cols.map(([c, j]) => ({ weight: [i, j], source: [r, c] })));
}

/** As nn.ConvTranspose2d computes it: x (C, H, W), weight (C, O, kh, kw), bias (O) → (O, H', W'). */
export function convTranspose2d(x, weight, bias, layer) {
  const [rows, cols] = transposedShape(layer).map((count, axis) =>
    Array.from({ length: count }, (_, output) => stampsOnAxis(output, axis, layer)),
  );
  return bias.map((start, o) =>
    rows.map((rowStamps) =>
      cols.map((colStamps) => {
        let sum = start;
        for (let m = 0; m < x.length; m++)
          for (const [r, i] of rowStamps) {
            const [line, weights] = [x[m][r], weight[m][o][i]];
            for (const [c, j] of colStamps) sum += weights[j] * line[c];
          }
        return sum;
      }),
    ),
  );
}

/**
 * The input as an ordinary convolution needs it to give the same output: stride − 1 zeros between its pixels,
 * dilation·(k − 1) − padding around them (fewer than none: cut), output_padding more at the end. The flipped kernel
 * slides over it with stride 1 and the same dilation. `source` gives the input cell at a place, null for a zero.
 * (Dumoulin and Visin, relationship 14.)
 */
export function stretched(layer) {
  const axes = AXES.map((axis) => alongAxis(layer, axis));
  const size = axes.map(({ i, k, s, p, d, o }) => (i - 1) * s + 1 + 2 * (d * (k - 1) - p) + o);
  const along = (place, { i, k, s, p, d }, count) => {
    const index = (place - d * (k - 1) + p) / s;
    return place >= 0 && place < count && Number.isInteger(index) && index >= 0 && index < i ? index : null;
  };
  return {
    size,
    source(cell) {
      const [r, c] = AXES.map((a) => along(cell[a], axes[a], size[a]));
      return r === null || c === null ? null : [r, c];
    },
  };
}

const MOST = { kernel_size: 7, stride: 4, padding: 4, dilation: 4, output_padding: 3, size: 16 };

/**
 * The values of each setting that keep the layer legal while the others stay as they are, with the reason that binds.
 * `most` caps what is offered where PyTorch would allow more.
 */
export function transposedBounds(layer, most = MOST) {
  const axes = AXES.map((axis) => alongAxis(layer, axis));
  const cap = { ...MOST, ...most };
  const cut = (p) => `the ${2 * p} pixels that padding ${p} cuts off`;

  // The smallest value: the largest of what each axis asks for, with that axis's reason. A demand is [value, why].
  const from = (name, free, demands) => {
    const [min, why] = axes.flatMap(demands).reduce((a, b) => (b[0] > a[0] ? b : a), [free, null]);
    const what = name === "size" ? "the input" : name;
    return { min, max: cap[name], why: null, whyMin: why && `${what} begins at ${min}: ${why}` };
  };
  const upTo = (name, limits) => {
    const [max, why] = axes.map(limits).reduce((a, b) => (b[0] < a[0] ? b : a), [cap[name], null]);
    return { max, why: why && `${name} ends at ${max}: ${why}` };
  };
  // How much a setting must bring, `rate` pixels per step, so that a pixel is left; where rate is 0 it brings nothing.
  const steps = (missing, rate) => (rate > 0 ? Math.ceil(missing / rate) : 0);
  const above = (o, name, other, value) =>
    [o < value ? 0 : o + 1, `output_padding ${o} must be smaller than the ${name} or the ${other} (${value})`];

  return {
    kernel_size: from("kernel_size", 1, ({ i, s, p, d, o }) => [
      [1 + steps(2 * p - o - (i - 1) * s, d), `a smaller kernel would only stamp ${cut(p)}`],
    ]),
    stride: from("stride", 1, ({ i, k, p, d, o }) => [
      [steps(2 * p - o - d * (k - 1), i - 1), `closer stamps would only reach ${cut(p)}`],
      above(o, "stride", "dilation", d),
    ]),
    padding: {
      min: 0,
      ...upTo("padding", ({ i, k, s, d, o }) => {
        const stamped = convTransposeOutputSize(i, k, s, 0, o, d);
        return [Math.floor((stamped - 1) / 2), `the input is stamped onto ${stamped} pixels, one must be left`];
      }),
      whyMin: null,
    },
    dilation: from("dilation", 1, ({ i, k, s, p, o }) => [
      [steps(2 * p - o - (i - 1) * s, k - 1), `with smaller holes the kernel would only stamp ${cut(p)}`],
      above(o, "dilation", "stride", s),
    ]),
    output_padding: {
      ...from("output_padding", 0, ({ i, k, s, p, d }) => [
        [2 * p - (i - 1) * s - d * (k - 1), `with less, nothing is left beside ${cut(p)}`],
      ]),
      ...upTo("output_padding", ({ s, d }) => [
        Math.max(s, d) - 1, `it must be smaller than the stride (${s}) or the dilation (${d})`,
      ]),
    },
    size: from("size", 1, ({ k, s, p, d, o }) => [
      [1 + steps(2 * p - o - d * (k - 1), s), `a smaller one would only be stamped onto ${cut(p)}`],
    ]),
  };
}
