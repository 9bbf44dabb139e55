// Small inputs worth sliding a kernel over: name → (height, width) → (C, H, W). Pure.

const fill = (f) => (height, width) => [
  Array.from({ length: height }, (_, r) => Array.from({ length: width }, (_, c) => f(r, c, height, width))),
];
const fixed = (planes) => () => structuredClone(planes);

// Dumoulin and Visin, arXiv:1603.07285, figure 1.1.
const WORKED = [[[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]];
// The first of the UCI handwritten digits: a zero in 17 shades.
const DIGIT = [[
  [0, 0, 5, 13, 9, 1, 0, 0], [0, 0, 13, 15, 10, 15, 5, 0], [0, 3, 15, 2, 0, 11, 8, 0], [0, 4, 12, 0, 0, 8, 8, 0],
  [0, 5, 8, 0, 0, 9, 8, 0], [0, 4, 11, 0, 1, 12, 7, 0], [0, 2, 14, 5, 10, 12, 0, 0], [0, 0, 6, 13, 10, 0, 0, 0],
]];
const RGB = [
  [[2, 2, 2, 0, 0], [2, 2, 2, 0, 0], [2, 2, 2, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
  [[0, 0, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 1, 1, 1]],
  [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 3, 3, 3, 0], [0, 3, 3, 3, 0], [0, 3, 3, 3, 0]],
];

export const INPUTS = {
  "worked example": { make: fixed(WORKED) },
  "one pixel": { make: fill((r, c, h, w) => Number(r === h >> 1 && c === w >> 1)), grows: true },
  "vertical edge": { make: fill((r, c, h, w) => (c < w >> 1 ? 0 : 5)), grows: true },
  "horizontal edge": { make: fill((r, c, h) => (r < h >> 1 ? 0 : 5)), grows: true },
  diagonal: { make: fill((r, c) => (c > r ? 0 : 5)), grows: true },
  checkerboard: { make: fill((r, c) => (r + c) % 2), grows: true },
  ramp: { make: fill((r, c) => c), grows: true },
  "handwritten digit": { make: fixed(DIGIT) },
  "RGB: three channels": { make: fixed(RGB) },
};

// Three kernels for each of two filters: where red leaves and green begins; where blue begins downwards.
const RGB_FILTERS = [
  [[[1, 0, -1], [1, 0, -1], [1, 0, -1]], [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]], [[0, 0, 0], [0, 0, 0], [0, 0, 0]]],
  [[[0, 0, 0], [0, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, 0], [0, 0, 0]], [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]],
];
const WORKED_KERNEL = [[[[0, 1, 2], [2, 2, 0], [0, 1, 2]]]];

/** Kernels for an input with that many channels: name → (O, C, kh, kw); the classic ones arrive from Python. */
export function kernelPresets(classic, channels) {
  const list = channels === 1 ? { "worked example": WORKED_KERNEL } : {};
  if (channels === 3) list["two RGB filters"] = RGB_FILTERS;
  for (const [name, kernel] of Object.entries(classic))
    list[name] = [Array.from({ length: channels }, () => kernel)];
  return structuredClone(list);
}

/** The same planes with another height and width: cut off, or continued with zeros. */
export function resized(planes, height, width) {
  return planes.map((plane) =>
    Array.from({ length: height }, (_, r) => Array.from({ length: width }, (_, c) => plane[r]?.[c] ?? 0)),
  );
}

/** The same kernels with another size, kept centred. */
export function resizedKernel(weight, height, width) {
  const down = Math.floor((height - weight[0][0].length) / 2);
  const right = Math.floor((width - weight[0][0][0].length) / 2);
  return weight.map((filter) =>
    filter.map((plane) =>
      Array.from({ length: height }, (_, r) => Array.from({ length: width }, (_, c) => plane[r - down]?.[c - right] ?? 0)),
    ),
  );
}

/**
 * A resize that begins with the numbers before the first one, as long as nothing else has changed them:
 * 3 → 2 → 3 loses nothing.
 */
export function rememberingResize(resize) {
  let source = null;
  let made = null;
  return (now, height, width) => {
    if (JSON.stringify(now) !== made) source = now;
    const result = resize(source, height, width);
    made = JSON.stringify(result);
    return result;
  };
}

/** The name of the preset that equals these numbers, or null. */
export function nameOf(value, presets) {
  const text = JSON.stringify(value);
  return Object.keys(presets).find((name) => JSON.stringify(presets[name]) === text) ?? null;
}

/** The blurs exist in every size: a box, and the binomial numbers, which are nearly a Gaussian. Null for other names. */
export function blurOfSize(name, size) {
  if (name === "box blur") return Array.from({ length: size }, () => Array(size).fill(1 / size ** 2));
  if (name !== "Gaussian blur") return null;
  let row = [1];
  while (row.length < size) row = [...row, 0].map((v, n) => v + (row[n - 1] ?? 0));
  return row.map((a) => row.map((b) => (a * b) / 4 ** (size - 1)));
}
