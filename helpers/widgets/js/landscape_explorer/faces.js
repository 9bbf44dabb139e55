// The faces of a surface, each with its colour and light, drawn from far to near: what is near covers what is far.

import { css, viridis } from "../colors.js";
import { BASE, TOP, below, farToNear, holds, raised, spread } from "./surfaces.js";

const LIGHT = [-0.45, -0.5, 0.74]; // where the light comes from, seen by the viewer: left, near, above
const [DARKEST, BRIGHTEST] = [0.62, 1.12]; // of the colours: in its own shadow, and in full light
const MESH = 0.82; // how bright the lines between faces are beside the faces

// Colours by height and light, made when they are first needed.
const [HEIGHTS, LIGHTS] = [256, 64];
const colors = Array(HEIGHTS * LIGHTS);
function colorOf(height, shade) {
  const level = Math.max(0, Math.min(HEIGHTS - 1, Math.round((HEIGHTS - 1) * height)));
  const light = Math.max(0, Math.min(LIGHTS - 1, Math.round(((LIGHTS - 1) * (shade - 0.5)) / (BRIGHTEST - 0.5))));
  return (colors[level * LIGHTS + light] ??= css(
    viridis(level / (HEIGHTS - 1)).map((v) => Math.min(255, v * (0.5 + ((BRIGHTEST - 0.5) * light) / (LIGHTS - 1))))));
}

/** Draws them, with lines between them if mesh, and the two lines through the place; returns what placeIn needs. */
export function drawFaces(context, { see, stroke, surface, scale, camera, place, mesh }) {
  const { losses, height, width } = surface;
  const heights = losses.map(scale.height);
  const [xs, ys] = [spread(width), spread(height)];
  const [atX, atY] = [new Float64Array(losses.length), new Float64Array(losses.length)];
  heights.forEach((share, n) => {
    const [x, y] = [xs[n % width], ys[Math.floor(n / width)]];
    atX[n] = see.across(x, y);
    atY[n] = see.down(x, y, raised(Math.min(1, share)));
  });
  const [hx, hy, high] = [2 / (width - 1), 2 / (height - 1), TOP - BASE];
  const [lightX, lightY, lightZ] = lightFor(camera);
  const [awayX, awayY] = see.away;
  // a line is drawn on the nearer of the two faces that share it
  const nearer = (at, away, count) => (away > 0 ? Math.max(0, at - 1) : Math.min(count - 2, at));
  const [lineRow, lineColumn] = [nearer(place[0], awayY, height), nearer(place[1], awayX, width)];
  const drawn = []; // upper left corners
  const cut = new Map(); // upper left corner → polygon, of the faces that the ceiling cuts
  context.lineWidth = 0.7;
  for (const r of farToNear(height - 1, awayY))
    for (const c of farToNear(width - 1, awayX)) {
      const n = r * width + c;
      const [a, b, d, e] = [heights[n], heights[n + 1], heights[n + width + 1], heights[n + width]];
      if (!(Math.min(a, b, d, e) < 1)) continue; // all above the ceiling, or one no number
      let mean = (a + b + d + e) / 4;
      context.beginPath();
      if (Math.max(a, b, d, e) <= 1) {
        context.moveTo(atX[n], atY[n]);
        context.lineTo(atX[n + 1], atY[n + 1]);
        context.lineTo(atX[n + width + 1], atY[n + width + 1]);
        context.lineTo(atX[n + width], atY[n + width]);
      } else {
        const corners = [[c, r, a], [c + 1, r, b], [c + 1, r + 1, d], [c, r + 1, e]];
        const kept = below(corners.map(([x, y, share]) => [-1 + hx * x, -1 + hy * y, raised(share)]), TOP);
        const polygon = kept.map((point) => see.at(...point));
        polygon.forEach(([x, y], k) => context[k ? "lineTo" : "moveTo"](x, y));
        mean = kept.reduce((sum, [, , z]) => sum + (z - BASE) / high, 0) / kept.length;
        cut.set(n, polygon);
      }
      context.closePath();
      // the light on the product of the diagonals
      const [u, v] = [high * (d - a), high * (e - b)];
      const [nx, ny, nz] = [hy * (v - u), -hx * (u + v), 2 * hx * hy];
      const lit = (nx * lightX + ny * lightY + nz * lightZ) / Math.hypot(nx, ny, nz);
      const shade = DARKEST + (BRIGHTEST - DARKEST) * Math.max(0, lit);
      context.fillStyle = colorOf(mean, shade);
      context.fill();
      context.strokeStyle = mesh ? colorOf(mean, MESH * shade) : context.fillStyle; // seams would shine through
      context.stroke();
      drawn.push(n);
      if (r !== lineRow && c !== lineColumn) continue;
      const point = (row, column) => [xs[column], ys[row], raised(heights[row * width + column])];
      if (r === lineRow) drawEdge(stroke, [point(place[0], c), point(place[0], c + 1)]);
      if (c === lineColumn) drawEdge(stroke, [point(r, place[1]), point(r + 1, place[1])]);
      context.lineWidth = 0.7;
    }
  return { drawn, cut, atX, atY, width };
}

/** The place [row, column] whose face is seen at a point: the nearest corner of the foremost face there; or null. */
export function placeIn({ drawn, cut, atX, atY, width }, point) {
  const cornersOf = (n) => [n, n + 1, n + width + 1, n + width];
  const face = drawn.findLast((n) => holds(cut.get(n) ?? cornersOf(n).map((k) => [atX[k], atY[k]]), point));
  if (face === undefined) return null;
  const away = (k) => (atX[k] - point[0]) ** 2 + (atY[k] - point[1]) ** 2;
  const near = cornersOf(face).reduce((a, b) => (away(b) < away(a) ? b : a));
  return [Math.floor(near / width), near % width];
}

/** A piece of the line through the place, as far as it lies below the ceiling. */
function drawEdge(stroke, edge) {
  const kept = below(edge, TOP);
  if (kept.length < 2) return;
  stroke(kept, "#000", 3.2);
  stroke(kept, "#fff", 1.5);
}

/** The light that stays with the viewer, in the surface's own axes. */
function lightFor([azimuth, elevation]) {
  const [a, tilt] = [(azimuth * Math.PI) / 180, ((90 - elevation) * Math.PI) / 360];
  const [right, near, up] = LIGHT;
  const away = near * Math.cos(tilt) - up * Math.sin(tilt);
  return [
    right * Math.cos(a) + away * Math.sin(a), away * Math.cos(a) - right * Math.sin(a),
    up * Math.cos(tilt) + near * Math.sin(tilt),
  ];
}
