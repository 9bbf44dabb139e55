// What every widget's view shares: its root element, its life, its keys, its live region, its drawing.

import { h, checkbox, button, setAttribute, setText } from "./dom.js";

export const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

const TYPING = "input:not([type=range]):not([type=checkbox]):not([type=number]), textarea";
const CHOOSING = "select, input[type=number]"; // our letters are ours here, too; a menu would jump to a name
const MOVES_A_SLIDER = /^(Arrow|Page|Home|End)/;

/**
 * Open a view of `model` in `el`.
 *   draw()   paints the state; called when anything changed, at most twice a frame, never writes state
 *   keys     {key: handler} for keys pressed anywhere in the widget except while typing
 * `render` returns its `close`.
 */
export function openShell({ model, el, label, traits, draw, keys = {} }) {
  const life = new AbortController();
  const closing = [];
  const { signal } = life;

  // JupyterLab would take arrows, Enter and letters for its own commands.
  el.dataset.lmSuppressShortcuts = "true";
  const root = h("div", { class: "cnn-widget", role: "group", "aria-label": label, tabindex: -1 });
  root.dataset.lmSuppressShortcuts = "true";
  const live = h("div", { class: "cnn-live", "aria-live": "polite", role: "status" });
  el.append(root);

  const on = (target, type, handler, options = {}) => target.addEventListener(type, handler, { ...options, signal });

  // The first change in a frame is drawn as soon as its handler is done; more of them share the next frame's picture.
  let wanted = false;
  let drawn = false; // in this frame
  const frames = new Set();
  const nextFrame = (task) => {
    const id = requestAnimationFrame(() => {
      frames.delete(id);
      task();
    });
    frames.add(id);
  };
  const paint = () => {
    if (signal.aborted) return;
    wanted = false;
    drawn = true;
    nextFrame(() => { drawn = false; });
    setAttribute(root, "data-large", String(model.get("large")));
    large.show(model.get("large"));
    draw();
  };
  const redrawNextFrame = () => {
    if (wanted || signal.aborted) return;
    wanted = true;
    nextFrame(paint);
  };
  const redraw = () => {
    if (drawn) return redrawNextFrame();
    if (wanted || signal.aborted) return;
    wanted = true;
    queueMicrotask(paint);
  };
  closing.push(() => frames.forEach(cancelAnimationFrame));

  const listen = (names, handler) => {
    for (const name of names) {
      model.on(`change:${name}`, handler);
      closing.push(() => model.off(`change:${name}`, handler));
    }
  };
  listen([...traits, "large"], redraw);

  // JupyterLab keeps cells outside the window undrawn; sizes may have changed meanwhile.
  let width = 60;
  const resized = new ResizeObserver(([entry]) => {
    width = entry.contentRect.width / parseFloat(getComputedStyle(root).fontSize);
    redrawNextFrame();
  });
  resized.observe(root);
  const seen = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && redrawNextFrame());
  seen.observe(root);
  closing.push(() => resized.disconnect(), () => seen.disconnect());

  /** Change state on the page only: what a moving pointer does. */
  const set = (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
  };
  /** Send what was changed to Python: once, when a gesture ends. */
  const save = () => model.save_changes();
  const commit = (changes) => {
    set(changes);
    save();
  };

  // Why something did not happen; stands until the next thing is done.
  let warning = "";
  const warn = (text) => {
    warning = text;
    redraw();
  };
  for (const type of ["pointerdown", "keydown", "input"]) on(root, type, () => warning && warn(""), { capture: true });
  // A click beside the controls brings the keys here, too; else they would go to the notebook.
  on(root, "pointerdown", (event) => {
    if (event.target.closest("button, input, select, label, [tabindex]") === root) root.focus({ preventScroll: true });
  });

  let announced = "";
  let timer = 0;
  /** Read `text` to screen readers once the state has rested for a moment. */
  const say = (text) => {
    if (text === announced) return;
    announced = text;
    clearTimeout(timer);
    timer = setTimeout(() => setText(live, text), 150);
  };
  closing.push(() => clearTimeout(timer));

  const large = checkbox(on, {
    label: "large",
    title: "Large, for a projector (L)",
    change: (value) => commit({ large: value }),
  });
  const onReset = [];
  const reset = () => {
    for (const stop of onReset) stop();
    commit(structuredClone(model.get("_initial")));
  };
  const resetButton = button(on, { text: "↺ reset", title: "Back to how the cell made it (R)", click: reset });

  const allKeys = {
    l: () => commit({ large: !model.get("large") }),
    r: reset,
    ...keys,
  };
  on(root, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation(); // the notebook takes ← and → away from sliders, shortcuts suppressed or not
    if (event.defaultPrevented || event.target.matches(TYPING)) return;
    const handler = allKeys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!handler) return;
    if (event.target.matches(CHOOSING) && !/^[a-z]$/i.test(event.key)) return;
    if (event.key === " " && event.target.matches("button, input")) return;
    if (MOVES_A_SLIDER.test(event.key) && event.target.matches("input[type=range]")) return;
    event.preventDefault();
    handler(event);
  });

  const close = () => {
    life.abort();
    for (const undo of closing) undo();
    root.remove();
  };
  redraw();
  return {
    root, live, on, listen, set, save, commit, redraw, say, warn,
    warning: () => warning,
    corner: [resetButton, large.root],
    /** The room for drawing, in em. */
    width: () => width,
    onClose: (undo) => closing.push(undo),
    onReset: (stop) => onReset.push(stop),
    close,
  };
}
