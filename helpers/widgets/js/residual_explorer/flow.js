// The small signal: a column for each part, its numbers above and their gradients below; the skip in a lane of its own.

import { h, setAttribute, setText, svg } from "../dom.js";
import { scaleFor } from "../colors.js";
import { createGrid } from "../grid.js";
import { format } from "../numbers.js";
import { meanOf, stages } from "./state.js";
import { sourcesOf } from "./arithmetic.js";

const [GAP, MOST, READABLE] = [0.9, 2.1, 1.18]; // em: between the columns; of a cell
const [TITLE, HEAD, BETWEEN] = [1.75, 3.5, 0.45]; // em: above a grid, above the columns, between the rows
const NAMES = { add: "⊕", "downsample.0": "proj", "downsample.1": "p. norm" };

/** Where every panel stands: {panels: [{key, kind, name, column, row}], columns, lane}. Pure. */
export function arrangement({ signal }) {
  const main = signal.parts.filter(({ lane }) => lane === "main");
  const beside = signal.parts.filter(({ lane }) => lane === "skip");
  const end = main.findIndex(({ kind }) => kind === "add");
  const forked = end >= 0;
  const first = forked ? 2 : 1;
  const panels = [];
  const put = (kind, name, column, row) => panels.push({ key: `${kind} ${name}`, kind, name, column, row });
  put("value", "x", 0, 0);
  put("gradient", "x", 0, 1);
  main.forEach(({ name }, n) => ["value", "gradient"].forEach((kind, row) => put(kind, name, first + n, row)));
  if (forked) {
    put("gradient", "F", 1, 1);
    put("gradient", "skip", 1, 2);
    const last = first + end; // the ⊕
    if (!beside.length) {
      put("copy", "add", last - 1, 2);
      put("same", "x", last, 2);
    }
    beside.forEach(({ name }, n) => ["value", "gradient"].forEach((kind, i) =>
      put(kind, name, last - 2 * (beside.length - n) + i, 2)));
  }
  return { panels, main, first, columns: first + main.length, lane: forked, end: forked ? first + end : null };
}

/**
 * on; look({kind, name, cell} | null): the pointer is over a number; aim(cell, ended): an output was pressed
 * edit(cell, value): a number of x was typed   choose(name): a column's head was clicked
 */
