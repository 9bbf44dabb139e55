// ResidualExplorer: the block of a ResNet as a diagram, a signal and its gradient in it, and many blocks in a row.

import { h, setAttribute, setText } from "./js/dom.js";
import { ARROWS, openShell } from "./js/shell.js";
import { createPlayer } from "./js/player.js";
import { createReadout } from "./js/formula.js";
import { clamp } from "./js/arithmetic.js";
import { createControls } from "./js/residual_explorer/controls.js";
import { createCurves } from "./js/residual_explorer/curves.js";
import { createDepth } from "./js/residual_explorer/depth.js";
import { createDiagram } from "./js/residual_explorer/diagram.js";
import { createFlow } from "./js/residual_explorer/flow.js";
import { gradientSum, valueSum } from "./js/residual_explorer/arithmetic.js";
import { atBlock, depthCode, summary } from "./js/residual_explorer/depth_text.js";
import { MOST, TRAITS, createReader, runBack, stages } from "./js/residual_explorer/state.js";
import { bindingText, blockFormula, partTexts } from "./js/residual_explorer/text.js";

const HELP = {
  block: "Click a part for its formula, or press ↑ ↓. A click on the skip, or × beside a norm or ReLU, switches it.",
  signal: "∂ v: how the chosen output changes with v. Point at an output, click or press arrows to choose it; at any number to see how it is made. A norm uses the mean and variance of these numbers alone. Double-click x to edit.",
  depth: "Sizes are root mean squares; x and the gradient at the end have 1. Point at a block, or press ← →.",
};
const HEIGHT = { true: 20.2, false: 30 }; // em of the signal; large: what a projector's 720 pixels leave

