// Effective receptive fields as Python packs them: shares, squares, profiles, and what is worth seeing. Pure.

import { planesOf } from "../images.js";
import { range } from "../numbers.js";

export const DECADES = 6; // what a logarithmic scale shows

/** {names, layers, size, boxes, around, centres, data} → fields[model][layer]: {data, height, width, box, …}. */
export function unpack({ names, layers, size: [height, width], boxes, around, centres, data }) {
  const count = names.length * layers.length;
  const [all] = planesOf({ shape: [count, height * width], data });
  const field = (n, k) => {
    const from = (n * layers.length + k) * height * width;
    return {
      data: all.data.subarray(from, from + height * width), height, width,
      box: boxes[n][k], around: around[n][k], centre: centres[n][k],
    };
  };
  const fields = names.map((_, n) => layers.map((__, k) => field(n, k)));
  return { names, layers, most: 2 * Math.max(height, width) - 1, fields };
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

/** The part of the input around the boxes of all these fields: a quarter more on each side, at least 2 pixels. */
export function viewOf(fields) {
  const [{ height, width }] = fields;
  const whole = { top: 0, left: 0, height, width };
  if (fields.some(({ box }) => !box)) return whole;
  const span = (axis, size) => {
    const first = Math.min(...fields.map(({ box }) => box[axis][0]));
    const last = Math.max(...fields.map(({ box }) => box[axis][1]));
    const margin = Math.max(2, Math.ceil((last - first + 1) / 4));
    const from = Math.max(0, first - margin);
    return [from, Math.min(size, last + margin + 1) - from];
  };
  const [[top, high], [left, wide]] = [span(0, height), span(1, width)];
  return high > 0 && wide > 0 ? { top, left, height: high, width: wide } : whole;
}

/** The share of each column; the field's mean and standard deviation, [down, across]; and the bell of the columns: a
    Gaussian of their sum, mean and deviation in finer steps, [[at, value], …]. */
export function profileOf({ data, height, width }) {
  const [rows, values] = [Array(height).fill(0), Array(width).fill(0)];
  data.forEach((v, n) => {
    rows[Math.floor(n / width)] += v;
    values[n % width] += v;
  });
  const sum = values.reduce((a, b) => a + b, 0);
  const mean = [rows, values].map((of) => of.reduce((a, v, n) => a + v * n, 0) / sum);
  const deviation = [rows, values].map((of, axis) =>
    Math.sqrt(of.reduce((a, v, n) => a + v * (n - mean[axis]) ** 2, 0) / sum));
  const [at, wide] = [mean[1], deviation[1]];
  const bell = (x) => (sum / (Math.sqrt(2 * Math.PI) * wide)) * Math.exp(-((x - at) ** 2) / (2 * wide ** 2));
  return { values, mean, deviation, gaussian: wide > 0 ? range(4 * width - 3).map((n) => [n / 4, bell(n / 4)]) : [] };
}

/** A value as a height from 0 to 1, the largest being 1; a logarithmic scale ends at a millionth of it. */
export function heightOf(value, largest, logarithmic) {
  const share = largest > 0 ? value / largest : 0;
  if (!logarithmic) return share;
  return share > 0 ? Math.max(0, 1 + Math.log10(share) / DECADES) : 0;
}
