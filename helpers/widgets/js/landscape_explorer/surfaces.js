// Losses as Python packs them, their common scale, and where a place of a surface lies on the screen. Pure.

import { planesOf } from "../images.js";
import { range } from "../numbers.js";

// Heights of the floor, of the lowest loss, and of the ceiling, in half sides of the square.
export const FLOOR = 0;
export const BASE = 0.36;
export const TOP = 1.3;

/** {names, rows, columns, data} → the same, with surfaces: one Float64Array of losses per name, row by row. */
export function unpack({ names, rows, columns, data }) {
  const [height, width] = [rows.length, columns.length];
  const [{ data: all }] = planesOf({ shape: [names.length * height, width], data });
  const surfaces = names.map((_, n) => all.subarray(n * height * width, (n + 1) * height * width));
  const finite = all.filter(Number.isFinite);
  return { names, rows, columns, height, width, surfaces, lowest: least(finite), highest: -least(finite.map((v) => -v)) };
}

const FINE = 1100; // places: with more of them, lines between the faces would hide the colours
export const isFine = ({ height, width }) => height * width > FINE;

const halves = new WeakMap();
/** Every second row and column of a fine surface, which turns as lightly as a small one; others as they are. */
export function coarse(surface) {
  const { losses, height, width } = surface;
  if (!isFine(surface) || height % 2 === 0 || width % 2 === 0) return surface;
  if (halves.has(losses)) return halves.get(losses);
  const [tall, wide] = [(height + 1) / 2, (width + 1) / 2];
  const kept = Float64Array.from({ length: tall * wide }, (_, n) => losses[2 * Math.floor(n / wide) * width + 2 * (n % wide)]);
  halves.set(losses, { ...surface, losses: kept, height: tall, width: wide });
  return halves.get(losses);
}

const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);

/** Losses to heights: 0 for the lowest, 1 for the ceiling or else the highest; nan where the loss is no number. */
export function scaleOf({ lowest, highest }, ceiling, logarithmic) {
  const top = ceiling === null ? highest : Math.max(lowest, ceiling);
  const on = logarithmic ? Math.log10 : (v) => v;
  const back = logarithmic ? (v) => 10 ** v : (v) => v;
  const [from, span] = [on(lowest), on(top) - on(lowest) || 1];
  return {
    lowest, top, logarithmic, key: `${top}|${logarithmic}`,
    height: (loss) => (Number.isFinite(loss) ? (on(loss) - from) / span : NaN),
    loss: (height) => back(from + height * span),
  };
}

/** How the camera sees (x, y, z), x and y from −1 to 1: across(x, y) and down(x, y, z), or both, at(x, y, z), in pixels.
    margin: [across, down], the room for what is written around. */
export function projection([azimuth, elevation], width, height, margin) {
  const [a, e] = [azimuth, elevation].map((angle) => (angle * Math.PI) / 180);
  const [ca, sa, ce, se] = [Math.cos(a), Math.sin(a), Math.cos(e), Math.sin(e)];
  const middle = (TOP + FLOOR) / 2;
  // the same size from wherever it is seen
  const tall = Math.SQRT2 * se + (TOP - middle) * ce;
  const size = Math.max(1, Math.min((width / 2 - margin[0]) / Math.SQRT2, (height / 2 - margin[1]) / tall));
  const across = (x, y) => width / 2 + size * (x * ca - y * sa);
  const down = (x, y, z) => height / 2 - size * ((z - middle) * ce + (x * sa + y * ca) * se);
  return {
    size, across, down,
    away: [Math.sign(sa) || 1, Math.sign(ca) || 1], // the signs of x and y that lead away from the viewer
    at: (x, y, z) => [across(x, y), down(x, y, z)],
  };
}

/** The height of a share of the scale. */
export const raised = (share) => BASE + share * (TOP - BASE);

/** The part of a polygon [[x, y, z], …] that is not above z = top. */
export function below(polygon, top) {
  const kept = [];
  polygon.forEach((point, n) => {
    const next = polygon[(n + 1) % polygon.length];
    if (point[2] <= top) kept.push(point);
    if (point[2] <= top !== next[2] <= top) {
      const t = (top - point[2]) / (next[2] - point[2]);
      kept.push([point[0] + t * (next[0] - point[0]), point[1] + t * (next[1] - point[1]), top]);
    }
  });
  return kept;
}

/** Places from 0 on, from far to near: the last is seen in front of the others. */
export const farToNear = (count, away) => (away > 0 ? range(count).reverse() : range(count));

/** Places −1 to 1 of so many rows or columns. */
export const spread = (count) => range(count).map((n) => (2 * n) / (count - 1) - 1);

/** Whether a polygon [[x, y], …] holds a point: how many of its edges lie to the right. */
export function holds(polygon, [x, y]) {
  let inside = false;
  polygon.forEach(([x1, y1], n) => {
    const [x2, y2] = polygon[(n + 1) % polygon.length];
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  });
  return inside;
}

/** How a turned camera stands: the azimuth from −180 to 180°, the elevation from 5 to 90°. */
export function turned([azimuth, elevation], [right, up]) {
  const around = ((((azimuth + right + 180) % 360) + 360) % 360) - 180;
  return [around, Math.min(90, Math.max(5, elevation + up))];
}