export function createFlow({ on, look, aim, release, edit, choose, invalid }) {
  const wires = svg("svg", { class: "cnn-res-flow-wires", "aria-hidden": "true" });
  const root = h("div", { class: "cnn-res-flow" }, wires);
  const made = new Map();
  const heads = [];

  function panel(place, isOutput) {
    const { key, kind, name } = place;
    const id = `${key}${isOutput ? " y" : ""}`;
    if (made.has(id)) return made.get(id);
    const over = (cell) => look(cell && { kind: kind === "value" ? "value" : "gradient", name, cell });
    const typed = kind === "value" && name === "x";
    const role = kind !== "value" ? (kind === "same" ? "input" : "product") : typed ? "input" : "output";
    const grid = createGrid({
      on, role, label: "x", invalid, edit: typed ? edit : undefined,
      ...(isOutput ? { press: aim, drag: aim, release, hover: over, keyed: () => {} } : kind === "value" || kind === "gradient" ? { hover: over } : {}),
    });
    setAttribute(grid.root, "data-kind", kind);
    made.set(id, grid);
    return grid;
  }
  function head(n) {
    if (heads[n]) return heads[n];
    const root = h("div", { class: "cnn-res-op" });
    on(root, "click", () => choose(root.dataset.name));
    return (heads[n] = root);
  }

  return {
    root,
    update(picture) {
      const { state, gradients, target, looked, width, height } = picture;
      const { signal, part: chosen, step } = state;
      const { panels, main, first, columns, lane, end } = arrangement(state);
      const side = Math.max(state.input.length, state.input[0].length);
      const rows = lane ? 3 : 2;
      const tall = (height - HEAD - rows * (TITLE + BETWEEN)) / (rows * state.input.length);
      const em = Math.max(READABLE, Math.min(MOST, tall, (width - (columns - 1) * GAP) / columns / side));
      const [w, row] = [side * em, state.input.length * em + TITLE + BETWEEN];
      const left = (column) => column * (w + GAP);
      const top = (n) => HEAD + n * row;
      root.style.width = `${left(columns) - GAP}em`;
      root.style.height = `${top(rows) - BETWEEN}em`;

      const order = stages(signal.parts).map((stage) => stage.join(" "));
      const reached = (key) => step === null || order.indexOf(key) <= step;
      const values = Object.values(signal.values).flat(2);
      const colors = { value: scaleFor(values, "output"), x: scaleFor(signal.values.x.flat(), "input"), gradient: scaleFor(Object.values(gradients).flat(2), "product") };
      const marks = looked && sourcesOf(signal, looked);
      const shown = new Set();
      for (const place of panels) {
        const { kind, name, column, row: line } = place;
        const isOutput = kind === "value" && name === signal.last;
        const grid = panel(place, isOutput);
        shown.add(grid);
        if (!grid.root.parentNode) root.append(grid.root);
        put(grid.root, left(column), top(line));
        const isValue = kind === "value" || kind === "same";
        const plane = isValue ? signal.values[name] : gradients[kind === "copy" ? "add" : name];
        const key = { same: "value x", copy: "gradient add" }[kind] ?? `${kind} ${{ F: "x", skip: "x" }[name] ?? name}`;
        setAttribute(grid.root, "data-reached", String(reached(key)));
        setAttribute(grid.root, "data-now", String(step !== null && order[step] === key));
        const outlines = [];
        if (isOutput && target) outlines.push({ name: "here", kind: "here", cells: [target] });
        if (looked && looked.name === name && looked.kind === kind && !isOutput)
          outlines.push({ name: "focus", kind: "focus", cells: [looked.cell] });
        if (marks && marks.name === name && looked.kind === kind) outlines.push({ name: "window", kind: "window", cells: marks.cells });
        const titleText = titleOf(place, signal);
        grid.update({
          layout: { rows: plane.length, cols: plane[0].length, origin: [0, 0] }, em, outlines, titleText,
          value: ([r, c]) => plane[r][c],
          color: isValue ? (name === "x" ? colors.x : colors.value) : colors.gradient,
          description: `${spoken(place, signal)}: ${plane.map((one) => one.map((v) => format(v)).join(", ")).join("; ")}`,
        });
      }
      for (const grid of made.values()) if (!shown.has(grid)) grid.root.remove();

      const columnsOf = [...main.map((part, n) => [part, first + n])];
      columnsOf.forEach(([part, column], n) => {
        const node = head(n);
        if (!node.parentNode) root.append(node);
        put(node, left(column), 0);
        node.style.width = `${w.toFixed(3)}em`;
        setAttribute(node, "data-name", part.name);
        setAttribute(node, "data-here", String(part.name === chosen));
        drawHead(node, part, signal);
      });
      heads.slice(columnsOf.length).forEach((node) => node.remove());
      drawWires({ left, top, w, row, columns, first, lane, end, rows });
    },
  };

  function drawWires({ left, top, w, row, columns, first, lane, end, rows }) {
    setAttribute(wires, "viewBox", `0 0 ${left(columns).toFixed(2)} ${top(rows).toFixed(2)}`);
    wires.style.width = `${left(columns).toFixed(2)}em`;
    wires.style.height = `${top(rows).toFixed(2)}em`;
    const middle = (n) => top(n) + TITLE + (row - TITLE - BETWEEN) / 2;
    const right = (x, y, length) => `M${x} ${y}h${length}m-0.3 -0.25l0.3 0.25l-0.3 0.25`;
    const back = (x, y, length) => `M${x} ${y}h${-length}m0.3 -0.25l-0.3 0.25l0.3 0.25`;
    const paths = { forward: "", backward: "" };
    for (let n = 0; n < columns - 1; n++) {
      const x = left(n) + w + 0.12;
      const wide = lane && n === 0 ? w + 2 * GAP - 0.24 : GAP - 0.24; // past the column of the fork
      if (n !== 1 || !lane) paths.forward += right(x, middle(0), wide);
      paths.backward += back(left(n + 1) - 0.12, middle(1), GAP - 0.24);
    }
    if (lane) {
      const y = middle(2);
      paths.skip = `M${left(0) + w / 2} ${top(2) - BETWEEN + 0.1}V${y}H${left(1) - 0.12}M${left(2) - GAP + 0.12} ${y}H${left(end) - 0.12}`
        + `M${left(end) + w / 2} ${top(2) + 0.1}v${-BETWEEN}`;
    }
    ["forward", "backward", "skip"].forEach((name, n) => {
      if (!wires.children[n]) wires.append(svg("path", { "data-wire": name }));
      setAttribute(wires.children[n], "d", paths[name] ?? "");
    });
  }
}

const put = (node, x, y) => {
  const [a, b] = [`${x.toFixed(3)}em`, `${y.toFixed(3)}em`];
  if (node.style.left !== a) node.style.left = a;
  if (node.style.top !== b) node.style.top = b;
};

function titleOf({ kind, name }, signal) {
  if (kind === "same") return "+ x";
  if (kind === "copy") return "copy ∂⊕";
  const text = NAMES[name] ?? name;
  if (kind === "gradient") return { F: "∂ via F", skip: "∂ via skip" }[name] ?? `∂ ${name === signal.last ? "y" : text}`;
  if (name === "downsample.0") return `x · ${signal.layers[name].kernel[0][0]}`;
  return name === signal.last ? `y` : text;
}
function spoken({ kind, name }, signal) {
  if (kind === "same") return "what the skip adds, x itself";
  if (kind === "copy") return "the gradient of the sum, copied to the skip";
  if (kind === "value") return name === signal.last ? `output y, ${name}` : name;
  return { F: "gradient of x through F", skip: "gradient of x through the skip", x: "gradient of x" }[name] ?? `gradient after ${name}`;
}

/** What a column does: its kernel, or its formula. */
function drawHead(node, { name, kind }, signal) {
  const { bias, kernel } = signal.layers[name] ?? {};
  const text = {
    relu: () => "max(0, v)", add: () => "F(x) + skip", conv: () => String(kernel.flat()) + bias,
    norm() {
      const { mean, variance } = meanOf(signal, signal.before[name]);
      return `(v − ${format(mean)}) / √${format(variance)}`;
    },
  }[kind]();
  if (node.dataset.text === text && node.dataset.of === name) return;
  Object.assign(node.dataset, { text, of: name });
  if (kind !== "conv") return node.replaceChildren(h("span", { text }));
  const cells = kernel.flat().map((v) => h("i", { text: format(v) }));
  const grid = h("div", { class: "cnn-res-kernel", "data-size": kernel.length }, ...cells);
  node.replaceChildren(...[grid, bias ? h("span", { text: bias > 0 ? `+ ${bias}` : `− ${-bias}` }) : null].filter(Boolean));
}
