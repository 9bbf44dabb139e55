// Forecasts as Python packs them, their errors, and which cell of the globe lies where on the maps. Pure.

export const PERSISTENCE = "persistence";

const around = (n, count) => ((n % count) + count) % count;
/** A DataView may begin inside a larger buffer, and not at a multiple of its numbers' size. */
const cut = (data) =>
  (data instanceof ArrayBuffer ? data : data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));

/** How much of the sphere lies at each latitude. */
export const weightsOf = (latitude) => latitude.map((degrees) => Math.max(0, Math.cos((degrees * Math.PI) / 180)));

/** What is packed, with the maps of networks, truth and errors made when they are asked for. */
export function unpack(packed) {
  const { names, shifts, hours, latitude, longitude } = packed;
  const [times, height, width] = [hours.length, latitude.length, longitude.length];
  const size = height * width;
  const codes = new Uint16Array(cut(packed.data));
  const [least, step] = [packed.least, packed.step].map((data) => new Float64Array(cut(data)));
  const weights = weightsOf(latitude);
  function mapAt(n) {
    const out = new Float64Array(size);
    for (let i = 0, from = n * size; i < size; i++) out[i] = least[n] + step[n] * codes[from + i];
    return out;
  }
  const truths = hours.map((_, lead) => mapAt(names.length * shifts.length * times + lead));

  /** A network's map, (H, W) row by row. */
  function forecast(name, shift, lead) {
    if (name === PERSISTENCE) return truths[0];
    return mapAt((names.indexOf(name) * shifts.length + shifts.indexOf(shift)) * times + lead);
  }

  const known = new Map();
  /** All lead times' errors: {lead: [times], longitude: [times][W], latitude: [times][H], sums: [times]}. */
  function errors(name, shift) {
    const key = name === PERSISTENCE ? name : `${names.indexOf(name)}|${shift}`;
    if (!known.has(key)) {
      const all = hours.map((_, lead) => measure(forecast(name, shift, lead), truths[lead], weights, width));
      const each = (part) => all.map((at) => at[part]);
      known.set(key, {
        lead: each("root"), longitude: each("longitude"), latitude: each("latitude"), sums: each("sum"),
      });
    }
    return known.get(key);
  }

  return {
    ...packed, all: [...names, PERSISTENCE], times, height, width, size, weights, forecast, errors,
    truth: (lead) => truths[lead],
    total: width * weights.reduce((a, b) => a + b, 0), // the sum of all cells' weights
  };
}

/** {sum: Σ w·e² of all cells, root: √(Σ w·e² / Σ w), longitude: the same for each column, latitude: for each row}. */
export function measure(forecast, truth, weights, width) {
  const height = weights.length;
  const [longitude, latitude] = [new Float64Array(width), new Float64Array(height)];
  let [sum, total] = [0, 0];
  for (let r = 0, i = 0; r < height; r++) {
    const w = weights[r];
    let row = 0;
    for (let c = 0; c < width; c++, i++) {
      const e = forecast[i] - truth[i];
      const square = e * e;
      row += square;
      longitude[c] += w * square;
    }
    latitude[r] = Math.sqrt(row / width);
    sum += w * row;
    total += w;
  }
  for (let c = 0; c < width; c++) longitude[c] = Math.sqrt(longitude[c] / total);
  return { sum, root: Math.sqrt(sum / (total * width)), longitude, latitude };
}

/** By how many columns the maps are shown east of where they lie in the arrays. */
export const offsetOf = (view, shift, width) => around(view === "network" ? shift : Math.floor(width / 2), width);

/** A column of the arrays on the maps, and back. */
export const shownColumn = (column, offset, width) => around(column + offset, width);
export const arrayColumn = (shown, offset, width) => around(shown - offset, width);

/** The columns on the maps on whose left the network's border lies; on the maps' edges it lies twice. */
export function seamsOf(offset, shift, width) {
  const at = around(offset - shift, width);
  return at ? [at] : [0, width];
}

/** Degrees east, 0 to 360, of the network's border. */
export const seamLongitude = (longitude, shift) =>
  around(longitude[around(-shift, longitude.length)] - 180 / longitude.length, 360);

/** Those of the shifts that lies next to a number of cells, around the globe. */
export function nearestShift(cells, shifts, width) {
  const away = (shift) => Math.min(around(shift - cells, width), around(cells - shift, width));
  return shifts.reduce((best, shift) => (away(shift) < away(best) ? shift : best));
}

/** The shifts from west to east, from 0 on. */
export const inOrder = (shifts, width) => [...shifts].sort((a, b) => around(a, width) - around(b, width));

/** The next of the shifts eastward (by = 1) or westward (−1), around the globe. */
export function nextShift(shift, shifts, width, by) {
  const ordered = inOrder(shifts, width);
  return ordered[around(ordered.indexOf(shift) + by, ordered.length)];
}

/** Values, minus others unless null, row by row into colours, 4 bytes each, the columns moved east by offset; the
    colours end at −end and end. */
export function colored(values, other, width, offset, end, table, rgba) {
  const factor = 255.5 / end;
  const most = table.length / 3 - 1;
  for (let i = 0, n = 0; i < values.length; i += width) {
    for (let c = 0; c < width; c++, n += 4) {
      let from = c - offset;
      if (from < 0) from += width;
      const value = values[i + from] - (other === null ? 0 : other[i + from]);
      const at = 3 * Math.min(most, Math.max(0, Math.round(255.5 + factor * value)));
      rgba[n] = table[at];
      rgba[n + 1] = table[at + 1];
      rgba[n + 2] = table[at + 2];
      rgba[n + 3] = 255;
    }
  }
}
