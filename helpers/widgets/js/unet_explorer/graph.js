// A U-Net as its maps, in the order of the calls: sizes, layers, costs, what fits. Pure; helpers/shapes/unet.py has the same sizes.

import { pair } from "../arithmetic.js";

export const SETTINGS = [
  "in_channels", "out_channels", "depth", "width", "skip", "padding", "padding_mode", "up", "norm", "input_size",
];
const DEFAULTS = { skip: true, padding: "same", padding_mode: "zeros", up: "conv", norm: false };

/** What a map loses at each 3×3 convolution. */
const lossOf = ({ padding }) => (padding === "valid" ? 2 : 0);

/** The size of a map along one axis from those before it, or what stops it: "odd", "nothing". */
function along(kind, size, loss, up) {
  if (kind === "pool") return size % 2 ? "odd" : size / 2;
  const made = kind === "up" ? 2 * size - (up === "resize" ? loss : 0) : size - loss;
  return made < 1 ? "nothing" : made;
}

/** Does a size come through, along one axis? */
export function fits(size, settings) {
  const loss = lossOf(settings);
  for (let level = 0; level <= settings.depth; level++) {
    size -= 2 * loss;
    if (size < 1) return false;
    if (level === settings.depth) break;
    if (size % 2) return false;
    size /= 2;
  }
  for (let level = 0; level < settings.depth; level++) {
    size = 2 * size - 2 * loss - (settings.up === "resize" ? loss : 0);
    if (size < 1) return false;
  }
  return true;
}

/** The nearest sizes that fit: {pad: [h, w], crop: [h, w] | null}. */
export function curesOf(settings) {
  const size = pair(settings.input_size);
  const search = (from, by, until) => {
    for (let n = from; n !== until; n += by) if (fits(n, settings)) return n;
    return null;
  };
  const pad = size.map((side) => search(side, 1, side + 500 * 2 ** settings.depth));
  const crop = size.map((side) => search(side, -1, 0));
  return { pad, crop: crop.includes(null) ? null : crop };
}

const conv = (in_channels, out_channels, norm, kernel_size = 3, bias = !norm) => ({ type: "Conv2d", in_channels, out_channels, kernel_size, bias });

/** The maps and what makes each: {name, kind, arm, level, channels, from, layers}; without sizes. */
function structure({ in_channels, out_channels, depth, width, skip, up, norm }) {
  const nodes = [];
  const add = (name, kind, arm, level, channels, from, layers = []) => {
    nodes.push({ name, kind, arm, level, channels, from, layers });
    return name;
  };
  const channelsOf = (name) => nodes.find((node) => node.name === name).channels;
  function twice(name, arm, level, channels, from) {
    const sources = from.reduce((sum, one) => sum + channelsOf(one), 0);
    const layers = (before) => [conv(before, channels, norm), ...(norm ? [{ type: "BatchNorm2d", channels }] : []), { type: "ReLU" }];
    add(`${name}.first`, "conv", arm, level, channels, from, layers(sources));
    return add(name, "conv", arm, level, channels, [`${name}.first`], layers(channels));
  }
  let last = add("input", "input", "down", 0, in_channels, []);
  for (let level = 0; level < depth; level++) {
    last = twice(`encoder.${level}`, "down", level, width * 2 ** level, [last]);
    last = add(`pool.${level}`, "pool", "down", level + 1, width * 2 ** level, [last], [{ type: "MaxPool2d" }]);
  }
  last = twice("bottom", "bottom", depth, width * 2 ** depth, [last]);
  for (let n = 0; n < depth; n++) {
    const level = depth - 1 - n;
    const channels = width * 2 ** level;
    const beside = skip ? [add(`skip.${n}`, "skip", "up", level, channels, [`encoder.${level}`])] : [];
    const layers = up === "resize"
      ? [{ type: "Upsample" }, conv(2 * channels, channels, false)]
      : [{ type: "ConvTranspose2d", in_channels: 2 * channels, out_channels: channels, kernel_size: 2, bias: true }];
    const above = add(`up.${n}`, "up", "up", level, channels, [last], layers);
    last = twice(`decoder.${n}`, "up", level, channels, [...beside, above]);
  }
  add("output", "output", "up", 0, out_channels, [last], [conv(width, out_channels, false, 1)]);
  return nodes;
}

const parametersOf = (layers) => layers.reduce((sum, { type, ...l }) => {
  if (type === "BatchNorm2d") return sum + 2 * l.channels;
  return l.kernel_size ? sum + l.out_channels * (l.in_channels * l.kernel_size ** 2 + (l.bias ? 1 : 0)) : sum;
}, 0);

/** Products for a map of this size, made from one of `before`; a transposed convolution stamps at every input. */
const productsOf = (layers, size, before) => layers.reduce((sum, { type, ...l }) => {
  if (!l.kernel_size) return sum;
  const [rows, columns] = type === "ConvTranspose2d" ? before : size;
  return sum + l.in_channels * l.out_channels * l.kernel_size ** 2 * rows * columns;
}, 0);

/**
 * The whole: {settings, nodes, byName, stop, cures, parameters, multiplications, output}.
 * A node has size [h, w] | null, parameters, multiplications | null, and a skip its crop [top, left], cut [rows, columns].
 * stop: {axes: [null | {name, why, size}, …], name} of the map behind which the size does not fit; null if it does.
 */
