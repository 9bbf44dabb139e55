// Effective receptive fields as Python packs them: shares, squares, profiles. Pure.

import { planesOf } from "../images.js";
import { range } from "../numbers.js";

export const DECADES = 6; // what a logarithmic scale shows

/** {names, layers, size, boxes, centres, data} → name and layer by number give {data, height, width, box, centre}. */
export function unpack({ names, layers, size: [height, width], boxes, centres, data }) {
  const count = names.length * layers.length;
  const [all] = planesOf({ shape: [count, height * width], data });
  const field = (n, k) => {
    const from = (n * layers.length + k) * height * width;
    return {
      data: all.data.subarray(from, from + height * width), height, width, box: boxes[n][k], centre: centres[n][k],
    };
  };
  return { names, layers, height, width, most: 2 * Math.max(height, width) - 1, field };
}

/** The share within each square: shares[m] for a side of 2m + 1. */
export function sharesOf({ data, height, width, centre: [row, column] }) {
  const rings = new Float64Array(Math.max(height, width, Math.abs(row) + height, Math.abs(column) + width));
  data.forEach((v, n) => {
    rings[Math.max(Math.abs(Math.floor(n / width) - row), Math.abs((n % width) - column))] += v;
  });
  let sum = 0;
  return rings.map((v) => (sum += v));
}

/** The side of the smallest square that holds this share; float32 sums may end a little below 1. */
export const sideHolding = (shares, share) =>
  2 * shares.findIndex((v) => v >= share * shares[shares.length - 1] * (1 - 1e-6)) + 1;

/** The side of the square around the centre whose edge lies at a pixel. */
export const sideAt = ([row, column], [r, c]) => 2 * Math.max(Math.abs(r - row), Math.abs(c - column)) + 1;

/** The row through the centre, and the Gaussian of its sum, mean and variance in finer steps: [[at, value], …]. */
export function profileOf({ data, height, width, centre: [row] }) {
  const r = Math.min(height - 1, Math.max(0, row));
  const values = Array.from(data.subarray(r * width, (r + 1) * width));
  const sum = values.reduce((a, b) => a + b, 0);
  const mean = values.reduce((a, v, n) => a + v * n, 0) / sum;
  const variance = values.reduce((a, v, n) => a + v * (n - mean) ** 2, 0) / sum;
  const bell = (at) => (sum / Math.sqrt(2 * Math.PI * variance)) * Math.exp(-((at - mean) ** 2) / (2 * variance));
  const gaussian = variance > 0 ? range(4 * width - 3).map((n) => [n / 4, bell(n / 4)]) : [];
  return { values, gaussian, deviation: Math.sqrt(variance) };
}

/** A value as a height from 0 to 1, the largest being 1; a logarithmic scale ends at a millionth of it. */
export function heightOf(value, largest, logarithmic) {
  const share = largest > 0 ? value / largest : 0;
  if (!logarithmic) return share;
  return share > 0 ? Math.max(0, 1 + Math.log10(share) / DECADES) : 0;
}
