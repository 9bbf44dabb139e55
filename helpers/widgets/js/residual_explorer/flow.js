// The small signal: a column for each part, its numbers above and their gradients below; the skip runs over them.

import { h, setAttribute, svg } from "../dom.js";
import { scaleFor } from "../colors.js";
import { createGrid } from "../grid.js";
import { format } from "../numbers.js";
import { meanOf, stages } from "./state.js";
import { sourcesOf } from "./arithmetic.js";
import { createWires } from "./wires.js";

const [MOST, FINE, LEAST] = [2.3, 1.3, 1.06]; // em of a cell: at most, fine, legible
const WIDE = 3.6; // em of a cell where a stride has left fewer of them
const [GAP, NARROW] = [0.7, 0.48]; // em: between columns
const NOISE = 1e-4; // of the largest number: written as 0
const [ARC, HEAD, TITLE, BETWEEN] = [1.5, 3.1, 1.55, 0.7]; // em: the skip, the heads, above a grid, between the rows
const NAMES = { add: "⊕", "downsample.0": "1×1", "downsample.1": "proj" };

/** Which columns there are, from left to right: {name, kind: "x" | "fork" | "skip" | "main"}. Pure. */
export function columnsOf({ parts }, whole = true) {
  const main = parts.filter(({ lane }) => lane === "main");
  const beside = parts.filter(({ lane }) => lane === "skip").slice(whole ? 0 : -1);
  const end = main.findIndex(({ kind }) => kind === "add");
  const column = (kind) => (part) => ({ ...part, part: part.kind, kind });
  if (end < 0) return [{ name: "x", kind: "x" }, ...main.map(column("main"))];
  return [
    { name: "x", kind: "x" }, { name: "F", kind: "fork" }, ...main.slice(0, end).map(column("main")),
    ...beside.map(column("skip")), ...main.slice(end).map(column("main")),
  ];
}

/** Sizes in em: a cell, a column, where rows begin. */
function measure(state, width, height) {
  const [rows, cols] = [state.input.length, state.input[0].length];
  const arc = state.signal.before.shortcut === undefined ? 0 : ARC;
  const fit = (columns, gap) => Math.min(
    MOST, (height - arc - HEAD - 2 * TITLE - BETWEEN) / 2 / rows, (width - (columns.length - 1) * gap) / columns.length / cols,
  );
  const all = columnsOf(state.signal);
  // where that is too small, the projection before its norm is not shown
  const [columns, gap] = fit(all, GAP) < FINE ? [columnsOf(state.signal, false), NARROW] : [all, GAP];
  const em = Math.max(LEAST, fit(columns, gap)); // a narrow page scrolls
  const [w, row] = [cols * em, TITLE + rows * em + BETWEEN];
  return { columns, em, gap, w, arc, tall: rows * em, left: (n) => n * (w + gap), top: (n) => arc + HEAD + n * row };
}

/**
 * on; look({kind, name, cell} | null): the pointer is over a number   aim(cell): an output was pressed   release()
 * edit(cell, value): a number of x was typed   choose(name): a column's head was clicked
 */
