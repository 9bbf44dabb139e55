// What the explorer of feature maps says. Pure.

import { format, times } from "../numbers.js";
import { wraps } from "./maps.js";

/** "conv1 · 6×28×28 · sees 5×5"; a number for a name says little, so that the layer's kind follows. */
export function layerText({ name, kind, shape, size }) {
  const called = /(^|\.)\d+( |$)/.test(name) ? `${name} ${kind}` : name || kind;
  const sees = { "?": "", everything: " · sees all" }[size] ?? ` · sees ${size}`;
  return `${called} · ${times(shape)}${sees}`;
}

/** Enough decimals for what lies between the ends of a scale. */
const decimals = ({ low, high }) => (high - low < 0.1 ? 5 : high - low < 10 ? 3 : 2);

const cellText = ([row, column]) => `[${row}, ${column}]`;

const minus = (n) => String(n).replace("-", "−");
const interval = ([low, high], one, many) =>
  (low === high ? `${one} ${minus(low)}` : `${many} ${minus(low)}${low < 0 ? " to " : "–"}${minus(high)}`);

/** What a cell sees, in words. */
export function fieldText(about, field, size) {
  if (!field) return about.why || "Its receptive field is not known.";
  if (field.nothing) return "It sees nothing of the image: only padding.";
  const [rows, columns] = field.clipped;
  if (about.size === "everything") return "It sees the whole image, wherever the cell is.";
  const padded = field.unclipped && String(field.unclipped) !== String(field.clipped);
  const end = wraps(field, size) ? ", around the edge" : padded ? "; the rest is padding" : "";
  return `It sees ${interval(rows, "row", "rows")}, ${interval(columns, "column", "columns")}${end}.`;
}

/** "1.25 at [4, 5]". */
export const valueText = (value, cell, scale) => `${format(value, decimals(scale), scale.high)} at ${cellText(cell)}`;

export const noKernelsText = ({ name, kind }) =>
  `Layer ${name || kind} has no kernels that can be drawn: those of a convolution with 1 or 3 input channels can.`;
