// The maps of a layer for one image, unpacked from the steps in which they travel. Pure.

import { range } from "../numbers.js";

/** The bytes of a DataView, which may begin anywhere in a larger buffer, as numbers of `kind`. */
const numbersOf = (Kind, data) =>
  new Kind(data instanceof ArrayBuffer ? data : data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));

const STEPS = 65535;

/** {steps, ranges, kernels} as Python packs them, of maps [C, H, W]: what can be asked of each image. */
export function unpack({ steps, ranges, kernels }, [channels, height, width], kernel) {
  const [all, ends] = [numbersOf(Uint16Array, steps), numbersOf(Float64Array, ranges)];
  const weights = kernels ? numbersOf(Float32Array, kernels) : null;
  const size = height * width;

  function ofImage(image) {
    const low = (channel) => ends[2 * (image * channels + channel)];
    const high = (channel) => ends[2 * (image * channels + channel) + 1];
    const stepsOf = (channel) => {
      const from = (image * channels + channel) * size;
      return all.subarray(from, from + size);
    };
    const valueOf = (channel, step) => low(channel) + (step / STEPS) * (high(channel) - low(channel));
    const mean = (channel) => valueOf(channel, stepsOf(channel).reduce((a, b) => a + b, 0) / size);
    const rankings = new Map();
    return {
      channels, height, width, low, high, mean,
      value: (channel, [row, column]) => valueOf(channel, stepsOf(channel)[row * width + column]),
      plane(channel) {
        const [values, from, unit] = [stepsOf(channel), low(channel), (high(channel) - low(channel)) / STEPS];
        const plane = new Float64Array(size);
        for (let n = 0; n < size; n++) plane[n] = from + values[n] * unit; // all maps of a layer must be quick
        return plane;
      },
      /** Where the map is largest; the first of several. */
      strongestCell(channel) {
        const values = stepsOf(channel);
        const at = high(channel) > low(channel) ? values.indexOf(STEPS) : 0;
        return [Math.floor(at / width), at % width];
      },
      /** The channels, strongest first, by "maximum" or "mean". */
      ranking(by) {
        if (!rankings.has(by)) {
          const strength = range(channels).map(by === "mean" ? mean : high);
          rankings.set(by, range(channels).sort((a, b) => strength[b] - strength[a] || a - b));
        }
        return rankings.get(by);
      },
    };
  }

  const images = new Map();
  return {
    image(n) {
      if (!images.has(n)) images.set(n, ofImage(n));
      return images.get(n);
    },
    /** The planes of a kernel: one, or red, green and blue. */
    kernel(channel) {
      const [planes, rows, columns] = kernel;
      return range(planes).map((plane) => {
        const from = (channel * planes + plane) * rows * columns;
        return Float64Array.from(weights.subarray(from, from + rows * columns));
      });
    },
    largestWeight: weights?.reduce((most, w) => Math.max(most, Math.abs(w)), 0) ?? 0,
  };
}

/** The colours of all maps together, or of one: centred on zero where a value is negative, else from zero on. */
export function scaleOf(maps, channel = null) {
  const channels = channel === null ? range(maps.channels) : [channel];
  const signed = range(maps.channels).some((c) => maps.low(c) < 0); // one kind of colours in a layer
  const high = Math.max(...channels.map(maps.high));
  if (!signed) return { kind: "field", low: 0, high: high || 1 };
  const most = Math.max(high, ...channels.map((c) => -maps.low(c))) || 1;
  return { kind: "signed", low: -most, high: most };
}

/** The first and last pixel that a cell sees, clipped to the image and not: {rows, columns, …}; null: none known. */
export function fieldAt({ rows, columns }, [row, column]) {
  if (!rows) return null;
  const [[inRows, allRows], [inColumns, allColumns]] = [rows[row], columns[column]];
  const nothing = !inRows || !inColumns;
  return {
    nothing,
    clipped: nothing ? null : [inRows, inColumns],
    unclipped: allRows && allColumns ? [allRows, allColumns] : null,
  };
}

/** An interval, and its copies on the other side where it goes around the edge of a circular axis. */
const around = ([low, high], size) =>
  [0, ...(low < 0 ? [size] : []), ...(high >= size ? [-size] : [])].map((by) => [low + by, high + by]);

/** Whether a field reaches around an edge: circular padding. */
export const wraps = ({ clipped }, size) =>
  Boolean(clipped) && clipped.some(([low, high], axis) => low < 0 || high >= size[axis]);

/** The boxes [rows, columns] of what is seen of an image [height, width]: several where it goes around an edge. */
export function boxesOf({ clipped }, size) {
  if (!clipped) return [];
  const [rows, columns] = clipped.map((ends, axis) => around(ends, size[axis]));
  return rows.flatMap((row) => columns.map((column) => [row, column]));
}

/** The channels on the page with `position`, of pages with `count` maps each. */
export function pageOf(order, position, count) {
  const page = Math.floor(position / count);
  return { page, pages: Math.ceil(order.length / count), channels: order.slice(page * count, (page + 1) * count) };
}

/** How many columns of tiles, `shape` [height, width] each, make them largest in a room: {columns, em}. */
export function arranged(count, [height, width], [tall, wide], { label, gap, most }) {
  let best = { columns: 1, em: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const across = (wide / columns - gap) / width;
    const em = Math.min(most / Math.max(height, width), across, (tall / rows - label) / height);
    if (em > best.em) best = { columns, em };
  }
  return best;
}
