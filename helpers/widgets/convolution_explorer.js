// ConvolutionExplorer: input, kernel and output side by side, the window slides; also as a matrix and as wiring.

import { h, slider, select, choice, setAttribute, setText } from "./js/dom.js";
import { openShell } from "./js/shell.js";
import { createGrid } from "./js/grid.js";
import { createScene } from "./js/conv_scene.js";
import { createMatrix } from "./js/matrix.js";
import { createWiring } from "./js/wiring.js";
import { createPlayer } from "./js/player.js";
import { createReadout, sizeLines, torchCall } from "./js/formula.js";
import { format } from "./js/numbers.js";
import { bindingLimit, dependence, equation } from "./js/conv_text.js";
import { bounds, products, refusal, sameCell, sourceCell } from "./js/arithmetic.js";
import { INPUTS, kernelPresets, nameOf, resized, resizedKernel } from "./js/presets.js";
import { TRAITS, asInput, asKernel, readLayer, replaced } from "./js/layer_state.js";

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const HELP = "Drag to slide, or press arrow keys. Point at any cell to see what it feeds; click pins, Esc frees. Double-click to edit.";
const clamp = (v, most) => Math.min(Math.max(v, 0), most - 1);

function render({ model, el }) {
  let state = null;
  let hovered = null; // {grid, channel, cell}: this view's own, never sent
  let warning = "";
  let moved = null; // the setting whose slider moved last: its limit is named before others
  const cursor = { input: [0, 0, 0], kernel: [0, 0, 0] }; // channel, row, column of the keyboard

  const shell = openShell({
    model, el, label: "Convolution explorer", draw,
    traits: [...TRAITS, "view", "position", "filter", "pinned"],
    keys: {
      Escape: () => { hovered = null; shell.commit({ pinned: null }); },
      " ": () => player.toggle(),
    },
  });
  const { on, root, set, save, commit, redraw } = shell;
  shell.listen(TRAITS, () => { state = null; });

  // ---- state -------------------------------------------------------------------------------------------------
  const read = () => (state ??= readLayer(model));
  const filter = () => clamp(model.get("filter"), read().weight.length);
  const position = () => model.get("position").map((v, a) => clamp(v, read().outputSize[a]));
  const focus = () => {
    const f = hovered ?? model.get("pinned");
    if (!f) return null;
    const s = read();
    const exists = { input: s.input, kernel: s.applied[filter()], output: s.output }[f.grid]?.[f.channel];
    const padded = f.grid === "input" && sourceCell(f.cell, s.layer);
    return padded || exists?.[f.cell[0]]?.[f.cell[1]] !== undefined ? f : null;
  };
  const at = () => (focus()?.grid === "output" ? focus().cell : position());
  const active = () => (focus()?.grid === "output" ? focus().channel : filter());

  /** Change traits and keep position, filter and pin inside what is left. */
  function change(changes) {
    warning = "";
    set(changes);
    const { outputSize, weight } = read();
    set({
      position: model.get("position").map((v, a) => clamp(v, outputSize[a])),
      filter: clamp(model.get("filter"), weight.length),
      pinned: null,
    });
  }
  const moveTo = (cell) => {
    const { outputSize } = read();
    const next = cell.map((v, a) => clamp(v, outputSize[a]));
    if (!sameCell(next, position())) set({ position: next });
  };
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

  // ---- controls ----------------------------------------------------------------------------------------------
  const inputs = () => Object.fromEntries(Object.entries(INPUTS).map(([name, { make }]) => [name, make(...read().layer.size)]));
  const kernels = () => kernelPresets(model.get("_kernels"), read().input.length);
  const titled = (presets) => ({ ...Object.fromEntries(Object.keys(presets).map((n) => [n, n])), "": "your own" });

  const inputPreset = select(on, { label: "input", options: titled(INPUTS), change: takeInput });
  const kernelPreset = select(on, { label: "kernel", options: {}, change: takeKernel });
  let listed = 0;

  function takeInput(name) {
    if (!name) return redraw();
    const { layer, weight, input } = read();
    const planes = INPUTS[name].make(...(INPUTS[name].grows ? layer.size : [5, 5]));
    const changes = { input: asInput(planes) };
    if (planes.length !== input.length) {
      const fitting = kernelPresets(model.get("_kernels"), planes.length);
      changes.kernel = asKernel(Object.values(fitting)[0]);
      changes.bias = 0;
    }
    settle(changes, { size: [planes[0].length, planes[0][0].length], kernel_size: layer.kernel_size }, weight);
  }
  function takeKernel(name) {
    if (!name) return redraw();
    const weight = kernels()[name];
    settle({ kernel: asKernel(weight), bias: 0 }, { kernel_size: [weight[0][0].length, weight[0][0][0].length] });
  }
  /** Apply a preset; where the old stride, padding or dilation would make it illegal, go back to the plain ones. */
  function settle(changes, sizes) {
    const { layer } = read();
    const weight = changes.kernel ? (Array.isArray(changes.kernel[0][0]) ? changes.kernel[0][0] : changes.kernel) : null;
    const next = { ...layer, ...sizes, ...(weight ? { kernel_size: [weight.length, weight[0].length] } : {}) };
    const why = refusal(next);
    if (why) Object.assign(changes, { padding: 0, dilation: 1, stride: 1 });
    if (why && refusal({ ...next, padding: [0, 0], dilation: [1, 1] })) {
      warning = `Not changed: ${why}. A larger input or a smaller kernel would work.`;
      return redraw();
    }
    change(changes);
    if (why) warning = `Padding, dilation and stride went back to 0, 1 and 1: with the old ones ${why}.`;
    save();
  }

  const setting = (name, label, apply) =>
    slider(on, { label, min: name === "padding" ? 0 : 1, max: 4, input: (v) => { moved = name; apply(v); }, change: save });
  const sliders = {
    kernel_size: setting("kernel_size", "kernel_size", (v) => change({ kernel: asKernel(resizedKernel(read().weight, v, v)) })),
    stride: setting("stride", "stride", (v) => change({ stride: v })),
    padding: setting("padding", "padding", (v) => change({ padding: v })),
    dilation: setting("dilation", "dilation", (v) => change({ dilation: v })),
    size: setting("size", "input size", (v) => {
      const name = nameOf(read().input, inputs());
      const grows = name && INPUTS[name].grows;
      change({ input: asInput(grows ? INPUTS[name].make(v, v) : resized(read().input, v, v)) });
    }),
  };
  const bias = slider(on, {
    label: "bias", min: -10, max: 10, step: 1, change: save,
    input: (v) => change({ bias: read().weight.length === 1 ? v : replaced(read().bias, [filter()], v) }),
  });
  const modes = { zeros: "zeros", reflect: "reflect", replicate: "replicate", circular: "circular" };
  const mode = select(on, {
    label: "padding_mode", options: modes,
    change(value) {
      const why = refusal({ ...read().layer, padding_mode: value });
      if (why) {
        warning = `padding_mode stays ${read().layer.padding_mode}: ${why}. Less padding would work.`;
        return redraw();
      }
      change({ padding_mode: value });
      save();
    },
  });
  const operation = choice(on, {
    label: "operation",
    options: { "cross-correlation": "cross-correlation", convolution: "convolution" },
    change(value) {
      if (value !== model.get("operation")) turn();
      change({ operation: value });
      save();
    },
  });
  const view = choice(on, {
    label: "view", options: { slide: "slide", matrix: "matrix", wiring: "wiring" },
    change: (value) => commit({ view: value }),
  });
  const player = createPlayer({ on, onClose: shell.onClose, step: (by) => { hovered = null; step(by); }, rested: save });

  // ---- stage -------------------------------------------------------------------------------------------------
  const hover = (target) => { hovered = target; redraw(); };
  const pin = (target) => {
    const now = model.get("pinned");
    const again = now && target && now.grid === target.grid && now.channel === target.channel && sameCell(now.cell, target.cell);
    commit({ pinned: again ? null : target });
  };
  const targeted = (grid, channel) => (cell) => hover(cell && { grid, channel, cell });

  const matrix = createMatrix({ on, hover, press: (t) => t && pin(t) });
  const wiring = createWiring({ on, hover, press: (t) => t && pin(t) });

  function keyboard(grid, channel) {
    return (event) => {
      const arrow = ARROWS[event.key];
      const [, row, col] = grid === "output" ? [0, ...position()] : cursor[grid];
      const own = grids[grid][channel];
      if (arrow && grid === "output") {
        hovered = null;
        moveTo([row + arrow[0], col + arrow[1]]);
      } else if (arrow) {
        const plane = (grid === "input" ? read().input : read().weight[filter()])[0];
        const cell = [clamp(row + arrow[0], plane.length), clamp(col + arrow[1], plane[0].length)];
        cursor[grid] = [channel, ...cell];
        hover({ grid, channel, cell });
      } else if (event.key === "Enter" || event.key === "F2") {
        if (grid === "output") pin({ grid, channel, cell: [row, col] });
        else own.type([row, col]);
      } else if (/^[-−.\d]$/.test(event.key) && grid !== "output") own.type([row, col], event.key);
      else return;
      event.preventDefault();
    };
  }
  function inputGrid(m) {
    let start = null;
    return createGrid({
      on, role: "input", label: "input", keyed: keyboard("input", m), hover: targeted("input", m), invalid,
      press(cell) { start = cell; cursor.input = [m, ...cell]; },
      drag(cell) {
        if (start && sameCell(cell, start)) return;
        start = null; // the press has become a drag
        hovered = null;
        moveTo(windowAt(cell));
        redraw();
      },
      release() {
        if (start) pin({ grid: "input", channel: m, cell: start });
        else save();
      },
      edit(cell, value) { change({ input: asInput(replaced(read().input, [m, ...cell], value)) }); save(); },
    });
  }
  function kernelGrid(m) {
    // the cell that was typed into, seen through the flip
    const own = ([r, c]) => {
      const { flipped, layer: { kernel_size: [kh, kw] } } = read();
      return flipped ? [kh - 1 - r, kw - 1 - c] : [r, c];
    };
    return createGrid({
      on, role: "kernel", label: "kernel", keyed: keyboard("kernel", m), hover: targeted("kernel", m), invalid,
      press(cell) { cursor.kernel = [m, ...cell]; pin({ grid: "kernel", channel: m, cell }); },
      edit(cell, value) { change({ kernel: asKernel(replaced(read().weight, [filter(), m, ...own(cell)], value)) }); save(); },
    });
  }
  function outputGrid(o) {
    const go = (cell) => { hovered = null; set({ filter: o }); moveTo(cell); redraw(); };
    let start = null;
    return createGrid({
      on, role: "output", label: "output", keyed: keyboard("output", o), hover: targeted("output", o),
      press(cell) { start = cell; go(cell); },
      drag(cell) { if (start && !sameCell(start, cell)) start = null; go(cell); },
      release() { if (start) pin({ grid: "output", channel: o, cell: start }); else commit({ pinned: null }); },
    });
  }
  function invalid(text) { warning = text; redraw(); }
  function turn() {
    for (const { root: panel } of grids.kernel) {
      panel.classList.remove("cnn-turning");
      void panel.offsetWidth; // start the animation anew
      panel.classList.add("cnn-turning");
    }
  }

  const makers = {
    input: inputGrid,
    kernel: kernelGrid,
    product: () => createGrid({ on, role: "product", label: "products" }),
    output: outputGrid,
  };
  const scene = createScene({
    make: (role, channel) => makers[role](channel),
    aside: { matrix: matrix.root, wiring: wiring.root },
  });
  const { grids } = scene;
  // an arrow key is a gesture that ends when the key is let go
  on(scene.root, "keyup", (event) => ARROWS[event.key] && save());

  const sum = h("div", { class: "cnn-sum cnn-arithmetic" });
  const help = h("div", { class: "cnn-help" });
  const readout = createReadout(on);
  root.append(
    h("div", { class: "cnn-bar" }, inputPreset.root, kernelPreset.root, operation.root, view.root,
      h("span", { class: "cnn-right" }, ...shell.corner)),
    scene.root,
    sum,
    h("div", { class: "cnn-bar" }, player.root, ...["kernel_size", "stride", "padding"].map((n) => sliders[n].root), mode.root,
      ...["dilation", "size"].map((n) => sliders[n].root), bias.root),
    readout.root,
    help,
    shell.live,
  );

  // ---- drawing -----------------------------------------------------------------------------------------------
  function draw() {
    const now = read();
    drawControls(now);
    const view = model.get("view");
    const width = Math.max(40, shell.width()); // em
    const picture = {
      state: now, focus: focus(), at: at(), filter: active(), view: model.get("view"), width,
      cursor: (role, channel) =>
        document.activeElement === grids[role][channel].picture && cursor[role][0] === channel
          ? [{ name: "cursor", kind: "cursor", cells: [cursor[role].slice(1)] }]
          : [],
    };
    picture.taps = now.input.map((plane, m) => products(plane, now.applied[picture.filter][m], picture.at, now.layer));
    scene.update(picture);
    const beside = { ...picture, width: width - 17, height: scene.height };
    if (view === "matrix") matrix.update(beside);
    if (view === "wiring") wiring.update(beside);
    drawTexts(picture);
  }

  function drawControls({ layer, input, weight, bias: biases, flipped }) {
    if (listed !== input.length) {
      listed = input.length;
      kernelPreset.fill(titled(kernels()));
    }
    inputPreset.show(nameOf(input, inputs()) ?? "");
    kernelPreset.show(nameOf(weight, kernels()) ?? "");
    const limits = bounds(layer);
    for (const [name, control] of Object.entries(sliders)) {
      const value = layer[name];
      const top = Math.max(...value);
      // what Python set beyond the slider's end stays reachable, unless the other axis could not follow
      const end = sameCell(value, [top, top]) ? top : 0;
      control.show(top, { min: limits[name].min, max: Math.max(limits[name].max, end) },
        value[0] === value[1] ? String(value[0]) : `(${value[0]}, ${value[1]})`);
    }
    mode.show(layer.padding_mode);
    const b = biases[filter()];
    bias.show(b, { min: Math.min(-10, Math.floor(b)), max: Math.max(10, Math.ceil(b)) }, format(b));
    operation.show(flipped ? "convolution" : "cross-correlation");
    view.show(model.get("view"));
  }

  function drawTexts(picture) {
    const { layer, input, weight, bias: biases } = picture.state;
    const [name, terms, result] = equation(picture);
    const text = name + terms + result;
    if (sum.dataset.text !== text) {
      sum.dataset.text = text;
      sum.replaceChildren(name, terms, h("b", { text: result }));
    }
    readout.show(sizeLines(layer), torchCall({
      ...layer, in_channels: input.length, out_channels: weight.length, bias: biases.some((b) => b !== 0),
    }));
    const about = warning || dependence(picture);
    setText(help, about || bindingLimit(layer, bounds(layer), moved) || HELP);
    setAttribute(help, "data-kind", warning ? "warning" : null);
    shell.say(about || text);
  }

  return shell.close;
}

export default { render };
