// Editing the stack of layers: the table with its buttons, what can be taken back, and what does not fit.

import { h, button, select } from "../dom.js";
import { clamp, pair } from "../arithmetic.js";
import { grouped, plural } from "../numbers.js";
import { KINDS, MOST, fieldLaws, mapSizes, places, refusal, settings, withoutBrokenSkips } from "../receptive_fields.js";
import { changed, fresh, inserted, moved, removed, retyped } from "./edits.js";
import { createTable, readNumber } from "./table.js";
import { placeOf, standingAt } from "./text.js";

export const UNDONE = ["layers", "input_size", "image"]; // what can be taken back

/** The row of the table that a node stands in, or −1. */
export const rowOf = (node) => Number(node.closest?.("[data-row]")?.dataset.row ?? -1);

/**
 * stack(), layers() and layer() are all that is known, the layers and the chosen one; choose(n) chooses another; sizeOf(image) is [height, width];
 * begin() is called before the stack changes. The chosen unit stays where it is in the picture, as far as there is one;
 * with `unit` among the changes it is the middle one.
 */
export function createEditor({ model, shell, history, stack, layers, layer, choose, sizeOf, begin }) {
  const { on, root, set, save, redraw, warn } = shell;
  let watched = null; // {unit, level, share}: where in the picture it was before it had to move to the nearest unit
  let wanted = null; // what gets the focus once it is drawn: a selector in the row of the chosen layer

  /** Change the stack, unless it would not fit; skips that no longer fit are let go. Whether that was done. */
  function change(changes) {
    const next = { ...Object.fromEntries(UNDONE.map((name) => [name, model.get(name)])), ...changes };
    if (next.image !== "none") next.input_size = sizeOf(next.image);
    const { layers: all, lost } = withoutBrokenSkips(next.layers, pair(next.input_size));
    const wrong = refusal(all, pair(next.input_size));
    if (wrong) {
      warn(`Not possible: ${wrong.text}.`);
      return false;
    }
    history.begin();
    begin();
    const chosen = clamp(changes.layer ?? model.get("layer"), all.length);
    const share = whereabouts();
    const { sizes } = mapSizes(all, pair(next.input_size));
    const info = { sizes, places: places(all, fieldLaws(all).laws) };
    const unit = "unit" in changes ? sizes[chosen + 1].map((v) => v >> 1)
      : standingAt(info, share.map((v, a) => v * sizes[0][a] - 0.5), chosen + 1);
    watched = { unit: String(unit), level: chosen + 1, share };
    set({ ...next, layers: all, layer: chosen, unit });
    const gone = `${plural(lost, "skip")} no longer ${lost > 1 ? "fit" : "fits"}`;
    if (lost) warn(`${gone}: the maps differ in size. Ctrl+Z takes back.`);
    redraw();
    return true;
  }
  /** Where in the picture the chosen unit stands: a share of height and width. */
  function whereabouts() {
    const [unit, level, info] = [model.get("unit"), layer() + 1, stack()];
    if (info.wrong) return [0.5, 0.5];
    if (watched?.unit === String(unit) && watched.level === level) return watched.share;
    return placeOf(info, level, unit).map((v, a) => (v + 0.5) / info.input[a]);
  }
  function settle() {
    history.rest();
    save();
  }
  const edit = (changes) => change(changes) && settle();
  const editLayers = (all, chosen = layer()) => edit({ layers: all, layer: chosen });
  function undo() {
    const back = history.back();
    if (!back) return warn("Nothing to take back.");
    edit(back);
  }
  function typed(box) {
    const value = readNumber(box);
    const { name, axis } = box.dataset;
    if (value === null)
      return warn(`${name} goes from ${box.min} to ${grouped(Number(box.max))}; the stack keeps what it had.`);
    const n = rowOf(box);
    const all = history.begun().layers; // what a digit on the way has broken is whole again
    const { padding } = settings(all[n]);
    const uneven = () => ({ ...all[n], padding: padding.with(Number(axis), value) });
    change({ layers: all.with(n, axis === undefined ? changed(all[n], name, value) : uneven()) });
  }
  function insert() {
    const at = layer() + 1;
    if (layers().length >= MOST.layers) return warn(`A stack has at most ${MOST.layers} layers.`);
    editLayers(inserted(layers(), at, fresh(kind.box.value)), at);
  }
  function remove() {
    if (layers().length === 1) return warn("One layer stays.");
    wanted = "[data-focus]";
    editLayers(removed(layers(), layer()), Math.max(0, layer() - 1));
  }
  function move(from, to) {
    if (from === to || to < 0 || to >= layers().length) return;
    change({ layers: moved(layers(), from, to), layer: to });
  }

  // ---- nodes -------------------------------------------------------------------------------------------------
  const types = Object.fromEntries(Object.keys(KINDS).map((type) => [type, type]));
  const kind = select(on, { label: "new layer", options: types, change: () => {} });
  const movedBy = (by) => () => { move(layer(), layer() + by); settle(); };
  const tools = h("div", { class: "cnn-rf-tools" }, kind.root,
    button(on, { text: "+ add after", title: "Add it after the chosen layer", click: insert }),
    h("span", { class: "cnn-moves" },
      button(on, { text: "↑", title: "Move the layer up (Alt+↑)", click: movedBy(-1) }),
      button(on, { text: "↓", title: "Move the layer down (Alt+↓)", click: movedBy(1) }),
      button(on, { text: "✕", title: "Remove the layer (Delete)", click: remove }),
      button(on, { text: "↶", title: "Take back (Ctrl+Z)", click: undo })));
  const { root: scroll, table, rows, show, refresh } = createTable(shell.onClose);

  // ---- listening: once for all rows --------------------------------------------------------------------------
  let held = false; // an arrow key that steps a number
  let told = ""; // what was said of the number that is being typed
  on(table, "input", ({ target }) => {
    if (target.type !== "number") return;
    typed(target);
    told = shell.warning();
  });
  on(table, "change", ({ target }) => {
    const { type, skip } = target.dataset;
    const n = rowOf(target);
    const now = layers()[n];
    if (target.type === "number") {
      if (readNumber(target) === null) change(history.begun());
      if (!held) settle();
      if (told) warn(told); // the key that ended the typing has wiped it away
      told = "";
    } else if (type !== undefined) editLayers(layers().with(n, retyped(now, target.value)));
    else if (skip !== undefined)
      editLayers(layers().with(n, changed(now, "skip", target.value === "" ? null : Number(target.value))));
    refresh();
    redraw();
  });
  on(table, "focusin", ({ target }) => {
    const n = rowOf(target);
    if (n >= 0 && n !== layer()) choose(n);
  });
  on(root, "keydown", (event) => {
    const { key, target, altKey, shiftKey } = event;
    const vertical = key === "ArrowUp" || key === "ArrowDown";
    if (vertical && !altKey && target.type === "number") held = true;
    const taking = (event.ctrlKey || event.metaKey) && !shiftKey && key.toLowerCase() === "z";
    if (!taking && !(altKey && vertical)) return;
    event.stopPropagation();
    if (taking && target.type === "number" && readNumber(target) === null) return; // half typed: the browser takes back
    event.preventDefault();
    if (taking) return undo();
    if (rowOf(target) < 0) return;
    wanted = selectorOf(target);
    move(layer(), layer() + (key === "ArrowUp" ? -1 : 1));
  });
  // JupyterLab prevents the browser's undo anywhere in a notebook, by a listener on what has the focus.
  const keep = (event) => event.inputType.startsWith("history") && event.stopPropagation();
  on(table, "beforeinput", keep, { capture: true });
  function end() {
    held = false;
    delete table.dataset.dragging;
    settle();
  }
  for (const type of ["pointerup", "pointercancel"]) on(table, type, end);
  on(root, "keyup", ({ key }) => /^(Arrow|Home|End|Tab)/.test(key) && end());
  on(table, "pointerdown", (event) => {
    const row = rowOf(event.target);
    if (event.button || row < 0 || event.target.matches("input, select")) return;
    event.preventDefault();
    wanted = "[data-focus]";
    choose(row);
    if (!event.target.closest(".cnn-handle")) return;
    table.setPointerCapture(event.pointerId);
    table.dataset.dragging = "true";
  });
  on(table, "pointermove", ({ clientY }) => {
    if (table.dataset.dragging !== "true") return;
    const over = rows.findIndex(({ root: body }) => clientY < body.getBoundingClientRect().bottom);
    wanted = "[data-focus]";
    move(layer(), over < 0 ? rows.length - 1 : over);
  });

  /** A row that is made anew gives the focus to the same control of the new one. */
  function keepFocus(body) {
    const { activeElement } = body.getRootNode();
    if (!wanted && body.contains(activeElement)) wanted = selectorOf(activeElement);
  }

  return {
    tools, scroll, edit, change, settle, remove,
    /** The chosen layer's row is to have the focus. */
    focusRow() { wanted = "[data-focus]"; },
    show(info, chosen) {
      show(info, chosen, keepFocus);
      if (wanted) rows[chosen]?.root.querySelector(wanted)?.focus({ preventScroll: true });
      wanted = null;
    },
  };
}

/** The selector that finds a control again in another row. */
function selectorOf({ dataset }) {
  const keys = ["type", "name", "axis", "skip"].filter((key) => key in dataset);
  return keys.map((key) => `[data-${key}="${dataset[key]}"]`).join("") || "[data-focus]";
}
