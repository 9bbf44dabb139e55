// What the square says in words. Pure.

import { format, plural } from "../numbers.js";
import { shiftText } from "../transforms.js";
import { LIMITS, ROUNDING, SWEEPS } from "./commute.js";

/** "exactly 0" only where every value is equal. */
export function errorText({ error, exact }) {
  if (exact) return "exactly 0";
  if (error < ROUNDING) return `${format(error)}: rounding only`;
  if (!Number.isFinite(error)) return "∞: g(f(x)) is 0";
  return `${format(100 * error, error < 0.1 ? 2 : 1)} %`;
}

const byText = (shift) => shiftText(shift) || "nothing";

/** What g does to the picture. */
export function transformText({ transform, shift, angle, factor, wrap }) {
  if (transform === "rotate") return `g turns by ${format(angle)}° about the centre`;
  if (transform === "scale") return `g shows everything ${format(factor)} times as large`;
  return `g shifts by ${byText(shift)}${wrap ? "" : "; zeros enter"}`;
}

/** What g does to the maps, where that is not the same. */
export function mapText({ transform, shift }, stride) {
  if (stride === null)
    return "One number is left, and g leaves it as it is: the error tells how far f is from invariant.";
  if (stride === 1) return "";
  const cell = `One cell of the map is ${stride} pixels wide`;
  if (transform !== "shift") return `${cell}; there g is about the middle of the map.`;
  const cells = shift.map((by) => by / stride);
  const between = cells.every(Number.isInteger) ? "" : ", interpolated between two cells";
  return `${cell}: g moves it by ${byText(cells)}${between}.`;
}

/** Where on the curve the error is exactly 0, as a sentence. */
export function zerosText(points, { transform, shift }) {
  const zeros = points.filter((point) => point.exact).map((point) => point.at);
  const [all, none] = [zeros.length === points.length, zeros.length === 0];
  if (transform !== "shift") {
    const places = zeros.map((at) => `${format(at)}${SWEEPS[transform].unit}`).join(", ");
    const where = all ? "everywhere" : none ? "nowhere" : `at ${places}`;
    return `On this curve it is exactly 0 ${where}.`;
  }
  const row = shift[0] === 0 ? "In this row" : `In this row (${shiftText([shift[0], 0])})`;
  if (all) return `${row} it is exactly 0 at every shift.`;
  if (none) return `${row} it is exactly 0 nowhere.`;
  if (zeros.length === 1) return `${row} it is exactly 0 at ${format(zeros[0])} only.`;
  const [first, last] = [zeros[0], zeros.at(-1)];
  if (last - first === zeros.length - 1) return `${row} it is exactly 0 from ${format(first)} to ${format(last)}.`;
  const step = Math.min(...zeros.filter((at) => at > 0));
  const multiples = points.filter(({ at }) => at % step === 0).map(({ at }) => at);
  if (String(multiples) === String(zeros)) return `${row} it is exactly 0 at multiples of ${step}.`;
  return `${row} it is exactly 0 at ${plural(zeros.length, "shift")} of ${points.length}.`;
}

/** The longest that these sentences get for this transform: what has room for them never moves what is below. */
export function longestText({ transform }, stride) {
  const [far, odd] = [LIMITS.shift, LIMITS.shift - 1]; // an odd shift has the most decimals on the map
  const exact = { shift: (at) => at % far === 0, rotate: (at) => at % 90 === 0, scale: (at) => at === 1 }[transform];
  const points = SWEEPS[transform].positions.map((at) => ({ at, exact: exact(at) }));
  const g = { transform, shift: [far, far], angle: -LIMITS.angle, factor: 1.25, wrap: false };
  return `${transformText(g)}. ${mapText({ transform, shift: [odd, odd] }, stride)} ${zerosText(points, g)}`;
}
