// f(g(x)) beside g(f(x)): the maps of a picture that was moved, and the moved maps of the picture. Pure.
//
// g is {transform, shift: [down, right], angle, factor, wrap}; a stack is {layers, kernel, padding_mode}.

import { forward, totalStride } from "../layer_stack.js";
import { range } from "../numbers.js";
import { rotated, scaled, shifted } from "../transforms.js";

export const FARTHEST = 16; // pixels to each side

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

// What the curve runs over: the positions, which part of g they are, and where they lie between 0 and 1.
export const SWEEPS = {
  shift: {
    positions: range(2 * FARTHEST + 1, -FARTHEST),
    at: (g) => g.shift[1],
    with: (g, right) => ({ ...g, shift: [g.shift[0], right] }),
    place: (right) => (right + FARTHEST) / (2 * FARTHEST),
    inverse: (t) => Math.round(2 * FARTHEST * t) - FARTHEST,
    ticks: [-16, -12, -8, -4, 0, 4, 8, 12, 16],
    title: "shift to the right, in pixels",
    unit: "",
  },
  rotate: {
    positions: range(73).map((n) => 5 * n - 180),
    at: (g) => g.angle,
    with: (g, angle) => ({ ...g, angle }),
    place: (angle) => (angle + 180) / 360,
    inverse: (t) => Math.round(360 * t) - 180,
    ticks: [-180, -90, 0, 90, 180],
    title: "angle, in degrees",
    unit: "°",
  },
  scale: {
    positions: range(21, -10).map((n) => 2 ** (n / 10)),
    at: (g) => g.factor,
    with: (g, factor) => ({ ...g, factor }),
    place: (factor) => (Math.log2(factor) + 1) / 2,
    inverse: (t) => Number((2 ** (2 * t - 1)).toFixed(2)),
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
