// AccuracyMap: how often trained networks are right at every shift, and what they say to one digit there.

import { h, button, slider, setAttribute, setText } from "./js/dom.js";
import { ARROWS, openShell } from "./js/shell.js";
import { createPicture } from "./js/picture.js";
import { css, viridis } from "./js/colors.js";
import { range } from "./js/numbers.js";
import { clamp } from "./js/arithmetic.js";
import { chooseScale, extremes } from "./js/images.js";
import { shifted } from "./js/transforms.js";
import { createNetwork } from "./js/accuracy_map/network.js";
import { unpack } from "./js/accuracy_map/results.js";
import { digitText, percent, saidText, verdict } from "./js/accuracy_map/text.js";

const PARTS = ["accuracy", "images", "labels", "scores"];
const HELP = "Point at a shift, click to stay; or drag the digit, or use the arrow keys. "
  + "D: another digit, M: next mistake, 0: no shift.";
const [GAP, LEAST] = [1, 7.5]; // em between two maps, and across the smallest
const DIGIT = 10; // em of the digit's canvas, and of the legend below it
const MOST = { small: { map: 18, chart: 8.2 }, large: { map: 16.5, chart: 4.8 } }; // em high, together a projector's

function render({ model, el }) {
  let hovered = null; // a shift: this view's own, never sent
  let touched = 0; // the network whose map was used last
  let results = null;
  let networks = [];

  const shell = openShell({
    model, el, label: "Accuracy over all shifts", draw, traits: [...PARTS, "digit", "shift"],
    keys: {
      ...Object.fromEntries(Object.entries(ARROWS).map(([key, by]) => [key, () => move(by)])),
      d: (event) => another(event.shiftKey ? -1 : 1),
      m: mistake,
      0: () => { go([0, 0]); save(); },
      Escape: () => hover(null),
    },
  });
  const { on, root, set, save, commit, redraw, warn } = shell;
  shell.listen(PARTS, () => { results = null; });

  // ---- state -------------------------------------------------------------------------------------------------
  function read() {
    results ??= unpack(Object.fromEntries(PARTS.map((name) => [name, model.get(name)])));
    return results;
  }
  const inside = (shift) => shift.map((by) => clamp(by + read().radius, read().size) - read().radius);
  const shiftNow = () => inside(hovered ?? model.get("shift"));
  const digitNow = () => clamp(model.get("digit"), read().count);
  const touchedNow = () => clamp(touched, read().names.length);
  function hover(shift) {
    if (String(shift) === String(hovered)) return;
    hovered = shift;
    redraw();
  }
  function go(shift) {
    hovered = null;
    set({ shift: inside(shift) });
    redraw(); // the preview goes, even where the shift stays
  }
  const move = ([down, right]) => {
    const [row, column] = shiftNow();
    go([row + down, column + right]);
  };
  on(root, "keyup", (event) => ARROWS[event.key] && save());
  const another = (by) => commit({ digit: (digitNow() + by + read().count) % read().count });
  function mistake() {
    const { names, count, nextMistake, isRight } = read();
    const at = [touchedNow(), shiftNow()];
    const found = nextMistake(...at, digitNow());
    if (found !== null) return commit({ digit: found });
    const what = isRight(...at, digitNow()) ? `gets all ${count} digits right` : "gets only this digit wrong";
    warn(`${names[at[0]]} ${what} at this shift. Another shift has more mistakes, or another map: click it.`);
  }

  // ---- nodes -------------------------------------------------------------------------------------------------
  const digit = slider(on, { label: "digit", input: (v) => set({ digit: v }), change: save });
  const next = button(on, { text: "another digit", title: "The next digit (D)", click: () => another(1) });
  const wrong = button(on, {
    text: "next mistake", title: "The next digit that the network gets wrong here (M)", click: mistake,
  });

  let held = null; // where the digit was taken, and its shift then
  const picture = createPicture({
    on, role: "input", keyed() {}, // the arrow keys are the widget's
    press: (cell) => { held = { cell, shift: shiftNow() }; },
    drag: (cell) => go(cell.map((at, axis) => held.shift[axis] + at - held.cell[axis])),
    release: save,
  });
  picture.frame.hidden = true;
  const stops = range(9).map((n) => css(viridis(n / 8))).join(",");
  const colors = h("div", { class: "cnn-scale", style: `background: linear-gradient(to right, ${stops})` });
  const ticks = h("div", { class: "cnn-ticks" }, ...["0 %", "50 %", "100 %"].map((text) => h("span", { text })));
  const legend = h("div", { class: "cnn-accuracy-key" }, h("span", { text: "accuracy" }), colors, ticks,
    ...["dashed: no shift", "framed: this shift", "boxed: right class"].map((text) => h("span", { text })));
  const sum = h("div", { class: "cnn-sum" });
  const side = h("div", { class: "cnn-shifted", style: `width: ${DIGIT}em` }, picture.root, sum, legend);
  const maps = h("div", { class: "cnn-networks" });
  const help = h("div", { class: "cnn-help" });
  root.append(
    h("div", { class: "cnn-bar" }, digit.root, next, wrong, h("span", { class: "cnn-right" }, ...shell.corner)),
    h("div", { class: "cnn-stage cnn-accuracy" }, side, maps),
    help, shell.live,
  );

  /** One column per network, made anew only when their number changes. */
  function build({ names }) {
    if (networks.length === names.length) return;
    networks = names.map((_, n) => createNetwork({
      on, touch: () => { touched = n; redraw(); },
      hover, press: go, drag: go, release: save,
    }));
    maps.replaceChildren(...networks.map((network) => network.root));
  }

  // ---- drawing -----------------------------------------------------------------------------------------------
  /** As many maps beside each other as stay readable, in even rows, and no higher than a screen: {across, em, high}. */
  function arranged({ names: { length }, size }) {
    const wide = shell.width();
    const room = wide - (wide > 2.5 * DIGIT ? DIGIT + 1.5 : 0);
    const fitting = (across) => (room - GAP * (across - 1)) / across / size - 0.01;
    const abreast = range(length, 1).reverse().find((across) => fitting(across) * size > LEAST) ?? 1;
    const across = Math.ceil(length / Math.ceil(length / abreast));
    const most = MOST[model.get("large") ? "large" : "small"];
    return { across, em: Math.min(2, most.map / size, fitting(across)), high: most.chart };
  }

  function draw() {
    const now = read();
    build(now);
    const { names, label, count } = now;
    const [shift, n] = [shiftNow(), digitNow()];
    const { across, em, high } = arranged(now);
    maps.style.gridTemplateColumns = `repeat(${across}, max-content)`;
    networks.forEach((network, k) =>
      network.update({ results: now, n: k, shift, digit: n, em, high, touched: k === touchedNow() }));

    const { data, height, width } = shifted(now.plane(n), shift, false);
    picture.show([data], height, width, chooseScale(extremes(now.planes), { shown: "picture" }));
    const what = digitText(label(n), shift);
    picture.describe("input", `The input: ${what}.`, [DIGIT, DIGIT]);
    digit.show(n, { max: count - 1 }, `${n + 1} of ${count}`);
    setText(wrong, `next mistake of ${names[touchedNow()]}`);
    const said = names.map((name, k) => {
      const found = verdict(now.scores(k, shift, n), label(n));
      return `${name} ${saidText(found)}, ${percent(found.share)}`;
    });
    setText(sum, what);
    setText(help, shell.warning() || HELP);
    setAttribute(help, "data-kind", shell.warning() ? "warning" : null);
    shell.say(shell.warning() || `${what}: ${said.join("; ")}`);
  }

  return shell.close;
}

export default { render };
