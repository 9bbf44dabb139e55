// The channels as columns, inputs left and outputs right; one line for each kernel, one colour for each group.

import { svg, h, setAttribute, setText } from "../dom.js";
import { css, inkOn, tint, weightStroke } from "../colors.js";
import { clamp } from "../arithmetic.js";
import { connected, groupOfInput, groupOfOutput, sources } from "./channels.js";
import { range, times } from "../numbers.js";
import { pointAt } from "../pointer.js";
import { ARROWS } from "../shell.js";

const UNIT = 13; // user units per em
const [SIDE, TOP] = [2.6 * UNIT, 0.4 * UNIT]; // room for the names of the columns is above
const HEAD = 1.6 * UNIT;
const ROLES = { input: "input", middle: "product", output: "output" };
const HEADS = { input: "inputs", middle: "between", output: "outputs" };

/** The columns from left to right: {name, count, groups}, groups being those that are set apart. */
export function columnsOf(list) {
  const column = (name, count, groups) => ({ name, count, groups: groups < count ? groups : 1 });
  const [first] = list;
  return [
    column(first.from, first.in_channels, first.groups),
    ...list.map((stage) => column(stage.to, stage.out_channels, stage.groups)),
  ];
}

/** hover/press get a target such as {output: 3}, or null. */
export function createChannelWiring({ on, hover, press }) {
  const title = h("div", { class: "cnn-title", "data-role": "kernel" });
  const wires = svg("g", { class: "cnn-wires" });
  const lines = svg("g", { class: "cnn-lit-wires" });
  const nodes = svg("g", {});
  const picture = svg("svg", { class: "cnn-grid cnn-channels", role: "img", tabindex: 0 }, wires, lines, nodes);
  const holder = h("div", { class: "cnn-holder" }, picture);
  const root = h("div", { class: "cnn-panel" }, title, holder);
  let built = null; // {signature, list, columns, line, width, height}
  let shown = null; // the target on screen

  function build(signature, list, width, height) {
    const columns = columnsOf(list).map((column, n, all) => {
      const { count, groups } = column;
      const pitch = Math.min(2.1 * UNIT, (height - HEAD - TOP) / (count + 0.5 * (groups - 1)));
      const top = HEAD + (height - HEAD - TOP - pitch * (count + 0.5 * (groups - 1))) / 2;
      const x = SIDE / 2 + (n / (all.length - 1)) * (width - SIDE);
      const y = (m) => top + pitch * (m + 0.5 + 0.5 * Math.floor(m / (count / groups)));
      return { ...column, x, y, pitch, boxes: [] };
    });
    const [tall, wide] = [Math.min(...columns.map((c) => c.pitch)) * 0.86, SIDE * 0.7];
    const parts = columns.flatMap(({ name, count, x, y, boxes }) => [
      svg("text", { class: "cnn-name", x, y: HEAD / 2, text: HEADS[name] }),
      ...range(count).map((m) => {
        const box = svg("rect", { x: x - wide / 2, y: y(m) - tall / 2, width: wide, height: tall, rx: 3 });
        const text = svg("text", { x, y: y(m), style: `font-size: ${Math.min(11.5, 0.95 * tall)}px`, text: String(m) });
        boxes.push({ box, text });
        return svg("g", { class: "cnn-node", "data-channel": `${name} ${m}` }, box, text);
      }),
    ]);
    const find = (name) => columns.find((column) => column.name === name);
    const line = (stage, o, m) => {
      const [a, b] = [find(stage.from), find(stage.to)];
      return `M${(a.x + wide / 2).toFixed(1)} ${a.y(m).toFixed(1)}L${(b.x - wide / 2).toFixed(1)} ${b.y(o).toFixed(1)}`;
    };
    wires.replaceChildren(...list.flatMap((stage) =>
      range(stage.groups).map((group) => {
        const d = [];
        for (let o = 0; o < stage.out_channels; o++)
          if (groupOfOutput(o, stage) === group) for (const m of sources(o, stage)) d.push(line(stage, o, m));
        return svg("path", { d: d.join(""), stroke: weightStroke(group, stage.groups) });
      })));
    nodes.replaceChildren(...parts);
    setAttribute(picture, "viewBox", `0 0 ${width} ${height}`);
    holder.style.width = `${width / UNIT}em`;
    holder.style.height = `${height / UNIT}em`;
    return { signature, list, columns, line, width, height };
  }

  function targetOf(event) {
    if (!built) return null;
    const rect = picture.getBoundingClientRect();
    const x = ((event.clientX - rect.left) / rect.width) * built.width;
    const y = ((event.clientY - rect.top) / rect.height) * built.height;
    const column = built.columns.find((c) => Math.abs(c.x - x) < SIDE * 0.75);
    if (!column) return null;
    const near = range(column.count).map((m) => Math.abs(column.y(m) - y));
    const least = Math.min(...near);
    return least > column.pitch ? null : { [column.name]: near.indexOf(least) };
  }
  pointAt(on, picture, { targetOf, hover, press: (target) => target && press(target) });
  on(picture, "blur", () => hover(null));
  on(picture, "keydown", (event) => {
    const by = ARROWS[event.key];
    const names = built.columns.map((column) => column.name);
    const [name, n] = Object.entries(shown && Object.keys(shown).length === 1 ? shown : { [names[0]]: by ? -1 : 0 })[0];
    if (by) {
      const column = built.columns[clamp(names.indexOf(name) + by[1], names.length)];
      hover((shown = { [column.name]: clamp(n + by[0], column.count) })); // the next key may come before the next frame
    } else if (event.key === "Enter" || event.key === " ") press({ [name]: n });
    else return;
    event.preventDefault();
  });

  /** list: the stages; target; found: the lit channels per column, or null; width, height in em. */
  function update({ list, target, found, width, height, description }) {
    const signature = JSON.stringify([list, width, height]);
    if (built?.signature !== signature) built = build(signature, list, width * UNIT, height * UNIT);
    shown = target;
    setAttribute(wires, "data-dimmed", String(found !== null));
    const paths = !found ? [] : list.flatMap((stage) =>
      [...found[stage.to]].flatMap((o) => [...found[stage.from]].filter((m) => connected(o, m, stage)).map((m) =>
        svg("path", { d: built.line(stage, o, m), stroke: weightStroke(groupOfInput(m, stage), stage.groups) }))));
    lines.replaceChildren(...paths);
    for (const { name, boxes } of built.columns)
      boxes.forEach(({ box, text }, m) => {
        const on = found?.[name].has(m) ?? false;
        const rgb = tint(ROLES[name])(on ? 1 : found ? 0.12 : 0.6);
        box.style.fill = css(rgb);
        setAttribute(box, "data-lit", String(on));
        setAttribute(box, "data-here", String(target?.[name] === m));
        text.style.fill = inkOn(rgb);
      });
    setText(title, list.length > 1 ? "one line = one kernel" : `one line = one ${times(list[0].kernel_size)} kernel`);
    setAttribute(picture, "aria-label", description);
  }

  return { root, update };
}
