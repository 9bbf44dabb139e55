// Shapes, values and dependencies of 2-D convolutions, in PyTorch's words.
// Pure: no DOM, no state. tests/browser/test_arithmetic.py holds it equal to PyTorch.
//
// A layer is {size, kernel_size, stride, padding, dilation, padding_mode}, each size an [height, width] pair.
// Cells are [row, col]; rows and columns of the padded input start at −padding.

export const PADDING_MODES = { zeros: "zeros", reflect: "reflect", replicate: "replicate", circular: "circular" };

/** An index brought into 0 … count − 1. */
export const clamp = (index, count) => Math.min(Math.max(index, 0), count - 1);

export const pair = (value) => (Array.isArray(value) ? value : [value, value]);

/** Pixels from the first to the last tap of a kernel along one axis: d·(k − 1) + 1. */
export const extent = (kernel_size, dilation) => dilation * (kernel_size - 1) + 1;

/** ⌊(i + 2p − d·(k − 1) − 1) / s⌋ + 1 along one axis; below 1 where the kernel does not fit. */
export function convOutputSize(size, kernel_size, stride = 1, padding = 0, dilation = 1) {
  return Math.floor((size + 2 * padding - extent(kernel_size, dilation)) / stride) + 1;
}

/** The largest padding along one axis that PyTorch allows for a border mode. */
export function paddingLimit(size, padding_mode) {
  if (padding_mode === "reflect") return size - 1;
  return padding_mode === "circular" ? size : Infinity;
}

/** Why PyTorch would refuse this layer, as a sentence, or null where it would not. */
export function refusal({ size, kernel_size, padding, dilation, padding_mode = "zeros" }) {
  for (const axis of [0, 1]) {
    const name = ["height", "width"][axis];
    const [i, k, p, d] = [size, kernel_size, padding, dilation].map((v) => v[axis]);
    if (p > paddingLimit(i, padding_mode))
      return `${padding_mode} padding of ${p} needs at least ${padding_mode === "reflect" ? p + 1 : p} pixels, the ${name} is ${i}`;
    if (extent(k, d) > i + 2 * p)
      return `a kernel of ${k} with dilation ${d} covers ${extent(k, d)} pixels, the padded ${name} has ${i + 2 * p}`;
  }
  return null;
}

export function outputShape({ size, kernel_size, stride, padding, dilation }) {
  return [0, 1].map((a) => convOutputSize(size[a], kernel_size[a], stride[a], padding[a], dilation[a]));
}

/** The real pixel that stands at index i of the padded axis, or −1 where a zero stands. */
export function sourceIndex(i, size, padding_mode = "zeros") {
  if (i >= 0 && i < size) return i;
  switch (padding_mode) {
    case "reflect":
      return i < 0 ? -i : 2 * (size - 1) - i;
    case "replicate":
      return i < 0 ? 0 : size - 1;
    case "circular":
      return ((i % size) + size) % size;
    default:
      return -1;
  }
}

/** The real cell behind a cell of the padded input, or null where a zero stands. */
export function sourceCell([row, col], layer) {
  const r = sourceIndex(row, layer.size[0], layer.padding_mode);
  const c = sourceIndex(col, layer.size[1], layer.padding_mode);
  return r < 0 || c < 0 ? null : [r, c];
}

/** Every tap of the window at one output: its weight, its cell in the padded input, the real cell behind it. */
export function taps([row, col], layer) {
  const { kernel_size, stride, padding, dilation } = layer;
  const list = [];
  for (let i = 0; i < kernel_size[0]; i++)
    for (let j = 0; j < kernel_size[1]; j++) {
      const cell = [
        row * stride[0] - padding[0] + i * dilation[0],
        col * stride[1] - padding[1] + j * dilation[1],
      ];
      list.push({ weight: [i, j], cell, source: sourceCell(cell, layer) });
    }
  return list;
}

export const sameCell = (a, b) => a[0] === b[0] && a[1] === b[1];

/** Along one axis: the real index behind every tap of every output, −1 where a zero stands. */
function axisSources(axis, layer) {
  const [i, k, s, p, d] = ["size", "kernel_size", "stride", "padding", "dilation"].map((n) => layer[n][axis]);
  return Array.from({ length: convOutputSize(i, k, s, p, d) }, (_, out) =>
    Array.from({ length: k }, (_, tap) => sourceIndex(out * s - p + tap * d, i, layer.padding_mode)),
  );
}

/** Every output that reads a real input cell, with the weight that it reads it through; none for a zero (null). */
export function outputsFedBy(cell, layer) {
  if (!cell) return [];
  const [rows, cols] = [0, 1].map((axis) =>
    axisSources(axis, layer).flatMap((taps, out) => taps.flatMap((source, tap) => (source === cell[axis] ? [[out, tap]] : []))),
  );
  return rows.flatMap(([r, i]) => cols.map(([c, j]) => ({ output: [r, c], weight: [i, j] })));
}

