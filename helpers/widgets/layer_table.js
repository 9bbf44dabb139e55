// LayerTable: a stack of layers to edit, with the shape, the parameters and the multiplications of each.

import { h, button, select, setAttribute, setText } from "./js/dom.js";
import { openShell } from "./js/shell.js";
import { createReadout } from "./js/formula.js";
import { clamp, pair } from "./js/arithmetic.js";
import { KINDS, MOST, SIZES, layerCode, network, networkCode, settings } from "./js/layer_table/layers.js";
import { fitting, repairs, retyped, shapeBefore } from "./js/layer_table/repairs.js";
import { NETWORKS } from "./js/layer_table/presets.js";
import { createEnds, createRow, signature } from "./js/layer_table/rows.js";
import { networkText, rowLines } from "./js/layer_table/text.js";
import { editableRows, readNumber, rowOf } from "./js/editable_rows.js";
import { withHistory } from "./js/history.js";
import { grouped } from "./js/numbers.js";

const HELP = "Change any number: all rows below follow. "
  + "↑ ↓ choose a row, Alt+↑ ↓ move its layer, Delete removes it, Ctrl+Z takes back.";
const UNDONE = ["layers", "input_size"]; // what can be taken back

function render({ model, el, history }) {
  const open = new Set(); // rows whose rarer settings are shown: this view's own
  const rows = [];
  let whole = false; // the code of the whole network, not of one layer

  const shell = openShell({
    model, el, label: "Table of layers", draw,
    traits: [...UNDONE, "position"],
    keys: {
      ArrowUp: () => go(position() - 1),
      ArrowDown: () => go(position() + 1),
      Delete: ({ target }) => rowOf(target) >= 0 && remove(),
    },
  });
  const { on, root, set, save, redraw, warn } = shell;

  // ---- state -------------------------------------------------------------------------------------------------
  const layers = () => model.get("layers");
  const input = () => model.get("input_size");
  const position = () => clamp(model.get("position"), Math.max(1, layers().length));

  /** Change the page's state; the gesture goes on until `settle`. */
  function change(changes) {
    if (UNDONE.some((name) => name in changes)) history.begin();
    const next = { position: position(), ...changes };
    next.position = clamp(next.position, Math.max(1, (next.layers ?? layers()).length));
    set(next);
  }
  function settle() {
    history.rest();
    save();
  }
  function edit(changes) {
    change(changes);
    settle();
  }
  function undo() {
    const back = history.back();
    if (!back) return warn("Nothing to take back.");
    open.clear();
    edit(back);
  }

  // ---- gestures on a row -------------------------------------------------------------------------------------
  const shapeOf = (n) => shapeBefore(layers(), input(), n);

  function go(n) {
    hands.focus();
    change({ position: n });
    redraw();
  }
  function setting(n, name, value) {
    change({ layers: layers().with(n, { ...layers()[n], [name]: value }) });
  }
  function typed(box) {
    const value = readNumber(box);
    const name = box.dataset.name ?? ["channels", "height", "width"][box.dataset.input];
    if (value === null)
      return warn(`${name} goes from ${box.min} to ${grouped(Number(box.max))}; the table keeps what it had.`);
    if (box.dataset.input) return change({ input_size: input().with(Number(box.dataset.input), value) });
    const n = rowOf(box);
    const { axis } = box.dataset;
    stayOpen(box);
    setting(n, name, axis ? pair(settings(layers()[n])[name]).with(Number(axis), value) : value);
  }
  /** The line of rarer settings must not close under the hand that changes one of them. */
  const stayOpen = (box) => box.closest(".cnn-more") && open.add(rowOf(box));
  /** Sizes with one number for each axis, or one for both (that of the height). */
  function split(n, apart) {
    const layer = layers()[n];
    const sizes = Object.entries(layer).filter(([name]) => SIZES.has(name));
    const next = sizes.map(([name, value]) => [name, apart ? pair(value) : pair(value)[0]]);
    edit({ layers: layers().with(n, { ...layer, ...Object.fromEntries(next) }) });
  }
  function insert() {
    if (layers().length >= MOST.layers) return warn(`A table has at most ${MOST.layers} layers.`);
    const at = layers().length ? position() + 1 : 0;
    open.clear();
    edit({ layers: layers().toSpliced(at, 0, fitting(kind.box.value, shapeOf(at))), position: at });
  }
  function remove() {
    if (!layers().length) return;
    open.clear();
    hands.focus();
    edit({ layers: layers().toSpliced(position(), 1) });
  }
  function move(from, to) {
    if (from === to || to < 0 || to >= layers().length) return;
    open.clear();
    change({ layers: layers().toSpliced(from, 1).toSpliced(to, 0, layers()[from]), position: to });
  }
  function repair(index) {
    hands.focus();
    const { layers: next } = repairs(layers(), input())[index];
    open.clear();
    edit({ layers: next, position: network(next, input()).problem ?? position() });
  }

  // ---- nodes -------------------------------------------------------------------------------------------------
  const preset = select(on, {
    label: "network",
    options: { ...Object.fromEntries(Object.keys(NETWORKS).map((name) => [name, name])), "": "your own" },
    change(name) {
      open.clear();
      if (name) edit({ ...structuredClone(NETWORKS[name]), position: 0 });
      else redraw();
    },
  });
  const kinds = Object.fromEntries(Object.keys(KINDS).map((type) => [type, type]));
  const kind = select(on, { label: "layer", options: kinds, change: () => {} });
  const moved = (by) => () => { move(position(), position() + by); settle(); };
  const add = button(on, { text: "+ add below", title: "Add it below the row in focus", click: insert });
  const buttons = [
    button(on, { text: "↑", title: "Move the layer up (Alt+↑)", click: moved(-1) }),
    button(on, { text: "↓", title: "Move the layer down (Alt+↓)", click: moved(1) }),
    button(on, { text: "✕", title: "Remove the layer (Delete)", click: remove }),
    button(on, { text: "↶", title: "Take back (Ctrl+Z)", click: undo }),
  ];
  const codeButton = button(on, {
    text: "whole network", title: "The code of the whole network", pressed: "false",
    click() { whole = !whole; redraw(); },
  });
  const ends = createEnds();
  const table = h("table", { class: "cnn-table", "aria-label": "layers" }, ends.head, ends.input, ends.sums);
  const help = h("div", { class: "cnn-help" });
  const readout = createReadout(on, codeButton);
  root.classList.add("cnn-layers");
  root.append(
    h("div", { class: "cnn-bar" }, preset.root, kind.root, add, h("span", { class: "cnn-moves" }, ...buttons),
      h("span", { class: "cnn-right" }, ...shell.corner)),
    h("div", { class: "cnn-scroll" }, table),
    readout.root,
    help,
    shell.live,
  );

  // ---- listening: once for all rows --------------------------------------------------------------------------
  const hands = editableRows({
    on, root, table, rows, names: ["type", "name", "axis", "split", "more"], chosen: position, move, undo, settle,
  });
  on(table, "input", ({ target }) => target.type === "number" && typed(target));
  on(table, "change", ({ target }) => {
    const { name, type, split: apart } = target.dataset;
    const n = rowOf(target);
    stayOpen(target);
    if (target.type === "number") {
      if (readNumber(target) === null) change(history.begun()); // "2.5" had been a 2 for a moment
      if (!hands.held()) settle();
      redraw();
    } else if (apart !== undefined) split(n, target.checked);
    else if (type !== undefined) edit({ layers: layers().with(n, retyped(layers()[n], target.value, shapeOf(n))) });
    else if (name) { setting(n, name, target.type === "checkbox" ? target.checked : target.value); settle(); }
  });
  on(table, "click", ({ target }) => {
    const { repair: index, more } = target.dataset;
    if (index !== undefined) repair(Number(index));
    if (more === undefined) return;
    const n = rowOf(target);
    if (!open.delete(n)) open.add(n);
    hands.focus("[data-more]");
    redraw();
  });
  on(table, "focusin", ({ target }) => rowOf(target) >= 0 && change({ position: rowOf(target) }));
  on(table, "focusout", redraw);
  // A row is dragged by its number.
  on(table, "pointerdown", (event) => {
    const handle = event.target.closest(".cnn-handle");
    if (!handle || event.button) return;
    event.preventDefault();
    go(rowOf(handle));
    hands.drag(event);
  });

  // ---- drawing -----------------------------------------------------------------------------------------------
  function draw() {
    const now = layers();
    const answer = network(now, input());
    const offered = repairs(now, input());
    const most = (name) => Math.max(...answer.rows.map((row) => row[name] ?? 0), 0);
    const sum = (name) => answer.rows.reduce((total, row) => total + (row[name] ?? 0), 0);
    const totals = most("parameters") || most("multiplications") ? [sum("parameters"), sum("multiplications")] : [0, 0];
    for (const row of rows.splice(now.length)) row.root.remove();
    now.forEach((layer, n) => {
      if (rows[n]?.signature !== signature(layer, open.has(n))) {
        const fresh = createRow(layer, n, open.has(n));
        if (rows[n]) {
          hands.keepFocus(rows[n].root);
          rows[n].root.replaceWith(fresh.root);
        } else ends.sums.before(fresh.root);
        rows[n] = fresh;
      }
      rows[n].update({ layer, row: answer.rows[n], focused: n === position(), totals, repairs: offered });
    });
    ends.showInput(input());
    ends.showSums(answer);
    drawTexts(now, answer);
    hands.giveFocus();
  }

  function drawTexts(now, answer) {
    const at = position();
    const shown = { layers: now, input_size: input() };
    const name = Object.keys(NETWORKS).find((each) => sameNetwork(NETWORKS[each], shown));
    preset.show(name ?? "");
    setAttribute(codeButton, "aria-pressed", String(whole));
    const layer = now[at];
    const lines = layer ? rowLines(layer, answer.rows[at]) : ["no layers"];
    readout.show(lines, whole || !layer ? networkCode(now) : layerCode(layer));
    setText(help, shell.warning() || HELP);
    setAttribute(help, "data-kind", shell.warning() ? "warning" : null);
    shell.say(shell.warning() || networkText(now, answer));
  }

  return shell.close;
}

/** Equal whatever the order and the form of the settings. */
const sameNetwork = (a, b) =>
  String(a.input_size) === String(b.input_size) && networkCode(a.layers) === networkCode(b.layers);

export default withHistory(UNDONE, render);
