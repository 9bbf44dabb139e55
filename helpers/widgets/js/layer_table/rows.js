// The rows of the table of layers. They only show: the table listens for all of them and reads their data-… names.

import { h, setAttribute, setText } from "../dom.js";
import { readNumber } from "../editable_rows.js";
import { EXPECTS, KINDS, MODES, MOST, SIZES, isDefault, limits, settings } from "./layers.js";
import { share } from "./text.js";
import { grouped, times } from "../numbers.js";

/** The columns of settings, each with the names that stand in it. */
const COLUMNS = [
  ["in", ["in_channels", "in_features", "num_features"]],
  ["out", ["out_channels", "out_features"]],
  ["kernel_size", ["kernel_size"]],
  ["stride", ["stride"]],
  ["padding", ["padding"]],
];
const HEADS = ["", "layer", ...COLUMNS.map(([head]) => head), "", "output shape", "parameters", "multiplications"];
const COSTS = ["parameters", "multiplications"]; // each has a cell for the number and one for the bar
const WIDTH = HEADS.length + COSTS.length;
const TITLES = {
  in: "in_channels, in_features or num_features",
  out: "out_channels or out_features",
  "output shape": "channels × height × width, or features",
  multiplications: "of weights with values, for one example; those of pooling and normalizing are few and not counted",
};
const RARE = ["output_padding", "dilation", "groups", "bias", "ceil_mode"];
const INLINE = ["output_size", "scale_factor", "mode", "p"];

/** Whether the line with a layer's rarer settings must be seen. */
const unusual = (layer) =>
  RARE.some((name) => name in KINDS[layer.type] && !isDefault(layer, name));
const hasMore = (layer) => RARE.some((name) => name in KINDS[layer.type]);
const isSplit = (layer) => Object.values(layer).some(Array.isArray);

const cell = (attributes, ...children) => h("td", attributes, ...children);
const options = (texts) => texts.map((text) => h("option", { value: text, text }));

const numberInput = ({ min, max, step }, label, names) =>
  h("input", { type: "number", class: "cnn-number", min, max, step, "aria-label": label, ...names });

/** One or two number inputs, a checkbox or a list for the setting `name` of row n. */
function control(layer, n, name) {
  const value = settings(layer)[name];
  const label = `${name} of row ${n}`;
  if (typeof value === "boolean") return [h("input", { type: "checkbox", "data-name": name, "aria-label": label })];
  if (name === "mode") return [h("select", { "data-name": name, "aria-label": label }, ...options(MODES))];
  const wide = /features|channels/.test(name);
  const box = (axis, text) => numberInput(limits(name), text, { "data-name": name, "data-axis": axis, "data-wide": wide });
  if (!(SIZES.has(name) && isSplit(layer))) return [box(null, label)];
  return [0, 1].map((axis) => box(axis, `${name}, ${["height", "width"][axis]}, of row ${n}`));
}
const labelled = (text, ...controls) => h("label", { class: "cnn-named" }, h("span", { text }), ...controls);
const named = (layer, n, name) => labelled(name, ...control(layer, n, name));

/** The five cells of settings; types with settings of their own get one wide cell for them. */
function settingCells(layer, n) {
  const known = KINDS[layer.type];
  const own = INLINE.filter((name) => name in known);
  if (own.length || !Object.keys(known).length)
    return [cell({ colspan: COLUMNS.length }, ...own.map((name) => named(layer, n, name)))];
  return COLUMNS.map(([, names]) => {
    const name = names.find((candidate) => candidate in known);
    return cell({ class: "cnn-setting" }, ...(name ? control(layer, n, name) : []));
  });
}

function moreLine(layer, n) {
  const rare = RARE.filter((name) => name in KINDS[layer.type]);
  const split = h("label", { class: "cnn-named" },
    h("input", { type: "checkbox", "data-split": true, "aria-label": `height and width of row ${n} apart` }),
    h("span", { text: "height and width apart" }));
  return h("tr", { class: "cnn-more" },
    cell({ colspan: 2 }), cell({ colspan: WIDTH - 2 }, ...rare.map((name) => named(layer, n, name)), split));
}

/** The cells of results, at the end of every row: {cells, show(text, values, totals)}. */
function resultCells() {
  const shape = cell({ class: "cnn-shape" });
  const number = (role) => {
    const text = h("span", {});
    const bar = h("i", {});
    const track = h("span", { class: "cnn-share", "data-role": role }, bar);
    return { text, bar, roots: [cell({ class: "cnn-cost" }, text), cell({ class: "cnn-track" }, track)] };
  };
  const costs = [number("kernel"), number("product")];
  return {
    cells: [shape, ...costs.flatMap(({ roots }) => roots)],
    show(text, values, totals) {
      setText(shape, text);
      costs.forEach(({ text: node, bar }, c) => {
        setAttribute(node, "data-zero", values[c] === 0 ? "" : null);
        setText(node, values[c] === null ? "" : grouped(values[c]));
        const width = values[c] && totals[c] ? Math.max(1.5, share(values[c], totals[c])) : 0;
        setAttribute(bar, "style", `width: ${width.toFixed(2)}%`);
      });
    },
  };
}