export function readUNet(given) {
  const settings = { ...given, input_size: pair(given.input_size) };
  const loss = lossOf(settings);
  const nodes = structure(settings);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const axes = [null, null];
  for (const node of nodes) {
    const before = node.from.length ? byName.get(node.from.at(-1)) : null;
    if (node.kind === "skip") continue; // as large as what comes from below, which follows
    node.size = !before ? settings.input_size : before.size && [0, 1].map((axis) => {
      if (node.kind === "output") return before.size[axis];
      const made = along(node.kind, before.size[axis], loss, settings.up);
      if (typeof made === "string") axes[axis] ??= { name: before.name, why: made, size: before.size[axis] };
      return made;
    });
    if (node.size?.some((side) => typeof side === "string")) node.size = null;
    node.parameters = parametersOf(node.layers);
    node.multiplications = node.size && before ? productsOf(node.layers, node.size, before.size) : node.size ? 0 : null;
  }
  for (const node of nodes.filter(({ kind }) => kind === "skip")) {
    const whole = byName.get(node.from[0]).size;
    node.size = byName.get(node.name.replace("skip", "up")).size;
    node.cut = node.size && whole.map((side, axis) => side - node.size[axis]);
    node.crop = node.cut?.map((pixels) => Math.floor(pixels / 2));
    node.parameters = 0;
    node.multiplications = node.size ? 0 : null;
  }
  const output = byName.get("output").size;
  const bad = axes.find(Boolean);
  const total = (what) => nodes.reduce((sum, node) => sum + node[what], 0);
  return {
    settings, nodes, byName, output,
    stop: output ? null : { name: bad.name, axes: [0, 1].map((axis) => alone(settings, axis)) },
    cures: output ? null : curesOf(settings),
    parameters: total("parameters"),
    multiplications: output ? total("multiplications") : null,
  };
}

/** What stops one axis, whatever the other does: {level, side, why, size} | null. */
function alone(settings, axis) {
  const loss = lossOf(settings);
  let size = settings.input_size[axis];
  for (let level = 0; level <= settings.depth; level++) {
    size -= 2 * loss;
    if (size < 1) return { level, why: "nothing", size };
    if (level === settings.depth) break;
    if (size % 2) return { level, why: "odd", size };
    size /= 2;
  }
  for (let level = settings.depth - 1; level >= 0; level--) {
    size = 2 * size - 2 * loss - (settings.up === "resize" ? loss : 0);
    if (size < 1) return { level, why: "nothing", size, rising: true };
  }
  return null;
}

/** The sizes behind the convolutions of each level, down and up: [[h, w], …]; null if one does not fit. */
export function levelSizes({ nodes, output }) {
  return output && nodes.filter(({ kind, name }) => kind === "conv" && !name.endsWith("first")).map(({ size }) => size);
}

const word = (value) => (Array.isArray(value) ? (value[0] === value[1] ? word(value[0]) : `("${value[0]}", "${value[1]}")`) : `"${value}"`);

/** The call that makes the network, without defaults. */
export function unetCode(settings) {
  const words = ["in_channels", "out_channels", "depth", "width"].map((name) => `${name}=${settings[name]}`);
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    const text = typeof usual === "boolean" ? (settings[name] ? "True" : "False") : word(settings[name]);
    if (text !== (typeof usual === "boolean" ? (usual ? "True" : "False") : word(usual))) words.push(`${name}=${text}`);
  }
  return `UNet(${words.join(", ")})`;
}

const PADS = { zeros: "ZeroPad2d", circular: "CircularPad2d", reflect: "ReflectionPad2d", replicate: "ReplicationPad2d" };

/** The call that makes one map, as PyTorch has it. */
export function nodeCode({ kind, layers, crop }, settings) {
  if (kind === "input") return unetCode(settings);
  if (kind === "skip") {
    const [rows, columns] = crop ?? [0, 0];
    return rows > 0 ? `torch.cat([x[..., ${rows}:-${rows}, ${columns}:-${columns}], up], dim=1)` : "torch.cat([x, up], dim=1)";
  }
  const [rows, columns] = pair(settings.padding_mode);
  const mixed = rows !== columns;
  const mode = rows === "zeros" ? "" : `, padding_mode="${rows}"`;
  const padding = settings.padding === "valid" || mixed ? "" : `, padding=1${mode}`;
  const before = mixed ? [`nn.${PADS[rows]}((0, 0, 1, 1))`, `nn.${PADS[columns]}((1, 1, 0, 0))`] : [];
  const bias = (l) => (l.bias ? "" : ", bias=False");
  const calls = {
    Conv2d: (l) => [...(l.kernel_size === 3 ? before : []), `nn.Conv2d(${l.in_channels}, ${l.out_channels}, kernel_size=${l.kernel_size}${l.kernel_size === 3 ? padding : ""}${bias(l)})`],
    ConvTranspose2d: (l) => [`nn.ConvTranspose2d(${l.in_channels}, ${l.out_channels}, kernel_size=2, stride=2)`],
    BatchNorm2d: (l) => [`nn.BatchNorm2d(${l.channels})`],
    MaxPool2d: () => ["nn.MaxPool2d(2)"],
    Upsample: () => ["nn.Upsample(scale_factor=2)"],
    ReLU: () => ["nn.ReLU()"],
  };
  const list = layers.flatMap((layer) => calls[layer.type](layer));
  return list.length > 1 ? `nn.Sequential(${list.join(", ")})` : list[0];
}
