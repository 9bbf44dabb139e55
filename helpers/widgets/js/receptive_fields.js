// What the units of a stack of layers see of the input, along one axis; layers are the same along both.
// Pure: no DOM, no state. tests/browser/test_receptive_fields.py holds it equal to PyTorch's gradients.
//
// A layer is {type: "conv" | "pool" | "transposed_conv" | "upsample", kernel_size, …} as in field_layers.py; level 0
// is the input, level n + 1 the map of layer n. A law says what unit i sees as if there were no borders:
// {stride: [numerator, denominator], ends: [[first, last] | null, …]}; after ends.length units it repeats.

import { gcd, range } from "./numbers.js";
import { convOutputSize, extent } from "./arithmetic.js";

export const KINDS = {
  conv: ["kernel_size", "stride", "padding", "dilation"],
  pool: ["kernel_size", "stride", "padding", "dilation"],
  transposed_conv: ["kernel_size", "stride", "padding", "dilation"],
  upsample: ["scale_factor"],
};
export const MOST = {
  layers: 64, map: 2048, period: 256, kernel_size: 63, stride: 32, padding: 128, dilation: 64, scale_factor: 8,
};

/** All settings of a layer, the defaults filled in, padding as [before, after]. */
export function settings(layer) {
  const stride = layer.stride ?? (layer.type === "pool" ? layer.kernel_size : 1);
  const { padding = 0, dilation = 1, skip = null } = layer;
  return { ...layer, stride, dilation, skip, padding: Array.isArray(padding) ? padding : [padding, padding] };
}

/** What a layer is called: its own name, or its index and type. */
export const title = (layers, n) => (n < 0 ? "the input" : layers[n].name ?? `layer ${n} (${layers[n].type})`);

function mapSize(s, size) {
  const { type, kernel_size: k, stride, padding: [before, after], dilation: d } = s;
  if (type === "upsample") return size * s.scale_factor;
  if (type === "transposed_conv") return (size - 1) * stride - before - after + extent(k, d);
  return convOutputSize(size + before + after, k, stride, 0, d);
}

function sizeRefusal(s, size, made) {
  const { type, kernel_size: k, padding: [before, after], dilation: d } = s;
  if (type === "pool" && before > Math.floor(k / 2)) return `padding ${before} is more than half of the kernel of ${k}`;
  if (made >= 1) return null;
  if (type === "transposed_conv") return `padding ${before} cuts off all that is stamped`;
  return `a kernel of ${k} covers ${extent(k, d)} pixels, but the padded input has ${size + before + after}`;
}

/** {sizes: [[h, w] of every level], wrong: null | {layer, skip, text}} up to the first layer that does not fit. */
export function mapSizes(layers, input) {
  const sizes = [input];
  for (const [n, layer] of layers.entries()) {
    const s = settings(layer);
    const made = sizes[n].map((v) => mapSize(s, v));
    const refuse = (text, skip = false) => ({ sizes, wrong: { layer: n, skip, text: `${title(layers, n)} ${text}` } });
    const why = made.map((v, a) => sizeRefusal(s, sizes[n][a], v)).find(Boolean);
    if (why) return refuse(`does not fit: ${why}`);
    if (Math.max(...made) > MOST.map) return refuse(`would make a map of ${made.join("×")}, more than ${MOST.map}`);
    const joined = s.skip === null ? made : sizes[s.skip + 1];
    if (String(joined) !== String(made))
      return refuse(`makes ${made.join("×")}, but ${title(layers, s.skip)} has ${joined.join("×")}`, true);
    sizes.push(made);
  }
  return { sizes, wrong: null };
}

/** The units of the map below that a unit reads, as if that map had no borders. `s` are a layer's full settings. */
export function taps(s, unit) {
  if (s.type === "upsample") return [Math.floor(unit / s.scale_factor)];
  const { kernel_size, stride, dilation, padding: [before] } = s;
  if (s.type !== "transposed_conv") return range(kernel_size).map((t) => unit * stride - before + t * dilation);
  const read = range(kernel_size).map((t) => unit + before - t * dilation);
  return read.filter((at) => at % stride === 0).map((at) => at / stride).reverse();
}

