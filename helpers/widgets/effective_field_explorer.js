// EffectiveFieldExplorer: effective receptive fields side by side, with the theoretical box and a square to drag.

import { h, button, checkbox, select, slider, setText } from "./js/dom.js";
import { openShell } from "./js/shell.js";
import { css, viridis } from "./js/colors.js";
import { clamp } from "./js/arithmetic.js";
import { plural, range } from "./js/numbers.js";
import { sharesOf, sideAt, sideHolding, unpack, viewOf } from "./js/effective_field_explorer/fields.js";
import { createPanel } from "./js/effective_field_explorer/panel.js";
import { percent } from "./js/effective_field_explorer/text.js";

const HELP = "Drag in a picture, or use the arrow keys: the square grows and shrinks. "
  + "N: next layer, S: scale, W: whole input.";
const SIGNS = "orange: the square · dashed box: the theory · cross: the unit · dot: centre of gravity · "
  + "dashed curve: Gaussian";
const [GAP, WORDS] = [1.3, 20]; // em between two pictures, and for the words below or beside them
// em that a picture is high and wide at most
const MOST = { one: { small: [32, 60], large: [16, 45] }, more: { small: [18, 38], large: [9.2, 38] } };

function render({ model, el }) {
  const { names, layers, most, fields } = unpack(model.get("_packed"));
  const views = layers.map((_, k) => viewOf(fields.map((of) => of[k])));
  const [{ height, width }] = fields[0];
  const wholeView = { top: 0, left: 0, height, width };
  let whole = false; // whether the pictures show all of the input, or what is around the theoretical box

  const shell = openShell({
    model, el, label: "Effective receptive fields", draw, traits: ["layer", "logarithmic", "side"],
    keys: {
      ArrowUp: () => grow(1), ArrowRight: () => grow(1), ArrowDown: () => grow(-1), ArrowLeft: () => grow(-1),
      n: (event) => another(event.shiftKey ? -1 : 1),
      s: () => commit({ logarithmic: !model.get("logarithmic") }),
      w: () => show(!whole),
    },
  });
  const { on, root, set, save, commit, redraw } = shell;
  shell.onReset(() => show(false));

  // ---- state -------------------------------------------------------------------------------------------------
  const layerNow = () => Math.max(0, layers.indexOf(model.get("layer")));
  const inside = (side) => 2 * clamp((side - 1) / 2, (most + 1) / 2) + 1;
  const grow = (by) => set({ side: inside(model.get("side") + 2 * by) });
  const enough = () => commit({ side: inside(sideHolding(sharesOf(fields[0][layerNow()]), 0.95)) });
  on(root, "keyup", (event) => event.key.startsWith("Arrow") && save());
  function another(by) {
    commit({ layer: layers[(layerNow() + by + layers.length) % layers.length] });
  }
  function show(all) {
    whole = all;
    redraw();
  }

  // ---- nodes -------------------------------------------------------------------------------------------------
  const options = Object.fromEntries(layers.map((name) => [name, name]));
  const layer = select(on, { label: "layer", options, change: (value) => commit({ layer: value }) });
  layer.root.hidden = layers.length < 2;
  const square = slider(on, {
    label: "square", min: 1, max: most, step: 2, format: (side) => `${side}×${side}`,
    input: (side) => set({ side }), change: save,
  });
  const holding = button(on, {
    text: "95 %", title: "The smallest square that holds 95 % of the first field", click: enough,
  });
  const scale = checkbox(on, {
    label: "logarithmic", title: "Down to a millionth of the largest value (S)",
    change: (value) => commit({ logarithmic: value }),
  });
  const input = checkbox(on, {
    label: "whole input", title: "All of the input, or what is around the theoretical box (W)", change: show,
  });
  const stops = range(9).map((n) => css(viridis(n / 8))).join(",");
  const lowest = h("span", {});
  const colors = h("div", { class: "cnn-colors" }, lowest,
    h("div", { class: "cnn-scale", style: `background: linear-gradient(to right, ${stops})` }),
    h("span", { text: "each one's largest" }));
  const panels = names.map((_, n) => {
    const to = (cell) => set({ side: inside(sideAt(fields[n][layerNow()].centre, cell)) });
    return createPanel({ on, press: to, drag: to, release: save });
  });
  const pictures = h("div", { class: "cnn-fields" }, ...panels.map((panel) => panel.root));
  root.append(
    h("div", { class: "cnn-bar cnn-field-bar" }, layer.root, square.root, holding, scale.root, input.root, colors,
      h("span", { class: "cnn-right" }, ...shell.corner)),
    pictures, h("div", { class: "cnn-signs", text: SIGNS }), h("div", { class: "cnn-help", text: HELP }), shell.live,
  );

  // ---- drawing -----------------------------------------------------------------------------------------------
  function draw() {
    const [k, side, logarithmic] = [layerNow(), model.get("side"), model.get("logarithmic")];
    const view = whole ? wholeView : views[k];
    layer.show(layers[k]);
    square.show(side);
    scale.show(logarithmic);
    input.show(whole);
    setText(lowest, logarithmic ? "a millionth" : "0");
    const one = names.length === 1;
    const [high, wide] = MOST[one ? "one" : "more"][model.get("large") ? "large" : "small"];
    const each = (shell.width() - GAP * (names.length - 1)) / names.length - 0.05;
    const room = [high, Math.min(wide, one ? each - WORDS - GAP : each)];
    const column = one ? each : Math.min(each, Math.max(WORDS, Math.min(room[1], (high * view.width) / view.height)));
    pictures.style.gridTemplateColumns = `repeat(${names.length}, ${column}em)`;
    const shares = panels.map((panel, n) =>
      panel.update({ name: names[n], layer: layers[k], field: fields[n][k], view, side, logarithmic, room }));
    const said = shares.map((share, n) => `${percent(share)} ${names[n]}`).join(", ");
    shell.say(`layer ${layers[k]}, a square of ${plural(side, "pixel")} a side: ${said}`);
  }

  return shell.close;
}

export default { render };
