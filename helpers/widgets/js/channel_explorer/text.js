// What the channel explorer says: sentences and the line of PyTorch. Pure.

import { torchCall } from "../formula.js";
import { area, connected, legalGroups, sources, stages, users, weights } from "./channels.js";
import { grouped, plural, range, times } from "../numbers.js";

/** What the channels of a column are called. */
export const NAMES = { input: "input", middle: "middle map", output: "output" };

/** A part of a whole as people say it: "1/8.4", "1/4", "1" or, where it is more, "2.5". */
export function ratio(part, whole) {
  const more = Math.max(part, whole) / Math.min(part, whole);
  const text = String(Number(more.toFixed(more < 1.1 ? 2 : 1)));
  return part < whole ? `1/${text}` : text;
}

/** "input 2", "inputs 2 and 3", "inputs 4 to 7", "all 8 inputs": the channels of a block. */
export function listed(what, channels, count) {
  if (channels.length === count && count > 1) return count === 2 ? `both ${what}s` : `all ${count} ${what}s`;
  if (channels.length === 1) return `${what} ${channels[0]}`;
  return `${what}s ${channels[0]} ${channels.length === 2 ? "and" : "to"} ${channels.at(-1)}`;
}

/** What a target sees or is used by. */
export function told(target, list) {
  if (Object.keys(target).length > 1) {
    const stage = list.find((s) => target[s.to] !== undefined && target[s.from] !== undefined);
    const [o, m] = [target[stage.to], target[stage.from]];
    const [reader, source] = [`${NAMES[stage.to]} ${o}`, `${NAMES[stage.from]} ${m}`];
    if (!connected(o, m, stage)) return `${reader} does not see ${source}: there is no kernel between them`;
    const kernel = `one kernel of ${times(stage.kernel_size)} = ${plural(area(stage.kernel_size), "weight")}`;
    return `${reader} sees ${source} through ${kernel}`;
  }
  const [[name, n]] = Object.entries(target);
  const parts = [];
  for (const stage of list) {
    const size = stage.kernel_size;
    const kernels = (count) => `${plural(count, "kernel")} of ${times(size)} = ${plural(count * area(size), "weight")}`;
    if (stage.to === name) {
      const from = sources(n, stage);
      parts.push(`sees ${listed(NAMES[stage.from], from, stage.in_channels)}: ${kernels(from.length)}`);
      const all = range(stage.in_channels);
      if (stage.from === "middle") parts.push(`through them ${listed("input", all, all.length)}`);
    }
    if (stage.from === name) {
      const to = users(n, stage);
      parts.push(`is used by ${listed(NAMES[stage.to], to, stage.out_channels)}: ${kernels(to.length)}`);
    }
  }
  return `${NAMES[name]} ${n} ${parts.join("; ")}`;
}

/** Which groups are possible, and which of the two channel counts stands in the way of more. */
export function groupLimit({ in_channels, out_channels }) {
  const legal = legalGroups({ in_channels, out_channels });
  const most = legal.at(-1);
  const values = legal.length > 1 ? `${legal.slice(0, -1).join(", ")} or ${most}` : "1";
  const start = `groups must divide ${in_channels} inputs and ${out_channels} outputs, so it is ${values}`;
  if (most === in_channels && most === out_channels) return start;
  if (most === in_channels) return `${start}: in_channels sets the limit, with one input per group`;
  if (most === out_channels) return `${start}: out_channels sets the limit, with one output per group`;
  return `${start}: ${in_channels} does not divide ${out_channels}, nor ${out_channels} ${in_channels}`;
}

/** How the number of weights follows, against the standard layer of the same size. */
export function savings(setting) {
  const { in_channels: i, out_channels: o, groups, kernel_size: [kh, kw], separable } = setting;
  const all = i * o * kh * kw;
  if (separable) {
    const part = stages(setting).map(weights).reduce((a, b) => a + b);
    const sum = `1/${o} + 1/${kh * kw} = ${Number((part / all).toFixed(3))}`;
    return `separable / standard = 1/out_channels + 1/(kh·kw) = ${sum} = ${ratio(part, all)}`;
  }
  const numbers = `${o}·(${i}/${groups})·${kh}·${kw} = ${grouped(all / groups)}`;
  const product = `weights = out_channels·(in_channels/groups)·kh·kw = ${numbers}`;
  return groups > 1 ? `${product}, 1/${groups} of the standard layer` : product;
}

/** The padding that keeps the size: numbers where both sides get the same, else the word. */
export const keepingPadding = (kernel_size) =>
  kernel_size.some((k) => k % 2 === 0) ? "same" : kernel_size.map((k) => (k - 1) / 2);

/** The line of PyTorch: one Conv2d, or two in an nn.Sequential. */
export function code(list) {
  const rest = { bias: false, padding_mode: "zeros" };
  const calls = list.map((stage) => torchCall({ ...stage, padding: keepingPadding(stage.kernel_size), ...rest }));
  return calls.length > 1 ? `nn.Sequential(${calls.join(", ")})` : calls[0];
}
