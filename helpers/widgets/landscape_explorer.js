// LandscapeExplorer: loss surfaces side by side, turned by one camera, on one scale; as contours; and cut.

import { h, checkbox, choice, slider, setAttribute, setText } from "./js/dom.js";
import { ARROWS, openShell } from "./js/shell.js";
import { clamp } from "./js/arithmetic.js";
import { createChart } from "./js/landscape_explorer/chart.js";
import { levelsOf } from "./js/landscape_explorer/contours.js";
import { countsOf, lowestOf } from "./js/landscape_explorer/cuts.js";
import { gradient, marksOf } from "./js/landscape_explorer/map.js";
import { createPanel } from "./js/landscape_explorer/panel.js";
import { scaleOf, turned, unpack } from "./js/landscape_explorer/surfaces.js";
import {
  ceilingText, degrees, describe, lossesText, notDrawn, placeText, short,
} from "./js/landscape_explorer/text.js";
import { createTurning } from "./js/landscape_explorer/turning.js";

const VIEWS = ["surface", "contours", "cut"];
const DIRECTIONS = ["direction 1", "direction 2"];
const TRAITS = ["view", "logarithmic", "ceiling", "camera", "position", "pinned", "along"];
const HELP = {
  surface: "Drag or arrow keys: turn, Space: slowly. Point: the losses there, click: pin, Shift + arrows: move, Esc: free.",
  contours: "Point: the losses there, click: pin, arrow keys: move, Esc: free.",
  cut: "Point: the losses there, click: pin, arrow keys: move, Esc: free. D: the other direction.",
};
const KEYS = " V: view, S: scale.";
const GAP = 1.2; // em between two canvases
const HIGH = { small: 34, large: 17.2 }; // em of a canvas
const STEPS = 100; // of the slider for the ceiling

