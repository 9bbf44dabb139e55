// Moving a picture: shifted, turned, enlarged. Planes are {data, height, width} as in images.js.
// Pure: no DOM, no state. tests/browser/test_transforms_and_stacks.py holds it equal to Python's and to PyTorch.

import { format } from "./numbers.js";

const along = (by, plus, minus) => by !== 0 && `${format(Math.abs(by), 4)} ${by > 0 ? plus : minus}`;

/** [3, −5] → "3 down and 5 left"; "" for no shift. */
export const shiftText = ([down, right]) =>
  [along(down, "down", "up"), along(right, "right", "left")].filter(Boolean).join(" and ");

/** A plane moved by whole pixels; what leaves comes in on the other side (wrap), or zeros do. Values are copied. */
function moved({ data, height, width }, down, right, wrap) {
  const source = (size, by) => Int32Array.from({ length: size }, (_, n) => {
    const from = n - by;
    return wrap ? ((from % size) + size) % size : from >= 0 && from < size ? from : -1;
  });
  const [rows, columns] = [source(height, down), source(width, right)];
  const out = new Float64Array(height * width);
  for (let r = 0; r < height; r++) {
    if (rows[r] < 0) continue;
    const [from, to] = [rows[r] * width, r * width];
    for (let c = 0; c < width; c++) if (columns[c] >= 0) out[to + c] = data[from + columns[c]];
  }
  return { data: out, height, width };
}

/** Between the two whole moves around `by`, linearly. */
function between(move, by) {
  const whole = Math.floor(by);
  const part = by - whole;
  const near = move(whole);
  if (part === 0) return near;
  const { data } = move(whole + 1);
  for (let n = 0; n < data.length; n++) data[n] = (1 - part) * near.data[n] + part * data[n];
  return { ...near, data };
}

/** A plane shifted by [rows down, columns right]: whole shifts copy exactly, fractions interpolate along each axis. */
export function shifted(plane, [down, right], wrap = true) {
  return between((columns) => between((rows) => moved(plane, rows, columns, wrap), down), right);
}

/**
 * Bilinear: the pixel at (r, c) from the centre takes its value from (a·r + b·c, d·r + e·c) from the centre.
 * Pixels outside of the picture are zeros, so that its edge fades over one pixel (grid_sample, padding_mode="zeros").
 */
function resampled({ data, height, width }, [a, b], [d, e]) {
  const out = new Float64Array(height * width);
  const [middle, center] = [(height - 1) / 2, (width - 1) / 2];
  for (let r = 0; r < height; r++)
    for (let c = 0; c < width; c++) {
      const y = middle + a * (r - middle) + b * (c - center);
      const x = center + d * (r - middle) + e * (c - center);
      if (!(y > -1 && y < height && x > -1 && x < width)) continue;
      const [top, left] = [Math.floor(y), Math.floor(x)];
      const [s, t] = [y - top, x - left];
      const at = top * width + left;
      const [up, down] = [top >= 0, top + 1 < height];
      const [before, after] = [left >= 0, left + 1 < width];
      const above = (1 - t) * (up && before ? data[at] : 0) + t * (up && after ? data[at + 1] : 0);
      const below = (1 - t) * (down && before ? data[at + width] : 0) + t * (down && after ? data[at + width + 1] : 0);
      out[r * width + c] = (1 - s) * above + s * below;
    }
  return { data: out, height, width };
}

/** Cosine and sine of degrees, exact for multiples of 90. */
function cosSin(degrees) {
  const turn = ((degrees % 360) + 360) % 360;
  if (turn % 90 === 0) return [[1, 0], [0, 1], [-1, 0], [0, -1]][(turn / 90) % 4];
  const angle = (turn * Math.PI) / 180;
  return [Math.cos(angle), Math.sin(angle)];
}

/** A plane turned counter-clockwise about its centre; exact for quarter turns of a square, and for half turns. */
export function rotated(plane, degrees) {
  const [cos, sin] = cosSin(degrees);
  return resampled(plane, [cos, sin], [-sin, cos]);
}

/** A plane enlarged about its centre: a factor of 2 shows everything twice as large, in a frame that stays. */
export function scaled(plane, factor) {
  return resampled(plane, [1 / factor, 0], [0, 1 / factor]);
}
