// The parts of a residual block: names, shapes, costs. residual_parts.py has the same rules. Pure.

import { convOutputSize } from "../arithmetic.js";
import { torchCall } from "../formula.js";

export const EXPANSION = 4; // a bottleneck's inner channels are a quarter of its outer ones
export const SETTINGS = [
  "block", "skip", "norm", "activation", "order", "in_channels", "out_channels", "stride", "input_size",
];

/** [in_channels, out_channels, kernel_size, stride] of each convolution on the main path. */
export function convolutions({ block, in_channels, out_channels, stride, inner = out_channels / EXPANSION }) {
  if (block === "basic") return [[in_channels, out_channels, 3, stride], [out_channels, out_channels, 3, 1]];
  return [[in_channels, inner, 1, 1], [inner, inner, 3, stride], [inner, out_channels, 1, 1]];
}

/** All parts that the block could have, those that it lacks with `there: false`: {name, kind, lane, sizes, there}. */
export function everyPart(settings) {
  const { skip, norm, activation, order, in_channels, out_channels, stride } = settings;
  const before = order === "pre-activation";
  const convs = convolutions(settings);
  const found = convs.flatMap((sizes, m) => {
    const n = m + 1;
    const conv = { name: `conv${n}`, kind: "conv", lane: "main", sizes, there: true };
    const bn = { name: `bn${n}`, kind: "norm", lane: "main", sizes: [sizes[before ? 0 : 1]], there: norm };
    const relu = { name: `relu${n}`, kind: "relu", lane: "main", sizes: [], there: activation };
    if (before) return [bn, relu, conv];
    return n < convs.length ? [conv, bn, relu] : [conv, bn];
  });
  if (skip === "projection") {
    const sizes = [in_channels, out_channels, 1, stride];
    found.push({ name: "downsample.0", kind: "conv", lane: "skip", sizes, there: true });
    if (!before) found.push({ name: "downsample.1", kind: "norm", lane: "skip", sizes: [out_channels], there: norm });
  }
  found.push({ name: "add", kind: "add", lane: "main", sizes: [], there: skip !== "none" });
  if (!before)
    found.push({ name: `relu${convs.length}`, kind: "relu", lane: "main", sizes: [], there: activation });
  return found;
}

export const structure = (settings) => everyPart(settings).filter(({ there }) => there);

function conv(part, shape, bias) {
  const [fanIn, fanOut, k, s] = part.sizes;
  const padding = (k - 1) / 2;
  const size = shape.slice(1).map((v) => convOutputSize(v, k, s, padding));
  const weights = fanIn * fanOut * k * k;
  return {
    ...part, weights, shape: [fanOut, ...size], parameters: weights + (bias ? fanOut : 0),
    multiplications: weights * size[0] * size[1],
    code: torchCall({
      in_channels: fanIn, out_channels: fanOut, kernel_size: k, stride: [s, s], padding: [padding, padding], bias,
      padding_mode: "zeros",
    }),
  };
}

/** Every part with {before: its input's shape, shape, parameters, multiplications, code}; of what is missing, no costs. */
export function everyCost(settings) {
  const x = [settings.in_channels, ...settings.input_size];
  const now = { main: x, skip: x };
  return everyPart(settings).map((part) => {
    const before = now[part.lane];
    const cost = { parameters: 0, multiplications: 0 };
    let row = { ...part, before, shape: before, ...cost, code: part.kind === "relu" ? "nn.ReLU()" : "" };
    if (part.kind === "conv") row = { before, ...conv(part, before, !settings.norm) };
    if (part.kind === "norm") row = { ...row, parameters: 2 * part.sizes[0], code: `nn.BatchNorm2d(${part.sizes[0]})` };
    if (!part.there) Object.assign(row, cost);
    now[part.lane] = row.shape;
    return row;
  });
}

/** {rows: every part, parts: those that are there, parameters, multiplications, x, y: shapes}. */
export function readBlock(settings) {
  const rows = everyCost(settings);
  const parts = rows.filter(({ there }) => there);
  const total = (name) => parts.reduce((sum, part) => sum + part[name], 0);
  const x = [settings.in_channels, ...settings.input_size];
  const y = parts.at(-1).shape;
  return { settings, rows, parts, x, y, parameters: total("parameters"), multiplications: total("multiplications") };
}

/** What binds where x cannot be added to F(x): ["stride", "channels"], one of them, or none. */
export const bindings = ({ stride, in_channels, out_channels }) =>
  [stride > 1 && "stride", in_channels !== out_channels && "channels"].filter(Boolean);

/** How many weights the main path's convolutions have, and multiplications at this size; null for no such block. */
export function mainCosts(settings, block) {
  if (block === "bottleneck" && settings.out_channels % EXPANSION) return null;
  const rows = everyCost({ ...settings, block }).filter(({ kind, lane }) => kind === "conv" && lane === "main");
  const total = (name) => rows.reduce((sum, row) => sum + row[name], 0);
  return { weights: total("weights"), multiplications: total("multiplications") };
}

/** torchvision's block where it has one of this kind; else the layers of F, and the line that computes y. */
export function blockCode(settings) {
  const found = everyCost({ input_size: [1, 1], ...settings }).filter(({ there }) => there);
  const { block, skip, norm, activation, order, in_channels, out_channels, stride } = settings;
  const beside = found.filter(({ lane }) => lane === "skip").map(({ code }) => code);
  const downsample = beside.length === 1 ? beside[0] : `nn.Sequential(${beside.join(", ")})`;
  if (norm && activation && order === "original" && skip !== "none") {
    const [name, planes] = block === "basic" ? ["BasicBlock", out_channels] : ["Bottleneck", out_channels / EXPANSION];
    const args = [in_channels, planes];
    if (stride > 1) args.push(`stride=${stride}`);
    if (beside.length) args.push(`downsample=${downsample}`);
    return `${name}(${args.join(", ")})`;
  }
  const end = skip === "none" ? found.length : found.findIndex(({ kind }) => kind === "add");
  const main = found.slice(0, end).filter(({ lane }) => lane === "main").map(({ code }) => code);
  const lines = [`branch = nn.Sequential(${main.join(", ")})`];
  if (beside.length) lines.push(`downsample = ${downsample}`);
  const total = { none: "branch(x)", identity: "branch(x) + x", projection: "branch(x) + downsample(x)" }[skip];
  const last = skip !== "none" && found.at(-1).kind === "relu";
  return [...lines, last ? `y = torch.relu(${total})` : `y = ${total}`].join("\n");
}
