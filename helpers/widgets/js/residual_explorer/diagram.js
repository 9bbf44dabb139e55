// The block as a diagram: its parts from top to bottom, the skip beside them, shapes and costs in columns.

import { h, setAttribute, setText, svg } from "../dom.js";
import { grouped } from "../numbers.js";
import { boxText, partName, shapeText } from "./text.js";

const [LEAST, MOST, HEIGHT] = [1.32, 1.72, 19.8]; // em: of a row; of all of them in large, which a projector leaves
const [LANE, MAIN] = [6.9, 21.4]; // em: the middles of the two lanes
const COLUMNS = ["shape", "parameters", "multiplications"];

/**
 * choose(name)   a part was clicked, or null beside them
 * toggle(what)   "norm", "activation" or "skip" was clicked
 */
export function createDiagram({ on, choose, toggle }) {
  const wires = svg("svg", { class: "cnn-res-wires", role: "img" });
  const [plain, skip, grip] = ["main", "skip", "grip"].map((name) => svg("path", { "data-wire": name }));
  wires.append(plain, skip, grip);
  grip.append(svg("title", { text: "Click: identity, projection, none" }));
  const list = h("div", { class: "cnn-res-rows", role: "group", "aria-label": "parts of the block" });
  const kind = h("span", { class: "cnn-res-kind", "aria-hidden": "true" });
  const heads = h("div", { class: "cnn-res-head" },
    h("span", { text: "skip", class: "cnn-res-at-lane" }), h("span", { text: "main path F(x)", class: "cnn-res-at-main" }),
    ...["output (C, H, W)", "parameters", "multiplications"].map((text, n) => h("span", { text, "data-column": COLUMNS[n] })));
  const root = h("div", { class: "cnn-res-diagram" }, heads, h("div", { class: "cnn-res-body" }, wires, list, kind));
  on(grip, "click", () => toggle("skip"));
  on(kind, "click", () => toggle("skip"));

  const switched = { norm: "norm", relu: "activation", add: "skip" };
  const rows = [];
  function rowAt(n) {
    if (rows[n]) return rows[n];
    const name = h("b", {});
    const what = h("span", {});
    const box = h("div", { class: "cnn-res-box", role: "button" }, name, what);
    const off = h("span", { class: "cnn-res-off", "aria-hidden": "true", text: "×" });
    const cells = COLUMNS.map((column) => h("span", { "data-column": column }));
    const bars = ["parameters", "multiplications"].map((column) => h("i", { "data-bar": column }));
    const root = h("div", { class: "cnn-res-row" }, box, off, ...cells, ...bars);
    const row = { root, box, name, what, off, cells, bars, part: null };
    const act = () => {
      if (row.part.there === false) toggle(switched[row.part.kind]);
      else choose(row.part.name);
    };
    on(box, "click", act);
    on(box, "keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey) return;
      event.preventDefault();
      act();
    });
    on(off, "click", () => toggle(switched[row.part.kind]));
    return (rows[n] = row);
  }

  return {
    root,
    focusPart: () => rows.find(({ root, box }) => root.isConnected && box.tabIndex === 0)?.box.focus(),
    update({ block, part: chosen }, large) {
      const { settings, x, y } = block;
      const shown = [
        { name: "x", kind: "x", lane: "main", there: true, shape: x, parameters: 0, multiplications: 0 },
        ...block.rows,
        { name: "total", kind: "total", lane: "main", there: true, shape: y, parameters: block.parameters, multiplications: block.multiplications },
      ];
      heads.hidden = large;
      const tall = large ? Math.max(LEAST, Math.min(MOST, HEIGHT / shown.length)) : MOST;
      list.style.setProperty("--cnn-row", `${tall.toFixed(3)}em`);
      const most = COLUMNS.slice(1).map((name) => Math.max(1, ...block.parts.map((part) => part[name])));
      rows.splice(shown.length).forEach(({ root }) => root.remove());
      const start = chosen ?? "x";
      shown.forEach((part, n) => {
        const row = rowAt(n);
        if (!row.root.parentNode) list.append(row.root);
        row.part = part;
        const total = part.kind === "total";
        for (const [name, value] of Object.entries({
          "data-lane": part.lane, "data-kind": part.kind, "data-there": part.there, "data-here": part.name === chosen,
        })) setAttribute(row.root, name, String(value));
        row.box.hidden = total;
        setAttribute(row.box, "tabindex", part.name === start ? "0" : "-1");
        setText(row.name, part.there ? partName(part) : `+ ${partName(part)}`);
        setText(row.what, part.there ? boxText(part, block) : part.kind === "add" ? "no skip" : "");
        setAttribute(row.box, "aria-pressed", part.there ? String(part.name === chosen) : null);
        const costs = `${grouped(part.parameters)} parameters, ${grouped(part.multiplications)} multiplications`;
        setAttribute(row.box, "aria-label", part.there
          ? `${part.name}, ${boxText(part, block)}, ${shapeText(part.shape)}, ${costs}`
          : `${part.name} is missing: put it in`);
        row.off.hidden = !part.there || !switched[part.kind] || part.lane === "skip";
        const texts = total
          ? ["total", grouped(block.parameters), grouped(block.multiplications)]
          : part.there ? [shapeText(part.shape), ...COLUMNS.slice(1).map((name) => (part[name] ? grouped(part[name]) : "–"))] : ["", "", ""];
        if (large && part.kind === "x") texts.splice(1, 2, ...COLUMNS.slice(1)); // there is no room for a row of heads
        row.cells.forEach((cell, i) => setText(cell, texts[i]));
        row.bars.forEach((bar, i) => {
          const share = total ? 0 : part[COLUMNS[i + 1]] / most[i];
          const width = `${(4.4 * share).toFixed(2)}em`;
          if (bar.style.width !== width) bar.style.width = width;
          bar.hidden = share === 0;
        });
      });
      draw(shown.slice(0, -1), settings, tall);
      setText(kind, `${settings.skip === "none" ? "no skip" : settings.skip} ⟳`);
      setAttribute(wires, "aria-label", described(block));
    },
  };

  /** The main line through the middle of its boxes, and the skip around them into the ⊕. */
  function draw(shown, settings, tall) {
    const middle = (n) => (n + 0.5) * tall;
    const end = shown.findIndex(({ kind }) => kind === "add");
    const last = shown.length - 1;
    const height = (last + 1) * tall;
    setAttribute(wires, "viewBox", `0 0 30 ${height.toFixed(2)}`);
    wires.style.height = `${height.toFixed(2)}em`;
    const arrow = (x, y) => `M${x - 0.35} ${y - 0.45}l0.35 0.45l0.35 -0.45`;
    setAttribute(plain, "d", `M${MAIN} ${middle(0)}V${middle(last) + 1.2}${arrow(MAIN, middle(last) + 1.25)}`);
    const [from, to, r] = [middle(0), middle(end), 0.9];
    const way = `M${MAIN - 7} ${from}H${LANE + r}Q${LANE} ${from} ${LANE} ${from + r}V${to - r}Q${LANE} ${to} ${LANE + r} ${to}H${MAIN - 7}`;
    setAttribute(skip, "d", `${way}M${MAIN - 7.5} ${to - 0.4}l0.5 0.4l-0.5 0.4`);
    setAttribute(grip, "d", way);
    setAttribute(skip, "data-skip", settings.skip);
    kind.style.top = `${((from + Math.min(to, middle(3))) / 2 - 0.7).toFixed(2)}em`;
  }
}

const described = ({ settings, parts, x, y }) => {
  const main = parts.filter(({ lane }) => lane === "main").map(partName).join(", ");
  const beside = parts.filter(({ lane }) => lane === "skip").map(partName).join(", ");
  const skip = { none: "There is no skip.", identity: "The skip adds x itself.", projection: `The skip adds ${beside}.` };
  return `${settings.block} block from ${shapeText(x)} to ${shapeText(y)}: ${main}. ${skip[settings.skip]}`;
};