function render({ model, el }) {
  let state = null;
  let looked = null; // {kind, name, cell} under the pointer: this view's own, never sent
  let pointed = null; // the block under the pointer

  const shell = openShell({
    model, el, label: "Residual explorer", draw, traits: TRAITS,
    keys: {
      ...Object.fromEntries(Object.keys(ARROWS).map((key) => [key, arrow])),
      Escape: free,
      " ": () => view() !== "block" && player.toggle(),
    },
  });
  const { on, root, set, save, commit, redraw, warn } = shell;
  root.classList.add("cnn-res");
  shell.listen(TRAITS, () => { state = null; });
  const reader = createReader(model);
  const read = () => (state ??= reader());
  const view = () => model.get("view");

  /** Change traits, and keep what is chosen inside what is left. */
  function change(changes) {
    if (changes.view) player.stop();
    set(changes);
    state = null;
    const { part, pinned, step } = read();
    const inside = { part, pinned, step, position: Math.min(model.get("position"), model.get("blocks")) };
    set(Object.fromEntries(Object.entries(inside).filter(([name, v]) => String(v) !== String(model.get(name)))));
    redraw();
  }
  function free() {
    looked = pointed = null;
    commit({ part: null, step: null, ...(view() === "signal" ? { pinned: null } : {}) });
    redraw();
  }
  shell.onReset(() => { looked = pointed = null; });

  // ---- steps -------------------------------------------------------------------------------------------------
  function choosePart(by) {
    const { names, part } = read();
    change({ part: names[clamp((part === null ? -1 : names.indexOf(part)) + by, names.length)] });
  }
  const STEPS = {
    signal(by) {
      const { step, signal } = read();
      const last = stages(signal.parts).length - 1;
      if (step === null && by > 0) change({ step: 0 });
      else change({ step: clamp((step ?? last) + by, last + 1) });
      return read().step !== step;
    },
    depth(by) {
      const before = model.get("position");
      change({ position: clamp(before + by, model.get("blocks") + 1) });
      return model.get("position") !== before;
    },
  };
  const player = createPlayer({
    on, onClose: shell.onClose, onReset: shell.onReset, rested: save, speed: 2,
    step: (by) => STEPS[view()](by),
    begin() {
      const { step, signal } = read();
      const deep = view() === "depth";
      const last = stages(signal.parts).length - 1;
      const atEnd = deep ? model.get("position") === model.get("blocks") : step === null || step === last;
      if (atEnd) change(deep ? { position: 0 } : { step: 0 });
      return atEnd;
    },
  });
  function arrow(event) {
    const [down, right] = ARROWS[event.key];
    player.stop();
    if (view() === "block") {
      choosePart(down + right);
      if (event.target.closest(".cnn-res-rows")) queueMicrotask(() => diagram.focusPart());
    } else if (view() === "depth") change({ position: clamp(model.get("position") + right - down, model.get("blocks") + 1) });
    else {
      const { pinned, size } = read();
      looked = null;
      change({ pinned: (pinned ?? [0, 0]).map((at, a) => clamp(at + (pinned === null ? 0 : [down, right][a]), size[a])) });
    }
    save();
  }

  // ---- nodes -------------------------------------------------------------------------------------------------
  const controls = createControls({ on, onReset: shell.onReset, model, read, change, save, warn, redraw });
  const choose = (name) => {
    change({ part: read().part === name ? null : name });
    save();
  };
  const diagram = createDiagram({ on, choose, toggle: controls.toggle });
  const flow = createFlow({
    on, choose, invalid: warn,
    look(target) {
      looked = target;
      redraw();
    },
    aim(cell) {
      looked = null;
      change({ pinned: cell });
    },
    release: save,
    edit([r, c], value) {
      const input = structuredClone(model.get("input"));
      input[r][c] = value;
      change({ input });
      save();
    },
  });
  const depth = createDepth(MOST.blocks);
  const curves = createCurves({
    on,
    point(n) {
      pointed = n;
      redraw();
    },
    leave() {
      pointed = null;
      redraw();
    },
    press(n) {
      pointed = null;
      change({ position: n });
      save();
    },
  });
  const views = { block: diagram, signal: flow, depth: curves };

  const sum = h("div", { class: "cnn-sum" });
  const help = h("div", { class: "cnn-help" });
  const readout = createReadout(on);
  root.append(
    h("div", { class: "cnn-bar" }, ...controls.top, h("span", { class: "cnn-right" }, ...shell.corner)),
    h("div", { class: "cnn-bar cnn-res-settings" }, ...controls.bottom, player.root),
    ...Object.values(views).map((one) => one.root),
    sum, readout.root, help, shell.live,
  );

  // ---- drawing -----------------------------------------------------------------------------------------------
  let said = {};
  function texts({ block, part }) {
    if (said.block !== block || said.part !== part) said = { block, part, list: partTexts(block, part) };
    return said.list;
  }
  /** Each draws its view and returns [the sentence, the readout's lines, the code]. */
  const DRAW = {
    block(now) {
      diagram.update(now, model.get("large"));
      const [text, code] = texts(now);
      return [text, [blockFormula(now.block)], code];
    },
    signal(now) {
      const { signal, pinned } = now;
      const isOutput = looked?.kind === "value" && looked.name === signal.last;
      const inside = looked && (looked.kind === "value" ? signal.values : signal.values[looked.name] ? signal.values : { [looked.name]: signal.values.x });
      if (looked && inside[looked.name]?.[looked.cell[0]]?.[looked.cell[1]] === undefined) looked = null;
      const target = isOutput && looked ? looked.cell : pinned;
      const gradients = runBack(signal, target);
      flow.update({
        state: now, gradients, target, looked, width: Math.max(40, shell.width()),
        height: HEIGHT[model.get("large")],
      });
      const about = looked && looked.kind === "gradient"
        ? gradientSum(signal, gradients, looked.name, looked.cell, target)
        : looked && !isOutput ? valueSum(signal, looked.name, looked.cell) : outputText(now, gradients, target);
      return [about, [signalText(now)], texts(now)[1]];
    },
    depth(now) {
      const norms = readNorms(now);
      const position = Math.min(pointed ?? model.get("position"), model.get("blocks"));
      curves.update(norms, position);
      return [summary(norms), [atBlock(norms, position)], codeOf(now.block)];
    },
  };
  let coded = {};
  function codeOf(block) {
    const blocks = model.get("blocks");
    if (coded.block !== block || coded.blocks !== blocks) coded = { block, blocks, text: depthCode(block, blocks) };
    return coded.text;
  }
  let known = {};
  function readNorms({ settings }) {
    const how = ["blocks", "scale", "seed"].map((name) => model.get(name));
    const { block, skip, norm, activation, order } = settings;
    const of = [block, skip, norm, activation, order, ...how].join();
    if (known.of !== of) known = { of, norms: depth.run(settings, ...how) };
    return known.norms;
  }

  let shown = null; // the state that the controls show
  function draw() {
    const now = read();
    if (shown !== now) controls.show(now);
    shown = now;
    setAttribute(root, "data-view", view());
    const room = shell.width();
    setAttribute(root, "data-room", room < 48 ? "little" : room < 61.5 ? "some" : "enough");
    player.root.hidden = view() === "block";
    for (const [name, one] of Object.entries(views)) one.root.hidden = name !== view();
    const [text, lines, code] = DRAW[view()](now);
    const [start, result] = Array.isArray(text) ? text : [text, ""];
    if (sum.dataset.text !== start + result) {
      sum.dataset.text = start + result;
      sum.replaceChildren(start, h("b", { text: result }));
    }
    readout.show(lines, code);
    const about = shell.warning() || (view() === "depth" ? null : bindingText(now.block));
    setText(help, about || HELP[view()]);
    setAttribute(help, "data-kind", shell.warning() ? "warning" : about ? "limit" : null);
    shell.say(shell.warning() || [start + result, ...lines].join("; "));
  }

  return shell.close;
}

/** The chosen output's gradient at the middle of x, as the sum of its two ways. */
function outputText({ signal, pinned }, gradients, target) {
  const of = target ? `y[${target.join(", ")}]` : "the sum of all outputs";
  if (!gradients.skip) return [`Gradient of ${of}: without a skip, all of it came through F.`, ""];
  const cell = cellOf(gradients, target, signal);
  const [start, result] = gradientSum(signal, gradients, "x", cell, pinned);
  return [`Gradient of ${of}: ${start}`, result];
}

/** A cell of x that the skip carries the gradient to; the first one for the sum. */
function cellOf({ skip }, target, { values }) {
  const row = skip.findIndex((line) => line.some((v) => v !== 0));
  if (row >= 0) return [row, skip[row].findIndex((v) => v !== 0)];
  return target ? target.map((at, a) => Math.min(at, [values.x.length, values.x[0].length][a] - 1)) : [0, 0];
}

function signalText({ block, settings }) {
  const norm = settings.norm ? "; norms in train mode" : "";
  return `${blockFormula(block)}, one channel${norm}`;
}

export default { render };
