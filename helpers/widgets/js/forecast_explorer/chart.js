// A chart of errors: one curve for each network and for persistence, the border and the present place marked.

import { h, svg, setAttribute, setText } from "../dom.js";
import { followPointer } from "../pointer.js";
import { PERSISTENCE } from "./rollouts.js";
import { short, ticksTo } from "./text.js";

const UNIT = 16; // user units of an em
const [LEFT, RIGHT, TOP, BOTTOM] = [54, 14, 24, 24];

/** All ticks [[text, share], …], or every second, or fourth: as many as keep their texts apart on so many units. */
export function spaced(ticks, units) {
  const kept = [...ticks].sort((a, b) => a[1] - b[1]);
  const meet = ([text, share], n) =>
    n > 0 && (share - kept[n - 1][1]) * units < 4 * (text.length + kept[n - 1][0].length) + 6;
  return kept.length > 1 && kept.some(meet) ? spaced(kept.filter((_, n) => n % 2 === 0), units) : kept;
}

const pathOf = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;

/** The sample of a curve in a key, and its name. */
function sample(name, n) {
  const kind = name === PERSISTENCE ? PERSISTENCE : n;
  const line = svg("path", { class: "cnn-forecast-curve", "data-n": kind, d: "M1 5H43" });
  return h("span", {}, svg("svg", { viewBox: "0 0 44 10", "aria-hidden": "true" }, line), h("span", { text: name }));
}

/** What the curves and the dashed line stand for; show(the chosen one, where the border is). */
export function createKey(all) {
  const samples = all.map(sample);
  const border = h("span", {});
  const line = svg("path", { class: "cnn-forecast-border", d: "M1 5H43" });
  const root = h("div", { class: "cnn-forecast-key" }, ...samples,
    h("span", { title: "The network's border: where its last column meets its first" },
      svg("svg", { viewBox: "0 0 44 10", "aria-hidden": "true" }, line), border));
  return {
    root,
    show(chosen, edge) {
      samples.forEach((entry, n) => setAttribute(entry, "data-chosen", String(all[n] === chosen)));
      setText(border, `border, ${edge}`);
    },
  };
}

/** go(share of the axis, 0 to 1) while the pointer is over it or, with `drags`, holds it; release(), leave(). */
export function createChart({ on, all, title, drags = false, go, leave, release }) {
  const axes = svg("g", { class: "cnn-forecast-axes" });
  const curves = all.map((name, n) =>
    svg("path", { class: "cnn-forecast-curve", "data-n": name === PERSISTENCE ? PERSISTENCE : n }));
  const border = svg("path", { class: "cnn-forecast-border" });
  const here = svg("path", { class: "cnn-forecast-here" });
  const inside = svg("svg", { x: LEFT, y: TOP, "aria-hidden": "true" }, border, here, ...curves);
  const root = svg("svg", { class: "cnn-forecast-chart", role: "img", "data-drags": String(drags) }, axes, inside);
  let size = [1, 1]; // of the inside
  let drawn = "";
  const shareOf = (event) => {
    const from = root.getScreenCTM();
    return Math.min(1, Math.max(0, ((event.clientX - from.e) / from.a - LEFT) / size[0]));
  };
  const follow = (event) => go(shareOf(event));
  followPointer(on, root, drags ? { press: follow, drag: follow, release } : { hover: follow, leave });

  function drawAxes(top, ticks, [width, height]) {
    const label = (text, x, y, anchor) =>
      svg("text", { x: x.toFixed(1), y: y.toFixed(1), "text-anchor": anchor, text });
    const y = (value) => TOP + (1 - value / top) * size[1];
    const values = ticksTo(top, size[1] > 70 ? 4 : 3);
    axes.replaceChildren(
      svg("path", {
        class: "cnn-forecast-grid", d: values.map((v) => `M${LEFT} ${y(v).toFixed(1)}H${width - RIGHT}`).join(""),
      }),
      svg("path", { d: `M${LEFT} ${TOP}V${TOP + size[1]}H${width - RIGHT}` }),
      ...values.map((v) => label(short(v), LEFT - 6, y(v) + 5, "end")),
      ...spaced(ticks, size[0]).map(([text, share]) => label(text, LEFT + share * size[0], height - 6, "middle")),
      label(title, LEFT, 15, "start"),
    );
  }

  return {
    root,
    /**
     * room: [wide, high] in em; top: the largest error; ticks: [[text, share], …] along the axis; series: for each
     * curve its [[share, error], …]; chosen: index of the thick one; marks: shares of the border; at: the share that
     * is marked; text: the description.
     */
    update({ room: [wide, high], top, ticks, series, chosen, marks, at, text }) {
      const [width, height] = [Math.round(UNIT * wide), Math.round(UNIT * high)];
      size = [width - LEFT - RIGHT, height - TOP - BOTTOM];
      const wanted = `${width}|${height}|${top}|${ticks}`;
      if (drawn !== wanted) {
        drawn = wanted;
        setAttribute(root, "viewBox", `0 0 ${width} ${height}`);
        setAttribute(root, "style", `width: ${wide}em; height: ${high}em`);
        setAttribute(inside, "width", size[0]);
        setAttribute(inside, "height", size[1]);
        drawAxes(top, ticks, [width, height]);
      }
      series.forEach((points, n) => {
        setAttribute(curves[n], "d", pathOf(points.map(([x, error]) => [x * size[0], (1 - error / top) * size[1]])));
        setAttribute(curves[n], "data-chosen", String(n === chosen));
      });
      setAttribute(border, "d", marks.map((share) => `M${(share * size[0]).toFixed(1)} 0V${size[1]}`).join(""));
      setAttribute(here, "d", `M${(at * size[0]).toFixed(1)} 0V${size[1]}`);
      setAttribute(root, "aria-label", text);
    },
  };
}
