// The layers of a sequential network: settings, output shapes, parameters and multiplications, in PyTorch's words.
// Pure: no DOM, no state. tests/browser/test_layers.py holds it equal to PyTorch.
//
// A layer is {type, …settings}, sizes a number or [height, width]; settings at their defaults may be left out.
// A shape is [channels, height, width], or [features] after a Flatten; the batch axis is left out.

import { outputShape, pair, refusal } from "../arithmetic.js";
import { poolRefusal, poolShape } from "../pooling.js";
import { transposedRefusal, transposedShape } from "../transposed.js";

const CONV = { in_channels: null, out_channels: null, kernel_size: null, stride: 1, padding: 0 };
const POOL = { kernel_size: null, stride: null, padding: 0, ceil_mode: false };

/** Every type of layer with its settings and their defaults; null: must be given (a pool's stride: its kernel_size). */
export const KINDS = {
  Conv2d: { ...CONV, dilation: 1, groups: 1, bias: true },
  ConvTranspose2d: { ...CONV, output_padding: 0, dilation: 1, groups: 1, bias: true },
  MaxPool2d: POOL,
  AvgPool2d: POOL,
  AdaptiveAvgPool2d: { output_size: null },
  Upsample: { scale_factor: null, mode: "nearest" },
  BatchNorm2d: { num_features: null },
  Dropout: { p: 0.5 },
  ReLU: {},
  GELU: {},
  Tanh: {},
  Sigmoid: {},
  Flatten: {},
  Linear: { in_features: null, out_features: null, bias: true },
};

export const SIZES = new Set([
  "kernel_size", "stride", "padding", "output_padding", "dilation", "output_size", "scale_factor",
]);
export const MODES = ["nearest", "bilinear"];
/** Of a table and of its input; Python refuses more, too. */
export const MOST = { layers: 64, channels: 1e6, size: 4096 };
const COUNTS = new Set(["in_channels", "out_channels", "num_features", "in_features", "out_features"]);
const ELEMENTWISE = new Set(["Dropout", "ReLU", "GELU", "Tanh", "Sigmoid"]);
/** The setting that says how many channels a layer expects. */
export const EXPECTS = { Conv2d: "in_channels", ConvTranspose2d: "in_channels", BatchNorm2d: "num_features" };

/** The numbers that a setting may have by itself; Python refuses the others, too. */
export function limits(name) {
  if (name === "p") return { min: 0, max: 1, step: 0.1 };
  const max = SIZES.has(name) ? 1024 : 1e8;
  return { min: name.endsWith("padding") ? 0 : 1, max, step: 1 };
}

export const elements = (shape) => shape.reduce((a, b) => a * b, 1);
export const isPool = ({ type }) => type === "MaxPool2d" || type === "AvgPool2d";
export const isConv = ({ type }) => type === "Conv2d" || type === "ConvTranspose2d";
const sameSize = (a, b) => String(pair(a)) === String(pair(b));

/** All settings of a layer, the defaults filled in. */
export function settings(layer) {
  const all = { ...KINDS[layer.type], ...layer };
  if (isPool(layer)) all.stride ??= all.kernel_size;
  return all;
}

/** The settings as arithmetic.js, pooling.js and transposed.js want them: each size a pair. */
export function onImage(layer, shape) {
  const all = { ...settings(layer), size: shape.slice(1) };
  for (const name of SIZES) if (name in all) all[name] = pair(all[name]);
  return all;
}

/**
 * Why PyTorch would refuse the layer on an input of this shape: {kind, text}, or null where it would not.
 * `flattened` is the shape that a Flatten made the features of: it is told with the number.
 */
export function fault(layer, shape, flattened = null) {
  const { type } = layer;
  const all = settings(layer);
  const { groups, in_channels, out_channels, in_features } = all;
  if (groups > 1 && (in_channels % groups || out_channels % groups))
    return told("groups", `groups=${groups} must divide in_channels=${in_channels} and out_channels=${out_channels}`);
  if (type === "Linear") return linearFault(in_features, shape, flattened);
  if (type === "Flatten" || ELEMENTWISE.has(type)) return null;
  if (shape.length === 1)
    return told("flat", `${type} needs (channels, height, width), but gets ${shape[0]} features: Flatten comes too early`);
  const half = isPool(layer) && poolRefusal(onImage(layer, [1, 1e9, 1e9])); // a size that any kernel fits
  if (half) return told("half", half);
  const expected = all[EXPECTS[type]];
  if (expected !== undefined && expected !== shape[0])
    return told("channels", `${type} expects ${expected} channels, but gets ${shape[0]}`);
  return sizeFault(layer, onImage(layer, shape));
}

function linearFault(expected, shape, flattened) {
  const got = shape.at(-1);
  if (got === expected) return null;
  if (shape.length > 1) {
    const there = `expects ${expected} there, but (${shape.join(", ")}) has ${got}`;
    return told("unflattened", `Flatten is missing: Linear acts on the last axis only, ${there}`);
  }
  const product = flattened ? ` = ${flattened.join("·")}` : "";
  return told("features", `Linear expects ${expected} features, but gets ${got}${product}`);
}

