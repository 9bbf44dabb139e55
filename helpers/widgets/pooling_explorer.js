// PoolingExplorer: a window slides, a function takes its values; beside it the same input, moved by one pixel.

import { h, setAttribute, setText } from "./js/dom.js";
import { openShell } from "./js/shell.js";
import { createControls } from "./js/pooling_explorer/controls.js";
import { createGrid } from "./js/grid.js";
import { createPlayer } from "./js/player.js";
import { createReadout } from "./js/formula.js";
import { createScene } from "./js/pooling_explorer/scene.js";
import { createSliding } from "./js/sliding.js";
import { MOST, TRAITS, asInput, boundable, isOutput, isShifted, readState } from "./js/pooling_explorer/state.js";
import { changedText, code, dependence, equations, sizeLines } from "./js/pooling_explorer/text.js";
import { bindingLimit, clamp } from "./js/arithmetic.js";
import { poolBounds } from "./js/pooling.js";

const HELP = "Drag to slide, or press arrow keys. Point at a pixel to see who reads it; click or P pins, Esc frees. "
  + "Double-click to edit.";
const HEIGHT = { true: 13.4, false: 18 }; // em of the grids; large: what a projector's 720 pixels leave
const SAVED = 1.8; // em: the lines that are not there without a shift
const ROLES = { input: "input", output: "output", shifted_input: "input", shifted_output: "output" };

function render({ model, el }) {
  let state = null;

  const shell = openShell({
    model, el, label: "Pooling explorer", draw, traits: [...TRAITS, "position", "channel", "pinned"],
    keys: {
      Escape: () => sliding.free(),
      " ": () => player.toggle(),
    },
  });
  const { on, root, set, save, commit, redraw, warn } = shell;
  shell.listen(TRAITS, () => { state = null; });

  // ---- state -------------------------------------------------------------------------------------------------
  const read = () => (state ??= readState(model));
  const channel = () => clamp(model.get("channel"), read().input.length);
  const sliding = createSliding({
    model, shell, read, isOutput,
    space(grid) {
      const { input, layer: { size, padding }, outputSize, still } = read();
      const channels = still && isShifted(grid) ? 0 : input.length; // nothing is shown, nothing is there
      return isOutput(grid) ? { size: outputSize, channels } : { size, channels, border: padding };
    },
    choose: (_, m) => set({ channel: m }),
    gridOf: (grid, m) => grids[grid][m],
  });
  const active = () => sliding.focus()?.channel ?? channel();

  /** Change traits and keep position, channel and pin inside what is left. */
  function change(changes) {
    set(changes);
    set({ ...sliding.inside(), channel: channel() });
  }
  function edit(m, [row, col], value) {
    const planes = structuredClone(read().input);
    planes[m][row][col] = value;
    change({ input: asInput(planes) });
    save();
  }

  // ---- nodes -------------------------------------------------------------------------------------------------
  const controls = createControls({ on, onReset: shell.onReset, model, read, change, save, commit, warn, redraw });
  const { step } = sliding;
  const player = createPlayer({ on, onClose: shell.onClose, onReset: shell.onReset, step, rested: save });
  const scene = createScene({
    make: (grid, m) => createGrid({
      ...(isOutput(grid) ? sliding.output : sliding.input)(grid, m), role: ROLES[grid], label: "input",
      edit: grid === "input" ? (cell, value) => edit(m, cell, value) : undefined,
    }),
  });
  const { grids } = scene;
  sliding.follow(scene.root);

  const sums = [0, 1].map(() => h("span", {}));
  const sum = h("div", { class: "cnn-sum cnn-equations" }, ...sums);
  const count = h("div", { class: "cnn-changed" });
  const help = h("div", { class: "cnn-help" });
  const readout = createReadout(on);
  root.append(
    h("div", { class: "cnn-bar" }, ...controls.top, h("span", { class: "cnn-right" }, ...shell.corner)),
    scene.root,
    sum,
    count,
    h("div", { class: "cnn-bar" }, player.root, ...controls.bottom),
    readout.root,
    help,
    shell.live,
  );

  // ---- drawing -----------------------------------------------------------------------------------------------
  function draw() {
    const now = read();
    controls.show(now, active());
    const picture = {
      state: now, focus: sliding.focus(), at: sliding.at(), channel: active(), cursor: sliding.cursor,
      width: Math.max(40, shell.width()), height: HEIGHT[model.get("large")] + (now.still ? SAVED : 0),
    };
    scene.update(picture);

    const parts = equations(picture);
    sums.forEach((line, n) => {
      const [name, terms, result] = parts[n] ?? ["", "", ""];
      if (line.dataset.text === name + terms + result) return;
      line.dataset.text = name + terms + result;
      line.replaceChildren(name, terms, h("b", { text: result }));
    });
    const changed = changedText(now);
    count.hidden = changed === null;
    setText(count, `● ${changed ?? ""}`);
    readout.show(sizeLines(now.layer), code(now.layer));
    const about = shell.warning() || dependence(picture);
    const moved = controls.moved();
    const limit = () => moved && bindingLimit(now.layer, poolBounds(boundable(now), MOST), moved);
    setText(help, about || limit() || HELP);
    setAttribute(help, "data-kind", shell.warning() ? "warning" : null);
    shell.say(about || [parts.flat().join(""), changed].filter(Boolean).join("; "));
  }

  return shell.close;
}

export default { render };