function render({ model, el }) {
  const data = unpack(model.get("_packed"));
  const { names, rows, columns, surfaces, lowest, highest } = data;
  const positive = lowest > 0;
  const middle = [rows, columns].map((axis) => Math.floor(axis.length / 2));
  const known = surfaces.map((losses) => {
    const finite = losses.filter(Number.isFinite);
    return {
      losses, rows, columns, height: rows.length, width: columns.length,
      least: Math.min(...finite), greatest: Math.max(...finite),
      centre: losses[middle[0] * columns.length + middle[1]], lowest: lowestOf(losses, columns.length),
    };
  });
  let hovered = null; // a place: this view's own, never sent
  let moving = false; // the camera is turned by the pointer, or turns by itself

  const shell = openShell({
    model, el, label: "Loss landscapes", draw, traits: TRAITS,
    keys: {
      ...Object.fromEntries(Object.entries(ARROWS).map(([key, by]) => [key, (event) => arrow(by, event.shiftKey)])),
      " ": () => (turning.playing ? turning.stop() : play()),
      v: (event) => commit({ view: next(VIEWS, model.get("view"), event.shiftKey ? -1 : 1) }),
      d: () => commit({ along: next(DIRECTIONS, model.get("along"), 1) }),
      s: () => scaled(!model.get("logarithmic")),
      Enter: () => commit({ position: placeNow(), pinned: true }),
      Escape: free,
    },
  });
  const { on, root, set, save, commit, redraw, warn } = shell;
  const theme = new MutationObserver(() => redraw()); // what is drawn on a canvas keeps its colours
  theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });
  shell.onClose(() => theme.disconnect());

  // ---- state -------------------------------------------------------------------------------------------------
  const next = (of, now, by) => of[(of.indexOf(now) + by + of.length) % of.length];
  const inside = (place) => [clamp(place[0], rows.length), clamp(place[1], columns.length)];
  const placeNow = () => inside((!model.get("pinned") && hovered) || model.get("position"));
  function hover(place) {
    if (String(place) === String(hovered)) return;
    hovered = place;
    if (!model.get("pinned")) redraw();
  }
  function pin(place) {
    hovered = null;
    commit({ position: inside(place), pinned: true });
  }
  function free() {
    hovered = null;
    commit({ pinned: false });
    redraw();
  }
  const turn = (by) => set({ camera: turned(model.get("camera"), by) });
  function glide(by) {
    moving = true;
    turn(by);
  }
  function rest() {
    moving = false;
    save();
    redraw();
  }
  function arrow([down, right], shifted) {
    if (model.get("view") === "surface" && !shifted) return turn([-5 * right, -5 * down]);
    const [row, column] = placeNow();
    hovered = null;
    set({ position: inside([row - down, column + right]) }); // direction 2 grows upwards
    redraw();
  }
  on(root, "keyup", (event) => ARROWS[event.key] && save());
  function play() {
    if (model.get("view") !== "surface") commit({ view: "surface" });
    turning.start();
  }
  function scaled(logarithmic) {
    if (logarithmic && !positive) {
      return warn(`Not possible: the lowest loss is ${short(lowest)}, and only positive numbers have a logarithm.`);
    }
    commit({ logarithmic });
  }

  // ---- nodes -------------------------------------------------------------------------------------------------
  const view = choice(on, {
    label: "view", options: Object.fromEntries(VIEWS.map((name) => [name, name])), change: (v) => commit({ view: v }),
  });
  const scaleBox = checkbox(on, {
    label: "logarithmic", title: "Heights and colours on a logarithmic scale (S)", change: scaled,
  });
  // the slider is logarithmic where that is possible: the lowest losses lie close together
  const lossAt = (n) => {
    if (n >= STEPS || highest <= lowest) return null;
    const t = n / STEPS;
    const value = positive ? lowest * (highest / lowest) ** t : lowest + t * (highest - lowest);
    return Math.max(Number(value.toPrecision(2)), lowest + 0.001 * (highest - lowest));
  };
  const stepOf = (loss) => {
    if (loss === null || loss >= highest) return STEPS;
    const t = positive ? Math.log(loss / lowest) / Math.log(highest / lowest) : (loss - lowest) / (highest - lowest);
    return Math.round(Math.min(STEPS - 1, Math.max(1, STEPS * t)));
  };
  const ceiling = slider(on, {
    label: "ceiling", min: 1, max: STEPS, input: (n) => set({ ceiling: lossAt(n) }), change: save,
  });
  ceiling.root.classList.add("cnn-ceiling");
  const along = choice(on, {
    label: "cut along", options: Object.fromEntries(DIRECTIONS.map((name) => [name, name])),
    change: (v) => commit({ along: v }),
  });
  const turning = createTurning({
    on, onClose: shell.onClose, onReset: shell.onReset, turn: (by) => glide([by, 0]), rested: rest,
  });
  shell.listen(["view"], () => model.get("view") !== "surface" && turning.stop()); // where nothing turns
  shell.onReset(() => { hovered = null; moving = false; });
  const keyed = () => {}; // the keys are the widget's
  const panels = names.map(() => createPanel({ on, hover, click: pin, turn: glide, release: rest, keyed }));
  const atStep = (n) => {
    const [row, column] = model.get("position");
    return model.get("along") === "direction 1" ? [row, n] : [n, column];
  };
  const chart = createChart({
    on, names, keyed, hover: (n) => hover(n === null ? null : atStep(n)),
    press: (n) => set({ position: inside(atStep(n)), pinned: true }),
    drag: (n) => set({ position: inside(atStep(n)) }), release: save,
  });
  const pictures = h("div", { class: "cnn-landscapes" }, ...panels.map((panel) => panel.root));
  const bar = h("div", { class: "cnn-landscape-bar", "aria-hidden": "true" });
  const key = h("div", { class: "cnn-landscape-key" }, h("span", { text: "loss" }), bar);
  const there = h("div", { class: "cnn-there" });
  const seen = h("div", { class: "cnn-seen-from" });
  const lacking = h("div", { class: "cnn-not-drawn" });
  const help = h("div", { class: "cnn-help" });
  root.append(
    h("div", { class: "cnn-bar" }, view.root, scaleBox.root, ceiling.root, along.root, turning.root,
      h("span", { class: "cnn-right" }, ...shell.corner)),
    pictures, chart.root, key, h("div", { class: "cnn-there-line" }, there, seen), lacking, help, shell.live,
  );

  // ---- drawing -----------------------------------------------------------------------------------------------
  function lookNow() {
    const style = getComputedStyle(root);
    const color = (name) => style.getPropertyValue(`--cnn-${name}`).trim();
    return {
      em: parseFloat(style.fontSize), font: style.fontFamily,
      ink: color("ink"), soft: color("soft"), line: color("line"), fill: color("fill"),
    };
  }
  let barDrawn = "";
  function drawBar(scale, levels) {
    const wanted = `${scale.key}|${levels}`;
    if (barDrawn === wanted) return;
    barDrawn = wanted;
    const marks = marksOf(scale, levels, 0.05).map(([at, text]) =>
      h("span", { text, style: `left: ${(100 * at).toFixed(2)}%` }));
    bar.replaceChildren(h("div", { style: `background: ${gradient()}` }), ...marks);
  }

  let counted = { key: null };
  function countNow(scale) {
    if (counted.key !== scale.key) counted = { key: scale.key, counts: surfaces.map((losses) => countsOf(losses, scale.top)) };
    return counted.counts;
  }

  function draw() {
    const [shown, limit, place] = [model.get("view"), model.get("ceiling"), placeNow()];
    const scale = scaleOf(data, limit, positive && model.get("logarithmic"));
    const levels = levelsOf(scale, 9);
    const counts = countNow(scale);
    const flat = shown === "contours";
    const wide = shell.width();
    const high = HIGH[model.get("large") ? "large" : "small"];
    view.show(shown);
    scaleBox.show(model.get("logarithmic"));
    ceiling.show(stepOf(limit), {}, ceilingText(limit));
    along.show(model.get("along"));
    along.root.hidden = shown !== "cut";
    turning.root.hidden = shown !== "surface";
    pictures.hidden = shown === "cut";
    chart.root.hidden = shown !== "cut";
    key.hidden = shown === "cut";

    if (shown === "cut") {
      chart.update({ data, scale, levels, place, along: model.get("along"), room: [high + 1.6, wide] });
    } else {
      const each = (wide - GAP * (names.length - 1)) / names.length - 0.05;
      const room = [Math.min(high, flat ? each : 0.95 * each), each];
      const look = lookNow();
      const ratio = window.devicePixelRatio || 1;
      panels.forEach((panel, n) => panel.update({
        name: names[n], flat, room, ratio,
        text: `${describe(data, names[n], known[n], counts[n], limit)} ${flat ? "Contours" : degrees(model.get("camera"))}.`,
        drawing: { surface: known[n], scale, levels, camera: model.get("camera"), place, look, moving },
      }));
      drawBar(scale, levels);
    }

    const losses = surfaces.map((of) => of[place[0] * columns.length + place[1]]);
    const at = `${model.get("pinned") ? "pinned at " : ""}${placeText(data, place)}: `;
    const said = at + lossesText(names, losses);
    if (there.textContent !== said) there.replaceChildren(at, h("b", { text: lossesText(names, losses) }));
    setText(seen, shown === "surface" ? degrees(model.get("camera")) : "");
    setText(lacking, notDrawn(names, counts, limit));
    setText(help, shell.warning() || HELP[shown] + KEYS);
    setAttribute(help, "data-kind", shell.warning() ? "warning" : null);
    shell.say(shell.warning() || said);
  }

  return shell.close;
}

export default { render };
