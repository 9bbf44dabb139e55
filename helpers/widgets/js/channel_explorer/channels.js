// Which channels a convolution connects, and what it costs: standard, grouped, depthwise, separable.
// Pure: no DOM, no state. tests/browser/test_channels_and_counts.py holds it equal to PyTorch.
//
// A setting is {in_channels, out_channels, groups, kernel_size, output_size, separable}, sizes as [height, width].
// A stage is one Conv2d of it: {from, to, in_channels, out_channels, groups, kernel_size}; from and to name the
// columns of channels that it connects: "input", "middle" (the maps between two stages), "output".

import { gcd, range } from "../numbers.js";

/** The most that the explorer draws; Python refuses more, too. */
export const MOST = { in_channels: 16, out_channels: 16, kernel_size: 7, output_size: 256 };

export const area = ([height, width]) => height * width;

/** The numbers of groups that both channel counts can be divided into, ascending. */
export function legalGroups({ in_channels, out_channels }) {
  const most = gcd(in_channels, out_channels);
  return range(most, 1).filter((g) => most % g === 0);
}

/** The layers of a setting in their order: one, or two where it is separable. */
export function stages({ in_channels, out_channels, groups, kernel_size, separable }) {
  if (!separable) return [{ from: "input", to: "output", in_channels, out_channels, groups, kernel_size }];
  return [
    { from: "input", to: "middle", in_channels, out_channels: in_channels, groups: in_channels, kernel_size },
    { from: "middle", to: "output", in_channels, out_channels, groups: 1, kernel_size: [1, 1] },
  ];
}

/** The group of an output or of an input channel. */
export const groupOfOutput = (o, { out_channels, groups }) => Math.floor(o / (out_channels / groups));
export const groupOfInput = (m, { in_channels, groups }) => Math.floor(m / (in_channels / groups));

const block = (group, size) => range(size, group * size);

/** The inputs that an output channel of a stage sees, and the outputs that use an input channel. */
export const sources = (o, stage) => block(groupOfOutput(o, stage), stage.in_channels / stage.groups);
export const users = (m, stage) => block(groupOfInput(m, stage), stage.out_channels / stage.groups);
export const connected = (o, m, stage) => groupOfOutput(o, stage) === groupOfInput(m, stage);

/** Of a stage: the shape of PyTorch's weight, its numbers, and the multiplications for maps of output_size. */
export function weightShape({ in_channels, out_channels, groups, kernel_size }) {
  return [out_channels, in_channels / groups, ...kernel_size];
}
export const weights = (stage) => weightShape(stage).reduce((a, b) => a * b);
export const multiplications = (stage, output_size) => weights(stage) * area(output_size);

/**
 * What a target lights: per column the set of its channels. A target is a channel, {output: 3}, or a kernel with
 * both of its ends, {output: 3, input: 2}. From a channel it goes back to all inputs and on to all outputs.
 */
export function lit(target, list) {
  const found = Object.fromEntries(list.flatMap(({ from, to }) => [[from, new Set()], [to, new Set()]]));
  const names = Object.keys(target);
  for (const name of names) found[name].add(target[name]);
  if (names.length > 1) return found;
  for (const stage of [...list].reverse())
    for (const o of found[stage.to]) for (const m of sources(o, stage)) found[stage.from].add(m);
  if (names[0] === "output") return found;
  // forwards from what was pointed at alone
  const reached = { [names[0]]: new Set([target[names[0]]]) };
  for (const stage of list)
    for (const m of reached[stage.from] ?? [])
      for (const o of users(m, stage)) {
        (reached[stage.to] ??= new Set()).add(o);
        found[stage.to].add(o);
      }
  return found;
}

/** Whether a target's kernel or channels exist in this setting. */
export function exists(target, list) {
  const counts = Object.fromEntries(list.flatMap((s) => [[s.from, s.in_channels], [s.to, s.out_channels]]));
  const names = Object.keys(target);
  if (!names.every((name) => target[name] < (counts[name] ?? 0))) return false;
  return names.length === 1 || list.some((s) => names.includes(s.from) && names.includes(s.to));
}
