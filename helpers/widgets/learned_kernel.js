// LearnedKernel: gradient descent on a kernel, replayed: the kernel, its output and the loss at every step.

import { h, svg, slider, setAttribute, setText } from "./js/dom.js";
import { openShell } from "./js/shell.js";
import { createGrid } from "./js/grid.js";
import { createPicture } from "./js/picture.js";
import { createPlayer } from "./js/player.js";
import { scaleFor } from "./js/colors.js";
import { format } from "./js/numbers.js";
import { createReadout, keptSize, torchCall } from "./js/formula.js";
import { chooseScale, correlatePlane, padded, extremes } from "./js/images.js";

const CURVE = { width: 300, height: 190, left: 56, bottom: 26, top: 8, right: 8 };
const flatten = (rows) => ({ data: Float64Array.from(rows.flat()), height: rows.length, width: rows[0].length });

function render({ model, el }) {
  const shell = openShell({
    model, el, label: "A kernel that learns", draw,
    traits: ["kernels", "losses", "target", "image", "step"],
    keys: { " ": () => player.toggle(), ArrowLeft: () => once(-1), ArrowRight: () => once(1), Home: () => go(0, true), End: () => go(last(), true) },
  });
  const { on, root, set, save } = shell;
  let known = null; // what stays while the step changes
  shell.listen(["kernels", "losses", "target", "image"], () => { known = null; });

  const last = () => model.get("kernels").length - 1;
  const go = (step, done) => {
    set({ step: Math.min(last(), Math.max(0, step)) });
    if (done) save();
  };
  const once = (by) => go(model.get("step") + by, true);
  // fast where little happens: the whole run takes about as long, however many steps it has
  const stride = () => Math.max(1, Math.round(last() / 120));
  const player = createPlayer({
    on, onClose: shell.onClose, onReset: shell.onReset, rested: save, speed: 12, what: "step", pace: (v) => `${v * stride()}/s`,
    step(by) {
      if (by > 0 && model.get("step") >= last()) go(0);
      else go(model.get("step") + by * (player.playing ? stride() : 1));
      return model.get("step") < last() || by < 0;
    },
  });
  const step = slider(on, { label: "training step", input: (v) => go(v), change: save });
  step.root.classList.add("cnn-long");

  const kernels = ["learned", "target"].map((label) => createGrid({ on, role: "kernel", label }));
  const pictures = ["input", "output", "output"].map((role) => createPicture({ on, role }));
  for (const { frame } of pictures) frame.hidden = true;
  const curve = svg("svg", { class: "cnn-curve", role: "img", viewBox: `0 0 ${CURVE.width} ${CURVE.height}` });
  const line = svg("path", { class: "cnn-line" });
  const dot = svg("circle", { r: 4.5 });
  const axis = svg("g", {});
  curve.append(axis, line, dot);
  const text = h("div", { class: "cnn-sum" });
  const readout = createReadout(on);
  root.append(
    h("div", { class: "cnn-bar" }, player.root, step.root, h("span", { class: "cnn-right" }, ...shell.corner)),
    h("div", { class: "cnn-stage" },
      h("div", { class: "cnn-outputs" }, ...kernels.map((k) => k.root)),
      ...pictures.map((p) => p.root),
      h("div", { class: "cnn-panel" }, h("div", { class: "cnn-title", text: "loss (logarithmic)" }), curve)),
    text, readout.root, shell.live,
  );

  /** Where a step and a loss lie on the curve. */
  function placed(losses) {
    const floor = Math.max(Math.min(...losses), 1e-12);
    const top = Math.max(...losses, floor * 10);
    const { width, height, left, right, bottom, top: above } = CURVE;
    const x = (n) => left + (n / Math.max(1, losses.length - 1)) * (width - left - right);
    const y = (v) => above + (Math.log(top / Math.max(v, floor)) / Math.log(top / floor)) * (height - above - bottom);
    return { x, y, floor, top };
  }

  function prepare() {
    if (known) return known;
    const image = flatten(model.get("image"));
    const target = model.get("target");
    const size = [target.length, target[0].length];
    const border = padded(image, size, "replicate");
    const wanted = correlatePlane(border, target, image.height, image.width);
    const losses = model.get("losses");
    const at = placed(losses);
    setAttribute(line, "d", losses.map((v, n) => `${n ? "L" : "M"}${at.x(n).toFixed(1)} ${at.y(v).toFixed(1)}`).join(""));
    const { width, height, left, bottom, right } = CURVE;
    axis.replaceChildren(
      svg("path", { d: `M${left} ${CURVE.top}V${height - bottom}H${width - right}` }),
      ...[at.top, at.floor].map((v) => svg("text", { x: left - 5, y: at.y(v) + 4, "text-anchor": "end", text: v.toExponential(0).replace("-", "−") })),
      ...[0, losses.length - 1].map((n) => svg("text", { x: at.x(n), y: height - 6, "text-anchor": n ? "end" : "start", text: String(n) })),
    );
    const scale = chooseScale(extremes([wanted]), { shown: "signed" });
    pictures[0].show([image.data], image.height, image.width, chooseScale(extremes([image.data]), { shown: "auto", field: extremes([image.data])[0] < 0, sum: 1 }));
    pictures[2].show([wanted], image.height, image.width, scale);
    known = { image, border, wanted, scale, at, losses, target, size };
    return known;
  }

  function draw() {
    const { image, border, scale, at, losses, target, size: [rows, cols] } = prepare();
    const n = Math.min(model.get("step"), last());
    const kernel = model.get("kernels")[n];
    const color = scaleFor([...target.flat(), -1e-9], "kernel");
    const layout = { rows, cols, origin: [0, 0] };
    const error = Math.max(...kernel.flat().map((w, i) => Math.abs(w - target.flat()[i])));
    [kernel, target].forEach((weights, k) => kernels[k].update({
      layout, em: Math.min(2.4, 7.5 / rows), color, value: ([r, c]) => weights[r][c],
      titleText: k ? "target" : `learned, step ${n}`,
      description: `${k ? "Target" : `Learned at step ${n}`}: rows ${weights.map((row) => row.map((v) => format(v)).join(" ")).join("; ")}.`,
    }));
    const output = correlatePlane(border, kernel, image.height, image.width);
    const most = Math.max(scale.high, ...extremes([output]).map(Math.abs));
    pictures[1].show([output], image.height, image.width, { kind: "signed", low: -most, high: most });
    const wide = Array(2).fill(Math.min(14, (shell.width() - 30) / 3));
    pictures[0].describe("a picture", "The picture that the outputs are shown on.", wide);
    pictures[1].describe("output: learned", `Output of the learned kernel at step ${n}.`, wide);
    pictures[2].describe("output: target", "Output of the target kernel.", wide);
    setAttribute(dot, "cx", at.x(n));
    setAttribute(dot, "cy", at.y(losses[n]));
    setAttribute(curve, "aria-label", `Loss over ${losses.length} steps, from ${losses[0].toExponential(1)} to ${losses.at(-1).toExponential(1)}; at step ${n} it is ${losses[n].toExponential(1)}.`);
    step.show(n, { min: 0, max: last() }, `${n} of ${last()}`);
    const said = `step ${n}: loss ${losses[n].toExponential(2).replace("-", "−")}, largest error of a weight ${format(error, 4)}`;
    setText(text, said);
    readout.show(keptSize([image.height, image.width], [rows, cols]), torchCall({
      in_channels: 1, out_channels: 1, kernel_size: [rows, cols], padding: "same", bias: false, padding_mode: "replicate",
    }));
    shell.say(said);
  }

  return shell.close;
}

export default { render };
