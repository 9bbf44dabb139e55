// The picture with what a unit sees of it: the rest dimmed, and dashed what the field has in the padding around it.

import { h, setAttribute, setText, svg } from "../dom.js";
import { followPointer } from "../pointer.js";
import { chooseScale, extremes, paint, planesOf } from "../images.js";
import { tableFor } from "../colors.js";
import { range } from "../numbers.js";
import { runs } from "./section.js";

const box = ([top, left], [bottom, right]) =>
  `M${left - 0.5} ${top - 0.5}H${right + 0.5}V${bottom + 0.5}H${left - 0.5}z`;
const corners = ([rows, columns]) => [[rows[0], columns[0]], [rows[1], columns[1]]];

/** hover([row, column] | null), press([row, column]), drag, release(): pixels of the input. */
export function createMap({ on, hover, press, drag, release }) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const names = ["dim", "dots", "beyond", "under", "seen", "unit"];
  const path = (name) => svg("path", { class: `cnn-rf-${name}`, "vector-effect": "non-scaling-stroke" });
  const parts = Object.fromEntries(names.map((name) => [name, path(name)]));
  const over = svg("svg", { role: "img", tabindex: 0, preserveAspectRatio: "none" }, ...Object.values(parts));
  const holder = h("div", { class: "cnn-rf-map" }, canvas, over);
  const title = h("div", { class: "cnn-title", "data-role": "input" });
  const root = h("div", { class: "cnn-panel" }, title, holder);
  const context = canvas.getContext("2d");
  let shown = null; // the picture that is painted
  let bounds = null; // what the drawing spans, in pixels: [[top, bottom], [left, right]]

  const place = (event) => {
    const view = over.getBoundingClientRect();
    const share = [(event.clientY - view.top) / view.height, (event.clientX - view.left) / view.width];
    return share.map((v, a) => bounds[a][0] + v * (bounds[a][1] - bounds[a][0]));
  };
  followPointer(on, over, {
    press: (event) => bounds && press(place(event)),
    drag: (event) => bounds && drag(place(event)),
    hover: (event) => bounds && hover(place(event)),
    leave: () => hover(null),
    release,
  });

  function draw(picture, [height, width]) {
    const key = `${height}×${width}`;
    if (shown?.picture === picture && shown.key === key) return;
    shown = { picture, key };
    Object.assign(canvas, { width, height });
    const pixels = new ImageData(width, height);
    if (picture) {
      const planes = planesOf(picture).map(({ data }) => data);
      const scale = chooseScale(extremes(planes), { shown: "auto", field: picture.field, sum: 1 });
      paint(planes, scale, tableFor(scale), pixels.data);
    } else pixels.data.fill(255);
    context.putImageData(pixels, 0, 0);
  }

  /** Everything but the pixels that are seen, as one shape with holes. */
  function dimmed(input, seen) {
    const all = box([0, 0], input.map((v) => v - 1));
    const [rows, columns] = seen.map(runs);
    if (rows.length * columns.length > 2500) return all;
    return all + rows.flatMap((r) => columns.map((c) => box(...corners([r, c])))).join("");
  }

  return {
    root,
    /** field: {law: two intervals, seen: two lists of pixels, unit: its place, reach: of all units of the stack}; room in em. */
    show({ picture, input, field, lattice, room, name, text }) {
      draw(picture, input);
      const margin = input.map((size, a) => {
        const [first, last] = field.reach[a];
        return Math.min(Math.max(-first, last - size + 1, 0) + 0.03 * size, 0.4 * size); // and room for the line
      });
      bounds = input.map((size, a) => [-0.5 - margin[a], size - 0.5 + margin[a]]);
      const [tall, wide] = bounds.map(([a, b]) => b - a);
      const em = Math.min(room[1] / tall, room[0] / wide);
      holder.style.width = `${em * wide}em`;
      holder.style.height = `${em * tall}em`;
      const percent = (v, of) => `${(100 * v) / of}%`;
      canvas.style.left = percent(margin[1], wide);
      canvas.style.top = percent(margin[0], tall);
      canvas.style.width = percent(input[1], wide);
      canvas.style.height = percent(input[0], tall);
      setAttribute(over, "viewBox", `${bounds[1][0]} ${bounds[0][0]} ${wide} ${tall}`);
      const { law, seen, unit } = field;
      setAttribute(parts.dim, "d", dimmed(input, seen));
      const real = seen.every((all) => all.length) ? box(...corners(seen.map((all) => [all[0], all.at(-1)]))) : "";
      setAttribute(parts.seen, "d", real);
      setAttribute(parts.under, "d", real);
      const whole = law.every(Boolean) ? box(...corners(law)) : "";
      setAttribute(parts.beyond, "d", whole === real ? "" : whole);
      const dot = ([row, column]) => `M${column} ${row}h0`;
      setAttribute(parts.unit, "d", dot(unit));
      const [down, across] = lattice;
      const wideEnough = 13 * em * Math.min(down.step, across.step) >= 9 && down.step > 1;
      const dots = () => range(down.count).flatMap((r) =>
        range(across.count).map((c) => dot([down.at + r * down.step, across.at + c * across.step]))).join("");
      setAttribute(parts.dots, "d", wideEnough ? dots() : "");
      setText(title, name);
      setAttribute(over, "aria-label", text);
    },
  };
}
