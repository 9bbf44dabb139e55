// The cut: the losses of all landscapes along a line through the place, told apart by colour and by dashes.

import { h, svg, setAttribute, setText } from "../dom.js";
import { followPointer } from "../pointer.js";
import { roundTicks } from "./contours.js";
import { cutOf, piecesBelow } from "./cuts.js";
import { short, stepText } from "./text.js";

const [LEFT, RIGHT, TOP, BOTTOM] = [62, 16, 26, 40]; // user units; 16 of them are the letters' height
const HIGH = 330;
const WIDE = 860;

/** hover(n | null), press(n), drag(n), release(): n counts the places along the cut. */
export function createChart({ on, names, hover, press, drag, release, keyed }) {
  const axes = svg("g", { class: "cnn-axes" });
  const curves = names.map((_, n) => svg("path", { class: "cnn-cut", "data-n": n }));
  const dots = names.map((_, n) => svg("circle", { class: "cnn-here", "data-n": n, r: 5.5 }));
  const here = svg("path", { class: "cnn-line-here" });
  const chart = svg("svg", { class: "cnn-cut-chart", role: "img", tabindex: 0 }, axes, here, ...curves, ...dots);
  const key = h("div", { class: "cnn-cut-key" }, ...names.map((name, n) =>
    h("span", {}, svg("svg", { viewBox: "0 0 44 10", "aria-hidden": "true" },
      svg("path", { class: "cnn-cut", "data-n": n, d: "M1 5H43" })), h("span", { text: name }))));
  const title = h("span", { class: "cnn-cut-title" });
  const root = h("div", { class: "cnn-cuts" }, h("div", { class: "cnn-cut-top" }, title, key), chart);
  let count = 1;
  let drawn = "";
  let size = [WIDE, HIGH];
  const placeAt = (event) => {
    const from = chart.getScreenCTM();
    const share = ((event.clientX - from.e) / from.a - LEFT) / (size[0] - LEFT - RIGHT);
    return Math.round(Math.min(1, Math.max(0, share)) * (count - 1));
  };
  followPointer(on, chart, {
    hover: (event) => hover(placeAt(event)), leave: () => hover(null),
    press: (event) => press(placeAt(event)), drag: (event) => drag(placeAt(event)), release,
  });
  on(chart, "keydown", keyed);

  return {
    root,
    /** room: [high, wide] in em of the chart. */
    update({ data, scale, levels, place, along, room: [high, wide] }) {
      size = [Math.round(16 * wide), Math.round(16 * high)];
      const [width, height] = size;
      chart.style.height = `${high}em`;
      setAttribute(chart, "viewBox", `0 0 ${width} ${height}`);
      const axis = along === "direction 1" ? data.columns : data.rows;
      const [first, last] = [axis[0], axis[axis.length - 1]];
      count = axis.length;
      const x = (at) => LEFT + ((at - first) / (last - first)) * (width - LEFT - RIGHT);
      const y = (share) => TOP + (1 - share) * (height - TOP - BOTTOM);
      const wanted = `${scale.key}|${levels}|${along}|${size}`;
      if (drawn !== wanted) {
        drawn = wanted;
        drawAxes(axes, { scale, levels, x, y, first, last, along, width, height });
      }
      const [index, other] = along === "direction 1" ? [place[1], place[0]] : [place[0], place[1]];
      const there = (along === "direction 1" ? data.rows : data.columns)[other];
      setText(title, `along ${along}, at direction ${along === "direction 1" ? 2 : 1} = ${stepText(there)}`);
      setAttribute(here, "d", `M${x(axis[index]).toFixed(1)} ${TOP}V${y(0)}`);
      const said = data.surfaces.map((losses, n) => {
        const cut = cutOf(data, losses, place, along);
        const points = cut.map(([at, loss]) => [at, scale.height(loss)]);
        const line = piecesBelow(points, 1).map((piece) => {
          const path = piece.map(([at, share]) => `${x(at).toFixed(1)} ${y(share).toFixed(1)}`).join("L");
          return `M${path}${piece.length === 1 ? "h0.01" : ""}`; // a single place is a dot
        });
        setAttribute(curves[n], "d", line.join(""));
        const share = points[index][1];
        setAttribute(dots[n], "visibility", share <= 1 ? "visible" : "hidden");
        if (share <= 1) {
          setAttribute(dots[n], "cx", x(axis[index]).toFixed(1));
          setAttribute(dots[n], "cy", y(share).toFixed(1));
        }
        const finite = cut.map(([, loss]) => loss).filter(Number.isFinite);
        const ends = finite.length ? `from ${short(Math.min(...finite))} to ${short(Math.max(...finite))}` : "no finite loss";
        return `${names[n]} ${ends}, ${short(cut[index][1])} at ${stepText(axis[index])}`;
      });
      setAttribute(chart, "aria-label", `Losses ${title.textContent}: ${said.join("; ")}.`);
    },
  };
}

function drawAxes(axes, { scale, levels, x, y, first, last, along, width, height }) {
  const label = (text, at, down, anchor) => svg("text", { x: at, y: down, "text-anchor": anchor, text });
  const lines = levels.map((level) => `M${LEFT} ${y(scale.height(level)).toFixed(1)}H${width - RIGHT}`);
  let free = Infinity;
  const numbers = levels.flatMap((level) => {
    const at = y(scale.height(level));
    if (free - at < 18) return [];
    free = at;
    return [label(short(level), LEFT - 7, at + 5, "end")];
  });
  axes.replaceChildren(
    svg("path", { class: "cnn-grid-lines", d: lines.join("") }),
    svg("path", { d: `M${LEFT} ${TOP}V${y(0)}H${width - RIGHT}` }),
    ...numbers,
    ...roundTicks(first, last, 8).map((tick) => label(stepText(tick), x(tick), y(0) + 17, "middle")),
    label(along, (LEFT + width - RIGHT) / 2, height - 4, "middle"),
    label("loss", LEFT - 7, 13, "end"),
  );
}
