// ChannelExplorer: which input channels each output channel sees, and what that saves.

import { h, choice, setText, slider } from "./js/dom.js";
import { openShell } from "./js/shell.js";
import { createChannelMatrix } from "./js/channel_explorer/matrix.js";
import { createChannelWiring } from "./js/channel_explorer/wiring.js";
import { createReadout } from "./js/formula.js";
import { pair } from "./js/arithmetic.js";
import { MOST, exists, legalGroups, lit, multiplications, stages, weightShape, weights } from "./js/channel_explorer/channels.js";
import { PRESETS, preset, presetOf } from "./js/channel_explorer/presets.js";
import { NAMES, code, groupLimit, ratio, savings, told } from "./js/channel_explorer/text.js";
import { grouped, plural, times } from "./js/numbers.js";

const SETTINGS = ["in_channels", "out_channels", "groups", "kernel_size", "output_size", "separable"];
const HELP = "Point at a channel or a kernel, or press arrow keys there; click or Enter pins, Esc frees.";
const HEIGHT = 15; // em of the drawings
const COSTS = 25; // em of the table

const total = (numbers) => numbers.reduce((a, b) => a + b);
const keyOf = (target) => target && JSON.stringify(Object.entries(target).sort());
const same = (a, b) => keyOf(a) === keyOf(b);

