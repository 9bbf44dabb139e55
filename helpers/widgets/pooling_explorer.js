// PoolingExplorer: a window slides, a function takes its values; beside it the same input, moved by one pixel.

import { h, setAttribute, setText } from "./js/dom.js";
import { ARROWS, openShell } from "./js/shell.js";
import { createControls } from "./js/pooling_explorer/controls.js";
import { createGrid } from "./js/grid.js";
import { createPlayer } from "./js/player.js";
import { createReadout } from "./js/formula.js";
import { createScene } from "./js/pooling_explorer/scene.js";
import { MOST, TRAITS, asInput, boundable, isOutput, readState } from "./js/pooling_explorer/state.js";
import { changedText, code, dependence, equations, sizeLines } from "./js/pooling_explorer/text.js";
import { bindingLimit, clamp, sameCell } from "./js/arithmetic.js";
import { poolBounds } from "./js/pooling.js";

const HELP = "Drag to slide, or press arrow keys. Point at a pixel to see who reads it; click pins, Esc frees. "
  + "Double-click to edit.";
const HEIGHT = { true: 14, false: 18 }; // em of the grids; large: what a projector's 720 pixels leave
const ROLES = { input: "input", output: "output", shifted_input: "input", shifted_output: "output" };

function render({ model, el }) {
  let state = null;
  let hovered = null; // {grid, channel, cell}: this view's own, never sent
  const cursor = { input: [0, 0, 0], shifted_input: [0, 0, 0] }; // channel, row, column of the keyboard

  const shell = openShell({
    model, el, label: "Pooling explorer", draw, traits: [...TRAITS, "position", "channel", "pinned"],
    keys: {
      Escape: () => { hovered = null; shell.commit({ pinned: null }); },
      " ": () => player.toggle(),
    },
  });
  const { on, root, set, save, commit, redraw, warn } = shell;
  shell.listen(TRAITS, () => { state = null; });

  // ---- state -------------------------------------------------------------------------------------------------
  const read = () => (state ??= readState(model));
  const channel = () => clamp(model.get("channel"), read().input.length);
  const position = () => model.get("position").map((v, a) => clamp(v, read().outputSize[a]));

  /** Whether {grid, channel, cell} is there; the padded border counts as input. */
  function exists({ grid, channel: m, cell }) {
    const { input, layer: { size, padding }, outputSize } = read();
    const border = isOutput(grid) ? [0, 0] : padding;
    const most = isOutput(grid) ? outputSize : size;
    return m < input.length && cell.every((v, a) => v >= -border[a] && v < most[a] + border[a]);
  }
  const focus = () => [hovered, model.get("pinned")].find((target) => target && exists(target)) ?? null;
  const at = () => (focus() && isOutput(focus().grid) ? focus().cell : position());
  const active = () => focus()?.channel ?? channel();

  /** Change traits and keep position, channel and pin inside what is left. */
  function change(changes) {
    set(changes);
    const pinned = model.get("pinned");
    set({ position: position(), channel: channel(), pinned: pinned && exists(pinned) ? pinned : null });
  }
  /** Slide the window to an output; a pinned output gives way. */
  function moveTo(cell) {
    hovered = null;
    const pinned = model.get("pinned");
    if (pinned && isOutput(pinned.grid)) set({ pinned: null });
    const next = cell.map((v, a) => clamp(v, read().outputSize[a]));
    if (!sameCell(next, position())) set({ position: next });
    redraw();
  }
  /** The output whose window has its middle nearest to an input cell. */
  const windowAt = (cell) => {
    const { kernel_size, stride, padding } = read().layer;
    return cell.map((v, a) => Math.round((v + padding[a] - (kernel_size[a] - 1) / 2) / stride[a]));
  };
  function step(by) {
    const { outputSize: [height, width] } = read();
    const [r, c] = position();
    const n = (r * width + c + by + height * width) % (height * width);
    moveTo([Math.floor(n / width), n % width]);
  }

  // ---- gestures ----------------------------------------------------------------------------------------------
  const hover = (target) => { hovered = target; redraw(); };
  const pin = (target) => {
    const now = model.get("pinned");
    const again = now && now.grid === target.grid && now.channel === target.channel && sameCell(now.cell, target.cell);
    commit({ pinned: again ? null : target });
  };

  const cursorOf = (grid, m) => {
    const [of, r, c] = cursor[grid];
    const { size } = read().layer;
    return of === m ? [clamp(r, size[0]), clamp(c, size[1])] : [0, 0];
  };
  function keyboard(grid, m) {
    return (event) => {
      const arrow = ARROWS[event.key];
      const [row, col] = isOutput(grid) ? position() : cursorOf(grid, m);
      if (arrow && isOutput(grid)) {
        set({ channel: m });
        moveTo([row + arrow[0], col + arrow[1]]);
      } else if (arrow) {
        cursor[grid] = [m, row + arrow[0], col + arrow[1]];
        cursor[grid] = [m, ...cursorOf(grid, m)];
        hover({ grid, channel: m, cell: cursor[grid].slice(1) });
      } else if (grid === "input" && (event.key === "Enter" || event.key === "F2")) grids.input[m].type([row, col]);
      else if (grid === "input" && /^[-−.\d]$/.test(event.key)) grids.input[m].type([row, col], event.key);
      else if (grid === "shifted_input" && event.key === "Enter") pin({ grid, channel: m, cell: [row, col] });
      else return;
      event.preventDefault();
    };
  }

  function make(grid, m) {
    const common = {
      on, role: ROLES[grid], label: "input", keyed: keyboard(grid, m), invalid: warn,
      hover: (cell) => hover(cell && { grid, channel: m, cell }),
    };
    if (isOutput(grid)) {
      const go = (cell) => { set({ channel: m }); moveTo(cell); };
      return createGrid({ ...common, press: go, drag: go, release: save });
    }
    let start = null;
    return createGrid({
      ...common,
      press(cell) { start = cell; cursor[grid] = [m, ...cell]; },
      drag(cell) {
        if (start && sameCell(cell, start)) return;
        start = null; // the press has become a drag
        set({ channel: m });
        moveTo(windowAt(cell));
      },
      release() {
        if (start) pin({ grid, channel: m, cell: start });
        else save();
      },
      edit: grid === "input" ? (cell, value) => edit(m, cell, value) : undefined,
    });
  }
  function edit(m, [row, col], value) {
    const planes = structuredClone(read().input);
    planes[m][row][col] = value;
    change({ input: asInput(planes) });
    save();
  }

  // ---- nodes -------------------------------------------------------------------------------------------------
  const controls = createControls({ on, model, read, change, save, commit, warn, redraw });
  const player = createPlayer({ on, onClose: shell.onClose, onReset: shell.onReset, step, rested: save });
  const scene = createScene({ make });
  const { grids } = scene;
  // an arrow key is a gesture that ends when the key is let go
  on(scene.root, "keyup", (event) => ARROWS[event.key] && save());
  for (const type of ["focusin", "focusout"]) on(scene.root, type, redraw);

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
      state: now, focus: focus(), at: at(), channel: active(),
      width: Math.max(40, shell.width()), height: HEIGHT[model.get("large")],
      cursor: (grid, m) =>
        root.getRootNode().activeElement === grids[grid][m].picture
          ? [{ name: "cursor", kind: "cursor", cells: [cursorOf(grid, m)] }]
          : [],
    };
    scene.update(picture);

    const parts = equations(picture);
    parts.forEach(([name, terms, result], n) => {
      if (sums[n].dataset.text === name + terms + result) return;
      sums[n].dataset.text = name + terms + result;
      sums[n].replaceChildren(name, terms, h("b", { text: result }));
    });
    const changed = changedText(now);
    setText(count, `● ${changed}`);
    readout.show(sizeLines(now.layer), code(now.layer));
    const about = shell.warning() || dependence(picture);
    setText(help, about || bindingLimit(now.layer, poolBounds(boundable(now), MOST), controls.moved()) || HELP);
    setAttribute(help, "data-kind", shell.warning() ? "warning" : null);
    shell.say(about || `${parts.flat().join("")}; ${changed}`);
  }

  return shell.close;
}

export default { render };
