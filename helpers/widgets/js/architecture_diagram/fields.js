// The receptive fields in a graph of calls: size and stride of every node, along both axes.
// Pure: no DOM, no state. tests/browser/test_architecture_diagram_sizes.py holds it equal to helpers.receptive_field.

import { hull, lawOfBoth, lawSizes, lawThrough, taps } from "../receptive_fields.js";
import { gcd, range } from "../numbers.js";

const EVERYTHING = "everything";
const START = { stride: [1, 1], ends: [[0, 0]] };
const LONGEST = 256; // a law with a longer period is not followed
const KEEPS = new Set(["Same", "BatchNorm2d", "Channels", "Permute", "Flatten"]);

/** What a layer's units read along axis a, as receptive_fields.js wants it: {read(i), period, step}; null: not known. */
function reading({ spec }, a, before, after) {
  const { type } = spec;
  const along = (kind) => ({
    type: kind, kernel_size: spec.kernel_size[a], dilation: spec.dilation?.[a] ?? 1, stride: spec.stride[a],
    padding: [spec.padding[a], spec.padding[a]],
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
      return spec.from ? plain((i) => [i + begin(spec, a, before, after)]) : null;
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

function begin(spec, a, before, after) {
  if (spec.from === "start") return spec.start[a];
  return spec.op === "crop" ? Math.floor((before - after) / 2) : -Math.floor((after - before) / 2);
}

function enlarged(factor, mode, corners) {
  if (factor === 1) return { read: (i) => [i], period: 1, step: 1 };
  if (!Number.isInteger(factor) || corners || !["nearest", "bilinear"].includes(mode)) return null;
  if (mode === "nearest") return { read: (i) => [Math.floor(i / factor)], period: factor, step: 1 };
  const at = (i) => (2 * i + 1 - factor) / (2 * factor);
  const read = (i) => (Number.isInteger(at(i)) ? [at(i)] : [Math.floor(at(i)), Math.floor(at(i)) + 1]);
  return { read, period: factor, step: 1 };
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
  const isFlat = ({ type }, [source]) => type === "Linear" && sizes.shapes[source].length === 1;
  const isFixed = (n, a) => memory.has(2 * n + a);

  function make(n, a) {
    const { spec, sources } = nodes[n];
    const below = sources.map((source) => law(source, a));
    let fixed = sources.every((source) => isFixed(source, a)) && spec.type !== "Fit";
    if (KEEPS.has(spec.type)) return { law: below[0], fixed };
    if (sources.length > 1) return { law: together(below), fixed };
    const [first] = below;
    const flat = isFlat(spec, sources);
    if (spec.type === "Linear" && !flat) return { law: first, fixed }; // along the channels, at every place
    if (spec.type === "AdaptiveAvgPool2d" || spec.type === "Global") {
      fixed = false;
      const alone = units(sources[0], a) === 1 && sizes.shapes[n].length === 3; // nothing to put together
      if (alone && units(n, a) === 1) return { law: first, fixed };
    }
    if (flat || spec.type === "Global" || (spec.type === "AdaptiveAvgPool2d" && units(n, a) === 1))
      return { law: first === null ? null : collapsed(sources[0], a), fixed: false };
    if (first === null || first === EVERYTHING) return { law: first, fixed };
    const how = reading(nodes[n], a, units(sources[0], a), units(n, a));
    const count = first.ends.length;
    if (!how || (how.period * count) / gcd(count, how.step) > LONGEST) return { law: null, fixed };
    return { law: lawThrough(first, how.read, how.period, how.step), fixed };
  }
  /** What all units of a map see together: what global pooling sees, and a dense layer. */
  function collapsed(n, a) {
    const seen = all(n, a, new Map());
    if (seen === null) return null;
    if (seen[0] <= 0 && seen[1] >= sizes.input[1 + a] - 1) return EVERYTHING;
    return { stride: [0, 1], ends: [seen] };
  }
  /** [first, last] pixel that any unit of a node sees: its first and its last unit that see something. */
  function all(n, a, kept) {
    while (n && sizes.shapes[n].length < 3) [n] = nodes[n].sources;
    const count = units(n, a);
    const ends_ = [range(count), range(count).reverse()].map((order) => {
      for (const unit of order) {
        const found = seen(n, a, unit, kept);
        if (found) return found;
      }
      return null;
    });
    return hull(ends_);
  }
  /** [first, last] real pixel that a unit sees: behind a dropped border, not all that its law says. */
  function seen(n, a, unit, kept) {
    if (n === 0) return [unit, unit];
    const key = `${n} ${unit}`;
    if (kept.has(key)) return kept.get(key);
    const { spec, sources } = nodes[n];
    let found;
    if (KEEPS.has(spec.type) || sources.length > 1)
      found = hull(sources.map((source) => seen(source, a, Math.min(unit, units(source, a) - 1), kept)));
    else if (spec.type === "Global" || isFlat(spec, sources)) found = all(sources[0], a, kept);
    else if (spec.type === "Linear") found = seen(sources[0], a, unit, kept);
    else {
      const count = units(sources[0], a);
      const how = reading(nodes[n], a, count, units(n, a));
      const real = how ? how.read(unit).filter((t) => t >= 0 && t < count) : range(count);
      const both = real.length ? [Math.min(...real), Math.max(...real)] : [];
      found = hull(both.map((t) => seen(sources[0], a, t, kept)));
    }
    kept.set(key, found);
    return found;
  }

  /** [along the height, along the width]: {size, stride}, "everything", or null where it is not known. */
  return (n) => [0, 1].map((a) => {
    const one = law(n, a);
    if (one === null || one === EVERYTHING) return one;
    if (!one.ends.some(Boolean)) return null;
    const [low, high] = lawSizes(one);
    return { size: [one.ends.every(Boolean) ? low : 0, high], stride: one.stride }; // 0: some see nothing
  });
}
