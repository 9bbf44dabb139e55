// Layers to begin with, by name. Pure.

import { area } from "./channels.js";

export const PRESETS = ["standard", "1×1", "grouped (2)", "grouped (4)", "depthwise", "depthwise separable"];

/** The changes that make a setting the named one; they keep its channels where these allow it. */
export function preset(name, { in_channels, out_channels, kernel_size }) {
  const spread = { groups: 1, separable: name === "depthwise separable" };
  if (area(kernel_size) === 1) spread.kernel_size = 3;
  if (name === "1×1") return { ...spread, kernel_size: 1 };
  if (name === "depthwise")
    return { ...spread, groups: in_channels, out_channels: out_channels % in_channels ? in_channels : out_channels };
  if (!name.startsWith("grouped")) return spread;
  const groups = Number(name.match(/\d+/)[0]);
  const fits = in_channels % groups === 0 && out_channels % groups === 0;
  return { ...spread, groups, ...(fits ? {} : { in_channels: 8, out_channels: 8 }) };
}

/** The name of a setting, or null. */
export function presetOf({ in_channels, groups, kernel_size, separable }) {
  if (separable) return "depthwise separable";
  if (groups === 1) return area(kernel_size) === 1 ? "1×1" : "standard";
  if (groups === in_channels) return "depthwise";
  return PRESETS.find((name) => name === `grouped (${groups})`) ?? null;
}
