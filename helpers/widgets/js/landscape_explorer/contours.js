// Contour lines, and the levels that people like to read. Pure.

/**
 * The line at a level through values (row by row, straight between neighbours) as pieces, one after another:
 * [row, column, row, column, …]. In a saddle the mean of the four corners says which side is joined. Cells with a
 * corner that is no number have no line.
 */
export function contour(values, height, width, level) {
  const pieces = [];
  for (let r = 0; r + 1 < height; r++)
    for (let c = 0; c + 1 < width; c++) {
      const n = r * width + c;
      // around the cell
      const [a, b, d, e] = [values[n], values[n + 1], values[n + width + 1], values[n + width]];
      const mean = (a + b + d + e) / 4;
      if (!Number.isFinite(mean)) continue;
      const kind = (a > level) | ((b > level) << 1) | ((d > level) << 2) | ((e > level) << 3);
      if (kind === 0 || kind === 15) continue;
      const edges = [
        () => [r, c + part(a, b, level)],
        () => [r + part(b, d, level), c + 1],
        () => [r + 1, c + part(e, d, level)],
        () => [r + part(a, e, level), c],
      ];
      const joined = mean > level;
      for (const [one, other] of JOINS[kind === 5 && joined ? "5+" : kind === 10 && joined ? "10+" : kind])
        pieces.push(...edges[one](), ...edges[other]());
    }
  return pieces;
}

const part = (from, to, level) => (level - from) / (to - from);

// Which edges (top, right, bottom, left) a line joins, by the corners above the level: bits of top left, top right,
// bottom right, bottom left.
const JOINS = {
  1: [[3, 0]], 2: [[0, 1]], 3: [[3, 1]], 4: [[1, 2]], 6: [[0, 2]], 7: [[3, 2]], 8: [[2, 3]], 9: [[0, 2]],
  11: [[1, 2]], 12: [[1, 3]], 13: [[0, 1]], 14: [[3, 0]],
  5: [[3, 0], [1, 2]], "5+": [[0, 1], [2, 3]], 10: [[0, 1], [2, 3]], "10+": [[3, 0], [1, 2]],
};

/** Round numbers from low to high: 1, 2 or 5 times a power of ten apart, at most `most` of them. */
export function roundTicks(low, high, most = 7) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((s) => s >= rough * (1 - 1e-9));
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, n) => Number(((first + n) * step).toPrecision(12)));
}

/** 1, 2, 5, 10, … from low to high; fewer for many powers of ten, round numbers for less than one. */
export function powerTicks(low, high, most = 9) {
  const decades = Math.log10(high / low);
  if (decades < 0.7) return roundTicks(low, high, most);
  for (const steps of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = powers(low, high, steps);
    if (ticks.length <= most) return ticks;
  }
  const all = powers(low, high, [1]);
  const every = Math.ceil(all.length / most);
  return all.filter((v) => Math.round(Math.log10(v)) % every === 0);
}

function powers(low, high, steps) {
  const ticks = [];
  for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); p++)
    for (const step of steps) {
      const v = Number(`${step}e${p}`);
      if (v >= low * (1 - 1e-9) && v <= high * (1 + 1e-9)) ticks.push(v);
    }
  return ticks;
}

/** The levels of a scale, the same for its contours, its axis and its colour bar. */
export const levelsOf = ({ lowest, top, logarithmic }, most) =>
  top > lowest ? (logarithmic ? powerTicks : roundTicks)(lowest, top, most) : [lowest];
