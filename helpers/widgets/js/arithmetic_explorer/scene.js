// The grids of the arithmetic explorer: padded input, kernel with holes, output; or the stamps of the other direction.

import { h } from "../dom.js";
import { muted, scaleFor } from "../colors.js";
import { format, range, times } from "../numbers.js";
import { cellsMetBy, extent, sameCell, sourceCell, taps } from "../arithmetic.js";
import { convTranspose2d, stampedBy, stampsOn } from "../transposed.js";
import { windows } from "../coverage.js";
import { copiesOf, feeds } from "./state.js";

const MOST_TIES = 6; // lines that may lie over the numbers unasked
const RULER = { away: 0.5, radius: 0.3 }; // em: how far a ruler's marks stand from the first row or column
const SHARES = { slide: [0.46, 0.17, 0.33], stamp: [0.25, 0.17, 0.54], stretch: [0.5, 0.17, 0.29] };

const grid = (rows, cols) => rows.flatMap((r) => cols.map((c) => [r, c]));

/** The cells between the taps of a kernel put down at `start`: the holes of its dilation. */
function holesAt(start, { kernel_size, dilation }) {
  const [rows, cols] = [0, 1].map((a) => range(extent(kernel_size[a], dilation[a])));
  const tap = (at, a) => at % dilation[a] === 0;
  return grid(rows, cols).filter(([r, c]) => !(tap(r, 0) && tap(c, 1))).map(([r, c]) => [r + start[0], c + start[1]]);
}

/** Marks above the columns and beside the rows of a grid whose first cell is `origin`; `em` is the size of its cells. */
function ruler(name, kind, em, origin, places) {
  const [top, left] = origin.map((v) => v - 0.5 - RULER.away / em); // a mark stands in the middle of its cell
  return { name, kind, size: RULER.radius / em, cells: [...places[1].map((c) => [top, c]), ...places[0].map((r) => [r, left])] };
}

