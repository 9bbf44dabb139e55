// One effective field: its picture with the square, the theoretical box and two marks, its profile, and its numbers.

import { h, svg, setAttribute, setText } from "../dom.js";
import { createPicture } from "../picture.js";
import { heightOf, profileOf, sharesOf } from "./fields.js";
import { centreText, holdsText, theoryText, widthText } from "./text.js";

const HIGH = 100; // of the profile, in units of its own; across, a unit is a pixel
const mark = (kind, shape) =>
  svg("svg", { class: "cnn-mark", viewBox: "-8 -8 16 16", "data-kind": kind, "aria-hidden": "true" }, shape);

/** press(cell), drag(cell), release(): cells are pixels of the whole input. */
export function createPanel({ on, press, drag, release }) {
  let known = {}; // the field, its scale, the view, and what was computed from them
  const inInput = (act) => ([row, column]) => act([row + known.view.top, column + known.view.left]);
  const picture = createPicture({ on, role: "input", press: inInput(press), drag: inInput(drag), release });
  const theory = h("div", { class: "cnn-theory" });
  const unit = mark("unit", svg("path", { d: "M-7 0H7M0 -7V7" }));
  const gravity = mark("gravity", svg("circle", { r: 5 }));
  picture.frame.before(theory);
  picture.frame.after(gravity, unit);
  const [holds, sizes, centre, widths] = ["cnn-holds", "cnn-sizes", "cnn-sizes", "cnn-sizes"].map((name) =>
    h("div", { class: name }));
  const box = svg("rect", { class: "cnn-theory-of", y: 1, height: HIGH - 2 });
  const band = svg("rect", { class: "cnn-square-of", y: 0, height: HIGH });
  const bars = svg("path", { class: "cnn-bars" });
  const bell = svg("path", { class: "cnn-bell" });
  const chart = svg("svg", { class: "cnn-profile", role: "img", preserveAspectRatio: "none" }, band, bars, bell, box);
  const root = h("div", { class: "cnn-field" },
    h("div", {}, picture.root, chart), h("div", { class: "cnn-words" }, holds, sizes, centre, widths));

  /** Picture and curves: only for another field, scale or view. */
  function drawField(field, logarithmic, view) {
    const again = known.field === field;
    const shares = again ? known.shares : sharesOf(field);
    const profile = again ? known.profile : profileOf(field);
    known = { field, logarithmic, view, shares, profile };
    const { data, width } = field;
    const largest = data.reduce((a, b) => Math.max(a, b), 0);
    const levels = Float64Array.from({ length: view.height * view.width }, (_, n) => {
      const [row, column] = [view.top + Math.floor(n / view.width), view.left + (n % view.width)];
      return heightOf(data[row * width + column], largest, logarithmic);
    });
    picture.show([levels], view.height, view.width, { kind: "field", low: 0, high: 1 });

    const top = Math.max(...profile.values, ...profile.gaussian.map(([, v]) => v));
    const point = (x, v) => `${x} ${(HIGH * (1 - 0.96 * heightOf(v, top, logarithmic))).toFixed(1)}`;
    const steps = profile.values.map((v, n) => `L${point(n, v)}L${point(n + 1, v)}`).join("");
    setAttribute(bars, "d", `M0 ${HIGH}${steps}L${width} ${HIGH}Z`);
    setAttribute(bell, "d", profile.gaussian.map(([at, v], n) => `${n ? "L" : "M"}${point(at + 0.5, v)}`).join(""));
    setAttribute(chart, "viewBox", `${view.left} 0 ${view.width} ${HIGH}`);
  }

  /** Columns of pixels in the profile. */
  function span(rect, first, last) {
    setAttribute(rect, "x", first);
    setAttribute(rect, "width", last + 1 - first);
  }

  return {
    root,
    /** view: the part of the input that is shown; room: [high, wide] in em of its picture. Returns the share. */
    update({ name, layer, field, view, side, logarithmic, room }) {
      if (known.field !== field || known.logarithmic !== logarithmic || known.view !== view)
        drawField(field, logarithmic, view);
      const { height, width, box: seen, around, centre: [row, column] } = field;
      const [reach, { shares, profile: { mean, deviation } }] = [(side - 1) / 2, known];
      const share = shares[Math.min(reach, shares.length - 1)];
      const middle = seen && seen.map(([first, last]) => (first + last) / 2);
      const lines = [
        holdsText(share, side), theoryText(seen, around),
        seen ? centreText(mean.map((at, axis) => at - middle[axis])) : "", widthText(deviation),
      ];
      [holds, sizes, centre, widths].forEach((line, n) => setText(line, lines[n]));
      const text = `${name}: effective field of layer ${layer}, ${height}×${width} pixels`;
      picture.describe(name, `${text}; ${lines.filter(Boolean).join("; ")}.`, room);
      chart.style.width = picture.root.style.width;
      setAttribute(chart, "aria-label", `${name}: the share of each column, beside a Gaussian of the same standard `
        + `deviation, ${deviation[1].toFixed(1)} pixels.`);

      const percent = (v, of) => `${(100 * v) / of}%`;
      picture.mark([row - reach - view.top, column - reach - view.left], side, side);
      span(band, column - reach, column + reach);
      const put = (node, [down, across]) => Object.assign(node.style, {
        top: percent(down + 0.5 - view.top, view.height), left: percent(across + 0.5 - view.left, view.width),
      });
      put(gravity, mean);
      theory.hidden = !seen;
      for (const node of [unit, box]) setAttribute(node, "visibility", seen ? "visible" : "hidden");
      if (seen) {
        const [[top, last], [left, right]] = seen;
        put(unit, middle);
        put(theory, [top - 0.5, left - 0.5]);
        Object.assign(theory.style, {
          height: percent(last - top + 1, view.height), width: percent(right - left + 1, view.width),
        });
        span(box, left, right);
      }
      return share;
    },
  };
}
