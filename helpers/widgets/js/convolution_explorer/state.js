// The state of a convolution, read from a model's traits. Pure but for model.get.

import { pair, flip, conv2d, outputShape } from "../arithmetic.js";

export const TRAITS = ["input", "kernel", "bias", "stride", "padding", "dilation", "padding_mode", "operation"];

/** Everything that follows from the traits; (H, W) counts as one channel, (kh, kw) as one filter. */
export function readLayer(model) {
  const given = model.get("input");
  const input = Array.isArray(given[0][0]) ? given : [given];
  const kernel = model.get("kernel");
  const weight = Array.isArray(kernel[0][0]) ? kernel : [[kernel]];
  const flipped = model.get("operation") === "convolution";
  const bias = model.get("bias");
  const layer = {
    size: [input[0].length, input[0][0].length],
    kernel_size: [weight[0][0].length, weight[0][0][0].length],
    stride: pair(model.get("stride")),
    padding: pair(model.get("padding")),
    dilation: pair(model.get("dilation")),
    padding_mode: model.get("padding_mode"),
  };
  const state = {
    layer,
    input,
    weight,
    applied: flipped ? weight.map((filter) => filter.map(flip)) : weight,
    flipped,
    bias: Array.isArray(bias) ? bias : weight.map(() => bias),
    outputSize: outputShape(layer),
  };
  state.output = conv2d(input, state.applied, state.bias, layer);
  return state;
}

/** Numbers as the traits keep them: a single channel as (H, W), a single filter of one channel as (kh, kw). */
export const asInput = (planes) => (planes.length === 1 ? planes[0] : planes);
export const asKernel = (weight) => (weight.length === 1 && weight[0].length === 1 ? weight[0][0] : weight);

/** A copy of nested lists with one number replaced. */
export function replaced(nested, [index, ...rest], value) {
  const copy = [...nested];
  copy[index] = rest.length ? replaced(nested[index], rest, value) : value;
  return copy;
}

/** "R", "G", "B" for three channels, numbers otherwise. */
export const channelName = (m, count) => (count === 3 ? "RGB"[m] : String(m));
