// What the accuracy map says. Pure.

import { winnerOf } from "./results.js";

/** A share in percent; only what is exactly none or all is written as 0 or 100. */
export function percent(share) {
  const near = share > 0 && share < 0.005 ? "<1" : share < 1 && share >= 0.995 ? ">99" : String(Math.round(100 * share));
  return `${near} %`;
}

/** [2, −3] → "2 down and 3 left". */
export function shiftText([down, right]) {
  const parts = [
    down && `${Math.abs(down)} ${down > 0 ? "down" : "up"}`,
    right && `${Math.abs(right)} ${right > 0 ? "right" : "left"}`,
  ].filter(Boolean);
  return parts.join(" and ");
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

/** "says 7 ✓". */
export const saidText = ({ said, right }) => `says ${said} ${right ? "✓" : "✗"}`;
