// Editing the stack of layers: the table with its buttons, what can be taken back, and what does not fit.

import { h, button, select } from "../dom.js";
import { clamp, pair } from "../arithmetic.js";
import { editableRows, readNumber, rowOf } from "../editable_rows.js";
import { grouped, plural } from "../numbers.js";
import { KINDS, MOST, fieldLaws, mapSizes, places, refusal, settings, withoutBrokenSkips } from "../receptive_fields.js";
import { changed, fresh, inserted, moved, removed, retyped } from "./edits.js";
import { createTable } from "./table.js";
import { placeOf, standingAt } from "./text.js";

export const UNDONE = ["layers", "input_size", "image"]; // what can be taken back

/**
 * stack(), layers() and layer() are all that is known, the layers and the chosen one; choose(n) chooses another; sizeOf(image) is [height, width];
 * begin() is called before the stack changes. The chosen unit stays where it is in the picture, as far as there is one;
 * with `unit` among the changes it is the middle one.
 */
export function createEditor({ model, shell, history, stack, layers, layer, choose, sizeOf, begin }) {
  const { on, root, set, save, redraw, warn } = shell;
  let watched = null; // {unit, level, share}: where in the picture it was before it had to move to the nearest unit

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
    hands.focus();
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
  const hands = editableRows({
    on, root, table, rows, names: ["type", "name", "axis", "skip"], chosen: layer, move, undo, settle,
  });
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
      if (!hands.held()) settle();
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
  on(table, "pointerdown", (event) => {
    const row = rowOf(event.target);
    if (event.button || row < 0 || event.target.matches("input, select")) return;
    event.preventDefault();
    hands.focus();
    choose(row);
    if (!event.target.closest(".cnn-handle")) return;
    hands.drag(event);
  });

  return {
    tools, scroll, edit, change, settle, remove,
    /** The chosen layer's row is to have the focus. */
    focusRow: () => hands.focus(),
    show(info, chosen) {
      show(info, chosen, hands.keepFocus);
      hands.giveFocus();
    },
  };
}
