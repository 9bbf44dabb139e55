// One effective field: its picture with the square and the theoretical box, its numbers, and its profile.

import { h, svg, setAttribute, setText } from "../dom.js";
import { createPicture } from "../picture.js";
import { heightOf, profileOf, sharesOf, sideHolding } from "./fields.js";
import { holdsText, sizesText } from "./text.js";

const CHART = { width: 300, height: 100, left: 4, right: 4, top: 6, bottom: 4 };
const [BESIDE, MOST] = [13, 24]; // em: the least profile beside a picture, and the widest

/** press(cell), drag(cell), release(). */
export function createPanel({ on, press, drag, release }) {
  const picture = createPicture({ on, role: "input", press, drag, release });
  const theory = h("div", { class: "cnn-theory" });
  picture.frame.before(theory);
  const holds = h("div", { class: "cnn-holds" });
  const sizes = h("div", { class: "cnn-sizes" });
  const axis = svg("path", { class: "cnn-axis" });
  const box = svg("rect", { class: "cnn-theory-of", y: CHART.top, height: CHART.height - CHART.top - CHART.bottom });
  const band = svg("rect", { class: "cnn-square-of", y: CHART.top, height: CHART.height - CHART.top - CHART.bottom });
  const bars = svg("path", { class: "cnn-bars" });
  const bell = svg("path", { class: "cnn-bell" });
  const chart = svg("svg", {
    class: "cnn-profile", role: "img", viewBox: `0 0 ${CHART.width} ${CHART.height}`, preserveAspectRatio: "none",
  }, band, bars, bell, axis, box);
  const caption = h("div", { class: "cnn-sizes" });
  const root = h("div", { class: "cnn-field" },
    h("div", {}, picture.root, holds, sizes), h("div", { class: "cnn-profiled" }, chart, caption));
  let known = {}; // the field, its scale, and what was computed from it

  const bottom = CHART.height - CHART.bottom;

  /** Picture and curves: only for another field or scale. */
  function drawField(field, logarithmic) {
    const { data, height, width } = field;
    const shares = known.field === field ? known.shares : sharesOf(field);
    const profile = known.field === field ? known.profile : profileOf(field);
    known = { field, logarithmic, shares, profile, side95: sideHolding(shares, 0.95) };
    const largest = data.reduce((a, b) => Math.max(a, b), 0);
    const levels = data.map((v) => heightOf(v, largest, logarithmic));
    picture.show([levels], height, width, { kind: "field", low: 0, high: 1 });

    const top = Math.max(...profile.values, ...profile.gaussian.map(([, v]) => v));
    const x = (at) => CHART.left + ((at + 0.5) / width) * (CHART.width - CHART.left - CHART.right);
    const y = (v) => bottom - heightOf(v, top, logarithmic) * (bottom - CHART.top);
    const point = (at, v) => `${x(at).toFixed(1)} ${y(v).toFixed(1)}`;
    const steps = profile.values.map((v, n) => `L${point(n - 0.5, v)}L${point(n + 0.5, v)}`).join("");
    setAttribute(bars, "d", `M${x(-0.5)} ${bottom}${steps}L${x(width - 0.5)} ${bottom}Z`);
    setAttribute(bell, "d", profile.gaussian.map(([at, v], n) => `${n ? "L" : "M"}${point(at, v)}`).join(""));
    setAttribute(axis, "d", `M${CHART.left} ${bottom}H${CHART.width - CHART.right}`);
  }

  /** A span of pixels in the chart, cut at its ends. */
  function span(rect, first, last, width) {
    const share = (at) => Math.min(width, Math.max(0, at)) / width;
    const place = (at) => CHART.left + share(at) * (CHART.width - CHART.left - CHART.right);
    setAttribute(rect, "x", place(first).toFixed(1));
    setAttribute(rect, "width", (place(last + 1) - place(first)).toFixed(1));
  }

  return {
    root,
    /** room: [high, low, wide] in em, low for a picture above its profile. Returns {share, side95} of the field. */
    update({ name, layer, field, side, logarithmic, room: [high, low, wide] }) {
      if (known.field !== field || known.logarithmic !== logarithmic) drawField(field, logarithmic);
      const { height, width, box: seen, centre: [row, column] } = field;
      const [reach, { shares, side95, profile }] = [(side - 1) / 2, known];
      const share = shares[Math.min(reach, shares.length - 1)];
      const words = `${holdsText(share, side)}; ${sizesText(side95, seen)}`;
      const spare = wide - Math.min(wide, (high * width) / height) - 1; // for the profile beside the picture
      const beside = spare >= BESIDE;
      setAttribute(root, "data-beside", String(beside));
      chart.style.width = `${Math.min(beside ? spare : wide, MOST)}em`;
      chart.style.height = beside ? "10em" : "5.5em";
      const room = [beside ? high : low, wide];
      picture.describe(name, `${name}: effective field of layer ${layer}, ${height}×${width} pixels; ${words}.`, room);
      picture.mark([row - reach, column - reach], side, side);
      theory.hidden = !seen;
      setAttribute(box, "visibility", seen ? "visible" : "hidden");
      if (seen) {
        const [[top, last], [left, right]] = seen;
        const percent = (v, of) => `${(100 * v) / of}%`;
        Object.assign(theory.style, {
          top: percent(top, height), height: percent(last - top + 1, height),
          left: percent(left, width), width: percent(right - left + 1, width),
        });
        span(box, left, right, width);
      }
      span(band, column - reach, column + reach, width);
      setText(holds, holdsText(share, side));
      setText(sizes, sizesText(side95, seen));
      const deviation = profile.deviation.toFixed(1);
      setText(caption, `middle row, σ = ${deviation} pixels`);
      setAttribute(chart, "aria-label", `Profile of ${name} along the row through the middle, beside a Gaussian of `
        + `the same standard deviation, ${deviation} pixels.`);
      return { share, side95 };
    },
  };
}
