// ReceptiveFieldExplorer: a stack of layers, a unit of one of them, and what it sees of the input.

import { h, choice, select, setAttribute, setText, slider } from "./js/dom.js";
import { ARROWS, openShell } from "./js/shell.js";
import { createReadout } from "./js/formula.js";
import { createPlayer } from "./js/player.js";
import { clamp, pair } from "./js/arithmetic.js";
import { range, times } from "./js/numbers.js";
import { withHistory } from "./js/history.js";
import { ends, fieldLaws, mapSizes, places, refusal, seesNothingNew, settings, trace } from "./js/receptive_fields.js";
import { layerCode } from "./js/receptive_field_explorer/code.js";
import { createEditor, UNDONE } from "./js/receptive_field_explorer/editor.js";
import { rowOf } from "./js/editable_rows.js";
import { createMap } from "./js/receptive_field_explorer/map.js";
import { createSection } from "./js/receptive_field_explorer/section.js";
import { layerText, nearest, recurrence, remarks, spoken, standingAt, unitText } from "./js/receptive_field_explorer/text.js";

const HELP = "Point at any unit, click or drag it. Arrow keys move it, Page ↑ ↓ choose the layer. "
  + "In the table Alt+↑ ↓ moves a layer, Delete removes it, Ctrl+Z takes back.";

