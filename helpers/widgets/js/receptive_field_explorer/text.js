// What ReceptiveFieldExplorer says of a layer and of a unit. Pure.

import { clamp, pair } from "../arithmetic.js";
import { format, times } from "../numbers.js";
import { ends, lawSizes, settings, taps, title } from "../receptive_fields.js";

const minus = (value) => format(value, 4);
export const fraction = ([a, b]) => (b === 1 ? String(a) : `${a}/${b}`);
/** "14 … 18", or "nothing". */
export const span = (interval) => (interval ? `${minus(interval[0])} … ${minus(interval[1])}` : "nothing");
/** "5", or "188 – 204" where it depends on the unit. */
export function sizeText(law) {
  const [low, high] = lawSizes(law);
  return low === high ? String(low) : `${low} – ${high}`;
}

/** How far the field of unit 0 begins before the input; unit i sees from i·j − P. */
export const paddingText = ({ ends: [first] }) => (first ? minus(-first[0]) : "–");

/** A layer's own numbers: "conv 3×3, stride 2". */
export function layerText(layer) {
  const { type, kernel_size, scale_factor, stride, dilation } = settings(layer);
  if (type === "upsample") return `upsample ×${scale_factor}`;
  const words = [`${type.replace("_", " ")} ${times(pair(kernel_size))}`];
  if (stride > 1 && !(type === "pool" && stride === kernel_size)) words.push(`stride ${stride}`);
  if (dilation > 1) words.push(`dilation ${dilation}`);
  return words.join(", ");
}

/** The recurrence of a layer with its numbers put in: [steps, result] of size, stride and padding. */
export function recurrence({ layers, laws }, n) {
  const s = settings(layers[n]);
  const [below, law] = [laws[n], laws[n + 1]];
  const [j, made] = [fraction(below.stride), fraction(law.stride)];
  const up = s.type === "upsample" ? s.scale_factor : s.type === "transposed_conv" ? s.stride : 0;
  const stride = [up ? `stride j = ${j}/${up}` : `stride j = ${j}·${s.stride}`, made];
  const first = ["unit 0 begins at −P: padding P", paddingText(law)];
  if (s.type === "upsample") return [[`a copy of unit ⌊i/${up}⌋ of the map below: r`, sizeText(law)], stride, first];
  if (up || below.ends.length > 1)
    return [["from the first to the last pixel of all units that it reads: r", sizeText(law)], stride, first];
  const [r] = lawSizes(below);
  const before = -ends(below, 0)[0];
  const reached = r + (s.kernel_size - 1) * s.dilation * below.stride[0] / below.stride[1];
  const padding = before + (s.padding[0] * below.stride[0]) / below.stride[1];
  return [
    [`field size r = ${r} + (${s.kernel_size} − 1)·${s.dilation}·${j}`, minus(reached)], stride,
    [`padding P = ${minus(before)} + ${s.padding[0]}·${j}`, minus(padding)],
  ];
}

const within = (a, b) => a && b && a[0] >= b[0] && a[1] <= b[1];

function branches({ layers, laws }, n) {
  const { skip = null } = layers[n];
  if (skip === null) return null;
  const read = taps(settings(layers[n]), 0).map((tap) => ends(laws[n], tap)).filter(Boolean);
  const main = read.length ? [Math.min(...read.map(([a]) => a)), Math.max(...read.map(([, b]) => b))] : null;
  const other = ends(laws[skip + 1], 0);
  const name = title(layers, skip);
  if (within(other, main)) return `+ ${name}: the skip sees less, inside.`;
  if (within(main, other)) return `+ ${name}: the skip sees more, around it.`;
  const both = `unit 0 sees ${span(main)} through this layer, ${span(other)} through the skip`;
  return `+ ${name}: ${both}; together ${span(ends(laws[n + 1], 0))}.`;
}

const axisText = (name, size, interval, seen) => {
  if (!seen.length) return `no ${name}`;
  const real = [seen[0], seen.at(-1)];
  const clipped = String(real) !== String(interval);
  const inside = real[0] === real[1] ? `${name.slice(0, -1)} ${real[0]}` : `${name} ${span(real)}`;
  return clipped ? `${inside} (clipped from ${span(interval)})` : inside;
};

/** What the unit sees along both axes: the intervals by the law, and the pixels that are really seen. */
export function unitText(unit, input, intervals, seen) {
  const parts = ["rows", "columns"].map((name, a) => axisText(name, input[a], intervals[a], seen[a]));
  return `unit (${unit.join(", ")}) sees ${parts.join(", ")}`;
}

/** What is remarkable about the field: holes, its dependence on the place, its size beside the input's. */
export function remarks({ layers, laws, input, nothingNew }, level, seen) {
  const law = laws[level];
  const [low, high] = lawSizes(law);
  const all = [];
  if (seen.length && seen.at(-1) - seen[0] + 1 > seen.length)
    all.push(`Of ${seen.at(-1) - seen[0] + 1} pixels along the axis it reads ${seen.length}: the others are holes.`);
  if (law.ends.length > 1) {
    const every = `every ${law.ends.length} units`;
    all.push(low === high ? `Neighbours are not simply one stride apart: where the fields lie repeats ${every}.`
      : `Its size depends on the place: ${low} to ${high}, repeating ${every}.`);
  }
  const joined = branches({ layers, laws }, level - 1);
  if (joined) all.push(joined);
  if (nothingNew[level - 1]) all.push("It sees nothing new: a unit of the layer before it has the whole input in its field.");
  else if (high > Math.max(...input)) all.push(`The field is larger than the input (${high} > ${Math.max(...input)}).`);
  return all.join(" ");
}

/** For a screen reader. */
export function spoken({ layers, laws }, level, unitSentence) {
  const law = laws[level];
  const field = `field of ${sizeText(law)} pixels, stride ${fraction(law.stride)}`;
  return `${title(layers, level - 1)}: ${field}; ${unitSentence}`;
}

/** The unit of another level that stands nearest to this one. */
export const nearest = (info, from, unit, to) => standingAt(info, placeOf(info, from, unit), to);

/** Where a unit stands: (row, column) in input pixels. */
export const placeOf = ({ places }, level, unit) => unit.map((i) => places[level].at + places[level].step * i);

/** The unit of a level that stands nearest to a place of the input. */
export function standingAt({ places, sizes }, place, level) {
  const { at, step } = places[level];
  return place.map((v, a) => clamp(Math.round((v - at) / step), sizes[level][a]));
}
