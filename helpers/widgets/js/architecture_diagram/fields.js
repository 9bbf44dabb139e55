// The receptive fields in a graph of calls: size and stride of every node, along both axes.
// Pure: no DOM, no state. tests/browser/test_architecture_diagram_fields.py holds it equal to helpers.receptive_field.

import { ends, lawOfBoth, lawSizes, lawThrough, taps } from "../receptive_fields.js";
import { gcd, range } from "../numbers.js";

const EVERYTHING = "everything";
const START = { stride: [1, 1], ends: [[0, 0]] };
const LONGEST = 256; // a law with a longer period is not followed
const KEEPS = new Set(["Same", "BatchNorm2d", "Channels", "Permute", "Flatten"]);

/** What a layer's units read along axis a, as receptive_fields.js wants it: {read(i), period, step}; null: not known. */
function reading({ spec }, a, before, after) {
  const { type } = spec;
  const along = (kind, { padding = spec.padding[a], stride = spec.stride[a] } = {}) => ({
    type: kind, kernel_size: spec.kernel_size[a], dilation: spec.dilation?.[a] ?? 1, stride, padding: [padding, padding],
  });
  const plain = (read, period = 1, step = 1) => ({ read, period, step });
  switch (type) {
    case "Conv2d": case "MaxPool2d": case "AvgPool2d": {
      const s = along("conv");
      return plain((i) => taps(s, i), 1, s.stride);
    }
    case "ConvTranspose2d": {
      const s = along("transposed_conv");
      return plain((i) => taps(s, i), s.stride, 1);
    }
    case "Upsample":
      return enlarged(spec.scale_factor[a], spec.mode, spec.corners);
    case "PixelShuffle":
      return enlarged(spec.upscale_factor, "nearest", false);
    case "Pad":
      return plain((i) => [i - spec.amounts[2 * a]]);
    case "Fit":
      if (spec.op === "resize") return enlarged(after / before, spec.mode, spec.corners);
      if (spec.rule.by !== "like") return plain((i) => [i + spec.start[a]]);
      return plain((i) => [i + Math.floor((before - after) / 2)]);
    case "AdaptiveAvgPool2d": {
      const shared = gcd(before, after);
      const last = (i) => Math.ceil(((i + 1) * before) / after);
      const read = (i) => range(last(i) - Math.floor((i * before) / after), Math.floor((i * before) / after));
      return plain(read, after / shared, before / shared);
    }
    default:
      return null;
  }
}

function enlarged(factor, mode, corners) {
  if (factor === 1) return { read: (i) => [i], period: 1, step: 1 };
  if (!Number.isInteger(factor) || corners || !["nearest", "bilinear"].includes(mode)) return null;
  if (mode === "nearest") return { read: (i) => [Math.floor(i / factor)], period: factor, step: 1 };
  const at = (i) => (2 * i + 1 - factor) / (2 * factor);
  const read = (i) => (Number.isInteger(at(i)) ? [at(i)] : [Math.floor(at(i)), Math.floor(at(i)) + 1]);
  return { read, period: factor, step: 1 };
}

/** Every unit of a map together: what global pooling sees, and a dense layer. */
function collapsed(law, count, size) {
  if (law === null || law === EVERYTHING) return law;
  const period = law.ends.length;
  const units = [...range(Math.min(period, count)), ...range(Math.min(period, count), Math.max(0, count - period))];
  const all = units.map((i) => ends(law, i)).filter(Boolean);
  const [first, last] = [Math.min(...all.map(([from]) => from)), Math.max(...all.map(([, to]) => to))];
  if (first <= 0 && last >= size - 1) return EVERYTHING;
  return { stride: [0, 1], ends: [[Math.max(0, first), Math.min(size - 1, last)]] };
}

function together(laws) {
  if (laws.includes(null)) return null;
  if (laws.includes(EVERYTHING)) return EVERYTHING;
  return laws.reduce((one, other) => {
    if (one === null || String(one.stride) !== String(other.stride)) return null;
    const [a, b] = [one.ends.length, other.ends.length];
    return (a * b) / gcd(a, b) > LONGEST ? null : lawOfBoth(one, other);
  });
}

/** Reads the field of any node on an input whose `sizes` are known; what does not depend on them is kept in `memory`. */
export function fieldsOf({ nodes }, sizes, memory) {
  const now = new Map();
  const units = (n, a) => sizes.shapes[n][1 + a] ?? 1;

  function law(n, a) {
    const key = 2 * n + a;
    const kept = memory.get(key) ?? now.get(key);
    if (kept) return kept.law;
    const made = n === 0 ? { law: START, fixed: true } : make(n, a);
    (made.fixed ? memory : now).set(key, made);
    return made.law;
  }
  const isFixed = (n, a) => memory.has(2 * n + a);

  function make(n, a) {
    const { spec, sources } = nodes[n];
    const below = sources.map((source) => law(source, a));
    let fixed = sources.every((source) => isFixed(source, a)) && spec.type !== "Fit";
    if (KEEPS.has(spec.type)) return { law: below[0], fixed };
    if (sources.length > 1) return { law: together(below), fixed };
    const [first] = below;
    if (spec.type === "Global") return { law: collapsed(first, units(sources[0], a), sizes.input[1 + a]), fixed: false };
    if (spec.type === "Linear") {
      if (sizes.shapes[sources[0]].length > 1) return { law: first, fixed };
      return { law: collapsed(first, mapUnits(sources[0], a), sizes.input[1 + a]), fixed: false };
    }
    if (spec.type === "AdaptiveAvgPool2d") {
      fixed = false;
      if (units(n, a) === 1) return { law: collapsed(first, units(sources[0], a), sizes.input[1 + a]), fixed };
    }
    if (first === null || first === EVERYTHING) return { law: first, fixed };
    const how = reading(nodes[n], a, units(sources[0], a), units(n, a));
    if (!how || (how.period * first.ends.length) / gcd(first.ends.length, how.step) > LONGEST) return { law: null, fixed };
    return { law: lawThrough(first, how.read, how.period, how.step), fixed };
  }
  /** Of a flat node: the units of the map that was flattened. */
  function mapUnits(n, a) {
    while (n && sizes.shapes[n].length < 3) [n] = nodes[n].sources;
    return units(n, a);
  }

  /** [along the height, along the width]: {size, stride}, "everything", or null where it is not known. */
  return (n) => [0, 1].map((a) => {
    const one = law(n, a);
    if (one === null || one === EVERYTHING) return one;
    if (!one.ends.some(Boolean)) return null;
    return { size: lawSizes(one), stride: one.stride };
  });
}
