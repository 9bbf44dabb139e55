// Colours of the course: one per role, and maps from values to colours. Pure.

/** Okabe–Ito: the same roles in widgets, plots and prose. */
export const ROLE = { input: [0, 114, 178], kernel: [230, 159, 0], output: [0, 158, 115], product: [140, 140, 140] };

// Eleven steps of RdBu_r (ColorBrewer), negative to positive.
const DIVERGING = [
  [5, 48, 97], [33, 102, 172], [67, 147, 195], [146, 197, 222], [209, 229, 240], [247, 247, 247],
  [253, 219, 199], [244, 165, 130], [214, 96, 77], [178, 24, 43], [103, 0, 31],
];
// Nine steps of viridis.
const VIRIDIS = [
  [68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141],
  [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37],
];

const clamp = (t) => Math.min(1, Math.max(0, t));
const mix = (a, b, t) => a.map((v, i) => v + (b[i] - v) * t);

function ramp(steps, t) {
  const at = clamp(t) * (steps.length - 1);
  const below = Math.min(steps.length - 2, Math.floor(at));
  return mix(steps[below], steps[below + 1], at - below);
}

/** Signed values: −1 blue, 0 white, 1 red. */
export const diverging = (t) => ramp(DIVERGING, (t + 1) / 2);
export const viridis = (t) => ramp(VIRIDIS, t);
export const grey = (t) => mix([0, 0, 0], [255, 255, 255], clamp(t));
/** From white to the colour of a role, for grids whose cells also say their number. */
export const tint = (role) => (t) => mix([255, 255, 255], ROLE[role], 0.75 * clamp(t));

/** The same colour behind a veil of grey: values that are not in the image. */
export const muted = (rgb) => mix(rgb, [190, 190, 190], 0.6);

export const css = ([r, g, b]) => `rgb(${Math.round(r)},${Math.round(g)},${Math.round(b)})`;

/** A colour for the n-th of several weights: hues in equal steps, light enough for black numbers. */
export function weightColor(n, count) {
  return `hsl(${Math.round((360 * n) / Math.max(count, 1) + 35) % 360} 75% ${n % 2 ? 78 : 66}%)`;
}

function luminance(rgb) {
  const [r, g, b] = rgb.map((v) => {
    const s = v / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** WCAG contrast ratio of two colours, 1 to 21. */
export function contrast(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

/** Black or white, whichever reads better on this colour (at least 4.5 on any). */
export const inkOn = (rgb) => (luminance(rgb) > 0.179 ? "#000" : "#fff");

/** The map that fits the values: diverging and centred on zero as soon as one is negative. */
export function scaleFor(values, role) {
  let low = Infinity;
  let high = -Infinity;
  for (const v of values) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (low < 0) {
    const most = Math.max(-low, high);
    return (v) => diverging((0.8 * v) / most); // the darkest ends would hide the outlines
  }
  const color = tint(role);
  return (v) => color(high > 0 ? v / high : 0);
}

/** The same hue, dark enough for a line on white and light enough for one on black. */
export const weightStroke = (n, count) => `hsl(${Math.round((360 * n) / Math.max(count, 1) + 35) % 360} 80% 45%)`;

/**
 * 512 colours for the values from low to high, as bytes. A "picture" is black at 0 and white at 1;
 * what lies below turns blue and what lies above turns orange, so that nothing is lost.
 */
export function tableFor({ kind, low, high }) {
  const value = (t) => low + t * (high - low);
  const map = {
    signed: (t) => diverging(2 * t - 1),
    field: viridis,
    picture(t) {
      const v = value(t);
      const near = (high - low) / 1022; // half a step: what rounds to 0 or 1 is black or white
      if (v < -near) return mix([0, 0, 40], BELOW, Math.min(1, -2 * v));
      return v > 1 + near ? mix([255, 240, 220], ABOVE, Math.min(1, 2 * (v - 1))) : grey(v);
    },
  }[kind];
  return Uint8ClampedArray.from(Array.from({ length: 512 }, (_, n) => map(n / 511)).flat());
}
export const BELOW = [40, 90, 255];
export const ABOVE = [255, 120, 0];
