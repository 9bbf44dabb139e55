// The layers as a table. It only shows: the view listens for all rows and reads their data-… names.

import { h, setAttribute, setText } from "../dom.js";
import { readNumber } from "../editable_rows.js";
import { KINDS, MOST, settings, title } from "../receptive_fields.js";
import { times } from "../numbers.js";
import { fraction, paddingText, sizeText } from "./text.js";

const NUMBERS = ["kernel_size", "stride", "padding", "dilation"];
const HEADS = {
  "": "", layer: "", kernel_size: "", stride: "", padding: "", dilation: "",
  "+ skip": "an earlier layer whose output joins this one's: a sum, or side by side",
  map: "height × width of the output",
  "field r": "input pixels along an axis that a unit sees, from the first to the last",
  "stride j": "input pixels between the fields of two neighbouring units",
  "padding P": "how far the field of unit 0 begins before the input: unit i sees from i·j − P",
  " ": "",
};

const labelled = (text, box) => h("label", { class: "cnn-named" }, h("span", { text }), box);
const cell = (attributes, ...children) => h("td", attributes, ...children);

/** What must be equal for a row to be reused: the kinds of its controls, not their values. */
const signature = (layer) => `${layer.type} ${Array.isArray(layer.padding)}`;

function numberBox(n, name, end = null) {
  const label = `${end === null ? name : `${name} ${["before", "after"][end]}`} of layer ${n}`;
  return h("input", {
    type: "number", class: "cnn-number", min: name === "padding" ? 0 : 1, max: MOST[name], step: 1,
    "aria-label": label, "data-name": name, "data-axis": end,
  });
}

function createRow(layer, n) {
  const types = Object.keys(KINDS).map((type) => h("option", { value: type, text: type }));
  const type = h("select", { "data-type": true, "aria-label": `type of layer ${n}` }, ...types);
  const skip = h("select", { "data-skip": true, "aria-label": `skip into layer ${n}` });
  const boxes = layer.type === "upsample"
    ? [cell({ colspan: NUMBERS.length }, labelled("scale_factor", numberBox(n, "scale_factor")))]
    : NUMBERS.map((name) => cell({}, ...(name === "padding" && Array.isArray(layer.padding)
      ? [numberBox(n, name, 0), numberBox(n, name, 1)] : [numberBox(n, name)])));
  const handle = "Drag to move the layer, or press Alt+↑ and Alt+↓";
  const number = h("th", { scope: "row", class: "cnn-handle", title: handle });
  const results = ["shape", "size", "stride", "before", "mark"].map((name) => cell({ class: `cnn-rf-${name}` }));
  const main = h("tr", { "data-focus": true }, number, cell({}, type), ...boxes, cell({}, skip), ...results);
  const root = h("tbody", { "data-row": n }, main);
  return {
    root,
    signature: signature(layer),
    update(info, here) {
      const [now, law] = [settings(info.layers[n]), info.laws[n + 1]];
      setAttribute(main, "tabindex", here ? "0" : "-1");
      setAttribute(main, "aria-current", here ? "true" : null);
      setText(number, info.layers[n].name ? `${n}  ${info.layers[n].name}` : String(n));
      if (type.value !== now.type) type.value = now.type;
      fillSkips(skip, info, n);
      for (const box of root.querySelectorAll(".cnn-number")) {
        const { name, axis } = box.dataset;
        showNumber(box, name === "padding" ? now.padding[Number(axis ?? 0)] : now[name]);
      }
      const none = info.nothingNew[n];
      const texts = [
        times(info.sizes[n + 1]), sizeText(law), fraction(law.stride), paddingText(law),
        none ? "⊘ nothing new" : "",
      ];
      results.forEach((node, i) => setText(node, texts[i]));
      setAttribute(root, "data-new", String(!none));
      const [map, size, stride, padding] = texts;
      const said = `layer ${n}, ${now.type}, map ${map}, field ${size}, stride ${stride}, padding ${padding} of the field`;
      setAttribute(main, "aria-label", none ? `${said}, sees nothing new` : said);
    },
  };
}

/** The layers whose map and stride are the same: only they can be added. */
function fillSkips(box, info, n) {
  const { skip = null } = info.layers[n];
  const equal = (level) => String(info.sizes[level]) === String(info.sizes[n + 1])
    && String(info.laws[level].stride) === String(info.laws[n + 1].stride);
  const legal = [null];
  for (let level = 0; level <= n; level++) if (equal(level)) legal.push(level - 1);
  if (box.dataset.of !== legal.join()) {
    box.dataset.of = legal.join();
    const text = (v) => (v === null ? "–" : v < 0 ? "+ input" : `+ ${v}`);
    const whole = (v) => (v === null ? null : title(info.layers, v));
    const option = (v) => h("option", { value: v ?? "", text: text(v), title: whole(v) });
    box.replaceChildren(...legal.map(option));
  }
  if (box.value !== String(skip ?? "")) box.value = skip ?? "";
}

/** Write a value, but not over what is being typed. */
function showNumber(box, value) {
  const typing = box.getRootNode().activeElement === box && readNumber(box) === null;
  if (!typing && box.valueAsNumber !== value) box.value = value;
}

/** {root, table, rows, show(info, here)}. */
export function createTable(onClose) {
  const heads = Object.entries(HEADS).map(([text, title]) => h("th", { scope: "col", text, title: title || null }));
  const table = h("table", { class: "cnn-table", "aria-label": "layers" }, h("thead", {}, h("tr", {}, ...heads)));
  const root = h("div", { class: "cnn-scroll" }, table);
  const rows = [];
  let drawn = null;
  // Before it is laid out, or while it is out of sight, nothing can be scrolled to.
  const resized = new ResizeObserver(() => drawn && reveal(rows[drawn.here].root));
  resized.observe(root);
  onClose(() => resized.disconnect());
  return {
    root,
    table,
    rows,
    /** What stands in the boxes need not be what the layers have: write it anew. */
    refresh() { drawn = null; },
    /** `keep(node)` is told which row is made anew, to bring the focus back. */
    show(info, here, keep) {
      if (drawn?.info === info && drawn.here === here) return;
      const moved = drawn?.here !== here || drawn.info.layers.length !== info.layers.length;
      drawn = { info, here };
      for (const row of rows.splice(info.layers.length)) row.root.remove();
      info.layers.forEach((layer, n) => {
        if (rows[n]?.signature !== signature(layer)) {
          const made = createRow(layer, n);
          if (rows[n]) {
            keep(rows[n].root);
            rows[n].root.replaceWith(made.root);
          } else table.append(made.root);
          rows[n] = made;
        }
        rows[n].update(info, n === here);
      });
      setAttribute(table, "data-named", String(info.layers.some(({ name }) => name)));
      if (moved) reveal(rows[here].root);
    },
  };

  /** Scroll inside of the table alone: the page stays. */
  function reveal(row) {
    const [view, { top, bottom }] = [root.getBoundingClientRect(), row.getBoundingClientRect()];
    const above = view.top + table.tHead.offsetHeight - top;
    const below = bottom - (view.top + root.clientHeight);
    if (above > 0) root.scrollTop -= Math.ceil(above);
    else if (below > 0) root.scrollTop += Math.ceil(below);
  }
}
