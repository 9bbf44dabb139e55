// Changing a stack of layers: added, removed and moved ones take the skips of the others along. Pure.

import { settings } from "../receptive_fields.js";

/** A layer of this type that keeps the size, halves or doubles it. */
export function fresh(type) {
  if (type === "pool") return { type, kernel_size: 2 };
  if (type === "upsample") return { type, scale_factor: 2 };
  if (type === "transposed_conv") return { type, kernel_size: 2, stride: 2 };
  return { type, kernel_size: 3, padding: 1 };
}

/** Every skip by way of `to` (old index → new one, or null where that layer is gone); none may point forward. */
function rewired(layers, to) {
  return layers.map((layer, n) => {
    const { skip = null, ...rest } = layer;
    const moved = skip === null || skip < 0 ? skip : to(skip);
    return moved === null || moved >= n ? rest : { ...rest, skip: moved };
  });
}

export const inserted = (layers, at, layer) =>
  rewired(layers.toSpliced(at, 0, { ...layer }), (old) => (old < at ? old : old + 1));

export const removed = (layers, at) =>
  rewired(layers.toSpliced(at, 1), (old) => (old === at ? null : old < at ? old : old - 1));

export function moved(layers, from, to) {
  const order = layers.map((_, n) => n).toSpliced(from, 1).toSpliced(to, 0, from);
  return rewired(order.map((n) => layers[n]), (old) => order.indexOf(old));
}

/** The layer with another setting; those at their defaults are left out. */
export function changed(layer, name, value) {
  const { [name]: _, ...rest } = layer;
  const usual = { stride: layer.type === "pool" ? layer.kernel_size : 1, padding: 0, dilation: 1, skip: null };
  const even = Array.isArray(value) && value[0] === value[1] ? value[0] : value;
  return even === usual[name] ? rest : { ...rest, [name]: even };
}

/** The layer as another type: what both have stays. */
export function retyped(layer, type) {
  const { kernel_size, stride, padding, dilation } = settings(layer);
  const kept = "skip" in layer ? { skip: layer.skip } : {};
  if (type === "upsample" || layer.type === "upsample") return { ...fresh(type), ...kept };
  const pads = type === "conv" ? padding : Math.min(padding[0], type === "pool" ? Math.floor(kernel_size / 2) : 128);
  const all = Object.entries({ stride, padding: pads, dilation });
  return all.reduce((made, [name, value]) => changed(made, name, value), { type, kernel_size, ...kept });
}