function sizeFault(layer, all) {
  if (layer.type === "Conv2d") return told("fit", refusal(all));
  if (isPool(layer)) return told("fit", poolRefusal(all));
  if (layer.type !== "ConvTranspose2d") return null;
  const much = all.output_padding.some((o, a) => o >= Math.max(all.stride[a], all.dilation[a]));
  return told(much ? "output_padding" : "nothing left", transposedRefusal(all));
}
const told = (kind, text) => text && { kind, text };

/** The shape that a layer without a fault makes of `shape`. */
export function shapeAfter(layer, shape) {
  const all = onImage(layer, shape);
  const [channels, ...size] = shape;
  switch (layer.type) {
    case "Conv2d":
      return [all.out_channels, ...outputShape(all)];
    case "ConvTranspose2d":
      return [all.out_channels, ...transposedShape(all)];
    case "MaxPool2d":
    case "AvgPool2d":
      return [channels, ...poolShape(all)];
    case "AdaptiveAvgPool2d":
      return [channels, ...all.output_size];
    case "Upsample":
      return [channels, ...size.map((v, a) => v * all.scale_factor[a])];
    case "Flatten":
      return [elements(shape)];
    case "Linear":
      return [...shape.slice(0, -1), all.out_features];
    default:
      return shape;
  }
}

/** How many numbers the layer learns. */
export function parameters(layer) {
  const all = settings(layer);
  const { bias, groups, in_channels, out_channels, in_features, out_features, kernel_size } = all;
  if (isConv(layer)) return out_channels * ((in_channels / groups) * elements(pair(kernel_size)) + (bias ? 1 : 0));
  if (layer.type === "Linear") return out_features * (in_features + (bias ? 1 : 0));
  return layer.type === "BatchNorm2d" ? 2 * all.num_features : 0;
}

/** Multiplications of weights with values for one example; the few of pooling and normalizing are not counted. */
export function multiplications(layer, shape) {
  const all = settings(layer);
  if (layer.type === "Linear") return elements(shape) * all.out_features;
  if (!isConv(layer)) return 0;
  const window = elements(pair(all.kernel_size));
  if (layer.type === "Conv2d") return elements(shapeAfter(layer, shape)) * (all.in_channels / all.groups) * window;
  return elements(shape) * (all.out_channels / all.groups) * window; // every input stamps the kernel once
}

/**
 * The network on an input: {rows, problem, parameters, multiplications, output}.
 *   rows     for each layer {before, shape, parameters, multiplications}, {before, fault} or {waits: the faulty row}
 *   problem  the index of the first layer that does not fit, or null; with one, output and the sums are null
 */
export function network(layers, input) {
  const rows = [];
  let [shape, flattened, problem] = [input, null, null];
  for (const [n, layer] of layers.entries()) {
    const wrong = problem === null && fault(layer, shape, flattened);
    if (problem !== null) rows.push({ waits: problem });
    else if (wrong) rows.push({ before: shape, flattened, fault: wrong });
    else {
      const before = shape;
      shape = shapeAfter(layer, shape);
      const costs = { parameters: parameters(layer), multiplications: multiplications(layer, before) };
      rows.push({ before, flattened, shape, ...costs });
      if (layer.type === "Flatten" && before.length > 1) flattened = before;
      else if (layer.type === "Linear") flattened = null;
    }
    if (wrong) problem = n;
  }
  const sum = (name) => (problem === null ? rows.reduce((total, row) => total + row[name], 0) : null);
  return {
    rows, problem, output: problem === null ? shape : null,
    parameters: sum("parameters"), multiplications: sum("multiplications"),
  };
}

// ---- as text ---------------------------------------------------------------------------------------------------

function valueText(value) {
  if (Array.isArray(value)) return value[0] === value[1] ? String(value[0]) : `(${value[0]}, ${value[1]})`;
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "string" ? `"${value}"` : String(value);
}
export const settingText = (name, value) => `${name}=${valueText(value)}`;

/** Whether a setting has its default: then it is left out of the code. */
export function isDefault(layer, name) {
  const value = settings(layer)[name];
  const usual = isPool(layer) && name === "stride" ? layer.kernel_size : KINDS[layer.type][name];
  return SIZES.has(name) && usual !== null ? sameSize(value, usual) : value === usual;
}

/** The constructor call, as people write it. */
export function layerCode(layer) {
  const all = settings(layer);
  const args = Object.keys(KINDS[layer.type]).flatMap((name) => {
    if (COUNTS.has(name)) return [String(all[name])];
    return isDefault(layer, name) ? [] : [settingText(name, all[name])];
  });
  return `nn.${layer.type}(${args.join(", ")})`;
}

export function networkCode(layers) {
  if (!layers.length) return "nn.Sequential()";
  return `nn.Sequential(\n${layers.map((layer) => `    ${layerCode(layer)},\n`).join("")})`;
}