function render({ model, el }) {
  let hovered = null; // a target: this view's own, never sent
  let moved = false; // whether channels or groups were changed last: then the rule of the groups is told
  let wanted = null; // the groups before the channels began to move: 8 → 7 → 8 channels loses nothing

  const shell = openShell({
    model, el, label: "Channel explorer", draw, traits: [...SETTINGS, "pinned"],
    keys: { Escape: () => { hovered = null; moved = false; shell.commit({ pinned: null }); } },
  });
  const { on, root, set, save, commit, redraw } = shell;

  // ---- state -------------------------------------------------------------------------------------------------
  function read() {
    const setting = Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
    return { ...setting, kernel_size: pair(setting.kernel_size), output_size: pair(setting.output_size) };
  }
  /** Change settings, and free a pinned channel that they take away. */
  function change(changes) {
    set(changes);
    const pinned = model.get("pinned");
    if (pinned && !exists(pinned, stages(read()))) set({ pinned: null });
    redraw();
  }
  function channels(name, value) {
    wanted ??= model.get("groups");
    moved = true;
    const legal = legalGroups({ ...read(), [name]: value });
    change({ [name]: value, groups: legal.filter((g) => g <= wanted).at(-1) });
  }
  const rest = () => { wanted = null; save(); };

  const hover = (target) => {
    if (same(target, hovered)) return;
    hovered = target;
    redraw();
  };
  const press = (target) => commit({ pinned: same(target, model.get("pinned")) ? null : target });

  // ---- nodes -------------------------------------------------------------------------------------------------
  const presets = choice(on, {
    label: "layer", options: Object.fromEntries(PRESETS.map((name) => [name, name])),
    change(name) {
      moved = false;
      change(preset(name, read()));
      save();
    },
  });
  const counted = (label, input, end = save) =>
    ({ [label]: slider(on, { label, min: 1, max: MOST[label], input, change: end }) });
  const sliders = {
    ...counted("in_channels", (v) => channels("in_channels", v), rest),
    ...counted("out_channels", (v) => channels("out_channels", v), rest),
    groups: slider(on, {
      label: "groups", max: 0, change: save,
      input(n) { moved = true; change({ groups: legalGroups(read())[n] }); },
    }),
    ...counted("kernel_size", (v) => change({ kernel_size: v })),
    ...counted("output_size", (v) => change({ output_size: v })),
  };
  const wiring = createChannelWiring({ on, hover, press });
  const matrices = [0, 1].map(() => createChannelMatrix({ on, hover, press }));
  const rows = h("tbody", {});
  const columns = ["", "weight", "parameters", "multiplications"].map((text) => h("th", { scope: "col", text }));
  const caption = h("caption", { text: "what it costs, without biases" });
  const table = h("table", { class: "cnn-costs" }, caption, h("thead", {}, h("tr", {}, ...columns)), rows);
  const sum = h("div", { class: "cnn-sum" });
  const help = h("div", { class: "cnn-help" });
  const readout = createReadout(on);
  root.append(
    h("div", { class: "cnn-bar" }, presets.root, h("span", { class: "cnn-right" }, ...shell.corner)),
    h("div", { class: "cnn-bar" }, ...Object.values(sliders).map((s) => s.root)),
    h("div", { class: "cnn-stage" }, wiring.root, ...matrices.map((m) => m.root), table),
    sum, readout.root, help, shell.live,
  );

  // ---- drawing -----------------------------------------------------------------------------------------------
  function draw() {
    const setting = read();
    const list = stages(setting);
    const target = [hovered, model.get("pinned")].find((t) => t && exists(t, list)) ?? null;
    const found = target && lit(target, list);
    showControls(setting);

    const room = Math.max(40, shell.width());
    const square = list.length > 1 ? Math.min(13.5, Math.max(9.5, (room - COSTS - 20) / 2)) : HEIGHT + 1;
    const beside = room - list.length * (square + 1.3) - COSTS - 1.3; // where this is too little, the table goes below
    const wide = beside > 13 ? Math.min(19, beside) : 16;
    const kernels = list.map((stage) => {
      const [filters, seen] = weightShape(stage);
      return `${plural(filters * seen, "kernel")} of ${times(stage.kernel_size)}`;
    });
    const [inputs, outputs] = [plural(setting.in_channels, "input"), plural(setting.out_channels, "output")];
    const all = `${inputs}, ${outputs}: ${kernels.join(", then ")}`;
    const text = target ? told(target, list) : all;
    const about = target ? ` ${text}.` : "";
    const picture = { list, target, found, height: HEIGHT };
    const lines = `Inputs left, outputs right, a line for each kernel. ${all}.${about}`;
    wiring.update({ ...picture, width: wide, description: lines });
    matrices.forEach((matrix, n) => {
      const stage = list[n];
      matrix.root.hidden = !stage;
      if (!stage) return;
      const name = list.length > 1 ? ["depthwise", "1×1"][n] : `weight (${weightShape(stage).join(", ")})`;
      const axes = `a row for each ${NAMES[stage.to]}, a column for each ${NAMES[stage.from]}`;
      const description = `${name}: ${axes}; ${kernels[n]}.${about}`;
      matrix.update({ ...picture, stage, name, width: square, description });
    });
    showCosts(setting, list);
    setText(sum, text);
    readout.show([savings(setting)], code(list));
    const rule = moved && !setting.separable ? groupLimit(setting) : "";
    setText(help, rule || HELP);
    shell.say(rule && !target ? `${text}; ${rule}` : text);
  }

  function showControls(setting) {
    const legal = legalGroups(setting);
    presets.show(presetOf(setting));
    for (const name of ["in_channels", "out_channels"]) sliders[name].show(setting[name]);
    const groups = setting.separable ? `${setting.in_channels}, then 1` : String(setting.groups);
    sliders.groups.show(legal.indexOf(setting.groups), { max: legal.length - 1 }, groups);
    sliders.groups.box.disabled = setting.separable;
    for (const name of ["kernel_size", "output_size"]) {
      const [height, width] = setting[name];
      sliders[name].show(height, {}, height === width ? String(height) : `${height}×${width}`);
    }
  }

  /** A row for each layer, their sum, the standard layer of the same size, and the ratio of the two. */
  function showCosts(setting, list) {
    const numbers = (stage) => [weights(stage), multiplications(stage, setting.output_size)];
    const standard = stages({ ...setting, groups: 1, separable: false })[0];
    const sums = [0, 1].map((n) => total(list.map((stage) => numbers(stage)[n])));
    const row = (name, shape, values) => [name, shape && `(${shape.join(", ")})`, ...values];
    const named = list.length > 1 ? ["depthwise", "1×1"] : ["this layer"];
    const texts = [
      ...list.map((stage, n) => row(named[n], weightShape(stage), numbers(stage).map(grouped))),
      ...(list.length > 1 ? [row("together", "", sums.map(grouped))] : []),
      row("standard", weightShape(standard), numbers(standard).map(grouped)),
      row("ratio", "", sums.map((v, n) => ratio(v, numbers(standard)[n]))),
    ];
    const signature = texts.join("|");
    if (rows.dataset.signature === signature) return;
    rows.dataset.signature = signature;
    rows.replaceChildren(...texts.map(([name, ...cells]) =>
      h("tr", { "data-row": name }, h("th", { scope: "row", text: name }), ...cells.map((text) => h("td", { text })))));
  }

  return shell.close;
}

export default { render };
