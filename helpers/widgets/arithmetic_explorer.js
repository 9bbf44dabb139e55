// ArithmeticExplorer: where every number of an output size comes from, for a convolution and a transposed one.

import { h, setAttribute, setText } from "./js/dom.js";
import { ARROWS, openShell } from "./js/shell.js";
import { bindingLimit, clamp, sameCell } from "./js/arithmetic.js";
import { TRAITS, MOST_OUTPUT, VIEWS, readState, turnedAround } from "./js/arithmetic_explorer/state.js";
import { createControls, limitsOf } from "./js/arithmetic_explorer/controls.js";
import { createScene } from "./js/arithmetic_explorer/scene.js";
import { dependence, formula, sum } from "./js/arithmetic_explorer/text.js";
import { createCounts } from "./js/arithmetic_explorer/counts.js";
import { createGrid } from "./js/grid.js";
import { createLegend } from "./js/arithmetic_explorer/legend.js";
import { createMatrices } from "./js/arithmetic_explorer/matrices.js";
import { createPlayer } from "./js/player.js";
import { createReadout, torchCall, transposedCall } from "./js/formula.js";
import { createSolver } from "./js/arithmetic_explorer/solver.js";

const HELP = "Drag to slide, or press arrow keys. Point at any cell to see what it feeds or copies; click pins, Esc frees.";
const HEIGHT = { true: 15, false: 20 }; // em for the picture: in large it has to fit a projector's 720 pixels
const MATRIX_HEIGHT = { true: 15, false: 27 }; // C and its transpose are as high as one of them is wide
const TITLES = 2.6; // em above the grids
const GRIDS = new Set(["slide", "stamp", "stretch"]);

