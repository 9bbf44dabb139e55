// Convolutions of 4×4 maps with circular padding, fast enough for a hundred of them in a frame. Pure.

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

/** out·many weights times the gathered columns, four pixels at a time. */
function multiply(weight, out, many, scale) {
  const y = new Float64Array(out * PIXELS);
  for (let o = 0; o < out; o++)
    for (let p = 0; p < PIXELS; p += 4) {
      let a = 0, b = 0, c = 0, d = 0;
      let at = p * many;
      for (let n = o * many; n < (o + 1) * many; n++, at++) {
        const w = weight[n];
        a += w * columns[at];
        b += w * columns[at + many];
        c += w * columns[at + 2 * many];
        d += w * columns[at + 3 * many];
      }
      const to = o * PIXELS + p;
      y[to] = scale * a;
      y[to + 1] = scale * b;
      y[to + 2] = scale * c;
      y[to + 3] = scale * d;
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
  const plane = (c, data) => ({ c, h: SIDE, w: SIDE, data });
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