/** What must be equal for a row to be reused: the kinds of its controls, not their values. */
export const signature = (layer, open) => [layer.type, isSplit(layer), open || unusual(layer)].join();

/** Row n: {root, signature, update({layer, row, focused, totals, repairs})}. */
export function createRow(layer, n, open) {
  const type = h("select", { "data-type": true, "aria-label": `layer of row ${n}` }, ...options(Object.keys(KINDS)));
  const wide = open || unusual(layer);
  const more = hasMore(layer)
    ? h("button", {
      type: "button", class: "cnn-dots", "data-more": true, text: "…", "aria-expanded": String(wide),
      "aria-label": `more settings of row ${n}`, title: "more settings",
    })
    : null;
  const results = resultCells();
  const title = "Drag to move the layer, or press Alt+↑ and Alt+↓";
  const number = h("th", { scope: "row", class: "cnn-handle", title, text: String(n) });
  const main = h("tr", { "data-focus": true },
    number, cell({}, type), ...settingCells(layer, n), cell({}, ...(more ? [more] : [])), ...results.cells);
  const root = h("tbody", { "data-row": n }, main, ...(wide && hasMore(layer) ? [moreLine(layer, n)] : []));
  const sentence = h("span", {});
  const buttons = h("span", { class: "cnn-repairs" });
  const wrong = h("tr", { class: "cnn-fault" },
    h("td", { text: "⚠" }), cell({ colspan: WIDTH - 1 }, sentence, buttons));

  return {
    root,
    signature: signature(layer, open),
    update({ layer: now, row, focused, totals, repairs }) {
      setAttribute(root, "data-state", row.fault ? "fault" : row.shape ? "fits" : "waits");
      setAttribute(main, "tabindex", focused ? "0" : "-1");
      setAttribute(main, "aria-current", focused ? "true" : null);
      const lastAxis = now.type === "Linear" && row.shape?.length > 1 ? " (last axis only)" : "";
      const state = row.shape ? times(row.shape) + lastAxis : row.fault ? "✗ does not fit" : `waits for row ${row.waits}`;
      results.show(state, row.shape ? [row.parameters, row.multiplications] : [null, null], totals);
      setAttribute(main, "aria-label", `row ${n}, ${now.type}, ${state}`);
      if (type.value !== now.type) type.value = now.type;
      const all = settings(now);
      for (const box of root.querySelectorAll("[data-name]")) {
        const value = all[box.dataset.name];
        showValue(box, box.dataset.axis ? [value].flat().at(Number(box.dataset.axis)) ?? value : value);
        const asked = row.fault?.kind === "channels" && box.dataset.name === EXPECTS[now.type]
          || row.fault?.kind === "features" && box.dataset.name === "in_features";
        setAttribute(box, "aria-invalid", asked ? "true" : null);
      }
      const split = root.querySelector("[data-split]");
      if (split) split.checked = isSplit(now);
      if (!row.fault) return wrong.remove();
      setText(sentence, `${row.fault.text}. `);
      const texts = repairs.map(({ text }) => text);
      if (buttons.dataset.texts !== texts.join()) {
        buttons.dataset.texts = texts.join();
        const repair = (text, r) => h("button", { type: "button", "data-repair": r, text: `→ ${text}` });
        buttons.replaceChildren(...texts.map(repair));
      }
      if (!wrong.isConnected) root.append(wrong);
    },
  };
}

/** Write a value, but not over what is being typed. */
function showValue(box, value) {
  if (box.type === "checkbox") box.checked = value;
  else if (box.type === "number") {
    const typing = box.getRootNode().activeElement === box && readNumber(box) === null;
    if (!typing && box.valueAsNumber !== value) box.value = value;
  } else if (box.value !== value) box.value = value;
}

/** The head with the input's row, and the sums: {head, input, sums, showInput(size), showSums(answer)}. */
export function createEnds() {
  const heads = HEADS.map((text) =>
    h("th", { scope: "col", colspan: COSTS.includes(text) ? 2 : null, text, title: TITLES[text] }));
  const head = h("thead", {}, h("tr", {}, ...heads));
  const sizes = ["channels", "height", "width"].map((name, axis) => {
    const range = { min: 1, max: axis ? MOST.size : MOST.channels, step: 1 };
    const box = numberInput(range, `${name} of the input`, { "data-input": axis, "data-wide": true });
    return { box, root: labelled(name, box) };
  });
  const inputShape = cell({ class: "cnn-shape" });
  const input = h("tbody", { class: "cnn-input" }, h("tr", {},
    h("th", { scope: "row" }), cell({ text: "input" }),
    cell({ colspan: COLUMNS.length + 1 }, ...sizes.map(({ root }) => root)), inputShape, cell({ colspan: 2 * COSTS.length })));
  const results = resultCells();
  const sums = h("tfoot", {}, h("tr", {},
    h("th", { scope: "row" }), cell({ colspan: COLUMNS.length + 2, text: "the whole network" }), ...results.cells));
  return {
    head, input, sums,
    showInput(size) {
      sizes.forEach(({ box }, axis) => showValue(box, size[axis]));
      setText(inputShape, times(size));
    },
    showSums({ output, parameters, multiplications }) {
      results.show(output ? times(output) : "✗ does not fit", [parameters, multiplications], [null, null]);
    },
  };
}
