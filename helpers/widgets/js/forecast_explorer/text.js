// What ForecastExplorer says. Pure.

/** A value in three digits: 0.0213, −1.12, 1120, 5.3e6, 2.1e−5. */
export function short(value) {
  const size = Math.abs(value);
  const text = size !== 0 && (size >= 1e5 || size < 1e-3)
    ? value.toPrecision(2).includes("e") ? value.toPrecision(2) : value.toExponential(1)
    : String(Number(value.toPrecision(size >= 1000 ? 4 : 3)));
  return text.replace("e+", "e").replace(".0e", "e").replaceAll("-", "−");
}

/** The same with its sign: +0.13, −0.2, 0. */
export const withSign = (value) => (value > 0 ? `+${short(value)}` : short(value));

const trimmed = (degrees) => String(Number(degrees.toFixed(1)));

/** Degrees east as people say them: 0°, 90° E, 180°, 2.8° W. */
export function longitudeText(degrees) {
  const east = ((degrees % 360) + 360) % 360;
  if (east === 0 || east === 180) return `${east}°`;
  return east < 180 ? `${trimmed(east)}° E` : `${trimmed(360 - east)}° W`;
}

export const latitudeText = (degrees) =>
  (degrees === 0 ? "0°" : `${trimmed(Math.abs(degrees))}° ${degrees > 0 ? "N" : "S"}`);

export const hoursText = (hours) => `${String(Number(hours.toFixed(2)))} h`;

/** A shift in degrees: "22.5° east", "not rolled". */
export function rolledText(shift, width) {
  const cells = ((shift % width) + width) % width;
  if (cells === 0) return "0°";
  const degrees = (360 * cells) / width;
  return degrees > 180 ? `${trimmed(360 - degrees)}° west` : `${trimmed(degrees)}°${degrees < 180 ? " east" : ""}`;
}

export const withUnit = (text, unit) => (unit ? `${text} ${unit}` : text);

export const placeText = ({ latitude, longitude }, [row, column]) =>
  `${latitudeText(latitude[row])}, ${longitudeText(longitude[column])}`;

export const valuesText = ({ forecast, truth, error }, unit) =>
  `forecast ${short(forecast)}, truth ${short(truth)}, error ${withUnit(withSign(error), unit)}`;

/** √(Σ w·e² / Σ w) with the numbers put in. */
export const formulaText = (sum, total, root) =>
  `RMSE = √(Σ w·e² / Σ w) = √(${short(sum)} / ${short(total)}) = ${short(root)} with w = cos(latitude)`;

export const CODE = "np.average(error**2, weights=w)**0.5";

/** Round steps from 0 to a top, at most `most` of them: [0, 0.5, 1]. */
export function ticksTo(top, most) {
  const rough = top / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((s) => s >= rough * (1 - 1e-9));
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, n) => Number((n * step).toPrecision(12)));
}

/** What one map shows, for those who don't see it. */
export function describe(title, values, unit) {
  let [low, high] = [Infinity, -Infinity];
  for (const v of values) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return `${title}: from ${short(low)} to ${withUnit(short(high), unit)}`;
}
