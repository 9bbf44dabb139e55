// The controls of a convolution: presets, operation, view, and a slider for each setting, kept inside what is legal.

import { choice, select, slider } from "../dom.js";
import { format } from "../numbers.js";
import { bounds, PADDING_MODES, refusal, sameCell } from "../arithmetic.js";
import { INPUTS, kernelPresets, nameOf, rememberingResize, resized, resizedKernel } from "../presets.js";
import { asInput, asKernel, replaced } from "./state.js";

/**
 * read()           the layer's state     change(traits)  changes the page's state     save()  sends it to Python
 * filter()         the filter on show    warn(text)      says why something did not happen
 * operate(value)   switches between cross-correlation and convolution
 * Returns {top, bottom, show(state), moved()}: two rows of nodes, and the setting whose slider moved last.
 */
export function createControls({ on, model, read, change, save, commit, filter, warn, redraw, operate }) {
  const classic = model.get("_kernels");
  const inputs = () => Object.fromEntries(Object.entries(INPUTS).map(([name, { make }]) => [name, make(...read().layer.size)]));
  const kernels = () => kernelPresets(classic, read().input.length);
  const titled = (presets) => ({ ...Object.fromEntries(Object.keys(presets).map((n) => [n, n])), "": "your own" });

  const inputPreset = select(on, { label: "input", options: titled(INPUTS), change: takeInput });
  const kernelPreset = select(on, { label: "kernel", options: {}, change: takeKernel });
  let listed = 0; // the number of channels that the kernel presets were listed for

  function takeInput(name) {
    if (!name) return redraw();
    const { layer, input, weight } = read();
    const planes = inputs()[name];
    const otherChannels = planes.length !== input.length;
    const next = otherChannels ? Object.values(kernelPresets(classic, planes.length))[0] : weight;
    settle({ input: asInput(planes), ...(otherChannels ? { kernel: asKernel(next), bias: 0 } : {}) },
      { ...layer, size: [planes[0].length, planes[0][0].length], kernel_size: [next[0][0].length, next[0][0][0].length] });
  }
  function takeKernel(name) {
    if (!name) return redraw();
    const weight = kernels()[name];
    settle({ kernel: asKernel(weight), bias: 0 },
      { ...read().layer, kernel_size: [weight[0][0].length, weight[0][0][0].length] });
  }
  /** Apply a preset; where the old stride, padding or dilation would make it illegal, go back to the plain ones. */
  function settle(changes, layer) {
    const why = refusal(layer);
    if (why && refusal({ ...layer, padding: [0, 0], dilation: [1, 1] }))
      return warn(`Not changed: ${why}. A larger input or a smaller kernel would work.`);
    change(why ? { ...changes, padding: 0, dilation: 1, stride: 1 } : changes);
    if (why) warn(`Padding, dilation and stride went back to 0, 1 and 1: with the old ones ${why}.`);
    save();
  }

  let moved = null;
  const setting = (name, label, apply) =>
    slider(on, { label, min: name === "padding" ? 0 : 1, max: 4, input: (v) => { moved = name; apply(v); }, change: save });
  const resizeKernel = rememberingResize(resizedKernel);
  const resizeInput = rememberingResize(resized);
  const sliders = {
    kernel_size: setting("kernel_size", "kernel_size", (v) => change({ kernel: asKernel(resizeKernel(read().weight, v, v)) })),
    stride: setting("stride", "stride", (v) => change({ stride: v })),
    padding: setting("padding", "padding", (v) => change({ padding: v })),
    dilation: setting("dilation", "dilation", (v) => change({ dilation: v })),
    size: setting("size", "input size", (v) => {
      const name = nameOf(read().input, inputs());
      const grows = name && INPUTS[name].grows;
      change({ input: asInput(grows ? INPUTS[name].make(v, v) : resizeInput(read().input, v, v)) });
    }),
  };
  const bias = slider(on, {
    label: "bias", min: -10, max: 10, change: save,
    input: (v) => change({ bias: read().weight.length === 1 ? v : replaced(read().bias, [filter()], v) }),
  });
  const mode = select(on, {
    label: "padding_mode", options: PADDING_MODES,
    change(value) {
      const { layer } = read();
      const why = refusal({ ...layer, padding_mode: value });
      if (why) return warn(`padding_mode stays ${layer.padding_mode}: ${why}. Less padding would work.`);
      change({ padding_mode: value });
      save();
    },
  });
  const operation = choice(on, {
    label: "operation", options: { "cross-correlation": "cross-correlation", convolution: "convolution" }, change: operate,
  });
  const view = choice(on, {
    label: "view", options: { slide: "slide", matrix: "matrix", wiring: "wiring" }, change: (value) => commit({ view: value }),
  });

  return {
    top: [inputPreset.root, kernelPreset.root, operation.root, view.root],
    bottom: [...["kernel_size", "stride", "padding"].map((n) => sliders[n].root), mode.root,
      ...["dilation", "size"].map((n) => sliders[n].root), bias.root],
    moved: () => moved,
    show({ layer, input, weight, bias: biases, flipped }) {
      if (listed !== input.length) {
        listed = input.length;
        kernelPreset.fill(titled(kernels()));
      }
      inputPreset.show(nameOf(input, inputs()) ?? "");
      kernelPreset.show(nameOf(weight, kernels()) ?? "");
      const limits = bounds(layer);
      for (const [name, control] of Object.entries(sliders)) {
        const value = layer[name];
        const most = Math.max(...value);
        // what Python set beyond the slider's end stays reachable, unless the other axis could not follow
        const end = sameCell(value, [most, most]) ? most : 0;
        control.show(most, { min: limits[name].min, max: Math.max(limits[name].max, end) },
          value[0] === value[1] ? String(value[0]) : `(${value[0]}, ${value[1]})`);
      }
      mode.show(layer.padding_mode);
      const b = biases[filter()];
      bias.show(b, { min: Math.min(-10, Math.floor(b)), max: Math.max(10, Math.ceil(b)) }, format(b));
      operation.show(flipped ? "convolution" : "cross-correlation");
      view.show(model.get("view"));
    },
  };
}
