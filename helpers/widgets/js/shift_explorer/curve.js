// The relative error over all shifts of a row, all angles or all factors; a dot where one stands, which can be dragged.

import { svg, setAttribute } from "../dom.js";
import { format } from "../numbers.js";
import { followPointer } from "../pointer.js";
import { SWEEPS } from "./commute.js";

const SIZE = { width: 460, height: 168, left: 50, right: 18, top: 10, bottom: 42 };

/** The least round number that is not below. */
function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((top) => top >= value * 0.999);
}

/** go(at) while one drags, release() when it ends; keyed(event), keyUp(event). */
export function createCurve({ on, go, release, keyed, keyUp }) {
  const { width, height, left, right, top, bottom } = SIZE;
  const axis = svg("g", {});
  const line = svg("path", { class: "cnn-line" });
  const dots = svg("path", { class: "cnn-points" });
  const rings = svg("path", { class: "cnn-zeros" });
  const mark = svg("path", { class: "cnn-here" });
  const dot = svg("circle", { class: "cnn-dot", r: 6.5 });
  const root = svg("svg", { class: "cnn-error-curve", role: "img", tabindex: 0, viewBox: `0 0 ${width} ${height}` },
    axis, mark, line, dots, rings, dot);
  let transform = "shift";
  let high = 0.1;
  let known = null;
  let held = false;

  const x = (at) => left + SWEEPS[transform].place(at) * (width - left - right);
  const y = (error) => top + (1 - Math.min(error, high) / high) * (height - top - bottom);
  const point = ({ at, error }) => `${x(at).toFixed(1)} ${y(error).toFixed(1)}`;
  const circle = (p, r) => `M${point(p)}m${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
  const circles = (points, r) => points.map((p) => circle(p, r)).join("");
  const place = (event) => {
    const from = root.getScreenCTM();
    return Math.min(1, Math.max(0, ((event.clientX - from.e) / from.a - left) / (width - left - right)));
  };
  const follow = (event) => go(SWEEPS[transform].inverse(place(event)));
  followPointer(on, root, {
    press(event) {
      held = true;
      follow(event);
    },
    drag: (event) => held && follow(event),
    release,
  });
  on(root, "keydown", keyed);
  on(root, "keyup", keyUp);

  function drawPoints(points) {
    const finite = points.filter((p) => Number.isFinite(p.error));
    high = niceTop(Math.max(0.1, ...finite.map((p) => p.error)));
    const { ticks, title, unit } = SWEEPS[transform];
    const label = (at, down, anchor, text) => svg("text", { x: at, y: down, "text-anchor": anchor, text });
    const percent = (v) => label(left - 6, y(v) + 5, "end", `${format(100 * v)} %`);
    axis.replaceChildren(
      svg("path", { d: `M${left} ${top}V${y(0)}H${width - right}` }),
      svg("path", {
        class: "cnn-ticks-of", d: [0.5, 1].map((v) => `M${left} ${y(v * high)}H${width - right}`).join(""),
      }),
      percent(0), percent(high / 2), percent(high),
      ...ticks.map((v) => label(x(v), y(0) + 19, "middle", `${format(v)}${unit}`)),
      label((left + width - right) / 2, height - 5, "middle", title),
    );
    setAttribute(line, "d", finite.map((p, n) => `${n ? "L" : "M"}${point(p)}`).join(""));
    setAttribute(dots, "d", circles(finite.filter((p) => !p.exact), 2.6));
    setAttribute(rings, "d", circles(finite.filter((p) => p.exact), 4.5));
  }

  return {
    root,
    /** What the pointer holds is put down: it has to press again. */
    drop() { held = false; },
    /** points: all of the present curve, or null while they are being computed; here: the error of g itself. */
    show(points, g, here, description) {
      if (points ? known !== points : transform !== g.transform) {
        known = points;
        transform = g.transform;
        drawPoints(points ?? []);
      }
      setAttribute(root, "data-stale", String(!points));
      setAttribute(root, "aria-label", description);
      const error = Number.isFinite(here.error) ? here.error : high;
      const at = SWEEPS[transform].at(g);
      setAttribute(dot, "cx", x(at).toFixed(1));
      setAttribute(dot, "cy", y(error).toFixed(1));
      setAttribute(dot, "data-exact", String(here.exact));
      setAttribute(mark, "d", `M${x(at).toFixed(1)} ${top}V${y(0)}`);
    },
  };
}
