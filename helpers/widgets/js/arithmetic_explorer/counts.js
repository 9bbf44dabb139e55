// How often: the windows that read each input pixel, or the stamps that fall on each output pixel.
// Left along the width, every window or stamp a bar on top of the counts; right in 2-D, the product of both axes.

import { svg, h, setAttribute, setText } from "../dom.js";
import { css, inkOn, muted, tint } from "../colors.js";
import { clamp, extent } from "../arithmetic.js";
import { stamps, windows } from "../coverage.js";
import { createGrid } from "../grid.js";
import { gcd, plural, range } from "../numbers.js";
import { ARROWS } from "../shell.js";

const CELL = 40; // user units per cell, as in grid.js
const LARGEST = 2; // em
const WIDEST = 2.6; // em of a cell in the strip
const GAP = 1.5; // em between the two

const often = (n) => ["never", "once", "twice"][n] ?? `${n} times`;
const clauses = (parts) => parts.filter(Boolean).join("; ");

/**
 * One axis (0: height, 1: width) with everything that is drawn of it:
 *   from      the position of the first cell, in input (convolution) or output (transposed) coordinates
 *   counts    how often each cell is read or stamped
 *   bars      for each window or stamp the indices of its cells in `counts`
 *   outside   per cell, whether it is padding, or cut off by the padding
 */
export function countAxis(axis, transposed, layer) {
  const names = ["size", "kernel_size", "stride", "padding", "dilation", "output_padding"];
  const [i, k, s, p, d, extra] = names.map((name) => layer[name]?.[axis] ?? 0);
  const { starts, counts, cut } = transposed ? stamps(i, k, s, p, extra, d) : windows(i, k, s, p, d);
  const [before, after] = cut ?? [p, p];
  return {
    from: -before,
    counts,
    bars: starts.map((start) => range(k).map((j) => start + (transposed ? 0 : before) + d * j)),
    outside: counts.map((_, n) => n < before || n >= counts.length - after),
  };
}

/** How the stamps of one axis overlap: {even, each: stamps per pixel inside, why}. */
export function overlap(axis, { size, kernel_size, stride, dilation }) {
  const [i, k, s, d] = [size, kernel_size, stride, dilation].map((v) => v[axis]);
  const each = k / s;
  if (gcd(d, s) > 1) return { even: false, each, why: `the dilation of ${d} and the stride of ${s} share a divisor` };
  if (k % s) return { even: false, each, why: `the kernel of ${k} is not divisible by the stride of ${s}` };
  const most = extent(k, d) - 1 <= (i - 1) * s; // is there a pixel that every place of a stamp can reach?
  return { even: true, each, why: most ? "" : `an input of ${i} is too small for a pixel to get all of them` };
}

/** Whether the stamps fall evenly, for both axes in one sentence. */
export function evenness(layer) {
  const [height, width] = [0, 1].map((axis) => overlap(axis, layer));
  if (height.even && width.even) {
    const [[kh, kw], [sh, sw]] = [layer.kernel_size, layer.stride];
    const each = height.each * width.each;
    const what = `even inside: every pixel gets ${each} = (${kh}/${sh})·(${kw}/${sw}) stamp${each === 1 ? "" : "s"}`;
    return [what, height.why || width.why].filter(Boolean).join(", but ");
  }
  if (height.why === width.why) return `uneven: ${height.why}`;
  const told = (name, { even, why }) => (even ? "" : `uneven along the ${name}: ${why}`);
  return clauses([told("height", height), told("width", width)]);
}

/** How often a corner and the middle of the input are read, and what is never read. */
export function reading({ size }, axes) {
  const inside = axes.map(({ counts, outside }) => counts.filter((_, n) => !outside[n]));
  const at = (cell) => inside[0][cell[0]] * inside[1][cell[1]];
  const [rows, columns] = inside.map((counts) => counts.filter((n) => n === 0).length);
  const missed = [rows && plural(rows, "row"), columns && plural(columns, "column")].filter(Boolean);
  return clauses([
    `the corner pixel is read ${often(at([0, 0]))}, the middle one ${often(at(size.map((v) => v >> 1)))}`,
    missed.length && `never read: ${missed.join(" and ")}`,
  ]);
}

