// ShiftExplorer: does it matter whether a picture is moved before the layers or the maps after them?

import { h, choice, checkbox, select, setAttribute, setText, slider } from "./js/dom.js";
import { ARROWS, openShell } from "./js/shell.js";
import { createPlayer } from "./js/player.js";
import { PADDING_MODES } from "./js/arithmetic.js";
import { chooseScale, extremes, planesOf } from "./js/images.js";
import { forward, stackRefusal, totalStride } from "./js/layer_stack.js";
import { format } from "./js/numbers.js";
import { nameOf } from "./js/presets.js";
import { createChips } from "./js/shift_explorer/chips.js";
import { colorReach, commute, createSweep, inHundredths, LIMITS, SWEEPS } from "./js/shift_explorer/commute.js";
import { createCurve } from "./js/shift_explorer/curve.js";
import { SHORT_NAMES, STACKS } from "./js/shift_explorer/presets.js";
import { createSquare } from "./js/shift_explorer/square.js";
import { errorText, longestText, mapText, transformText, zerosText } from "./js/shift_explorer/text.js";

const STACK = ["image", "_own", "layers", "kernel", "padding_mode", "after"];
const MOVES = ["transform", "shift", "angle", "factor", "wrap"];
const SLICE = 4; // ms of the curve in one drawing
const REST = 120; // ms without a change of its row before it is computed anew
const HELP = {
  shift: "Drag g(x), or press arrow keys there (Shift: by 8). Drag the dot of the curve.",
  rotate: "Drag g(x) around its centre, or press ← and → there (Shift: by 15°).",
  scale: "Drag g(x) away from its centre, or press ← and → there.",
};
const QUOTIENT = "‖f(g(x)) − g(f(x))‖ / ‖g(f(x))‖";
const PICK = "A number before a layer shows the maps after it.";

const within = (value, low, high) => Math.min(high, Math.max(low, value));

