// One loss landscape seen from straight above: its colours, contour lines, and the cross of its cuts.

import { css, viridis } from "../colors.js";
import { range } from "../numbers.js";
import { contour, roundTicks } from "./contours.js";
import { short, stepText } from "./text.js";

const TABLE = range(512).map((n) => viridis(n / 511).map(Math.round));

/** The loss's height between four places, straight in both directions; nan beside one that is nan. */
export function between(heights, height, width, row, column) {
  const r = Math.min(height - 2, Math.max(0, Math.floor(row)));
  const c = Math.min(width - 2, Math.max(0, Math.floor(column)));
  const [t, u, n] = [row - r, column - c, r * width + c];
  const near = (1 - u) * heights[n] + u * heights[n + 1];
  const far = (1 - u) * heights[n + width] + u * heights[n + width + 1];
  return (1 - t) * near + t * far;
}

export function createMap() {
  let painted = { key: "" };
  let box = null; // where the square lies on the canvas: {left, top, wide, high}

  /** The colours, pixel by pixel, on a canvas of their own: made anew only for another scale or size. */
  function paint(surface, scale, wide, high, holes) {
    const key = `${scale.key}|${wide}|${high}|${holes}`;
    if (painted.key === key && painted.losses === surface.losses) return painted.canvas;
    const heights = surface.losses.map(scale.height);
    const canvas = document.createElement("canvas");
    canvas.width = wide;
    canvas.height = high;
    const context = canvas.getContext("2d");
    const image = context.createImageData(wide, high);
    for (let y = 0; y < high; y++)
      for (let x = 0; x < wide; x++) {
        const row = (1 - (y + 0.5) / high) * (surface.height - 1);
        const column = ((x + 0.5) / wide) * (surface.width - 1);
        const value = between(heights, surface.height, surface.width, row, column);
        const n = 4 * (y * wide + x);
        if (!(value <= 1)) continue; // open: above the ceiling, or no number
        const color = TABLE[Math.max(0, Math.round(511 * value))];
        image.data.set(color, n);
        image.data[n + 3] = 255;
      }
    context.putImageData(image, 0, 0);
    painted = { key, losses: surface.losses, heights, canvas };
    return canvas;
  }

  return {
    draw(context, { width, height, surface, scale, levels, place, look, ratio }) {
      context.clearRect(0, 0, width, height);
      context.font = `${0.85 * look.em}px ${look.font}`;
      const [left, bottom] = [3.6 * look.em, 2.7 * look.em];
      const side = Math.max(20, Math.min(width - left - 0.8 * look.em, height - bottom - 0.6 * look.em));
      box = { left: left + Math.max(0, (width - left - 0.8 * look.em - side) / 2), top: 0.6 * look.em, wide: side, high: side };
      const x = (column) => box.left + (column / (surface.width - 1)) * box.wide;
      const y = (row) => box.top + (1 - row / (surface.height - 1)) * box.high;

      hatch(context, box, look);
      const pixels = Math.round(side * Math.min(ratio, 1.5));
      const picture = paint(surface, scale, pixels, pixels, look.fill);
      context.drawImage(picture, box.left, box.top, box.wide, box.high);
      context.lineWidth = 1.1;
      for (const level of levels) {
        const at = scale.height(level);
        const pieces = contour(painted.heights, surface.height, surface.width, at);
        context.beginPath();
        for (let n = 0; n < pieces.length; n += 4) {
          context.moveTo(x(pieces[n + 1]), y(pieces[n]));
          context.lineTo(x(pieces[n + 3]), y(pieces[n + 2]));
        }
        context.strokeStyle = at < 0.6 ? "rgba(255,255,255,0.75)" : "rgba(0,0,0,0.55)";
        context.stroke();
      }
      context.strokeStyle = look.soft;
      context.lineWidth = 1;
      context.strokeRect(box.left, box.top, box.wide, box.high);

      cross(context, [x(place[1]), y(place[0])], box, look);
      ticks(context, surface, box, look);
    },
    /** The place [row, column] next to a point of the canvas, or null beside the square. */
    placeAt([px, py], surface) {
      if (!box) return null;
      const [t, u] = [(px - box.left) / box.wide, 1 - (py - box.top) / box.high];
      if (Math.min(t, u) < -0.02 || Math.max(t, u) > 1.02) return null;
      const near = (share, count) => Math.round(Math.min(1, Math.max(0, share)) * (count - 1));
      return [near(u, surface.height), near(t, surface.width)];
    },
  };
}

/** What shines through where nothing is drawn. */
function hatch(context, { left, top, wide, high }, look) {
  context.save();
  context.beginPath();
  context.rect(left, top, wide, high);
  context.clip();
  context.fillStyle = look.fill;
  context.fillRect(left, top, wide, high);
  context.beginPath();
  for (let d = -high; d < wide; d += 9) {
    context.moveTo(left + d, top + high);
    context.lineTo(left + d + high, top);
  }
  context.strokeStyle = look.line;
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}

function cross(context, [x, y], { left, top, wide, high }, look) {
  for (const [color, wider, dash] of [["#000", 2.6, []], ["#fff", 1.2, []]]) {
    context.setLineDash(dash);
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(left + wide, y);
    context.moveTo(x, top);
    context.lineTo(x, top + high);
    context.globalAlpha = 0.75;
    context.strokeStyle = color;
    context.lineWidth = wider;
    context.stroke();
    context.globalAlpha = 1;
  }
  context.beginPath();
  context.arc(x, y, 0.42 * look.em, 0, 2 * Math.PI);
  context.fillStyle = "#c0007a";
  context.strokeStyle = "#fff";
  context.lineWidth = 1.8;
  context.fill();
  context.stroke();
}

function ticks(context, { rows, columns }, { left, top, wide, high }, look) {
  const marks = (values) => {
    const [first, last] = [values[0], values[values.length - 1]];
    return roundTicks(first, last, 4).map((tick) => [(tick - first) / (last - first), stepText(tick)]);
  };
  context.fillStyle = look.soft;
  context.textBaseline = "top";
  context.textAlign = "center";
  for (const [t, text] of marks(columns)) context.fillText(text, left + t * wide, top + high + 0.3 * look.em);
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const [t, text] of marks(rows)) context.fillText(text, left - 0.4 * look.em, top + (1 - t) * high);
  context.fillStyle = look.ink;
  context.textBaseline = "top";
  context.textAlign = "center";
  context.fillText("direction 1", left + wide / 2, top + high + 1.5 * look.em);
  context.save();
  context.translate(left - 3.3 * look.em, top + high / 2);
  context.rotate(-Math.PI / 2);
  context.fillText("direction 2", 0, 0);
  context.restore();
}

/** The colours from the lowest loss to the ceiling, as a gradient of CSS. */
export const gradient = () => `linear-gradient(to right, ${range(17).map((n) => css(viridis(n / 16))).join(",")})`;

/** Where the levels stand on the colour bar: [[share, text], …], never two closer than a share of it. */
export function marksOf(scale, levels, apart) {
  const marks = [];
  for (const level of levels) {
    const at = scale.height(level);
    if (!marks.length || at - marks[marks.length - 1][0] >= apart) marks.push([at, short(level)]);
  }
  return marks;
}
