// What the effective fields say. Pure.

import { times } from "../numbers.js";

/** A share in percent; only what is all of it is written as 100 %. */
export function percent(share) {
  if (share > 0.995 && share < 1 - 1e-6) return ">99 %";
  return share > 0 && share < 0.005 ? "<1 %" : `${Math.round(100 * share)} %`;
}

/** "theory 19×19", or that there is no number. */
export function theoryText(box, around) {
  const size = box ? times(box.map(([first, last]) => last - first + 1)) : "not known";
  return `theory ${size}${around ? ", goes around the edge" : ""}`;
}

/** "the 9×9 square holds 35 %" of the weight. */
export const holdsText = (share, side) => `the ${side}×${side} square holds ${percent(share)}`;

/** Where the centre of gravity lies, seen from the unit: "centre 1.5 px left, 0.2 px up". */
export function centreText([down, across]) {
  const step = (by, less, more) => (Math.abs(by) < 0.05 ? "" : `${Math.abs(by).toFixed(1)} px ${by < 0 ? less : more}`);
  const steps = [step(across, "left", "right"), step(down, "up", "down")].filter(Boolean);
  return `centre ${steps.length ? steps.join(", ") : "on the unit"}`;
}

/** How wide the bell is: "σ 2.1 px across, 1.8 px down". */
export const widthText = ([down, across]) => `σ ${across.toFixed(1)} px across, ${down.toFixed(1)} px down`;
