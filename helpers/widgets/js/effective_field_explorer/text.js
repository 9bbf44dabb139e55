// What the effective fields say. Pure.

import { times } from "../numbers.js";

/** A share in percent; only what is all of it is written as 100 %. */
export function percent(share) {
  if (share > 0.995 && share < 1 - 1e-6) return ">99 %";
  return share > 0 && share < 0.005 ? "<1 %" : `${Math.round(100 * share)} %`;
}

/** "19×19", or why there is no number. */
export function boxText(box) {
  return box ? times(box.map(([first, last]) => last - first + 1)) : "not known";
}

/** "35 % of the weight", and what holds 95 %. */
export const holdsText = (share, side) => `the ${side}×${side} square holds ${percent(share)}`;

export const sizesText = (side95, box) => `95 % in ${side95}×${side95}, theory ${boxText(box)}`;