const both = (a, b) => (a && b ? [Math.min(a[0], b[0]), Math.max(a[1], b[1])] : a ?? b);
/** From the first to the last of several intervals, or null if none is there. */
export const hull = (intervals) => intervals.reduce(both, null);

/** [first, last] input pixel of a unit under a law, or null where it sees nothing. */
export function ends(law, unit) {
  const count = law.ends.length;
  const turns = Math.floor(unit / count);
  const by = (turns * count * law.stride[0]) / law.stride[1];
  return law.ends[unit - turns * count]?.map((v) => v + by) ?? null;
}

/** [smallest, largest] number of pixels from the first to the last that a unit sees. */
export function lawSizes(law) {
  const all = law.ends.filter(Boolean).map(([first, last]) => last - first + 1);
  return [Math.min(...all), Math.max(...all)];
}

export const reduced = (a, b) => [a / gcd(a, b), b / gcd(a, b)];

function shortened(law) {
  const count = law.ends.length;
  const repeats = (period) => {
    const short = { stride: law.stride, ends: law.ends.slice(0, period) };
    return (period * law.stride[0]) % law.stride[1] === 0
      && law.ends.every((one, i) => String(ends(short, i)) === String(one));
  };
  const period = range(count - 1, 1).find((p) => count % p === 0 && repeats(p));
  return period ? { ...law, ends: law.ends.slice(0, period) } : law;
}

/**
 * The law of a map whose unit i reads the units `read(i)` of the map below; unit i + period reads what lies `step` units
 * further on.
 */
export function lawThrough(below, read, period, step) {
  const count = below.ends.length;
  const [a, b] = below.stride;
  const all = range((period * count) / gcd(count, step)).map((i) => hull(read(i).map((tap) => ends(below, tap))));
  return shortened({ stride: reduced(a * step, b * period), ends: all });
}

/** The law of units that see what those of two maps see; their strides are equal. */
export function lawOfBoth(one, other) {
  const [a, b] = [one.ends.length, other.ends.length];
  return shortened({ stride: one.stride, ends: range((a * b) / gcd(a, b)).map((i) => both(ends(one, i), ends(other, i))) });
}

/** {laws: of every level, wrong: null | {layer, skip, text}}; with a skip whose units drift apart there is no law. */
export function fieldLaws(layers) {
  const laws = [{ stride: [1, 1], ends: [[0, 0]] }];
  for (const [n, layer] of layers.entries()) {
    const s = settings(layer);
    const below = laws[n];
    const refuse = (text, skip = false) => ({ laws, wrong: { layer: n, skip, text: `${title(layers, n)} ${text}` } });
    const up = s.type === "upsample" ? s.scale_factor : s.type === "transposed_conv" ? s.stride : 0;
    const [a, b] = below.stride;
    const stride = up ? reduced(a, b * up) : reduced(a * s.stride, b);
    let period = up ? below.ends.length * up : below.ends.length / gcd(below.ends.length, s.stride);
    const other = s.skip === null ? null : laws[s.skip + 1];
    if (other && String(other.stride) !== String(stride))
      return refuse(`and ${title(layers, s.skip)} have different strides and drift apart`, true);
    if (other) period = (period * other.ends.length) / gcd(period, other.ends.length);
    if (period > MOST.period) return refuse(`repeats only after ${period} units, more than ${MOST.period}`);
    const through = lawThrough(below, (i) => taps(s, i), up || 1, up ? 1 : s.stride);
    const law = other ? lawOfBoth(through, other) : through;
    if (!law.ends.some(Boolean)) return refuse("sees nothing of the input");
    laws.push(law);
  }
  return { laws, wrong: null };
}

/** Why a stack cannot be shown, {layer, skip, text}; `skip` if its skip alone is in the way. Null if it can. */
export function refusal(layers, input) {
  return mapSizes(layers, input).wrong ?? fieldLaws(layers).wrong;
}

