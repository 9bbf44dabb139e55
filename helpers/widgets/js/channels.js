// Which channels a convolution connects, and what it costs: standard, grouped, depthwise, separable.
// Pure: no DOM, no state. tests/browser/test_channel_explorer.py holds it equal to PyTorch.
//
// A setting is {in_channels, out_channels, groups, kernel_size, output_size, separable}, sizes as [height, width].
// A stage is one Conv2d of it: {from, to, in_channels, out_channels, groups, kernel_size}; from and to name the
// columns of channels that it connects: "input", "middle" (the maps between two stages), "output".

const gcd = (a, b) => (b ? gcd(b, a % b) : a);
const area = ([height, width]) => height * width;

/** The numbers of groups that both channel counts can be divided into, ascending. */
export function legalGroups({ in_channels, out_channels }) {
  const most = gcd(in_channels, out_channels);
  return Array.from({ length: most }, (_, n) => n + 1).filter((g) => most % g === 0);
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

const block = (group, size) => Array.from({ length: size }, (_, n) => group * size + n);

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

/** The padding that keeps the size: numbers where both sides get the same, else the word. */
export const keepingPadding = (kernel_size) =>
  kernel_size.some((k) => k % 2 === 0) ? "same" : kernel_size.map((k) => (k - 1) / 2);

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

/** A part of a whole as people say it: "1/8.4", "1/4", "1" or, where it is more, "2.5". */
export function ratio(part, whole) {
  const more = Math.max(part, whole) / Math.min(part, whole);
  const text = String(Number(more.toFixed(more < 1.1 ? 2 : 1)));
  return part < whole ? `1/${text}` : text;
}

// ---- named layers --------------------------------------------------------------------------------------------

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

// ---- sentences -----------------------------------------------------------------------------------------------

export const times = (numbers) => numbers.join("×");
export const many = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
/** 576 → "576", 451584 → "451,584". */
export const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

/** "input 2", "inputs 2 and 3", "inputs 4 to 7", "all 8 inputs": the channels of a block. */
export function listed(what, channels, count) {
  if (channels.length === count && count > 1) return count === 2 ? `both ${what}s` : `all ${count} ${what}s`;
  if (channels.length === 1) return `${what} ${channels[0]}`;
  return `${what}s ${channels[0]} ${channels.length === 2 ? "and" : "to"} ${channels.at(-1)}`;
}

const NAMES = { input: "input", middle: "middle map", output: "output" };

/** What a target sees or is used by. */
export function told(target, list) {
  if (Object.keys(target).length > 1) {
    const stage = list.find((s) => target[s.to] !== undefined && target[s.from] !== undefined);
    const [o, m] = [target[stage.to], target[stage.from]];
    const [reader, source] = [`${NAMES[stage.to]} ${o}`, `${NAMES[stage.from]} ${m}`];
    if (!connected(o, m, stage)) return `${reader} does not see ${source}: there is no kernel between them`;
    const kernel = `one kernel of ${times(stage.kernel_size)} = ${many(area(stage.kernel_size), "weight")}`;
    return `${reader} sees ${source} through ${kernel}`;
  }
  const [[name, n]] = Object.entries(target);
  const parts = [];
  for (const stage of list) {
    const size = stage.kernel_size;
    const kernels = (count) => `${many(count, "kernel")} of ${times(size)} = ${many(count * area(size), "weight")}`;
    if (stage.to === name) {
      const from = sources(n, stage);
      parts.push(`sees ${listed(NAMES[stage.from], from, stage.in_channels)}: ${kernels(from.length)}`);
      const all = block(0, stage.in_channels);
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
