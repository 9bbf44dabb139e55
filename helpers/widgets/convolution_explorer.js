// ConvolutionExplorer: input, kernel and output side by side, the window slides; also as a matrix and as wiring.

import { h, setAttribute, setText } from "./js/dom.js";
import { openShell } from "./js/shell.js";
import { createControls } from "./js/convolution_explorer/controls.js";
import { createGrid } from "./js/grid.js";
import { createScene } from "./js/convolution_explorer/scene.js";
import { createSliding } from "./js/sliding.js";
import { createMatrix } from "./js/matrix.js";
import { createWiring } from "./js/convolution_explorer/wiring.js";
import { createPlayer } from "./js/player.js";
import { createReadout, sizeLines, torchCall } from "./js/formula.js";
import { dependence, equation } from "./js/convolution_explorer/text.js";
import { bindingLimit, bounds, clamp, outputsFedBy, products, sourceCell } from "./js/arithmetic.js";
import { TRAITS, asInput, asKernel, readLayer, replaced } from "./js/convolution_explorer/state.js";

const HELP = "Drag to slide, or press arrow keys. Point at any cell to see what it feeds; click or P pins, Esc frees. "
  + "Double-click to edit.";
const ASIDE = 17; // em beside the matrix and the wiring

function render({ model, el }) {
  let state = null;

  const shell = openShell({
    model, el, label: "Convolution explorer", draw,
    traits: [...TRAITS, "view", "position", "filter", "pinned"],
    keys: {
      Escape: () => sliding.free(),
      " ": () => player.toggle(),
    },
  });
  const { on, root, set, save, commit, redraw, warn } = shell;
  shell.listen(TRAITS, () => { state = null; });

  // ---- state -------------------------------------------------------------------------------------------------
  const read = () => (state ??= readLayer(model));
  const filter = () => clamp(model.get("filter"), read().weight.length);
  const sliding = createSliding({
    model, shell, read,
    space(grid) {
      const { input, applied, output, layer: { size, padding, kernel_size }, outputSize } = read();
      return {
        input: { size, channels: input.length, border: padding },
        kernel: { size: kernel_size, channels: applied[0].length },
        output: { size: outputSize, channels: output.length },
      }[grid];
    },
    choose: (grid, channel) => grid === "output" && set({ filter: channel }),
    gridOf: (grid, channel) => grids[grid][channel],
  });
  const { focus, hover, pin, moveTo, step } = sliding;
  const active = () => (focus()?.grid === "output" ? focus().channel : filter());

  /** Change traits and keep position, filter and pin inside what is left. */
  function change(changes) {
    set(changes);
    set({ ...sliding.inside(), filter: filter() });
  }
  const edited = (changes) => { change(changes); save(); };
  const editInput = (place, value) => edited({ input: asInput(replaced(read().input, place, value)) });
  function editKernel(m, [r, c], value) {
    const { flipped, weight, layer: { kernel_size: [kh, kw] } } = read();
    const own = flipped ? [kh - 1 - r, kw - 1 - c] : [r, c]; // the cell that was typed into, seen through the flip
    edited({ kernel: asKernel(replaced(weight, [filter(), m, ...own], value)) });
  }

  // ---- gestures ----------------------------------------------------------------------------------------------
  const makers = {
    input: (m) => createGrid({
      ...sliding.input("input", m), role: "input", label: "input",
      edit: (cell, value) => editInput([m, ...cell], value),
    }),
    kernel: (m) => createGrid({
      ...sliding.kernel("kernel", m), role: "kernel", label: "kernel",
      edit: (cell, value) => editKernel(m, cell, value),
    }),
    product: () => createGrid({ on, role: "product", label: "products" }),
    output: (o) => createGrid({ ...sliding.output("output", o), role: "output", label: "output" }),
  };

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
  sliding.follow(scene.root);

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
      state: now, focus: focus(), at: sliding.at(), filter: active(), cursor: sliding.cursor,
      view: model.get("view"), width: Math.max(40, shell.width()),
    };
    picture.taps = now.input.map((plane, m) => products(plane, now.applied[picture.filter][m], picture.at, now.layer));
    if (picture.focus?.grid === "input")
      picture.fed = outputsFedBy(sourceCell(picture.focus.cell, now.layer), now.layer);
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
