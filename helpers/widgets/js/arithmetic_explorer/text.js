// Sentences of the arithmetic explorer: one sum, what a cell depends on or feeds, the formula with its numbers. Pure.

import { format, plural } from "../numbers.js";
import { cellsMetBy, sameCell, sourceCell } from "../arithmetic.js";
import { sizeLines, transposedLines } from "../formula.js";
import { stampedBy } from "../transposed.js";
import { copiesOf, feeds, reads } from "./state.js";

const show = ([r, c]) => `[${r}, ${c}]`;
const LONGEST = { true: 9, false: 16 }; // terms written out, in large and otherwise: one line

/** The formula, with its numbers put in: in one line, or with one for each axis where they differ; or without its result. */
export function formula({ layer, transposed }, hide = false) {
  const symbols = transposed ? "(i−1)·s − 2p + d·(k−1) + output_padding + 1" : "⌊(i + 2p − d·(k − 1) − 1) / s⌋ + 1";
  if (hide) return [`size = ${symbols} = ?`];
  const lines = transposed ? transposedLines(layer) : sizeLines(layer);
  if (lines.length > 1) return [`output size = ${symbols}`, ...lines];
  return [lines[0].replace("output size = ", `size = ${symbols} = `)];
}

/** [name, the terms written out, result] of what stands at the position. */
export function sum({ state, view, at, large }) {
  const { input, kernel, output, layer } = state;
  if (view === "stamp") {
    const x = format(input[at[0]][at[1]]);
    const stamped = stampedBy(at, layer);
    const kept = stamped.filter((t) => t.kept).length;
    const lost = kept < stamped.length ? `; ${plural(stamped.length - kept, "place")} cut off` : "";
    return [`input ${show(at)} = ${x} stamps ${x}·kernel onto ${plural(stamped.length, "place")}${lost}; `, "where stamps overlap they ", "add up"];
  }
  const terms = reads(state, at).map(({ weight: [i, j], source }) => [source ? input[source[0]][source[1]] : 0, kernel[i][j]]);
  const written = terms.length > LONGEST[large] ? `the sum of ${terms.length} products` : terms.map(([x, w]) => `${format(x)}·${format(w)}`).join(" + ") || "nothing: no stamp reaches it";
  return [`output ${show(at)} = `, written, ` = ${format(output[at[0]][at[1]])}`];
}

/** What the cell in focus feeds, copies or meets, as a sentence; null where the sum says it. */
export function dependence({ state, focus, view }) {
  if (!focus || view === "counts") return null;
  const { layer, outputSize, transposed } = state;
  if (focus.grid === "input") {
    if (view === "stamp") return null;
    const fed = new Set(feeds(state, focus.cell).map((t) => String(t.output))).size;
    const real = transposed ? focus.cell : sourceCell(focus.cell, layer);
    if (!real) return "This cell is padding: a zero that is not in the image.";
    const copies = transposed ? 0 : copiesOf(real, layer).length;
    const who = sameCell(real, focus.cell) ? `Input ${show(real)}` : `This padding copies input ${show(real)}, which`;
    const copied = copies ? `, which the border copies ${copies === 1 ? "once" : `${copies} times`},` : "";
    const also = sameCell(real, focus.cell) ? copied : "";
    return fed ? `${who}${also} feeds ${fed} of ${outputSize[0] * outputSize[1]} outputs.` : `${who}${also} feeds no output: no window reaches it.`;
  }
  if (focus.grid === "kernel") {
    const inputs = layer.size[0] * layer.size[1];
    if (transposed) return `Weight ${show(focus.cell)} is shared: all ${plural(inputs, "input")} stamp through it.`;
    const met = cellsMetBy(focus.cell, layer);
    const zeros = met.filter((t) => !t.source).length;
    return `Weight ${show(focus.cell)} is shared: it meets ${plural(met.length, "input cell")}${zeros ? `, ${zeros} of them zeros of the padding` : ""}, one for each output.`;
  }
  if (view !== "stamp") return null;
  const [r, c] = focus.cell;
  if (r < 0 || c < 0 || r >= outputSize[0] || c >= outputSize[1]) return "This place is cut off by the padding.";
  const stamps = reads(state, focus.cell);
  const from = stamps.map((t) => show(t.source)).slice(0, 4).join(", ");
  return stamps.length
    ? `Output ${show(focus.cell)} gets ${plural(stamps.length, "stamp")}, from input ${from}${stamps.length > 4 ? ", …" : ""}.`
    : `Output ${show(focus.cell)} gets no stamp: it stays 0.`;
}