export function createFlow({ on, look, aim, release, edit, choose, invalid }) {
  const wires = createWires();
  const board = h("div", { class: "cnn-res-flow" }, wires.root);
  const root = h("div", { class: "cnn-res-pan" }, board);
  const made = new Map();
  const heads = [];
  let drawn = {}; // the signal and the room of the last picture, and where its columns stand

  function gridOf(kind, name, isOutput) {
    const id = `${kind} ${name}${isOutput ? " y" : ""}`;
    if (made.has(id)) return made.get(id);
    const hover = (cell) => look(cell && { kind, name, cell });
    const isInput = kind === "value" && name === "x";
    const grid = createGrid({
      on, role: kind === "gradient" ? "product" : isInput ? "input" : "output", label: "x", invalid, hover,
      ...(isInput ? { edit } : {}), ...(isOutput ? { press: aim, drag: aim, release, keyed: () => {} } : {}),
    });
    setAttribute(grid.root, "data-kind", kind);
    made.set(id, grid);
    return grid;
  }
  function headOf(n) {
    if (heads[n]) return heads[n];
    const node = h("button", { class: "cnn-res-op", type: "button" });
    on(node, "click", () => choose(node.dataset.name));
    return (heads[n] = node);
  }

  return {
    root,
    /** picture: {state, gradients, target, looked, width, height}; what did not change is not drawn again. */
    update(picture) {
      const { state, gradients, target, looked, width, height } = picture;
      const { signal, part, step } = state;
      const room = `${width}|${height}|${part}`;
      if (drawn.signal !== signal || drawn.room !== room) drawn = { signal, room, ...layOut(picture), texts: new Map() };
      const { sizes, colors } = drawn;
      const order = drawn.order;
      const back = scaleFor(Object.values(gradients).flat(2), "product");
      const least = { value: drawn.least, gradient: NOISE * largest(gradients) };
      const marks = looked && sourcesOf(signal, looked);
      for (const { kind, name, grid, isOutput } of drawn.places) {
        const plane = (kind === "value" ? signal.values : gradients)[name];
        const stage = order.indexOf(`${kind} ${{ F: "x", skip: "x" }[name] ?? name}`);
        setAttribute(grid.root, "data-reached", String(step === null || stage <= step));
        setAttribute(grid.root, "data-now", String(stage === step));
        const outlines = [];
        if (isOutput && target) outlines.push({ name: "here", kind: "here", cells: [target] });
        if (looked?.name === name && looked.kind === kind && !isOutput)
          outlines.push({ name: "focus", kind: "focus", cells: [looked.cell] });
        if (marks?.name === name && looked.kind === kind) outlines.push({ name: "window", kind: "window", cells: marks.cells });
        const text = `${kind === "value" ? "" : plane.join()}|${JSON.stringify(outlines)}|${kind === "value" ? "" : least.gradient}`;
        if (drawn.texts.get(grid) === text) continue;
        drawn.texts.set(grid, text);
        grid.update({
          layout: { rows: plane.length, cols: plane[0].length, origin: [0, 0] }, outlines,
          em: Math.min(WIDE, sizes.w / plane[0].length, sizes.tall / plane.length), titleText: titleOf(kind, name, signal),
          value: ([r, c]) => (Math.abs(plane[r][c]) < least[kind] ? 0 : plane[r][c]),
          color: kind === "value" ? colors[name === "x" ? "x" : "value"] : back,
          digits: sizes.em < 1.8 ? 1 : 2, legible: LEAST,
          description: `${spoken(kind, name, signal)}: ${plane.map((line) => line.map((v) => format(v)).join(", ")).join("; ")}`,
        });
      }
    },
  };

  /** Where everything stands: done anew when the block, its numbers or the room change. */
  function layOut({ state, width, height }) {
    const { signal, part: chosen, input } = state;
    const sizes = measure(state, width, height);
    const { columns, gap, w, left, top } = sizes;
    board.style.width = `${(left(columns.length) - gap).toFixed(3)}em`;
    board.style.height = `${(top(2) - BETWEEN / 2).toFixed(3)}em`;
    const places = [];
    const place = (kind, name, column, row) => {
      const isOutput = kind === "value" && name === signal.last;
      const grid = gridOf(kind, name, isOutput);
      if (!grid.root.parentNode) board.append(grid.root);
      put(grid.root, left(column), top(row));
      places.push({ kind, name, grid, isOutput });
    };
    columns.forEach(({ name, kind }, n) => {
      if (kind !== "fork") place("value", name, n, 0);
      else place("gradient", "skip", n, 0);
      place("gradient", name, n, 1);
    });
    const shown = new Set(places.map(({ grid }) => grid));
    for (const grid of made.values()) if (!shown.has(grid)) grid.root.remove();
    let used = 0;
    columns.forEach((column, n) => {
      if (!column.part) return;
      const node = headOf(used++);
      if (!node.parentNode) board.append(node);
      put(node, left(n), sizes.arc);
      setAttribute(node, "data-name", column.name);
      setAttribute(node, "data-here", String(column.name === chosen));
      setAttribute(node, "aria-current", String(column.name === chosen));
      setAttribute(node, "aria-label", `${column.name}: its formula and call`);
      drawHead(node, column, signal, w + gap);
    });
    heads.slice(used).forEach((node) => node.remove());
    wires.update({ ...sizes, title: TITLE, between: BETWEEN });
    return {
      sizes, places, least: NOISE * largest(signal.values), order: stages(signal.parts).map((stage) => stage.join(" ")),
      colors: { value: scaleFor(Object.values(signal.values).flat(2), "output"), x: scaleFor(input.flat(), "input") },
    };
  }
}

const largest = (planes) => Object.values(planes).flat(2).reduce((a, v) => Math.max(a, Math.abs(v)), 0);
const put = (node, x, y) => {
  const [a, b] = [`${x.toFixed(3)}em`, `${y.toFixed(3)}em`];
  if (node.style.left !== a) node.style.left = a;
  if (node.style.top !== b) node.style.top = b;
};

function titleOf(kind, name, signal) {
  const text = name === signal.before.shortcut && name !== "x" ? "proj" : (NAMES[name] ?? name);
  if (kind === "gradient") return { F: "via F", skip: "via skip" }[name] ?? `∂ ${name === signal.last ? "y" : text}`;
  return name === signal.last ? "y" : text;
}
function spoken(kind, name, signal) {
  if (kind === "value") return name === signal.last ? `output y, ${name}` : name;
  return { F: "gradient of x through F", skip: "gradient of x through the skip", x: "gradient of x" }[name] ?? `gradient after ${name}`;
}

/** What a column does: its kernel, or its formula. */
function drawHead(node, { name, part }, signal, width) {
  const { bias, kernel } = signal.layers[name] ?? {};
  const lines = {
    relu: () => ["max(0, v)"], add: () => ["F + skip"], conv: () => [kernel.flat(), bias],
    norm() {
      const { mean, variance } = meanOf(signal, signal.before[name]);
      return [`(v ${mean < 0 ? "+" : "−"} ${format(Math.abs(mean), 2, 1)})`, `/ √${format(variance, 2, 1)}`];
    },
  }[part]();
  const text = lines.join();
  if (node.style.width !== `${width}em`) node.style.width = `${width}em`;
  if (node.dataset.text === text && node.dataset.of === name) return;
  Object.assign(node.dataset, { text, of: name });
  if (part !== "conv") return node.replaceChildren(h("span", {}, ...lines.map((line) => h("div", { text: line }))));
  const grid = h("div", { class: "cnn-res-kernel", "data-size": kernel.length }, ...kernel.flat().map((v) => h("i", { text: format(v) })));
  node.replaceChildren(grid, ...(bias ? [h("span", { text: bias > 0 ? `+ ${bias}` : `− ${-bias}` })] : []));
}
