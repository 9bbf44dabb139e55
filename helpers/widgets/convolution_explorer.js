// ConvolutionExplorer: input, kernel and output side by side, the window slides; also as a matrix and as wiring.

import { h, setAttribute, setText } from "./js/dom.js";
import { ARROWS, openShell } from "./js/shell.js";
import { createControls } from "./js/convolution_explorer/controls.js";
import { createGrid } from "./js/grid.js";
import { createScene } from "./js/convolution_explorer/scene.js";
import { createMatrix } from "./js/matrix.js";
import { createWiring } from "./js/convolution_explorer/wiring.js";
import { createPlayer } from "./js/player.js";
import { createReadout, sizeLines, torchCall } from "./js/formula.js";
import { dependence, equation } from "./js/convolution_explorer/text.js";
import { bindingLimit, bounds, clamp, outputsFedBy, products, sameCell, sourceCell } from "./js/arithmetic.js";
import { TRAITS, asInput, asKernel, readLayer, replaced } from "./js/convolution_explorer/state.js";

const HELP = "Drag to slide, or press arrow keys. Point at any cell to see what it feeds; click pins, Esc frees. Double-click to edit.";
const ASIDE = 17; // em beside the matrix and the wiring

function render({ model, el }) {
  let state = null;
  let hovered = null; // {grid, channel, cell}: this view's own, never sent
  const cursor = { input: [0, 0, 0], kernel: [0, 0, 0] }; // channel, row, column of the keyboard

  const shell = openShell({
    model, el, label: "Convolution explorer", draw,
    traits: [...TRAITS, "view", "position", "filter", "pinned"],
    keys: {
      Escape: () => { hovered = null; shell.commit({ pinned: null }); },
      " ": () => player.toggle(),
    },
  });
  const { on, root, set, save, commit, redraw, warn } = shell;
  shell.listen(TRAITS, () => { state = null; });

  // ---- state -------------------------------------------------------------------------------------------------
  const read = () => (state ??= readLayer(model));
  const filter = () => clamp(model.get("filter"), read().weight.length);
  const position = () => model.get("position").map((v, a) => clamp(v, read().outputSize[a]));

  /** Whether {grid, channel, cell} is there; the padded border counts as input. */
  function exists({ grid, channel, cell }) {
    const { input, applied, output, layer: { size, padding, kernel_size }, outputSize } = read();
    const [from, to, channels] = {
      input: [padding.map((p) => -p), size.map((v, a) => v + padding[a]), input.length],
      kernel: [[0, 0], kernel_size, applied[0].length],
      output: [[0, 0], outputSize, output.length],
    }[grid];
    return channel < channels && cell.every((v, a) => v >= from[a] && v < to[a]);
  }
  const focus = () => [hovered, model.get("pinned")].find((target) => target && exists(target)) ?? null;
  const at = () => (focus()?.grid === "output" ? focus().cell : position());
  const active = () => (focus()?.grid === "output" ? focus().channel : filter());

  /** Change traits and keep position, filter and pin inside what is left. */
  function change(changes) {
    set(changes);
    const pinned = model.get("pinned");
    set({ position: position(), filter: filter(), pinned: pinned && exists(pinned) ? pinned : null });
  }
  /** Slide the window to an output; a pinned output gives way. */
  function moveTo(cell) {
    hovered = null;
    if (model.get("pinned")?.grid === "output") set({ pinned: null });
    const next = cell.map((v, a) => clamp(v, read().outputSize[a]));
    if (!sameCell(next, position())) set({ position: next });
    redraw();
  }
  /** The output whose window has its middle nearest to an input cell. */
  const windowAt = (cell) => {
    const { kernel_size, dilation, stride, padding } = read().layer;
    return cell.map((v, a) => Math.round((v + padding[a] - (dilation[a] * (kernel_size[a] - 1)) / 2) / stride[a]));
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
  const pointing = (grid, channel) => ({ on, keyed: keyboard(grid, channel), hover: (cell) => hover(cell && { grid, channel, cell }) });

  const cursorOf = (grid, channel) => {
    const plane = (grid === "input" ? read().input : read().weight[filter()])[channel];
    const [m, r, c] = cursor[grid];
    return m === channel ? [clamp(r, plane.length), clamp(c, plane[0].length)] : [0, 0];
  };
  function keyboard(grid, channel) {
    return (event) => {
      const arrow = ARROWS[event.key];
      const [row, col] = grid === "output" ? position() : cursorOf(grid, channel);
      if (arrow && grid === "output") moveTo([row + arrow[0], col + arrow[1]]);
      else if (arrow) {
        cursor[grid] = [channel, row + arrow[0], col + arrow[1]];
        cursor[grid] = [channel, ...cursorOf(grid, channel)];
        hover({ grid, channel, cell: cursor[grid].slice(1) });
      } else if (grid !== "output" && (event.key === "Enter" || event.key === "F2")) grids[grid][channel].type([row, col]);
      else if (grid !== "output" && /^[-−.\d]$/.test(event.key)) grids[grid][channel].type([row, col], event.key);
      else return;
      event.preventDefault();
    };
  }
  const edited = (changes) => { change(changes); save(); };

  function inputGrid(m) {
    let start = null;
    return createGrid({
      ...pointing("input", m), role: "input", label: "input", invalid: warn,
      press(cell) { start = cell; cursor.input = [m, ...cell]; },
      drag(cell) {
        if (start && sameCell(cell, start)) return;
        start = null; // the press has become a drag
        moveTo(windowAt(cell));
      },
      release() {
        if (start) pin({ grid: "input", channel: m, cell: start });
        else save();
      },
      edit: (cell, value) => edited({ input: asInput(replaced(read().input, [m, ...cell], value)) }),
    });
  }
  function kernelGrid(m) {
    // the cell that was typed into, seen through the flip
    const own = ([r, c]) => {
      const { flipped, layer: { kernel_size: [kh, kw] } } = read();
      return flipped ? [kh - 1 - r, kw - 1 - c] : [r, c];
    };
    return createGrid({
      ...pointing("kernel", m), role: "kernel", label: "kernel", invalid: warn,
      press(cell) { cursor.kernel = [m, ...cell]; pin({ grid: "kernel", channel: m, cell }); },
      edit: (cell, value) => edited({ kernel: asKernel(replaced(read().weight, [filter(), m, ...own(cell)], value)) }),
    });
  }
  function outputGrid(o) {
    const go = (cell) => { set({ filter: o }); moveTo(cell); };
    return createGrid({ ...pointing("output", o), role: "output", label: "output", press: go, drag: go, release: save });
  }
  const makers = { input: inputGrid, kernel: kernelGrid, product: () => createGrid({ on, role: "product", label: "products" }), output: outputGrid };

  function operate(value) {
    if (value !== model.get("operation"))
      for (const { root: panel } of grids.kernel) {
        panel.classList.remove("cnn-turning");
        void panel.offsetWidth; // start the animation anew
        panel.classList.add("cnn-turning");
      }
    edited({ operation: value });
  }

  // ---- nodes -------------------------------------------------------------------------------------------------
  const controls = createControls({ on, model, read, change, save, commit, filter, warn, redraw, operate });
  const player = createPlayer({ on, onClose: shell.onClose, onReset: shell.onReset, step, rested: save });
  function press(target) {
    if (target?.grid !== "output") return target && pin(target);
    moveTo(target.cell);
    save();
  }
  const matrix = createMatrix({ on, hover, press });
  const wiring = createWiring({ on, hover, press });
  const scene = createScene({
    make: (role, channel) => makers[role](channel),
    aside: { matrix: matrix.root, wiring: wiring.root },
  });
  const { grids } = scene;
  // an arrow key is a gesture that ends when the key is let go
  on(scene.root, "keyup", (event) => ARROWS[event.key] && save());
  for (const type of ["focusin", "focusout"]) on(scene.root, type, redraw);

  const sum = h("div", { class: "cnn-sum" });
  const help = h("div", { class: "cnn-help" });
  const readout = createReadout(on);
  root.append(
    h("div", { class: "cnn-bar" }, ...controls.top, h("span", { class: "cnn-right" }, ...shell.corner)),
    scene.root,
    sum,
    h("div", { class: "cnn-bar" }, player.root, ...controls.bottom),
    readout.root,
    help,
    shell.live,
  );

  // ---- drawing -----------------------------------------------------------------------------------------------
  function draw() {
    const now = read();
    controls.show(now);
    const picture = {
      state: now, focus: focus(), at: at(), filter: active(), view: model.get("view"), width: Math.max(40, shell.width()),
      cursor: (role, channel) =>
        root.getRootNode().activeElement === grids[role][channel].picture
          ? [{ name: "cursor", kind: "cursor", cells: [cursorOf(role, channel)] }]
          : [],
    };
    picture.taps = now.input.map((plane, m) => products(plane, now.applied[picture.filter][m], picture.at, now.layer));
    if (picture.focus?.grid === "input") picture.fed = outputsFedBy(sourceCell(picture.focus.cell, now.layer), now.layer);
    scene.update(picture);
    const beside = { ...picture, width: picture.width - ASIDE, height: scene.height };
    if (picture.view === "matrix") matrix.update(beside);
    if (picture.view === "wiring") wiring.update(beside);
    drawTexts(picture);
  }

  function drawTexts(picture) {
    const { layer, input, weight, bias } = picture.state;
    const [name, terms, result] = equation(picture);
    const text = name + terms + result;
    if (sum.dataset.text !== text) {
      sum.dataset.text = text;
      sum.replaceChildren(name, terms, h("b", { text: result }));
    }
    readout.show(sizeLines(layer), torchCall({
      ...layer, in_channels: input.length, out_channels: weight.length, bias: bias.some((b) => b !== 0),
    }));
    const about = shell.warning() || dependence(picture);
    setText(help, about || bindingLimit(layer, bounds(layer), controls.moved()) || HELP);
    setAttribute(help, "data-kind", shell.warning() ? "warning" : null);
    shell.say(about || text);
  }

  return shell.close;
}

export default { render };
