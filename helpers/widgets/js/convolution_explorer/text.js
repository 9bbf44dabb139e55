// Sentences about a convolution: the sum at one position, and what a cell depends on or feeds. Pure.

import { format, factor, signed } from "../numbers.js";
import { cellsMetBy, sameCell, sourceCell } from "../arithmetic.js";
import { channelName } from "./state.js";

const show = ([r, c]) => `[${r}, ${c}]`;
const sum = (list) => list.reduce((total, t) => total + t.product, 0);

/** [name, the terms written out, result] of the output at a position. */
export function equation({ state: { weight, bias, output, layer }, taps, at, filter }) {
  const b = bias[filter];
  const name = `output ${weight.length > 1 ? `${filter} ` : ""}${show(at)} = `;
  const result = ` = ${format(output[filter][at[0]][at[1]])}`;
  const plusBias = b ? ` ${signed(b)} (bias)` : "";
  if (taps.length > 1) return [name, taps.map((list, m) => `${channelName(m, taps.length)}: ${format(sum(list))}`).join("  +  ") + plusBias, result];
  if (taps[0].length <= 25) return [name, taps[0].map((t) => `${format(t.x)}·${factor(t.w)}`).join(" + ") + plusBias, result];
  const rows = Array.from({ length: layer.kernel_size[0] }, (_, i) => sum(taps[0].filter((t) => t.weight[0] === i)));
  return [`${name}the ${rows.length} rows of products: `, rows.map((v, i) => (i ? signed(v) : format(v))).join(" ") + plusBias, result];
}

/** What the cell in focus feeds or meets, as a sentence; null for an output, whose equation says it. */
export function dependence({ state: { layer, outputSize }, focus, fed }) {
  if (focus?.grid === "input") {
    const real = sourceCell(focus.cell, layer);
    if (!real) return "This cell is padding: a zero that is not in the image.";
    const who = sameCell(real, focus.cell) ? `Input ${show(real)}` : `This padding copies input ${show(real)}, which`;
    if (!fed.length) return `${who} feeds no output: no window reaches it.`;
    const outputs = new Set(fed.map((t) => String(t.output))).size;
    const some = fed.slice(0, 2).map((t) => `${show(t.output)} through weight ${show(t.weight)}`).join(", ");
    return `${who} feeds ${outputs} of ${outputSize[0] * outputSize[1]} outputs: ${some}${fed.length > 2 ? ", …" : "."}`;
  }
  if (focus?.grid === "kernel") {
    const met = cellsMetBy(focus.cell, layer);
    const zeros = met.filter((t) => !t.source).length;
    return `Weight ${show(focus.cell)} is shared: it meets ${met.length} input cells${zeros ? `, ${zeros} of them zeros of the padding` : ""}, one for each output.`;
  }
  return null;
}
