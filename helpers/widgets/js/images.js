// Filtering whole images: every plane by one kernel, the output as large as the input. Pure, and fast enough for a drag.

import { sourceIndex } from "./arithmetic.js";
import { ABOVE, BELOW } from "./colors.js";

/** How much "same" padding adds before and after an axis; the odd one goes after, as in PyTorch. */
export const samePadding = (kernel_size) => [Math.floor((kernel_size - 1) / 2), Math.ceil((kernel_size - 1) / 2)];

/** A plane {data, height, width} with its border written out. */
export function padded({ data, height, width }, [kh, kw], padding_mode) {
  const [top, bottom] = samePadding(kh);
  const [left, right] = samePadding(kw);
  const [tall, wide] = [height + top + bottom, width + left + right];
  const out = new Float64Array(tall * wide);
  for (let r = 0; r < tall; r++) {
    const row = sourceIndex(r - top, height, padding_mode);
    if (row < 0) continue;
    const [from, to] = [row * width, r * wide + left];
    for (let c = 0; c < width; c++) out[to + c] = data[from + c]; // nearly all pixels: nobody asks where they come from
    for (let n = 0; n < left + right; n++) {
      const c = n < left ? n - left : width + n - left;
      const column = sourceIndex(c, width, padding_mode);
      if (column >= 0) out[to + c] = data[from + column];
    }
  }
  return { data: out, height: tall, width: wide };
}

/** Cross-correlate a padded plane with a kernel (rows of numbers); returns height · width values. */
export function correlatePlane(border, kernel, height, width, out = new Float64Array(height * width)) {
  const weights = [];
  const offsets = [];
  kernel.forEach((row, i) => row.forEach((w, j) => {
    if (w === 0) return;
    weights.push(w);
    offsets.push(i * border.width + j);
  }));
  // Seven taps a pass: the sum stays in a register, and the pass count is one per kernel row of a 7×7.
  while (weights.length % 7) { weights.push(0); offsets.push(0); }
  out.fill(0);
  const { data } = border;
  for (let t = 0; t < weights.length; t += 7) {
    const [a, b, c, d, e, f, g] = weights.slice(t, t + 7);
    const [oa, ob, oc, od, oe, of, og] = offsets.slice(t, t + 7);
    for (let r = 0; r < height; r++) {
      const from = r * border.width;
      const to = r * width;
      for (let x = 0; x < width; x++) {
        const n = from + x;
        out[to + x] += a * data[n + oa] + b * data[n + ob] + c * data[n + oc] + d * data[n + od]
          + e * data[n + oe] + f * data[n + of] + g * data[n + og];
      }
    }
  }
  return out;
}

/** Red, green and blue as one plane, by how bright they look (ITU-R BT.601, as Pillow's "L"). */
export function greyPlane([red, green, blue]) {
  return { ...red, data: red.data.map((v, n) => 0.299 * v + 0.587 * green.data[n] + 0.114 * blue.data[n]) };
}

/** Smallest and largest of several arrays. */
export function extremes(arrays) {
  let low = Infinity;
  let high = -Infinity;
  for (const values of arrays)
    for (let n = 0; n < values.length; n++) {
      if (values[n] < low) low = values[n];
      if (values[n] > high) high = values[n];
    }
  return [low, high];
}

/** An image as it travels: {shape: [H, W] or [H, W, C], data: float32 bytes} → planes of float64. */
export function planesOf({ shape: [height, width, channels = 1], data }) {
  // a DataView may begin inside a larger buffer, and not at a multiple of four bytes
  const bytes = data instanceof ArrayBuffer ? data : data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  const values = new Float32Array(bytes);
  return Array.from({ length: channels }, (_, m) => ({
    height,
    width,
    data: Float64Array.from({ length: height * width }, (_, n) => values[n * channels + m]),
  }));
}

/**
 * How to show results: "picture" is black at 0 and white at 1, with colours for what lies outside;
 * "signed" is centred on zero; "field" runs from the lowest to the highest value.
 */
export function chooseScale([low, high], { shown, field, sum }) {
  const signed = () => ({ kind: "signed", low: -Math.max(-low, high, 1e-12), high: Math.max(-low, high, 1e-12) });
  if (shown === "signed") return signed();
  const negative = low < -1e-9;
  if (field) return negative ? signed() : { kind: "field", low, high };
  if (shown === "auto" && negative && Math.abs(sum) < 0.5) return signed();
  return { kind: "picture", low: Math.min(0, low), high: Math.max(1, high) };
}

/** Paint planes into RGBA bytes: one plane through a table of 512 colours, three as red, green and blue. */
export function paint(planes, scale, table, rgba) {
  const { low, high } = scale;
  const size = planes[0].length;
  if (planes.length > 1) return paintColors(planes, scale, rgba);
  const factor = high > low ? 511 / (high - low) : 0;
  const [values] = planes;
  for (let n = 0; n < size; n++) {
    const at = 3 * Math.round((values[n] - low) * factor);
    rgba[4 * n] = table[at];
    rgba[4 * n + 1] = table[at + 1];
    rgba[4 * n + 2] = table[at + 2];
    rgba[4 * n + 3] = 255;
  }
}

/** Signed colours have grey at zero; in a picture, pixels that leave 0 to 1 turn blue (below) or orange (above). */
function paintColors([red, green, blue], { kind, low, high }, rgba) {
  const signed = kind === "signed";
  const from = signed ? low : 0;
  const scale = 255 / (signed ? high - low : 1);
  for (let n = 0; n < red.length; n++) {
    const [r, g, b] = [red[n], green[n], blue[n]];
    rgba[4 * n] = (r - from) * scale;
    rgba[4 * n + 1] = (g - from) * scale;
    rgba[4 * n + 2] = (b - from) * scale;
    rgba[4 * n + 3] = 255;
    if (signed) continue;
    const below = -Math.min(r, g, b);
    const above = Math.max(r, g, b) - 1;
    if (below > 0.02 || above > 0.02) {
      const color = below > above ? BELOW : ABOVE;
      const share = Math.min(1, 0.3 + 2 * Math.max(below, above));
      for (let m = 0; m < 3; m++) rgba[4 * n + m] += (color[m] - rgba[4 * n + m]) * share;
    }
  }
}