function render({ model, el }) {
  let base = null; // what follows from picture and stack: it stays while g changes
  let sweep = null; // the curve, and for which g
  let now = null; // both ways around the square
  let resting = 0;

  const shell = openShell({
    model, el, label: "Shift explorer", draw, traits: [...STACK, ...MOVES],
    keys: {
      " ": () => player.toggle(),
      w: () => model.get("transform") === "shift" && commit({ wrap: !model.get("wrap") }),
    },
  });
  const { on, root, set, save, commit, redraw, warn } = shell;
  shell.listen(STACK, () => { base = sweep = now = null; });
  shell.listen(MOVES, () => { now = null; });

  shell.onClose(() => clearTimeout(resting));
  shell.onReset(() => {
    grabbed = null;
    curve.drop();
  });

  // ---- state -------------------------------------------------------------------------------------------------
  const images = () => ({ ...model.get("_gallery"), ...model.get("_own") });
  const readG = () => Object.fromEntries(MOVES.map((name) => [name, model.get(name)]));
  const readStack = () => Object.fromEntries(STACK.map((name) => [name, model.get(name)]));
  /** Why a picture cannot go through layers, as PyTorch would say; null if it can. */
  function refusal({ image: name, layers, ...how }) {
    const picture = images()[name];
    if (!picture) return `Not possible: there is no picture “${name}”.`;
    if (!layers.length) return "f needs one layer at least.";
    const [height, width] = picture.shape;
    const why = stackRefusal({ height, width }, layers, how);
    return why && `Not possible: ${why}.`;
  }
  function readBase() {
    if (base) return base;
    const refused = refusal(readStack());
    if (refused) return (base = { refused });
    const { field } = images()[model.get("image")];
    const [x] = planesOf(images()[model.get("image")]);
    const all = model.get("layers");
    const after = model.get("after") ?? all.length;
    const stack = { layers: all.slice(0, after), kernel: model.get("kernel"), padding_mode: model.get("padding_mode") };
    const fx = forward(x, stack.layers, stack).at(-1);
    const scale = chooseScale(extremes([x.data]), { shown: "auto", field, sum: 1 });
    base = { x, fx, stack, all, after, scale, stride: totalStride(stack.layers) };
    return base;
  }
  function readNow() {
    if (now) return now;
    const { x, fx, stack } = readBase();
    now = commute(x, fx, stack, readG());
    now.difference = now.fgx.data.map((v, n) => v - now.gfx.data[n]);
    now.wide = colorReach(fx, now);
    return now;
  }
  /** The points of the curve, once all are there: a slice of them each time; another row waits until the drag rests. */
  function readCurve(g) {
    const { transform, wrap, shift: [down] } = g;
    const { x, fx, stack } = readBase();
    const clock = () => performance.now();
    const known = sweep?.transform === transform;
    const another = transform === "shift" && (sweep?.wrap !== wrap || sweep.down !== down);
    if (!known || another) {
      const moving = known && sweep.down !== down;
      const from = moving ? clock() + REST : 0;
      sweep = { transform, wrap, down, from, done: false, ...createSweep(x, fx, stack, g) };
      clearTimeout(resting);
      if (moving) resting = setTimeout(redraw, REST + 5);
    }
    if (clock() < sweep.from) return null;
    if (!sweep.done) sweep.done = sweep.more(clock() + SLICE, clock);
    if (!sweep.done) redraw();
    return sweep.done ? sweep.points : null;
  }

  // ---- gestures ----------------------------------------------------------------------------------------------
  /** Change the stack, unless PyTorch would refuse it; whether that was done. */
  function change(changes) {
    const next = { ...readStack(), ...changes };
    const refused = refusal(next);
    if (refused) {
      warn(refused); // and draws: the menu goes back to what stands
      return false;
    }
    if (next.after > next.layers.length) next.after = null;
    commit(Object.fromEntries(["after", ...Object.keys(changes)].map((name) => [name, next[name]])));
    return true;
  }
  const toShift = ([down, right]) => set({ shift: [down, right].map((by) => within(by, -LIMITS.shift, LIMITS.shift)) });
  const toAngle = (angle) => set({ angle: within(angle, -LIMITS.angle, LIMITS.angle) });
  const toFactor = (factor) => set({ factor: inHundredths(within(factor, ...LIMITS.factor)) });
  const go = (at) => {
    const [down] = model.get("shift");
    const to = { shift: () => toShift([down, at]), rotate: () => toAngle(at), scale: () => toFactor(at) };
    to[model.get("transform")]();
  };
  function keyed(event) {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    const { transform, shift, angle, factor } = readG();
    const along = arrow[1] - arrow[0]; // right and up are more
    if (transform === "shift") toShift(shift.map((by, axis) => by + (event.shiftKey ? 8 : 1) * arrow[axis]));
    else if (transform === "rotate") toAngle(angle + (event.shiftKey ? 15 : 1) * along);
    else toFactor(factor + (event.shiftKey ? 0.25 : 0.05) * along);
  }
  const keyUp = (event) => ARROWS[event.key] && save();

  // ---- controls ----------------------------------------------------------------------------------------------
  const names = (entries) => Object.fromEntries(entries.map((name) => [name, name]));
  const shortly = (entries) => Object.fromEntries(entries.map((name) => [name, name.split(":")[0]]));
  const kernels = model.get("_kernels");
  const image = select(on, { label: "image", options: {}, change: (v) => change({ image: v }) });
  const transform = choice(on, {
    label: "g: the transform", options: names(Object.keys(SWEEPS)),
    change: (v) => { player.stop(); commit({ transform: v }); },
  });
  const wrap = checkbox(on, {
    label: "wrap", title: "What leaves on one side enters on the other (W)", change: (v) => commit({ wrap: v }),
  });
  const preset = select(on, {
    label: "layers", options: { ...names(Object.keys(STACKS)), ...SHORT_NAMES, "": "your own" },
    change: (name) => (name ? change({ layers: [...STACKS[name]], after: null }) : redraw()),
  });
  const kernel = select(on, {
    label: "kernel", options: { ...shortly(Object.keys(kernels)), "": "your own" },
    change: (name) => (name ? change({ kernel: structuredClone(kernels[name]) }) : redraw()),
  });
  const mode = select(on, {
    label: "padding_mode", options: PADDING_MODES, change: (v) => change({ padding_mode: v }),
  });
  const chips = createChips({
    on, change: (layers) => change({ layers }),
    choose: (n) => commit({ after: n === model.get("layers").length ? null : n }),
  });
  const side = { min: -LIMITS.shift, max: LIMITS.shift, change: save };
  const [small, large] = LIMITS.factor;
  const sliders = {
    down: slider(on, { ...side, label: "down", input: (v) => toShift([v, model.get("shift")[1]]) }),
    right: slider(on, { ...side, label: "right", input: (v) => toShift([model.get("shift")[0], v]) }),
    angle: slider(on, { label: "angle", min: -LIMITS.angle, max: LIMITS.angle, input: toAngle, change: save }),
    factor: slider(on, { label: "factor", min: small, max: large, step: 0.05, input: toFactor, change: save }),
  };
  const player = createPlayer({
    on, onClose: shell.onClose, onReset: shell.onReset, rested: save, speed: 6,
    step(by) {
      const { positions, at } = SWEEPS[model.get("transform")];
      const here = at(readG());
      const next = by > 0 ? positions.find((p) => p > here) : positions.findLast((p) => p < here);
      go(next ?? positions.at(by > 0 ? 0 : -1));
    },
  });

  // ---- stage -------------------------------------------------------------------------------------------------
  let grabbed = null;
  const degrees = ([right, down]) => (Math.atan2(-down, right) * 180) / Math.PI;
  const square = createSquare({
    on, keyed, keyUp,
    press: (at) => { grabbed = { g: readG(), from: at }; },
    drag(to, [pixel, width]) {
      if (!grabbed) return;
      const { g, from } = grabbed;
      const least = width / 16; // nearer to the centre it would jump
      const radius = (at) => Math.max(least, Math.hypot(...at));
      if (g.transform === "rotate") {
        if (Math.hypot(...to) < least) return;
        if (Math.hypot(...from) < least) return void (grabbed = { g, from: to }); // it turns from here on
      }
      const [right, down] = [0, 1].map((axis) => Math.round((to[axis] - from[axis]) / pixel));
      const turned = g.angle + Math.round(degrees(to) - degrees(from));
      if (g.transform === "shift") toShift([g.shift[0] + down, g.shift[1] + right]);
      else if (g.transform === "rotate") toAngle(((((turned + 180) % 360) + 360) % 360) - 180);
      else toFactor((g.factor * radius(to)) / radius(from));
    },
    release: save,
  });
  const curve = createCurve({ on, go, release: save, keyed, keyUp });
  const error = h("output", { class: "cnn-error" });
  const number = h("span", {});
  const over = [h("span", { text: "‖f(g(x)) − g(f(x))‖" }), h("span", { text: "‖g(f(x))‖" })];
  error.append(number, h("small", { class: "cnn-quotient", role: "img", "aria-label": QUOTIENT }, ...over));
  const moving = h("div", { class: "cnn-error-controls" });
  const [words, zeros, longest] = ["", "cnn-zeros-text", ""].map((name) => h("span", { class: name }));
  const sum = h("div", { class: "cnn-sum" }, words, " ", zeros);
  const kept = h("div", { class: "cnn-longest", "aria-hidden": "true" }, longest); // keeps the height
  const sentences = h("div", { class: "cnn-error-words" }, sum, kept);
  const help = h("div", { class: "cnn-help" });
  root.append(
    h("div", { class: "cnn-bar" }, image.root, transform.root, preset.root, kernel.root, mode.root,
      h("span", { class: "cnn-right" }, ...shell.corner)),
    chips.root,
    h("div", { class: "cnn-stage" }, square.root,
      h("div", { class: "cnn-error-side" }, error, sentences, curve.root, moving)),
    help, shell.live,
  );

  // ---- drawing -----------------------------------------------------------------------------------------------
  function draw() {
    const known = readBase();
    if (known.refused) return drawRefusal(known.refused);
    const g = readG();
    const result = readNow();
    drawControls(known, g);
    const large = model.get("large");
    const beside = shell.width() > 58 ? 27 : 0; // em that the curve takes
    const room = [large ? 8.4 : 12.5, within((shell.width() - beside - 5.5) / 3, 5, large ? 8.4 : 16)];
    square.show({ ...known, ...result }, g, { name: model.get("image"), room });
    const said = errorText(result);
    const points = readCurve(g);
    const where = points ? zerosText(points, g) : "";
    curve.show(points, g, result, `Relative error over the ${SWEEPS[g.transform].title}. ${where} Now it is ${said}.`);
    setText(number, said);
    setAttribute(number, "data-long", String(said.length > 10));
    setText(words, [`${transformText(g)}.`, mapText(g, known.stride)].filter(Boolean).join(" "));
    if (points) setText(zeros, where); // else the old sentence stays, as the old curve does
    setAttribute(zeros, "data-stale", String(!points));
    setText(longest, longestText(g, known.stride));
    setText(help, shell.warning() || `${HELP[g.transform]} ${PICK}`);
    setAttribute(help, "data-kind", shell.warning() ? "warning" : null);
    shell.say(shell.warning() || `${transformText(g)}: relative error ${said}`);
  }
  /** What no layer can have is said and not drawn: the last picture stays, until Python says what stands. */
  function drawRefusal(why) {
    if (shell.warning() !== why) warn(why);
    setText(help, why);
    setAttribute(help, "data-kind", "warning");
    shell.say(why);
  }

  let listed = null;
  function drawControls({ all, after, stack }, g) {
    if (listed !== model.get("_own")) {
      listed = model.get("_own");
      image.fill(names(Object.keys(images())));
    }
    image.show(model.get("image"));
    transform.show(g.transform);
    wrap.show(g.wrap);
    preset.show(nameOf(all, STACKS) ?? "");
    kernel.show(nameOf(stack.kernel, kernels) ?? "");
    mode.show(stack.padding_mode);
    chips.show(all, after);
    const shown = { down: g.shift[0], right: g.shift[1], angle: g.angle, factor: g.factor };
    for (const [name, control] of Object.entries(sliders))
      control.show(shown[name], {}, `${format(shown[name])}${name === "angle" ? "°" : ""}`);
    if (moving.dataset.of === g.transform) return;
    moving.dataset.of = g.transform;
    const { down, right, angle, factor } = sliders;
    const of = { shift: [down, right, wrap], rotate: [angle], scale: [factor] }[g.transform];
    moving.replaceChildren(...of.map((control) => control.root), player.root);
  }

  return shell.close;
}

export default { render };
