// A table whose rows are edited in place: keys and pointer move them, numbers step, Ctrl+Z takes back.

/** The row of the table that a node stands in, or −1. */
export const rowOf = (node) => Number(node.closest?.("[data-row]")?.dataset.row ?? -1);

/** What stands in a number input, or null where it is no number that the setting may have. */
export function readNumber(box) {
  const value = box.valueAsNumber;
  const whole = !["", "1"].includes(box.step) || Number.isInteger(value);
  return whole && value >= Number(box.min) && value <= Number(box.max) ? value : null;
}

/**
 * Listen to `table` inside of `root`. rows are the ones drawn, [{root}]; chosen() is the number of the chosen one, which
 * move(from, to) takes along; settle() ends a gesture. `names`: the data attributes that tell a row's controls apart.
 *   held()              is a key held down that steps a number?
 *   focus(selector)     what gets the focus once it is drawn: a control of the chosen row, unless said its handle
 *   keepFocus(row)      before a row is made anew: the same control of the new one gets the focus
 *   giveFocus()         when all is drawn
 *   drag(event)         the chosen row follows the pointer from here on
 */
export function editableRows({ on, root, table, rows, names, chosen, move, undo, settle }) {
  const HANDLE = "[data-focus]";
  let held = false;
  let wanted = null;

  function selectorOf({ dataset }) {
    const keys = names.filter((key) => key in dataset);
    return keys.map((key) => `[data-${key}="${dataset[key]}"]`).join("") || HANDLE;
  }
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
    move(chosen(), chosen() + (key === "ArrowUp" ? -1 : 1));
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
  on(table, "pointermove", ({ clientY }) => {
    if (table.dataset.dragging !== "true") return;
    const over = rows.findIndex(({ root: body }) => clientY < body.getBoundingClientRect().bottom);
    wanted = HANDLE;
    move(chosen(), over < 0 ? rows.length - 1 : over);
  });

  return {
    held: () => held,
    focus(selector = HANDLE) { wanted = selector; },
    keepFocus(body) {
      const { activeElement } = body.getRootNode();
      if (!wanted && body.contains(activeElement)) wanted = selectorOf(activeElement);
    },
    giveFocus() {
      if (wanted) rows[chosen()]?.root.querySelector(wanted)?.focus({ preventScroll: true });
      wanted = null;
    },
    drag({ pointerId }) {
      table.setPointerCapture(pointerId);
      table.dataset.dragging = "true";
    },
  };
}
