// One loss surface on a canvas, seen by a camera: floor with contours, walls, the surface from far to near, axes.

import { css, viridis } from "../colors.js";
import { range } from "../numbers.js";
import { contour, roundTicks } from "./contours.js";
import { BASE, FLOOR, TOP, below, farToNear, holds, projection, spread } from "./surfaces.js";
import { short, stepText } from "./text.js";

const LIGHT = [-0.45, -0.5, 0.74]; // where the light comes from, seen by the viewer: left, near, above
const TABLE = range(256).map((n) => viridis(n / 255));
const colorAt = (height, shade = 1) =>
  css(TABLE[Math.max(0, Math.min(255, Math.round(255 * height)))].map((v) => Math.min(255, v * shade)));
const raised = (height) => BASE + height * (TOP - BASE);

export function createScene() {
  let lines = { key: "" }; // the contours on the floor
  let faces = []; // what was drawn last: {polygon, row, column}, far ones first

  function contours(surface, scale, levels) {
    const key = `${scale.key}|${levels}`;
    if (lines.key === key && lines.losses === surface.losses) return lines.all;
    const heights = surface.losses.map(scale.height);
    const all = levels.map((level) => ({
      height: scale.height(level),
      pieces: contour(heights, surface.height, surface.width, scale.height(level)),
    }));
    lines = { key, losses: surface.losses, all };
    return all;
  }

  return {
    /** surface: {losses, height, width, rows, columns}; place: [row, column]; look: {ink, soft, line, fill, em, font}. */
    draw(context, { width, height, surface, scale, levels, camera, place, look }) {
      const see = projection(camera, width, height);
      const [xs, ys] = [spread(surface.width), spread(surface.height)];
      const path = (points) => {
        context.beginPath();
        points.forEach(([x, y, z], n) => context[n ? "lineTo" : "moveTo"](...see.at(x, y, z)));
      };
      const stroke = (points, color, wide) => {
        path(points);
        context.strokeStyle = color;
        context.lineWidth = wide;
        context.stroke();
      };
      context.clearRect(0, 0, width, height);
      context.lineJoin = "round";
      context.lineCap = "round";
      context.font = `${0.85 * look.em}px ${look.font}`;

      drawRoom(context, { see, path, stroke, scale, levels, look });
      for (const { height: at, pieces } of contours(surface, scale, levels)) {
        context.beginPath();
        for (let n = 0; n < pieces.length; n += 4) {
          const [r1, c1, r2, c2] = pieces.slice(n, n + 4);
          context.moveTo(...see.at(...onFloor(surface, r1, c1), FLOOR));
          context.lineTo(...see.at(...onFloor(surface, r2, c2), FLOOR));
        }
        context.strokeStyle = colorAt(at, 0.9);
        context.lineWidth = 1.3;
        context.stroke();
      }
      faces = drawFaces(context, { see, stroke, surface, scale, camera, place, look, xs, ys });
      drawMark(context, { see, stroke, surface, scale, place, look, xs, ys });
      drawAxes(context, { see, stroke, surface, scale, levels, look });
    },
    /** The place [row, column] that is seen at a point of the canvas, or null. */
    placeAt(point) {
      const face = faces.findLast(({ polygon }) => holds(polygon, point));
      if (!face) return null;
      const away = ([x, y]) => (x - point[0]) ** 2 + (y - point[1]) ** 2;
      return face.corners.reduce((a, b) => (away(b.at) < away(a.at) ? b : a)).place;
    },
  };
}

const onFloor = ({ height, width }, row, column) => [(2 * column) / (width - 1) - 1, (2 * row) / (height - 1) - 1];

/** Floor, and the two walls behind with a line at each level. */
function drawRoom(context, { see, path, stroke, scale, levels, look }) {
  const [bx, by] = see.toward.map((sign) => sign || 1);
  path([[-1, -1, FLOOR], [1, -1, FLOOR], [1, 1, FLOOR], [-1, 1, FLOOR]]);
  context.fillStyle = look.fill;
  context.globalAlpha = 0.55;
  context.fill();
  context.globalAlpha = 1;
  for (const level of levels) {
    const z = raised(scale.height(level));
    stroke([[-bx, by, z], [bx, by, z], [bx, -by, z]], look.line, 0.7);
  }
  for (const [x, y] of [[-bx, by], [bx, by], [bx, -by]]) stroke([[x, y, FLOOR], [x, y, TOP]], look.line, 1);
  stroke([[-bx, by, TOP], [bx, by, TOP], [bx, -by, TOP]], look.line, 1);
  stroke([[-1, -1, FLOOR], [1, -1, FLOOR], [1, 1, FLOOR], [-1, 1, FLOOR], [-1, -1, FLOOR]], look.line, 1);
}

