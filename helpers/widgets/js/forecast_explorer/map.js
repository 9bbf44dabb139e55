// One map: its title, a canvas with a pixel per cell, and over it the network's border, the place, and degrees.

import { h, svg, setAttribute, setText } from "../dom.js";
import { followPointer } from "../pointer.js";
import { arrayColumn, shownColumn } from "./rollouts.js";
import { latitudeText, longitudeText } from "./text.js";

const STILL = 4; // pixels: a pointer that moved less between press and release has clicked
const UNIT = 16; // user units of an em: the letters are 14.5 high
const BELOW = 1.3; // em for the longitudes under the map

/** The share of a map's height, from the top, at which a latitude lies; rows have their latitudes in their middles. */
export function heightOf(degrees, latitude) {
  const rows = latitude.length;
  let n = latitude.findIndex((at) => at <= degrees);
  if (n < 1) n = n < 0 ? rows - 1 : 1;
  const row = n - 1 + (latitude[n - 1] - degrees) / (latitude[n - 1] - latitude[n]);
  return (row + 0.5) / rows;
}

/** Latitudes that are marked beside the map: [[degrees, share of its height], …]. */
export const latitudeTicks = (latitude) =>
  [60, 30, 0, -30, -60].map((degrees) => [degrees, heightOf(degrees, latitude)]).filter(([, at]) => at >= 0 && at <= 1);

/** Longitudes that are marked under the map, from left to right: [[degrees, share of its width], …]. */
export function longitudeTicks(longitude, offset) {
  const width = longitude.length;
  const ticks = [0, 90, 180, 270].map((degrees) => {
    const column = ((degrees - longitude[0]) * width) / 360 + 0.5 + offset;
    return [degrees, (((column % width) + width) % width) / width];
  });
  return ticks.sort((a, b) => a[1] - b[1]);
}

/**
 * data: height, width, latitude, longitude; hover([row, column] | null), click([row, column]) in the arrays' order;
 * roll(columns) while the map is dragged sideways, from where it was pressed; release() at the end of a drag.
 */
export function createMap({ on, data, north, role, hover, click, grab, roll, release }) {
  const { height, width, latitude } = data;
  const canvas = h("canvas", { role: "img", tabindex: 0, width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const seams = svg("path", { class: "cnn-forecast-seam-under" });
  const lines = svg("path", { class: "cnn-forecast-seam" });
  const ring = svg("path", { class: "cnn-forecast-place-under" });
  const place = svg("path", { class: "cnn-forecast-place" });
  const texts = [0, 1, 2, 3].map(() => svg("text", { "text-anchor": "middle" }));
  const marks = svg("path", { class: "cnn-forecast-ticks" });
  const norths = svg("g", {});
  const over = svg("svg", { class: "cnn-forecast-over", "aria-hidden": "true" },
    seams, lines, ring, place, marks, norths, ...texts);
  const title = h("div", { class: "cnn-title" });
  const picture = h("div", { class: "cnn-forecast-picture" }, canvas, over);
  const root = h("div", { class: "cnn-forecast-map", "data-role": role }, title, picture);
  let now = { offset: 0 };
  let held = null; // {x, moved, columns}

  const columnsOf = (pixels) => (pixels / canvas.getBoundingClientRect().width) * width;
  function cellOf(event) {
    const box = canvas.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * height);
    const shown = Math.floor(((event.clientX - box.left) / box.width) * width);
    if (row < 0 || row >= height || shown < 0 || shown >= width) return null;
    return [row, arrayColumn(shown, now.offset, width)];
  }
  followPointer(on, canvas, {
    hover: (event) => hover(cellOf(event)),
    leave: () => hover(null),
    press(event) {
      held = { x: event.clientX, moved: false, columns: 0 };
      grab();
    },
    drag(event) {
      held.moved ||= Math.abs(event.clientX - held.x) >= STILL;
      const columns = Math.round(columnsOf(event.clientX - held.x));
      if (!held.moved || columns === held.columns) return;
      held.columns = columns;
      roll(columns);
    },
    release(event) {
      const { moved } = held;
      held = null;
      if (moved) return release();
      const cell = cellOf(event);
      if (cell) click(cell);
    },
  });

  let sized = "";
  /** room: width of the map in em. */
  function resize(wide) {
    if (sized === String(wide)) return;
    sized = String(wide);
    const tall = (wide * height) / width;
    const [x, y] = [UNIT * wide, UNIT * tall];
    setAttribute(root, "style", `width: ${wide}em`);
    setAttribute(picture, "style", `width: ${wide}em; height: ${(tall + BELOW).toFixed(3)}em`);
    setAttribute(canvas, "style", `width: ${wide}em; height: ${tall}em`);
    setAttribute(over, "viewBox", `0 0 ${x} ${UNIT * (tall + BELOW)}`);
    if (north) {
      norths.replaceChildren(...latitudeTicks(latitude).map(([degrees, at]) =>
        svg("text", {
          x: -7, y: (at * y + 5).toFixed(1), "text-anchor": "end", text: latitudeText(degrees).replace(" ", ""),
        })));
    }
  }

  return {
    root,
    canvas,
    /** paint(rgba) writes the colours; seams: columns of the map, place: [row, column] of the arrays. */
    update({ name, text, wide, offset, seams: at, place: [row, column], paint }) {
      resize(wide);
      paint(image.data);
      context.putImageData(image, 0, 0);
      setText(title, name);
      setAttribute(title, "title", name);
      setAttribute(canvas, "aria-label", text);
      now = { offset };
      const [x, y] = [UNIT * wide, (UNIT * wide * height) / width];
      const cell = x / width;
      const path = at.map((c) => `M${(c * cell).toFixed(1)} 0V${y.toFixed(1)}`).join("");
      setAttribute(seams, "d", path);
      setAttribute(lines, "d", path);
      const [left, high] = [shownColumn(column, offset, width), row].map((n) => (n * cell - 1.5).toFixed(1));
      const side = (cell + 3).toFixed(1);
      const box = `M${left} ${high}h${side}v${side}h-${side}z`;
      setAttribute(ring, "d", box);
      setAttribute(place, "d", box);
      let ticks = "";
      longitudeTicks(data.longitude, offset).forEach(([degrees, share], n) => {
        const along = (share * x).toFixed(1);
        ticks += `M${along} ${y.toFixed(1)}v4`;
        setAttribute(texts[n], "x", along);
        setAttribute(texts[n], "y", (y + 18).toFixed(1));
        setText(texts[n], longitudeText(degrees));
      });
      setAttribute(marks, "d", ticks);
    },
  };
}

/** A bar of the colours from −end to end, upright, with three numbers. */
export function createBar(what) {
  const top = h("span", {});
  const middle = h("span", { text: "0" });
  const bottom = h("span", {});
  const unit = h("span", { class: "cnn-forecast-unit" });
  const color = h("div", { class: "cnn-forecast-colors" });
  const root = h("div", { class: "cnn-forecast-bar", role: "group", "aria-label": `colours of ${what}` },
    h("span", { class: "cnn-forecast-unit", text: what }), unit,
    h("div", { class: "cnn-forecast-scale" }, color, h("div", { class: "cnn-forecast-numbers" }, top, middle, bottom)));
  return {
    root, color,
    /** beyond: whether values lie outside. */
    show(end, ofUnit, beyond) {
      setText(top, `${beyond ? "≥ " : ""}${end}`);
      setText(bottom, `${beyond ? "≤ " : ""}−${end}`);
      setText(unit, ofUnit);
    },
  };
}
