// UNetExplorer: the U to scale, following sliders and switches; what a pixel sees; the maps of a trained network.

import { button, h, setAttribute, setText } from "./js/dom.js";
import { ARROWS, openShell } from "./js/shell.js";
import { createReadout } from "./js/formula.js";
import { clamp, pair } from "./js/arithmetic.js";
import { times } from "./js/numbers.js";
import { unpack } from "./js/feature_map_explorer/maps.js";
import { SETTINGS, nodeCode, readUNet, unetCode } from "./js/unet_explorer/graph.js";
import { layOut } from "./js/unet_explorer/layout.js";
import { createDrawing, createLegend } from "./js/unet_explorer/drawing.js";
import { createPanel, createTiles } from "./js/unet_explorer/panel.js";
import { agree, createControls } from "./js/unet_explorer/controls.js";
import { chain, description, nodeFormula, nodeText, pixelText, seenBy, stopText, totals } from "./js/unet_explorer/text.js";

const HELP = "Point at a map, click or press arrows to choose one. Point at the output: what that pixel sees. S: skips, V: same or valid, U: up.";
// em: the U, with maps below it and without; and the panel beside it
const ROOM = { true: { tall: 18.7, maps: 5, panel: 9.5 }, false: { tall: 33, maps: 6.5, panel: 15 } };
const [LETTER, BUTTON] = [0.62, 12]; // em: about what a bold letter and a cure's button take across

