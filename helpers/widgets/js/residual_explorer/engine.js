// Convolution, batch normalization, ReLU and sum, forward and backward, on small flat arrays. Pure.
// A tensor is {c, h, w, data}: channels, rows, columns, and a Float64Array of c·h·w numbers.

const EPS = 1e-5; // PyTorch's of BatchNorm2d

export const tensor = (c, h, w, data = new Float64Array(c * h * w)) => ({ c, h, w, data });

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

/** {mean, scale: 1 / √(var + ε)} of a channel: the statistics of this one example, as in train mode. */
export function statistics(x, m) {
  const size = x.h * x.w;
  let [mean, square] = [0, 0];
  for (let n = m * size; n < (m + 1) * size; n++) mean += x.data[n] / size;
  for (let n = m * size; n < (m + 1) * size; n++) square += (x.data[n] - mean) ** 2 / size;
  return { mean, variance: square, scale: 1 / Math.sqrt(square + EPS) };
}

export function norm(x) {
  const size = x.h * x.w;
  const y = tensor(x.c, x.h, x.w);
  for (let m = 0; m < x.c; m++) {
    const { mean, scale } = statistics(x, m);
    for (let n = m * size; n < (m + 1) * size; n++) y.data[n] = (x.data[n] - mean) * scale;
  }
  return y;
}

/** Mean and variance depend on every cell: the gradient loses its own mean and its share along y. */
export function normBackward(dy, x, y) {
  const size = x.h * x.w;
  const dx = tensor(x.c, x.h, x.w);
  for (let m = 0; m < x.c; m++) {
    const { scale } = statistics(x, m);
    let [mean, along] = [0, 0];
    for (let n = m * size; n < (m + 1) * size; n++) {
      mean += dy.data[n] / size;
      along += (dy.data[n] * y.data[n]) / size;
    }
    for (let n = m * size; n < (m + 1) * size; n++) dx.data[n] = scale * (dy.data[n] - mean - y.data[n] * along);
  }
  return dx;
}

/** The tensor with numbers that number(n) makes anew. (`map` of typed arrays is slow.) */
function filled({ c, h, w }, number) {
  const out = tensor(c, h, w);
  for (let n = 0; n < out.data.length; n++) out.data[n] = number(n);
  return out;
}
export const relu = (x) => filled(x, (n) => (x.data[n] > 0 ? x.data[n] : 0));
export const reluBackward = (dy, x) => filled(x, (n) => (x.data[n] > 0 ? dy.data[n] : 0));
export const sum = (a, b) => filled(a, (n) => a.data[n] + b.data[n]);

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

/**
 * The gradients, given that of the last part: {name: tensor}, each with respect to the value of that name; x's has
 * two parts of its own, "F" and, with a shortcut, "skip".
 */
export function backward(parts, layers, values, dy) {
  const gradients = {};
  const before = { main: {}, skip: {} }; // name → the name of its input
  const last = { main: "x", skip: "x" };
  for (const { name, lane } of parts) {
    before[lane][name] = last[lane];
    last[lane] = name;
  }
  const now = { main: dy, skip: null };
  for (const { name, kind, lane } of [...parts].reverse()) {
    const dv = now[lane];
    gradients[name] = dv;
    const x = values[before[lane][name]];
    if (kind === "conv") now[lane] = layers[name].backward(dv, x);
    else if (kind === "norm") now[lane] = normBackward(dv, x, values[name]);
    else if (kind === "relu") now[lane] = reluBackward(dv, x);
    else now.skip = dv; // two equal copies
  }
  gradients.F = now.main;
  if (now.skip) gradients.skip = now.skip;
  gradients.x = now.skip ? sum(now.main, now.skip) : now.main;
  return gradients;
}