/** hover/press get the [row, col] in the input (or, transposed, in the output), or null. */
export function createCounts({ on, hover, press }) {
  let shown = null; // what the grid shows: {transposed, axes, at}
  const isOutside = (cell) => cell.some((v, a) => shown.axes[a].outside[v - shown.axes[a].from]);
  const inside = (cell) => (cell && !(shown.transposed && isOutside(cell)) ? cell : null);

  const bars = svg("g", { class: "cnn-count-bars" });
  const cells = svg("g", {});
  const hatch = svg("g", { class: "cnn-hatch" });
  const marks = svg("g", { class: "cnn-marks" });
  const strip = svg("svg", { class: "cnn-grid cnn-strip", role: "img" }, bars, cells, hatch, marks);
  const title = h("div", { class: "cnn-title" });
  const holder = h("div", { class: "cnn-holder" }, strip);
  const verdict = h("div", { class: "cnn-verdict" });
  const legend = h("div", { class: "cnn-help" });
  const left = h("div", { class: "cnn-panel" }, title, holder, verdict, legend);
  const grids = Object.fromEntries(["input", "output"].map((role) => [role, createGrid({
    on, role, label: "counts",
    hover: (cell) => hover(inside(cell)),
    press: (cell) => inside(cell) && press(cell),
    keyed: walk,
  })]));
  const right = h("div", { class: "cnn-panel" }, ...Object.values(grids).map((g) => g.root));
  const root = h("div", { class: "cnn-counts" }, left, right);

  function walk(event) {
    const reached = (outside) => (shown.transposed ? outside.lastIndexOf(false) : outside.length - 1);
    const first = shown.axes.map(({ from }) => (shown.transposed ? 0 : from));
    const last = shown.axes.map(({ from, outside }) => from + reached(outside));
    const by = ARROWS[event.key];
    if (by) {
      shown.at = (shown.at ?? first).map((v, a) => first[a] + clamp(v + by[a] - first[a], last[a] - first[a] + 1));
      hover(shown.at); // the next key may come before the next frame
    } else if (event.key === "Enter" && shown.at) press(shown.at);
    else return;
    event.preventDefault();
  }

  /** The bars above the strip of counts of the width. */
  function drawStrip({ axis: { from, counts, bars: list, outside }, column, em, tall, color }) {
    const row = Math.min(24, Math.max(2.5, ((tall / em) * CELL - CELL - 6) / Math.max(1, list.length)));
    const top = row * list.length + 6;
    const [wide, high] = [counts.length * CELL, top + CELL];
    setAttribute(strip, "viewBox", `-1.5 -1.5 ${wide + 3} ${high + 3}`);
    holder.style.width = `${(em * counts.length).toFixed(3)}em`;
    holder.style.height = `${((em * high) / CELL).toFixed(3)}em`;
    const thick = row * 0.72;
    bars.replaceChildren(...list.map((bar, n) => {
      const y = n * row + (row - thick) / 2;
      return svg("g", { class: "cnn-stamp", "data-lit": String(bar.includes(column)) },
        svg("path", { d: `M${bar[0] * CELL} ${y + thick / 2}H${(bar.at(-1) + 1) * CELL}` }),
        ...bar.map((v) => svg("rect", { x: v * CELL + 2, y, width: CELL - 4, height: thick, rx: 2 })));
    }));
    cells.replaceChildren(...counts.map((count, n) => {
      const rgb = color(count, outside[n]);
      const group = svg("g", { class: "cnn-cell", "data-cell": n + from, "data-padding": String(outside[n]) },
        svg("rect", { x: n * CELL, y: top, width: CELL, height: CELL, fill: css(rgb) }));
      const at = { x: n * CELL + CELL / 2, y: top + CELL / 2 };
      if (em >= 1.1) group.append(svg("text", { ...at, fill: inkOn(rgb), text: String(count) }));
      return group;
    }));
    const half = CELL / 2;
    const stroke = (x, y, length) => `M${x} ${y}l${length} ${-length}`;
    const lines = outside.flatMap((out, n) => {
      const [x, low] = [n * CELL, top + CELL];
      return out ? [stroke(x, low, CELL), stroke(x, low - half, half), stroke(x + half, low, half)] : [];
    });
    hatch.replaceChildren(svg("path", { d: lines.join("") }));
    const d = `M${column * CELL + 2} ${top + 2}h${CELL - 4}v${CELL - 4}h${4 - CELL}z`;
    marks.replaceChildren(...(counts[column] === undefined ? [] : [svg("path", { "data-kind": "here", d })]));
  }

  /**
   * layer          {size, kernel_size, stride, padding, dilation, output_padding}, sizes as [height, width]
   * at             the outlined [row, col], in the coordinates that hover gets
   * focus          {grid: "input" | "output", cell} pointed at, or null; outlined where it lies in the counted grid
   * width, height  the room in em
   */
  function update({ transposed, layer, at, focus, width, height }) {
    const role = transposed ? "output" : "input";
    const axes = [0, 1].map((axis) => countAxis(axis, transposed, layer));
    const here = focus?.grid === role ? focus.cell : at;
    shown = { transposed, axes, at: here };
    const [rows, columns] = axes.map(({ counts }) => counts.length);
    const most = Math.max(...axes[0].counts) * Math.max(...axes[1].counts);
    const single = Math.max(...axes[1].counts, 1);
    const paint = (share, out) => (out ? muted(tint(role)(share)) : tint(role)(share));

    const em = Math.min(LARGEST, (width - GAP) / 2 / columns, (height - 2) / rows);
    const wide = Math.max(em * columns, 15);
    const room = width - GAP - wide;
    const emLeft = Math.min(WIDEST, room / columns);
    left.style.width = `${Math.min(room, Math.max(emLeft * columns, 26)).toFixed(2)}em`; // texts want some width, too
    right.style.width = `${wide.toFixed(2)}em`;
    const list = axes[1].counts.join(" ");
    setAttribute(left, "data-role", role);
    setText(title, `${transposed ? "stamps" : "windows"} along the width: ${list}`);
    drawStrip({
      axis: axes[1], column: here ? here[1] - axes[1].from : -1, em: emLeft,
      tall: height - 10, // titles, verdict and legend of two lines each
      color: (count, out) => paint(count / single, out),
    });
    setAttribute(strip, "aria-label", `Along the width ${transposed
      ? `${plural(axes[1].bars.length, "stamp")} fall on ${columns} pixels`
      : `${plural(axes[1].bars.length, "window")} read ${columns} positions`}. How often each: ${list}.`);

    const count = ([r, c]) => axes[0].counts[r - axes[0].from] * axes[1].counts[c - axes[1].from];
    for (const [name, grid] of Object.entries(grids)) grid.root.hidden = name !== role;
    const outlined = here && here.every((v, a) => axes[a].counts[v - axes[a].from] !== undefined);
    const place = outlined ? `; ${count(here)} at row ${here[0]}, column ${here[1]}` : "";
    const what = transposed ? "stamps per output pixel" : "windows per input pixel";
    grids[role].update({
      layout: {
        rows, cols: columns, origin: axes.map((a) => a.from),
        isPadding: isOutside, signature: axes.map((a) => a.outside).join(),
      },
      value: count, em, titleText: what,
      color: (v, cell) => paint(v / Math.max(1, most), isOutside(cell)),
      outlines: outlined ? [{ name: "here", kind: "here", cells: [here] }] : [],
      description: `${what}, ${rows}×${columns}${place}.`,
    });
    setText(verdict, transposed ? evenness(layer) : reading(layer, axes));
    const bordered = axes.some(({ outside }) => outside.includes(true));
    setText(legend, clauses([
      `each bar is one ${transposed ? "stamp" : "window"} of ${layer.kernel_size[1]}`,
      "a number counts the bars above it, and in 2-D height times width",
      bordered && (transposed ? "hatched: cut off by the padding" : "hatched: padding"),
    ]));
  }

  return { root, update };
}
