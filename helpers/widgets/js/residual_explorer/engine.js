// Convolution, batch normalization, ReLU and sum, forward and backward, on small flat arrays. Pure.
// A tensor is {c, h, w, data}: channels, rows, columns, and a Float64Array of c·h·w numbers; scales, if a norm made it.

const EPS = 1e-5; // PyTorch's of BatchNorm2d

// A small typed array takes longer to make than to fill: they are cut from large ones, each part used once.
const SLAB = 2 ** 14;
let slab = new Float64Array(SLAB);
let used = 0;
/** So many zeros. */
export function zeros(count) {
  if (used + count > slab.length) {
    slab = new Float64Array(Math.max(SLAB, count));
    used = 0;
  }
  return slab.subarray(used, (used += count));
}

export const tensor = (c, h, w, data = zeros(c * h * w)) => ({ c, h, w, data, scales: null });

/** The planes with a border of p zeros. */
function padded({ c, h, w, data }, p) {
  const out = tensor(c, h + 2 * p, w + 2 * p);
  for (let m = 0; m < c; m++)
    for (let r = 0; r < h; r++)
      for (let q = 0; q < w; q++) out.data[(m * out.h + r + p) * out.w + q + p] = data[(m * h + r) * w + q];
  return out;
}

/** The planes without their border: what flows into the padding is lost. */
function cut({ c, h, w, data }, p) {
  const out = tensor(c, h - 2 * p, w - 2 * p);
  for (let m = 0; m < c; m++)
    for (let r = 0; r < out.h; r++)
      for (let q = 0; q < out.w; q++) out.data[(m * out.h + r) * out.w + q] = data[(m * h + r + p) * w + q + p];
  return out;
}

/**
 * A convolution padded with zeros to keep the size: weight, out·in·k·k numbers; bias, one for all outputs.
 * Any other {forward(x), backward(dy, x)} will do as well.
 */
export function paddedConv({ out, k, stride, weight, bias }) {
  const p = (k - 1) / 2;
  /** each(w, from, to): every product of a weight with a pixel of the padded input, and the output that it goes to. */
  function visit(channels, source, y, each) {
    let n = 0;
    for (let o = 0; o < out; o++)
      for (let i = 0; i < channels; i++)
        for (let a = 0; a < k; a++)
          for (let b = 0; b < k; b++, n++)
            for (let r = 0; r < y.h; r++)
              for (let q = 0; q < y.w; q++)
                each(weight[n], (i * source.h + r * stride + a) * source.w + q * stride + b, (o * y.h + r) * y.w + q);
  }
  return {
    forward(x) {
      const source = padded(x, p);
      const y = tensor(out, Math.ceil(x.h / stride), Math.ceil(x.w / stride));
      y.data.fill(bias);
      visit(x.c, source, y, (w, from, to) => { y.data[to] += w * source.data[from]; });
      return y;
    },
    backward(dy, x) {
      const source = tensor(x.c, x.h + 2 * p, x.w + 2 * p);
      visit(x.c, source, dy, (w, from, to) => { source.data[from] += w * dy.data[to]; });
      return cut(source, p);
    },
  };
}

/** {mean, variance} of a channel: the statistics of this one example, as in train mode. */
export function statistics({ h, w, data }, m) {
  const size = h * w;
  let mean = 0;
  let variance = 0;
  for (let n = m * size; n < (m + 1) * size; n++) mean += data[n];
  mean /= size;
  for (let n = m * size; n < (m + 1) * size; n++) variance += (data[n] - mean) * (data[n] - mean);
  return { mean, variance: variance / size };
}

/** y keeps the scales 1 / √(variance + ε), which the gradient needs. */
export function norm(x) {
  const size = x.h * x.w;
  const y = tensor(x.c, x.h, x.w);
  y.scales = zeros(x.c);
  for (let m = 0; m < x.c; m++) {
    const { mean, variance } = statistics(x, m);
    const scale = (y.scales[m] = 1 / Math.sqrt(variance + EPS));
    for (let n = m * size; n < (m + 1) * size; n++) y.data[n] = (x.data[n] - mean) * scale;
  }
  return y;
}

/** Mean and variance depend on every cell: the gradient loses its own mean and its share along y. */
export function normBackward(dy, y) {
  const size = y.h * y.w;
  const dx = tensor(y.c, y.h, y.w);
  for (let m = 0; m < y.c; m++) {
    const [start, end] = [m * size, (m + 1) * size];
    let mean = 0;
    let along = 0;
    for (let n = start; n < end; n++) {
      mean += dy.data[n];
      along += dy.data[n] * y.data[n];
    }
    mean /= size;
    along /= size;
    for (let n = start; n < end; n++) dx.data[n] = y.scales[m] * (dy.data[n] - mean - y.data[n] * along);
  }
  return dx;
}

export function relu(x) {
  const y = tensor(x.c, x.h, x.w);
  for (let n = 0; n < y.data.length; n++) y.data[n] = x.data[n] > 0 ? x.data[n] : 0;
  return y;
}
export function reluBackward(dy, x) {
  const dx = tensor(x.c, x.h, x.w);
  for (let n = 0; n < dx.data.length; n++) dx.data[n] = x.data[n] > 0 ? dy.data[n] : 0;
  return dx;
}
export function sum(a, b) {
  const y = tensor(a.c, a.h, a.w);
  for (let n = 0; n < y.data.length; n++) y.data[n] = a.data[n] + b.data[n];
  return y;
}

/** Run the parts ({name, kind, lane}) on x; layers: the convolutions by name. {name: tensor}, "x" included. */
export function forward(parts, layers, x) {
  const values = { x };
  const now = { main: x, skip: x };
  for (const { name, kind, lane } of parts) {
    const v = now[lane];
    if (kind === "conv") now[lane] = layers[name].forward(v);
    else if (kind === "norm") now[lane] = norm(v);
    else if (kind === "relu") now[lane] = relu(v);
    else now[lane] = sum(v, now.skip);
    values[name] = now[lane];
  }
  return values;
}

const inputs = new WeakMap();
/** {name: the name of the value that the part reads on its lane}; shortcut: what the ⊕ reads beside it, if there is one. */
export function inputsOf(parts) {
  if (inputs.has(parts)) return inputs.get(parts);
  const last = { main: "x", skip: "x" };
  const found = {};
  for (const { name, kind, lane } of parts) {
    found[name] = last[lane];
    if (kind === "add") found.shortcut = last.skip;
    last[lane] = name;
  }
  inputs.set(parts, found);
  return found;
}

/**
 * The gradients, given that of the last part: {name: tensor}, each with respect to the value of that name; x's has
 * two parts of its own, "F" and, with a shortcut, "skip".
 */
export function backward(parts, layers, values, dy) {
  const gradients = {};
  const before = inputsOf(parts);
  const now = { main: dy, skip: null };
  for (let n = parts.length - 1; n >= 0; n--) {
    const { name, kind, lane } = parts[n];
    const dv = now[lane];
    gradients[name] = dv;
    const x = values[before[name]];
    if (kind === "conv") now[lane] = layers[name].backward(dv, x);
    else if (kind === "norm") now[lane] = normBackward(dv, values[name]);
    else if (kind === "relu") now[lane] = reluBackward(dv, x);
    else now.skip = dv; // two equal copies
  }
  gradients.F = now.main;
  if (now.skip) gradients.skip = now.skip;
  gradients.x = now.skip ? sum(now.main, now.skip) : now.main;
  return gradients;
}
