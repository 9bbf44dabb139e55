// The same block many times: how large the signal becomes, and the gradient on its way back. Pure.

import { structure } from "./parts.js";
import { backward, forward, tensor } from "./engine.js";
import { SIDE, circularConv } from "./circular.js";

export const CHANNELS = { basic: [4, 4], bottleneck: [8, 4] }; // outside and inside; a quarter of eight would be too few
export const SKIPS = ["with skip", "without skip"];

/** Standard normal numbers, the same as residual_torch.normals: Mulberry32 and the Box–Muller transform. */
export function normals(seed, count) {
  let a = seed | 0;
  const uniform = () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return Float64Array.from({ length: count }, () => {
    const size = Math.sqrt(-2 * Math.log(1 - uniform()));
    return size * Math.cos(2 * Math.PI * uniform());
  });
}

function rms({ data }) {
  let sum = 0;
  for (let n = 0; n < data.length; n++) sum += data[n] * data[n];
  return Math.sqrt(sum / data.length);
}

/** {run(settings, blocks, scale, seed)}, which remembers the weights of one seed and kind of block. */
export function createDepth(most) {
  let drawn = { key: null };
  let scale = 1;

  /** x, the gradient that arrives at the end, and each block's weights, He-initialized: drawn once, then scaled. */
  function draw({ block }, seed) {
    const key = `${block}|${seed}`;
    if (drawn.key === key) return drawn;
    const [channels] = CHANNELS[block];
    const all = structure({ ...sized(block), skip: "projection", norm: false, activation: false });
    const convs = all.filter(({ kind }) => kind === "conv").map(({ name, sizes: [i, o, k] }) => ({ name, i, o, k }));
    const pixels = channels * SIDE ** 2;
    const each = convs.reduce((sum, { i, o, k }) => sum + i * o * k * k, 0);
    const numbers = normals(seed, 2 * pixels + most * each);
    const ends = [0, 1].map((n) => {
      const made = tensor(channels, SIDE, SIDE, numbers.slice(n * pixels, (n + 1) * pixels));
      const size = rms(made);
      made.data.forEach((v, p) => { made.data[p] = v / size; });
      return made;
    });
    let at = 2 * pixels;
    const blocks = Array.from({ length: most }, () => Object.fromEntries(convs.map(({ name, i, o, k }) => {
      const deviation = Math.sqrt(2 / (i * k * k));
      const weight = numbers.slice(at, (at += i * o * k * k)).map((v) => v * deviation);
      return [name, circularConv({ i, o, k, weight }, () => scale)];
    })));
    return (drawn = { key, x: ends[0], dy: ends[1], blocks });
  }
  const sized = (block) => {
    const [channels, inner] = CHANNELS[block];
    return { block, in_channels: channels, out_channels: channels, stride: 1, inner };
  };

  function run(settings, count, by, seed) {
    const { x, dy, blocks } = draw(settings, seed);
    const used = blocks.slice(0, count);
    scale = by;
    const found = { signal: {}, gradient: {} };
    for (const label of SKIPS) {
      const skip = label === "without skip" ? "none" : settings.skip === "none" ? "identity" : settings.skip;
      const parts = structure({ ...settings, ...sized(settings.block), skip });
      const passes = [];
      let value = x;
      const sizes = [rms(x)];
      for (const layers of used) {
        const values = forward(parts, layers, value);
        passes.push(values);
        value = values[parts.at(-1).name];
        sizes.push(rms(value));
      }
      let gradient = dy;
      const back = [rms(dy)];
      for (let n = count - 1; n >= 0; n--) {
        gradient = backward(parts, used[n], passes[n], gradient).x;
        back.push(rms(gradient));
      }
      found.signal[label] = sizes;
      found.gradient[label] = back.reverse();
    }
    return found;
  }
  return { run };
}
