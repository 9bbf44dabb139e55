// The line under every widget: formula → numbers → floor → result → PyTorch call.

import { h, setText, button } from "./dom.js";
import { convOutputSize, extent } from "./arithmetic.js";
import { convTransposeOutputSize } from "./transposed.js";

const same = ([a, b]) => a === b;
const size = (value) => (Array.isArray(value) ? (same(value) ? String(value[0]) : `(${value[0]}, ${value[1]})`) : JSON.stringify(value));

/** The constructor call of the equivalent layer; arguments at their defaults are left out, as people write it. */
export function torchCall({
  in_channels, out_channels, kernel_size, stride = [1, 1], padding = [0, 0], dilation = [1, 1], groups = 1, bias, padding_mode,
}) {
  const args = [in_channels, out_channels, `kernel_size=${size(kernel_size)}`];
  if (String(stride) !== "1,1") args.push(`stride=${size(stride)}`);
  if (String(padding) !== "0,0") args.push(`padding=${size(padding)}`);
  if (String(dilation) !== "1,1") args.push(`dilation=${size(dilation)}`);
  if (groups > 1) args.push(`groups=${groups}`);
  if (!bias) args.push("bias=False");
  if (padding_mode !== "zeros") args.push(`padding_mode="${padding_mode}"`);
  return `nn.Conv2d(${args.join(", ")})`;
}

/** ⌊(i + 2p − d·(k − 1) − 1) / s⌋ + 1 with the numbers of one axis put in, step by step. */
export function sizeSteps(i, k, s, p, d) {
  const top = i + 2 * p - extent(k, d);
  return `⌊(${i} + 2·${p} − ${d}·(${k} − 1) − 1) / ${s}⌋ + 1 = ⌊${top} / ${s}⌋ + 1 = ${Math.floor(top / s)} + 1 = ${convOutputSize(i, k, s, p, d)}`;
}

/** One text per axis, or one for both where they agree. */
export function sizeLines(layer) {
  const axes = [0, 1].map((a) =>
    sizeSteps(...["size", "kernel_size", "stride", "padding", "dilation"].map((name) => layer[name][a])),
  );
  return axes[0] === axes[1] ? [`output size = ${axes[0]}`] : [`height = ${axes[0]}`, `width = ${axes[1]}`];
}

/** The constructor call of a transposed layer. */
export function transposedCall({ in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, bias }) {
  const args = [in_channels, out_channels, `kernel_size=${size(kernel_size)}`];
  if (String(stride) !== "1,1") args.push(`stride=${size(stride)}`);
  if (String(padding) !== "0,0") args.push(`padding=${size(padding)}`);
  if (String(output_padding) !== "0,0") args.push(`output_padding=${size(output_padding)}`);
  if (String(dilation) !== "1,1") args.push(`dilation=${size(dilation)}`);
  if (!bias) args.push("bias=False");
  return `nn.ConvTranspose2d(${args.join(", ")})`;
}

/** (i−1)·s − 2p + d·(k−1) + output_padding + 1 with the numbers of one axis put in, step by step. */
export function transposedSteps(i, k, s, p, d, o) {
  const parts = `${(i - 1) * s} − ${2 * p} + ${d * (k - 1)} + ${o} + 1`;
  return `(${i}−1)·${s} − 2·${p} + ${d}·(${k}−1) + ${o} + 1 = ${parts} = ${convTransposeOutputSize(i, k, s, p, o, d)}`;
}

/** As sizeLines, for a transposed layer. */
export function transposedLines(layer) {
  const names = ["size", "kernel_size", "stride", "padding", "dilation", "output_padding"];
  const axes = [0, 1].map((a) => transposedSteps(...names.map((name) => layer[name][a])));
  return axes[0] === axes[1] ? [`output size = ${axes[0]}`] : [`height = ${axes[0]}`, `width = ${axes[1]}`];
}

/** The same for padding "same": half of k − 1 on each side, so that the size is kept. */
export function keptSize(size, kernel_size) {
  if (kernel_size.some((k) => k % 2 === 0)) return [`output size = input size: padding "same" adds k − 1 in all`];
  return sizeLines({ size, kernel_size, stride: [1, 1], padding: kernel_size.map((k) => (k - 1) / 2), dilation: [1, 1] });
}

/** {root, show(lines, code)}: the sentence and its code, with a button that copies the code, and `more` nodes behind it. */
export function createReadout(on, ...more) {
  const formula = h("div", { class: "cnn-formula" });
  const code = h("code", {});
  const copy = button(on, {
    text: "copy",
    title: "Copy the PyTorch call",
    async click() {
      try {
        await navigator.clipboard.writeText(code.textContent);
        setText(copy, "copied");
      } catch {
        // no permission, or a page without https: select it, so that the person can copy it
        getSelection().selectAllChildren(code);
        setText(copy, "selected: Ctrl+C");
      }
    },
  });
  const root = h("div", { class: "cnn-readout" }, formula, h("div", { class: "cnn-code" }, code, copy, ...more));
  return {
    root,
    show(lines, call) {
      setText(formula, lines.join("\n"));
      if (code.textContent !== call) {
        setText(code, call);
        setText(copy, "copy");
      }
    },
  };
}