function render({ model, el }) {
  let net = null;
  let layout = { of: null };
  let [over, pointed] = [null, null]; // a map, an output's pixel under the pointer: this view's own, never sent
  const unpacked = new Map();

  const traits = [...SETTINGS, "selected", "pixel"];
  const shell = openShell({
    model, el, label: "U-Net explorer", draw, traits,
    keys: {
      ...Object.fromEntries(Object.keys(ARROWS).map((key) => [key, arrow])),
      Home: () => commit({ selected: "input" }), End: () => commit({ selected: "output" }),
      Enter: () => commit({ selected: chosen() ? null : over ?? "input" }),
      Escape: free,
      s: () => commit({ skip: !model.get("skip") }),
      v: () => commit({ padding: model.get("padding") === "same" ? "valid" : "same" }),
      u: () => commit({ up: model.get("up") === "conv" ? "resize" : "conv" }),
    },
  });
  const { on, root, set, save, redraw } = shell;
  root.classList.add("cnn-unet");
  shell.listen(SETTINGS, () => { net = null; });
  shell.onReset(() => { over = pointed = null; });

  // ---- state -------------------------------------------------------------------------------------------------
  const settings = () => Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
  const read = () => (net ??= readUNet(settings()));
  const chosen = () => (read().byName.has(model.get("selected")) ? model.get("selected") : null);
  function pinned() {
    const [pixel, { output }] = [model.get("pixel"), read()];
    return pixel === null || !output ? null : pair(pixel).map((at, axis) => clamp(at, output[axis]));
  }
  /** Change traits, and keep what is chosen inside what is left. */
  function change(changes) {
    if (changes.padding === "valid") changes = { ...changes, padding_mode: "zeros" };
    set(changes);
    if (SETTINGS.some((name) => name in changes)) net = null;
    if (chosen() !== model.get("selected")) set({ selected: null });
    if (read().output && String(pinned()) !== String(model.get("pixel"))) set({ pixel: pinned() });
    redraw();
  }
  function commit(changes) {
    change(changes);
    save();
  }
  function free() {
    over = pointed = null;
    commit({ selected: null, pixel: null });
  }
  function arrow(event) {
    if (event.target.closest(".cnn-unet-panel") && read().output) {
      const at = pinned() ?? read().output.map((side) => side >> 1);
      return commit({ pixel: at.map((v, axis) => clamp(v + ARROWS[event.key][axis], read().output[axis])) });
    }
    const [down, right] = ARROWS[event.key];
    const { nodes } = read();
    const at = nodes.findIndex(({ name }) => name === chosen());
    over = null;
    if (right || at < 0) return commit({ selected: nodes[clamp(at + (right || 1), nodes.length)].name });
    const { level, arm } = nodes[at];
    const onArm = (node) => node.arm === arm || node.arm === "bottom" || arm === "bottom";
    const there = nodes.filter((node) => node.level === level + down && onArm(node) && node.kind !== "pool");
    if (there.length) commit({ selected: there.at(there[0].arm === "up" ? -1 : 0).name });
  }

  // ---- maps of a trained network -----------------------------------------------------------------------------
  const taken = model.get("_taken") ?? {};
  const trained = Object.keys(taken).length > 0;
  const showsMaps = () => trained && agree(settings(), taken);
  function mapsOf(name) {
    if (!unpacked.has(name)) {
      const { steps, ranges, shape, of } = model.get("_maps")[name];
      unpacked.set(name, { maps: unpack({ steps, ranges }, shape).image(0), of });
    }
    return unpacked.get(name);
  }
  const sourceOf = (name) => (name.startsWith("skip") ? read().byName.get(name).from[0] : name);

  // ---- nodes -------------------------------------------------------------------------------------------------
  const controls = createControls({ on, cases: model.get("_cases"), read: settings, change, save });
  const drawing = createDrawing({
    on,
    hover(name) {
      if (name === over) return;
      over = name;
      redraw();
    },
    press: (name) => commit({ selected: name === chosen() ? null : name }),
  });
  const aim = (pixel) => {
    pointed = null;
    change({ pixel });
  };
  const panel = createPanel({
    on, press: aim, drag: aim, release: save,
    hover(pixel) {
      if (String(pixel) === String(pointed)) return;
      pointed = pixel;
      redraw();
    },
    keyed(event) {
      if (event.key !== "Enter" || !read().output) return;
      event.preventDefault();
      commit({ pixel: pinned() ? null : read().output.map((side) => side >> 1) });
    },
  });
  const legend = createLegend();
  const tiles = createTiles();
  const total = h("div", { class: "cnn-unet-total" });
  const why = h("span");
  const cure = (what) => button(on, { text: what, click: () => commit({ input_size: whole(read().cures[what]) }) });
  const buttons = { pad: cure("pad"), crop: cure("crop") };
  const trouble = h("div", { class: "cnn-unet-stop" }, why, buttons.pad, buttons.crop);
  const hidden = h(
    "div", { class: "cnn-unet-stop" }, h("span", { text: "The maps are hidden: the trained network has other settings." }),
    button(on, { text: "back to them", click: () => commit({ ...taken }) }),
  );
  const sum = h("div", { class: "cnn-sum" });
  const help = h("div", { class: "cnn-help", text: HELP });
  const readout = createReadout(on);
  root.append(
    h("div", { class: "cnn-bar" }, ...controls.top, h("span", { class: "cnn-right" }, ...shell.corner)),
    h("div", { class: "cnn-bar cnn-unet-sliders" }, ...controls.bottom),
    total, trouble, hidden,
    h("div", { class: "cnn-unet-stage" }, h("div", { class: "cnn-unet-u" }, drawing.root, legend.root), panel.root), tiles.root,
    sum, readout.root, help, shell.live,
  );

  // ---- drawing -----------------------------------------------------------------------------------------------
  let shown = null; // the network that the controls and texts show
  function show(now) {
    controls.show(settings());
    setText(total, totals(now));
    legend.show(now.settings);
    trouble.hidden = !now.stop;
    if (now.stop) {
      setText(why, stopText(now));
      buttons.crop.hidden = !now.cures.crop;
      for (const [what, size] of Object.entries(now.cures)) if (size) setText(buttons[what], `${what} to ${times(size)}`);
    }
    hidden.hidden = !trained || showsMaps();
    shown = now;
  }
  function draw() {
    const now = read();
    if (shown !== now) show(now);
    const room = ROOM[model.get("large")];
    const withMaps = showsMaps();
    const lines = trouble.hidden ? Number(!hidden.hidden) : why.textContent.length * LETTER + 2 * BUTTON > shell.width() ? 2 : 1;
    const tall = room.tall - (withMaps ? room.maps : 0) - 2.4 * lines;
    const beside = Math.min(room.panel, 0.26 * shell.width());
    const wide = Math.max(24, shell.width() - beside - 1.2);
    const of = `${tall}|${wide.toFixed(1)}`;
    if (layout.net !== now || layout.of !== of) layout = { net: now, of, ...layOut(now, [tall, wide]) };
    if (over && !now.byName.has(over)) over = null;
    const selected = chosen();
    drawing.update(layout, { stop: now.stop?.name, description: description(now, selected) });
    drawing.mark(selected, over);

    const sees = seenBy(now, now.output && pointed ? pointed.map((at, axis) => clamp(at, now.output[axis])) : pinned());
    const maps = withMaps ? { input: mapsOf("input").maps, output: mapsOf("output").maps } : null;
    const seen = sees && pixelText(now, sees);
    panel.show(now, sees, maps, [tall, beside], { input: `The input. ${seen ?? "No output pixel is chosen."}`, output: `The output. ${seen ?? "Enter or arrows choose a pixel."}` });
    tiles.root.hidden = !withMaps;
    if (withMaps) {
      const { maps: planes, of: count } = mapsOf(sourceOf(selected ?? "output"));
      tiles.show(selected ?? "output", planes, count, [room.maps - 1.8, shell.width() - 1]);
    }
    const about = (pointed && sees ? null : over ?? selected);
    const text = about ? nodeText(now, about) : seen ?? "Nothing is chosen: the whole network. Point at one of its maps, or at the output";
    setText(sum, text);
    const line = about ? nodeFormula(now, about) : chain(now);
    readout.show([line], about ? nodeCode(now.byName.get(about), now.settings) : unetCode(now.settings));
    setText(help, shell.warning() || HELP);
    shell.say([now.stop ? why.textContent : totals(now), text, line].join("; "));
    setAttribute(root, "data-room", shell.width() < 50 ? "little" : "enough");
  }

  return shell.close;
}

const whole = (size) => (size[0] === size[1] ? size[0] : size);

export default { render };
