// What to do about a layer that does not fit, and layers that fit where they are put. Pure.

import { extent } from "../arithmetic.js";
import { EXPECTS, KINDS, elements, fault, limits, network, onImage, settings, settingText } from "./layers.js";
import { gcd } from "../numbers.js";

/** A value for both axes where one was given, else one for each; `choose` takes the more cautious of two. */
const like = (old, values, choose) => (Array.isArray(old) ? values : choose(...values));

/** The change of the layer's own settings that answers a fault; `prefer`: which one gives way to a kernel too large. */
function change(layer, shape, kind, prefer) {
  const all = shape.length > 1 ? onImage(layer, shape) : onImage(layer, [1, 1, 1]);
  const { size, kernel_size, stride, padding, dilation = [1, 1], output_padding } = all;
  const each = (name, choose, value) => ({ [name]: like(settings(layer)[name], [0, 1].map(value), choose) });
  switch (kind) {
    case "groups": {
      const common = gcd(all.in_channels, all.out_channels);
      let groups = Math.min(all.groups, common);
      while (common % groups) groups--;
      return { groups };
    }
    case "channels":
      return { [EXPECTS[layer.type]]: shape[0] };
    case "features":
      return { in_features: shape[0] };
    case "half":
      return each("padding", Math.min, (a) => Math.min(padding[a], Math.floor(kernel_size[a] / 2)));
    case "output_padding":
      return each("output_padding", Math.min, (a) => Math.min(output_padding[a], Math.max(stride[a], dilation[a]) - 1));
    case "nothing left":
      return each("padding", Math.min, (a) => {
        const stamped = (size[a] - 1) * stride[a] + extent(kernel_size[a], dilation[a]) + output_padding[a];
        return Math.min(padding[a], Math.floor((stamped - 1) / 2));
      });
    case "fit":
      if (prefer === "padding")
        return each("padding", Math.max, (a) => {
          const missing = extent(kernel_size[a], dilation[a]) - size[a];
          return Math.max(padding[a], Math.ceil(missing / 2));
        });
      return each("kernel_size", Math.min, (a) => {
        const fits = Math.floor((size[a] + 2 * padding[a] - 1) / dilation[a]) + 1;
        return Math.min(kernel_size[a], fits);
      });
    default:
      return null;
  }
}

const isPossible = ([name, value]) => [value].flat().every((v) => v <= limits(name).max);

/** All the changes that make a layer fit an input of this shape, or null where its settings cannot. */
function mended(layer, shape, prefer) {
  let changes = {};
  for (let tries = 0; tries < 6; tries++) {
    const now = { ...layer, ...changes };
    const wrong = fault(now, shape);
    if (!wrong) return Object.entries(changes).every(isPossible) ? changes : null;
    const next = change(now, shape, wrong.kind, prefer);
    if (!next) return null;
    changes = { ...changes, ...next };
  }
  return null;
}

const inWords = (changes) => Object.entries(changes).map(([name, value]) => settingText(name, value));

/**
 * Repairs of the first layer that does not fit, nearest first: [{text, layers}]. Each lets the network work at least
 * to the end of that layer; the last resort removes it.
 */
export function repairs(layers, input) {
  const { rows, problem: at } = network(layers, input);
  if (at === null) return [];
  const layer = layers[at];
  const { before, fault: { kind } } = rows[at];
  const found = [];
  const offer = (text, next) => {
    if (!found.some((other) => other.text === text)) found.push({ text, layers: next });
  };
  for (const prefer of ["padding", "kernel_size"]) {
    const changes = mended(layer, before, prefer);
    if (changes) offer(inWords(changes).join(", "), layers.with(at, { ...layer, ...changes }));
  }
  if (kind === "unflattened") {
    const in_features = elements(before);
    const fits = settings(layer).in_features === in_features;
    if (in_features <= limits("in_features").max)
      offer(fits ? "insert Flatten" : `insert Flatten, in_features=${in_features}`,
        layers.toSpliced(at, 1, { type: "Flatten" }, { ...layer, in_features }));
  }
  if (kind === "flat") {
    const flatten = rows.findLastIndex((row, n) => n < at && layers[n].type === "Flatten" && row.before.length > 1);
    const below = layers.toSpliced(at + 1, 0, layers[flatten]).toSpliced(flatten, 1);
    const shape = shapeBefore(below, input, at - 1);
    const changes = shape && mended(layer, shape, "padding");
    if (changes)
      offer(["Flatten below it", ...inWords(changes)].join(", "), below.with(at - 1, { ...layer, ...changes }));
  }
  const left = (next) => {
    const { problem } = network(next, input);
    return problem === null ? 0 : next.length - problem;
  };
  const good = found.filter((repair) => left(repair.layers) < layers.length - at);
  return good.length ? good : [{ text: `remove ${layer.type}`, layers: layers.toSpliced(at, 1) }];
}

/** What comes to a layer, or null where one above it does not fit. */
export const shapeBefore = (layers, input, at) => network(layers.slice(0, at), input).output;

/** A layer of this type that fits behind `shape` (null: unknown) and changes as little as its type can. */
export function fitting(type, shape) {
  const [channels, height, width] = shape?.length === 3 ? shape : [shape?.[0] ?? 1, 1, 1];
  const room = Math.min(2, height, width);
  const made = {
    in_channels: channels, out_channels: channels, num_features: channels,
    kernel_size: isPooling(type) ? room : type === "Conv2d" ? 3 : 2,
    ...(type === "Conv2d" ? { padding: 1 } : type === "ConvTranspose2d" ? { stride: 2 } : {}),
    output_size: 1, scale_factor: 2, in_features: shape ? elements(shape) : 1, out_features: 10,
  };
  const named = Object.entries(KINDS[type]).filter(([name, usual]) =>
    name in made && (usual === null || made[name] !== usual));
  return { type, ...Object.fromEntries(named.map(([name]) => [name, made[name]])) };
}
const isPooling = (type) => type.endsWith("Pool2d");

/** The layer as another type: what both types have is kept, what the shape before it demands is not. */
export function retyped(layer, type, shape) {
  const kept = Object.entries(layer).filter(([name]) => name in KINDS[type] && !(shape && /^(in_|num_)/.test(name)));
  return { ...fitting(type, shape), ...Object.fromEntries(kept), type };
}
