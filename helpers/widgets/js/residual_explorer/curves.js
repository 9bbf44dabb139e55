// How large the signal and the gradient are after each block, with and without skips, on a logarithmic axis.

import { h, setAttribute, setText, svg } from "../dom.js";
import { format, range } from "../numbers.js";
import { SKIPS } from "./depth.js";

const [W, H] = [560, 285]; // user units of one chart
const BOX = { left: 58, right: 12, top: 12, bottom: 40 };
const [FLOOR, CEILING] = [-30, 30]; // decades: no number beyond them is told apart
const KINDS = { signal: "signal → size after each block", gradient: "gradient ← size at each block" };

const log = (v) => Math.min(CEILING, Math.max(FLOOR, Math.log10(v)));

/** The decades from low to high that hold all numbers, at least three. Zeros stand below all of them. */
export function decades(norms) {
  const all = Object.values(norms).flatMap(Object.values).flat().filter((v) => v > 0).map(log);
  let [low, high] = [Math.floor(Math.min(...all) - 0.05), Math.ceil(Math.max(...all) + 0.05)];
  if (high - low < 3) [low, high] = [Math.min(low, -1), Math.max(high, 2)];
  return [low, high];
}

/** point(n, ended): the pointer is at block n. */
export function createCurves({ on, point, leave, press }) {
  const charts = Object.entries(KINDS).map(([kind, text]) => {
    const picture = svg("svg", { class: "cnn-res-chart", role: "img", viewBox: `0 0 ${W} ${H}` });
    const [grid, here] = [svg("path", { class: "cnn-res-lines" }), svg("path", { class: "cnn-res-here" })];
    const labels = svg("g", { class: "cnn-res-labels" });
    const lines = SKIPS.map((_, n) => svg("path", { "data-line": n }));
    const dots = SKIPS.map((_, n) => (n ? svg("rect", { width: 11, height: 11, "data-line": n }) : svg("circle", { r: 6, "data-line": n })));
    picture.append(grid, here, ...lines, ...dots, labels);
    const root = h("div", { class: "cnn-res-plot" }, h("div", { class: "cnn-title", text, "data-role": "product" }), picture);
    return { kind, root, picture, grid, here, labels, lines, dots };
  });
  const legend = h("div", { class: "cnn-res-legend", "aria-hidden": "true" },
    ...SKIPS.map((text, n) => h("span", {}, key(n), text)));
  const root = h("div", { class: "cnn-res-depth" }, h("div", { class: "cnn-res-plots" }, ...charts.map(({ root }) => root)), legend);
  let count = 1;
  const at = (event, picture) => {
    const box = picture.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * W;
    return Math.min(count, Math.max(0, Math.round(((x - BOX.left) / (W - BOX.left - BOX.right)) * count)));
  };
  for (const { picture } of charts) {
    on(picture, "pointermove", (event) => point(at(event, picture)));
    on(picture, "pointerleave", leave);
    on(picture, "pointerdown", (event) => event.button === 0 && press(at(event, picture)));
  }

  let drawn = "";
  return {
    root,
    update(norms, position) {
      count = norms.signal[SKIPS[0]].length - 1;
      const [low, high] = decades(norms);
      const x = (n) => BOX.left + (n / count) * (W - BOX.left - BOX.right);
      const y = (v) => BOX.top + ((high - Math.max(low, log(v))) / (high - low)) * (H - BOX.top - BOX.bottom);
      const frame = `${low},${high},${count}`;
      for (const { kind, picture, grid, here, labels, lines, dots } of charts) {
        const values = SKIPS.map((label) => norms[kind][label]);
        if (drawn !== frame) axes({ grid, labels, low, high, count, x, y });
        values.forEach((list, n) => {
          setAttribute(lines[n], "d", list.map((v, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join(""));
          const [cx, cy] = [x(position).toFixed(1), y(list[position]).toFixed(1)];
          for (const [name, v] of n ? [["x", cx - 5.5], ["y", cy - 5.5]] : [["cx", cx], ["cy", cy]]) setAttribute(dots[n], name, v);
        });
        setAttribute(here, "d", `M${x(position).toFixed(1)} ${BOX.top}V${H - BOX.bottom}`);
        const said = SKIPS.map((label, n) => `${label} ${format(values[n][0])} at x, ${format(values[n][count])} after block ${count}`);
        setAttribute(picture, "aria-label", `${kind}, logarithmic: ${said.join("; ")}`);
      }
      drawn = frame;
    },
  };
}

const key = (n) => svg("svg", { viewBox: "0 0 40 12", class: "cnn-res-key", "aria-hidden": "true" },
  svg("path", { d: "M1 6H39", "data-line": n }),
  n ? svg("rect", { x: 15, y: 1, width: 10, height: 10, "data-line": n }) : svg("circle", { cx: 20, cy: 6, r: 5, "data-line": n }));

function axes({ grid, labels, low, high, count, x, y }) {
  const every = Math.max(1, Math.ceil((high - low) / 8));
  const ticks = range(high - low + 1, low).filter((d) => (d - low) % every === 0 || d === 0);
  const steps = [1, 2, 5, 10].find((step) => count / step <= 12) ?? 10;
  const blocks = range(Math.floor(count / steps) + 1).map((n) => n * steps);
  const bold = `M${BOX.left} ${y(1).toFixed(1)}H${W - BOX.right}`;
  setAttribute(grid, "d", ticks.map((d) => `M${BOX.left} ${y(10 ** d).toFixed(1)}H${W - BOX.right}`).join("") + bold);
  const texts = [
    ...ticks.filter((d) => d === 0 || Math.abs(d) >= every).map((d) => [BOX.left - 8, y(10 ** d) + 5, "end", d === 0 ? "1" : power(d)]),
    ...blocks.map((n) => [x(n), H - BOX.bottom + 20, "middle", String(n)]),
    [(BOX.left + W - BOX.right) / 2, H - 4, "middle", "block"],
  ];
  texts.forEach(([left, top, anchor, text], n) => {
    const node = labels.children[n] ?? labels.appendChild(svg("text", {}));
    for (const [name, v] of [["x", left.toFixed(1)], ["y", top.toFixed(1)], ["text-anchor", anchor]]) setAttribute(node, name, v);
    setText(node, text);
  });
  while (labels.children.length > texts.length) labels.lastChild.remove();
}
const power = (d) => `10${String(d).replace("-", "⁻").replace(/\d/g, (n) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[n])}`;
