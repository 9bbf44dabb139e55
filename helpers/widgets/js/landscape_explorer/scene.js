// One loss surface on a canvas, seen by a camera: floor with contours, walls, the surface from far to near, axes.

import { css, viridis } from "../colors.js";
import { contour, roundTicks } from "./contours.js";
import { drawFaces, placeIn } from "./faces.js";
import { BASE, FLOOR, TOP, coarse, isFine, projection, raised } from "./surfaces.js";
import { short, stepText } from "./text.js";

export function createScene() {
  let lines = { key: "" }; // the contours on the floor
  let faces = null; // what was drawn last

  function contours(surface, scale, levels) {
    const key = `${scale.key}|${levels}`;
    if (lines.key === key && lines.losses === surface.losses) return lines.all;
    const heights = surface.losses.map(scale.height);
    const all = levels.map((level) => ({
      height: scale.height(level),
      pieces: onFloor(surface, contour(heights, surface.height, surface.width, scale.height(level))),
    }));
    lines = { key, losses: surface.losses, all };
    return all;
  }

  return {
    /** surface: {losses, height, width, rows, columns}; place: [row, column]; look: {ink, soft, line, fill, em, font};
        moving: the camera is on its way. */
    draw(context, { width, height, surface, scale, levels, camera, place, look, moving }) {
      const see = projection(camera, width, height, [3.3 * look.em, 1.5 * look.em]);
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
        pieces.forEach(([x, y], n) => context[n % 2 ? "lineTo" : "moveTo"](see.across(x, y), see.down(x, y, FLOOR)));
        context.strokeStyle = css(viridis(at).map((v) => 0.9 * v));
        context.lineWidth = 1.3;
        context.stroke();
      }
      const drawn = moving ? coarse(surface) : surface;
      const near = place.map((at) => (drawn === surface ? at : Math.round(at / 2)));
      faces = drawFaces(context, { see, stroke, surface: drawn, scale, camera, place: near, mesh: !isFine(surface) });
      drawMark(context, { see, stroke, surface, scale, place, look });
      drawAxes(context, { see, stroke, surface, scale, levels, look });
    },
    /** The place [row, column] that is seen at a point of the canvas, or null. */
    placeAt: (point) => faces && placeIn(faces, point),
  };
}

/** Ends of pieces of a contour, as [[x, y], …] on the floor. */
function onFloor({ height, width }, flat) {
  const ends = [];
  for (let n = 0; n < flat.length; n += 2)
    ends.push([(2 * flat[n + 1]) / (width - 1) - 1, (2 * flat[n]) / (height - 1) - 1]);
  return ends;
}

/** Floor, and the two walls behind with a line at each level. */
function drawRoom(context, { see, path, stroke, scale, levels, look }) {
  const [bx, by] = see.away;
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

/** A dot at the place, and a line down to the floor. */
function drawMark(context, { see, stroke, surface, scale, place: [row, column], look }) {
  const height = scale.height(surface.losses[row * surface.width + column]);
  const [x, y] = [(2 * column) / (surface.width - 1) - 1, (2 * row) / (surface.height - 1) - 1];
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
  const [bx, by] = see.away;
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