function render({ model, el }) {
  let state = null;
  let hovered = null; // {grid, cell}: this view's own, never sent
  const cursor = { input: [0, 0], kernel: [0, 0], output: [0, 0] };

  const shell = openShell({
    model, el, label: "Arithmetic explorer", draw,
    traits: [...TRAITS, "view", "position", "pinned", "building", "apart", "hide", "wanted", "fixed"],
    keys: {
      Escape: () => { player.stop(); hovered = null; shell.commit({ pinned: null }); },
      " ": () => player.toggle(),
    },
  });
  const { on, root, set, save, redraw, warn } = shell;
  shell.listen(TRAITS, () => { state = null; });

  // ---- state -------------------------------------------------------------------------------------------------
  const read = () => (state ??= readState(model));
  const view = () => (VIEWS[read().transposed][model.get("view")] ? model.get("view") : Object.keys(VIEWS[read().transposed])[0]);
  /** The grid whose cells the position counts: what is stamped, or what is computed. */
  const home = () => (view() === "stamp" ? "input" : "output");
  const places = () => (view() === "stamp" ? read().layer.size : read().outputSize);
  const position = () => model.get("position").map((v, a) => clamp(v, places()[a]));

  /** Whether {grid, cell} is there; the border counts, around the input or, cut off, around a transposed output. */
  function exists({ grid, cell }) {
    const { layer, outputSize, transposed } = read();
    const size = { input: layer.size, kernel: layer.kernel_size, output: outputSize }[grid];
    const before = grid === (transposed ? "output" : "input") ? layer.padding : [0, 0];
    const after = before.map((p, a) => (transposed ? Math.max(0, p - layer.output_padding[a]) : p));
    return cell.every((v, a) => v >= -before[a] && v < size[a] + after[a]);
  }
  const focus = () => [hovered, model.get("pinned")].find((target) => target && exists(target)) ?? null;
  const at = () => {
    const target = focus();
    return target?.grid === home() && target.cell.every((v, a) => v >= 0 && v < places()[a]) ? target.cell : position();
  };

  /** Change traits and keep view, position and pin inside what is left. */
  function change(changes) {
    set(changes);
    const pinned = model.get("pinned");
    set({ view: view() });
    set({ position: position(), pinned: pinned && exists(pinned) ? pinned : null });
  }
  const commit = (changes) => { change(changes); save(); };
  function moveTo(cell) {
    hovered = null;
    if (model.get("pinned")?.grid === home()) set({ pinned: null });
    const next = cell.map((v, a) => clamp(v, places()[a]));
    if (!sameCell(next, position())) set({ position: next });
    redraw();
  }
  const filling = () => view() === "stamp" && model.get("building");
  function step(by) {
    const [height, width] = places();
    const [r, c] = position();
    const n = r * width + c + by;
    if (filling() && n === height * width && player.playing) return false; // the finished output stays
    const next = (n + height * width) % (height * width);
    moveTo([Math.floor(next / width), next % width]);
  }
  /** Playing fills the output from the first stamp on, again if it is full. */
  function begin() {
    if (!filling()) return false;
    if (sameCell(position(), places().map((n) => n - 1))) moveTo([0, 0]);
    return sameCell(position(), [0, 0]);
  }
  /** The position whose window or stamp has its middle nearest to a cell that it slides over. */
  const nearest = (cell) => {
    const { kernel_size, dilation, stride, padding } = read().layer;
    const [s, p] = view() === "stretch" ? [[1, 1], [0, 0]] : [stride, padding];
    return cell.map((v, a) => Math.round((v + p[a] - (dilation[a] * (kernel_size[a] - 1)) / 2) / s[a]));
  };

  // ---- gestures ----------------------------------------------------------------------------------------------
  const hover = (target) => { hovered = target; redraw(); };
  const pin = (target) => {
    const now = model.get("pinned");
    shell.commit({ pinned: now && now.grid === target.grid && sameCell(now.cell, target.cell) ? null : target });
  };
  /** A cell of a grid on the page as the layer's own: the stretched input and the spread kernel are larger. */
  function own(grid, cell) {
    const { layer: { dilation, kernel_size }, wide } = read();
    if (!cell) return null;
    if (grid === "input" && view() === "stretch") return wide.source(cell);
    if (grid !== "kernel") return cell;
    if (cell.some((v, a) => v % dilation[a])) return null;
    const tap = cell.map((v, a) => v / dilation[a]);
    return view() === "stretch" ? tap.map((v, a) => kernel_size[a] - 1 - v) : tap;
  }
  const sliding = () => (view() === "stamp" ? "output" : "input"); // the grid that the window or stamp moves over

  function makeGrid(role) {
    let start = null;
    const target = (cell) => own(role, cell) && { grid: role, cell: own(role, cell) };
    return createGrid({
      on, role, label: role, keyed: keyboard(role),
      hover: (cell) => hover(target(cell)),
      press(cell) {
        start = cell;
        cursor[role] = own(role, cell) ?? cursor[role];
        if (role === home()) moveTo(cell);
      },
      drag(cell) {
        if (role === "kernel" || (start && sameCell(cell, start))) return;
        start = null; // the press has become a drag
        moveTo(role === sliding() ? nearest(cell) : cell);
      },
      release() {
        const pressed = start && target(start);
        if (pressed && role !== home()) pin(pressed);
        else save();
      },
    });
  }
  function keyboard(role) {
    return (event) => {
      const arrow = ARROWS[event.key];
      if (arrow && role === home()) moveTo(position().map((v, a) => v + arrow[a]));
      else if (arrow) {
        const next = cursor[role].map((v, a) => v + arrow[a]);
        if (exists({ grid: role, cell: next })) cursor[role] = next;
        hover({ grid: role, cell: cursor[role] });
      } else if (event.key === "Enter" && role !== home()) pin({ grid: role, cell: cursor[role] });
      else return;
      event.preventDefault();
    };
  }

  // ---- nodes -------------------------------------------------------------------------------------------------
  const controls = createControls({ on, model, read, change, save, commit, warn, redraw });
  const player = createPlayer({ on, onClose: shell.onClose, onReset: shell.onReset, step, begin, rested: save });
  const scene = createScene({ make: makeGrid });
  const besides = {
    matrix: createMatrices({ on, hover, press: (target) => target && (target.grid === "output" ? (moveTo(target.cell), save()) : pin(target)) }),
    counts: createCounts({
      on,
      hover: (cell) => hover(cell && { grid: read().transposed ? "output" : "input", cell }),
      press: (cell) => cell && pin({ grid: read().transposed ? "output" : "input", cell }),
    }),
  };
  const legend = createLegend();
  scene.root.append(h("div", { class: "cnn-beside" }, legend.root, controls.building));
  const solver = createSolver({ on, commit, redraw, most: MOST_OUTPUT });
  // an arrow key is a gesture that ends when the key is let go
  on(scene.root, "keyup", (event) => ARROWS[event.key] && save());
  for (const type of ["focusin", "focusout"]) on(scene.root, type, redraw);

  const stage = h("div", {}, scene.root, besides.matrix.root, besides.counts.root);
  const sumLine = h("div", { class: "cnn-sum" });
  const help = h("div", { class: "cnn-help" });
  const readout = createReadout(on, controls.ask);
  root.classList.add("cnn-arithmetic");
  root.append(
    h("div", { class: "cnn-bar" }, ...controls.top, h("span", { class: "cnn-right" }, ...shell.corner)),
    stage,
    sumLine,
    h("div", { class: "cnn-bar" }, player.root, ...controls.bottom),
    readout.root,
    solver.root,
    help,
    shell.live,
  );

  // ---- drawing -----------------------------------------------------------------------------------------------
  function draw() {
    const now = read();
    const shown = view();
    controls.show(now);
    setAttribute(root, "data-hide", String(model.get("hide")));
    const large = model.get("large");
    const height = (shown === "matrix" ? MATRIX_HEIGHT : HEIGHT)[large];
    const room = { large, height, width: Math.max(40, shell.width()) };
    const picture = {
      state: now, view: shown, focus: focus(), at: at(), building: model.get("building"), ...room,
      cursor: (role) => (root.getRootNode().activeElement === scene.grids[role].picture && role !== home()
        ? [{ name: "cursor", kind: "cursor", cells: [cursor[role]] }] : []),
    };
    stage.style.minHeight = `${room.height + TITLES}em`; // so that no slider moves away from under the pointer
    scene.root.hidden = !GRIDS.has(shown);
    for (const [name, panel] of Object.entries(besides)) panel.root.hidden = name !== shown;
    if (GRIDS.has(shown)) scene.update(picture);
    if (shown === "matrix") besides.matrix.update({ ...picture, turned: turnedAround(now) });
    if (shown === "counts") besides.counts.update({ transposed: now.transposed, layer: now.layer, at: countedCell(), focus: picture.focus, ...room, height: room.height + TITLES });
    legend.update(now, shown);
    solver.update({ ...now, wanted: model.get("wanted"), fixed: model.get("fixed"), split: split(now.layer) });
    drawTexts(picture);
  }
  const split = (layer) => model.get("apart") || Object.values(layer).some((v) => Array.isArray(v) && v[0] !== v[1]);
  /** The cell that the counts outline: the one in focus there, or one near the position. */
  function countedCell() {
    const grid = read().transposed ? "output" : "input";
    const size = grid === "output" ? read().outputSize : read().layer.size;
    const target = focus();
    return target?.grid === grid ? target.cell : position().map((v, a) => clamp(v, size[a]));
  }

  function drawTexts(picture) {
    const { layer, transposed } = picture.state;
    const hide = model.get("hide");
    const [name, terms, result] = hide ? ["Which size has the output? Untick “hide” to see it.", "", ""] : sum(picture);
    const text = name + terms + result;
    const lines = formula(picture.state, hide);
    if (sumLine.dataset.text !== text) {
      sumLine.dataset.text = text;
      sumLine.replaceChildren(name, terms, h("b", { text: result }));
    }
    sumLine.style.visibility = picture.view === "counts" ? "hidden" : "";
    player.root.style.visibility = sumLine.style.visibility; // nothing slides there
    const channels = { in_channels: 1, out_channels: 1, bias: false };
    readout.show(lines, transposed ? transposedCall({ ...layer, ...channels }) : torchCall({ ...layer, output_padding: [0, 0], ...channels }));
    const about = shell.warning() || (!hide && dependence(picture));
    const moved = controls.moved();
    setText(help, about || (moved && bindingLimit(layer, limitsOf(layer, transposed), moved)) || HELP);
    setAttribute(help, "data-kind", shell.warning() ? "warning" : null);
    shell.say(about || `${lines.join("; ")}. ${text}`);
  }

  return shell.close;
}

export default { render };
