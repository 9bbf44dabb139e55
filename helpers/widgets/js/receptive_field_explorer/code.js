// The PyTorch of one layer, as field_torch.py writes it. Pure.

import { settings } from "../receptive_fields.js";

const CLASSES = { conv: "Conv2d", pool: "MaxPool2d", transposed_conv: "ConvTranspose2d" };

/** The constructor call of a layer with one channel; uneven padding stands before it as a layer of its own. */
export function layerCode(layer) {
  const s = settings(layer);
  if (s.type === "upsample") return `nn.Upsample(scale_factor=${s.scale_factor})`;
  const [before, after] = s.padding;
  const usual = { stride: s.type === "pool" ? s.kernel_size : 1, padding: 0, dilation: 1 };
  const all = { stride: s.stride, padding: before === after ? before : 0, dilation: s.dilation };
  const unusual = Object.entries(all).filter(([name, value]) => value !== usual[name]);
  const named = unusual.map(([name, value]) => `${name}=${value}`);
  const args = [...(s.type === "pool" ? [] : ["1, 1"]), `kernel_size=${s.kernel_size}`, ...named];
  const pad = before === after ? "" : `nn.ZeroPad2d((${[before, after, before, after].join(", ")})), `;
  return `${pad}nn.${CLASSES[s.type]}(${args.join(", ")})`;
}