/** make(role) creates a grid. A scene is {state, view, focus, at, building, width and height (em), cursor(role)}. */
export function createScene({ make }) {
  const grids = Object.fromEntries(["input", "kernel", "output"].map((role) => [role, make(role)]));
  const sign = (text) => h("span", { class: "cnn-sign", "aria-hidden": "true", text });
  const root = h("div", { class: "cnn-stage cnn-ruled" }, grids.input.root, sign("∗"), grids.kernel.root, sign("="), grids.output.root);

  /** Cell sizes in em: as large as the stage allows; `shapes` of input, kernel and output as drawn. */
  function cellSizes({ view, width, height }, shapes) {
    const room = width - 20; // the signs, rulers and gaps between, the legend beside
    return SHARES[view].map((share, n) => Math.min(height / (shapes[n][0] + 0.5), (share * room) / (shapes[n][1] + 0.5), 3.4));
  }

  function drawKernel({ state: { layer, kernel, flipped }, view, focus, fed, cursor }, em) {
    const { kernel_size, dilation } = layer;
    const [rows, cols] = [0, 1].map((a) => extent(kernel_size[a], dilation[a]));
    const shown = view === "stretch" ? flipped : kernel;
    const turned = ([i, j]) => (view === "stretch" ? [kernel_size[0] - 1 - i, kernel_size[1] - 1 - j] : [i, j]);
    const spread = (cell) => turned(cell).map((v, a) => v * dilation[a]);
    const value = ([r, c]) => (r % dilation[0] || c % dilation[1] ? null : shown[r / dilation[0]][c / dilation[1]]);
    const tint = scaleFor(kernel.flat(), "kernel");
    const holes = holesAt([0, 0], layer);
    const outlines = [{ name: "holes", kind: "hole", cells: holes }];
    if (fed) outlines.push({ name: "fed", kind: "lit", cells: fed.map((t) => spread(t.weight)) });
    if (focus?.grid === "kernel") outlines.push({ name: "focus", kind: "focus", cells: [spread(focus.cell)] });
    grids.kernel.update({
      layout: { rows, cols, origin: [0, 0] }, em, value, outlines: [...outlines, ...cursor("kernel").map((m) => ({ ...m, cells: m.cells.map(spread) }))],
      color: (v) => (v === null ? "var(--cnn-panel)" : tint(v)),
      titleText: `kernel ${times(kernel_size)}${view === "stretch" ? ", flipped" : ""}`,
      description: `Kernel${view === "stretch" ? ", flipped in both directions" : ""}: rows ${shown.map((row) => row.join(" ")).join("; ")}.`
        + (holes.length ? ` With dilation ${dilation.join(" and ")} it covers ${rows} by ${cols} pixels.` : ""),
    });
  }

  // ---- a convolution: the window slides over the padded input ---------------------------------------------------
  function slide(scene) {
    const { state, focus, at, fed, cursor } = scene;
    const { layer, input, output, outputSize } = state;
    const { size, padding, kernel_size, stride, dilation, padding_mode } = layer;
    const origin = padding.map((p) => -p);
    const padded = size.map((n, a) => n + 2 * padding[a]);
    const isPadding = ([r, c]) => r < 0 || c < 0 || r >= size[0] || c >= size[1];
    const axes = [0, 1].map((a) => windows(size[a], kernel_size[a], stride[a], padding[a], dilation[a]));
    const [rows, cols] = padded.map((n, a) => range(n, origin[a]));
    const never = grid(rows, cols).filter(([r, c]) => axes[0].never.includes(r) || axes[1].never.includes(c));
    const window = taps(at, layer);
    const start = at.map((v, a) => v * stride[a] - padding[a]);
    const [inputEm, kernelEm, outputEm] = cellSizes(scene, [padded, kernel_size.map((k, a) => extent(k, dilation[a])), outputSize]);

    const copied = window.filter((t) => t.source && !sameCell(t.source, t.cell));
    let tied = copied.length > MOST_TIES ? [] : copied.map((t) => [t.cell, t.source]);
    const outlines = [
      { name: "image", kind: "frame", cells: [[0, 0]], size },
      { name: "never", kind: "cross", cells: never },
      ruler("skipped", "skipped", inputEm, origin, axes.map((axis) => axis.skipped)),
      ruler("starts", "starts", inputEm, origin, axes.map((axis) => axis.starts)),
      { name: "holes", kind: "hole", cells: holesAt(start, layer) },
      { name: "window", kind: "window", cells: window.map((t) => t.cell) },
    ];
    if (focus?.grid === "kernel") {
      const met = cellsMetBy(focus.cell, layer).map((t) => t.cell);
      outlines.push({ name: "met", kind: "lit", cells: met }, { name: "dots", kind: "dot", cells: met });
    }
    if (focus?.grid === "input") {
      const real = sourceCell(focus.cell, layer);
      const copies = real ? copiesOf(real, layer) : [];
      const others = real ? [real, ...copies].filter((cell) => !sameCell(cell, focus.cell)) : [];
      tied = copies.map((cell) => [cell, real]);
      outlines.push({ name: "copies", kind: "lit", cells: others }, { name: "focus", kind: "focus", cells: [focus.cell] });
    }
    const tint = scaleFor(input.flat(), "input");
    const real = (cell) => sourceCell(cell, layer);
    grids.input.update({
      layout: { rows: padded[0], cols: padded[1], origin, signature: String(size), isPadding },
      em: inputEm, outlines: [...outlines, ...cursor("input")], tied,
      value: (cell) => (real(cell) ? input[real(cell)[0]][real(cell)[1]] : 0),
      color: (v, cell) => (isPadding(cell) ? muted(tint(v)) : tint(v)),
      titleText: `input ${times(size)}${isPadding(origin) ? `, padded ${times(padded)}` : ""}`,
      description: `Input, ${size[0]} rows and ${size[1]} columns${isPadding(origin) ? `, padding ${padding.join(" and ")} (${padding_mode})` : ""}. `
        + `The window reads rows ${start[0]} to ${start[0] + extent(kernel_size[0], dilation[0]) - 1}, columns ${start[1]} to ${start[1] + extent(kernel_size[1], dilation[1]) - 1}. `
        + `${never.length} pixels are read by no window.`,
    });
    drawPlain("output", { rows: outputSize[0], cols: outputSize[1], plane: output, at, fed, em: outputEm, cursor });
    return kernelEm;
  }

  // ---- a transposed convolution: each input stamps the kernel ---------------------------------------------------
  function stamp(scene) {
    const { state, focus, at, building, cursor } = scene;
    const { layer, input, kernel, outputSize } = state;
    const { size, padding, kernel_size, stride, dilation, output_padding } = layer;
    const origin = padding.map((p) => -p);
    const full = outputSize.map((n, a) => n + padding[a] + Math.max(0, padding[a] - output_padding[a]));
    const isCut = ([r, c]) => r < 0 || c < 0 || r >= outputSize[0] || c >= outputSize[1];
    const upTo = at[0] * size[1] + at[1];
    const inked = building ? input.map((row, r) => row.map((v, c) => (r * size[1] + c <= upTo ? v : 0))) : input;
    const [y] = convTranspose2d([inked], [[kernel]], [0], { ...layer, padding: [0, 0] });
    const [inputEm, kernelEm, outputEm] = cellSizes(scene, [size, kernel_size.map((k, a) => extent(k, dilation[a])), full]);

    const stamped = stampedBy(at, layer);
    const start = at.map((v, a) => v * stride[a] - padding[a]);
    const x = input[at[0]][at[1]];
    const notes = new Map(stamped.map((t) => [String(t.output), `+${format(x * kernel[t.weight[0]][t.weight[1]])}`]));
    const outlines = [
      { name: "image", kind: "frame", cells: [[0, 0]], size: outputSize },
      ruler("starts", "starts", outputEm, origin, [0, 1].map((a) => range(size[a]).map((n) => n * stride[a] - padding[a]))),
      ruler("added", "added", outputEm, origin, [0, 1].map((a) => range(output_padding[a], outputSize[a] - output_padding[a]))),
      { name: "holes", kind: "hole", cells: holesAt(start, layer) },
      { name: "window", kind: "window", cells: stamped.map((t) => t.output) },
    ];
    const sources = focus?.grid === "output" ? stampsOn(focus.cell, layer).map((t) => t.source) : null;
    if (sources) outlines.push({ name: "focus", kind: "focus", cells: [focus.cell] });
    if (focus?.grid === "kernel") {
      const [i, j] = focus.cell;
      const met = grid(range(size[0]), range(size[1])).map(([r, c]) => [r * stride[0] - padding[0] + i * dilation[0], c * stride[1] - padding[1] + j * dilation[1]]);
      outlines.push({ name: "met", kind: "lit", cells: met }, { name: "dots", kind: "dot", cells: met });
    }
    drawPlain("input", { rows: size[0], cols: size[1], plane: input, at, fed: sources?.map((source) => ({ output: source })), em: inputEm, cursor });
    const tint = scaleFor(y.flat(), "output");
    grids.output.update({
      layout: { rows: full[0], cols: full[1], origin, signature: String(outputSize), isPadding: isCut },
      em: outputEm, outlines: [...outlines, ...cursor("output")],
      value: ([r, c]) => y[r + padding[0]][c + padding[1]],
      color: (v, cell) => (isCut(cell) ? muted(tint(v)) : tint(v)),
      note: (cell) => (outputEm >= 1.9 ? (notes.get(String(cell)) ?? null) : null),
      titleText: `output ${times(outputSize)}${isCut(origin) ? `, cut out of ${times(full)}` : ""}${building ? ", so far" : ""}`,
      description: `Output, ${outputSize[0]} rows and ${outputSize[1]} columns. Input row ${at[0]}, column ${at[1]} stamps ${format(x)} times the kernel `
        + `onto ${stamped.length} places, ${stamped.filter((t) => t.kept).length} of them kept.`,
    });
    return kernelEm;
  }

  // ---- the same as an ordinary convolution over the stretched input ---------------------------------------------
  function stretch(scene) {
    const { state, focus, at, fed, cursor } = scene;
    const { layer, input, output, outputSize, wide, plain } = state;
    const { kernel_size, dilation, padding } = layer;
    const around = [0, 1].map((a) => dilation[a] * (kernel_size[a] - 1) - padding[a]);
    const last = layer.size.map((n, a) => (n - 1) * layer.stride[a] + around[a]);
    const isPadding = ([r, c]) => r < around[0] || c < around[1] || r > last[0] || c > last[1];
    const cells = grid(range(wide.size[0]), range(wide.size[1]));
    const [inputEm, kernelEm, outputEm] = cellSizes(scene, [wide.size, kernel_size.map((k, a) => extent(k, dilation[a])), outputSize]);
    const outlines = [
      { name: "inserted", kind: "hole", cells: cells.filter((cell) => !isPadding(cell) && !wide.source(cell)) },
      { name: "window", kind: "window", cells: taps(at, plain).map((t) => t.cell) },
    ];
    if (focus?.grid === "input") outlines.push({ name: "focus", kind: "focus", cells: cells.filter((cell) => sameCell(wide.source(cell) ?? [-1], focus.cell)) });
    if (focus?.grid === "kernel") {
      const met = cellsMetBy(focus.cell.map((v, a) => kernel_size[a] - 1 - v), plain).map((t) => t.cell);
      outlines.push({ name: "met", kind: "lit", cells: met }, { name: "dots", kind: "dot", cells: met });
    }
    const spread = (mark) => ({ ...mark, cells: mark.cells.map((cell) => cell.map((v, a) => v * layer.stride[a] + around[a])) });
    const tint = scaleFor(input.flat(), "input");
    grids.input.update({
      layout: { rows: wide.size[0], cols: wide.size[1], origin: [0, 0], signature: `${around}|${last}`, isPadding },
      em: inputEm, outlines: [...outlines, ...cursor("input").map(spread)],
      value: (cell) => (wide.source(cell) ? input[wide.source(cell)[0]][wide.source(cell)[1]] : 0),
      color: (v, cell) => (isPadding(cell) ? muted(tint(v)) : tint(v)),
      titleText: `input ${times(layer.size)}, stretched to ${times(wide.size)}`,
      description: `The input with ${layer.stride.map((s) => s - 1).join(" and ")} zeros between its pixels and ${around.map((n) => Math.max(0, n)).join(" and ")} around them: ${times(wide.size)}.${around.some((n) => n < 0) ? " The padding cuts the input itself." : ""}`,
    });
    drawPlain("output", { rows: outputSize[0], cols: outputSize[1], plane: output, at, fed, em: outputEm, cursor });
    return kernelEm;
  }

  function drawPlain(role, { rows, cols, plane, at, fed, em, cursor }) {
    const tint = scaleFor(plane.flat(), role);
    const outlines = [{ name: "here", kind: "here", cells: [at] }];
    const lit = fed?.map((t) => t.output);
    if (lit) outlines.push({ name: "fed", kind: "lit", cells: lit }, { name: "dots", kind: "dot", cells: lit });
    grids[role].update({
      layout: { rows, cols, origin: [0, 0] }, em, color: tint, outlines: [...outlines, ...cursor(role)],
      value: ([r, c]) => plane[r][c], titleText: `${role} ${rows}×${cols}`,
      description: `${role === "input" ? "Input" : "Output"}, ${rows} rows and ${cols} columns. At row ${at[0]}, column ${at[1]} it is ${format(plane[at[0]][at[1]])}.`,
    });
  }

  return {
    root,
    grids,
    update(scene) {
      const { state, view, focus } = scene;
      const fed = focus?.grid === "input" ? feeds(state, focus.cell) : null;
      const em = { slide, stamp, stretch }[view]({ ...scene, fed });
      drawKernel({ ...scene, fed: view === "stamp" ? null : fed }, em);
    },
  };
}
