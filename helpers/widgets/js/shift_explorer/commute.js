// f(g(x)) beside g(f(x)): the maps of a picture that was moved, and the moved maps of the picture. Pure.
//
// g is {transform, shift: [down, right], angle, factor, wrap}; a stack is {layers, kernel, padding_mode}.

import { forward, totalStride } from "../layer_stack.js";
import { extremes } from "../images.js";
import { range } from "../numbers.js";
import { rotated, scaled, shifted } from "../transforms.js";

/** How many layers, how many pixels to each side, how many degrees to each side, which factors: as in Python. */
export const LIMITS = { layers: 6, shift: 16, angle: 180, factor: [0.5, 2] };

/** A factor as all controls give it, in hundredths: where one has got to, the next step starts. */
export const inHundredths = (factor) => Number(factor.toFixed(2));

/** g on a map whose pixels lie `stride` pixels of the picture apart; null: on the one number of an average. */
export function moved(plane, { transform, shift, angle, factor, wrap }, stride = 1) {
  if (stride === null) return plane;
  if (transform === "rotate") return rotated(plane, angle);
  if (transform === "scale") return scaled(plane, factor);
  return shifted(plane, shift.map((by) => by / stride), wrap);
}

/** ‖a − b‖ / ‖b‖: 0 if both are 0, ∞ if only b is. `exact`: every single value is equal. */
export function relativeError(a, b) {
  let apart = 0;
  let size = 0;
  let exact = true;
  for (let n = 0; n < b.length; n++) {
    const d = a[n] - b[n];
    if (d !== 0) exact = false;
    apart += d * d;
    size += b[n] * b[n];
  }
  return { exact, error: exact ? 0 : Math.sqrt(apart) / Math.sqrt(size) };
}

/** Both ways around the square for x with fx = f(x). `into`: planes that may be written over. */
export function commute(x, fx, stack, g, into = []) {
  const gx = moved(x, g);
  const maps = forward(gx, stack.layers, stack, into);
  const fgx = maps.at(-1);
  const gfx = moved(fx, g, totalStride(stack.layers));
  return { gx, maps, fgx, gfx, ...relativeError(fgx.data, gfx.data) };
}

/**
 * How far the colours of the maps reach: as far as f(x), or in steps of a quarter as far as the others and their
 * `difference` need. It follows from f, x and g alone, and seldom changes while one drags.
 */
export function colorReach(fx, { fgx, gfx, difference }) {
  const least = Math.max(1e-12, ...extremes([fx.data]).map(Math.abs));
  const most = Math.max(...extremes([fgx.data, gfx.data, difference]).map(Math.abs));
  if (!(most > least && most < Infinity)) return least;
  return least * 1.25 ** Math.ceil(Math.log(most / least) / Math.log(1.25));
}

/** Below this relative error, only the order of the sums differs. */
export const ROUNDING = 1e-12;

/**
 * How many times as strong the colours of the difference are as those of the maps, which reach `wide`: a round number
 * from 1, as large as the difference allows. What only rounds otherwise stays as pale as it is.
 */
export function magnification({ difference, error, exact }, wide) {
  if (exact || difference.length === 1 || !(error >= ROUNDING && error < Infinity)) return 1;
  const most = Math.max(...extremes([difference]).map(Math.abs));
  const room = Math.max(1, wide / most);
  const power = 10 ** Math.floor(Math.log10(room));
  return [8, 6, 5, 4, 3, 2, 1].find((step) => step * power <= room * (1 + 1e-9)) * power;
}

const { shift: FAR, angle: TURN, factor: [SMALL, LARGE] } = LIMITS;
const octaves = Math.log2(LARGE / SMALL);

// What the curve runs over: the positions, which part of g they are, and where they lie between 0 and 1.
export const SWEEPS = {
  shift: {
    positions: range(2 * FAR + 1, -FAR),
    at: (g) => g.shift[1],
    with: (g, right) => ({ ...g, shift: [g.shift[0], right] }),
    place: (right) => (right + FAR) / (2 * FAR),
    inverse: (t) => Math.round(2 * FAR * t) - FAR,
    ticks: [-16, -12, -8, -4, 0, 4, 8, 12, 16],
    title: "shift to the right, in pixels",
    unit: "",
  },
  rotate: {
    positions: range((2 * TURN) / 5 + 1).map((n) => 5 * n - TURN),
    at: (g) => g.angle,
    with: (g, angle) => ({ ...g, angle }),
    place: (angle) => (angle + TURN) / (2 * TURN),
    inverse: (t) => Math.round(2 * TURN * t) - TURN,
    ticks: [-180, -90, 0, 90, 180],
    title: "angle, in degrees",
    unit: "°",
  },
  scale: {
    positions: range(21).map((n) => inHundredths(SMALL * 2 ** ((octaves * n) / 20))),
    at: (g) => g.factor,
    with: (g, factor) => ({ ...g, factor }),
    place: (factor) => Math.log2(factor / SMALL) / octaves,
    inverse: (t) => inHundredths(SMALL * 2 ** (octaves * t)),
    ticks: [0.5, 0.7, 1, 1.4, 2],
    title: "factor",
    unit: "×",
  },
};

/** The curve's points [{at, error, exact}]: more(until, now) adds some until that time; true once all are there. */
export function createSweep(x, fx, stack, g) {
  const { positions, with: moveTo } = SWEEPS[g.transform];
  const points = [];
  const into = [];
  return {
    points,
    more(until, now) {
      while (points.length < positions.length) {
        const at = positions[points.length];
        const { maps, error, exact } = commute(x, fx, stack, moveTo(g, at), into);
        into.splice(0, into.length, ...maps);
        points.push({ at, error, exact });
        if (now() >= until) break;
      }
      return points.length === positions.length;
    },
  };
}
