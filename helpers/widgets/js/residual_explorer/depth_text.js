// What the curves of the depth view show, in words and numbers. Pure.

import { format, grouped } from "../numbers.js";
import { blockCode } from "./parts.js";
import { CHANNELS, SKIPS } from "./depth.js";

function size(v) {
  if (v >= 100 && v < 1e5) return grouped(Math.round(v));
  return format(v, v < 1 ? 3 : 1);
}

/** The four numbers at one block, with words for where they went. */
export function atBlock(norms, position) {
  const count = norms.signal[SKIPS[0]].length - 1;
  const both = (kind) => SKIPS.map((label) => `${size(norms[kind][label][position])} ${label}`).join(", ");
  const place = position === 0 ? "at x" : `after block ${position}`;
  return `${place}: signal ${both("signal")}; gradient ${both("gradient")}${position === count ? " (it begins here)" : ""}`;
}

/** How a number differs from 1: "vanishes", "shrinks", "stays", "grows", "explodes". */
export function fate(v) {
  if (v < 1e-3) return "vanishes";
  if (v < 1 / 3) return "shrinks";
  return v <= 3 ? "stays" : v <= 1e3 ? "grows" : "explodes";
}

/** What happens from one end to the other. */
export function summary(norms) {
  const count = norms.signal[SKIPS[0]].length - 1;
  const say = (kind, at) => ["with skip", "without"].map((label, n) => {
    const v = norms[kind][SKIPS[n]][at];
    return `${label} ×${size(v)} (${fate(v)})`;
  }).join(", ");
  return `Signal after ${count} block${count > 1 ? "s" : ""}: ${say("signal", count)}. Gradient at x: ${say("gradient", 0)}.`;
}

export function depthCode({ settings }, blocks) {
  const [channels] = CHANNELS[settings.block];
  const skip = settings.skip === "none" ? "identity" : settings.skip;
  const one = blockCode({ ...settings, skip, in_channels: channels, out_channels: channels, stride: 1 });
  return one.includes("\n") ? `${one}  # ${blocks} times` : `nn.Sequential(*[${one} for _ in range(${blocks})])`;
}
