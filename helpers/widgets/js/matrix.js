// The convolution as a matrix, y = W·x (+ b): one row per output, one column per input, one colour per weight.

import { svg, h, setAttribute, setText } from "./dom.js";
import { css, inkOn, scaleFor, weightColor } from "./colors.js";
import { taps } from "./arithmetic.js";
import { format } from "./numbers.js";
import { pointAt } from "./pointer.js";

const CELL = 20;
/** The most entries (or wires) that are drawn: more would neither be legible nor follow the pointer. */
export const MOST = 4000;

/**
 * hover/press get {grid: "output" | "input", channel, cell}. `name` is the matrix's, x and y those of what it maps;
 * a `brief` title says no more than these.
 * A state with a function `reads` is a matrix of that: reads(output cell) → [{weight, source}].
 */
export function createMatrix({ on, hover, press, name = "W", x: from = "x", y: to = "y", brief = false }) {
  const title = h("div", { class: "cnn-title", "data-role": "kernel" });
  const picture = svg("svg", { class: "cnn-grid cnn-matrix", role: "img" });
  const holder = h("div", { class: "cnn-holder" }, picture);
  const root = h("div", { class: "cnn-panel" }, title, holder);
  let built = null;
  let row, column;

  function build(state, filter, numbers) {
    const { input, applied, layer, outputSize: [height, width], output } = state;
    const [H, W] = layer.size;
    const [kh, kw] = layer.kernel_size;
    const columns = input.length * H * W;
    const rows = height * width;
    const count = input.length * kh * kw;
    const entries = new Map(); // "row,column" → {value, weights}
    const reads = state.reads ?? ((cell) => taps(cell, layer));
    for (let r = 0; r < rows; r++)
      for (const { weight: [i, j], source } of reads([Math.floor(r / width), r % width]))
        if (source)
          for (let m = 0; m < input.length; m++) {
            const at = `${r},${(m * H + source[0]) * W + source[1]}`;
            const entry = entries.get(at) ?? { value: 0, weights: [] };
            entry.value += applied[filter][m][i][j];
            entry.weights.push((m * kh + i) * kw + j);
            entries.set(at, entry);
          }
    const paths = new Map();
    const texts = [];
    for (const [at, { value, weights }] of entries) {
      const [r, c] = at.split(",").map(Number);
      const color = weights.length > 1 ? "#ccc" : weightColor(weights[0], count);
      paths.set(color, `${paths.get(color) ?? ""}M${c * CELL} ${(r + 2) * CELL}h${CELL}v${CELL}h${-CELL}z`);
      if (numbers) texts.push(svg("text", { x: (c + 0.5) * CELL, y: (r + 2.5) * CELL, text: format(value) }));
    }
    const strip = (values, scale, place) =>
      values.map((v, n) => {
        const [x, y] = place(n);
        const cell = svg("rect", { x, y, width: CELL, height: CELL, fill: css(scale(v)) });
        return numbers
          ? [cell, svg("text", { x: x + CELL / 2, y: y + CELL / 2, fill: inkOn(scale(v)), text: format(v, 1) })]
          : [cell];
      });
    const x = input.flat(2);
    const y = output[filter].flat();
    // lines between the rows of the image: the blocks of the matrix
    const blocks = Array.from({ length: columns / W + 1 }, (_, n) => `M${n * W * CELL} ${2 * CELL}v${rows * CELL}`);
    const bands = Array.from({ length: rows / width + 1 }, (_, n) => `M0 ${(n * width + 2) * CELL}h${columns * CELL}`);
    row = svg("rect", { class: "cnn-row", x: 0, width: columns * CELL, height: CELL });
    column = svg("rect", { class: "cnn-column", y: 0, width: CELL, height: (rows + 2) * CELL });
    picture.replaceChildren(
      svg("rect", { class: "cnn-blank", x: 0, y: 2 * CELL, width: columns * CELL, height: rows * CELL }),
      ...[...paths].map(([color, d]) => svg("path", { d, fill: color, class: "cnn-entries" })),
      svg("path", { d: [...blocks, ...bands].join(""), class: "cnn-blocks" }),
      ...strip(x, scaleFor(x, "input"), (n) => [n * CELL, 0]).flat(),
      ...strip(y, scaleFor(y, "output"), (n) => [(columns + 1) * CELL, (n + 2) * CELL]).flat(),
      ...texts,
      svg("text", { x: (columns + 0.5) * CELL, y: CELL / 2, class: "cnn-name", text: from }),
      svg("text", { x: (columns + 1.5) * CELL, y: 1.5 * CELL, class: "cnn-name", text: to }),
      row,
      column,
    );
    setAttribute(picture, "viewBox", `-2 -2 ${(columns + 2) * CELL + 4} ${(rows + 2) * CELL + 4}`);
    return { columns, rows, count, filled: entries.size, state, filter, numbers };
  }

  function targetOf(event) {
    if (!built) return null;
    const box = picture.getBoundingClientRect();
    const c = Math.floor(((event.clientX - box.left) / box.width) * (built.columns + 2));
    const r = Math.floor(((event.clientY - box.top) / box.height) * (built.rows + 2)) - 2;
    const { state: { layer: { size: [H, W] }, outputSize: [, width] }, filter } = built;
    if (r >= 0 && r < built.rows) return { grid: "output", channel: filter, cell: [Math.floor(r / width), r % width] };
    if (r === -2 && c >= 0 && c < built.columns)
      return { grid: "input", channel: Math.floor(c / (H * W)), cell: [Math.floor((c % (H * W)) / W), c % W] };
    return null;
  }
  pointAt(on, picture, { targetOf, hover, press });

  return {
    root,
    update({ state, filter, at, focus, width, height }) {
      const { layer: { size: [H, W] }, outputSize, input } = state;
      const [rows, columns] = [outputSize[0] * outputSize[1], input.length * H * W];
      const entries = rows * input.length * state.layer.kernel_size[0] * state.layer.kernel_size[1];
      holder.hidden = entries > MOST;
      if (entries > MOST) {
        built = null;
        return setText(title, `${name} would be ${rows} × ${columns}, with ${entries} entries: too many to draw. Take a smaller input or kernel.`);
      }
      const em = Math.min(width / (columns + 2), height / (rows + 2), 2);
      const numbers = em >= 1.1;
      if (!built || built.state !== state || built.filter !== filter || built.numbers !== numbers)
        built = build(state, filter, numbers);
      holder.style.width = `${em * (columns + 2)}em`;
      holder.style.height = `${em * (rows + 2)}em`;
      setText(title, `${state.weight.length > 1 ? `output ${filter}: ` : ""}${to} = ${name}·${from}${state.bias[filter] ? " + b" : ""}: ${name} is ${rows} × ${columns}${brief ? "" : `, with ${built.filled} entries from only ${built.count} weights; all others are zero`}`);
      setAttribute(row, "y", (at[0] * outputSize[1] + at[1] + 2) * CELL);
      const lit = focus?.grid === "input" ? (focus.channel * H + focus.cell[0]) * W + focus.cell[1] : null;
      setAttribute(column, "visibility", lit === null ? "hidden" : "visible");
      if (lit !== null) setAttribute(column, "x", lit * CELL);
      setAttribute(picture, "aria-label",
        `Matrix ${name} with ${rows} rows and ${columns} columns, ${built.filled} entries hold the ${built.count} weights of the kernel, the others are zero. The row of output row ${at[0] + 1}, column ${at[1] + 1} is lit.`);
    },
  };
}
