// The state of the residual explorer from a model's traits: the real block, and the signal in the small one.

import { clamp, pair } from "../arithmetic.js";
import { SETTINGS, readBlock, structure } from "./parts.js";
import { backward, forward, inputsOf, paddedConv, statistics, tensor } from "./engine.js";

export const MOST = { blocks: 50, scale: 2, seed: 20 };
export const TRAITS = [...SETTINGS, "view", "part", "input", "pinned", "step", "blocks", "scale", "seed", "position"];

export function readSettings(model) {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
  return { ...settings, input_size: pair(settings.input_size) };
}

const planeOf = ({ h, w, data }) =>
  Array.from({ length: h }, (_, r) => Array.from({ length: w }, (_, c) => data[r * w + c]));
const planesOf = (tensors) => Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, planeOf(t)]));

/** The small block's structure, its convolutions by name, and the numbers at every part for this input. Pure. */
export function runSignal(settings, input, weights, biases) {
  const parts = structure({ ...settings, in_channels: 1, out_channels: 1, inner: 1 });
  const kernels = weights[settings.block];
  const layers = {};
  for (const { name, kind, sizes } of parts) {
    if (kind !== "conv") continue;
    const bias = settings.norm ? 0 : biases[name];
    const [, , k, stride] = sizes;
    layers[name] = { k, stride, bias, kernel: kernels[name], ...paddedConv({ out: 1, k, stride, bias, weight: kernels[name].flat() }) };
  }
  const x = tensor(1, input.length, input[0].length, Float64Array.from(input.flat()));
  const tensors = forward(parts, layers, x);
  return { parts, layers, tensors, values: planesOf(tensors), last: parts.at(-1).name, before: inputsOf(parts) };
}

/** The gradients of one output, or of the sum of all (null), at every part: {name: plane}. Pure. */
export function runBack({ parts, layers, tensors, last }, cell) {
  const y = tensors[last];
  const dy = tensor(1, y.h, y.w);
  if (cell === null) dy.data.fill(1);
  else dy.data[cell[0] * y.w + cell[1]] = 1;
  return planesOf(backward(parts, layers, tensors, dy));
}

/** Mean and variance of a value, as the part after it uses them. */
export const meanOf = (signal, name) => statistics(signal.tensors[name], 0);

/** In which order play walks: the values forward, then the gradients back. */
export const stages = (parts) => {
  const names = ["x", ...parts.map(({ name }) => name)];
  return [...names.map((name) => ["value", name]), ...names.reverse().map((name) => ["gradient", name])];
};

/** read(): the state. The block and its signal are made anew only when they change. */
export function createReader(model) {
  let block = null;
  let signal = null;
  let known = { settings: null, input: null };
  return () => {
    const settings = readSettings(model);
    const [input, pinned] = [model.get("input"), model.get("pinned")];
    const text = JSON.stringify(settings);
    const other = text !== known.settings;
    if (other) block = readBlock(settings);
    if (other || input !== known.input) signal = runSignal(settings, input, model.get("_weights"), model.get("_biases"));
    known = { settings: text, input };
    const size = [signal.values[signal.last].length, signal.values[signal.last][0].length];
    const inside = pinned === null ? null : pair(pinned).map((at, a) => clamp(at, size[a]));
    const names = ["x", ...block.parts.map(({ name }) => name)];
    const part = names.includes(model.get("part")) ? model.get("part") : null;
    const step = model.get("step") < 2 * names.length ? model.get("step") : null;
    return { settings: block.settings, block, names, part, input, signal, size, pinned: inside, step };
  };
}
