// EffectiveFieldExplorer: effective receptive fields side by side, with the theoretical box and a square to drag.

import { h, checkbox, select, slider, setAttribute, setText } from "./js/dom.js";
import { openShell } from "./js/shell.js";
import { css, viridis } from "./js/colors.js";
import { clamp } from "./js/arithmetic.js";
import { plural, range } from "./js/numbers.js";
import { sideAt, unpack } from "./js/effective_field_explorer/fields.js";
import { createPanel } from "./js/effective_field_explorer/panel.js";
import { percent } from "./js/effective_field_explorer/text.js";

const HELP = "Drag in a picture, or use the arrow keys: the square grows and shrinks. "
  + "N: next layer, S: scale.";
const SIGNS = "solid orange: the square · dashed box: the theory · dashed curve: a Gaussian of the same width";
const [GAP, WIDEST] = [1.3, 40]; // em between two pictures, and for each of them
const HIGHEST = { small: [22, 18], large: [15, 10.5] }; // em of a picture beside and above its profile

function render({ model, el }) {
  let unpacked = null;
  let panels = [];

  const shell = openShell({
    model, el, label: "Effective receptive fields", draw, traits: ["_packed", "layer", "logarithmic", "side"],
    keys: {
      ArrowUp: () => grow(1), ArrowRight: () => grow(1), ArrowDown: () => grow(-1), ArrowLeft: () => grow(-1),
      n: (event) => another(event.shiftKey ? -1 : 1),
      s: () => commit({ logarithmic: !model.get("logarithmic") }),
    },
  });
  const { on, root, set, save, commit, redraw } = shell;
  shell.listen(["_packed"], () => { unpacked = null; });

  // ---- state -------------------------------------------------------------------------------------------------
  const read = () => (unpacked ??= cached(unpack(model.get("_packed"))));
  /** The same object for the same field, so that a panel draws it once. */
  function cached(all) {
    const fields = all.names.map((_, n) => all.layers.map((__, k) => all.field(n, k)));
    return { ...all, field: (n, k) => fields[n][k] };
  }
  const layerNow = () => Math.max(0, read().layers.indexOf(model.get("layer")));
  const inside = (side) => 2 * clamp((side - 1) / 2, (read().most + 1) / 2) + 1;
  const grow = (by) => set({ side: inside(model.get("side") + 2 * by) });
  on(root, "keyup", (event) => event.key.startsWith("Arrow") && save());
  function another(by) {
    const { layers } = read();
    commit({ layer: layers[(layerNow() + by + layers.length) % layers.length] });
  }

  // ---- nodes -------------------------------------------------------------------------------------------------
  const layer = select(on, { label: "layer", options: {}, change: (value) => commit({ layer: value }) });
  const square = slider(on, {
    label: "square", min: 1, step: 2, format: (side) => `${side}×${side}`,
    input: (side) => set({ side }), change: save,
  });
  const scale = checkbox(on, {
    label: "logarithmic", title: "Down to a millionth of the largest value (S)",
    change: (value) => commit({ logarithmic: value }),
  });
  const stops = range(9).map((n) => css(viridis(n / 8))).join(",");
  const lowest = h("span", {});
  const colors = h("div", { class: "cnn-colors" }, lowest,
    h("div", { class: "cnn-scale", style: `background: linear-gradient(to right, ${stops})` }),
    h("span", { text: "each one's largest" }));
  const fields = h("div", { class: "cnn-fields" });
  const help = h("div", { class: "cnn-help", text: HELP });
  root.append(
    h("div", { class: "cnn-bar" }, layer.root, square.root, scale.root, colors,
      h("span", { class: "cnn-right" }, ...shell.corner)),
    fields, h("div", { class: "cnn-signs", text: SIGNS }), help, shell.live,
  );

  /** A panel for each model, made anew only when their number changes. */
  function build({ names }) {
    if (panels.length === names.length) return;
    panels = names.map((_, n) => {
      const to = (cell) => set({ side: inside(sideAt(read().field(n, layerNow()).centre, cell)) });
      return createPanel({ on, press: to, drag: to, release: save });
    });
    fields.replaceChildren(...panels.map((panel) => panel.root));
  }

  let filled = "";
  // ---- drawing -----------------------------------------------------------------------------------------------
  function draw() {
    const { names, layers, most } = read();
    build(read());
    if (filled !== layers.join("\n")) {
      filled = layers.join("\n");
      layer.fill(Object.fromEntries(layers.map((name) => [name, name])));
    }
    layer.root.hidden = layers.length < 2;
    const [k, side, logarithmic] = [layerNow(), model.get("side"), model.get("logarithmic")];
    layer.show(layers[k]);
    square.show(side, { max: most });
    scale.show(logarithmic);
    setText(lowest, logarithmic ? "a millionth" : "0");
    const wide = Math.min(WIDEST, (shell.width() - GAP * (names.length - 1)) / names.length - 0.05);
    const room = [...HIGHEST[model.get("large") ? "large" : "small"], wide];
    fields.style.gridTemplateColumns = `repeat(${names.length}, ${wide}em)`;
    const found = panels.map((panel, n) => panel.update({
      name: names[n], layer: layers[k], field: read().field(n, k), side, logarithmic, room,
    }));
    const shares = found.map(({ share }, n) => `${percent(share)} ${names[n]}`).join(", ");
    shell.say(`layer ${layers[k]}, a square of ${plural(side, "pixel")} a side: ${shares}`);
  }

  return shell.close;
}

export default { render };
