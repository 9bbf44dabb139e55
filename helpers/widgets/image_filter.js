// ImageFilter: a photo, a field or one's own image through one kernel, live.

import { h, button, checkbox, select, setAttribute, setText } from "./js/dom.js";
import { ARROWS, openShell } from "./js/shell.js";
import { createGrid } from "./js/grid.js";
import { createPicture } from "./js/picture.js";
import { createReadout, keptSize, torchCall } from "./js/formula.js";
import { readImageFile } from "./js/upload.js";
import { scaleFor } from "./js/colors.js";
import { format, factor } from "./js/numbers.js";
import { clamp, PADDING_MODES, sourceIndex } from "./js/arithmetic.js";
import { chooseScale, correlatePlane, greyPlane, extremes, padded, planesOf, samePadding } from "./js/images.js";
import { blurOfSize, nameOf, rememberingResize, resizedKernel } from "./js/presets.js";

const HELP = "Point at a picture for its patch; arrow keys move the pixel. Drag a number of the kernel up or down, or double-click it.";
const COLORS = ["red", "green", "blue"];

function render({ model, el }) {
  let hovered = null;
  let source = null; // what follows from the chosen image
  let result = null; // what follows from image and kernel

  const shell = openShell({
    model, el, label: "Image filter", draw,
    traits: ["kernel", "image", "_own", "grey", "padding_mode", "shown", "compare", "split", "position"],
    keys: { c: () => commit({ compare: !model.get("compare") }), g: () => readSource().colored && commit({ grey: !model.get("grey") }) },
  });
  const { on, root, set, save, commit, redraw, warn } = shell;
  const images = () => ({ ...model.get("_gallery"), ...model.get("_own") });
  shell.listen(["image", "_own", "grey"], () => { source = null; });
  shell.listen(["image", "_own", "grey", "padding_mode", "kernel"], () => { result = null; });

  // ---- state -------------------------------------------------------------------------------------------------
  function readSource() {
    if (source) return source;
    const entry = images()[model.get("image")];
    const all = planesOf(entry);
    const planes = model.get("grey") && all.length === 3 ? [greyPlane(all)] : all;
    source = { planes, height: planes[0].height, width: planes[0].width, field: entry.field, units: entry.units, colored: all.length === 3 };
    source.extremes = extremes(planes.map((plane) => plane.data));
    return source;
  }
  let border = null; // the padded planes: they stay while only numbers of the kernel change
  let borderFor = null;
  function readResult() {
    if (result) return result;
    const { planes, height, width } = readSource();
    const kernel = model.get("kernel");
    const size = [kernel.length, kernel[0].length];
    const mode = model.get("padding_mode");
    const key = `${size}|${mode}`;
    if (borderFor?.planes !== planes || borderFor.key !== key) {
      border = planes.map((plane) => padded(plane, size, mode));
      borderFor = { planes, key };
    }
    const old = buffers;
    const data = border.map((plane, m) =>
      correlatePlane(plane, kernel, height, width, old[m]?.length === height * width ? old[m] : undefined));
    buffers = data;
    result = { data, kernel, size, extremes: extremes(data), sum: kernel.flat().reduce((a, b) => a + b, 0) };
    return result;
  }
  let buffers = []; // written over by each new result
  const position = () => {
    const { height, width } = readSource();
    const [r, c] = hovered ?? model.get("position");
    return [clamp(r, height), clamp(c, width)];
  };
  const kernelOf = (name) => structuredClone(model.get("_kernels")[name]);
  const sized = (size) => ({ ...model.get("_kernels"), "box blur": blurOfSize("box blur", size), "Gaussian blur": blurOfSize("Gaussian blur", size) });

  // ---- controls ----------------------------------------------------------------------------------------------
  const names = Object.keys(model.get("_kernels"));
  const image = select(on, { label: "image", options: {}, change: (name) => commit({ image: name, position: middleOf(name) }) });
  const middleOf = (name) => images()[name].shape.slice(0, 2).map((v) => v >> 1);
  let listed = null;

  const file = h("input", { type: "file", accept: "image/*", hidden: true });
  const upload = button(on, { text: "open…", title: "Choose an image file of your own", click: () => file.click() });
  on(file, "change", async () => {
    const [chosen] = file.files;
    file.value = "";
    if (!chosen) return;
    const { entry, name, note, error } = await readImageFile(chosen);
    if (entry) {
      const own = name in model.get("_gallery") ? `${name} (yours)` : name;
      set({ _own: { ...model.get("_own"), [own]: entry } });
      commit({ image: own, position: middleOf(own) });
    }
    warn(error ?? note ?? "");
  });

  const preset = select(on, {
    label: "kernel", options: { ...Object.fromEntries(names.map((n) => [n, n])), "": "your own" },
    change(name) {
      if (!name) return redraw();
      const size = model.get("kernel").length;
      commit({ kernel: (size > 1 && size % 2 ? blurOfSize(name, size) : null) ?? kernelOf(name) });
    },
  });
  const resize = rememberingResize(resizedKernel);
  const sizes = select(on, {
    label: "kernel_size", options: { 1: "1", 3: "3", 5: "5", 7: "7" },
    change(text) {
      const kernel = model.get("kernel");
      const size = Number(text);
      // a single number is no blur yet, whatever its name
      const blur = kernel.length > 1 && size > 1 ? blurOfSize(nameOf(kernel, sized(kernel.length)), size) : null;
      commit({ kernel: blur ?? resize([[kernel]], size, size)[0][0] });
    },
  });
  const mode = select(on, { label: "padding_mode", options: PADDING_MODES, change: (v) => commit({ padding_mode: v }) });
  const shown = select(on, {
    label: "show as", options: { auto: "auto", signed: "signed", picture: "picture" },
    change: (v) => commit({ shown: v }),
  });
  const grey = checkbox(on, { label: "grey", title: "One channel instead of red, green and blue (G)", change: (v) => commit({ grey: v }) });
  const compare = checkbox(on, { label: "compare", title: "Before and after, with a divider to drag (C)", change: (v) => commit({ compare: v }) });

  // ---- stage -------------------------------------------------------------------------------------------------
  const go = (cell) => { hovered = null; set({ position: cell }); };
  function keyed(event) {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    const { height, width } = readSource();
    const [r, c] = position();
    const by = event.shiftKey ? 10 : 1;
    go([clamp(r + by * arrow[0], height), clamp(c + by * arrow[1], width)]);
  }
  const pointing = {
    on, keyed,
    hover: (cell) => { hovered = cell; redraw(); },
    release: save,
  };
  const before = createPicture({ ...pointing, role: "input", press: go, drag: go });
  const divide = (cell, share) => {
    if (!model.get("compare")) return go(cell);
    set({ split: Math.min(1, Math.max(0, share)) });
  };
  const after = createPicture({
    ...pointing, role: "output", press: divide, drag: divide,
    dividing: { input: (share) => set({ split: share }), change: save },
  });
  for (const { canvas } of [before, after]) on(canvas, "keyup", (event) => ARROWS[event.key] && save());

  let scrub = null; // dragging a number of the kernel
  const withWeight = ([r, c], value) => model.get("kernel").map((row, i) => row.map((w, j) => (i === r && j === c ? value : w)));
  let cursor = [0, 0];
  const kernelGrid = createGrid({
    on, role: "kernel", label: "kernel",
    press(cell, event) { cursor = cell; scrub = { cell, from: event.clientY, value: model.get("kernel")[cell[0]][cell[1]] }; },
    drag(_, event) {
      const steps = Math.round((scrub.from - event.clientY) / 6);
      set({ kernel: withWeight(scrub.cell, Number((scrub.value + 0.1 * steps).toFixed(6))) });
    },
    release: save,
    edit: (cell, value) => commit({ kernel: withWeight(cell, value) }),
    invalid: warn,
    keyed(event) {
      const arrow = ARROWS[event.key];
      const kernel = model.get("kernel");
      if (arrow) cursor = [clamp(cursor[0] + arrow[0], kernel.length), clamp(cursor[1] + arrow[1], kernel[0].length)];
      else if (event.key === "Enter" || event.key === "F2") kernelGrid.type(cursor);
      else if (/^[-−.\d]$/.test(event.key)) kernelGrid.type(cursor, event.key);
      else return;
      event.preventDefault();
      redraw();
    },
  });
  for (const type of ["focus", "blur"]) on(kernelGrid.picture, type, redraw);
  const patchGrid = createGrid({ on, role: "input", label: "patch" });

  const sum = h("div", { class: "cnn-sum" });
  const help = h("div", { class: "cnn-help" });
  const readout = createReadout(on);
  const middle = h("div", { class: "cnn-middle" }, kernelGrid.root, patchGrid.root);
  root.append(
    h("div", { class: "cnn-bar" }, image.root, upload, file, preset.root, sizes.root, mode.root, shown.root, h("div", { class: "cnn-stack" }, grey.root, compare.root),
      h("span", { class: "cnn-right" }, ...shell.corner)),
    h("div", { class: "cnn-stage" }, before.root, middle, after.root),
    sum, readout.root, help, shell.live,
  );

  // ---- drawing -----------------------------------------------------------------------------------------------
  let painted = {}; // what the canvases show: a moving pointer changes none of it
  function draw() {
    const src = readSource();
    const res = readResult();
    const { height, width } = src;
    drawControls(src, res);
    const split = model.get("compare") ? model.get("split") : null;
    if (painted.src !== src) before.show(src.planes.map((p) => p.data), height, width, chooseScale(src.extremes, { shown: "auto", field: src.field, sum: 1 }));
    if (painted.res !== res || painted.shown !== model.get("shown") || painted.split !== split) {
      after.show(res.data, height, width, chooseScale(res.extremes, { shown: model.get("shown"), field: src.field, sum: res.sum }));
      after.cover(before.canvas, split);
    }
    painted = { src, res, shown: model.get("shown"), split };

    const at = position();
    const [kh, kw] = res.size;
    const [top, left] = [at[0] - samePadding(kh)[0], at[1] - samePadding(kw)[0]];
    before.mark([top, left], kh, kw);
    after.mark(at, 1, 1);
    const most = model.get("large") ? 15.5 : 24; // em: a projector must not scroll
    const room = [most, Math.min(26, Math.max(9, (shell.width() - 16) / 2))];
    const what = src.field ? `${model.get("image")}${src.units ? ` (${src.units})` : ""}` : `${model.get("image")}, ${height}×${width}`;
    before.describe(`input: ${what}`, `Input ${what}. The frame is at row ${at[0]}, column ${at[1]}.`, room);
    const name = preset.box.selectedOptions[0]?.text ?? "";
    const values = res.data.map((plane) => plane[at[0] * width + at[1]]);
    after.describe(split === null ? "output" : "input | output",
      `Output of the kernel ${name}, from ${format(res.extremes[0])} to ${format(res.extremes[1])}. At row ${at[0]}, column ${at[1]} it is ${values.map((v) => format(v)).join(", ")}.`, room);
    drawPatch(src, res, at, values, Math.min(...room) - 5);
  }

  function drawControls(src, { kernel, size }) {
    if (listed !== model.get("_own")) {
      listed = model.get("_own");
      image.fill(Object.fromEntries(Object.keys(images()).map((n) => [n, n])));
    }
    image.show(model.get("image"));
    preset.show(nameOf(kernel, sized(size[0])) ?? "");
    sizes.show(size[0] === size[1] ? String(size[0]) : "");
    mode.show(model.get("padding_mode"));
    shown.show(model.get("shown"));
    grey.show(model.get("grey"));
    grey.root.hidden = !src.colored;
    compare.show(model.get("compare"));
  }

  function drawPatch({ planes, height, width }, { kernel, size: [kh, kw] }, at, values, room) {
    const cell = Math.min(11 / kw, Math.max(6.5, room / 2) / kh, 2.2);
    const layout = { rows: kh, cols: kw, origin: [0, 0] };
    const focused = document.activeElement === kernelGrid.picture;
    kernelGrid.update({
      layout, em: cell, value: ([r, c]) => kernel[r][c], color: scaleFor(kernel.flat(), "kernel"), titleText: `kernel ${kh}×${kw}`,
      outlines: focused ? [{ name: "cursor", kind: "cursor", cells: [cursor] }] : [],
      description: `Kernel: rows ${kernel.map((row) => row.map((v) => format(v)).join(" ")).join("; ")}.`,
    });
    const modeNow = model.get("padding_mode");
    const [top, left] = [at[0] - samePadding(kh)[0], at[1] - samePadding(kw)[0]];
    const rows = Array.from({ length: kh }, (_, i) => sourceIndex(top + i, height, modeNow));
    const cols = Array.from({ length: kw }, (_, j) => sourceIndex(left + j, width, modeNow));
    const value = ([i, j]) => (rows[i] < 0 || cols[j] < 0 ? 0 : planes[0].data[rows[i] * width + cols[j]]);
    const patch = rows.flatMap((_, i) => cols.map((__, j) => value([i, j])));
    patchGrid.update({
      layout, em: cell, value, color: scaleFor(patch, "input"),
      titleText: `patch [${at}]${planes.length > 1 ? `, ${COLORS[0]}` : ""}`,
      description: `Patch around row ${at[0]}, column ${at[1]}: ${patch.map((v) => format(v)).join(", ")}.`,
    });
    const terms = kernel.flat().flatMap((w, n) => (w === 0 ? [] : [`${format(patch[n])}·${factor(w)}`]));
    const shownTerms = terms.length > 9 ? [...terms.slice(0, 8), `… (${terms.length - 8} more)`] : terms;
    const name = planes.length > 1 ? `${COLORS[0]} = ` : `output [${at}] = `;
    const rest = values.slice(1).map((v, n) => `, ${COLORS[n + 1]} = ${format(v)}`).join("");
    const text = `${name}${shownTerms.join(" + ") || "0"}`;
    const total = ` = ${format(values[0])}`;
    if (sum.dataset.text !== text + total + rest) {
      sum.dataset.text = text + total + rest;
      sum.replaceChildren(text, h("b", { text: total }), rest);
    }
    const channels = planes.length;
    const multiplications = (height * width * kh * kw * channels).toLocaleString("en");
    readout.show([...keptSize([height, width], [kh, kw]).slice(0, -1), `${keptSize([height, width], [kh, kw]).at(-1)}; ${kh * kw} weights, ${multiplications} multiplications`],
      torchCall({ in_channels: channels, out_channels: channels, kernel_size: [kh, kw], padding: "same", groups: channels, bias: false, padding_mode: modeNow }));
    setText(help, shell.warning() || HELP);
    setAttribute(help, "data-kind", shell.warning() ? "warning" : null);
    shell.say(shell.warning() || sum.dataset.text);
  }

  return shell.close;
}

export default { render };
