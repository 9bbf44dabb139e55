// Numbers as people write them, and a few that they count with. Pure.

/**
 * At most `digits` decimals, a true minus sign, no trailing zeros. Numbers that would round to zero become
 * 1e−3 and the like, unless they are noise beside `among`, the largest of the numbers shown together.
 */
export function format(value, digits = 2, among = 0) {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  const tiny = size > 0 && size < 0.5 * 10 ** -digits;
  if (tiny && among >= 10 ** (1 - digits)) return "0";
  if (size >= 1e5 || tiny)
    return value.toExponential(1).replace("e+", "e").replaceAll("-", "−");
  return String(Number(value.toFixed(size >= 100 ? Math.min(1, digits) : digits))).replace("-", "−");
}

/** A number from what was typed, or null: accepts a comma, a true minus sign and fractions such as 1/9. */
export function parse(text) {
  const parts = text.trim().replaceAll("−", "-").replaceAll(",", ".").split("/");
  const numbers = parts.map((part) => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(part.trim()) ? Number(part) : NaN));
  if (parts.length > 2 || numbers.some((n) => !Number.isFinite(n))) return null;
  const value = numbers[0] / (numbers[1] ?? 1);
  return Number.isFinite(value) ? value : null; // 1/0, or too large
}

/** A signed term inside a sum: "+ 3" or "− 3". */
export const signed = (value) => (value < 0 ? `− ${format(-value)}` : `+ ${format(value)}`);

/** A factor inside a product: negative ones in brackets. */
export const factor = (value) => (value < 0 ? `(${format(value)})` : format(value));

const ENGLISH = new Intl.NumberFormat("en-US");
/** 61706 → "61,706". */
export const grouped = (value) => ENGLISH.format(value);

/** "1 kernel", "3 kernels". */
export const plural = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

/** A size or a shape: [6, 28, 28] → "6×28×28". */
export const times = (shape) => shape.join("×");

/** `count` whole numbers from `from` on; none for a count below 1. */
export const range = (count, from = 0) => Array.from({ length: count }, (_, n) => from + n);

/** The greatest common divisor of two whole numbers, not both 0. */
export const gcd = (a, b) => (b ? gcd(b, a % b) : a);
