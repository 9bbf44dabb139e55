// What a place of a map in a U-Net depends on in the input: windows followed backward, axis by axis. Pure.

import { range } from "../numbers.js";

/** Circular along this axis? There a field has no border, and goes around. */
const goesAround = ({ padding, padding_mode }, axis) =>
  padding === "same" && (Array.isArray(padding_mode) ? padding_mode[axis] : padding_mode) === "circular";

/**
 * [first, last] of the input along one axis that the places [low, high] of a map depend on; null for none.
 *   clip   whether maps have borders, where padding is read and not data
 *   via    null for all ways, or the name of the one skip that is followed ("bottom": none of them)
 */
function back(net, name, [low, high], axis, clip, via) {
  const node = net.byName.get(name);
  const { settings } = net;
  const pad = settings.padding === "valid" ? 0 : 1;
  const inside = (ends, size) => {
    const kept = clip ? [Math.max(0, ends[0]), Math.min(size - 1, ends[1])] : ends;
    return kept[0] > kept[1] ? null : kept;
  };
  let ends = inside([low, high], node.size?.[axis]);
  if (!ends || node.kind === "input") return ends;
  const window = ([a, b]) => [a - pad, b + 2 - pad];
  switch (node.kind) {
    case "conv": ends = window(ends); break;
    case "pool": ends = [2 * ends[0], 2 * ends[1] + 1]; break;
    case "skip": ends = ends.map((at) => at + node.crop[axis]); break;
    case "up":
      if (settings.up === "resize") ends = inside(window(ends), 2 * net.byName.get(node.from[0]).size?.[axis]);
      ends = ends.map((at) => Math.floor(at / 2));
  }
  const found = node.from
    .filter((from) => ways(from, via, node))
    .map((from) => back(net, from, ends, axis, clip, via)).filter(Boolean);
  return found.length ? [Math.min(...found.map(([a]) => a)), Math.max(...found.map(([, b]) => b))] : null;
}

/** Is this source on the chosen way? Where a skip and what comes from below meet, only one of them is. */
function ways(from, via, { from: sources }) {
  if (via === null || sources.length < 2) return true;
  return from.startsWith("skip") ? from === via : !sources.includes(via);
}

/** [[top, bottom], [left, right]] that a place of a map sees of the input, on a circular axis unrolled; null: nothing. */
export function fieldOf(net, name, place, via = null) {
  const found = place.map((at, axis) => {
    const around = goesAround(net.settings, axis);
    const ends = back(net, name, [at, at], axis, !around, via);
    const size = net.settings.input_size[axis];
    return around && ends && ends[1] - ends[0] + 1 >= size ? [0, size - 1] : ends;
  });
  return found.includes(null) ? null : found;
}

/** Smallest and largest field of a map's places along an axis, far from any border. */
export function fieldSizes(net, name) {
  if (!net.byName.get(name).size) return null;
  const sizes = range(2 ** net.settings.depth).map((at) => {
    const [low, high] = back(net, name, [at, at], 0, false, null);
    return high - low + 1;
  });
  return [Math.min(...sizes), Math.max(...sizes)];
}

/** The boxes [[top, bottom], [left, right]] of a field on an input [h, w]: several where it goes around an edge. */
export function pieces(field, size) {
  const along = ([low, high], side) =>
    [-side, 0, side].map((by) => [Math.max(0, low + by), Math.min(side - 1, high + by)]).filter(([a, b]) => a <= b);
  const [rows, columns] = field.map((ends, axis) => along(ends, size[axis]));
  return rows.flatMap((row) => columns.map((column) => [row, column]));
}
