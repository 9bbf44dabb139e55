// The losses along a line through a place, and what is to be said of them. Pure.

import { range } from "../numbers.js";

/** [[place on the axis, loss], …] along direction 1 (through the row of a place) or direction 2 (its column). */
export function cutOf({ rows, columns, width }, losses, [row, column], along) {
  return along === "direction 1"
    ? columns.map((at, c) => [at, losses[row * width + c]])
    : rows.map((at, r) => [at, losses[r * width + column]]);
}

/** Where a polyline [[x, y], …] runs through y ≤ top, in pieces; a y that is no number breaks it. */
export function piecesBelow(points, top) {
  const pieces = [];
  let piece = null;
  const begin = () => pieces.push((piece = []));
  points.forEach(([x, y], n) => {
    if (!Number.isFinite(y)) {
      piece = null;
      return;
    }
    const [before, high] = points[n - 1] ?? [];
    const crosses = n > 0 && Number.isFinite(high) && high <= top !== y <= top;
    const cross = crosses ? [before + ((top - high) / (y - high)) * (x - before), top] : null;
    if (y > top) {
      if (cross) piece.push(cross);
      piece = null;
      return;
    }
    if (!piece) begin();
    if (cross) piece.push(cross);
    piece.push([x, y]);
  });
  return pieces;
}

/** How many places are finite, above the ceiling, exploded, and not computed. */
export function countsOf(losses, top) {
  const counts = { finite: 0, above: 0, exploded: 0, missing: 0 };
  for (const loss of losses) {
    if (Number.isNaN(loss)) counts.missing += 1;
    else if (!Number.isFinite(loss)) counts.exploded += 1;
    else {
      counts.finite += 1;
      counts.above += loss > top * (1 + 1e-9);
    }
  }
  return counts;
}

/** {place: [row, column], loss} of the lowest finite loss. */
export function lowestOf(losses, width) {
  const n = range(losses.length).reduce((best, k) => (losses[k] < (losses[best] ?? Infinity) ? k : best), -1);
  return n < 0 ? null : { place: [Math.floor(n / width), n % width], loss: losses[n] };
}