function render({ model, el, history }) {
  let hovered = null; // {level, unit: [row, column]}: this view's own, never sent
  let known = null; // what is known of the stack, until it changes

  const shell = openShell({
    model, el, label: "Receptive field explorer", draw,
    traits: [...UNDONE, "_own", "layer", "unit", "axis"],
    keys: {
      ...Object.fromEntries(Object.keys(ARROWS).map((key) => [key, arrow])),
      PageUp: () => goToLayer(read().layer + 1), PageDown: () => goToLayer(read().layer - 1),
      Home: () => slideTo(0), End: () => slideTo(Infinity),
      " ": () => player.toggle(),
      Delete: ({ target }) => rowOf(target) >= 0 && editor.remove(),
    },
  });
  const { on, root, set, save, commit, redraw } = shell;
  const player = createPlayer({
    on, onClose: shell.onClose, onReset: shell.onReset, rested: save, speed: 5, what: "unit",
    begin() {
      const { unit, sizes, level } = read();
      const end = unit[along()] >= sizes[level][along()] - 1;
      if (end) slideTo(0);
      return end;
    },
    step(by) {
      const { unit } = read();
      slideTo(unit[along()] + by);
      return String(read().unit) !== String(unit);
    },
  });
  shell.onReset(() => { hovered = null; });

  // ---- state -------------------------------------------------------------------------------------------------
  const images = () => ({ ...model.get("_gallery"), ...model.get("_own") });
  const along = () => (model.get("axis") === "height" ? 0 : 1);
  const sizeOf = (image) => images()[image].shape.slice(0, 2);
  /** All of the stack: maps, laws, places; kept while it stays the same. */
  function readStack() {
    const [layers, input] = [model.get("layers"), pair(model.get("input_size"))];
    if (known?.layers === layers && String(known.input) === String(input)) return known;
    const wrong = refusal(layers, input);
    if (wrong) return (known = { layers, input, wrong });
    const { sizes } = mapSizes(layers, input);
    const { laws } = fieldLaws(layers);
    const reach = [0, 1].map((a) => {
      const all = laws.flatMap((law, level) => [ends(law, 0), ends(law, sizes[level][a] - 1)]).filter(Boolean);
      return [Math.min(...all.map(([first]) => first)), Math.max(...all.map(([, last]) => last))];
    });
    const names = layers.map((layer, n) => layer.name ?? layerText(layer));
    return (known = {
      layers, input, wrong: null, sizes, laws, reach, names, text: written(layers),
      places: places(layers, laws), nothingNew: seesNothingNew(laws, sizes),
    });
  }
  /** The stack, the chosen layer and its unit. */
  function read() {
    const info = readStack();
    if (info.wrong) return info;
    const layer = clamp(model.get("layer"), info.layers.length);
    const unit = model.get("unit").map((at, a) => clamp(at, info.sizes[layer + 1][a]));
    return { info, layer, level: layer + 1, unit, sizes: info.sizes };
  }

  // ---- gestures: the unit ------------------------------------------------------------------------------------
  function choose(level, unit) {
    hovered = null;
    const { sizes } = readStack();
    set({ layer: level - 1, unit: unit.map((at, a) => clamp(at, sizes[level][a])) });
    redraw();
  }
  function goToLayer(layer) {
    const { info, level, unit } = read();
    const next = clamp(layer, info.layers.length);
    choose(next + 1, nearest(info, level, unit, next + 1));
    save();
  }
  function slideTo(at) {
    const { level, unit } = read();
    choose(level, unit.with(along(), at));
  }
  function arrow(event) {
    const { level, unit, layer } = read();
    const [down, right] = ARROWS[event.key];
    if (rowOf(event.target) >= 0 && down) {
      editor.focusRow();
      return goToLayer(layer + down);
    }
    choose(level, [unit[0] + (event.shiftKey ? 8 : 1) * down, unit[1] + (event.shiftKey ? 8 : 1) * right]);
  }
  /** A unit along the axis of the section; across it stands nearest to the chosen one. */
  function across({ level, unit }) {
    const { info, level: from, unit: now } = read();
    return { level, unit: nearest(info, from, now, level).with(along(), unit) };
  }
  /** The chosen layer's unit that stands nearest to a place of the input. */
  function unitAt(place) {
    const { info, level } = read();
    return standingAt(info, place, level);
  }
  const legal = () => !readStack().wrong;
  const section = createSection({
    on,
    hover(target) {
      if (!target && !hovered || !legal()) return;
      hovered = target?.level > 0 ? across(target) : null;
      redraw();
    },
    press(target) {
      if (!legal()) return;
      const { level, unit } = target.level ? across(target) : { level: read().level, unit: onInput(target.unit) };
      choose(level, unit);
    },
    drag(target) {
      if (!legal()) return;
      choose(read().level, target.level ? read().unit.with(along(), target.unit) : onInput(target.unit));
    },
    release: save,
  });
  function onInput(pixel) {
    const { unit } = read();
    return unit.with(along(), unitAt([pixel, pixel])[along()]);
  }
  const map = createMap({
    on, release: save,
    hover() {},
    press: (place) => legal() && choose(read().level, unitAt(place)),
    drag: (place) => legal() && choose(read().level, unitAt(place)),
  });

  // ---- nodes -------------------------------------------------------------------------------------------------
  const cases = model.get("_cases");
  const names = (all) => Object.fromEntries(all.map((name) => [name, name]));
  const stacks = Object.fromEntries(Object.entries(cases).map(([name, { layers }]) => [written(layers), name]));
  const preset = select(on, {
    label: "network", options: { ...names(Object.keys(cases)), "": "your own" },
    change(name) {
      if (!name) return redraw();
      const { layers, image = "none", input_size } = structuredClone(cases[name]);
      const size = input_size ? { input_size } : {};
      editor.edit({ layers, image, ...size, layer: layers.length - 1, unit: null });
    },
  });
  const image = select(on, { label: "input", options: {}, change: (v) => { editor.edit({ image: v }); redraw(); } });
  const inputSize = slider(on, {
    label: "input_size", min: 8, max: 512,
    input: (v) => editor.change({ input_size: [v, v] }), change: () => editor.settle(),
  });
  const axis = choice(on, {
    label: "section along", options: names(["width", "height"]), change: (v) => commit({ axis: v }),
  });
  const editor = createEditor({
    model, shell, history, sizeOf, choose: goToLayer,
    stack: readStack, layers: () => readStack().layers, layer: () => read().layer, begin: () => { hovered = null; player.stop(); },
  });
  const { root: call, show: showCall } = createReadout(on);
  editor.tools.append(call.querySelector(".cnn-code"));
  const numbers = range(3).map(() => ({ steps: h("span", {}), made: h("b", {}) }));
  const sentenceBox = h("div", {});
  const formula = h("div", { class: "cnn-formula" },
    h("div", { class: "cnn-rf-law" }, ...numbers.map(({ steps, made }) => h("span", {}, steps, made))), sentenceBox);
  const remark = h("div", { class: "cnn-rf-remark" });
  const help = h("div", { class: "cnn-help" });
  root.classList.add("cnn-rf");
  root.append(
    h("div", { class: "cnn-bar" }, preset.root, image.root, inputSize.root, axis.root, player.root,
      h("span", { class: "cnn-right" }, ...shell.corner)),
    h("div", { class: "cnn-stage" }, section.root, map.root),
    h("div", { class: "cnn-readout" }, formula), remark, editor.tools, editor.scroll, help, shell.live,
  );

  // ---- drawing -----------------------------------------------------------------------------------------------
  let listed = null;
  function draw() {
    const now = read();
    if (now.wrong) return say(`Not possible: ${now.wrong.text}.`, "warning");
    const { info, layer } = now;
    const there = hovered?.unit.every((at, axis) => at < info.sizes[hovered.level]?.[axis]); // its layer may be gone
    const { level, unit } = there ? hovered : now;
    const a = along();
    const cone = {
      level,
      seen: trace(info.layers, level, unit[a], info.sizes.map((size) => size[a])),
      law: trace(info.layers, level, unit[a]),
    };
    const other = trace(info.layers, level, unit[1 - a], info.sizes.map((size) => size[1 - a]))[0];
    const seen = a ? [other, cone.seen[0]] : [cone.seen[0], other];
    const law = unit.map((at) => ends(info.laws[level], at));
    const sentence = unitText(unit, info.input, law, seen);
    const spokenText = spoken(info, level, sentence);

    if (listed !== model.get("_own")) {
      listed = model.get("_own");
      image.fill(names(Object.keys(images())));
    }
    const { input } = info;
    const free = model.get("image") === "none";
    preset.show(stacks[info.text] ?? "");
    image.show(model.get("image"));
    inputSize.root.hidden = !free;
    root.classList.toggle("cnn-rf-free", free);
    inputSize.show(input[0], {}, input[0] === input[1] ? String(input[0]) : times(input));
    axis.show(model.get("axis"));

    const large = model.get("large");
    const wide = Math.max(10, shell.width() - 1.7); // behind another tab it has no width
    const narrow = wide < 44;
    root.classList.toggle("cnn-rf-narrow", narrow);
    const tall = Math.min(large ? 12.2 : info.layers.length > 20 ? 24 : 17, 3 + 3.2 * info.laws.length);
    const ratio = (input[1] / input[0] + 0.2) / 1.2;
    const picture = Math.min(narrow ? wide : 0.42 * wide, Math.max(10, (tall - 1.6) * ratio));
    section.show(info, a, cone, [narrow ? wide : Math.min(80, wide - picture - 1), tall],
      `Section along the ${model.get("axis")}. ${spokenText}`);
    const { at, step } = info.places[level];
    map.show({
      picture: free ? null : images()[model.get("image")], input, room: [picture, tall - 1.6],
      name: `unit (${unit.join(", ")})`, text: spokenText,
      field: { law, seen, unit: unit.map((i) => at + step * i), reach: info.reach },
      lattice: info.sizes[level].map((count) => ({ at, step, count })),
    });
    recurrence(info, level - 1).forEach(([steps, made], i) => {
      setText(numbers[i].steps, `${steps} = `);
      setText(numbers[i].made, made);
    });
    setText(sentenceBox, `${sentence}.`);
    showCall([], layerCode(info.layers[level - 1]));
    setText(remark, remarks(info, level, cone.seen[0]));
    editor.show(info, layer);
    say(shell.warning() || HELP, shell.warning() ? "warning" : null, shell.warning() || spokenText);
  }
  function say(text, kindOf, live = text) {
    setText(help, text);
    setAttribute(help, "data-kind", kindOf);
    shell.say(live);
  }
  return shell.close;
}

/** Equal for equal stacks, whatever the order and the form of their settings. */
const written = (layers) => JSON.stringify(layers.map((layer) => Object.entries(settings(layer)).sort()));

export default withHistory(UNDONE, render);