/** The quadrilaterals between neighbours, far ones first, each with its light; on them the lines through the place. */
function drawFaces(context, { see, stroke, surface, scale, camera, place, look, xs, ys }) {
  const { losses, height, width } = surface;
  const heights = losses.map(scale.height);
  const [awayX, awayY] = see.toward;
  const [rows, columns] = [farToNear(height - 1, awayY), farToNear(width - 1, awayX)];
  const light = lightFor(camera);
  const mesh = width * height <= 1100;
  const faces = [];
  // a line is drawn on the nearer of the two faces that share it
  const nearer = (at, away, count) => (away > 0 ? Math.max(0, at - 1) : Math.min(count - 2, at));
  const [lineRow, lineColumn] = [nearer(place[0], awayY, height), nearer(place[1], awayX, width)];
  for (const r of rows)
    for (const c of columns) {
      const n = r * width + c;
      const [a, b, d, e] = [heights[n], heights[n + 1], heights[n + width + 1], heights[n + width]];
      const least = Math.min(a, b, d, e); // nan if one of them is
      if (!(least < 1)) continue;
      const corners = [
        [xs[c], ys[r], raised(a)], [xs[c + 1], ys[r], raised(b)],
        [xs[c + 1], ys[r + 1], raised(d)], [xs[c], ys[r + 1], raised(e)],
      ];
      const whole = Math.max(a, b, d, e) <= 1;
      const shown = whole ? corners : below(corners, TOP);
      const polygon = shown.map((point) => see.at(...point));
      const mean = shown.reduce((sum, [, , z]) => sum + z, 0) / shown.length;
      const shade = shadeOf(corners, light);
      context.beginPath();
      for (let k = 0; k < polygon.length; k++) context[k ? "lineTo" : "moveTo"](polygon[k][0], polygon[k][1]);
      context.closePath();
      context.fillStyle = colorAt((mean - BASE) / (TOP - BASE), shade);
      context.fill();
      context.strokeStyle = mesh ? colorAt((mean - BASE) / (TOP - BASE), 0.82 * shade) : context.fillStyle;
      context.lineWidth = 0.7;
      context.stroke();
      const [topLeft, topRight, bottomRight, bottomLeft] = corners;
      if (r === lineRow) drawEdge(stroke, r === place[0] ? [topLeft, topRight] : [bottomLeft, bottomRight]);
      if (c === lineColumn) drawEdge(stroke, c === place[1] ? [topLeft, bottomLeft] : [topRight, bottomRight]);
      faces.push({ polygon, corners: corners.map((point, k) => ({
        at: see.at(point[0], point[1], Math.min(TOP, point[2])),
        place: [r + (k > 1 ? 1 : 0), c + (k === 1 || k === 2 ? 1 : 0)],
      })) });
    }
  return faces;
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

/** From 0.62, in its own shadow, to 1.12. */
function shadeOf([p, q, r, s], light) {
  const [u, v] = [[r, p], [s, q]].map(([to, from]) => to.map((at, k) => at - from[k]));
  const normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  const long = Math.hypot(...normal) || 1;
  const lit = normal.reduce((sum, at, k) => sum + at * light[k], 0) / long;
  return 0.62 + 0.5 * Math.max(0, lit);
}

/** A dot at the place, and a line down to the floor. */
function drawMark(context, { see, stroke, surface, scale, place: [row, column], look, xs, ys }) {
  const height = scale.height(surface.losses[row * surface.width + column]);
  const [x, y] = [xs[column], ys[row]];
  const z = height <= 1 ? raised(height) : TOP;
  context.setLineDash([3, 3]);
  stroke([[x, y, FLOOR], [x, y, z]], look.ink, 1);
  context.setLineDash([]);
  for (const [at, size, filled] of [[FLOOR, 0.22, false], [z, 0.42, height <= 1]]) {
    context.beginPath();
    context.arc(...see.at(x, y, at), size * look.em, 0, 2 * Math.PI);
    context.fillStyle = "#c0007a";
    context.strokeStyle = filled ? "#fff" : "#c0007a";
    context.lineWidth = 1.8;
    if (filled || at === FLOOR) context.fill(); // an open ring: the place lies above the ceiling
    context.stroke();
  }
}

/** Ticks and names: the directions along the floor's near edges, the loss at the corner on the left. */
function drawAxes(context, { see, stroke, surface: { rows, columns }, scale, levels, look }) {
  const [bx, by] = see.toward.map((sign) => sign || 1);
  const middle = see.at(0, 0, FLOOR);
  const label = (text, [x, y], [dx, dy], far, color) => {
    const long = Math.hypot(dx, dy) || 1;
    const [ux, uy] = [dx / long, dy / long];
    context.textAlign = ux < -0.35 ? "right" : ux > 0.35 ? "left" : "center";
    context.textBaseline = uy < -0.5 ? "bottom" : uy > 0.5 ? "top" : "middle";
    context.fillStyle = color;
    context.fillText(text, x + far * look.em * ux, y + far * look.em * uy);
  };
  const edge = (name, values, pointAt) => {
    const out = pointAt(0).map((v, k) => v - middle[k]);
    const [first, last] = [values[0], values[values.length - 1]];
    for (const tick of roundTicks(first, last, 4)) {
      const at = pointAt((2 * (tick - first)) / (last - first) - 1);
      label(stepText(tick), at, out, 0.45, look.soft);
    }
    label(name, pointAt(0), out, 1.65, look.ink);
  };
  edge("direction 1", columns, (t) => see.at(t, -by, FLOOR));
  edge("direction 2", rows, (t) => see.at(-bx, t, FLOOR));

  const corners = [[-1, -1], [-1, 1], [1, -1], [1, 1]];
  const leftmost = corners.reduce((a, b) => (see.at(...b, 0)[0] < see.at(...a, 0)[0] ? b : a));
  stroke([[...leftmost, BASE], [...leftmost, TOP]], look.soft, 1.2);
  if (see.at(0, 0, FLOOR)[1] - see.at(0, 0, TOP)[1] < 3 * look.em) return; // from above: no room
  let free = Infinity;
  for (const level of levels) {
    const at = see.at(...leftmost, raised(scale.height(level)));
    if (free - at[1] < 1.05 * look.em) continue;
    free = at[1];
    label(short(level), at, [-1, 0], 0.4, look.soft);
  }
  label("loss", see.at(...leftmost, TOP), [-0.4, -1], 0.7, look.ink);
}