/** Every cell of the padded input that one weight meets, with the output it meets it for. */
export function cellsMetBy([i, j], layer) {
  const { stride, padding, dilation } = layer;
  const [height, width] = outputShape(layer);
  return Array.from({ length: height * width }, (_, n) => {
    const [r, c] = [Math.floor(n / width), n % width];
    const cell = [r * stride[0] - padding[0] + i * dilation[0], c * stride[1] - padding[1] + j * dilation[1]];
    return { output: [r, c], weight: [i, j], cell, source: sourceCell(cell, layer) };
  });
}

export const flip = (kernel) => kernel.map((row) => [...row].reverse()).reverse();

const valueAt = (plane, source) => (source ? plane[source[0]][source[1]] : 0);

/** The products of one window and one kernel plane, in the kernel's order. */
export function products(plane, kernel, position, layer) {
  return taps(position, layer).map((tap) => {
    const x = valueAt(plane, tap.source);
    const w = kernel[tap.weight[0]][tap.weight[1]];
    return { ...tap, x, w, product: x * w };
  });
}

/** Cross-correlation as nn.Conv2d computes it: x (C, H, W), weight (O, C, kh, kw), bias (O) → (O, H', W'). */
export function conv2d(x, weight, bias, layer) {
  const rows = axisSources(0, layer);
  const cols = axisSources(1, layer);
  return weight.map((filter, o) =>
    rows.map((rowTaps) =>
      cols.map((colTaps) => {
        let sum = bias[o];
        for (let m = 0; m < x.length; m++)
          for (let i = 0; i < rowTaps.length; i++) {
            if (rowTaps[i] < 0) continue;
            const [line, weights] = [x[m][rowTaps[i]], filter[m][i]];
            for (let j = 0; j < colTaps.length; j++) if (colTaps[j] >= 0) sum += weights[j] * line[colTaps[j]];
          }
        return sum;
      }),
    ),
  );
}

const between = (min, max, why) => ({ min, max, why });

/**
 * The values of each setting that keep the layer legal while the others stay as they are, with the reason that binds.
 * `most` caps what is offered where PyTorch would allow more.
 */
export function bounds(layer, most = { kernel_size: 7, stride: 4, padding: 4, dilation: 4, size: 16 }) {
  const { size, kernel_size, padding, dilation, padding_mode } = layer;
  const all = (f) => [0, 1].map(f);
  const padded = all((a) => size[a] + 2 * padding[a]);
  const least = Math.min(...padded);
  const reach = all((a) => (kernel_size[a] > 1 ? Math.floor((padded[a] - 1) / (kernel_size[a] - 1)) : Infinity));
  const fits = all((a) => Math.floor((padded[a] - 1) / dilation[a]) + 1);
  const needed = all((a) => Math.max(0, Math.ceil((extent(kernel_size[a], dilation[a]) - size[a]) / 2)));
  const limit = all((a) => paddingLimit(size[a], padding_mode));
  const room = all((a) =>
    Math.max(1, extent(kernel_size[a], dilation[a]) - 2 * padding[a],
      padding_mode === "reflect" ? padding[a] + 1 : padding_mode === "circular" ? padding[a] : 1),
  );
  const capped = (value, cap, why) => (value < cap ? between(1, value, why) : between(1, cap, null));
  const paddingMax = Math.min(most.padding, ...limit);
  return {
    kernel_size: capped(Math.min(...fits), most.kernel_size,
      `kernel_size ends at ${Math.min(...fits)}: with dilation ${Math.max(...dilation)} a larger kernel would cover more than the ${least} padded pixels`),
    stride: between(1, most.stride, null),
    dilation: capped(Math.min(...reach), most.dilation,
      `dilation ends at ${Math.min(...reach)}: with more holes the kernel would cover more than the ${least} padded pixels`),
    padding: {
      ...between(Math.max(...needed), paddingMax, null),
      why: paddingMax < most.padding
        ? `padding ends at ${paddingMax}: ${padding_mode} has only ${Math.min(...size)} pixels to copy from`
        : null,
      whyMin: Math.max(...needed) > 0
        ? `padding begins at ${Math.max(...needed)}: with less the kernel would cover more than the padded input`
        : null,
    },
    size: {
      ...between(Math.max(...room), most.size, null),
      whyMin: Math.max(...room) > 1
        ? `the input begins at ${Math.max(...room)}: in a smaller one the kernel or its padding would not fit`
        : null,
    },
  };
}

/** Which setting has come to the end of what the others allow, and why, the `first` one before others; null where none has. */
export function bindingLimit(layer, limits, first = null) {
  for (const name of [...(first in limits ? [first] : []), ...Object.keys(limits)]) {
    const { min, max, why, whyMin } = limits[name];
    if (why && Math.max(...layer[name]) >= max) return `${why}.`;
    if (whyMin && Math.min(...layer[name]) <= min) return `${whyMin}.`;
  }
  return null;
}