/** The same layers without the skips that no longer fit, and how many those were: {layers, lost}. */
export function withoutBrokenSkips(layers, input) {
  let lost = 0;
  for (let wrong = refusal(layers, input); wrong?.skip; wrong = refusal(layers, input)) {
    const { skip, ...rest } = layers[wrong.layer];
    layers = layers.with(wrong.layer, rest);
    lost += 1;
  }
  return { layers, lost };
}

/** Bounds of what is read one level below from..to; what a transposed convolution may read, not surely does. */
function below(s, [from, to]) {
  const { type, kernel_size, stride, dilation, padding: [before] } = s;
  const reach = dilation * (kernel_size - 1);
  if (type === "upsample") return [Math.floor(from / s.scale_factor), Math.floor(to / s.scale_factor)];
  if (type === "transposed_conv")
    return [Math.ceil((from + before - reach) / stride), Math.floor((to + before) / stride)];
  return [from * stride - before, to * stride - before + reach];
}

/**
 * Everything on the way from one unit of level `top` to the input: for every level the units that are seen, sorted;
 * none on levels that no path crosses. `sizes` are those of the levels along this axis; without them maps have no
 * borders, and units beyond them are followed, too.
 */
export function trace(layers, top, unit, sizes = null) {
  const all = layers.slice(0, top).map(settings);
  const bounds = range(top + 1).map(() => null);
  bounds[top] = [unit, unit];
  for (let n = top - 1; n >= 0; n--) {
    if (!bounds[n + 1]) continue;
    bounds[n] = hull([bounds[n], below(all[n], bounds[n + 1])]);
    const { skip } = all[n];
    if (skip !== null) bounds[skip + 1] = hull([bounds[skip + 1], bounds[n + 1]]);
  }
  const limits = bounds.map((found, n) => {
    if (!found) return [0, -1];
    return sizes ? [Math.max(found[0], 0), Math.min(found[1], sizes[n] - 1)] : found;
  });
  const masks = limits.map(([from, to]) => new Uint8Array(Math.max(0, to - from + 1)));
  const mark = (level, at) => {
    const [from, to] = limits[level];
    if (at >= from && at <= to) masks[level][at - from] = 1;
  };
  const seen = range(top + 1).map(() => []);
  mark(top, unit);
  for (let n = top; n >= 0; n--) {
    masks[n].forEach((yes, i) => yes && seen[n].push(limits[n][0] + i));
    if (n === 0) break;
    const s = all[n - 1];
    for (const i of seen[n]) {
      for (const tap of taps(s, i)) mark(n - 1, tap);
      if (s.skip !== null) mark(s.skip + 1, i);
    }
  }
  return seen;
}

/**
 * Where a unit stands, in input pixels: a line {at, step} for every level, unit i at `at + step · i`. A layer's padding
 * says which tap stands where its unit does: the middle one, and the last one of a causal layer.
 */
export function places(layers, laws) {
  const lines = [{ at: 0, step: 1 }];
  for (const [n, layer] of layers.entries()) {
    const s = settings(layer);
    const { at, step } = lines[n];
    const [before, after] = s.padding;
    const [a, b] = laws[n + 1].stride;
    const reach = s.type === "upsample" ? 0 : s.dilation * (s.kernel_size - 1);
    const own = reach * (before + after ? before / (before + after) : 1 / 2);
    const first = s.type === "upsample" ? (1 / s.scale_factor - 1) / 2
      : s.type === "transposed_conv" ? (before - reach / 2) / s.stride : own - before;
    lines.push({ at: at + first * step, step: a / b });
  }
  return lines;
}

/** Whether one of `count` units sees all of an axis with `size` pixels, from the first to the last. */
function seesAll(law, count, size) {
  const period = law.ends.length;
  const advance = (period * law.stride[0]) / law.stride[1];
  return law.ends.some((found, n) => {
    if (!found || n >= count) return false;
    const least = Math.max(0, Math.ceil((size - 1 - found[1]) / advance));
    return least <= Math.min(-found[0] / advance, (count - 1 - n) / period);
  });
}

/** For every layer, whether a unit of the map before it already sees the whole input. */
export const seesNothingNew = (laws, sizes) => laws.slice(0, -1).map((law, level) =>
  sizes[0].every((size, a) => seesAll(law, sizes[level][a], size)));
