// Convolutions of 4×4 maps with circular padding, fast enough for a hundred of them in a frame. Pure.

import { tensor, zeros } from "./engine.js";

export const SIDE = 4;
const PIXELS = SIDE ** 2;

const columns = new Float64Array(PIXELS * 9 * 64); // what every output pixel reads, pixel by pixel; at most 64 channels

/** The places in a map of so many channels from which the columns are filled; backwards: who reads, not who is read. */
function places(channels, k, backwards) {
  const found = [];
  const half = (k - 1) / 2;
  for (let p = 0; p < PIXELS; p++)
    for (let i = 0; i < channels; i++)
      for (let t = 0; t < k * k; t++) {
        const tap = backwards ? k * k - 1 - t : t;
        const row = Math.floor(p / SIDE) + Math.floor(tap / k) - half + SIDE;
        const column = (p % SIDE) + (tap % k) - half + SIDE;
        found.push(i * PIXELS + (row % SIDE) * SIDE + (column % SIDE));
      }
  return Uint16Array.from(found);
}
const tables = new Map();
function known(channels, k, backwards) {
  const key = `${channels},${k},${backwards}`;
  if (!tables.has(key)) tables.set(key, places(channels, k, backwards));
  return tables.get(key);
}
function gather(data, from) {
  for (let n = 0; n < from.length; n++) columns[n] = data[from[n]];
}

/** out·many weights times the gathered columns, two outputs and four pixels at a time: each load counts. */
function multiply(weight, out, many, scale) {
  const y = zeros(out * PIXELS);
  for (let o = 0; o < out; o += 2) {
    const start = o * many;
    const second = o + 1 < out ? many : 0; // an odd last one is computed twice
    for (let p = 0; p < PIXELS; p += 4) {
      let a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
      let at = p * many;
      for (let n = start; n < start + many; n++, at++) {
        const v = weight[n];
        const w = weight[n + second];
        const x0 = columns[at];
        a += v * x0;
        e += w * x0;
        const x1 = columns[at + many];
        b += v * x1;
        f += w * x1;
        const x2 = columns[at + 2 * many];
        c += v * x2;
        g += w * x2;
        const x3 = columns[at + 3 * many];
        d += v * x3;
        h += w * x3;
      }
      let to = o * PIXELS + p;
      y[to] = scale * a;
      y[to + 1] = scale * b;
      y[to + 2] = scale * c;
      y[to + 3] = scale * d;
      if (!second) continue;
      to += PIXELS;
      y[to] = scale * e;
      y[to + 1] = scale * f;
      y[to + 2] = scale * g;
      y[to + 3] = scale * h;
    }
  }
  return y;
}

/** A convolution with weight (out·in·k·k numbers), times scale(): what engine.js runs. */
export function circularConv({ i: inside, o: out, k, weight }, scale) {
  const taps = k * k;
  const turned = new Float64Array(weight.length); // (in, out, k, k)
  for (let o = 0; o < out; o++)
    for (let i = 0; i < inside; i++)
      for (let t = 0; t < taps; t++) turned[(i * out + o) * taps + t] = weight[(o * inside + i) * taps + t];
  const plane = (c, data) => tensor(c, SIDE, SIDE, data);
  const [read, readers] = [known(inside, k, false), known(out, k, true)];
  return {
    forward(x) {
      gather(x.data, read);
      return plane(out, multiply(weight, out, inside * taps, scale()));
    },
    backward(dy) {
      gather(dy.data, readers);
      return plane(inside, multiply(turned, inside, out * taps, scale()));
    },
  };
}
