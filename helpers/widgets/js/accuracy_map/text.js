// What the accuracy map says. Pure.

import { shiftText } from "../transforms.js";
import { winnerOf } from "./results.js";

/** A share in percent; only what is exactly none or all is written as 0 or 100. */
export function percent(share) {
  if (share > 0 && share < 0.005) return "<1 %";
  return share < 1 && share >= 0.995 ? ">99 %" : `${Math.round(100 * share)} %`;
}

/** "a 7, shifted 2 down", "an 8 in the middle". */
export function digitText(label, shift) {
  const moved = shiftText(shift);
  return `${label === 8 ? "an" : "a"} ${label}${moved ? `, shifted ${moved}` : " in the middle"}`;
}

/** What a network says, and whether that is right: {said, share, right}. */
export function verdict(scores, label) {
  const said = winnerOf(scores);
  return { said, share: scores[said], right: said === label };
}

export const markOf = ({ right }) => (right ? "✓" : "✗");

/** "says 7 ✓". */
export const saidText = (found) => `says ${found.said} ${markOf(found)}`;
