// What the marks in the arithmetic explorer's grids mean, and how many of each there are.

import { h, svg } from "../dom.js";
import { extent } from "../arithmetic.js";
import { windows } from "../coverage.js";
import { plural } from "../numbers.js";

// how each kind looks, in a square of 20
const SWATCHES = {
  padding: () => [svg("rect", { class: "cnn-swatch-padding", x: 1, y: 1, width: 18, height: 18 }), svg("path", { class: "cnn-swatch-hatch", d: "M1 19L19 1M1 10L10 1M10 19L19 10" })],
  hole: () => [svg("path", { "data-kind": "hole", d: "M5 5h10v10h-10z" })],
  starts: () => [svg("circle", { "data-kind": "starts", cx: 10, cy: 10, r: 5 })],
  skipped: () => [svg("circle", { "data-kind": "skipped", cx: 10, cy: 10, r: 5 })],
  cross: () => [svg("path", { "data-kind": "cross", d: "M3 3l14 14M3 17l14 -14" })],
  added: () => [svg("path", { "data-kind": "added", d: "M3 10h14M10 3v14" })],
};

const axesText = ([rows, cols]) => [rows && plural(rows, "row"), cols && plural(cols, "column")].filter(Boolean).join(" and ");

/** Which marks a view shows, as [kind, text]. Pure. */
export function legendOf({ layer, transposed }, view) {
  const { size, kernel_size, stride, padding, dilation, output_padding, padding_mode } = layer;
  const some = (pair) => Math.max(...pair) > 0;
  const holes = [0, 1].some((a) => dilation[a] > 1 && kernel_size[a] > 1);
  const list = [];
  if (view === "slide") {
    const axes = [0, 1].map((a) => windows(size[a], kernel_size[a], stride[a], padding[a], dilation[a]));
    if (some(padding)) list.push(["padding", padding_mode === "zeros" ? "padding: zeros" : `padding: ${padding_mode} copies, tied to their pixels`]);
    list.push(["starts", "a window starts"]);
    const skipped = axes.map((axis) => axis.skipped.length);
    if (some(skipped)) list.push(["skipped", `skipped by the stride: ${axesText(skipped)}`]);
    if (holes) list.push(["hole", "hole of the dilation"]);
    const never = axes.map((axis) => axis.never.length);
    if (some(never)) list.push(["cross", `never read: ${axesText(never)}`]);
  }
  if (view === "stamp") {
    if (some(padding)) list.push(["padding", `cut off by padding ${padding[0] === padding[1] ? padding[0] : padding.join(" and ")}`]);
    list.push(["starts", "a stamp starts"]);
    if (holes) list.push(["hole", "hole of the dilation"]);
    if (some(output_padding)) list.push(["added", "kept by output_padding"]);
  }
  if (view === "stretch") {
    const around = [0, 1].map((a) => extent(kernel_size[a], dilation[a]) - 1 - padding[a]);
    if (some(around) || some(output_padding)) list.push(["padding", `zeros around: ${around[0] === around[1] ? around[0] : around.join(" and ")}${some(output_padding) ? ", output_padding more at the end" : ""}`]);
    if (some(stride.map((s) => s - 1))) list.push(["hole", `zeros between: stride − 1 = ${stride[0] === stride[1] ? stride[0] - 1 : stride.map((s) => s - 1).join(" and ")}`]);
    if (around.some((n) => n < 0)) list.push(["cross", "more padding than dilation·(kernel − 1): the input itself is cut"]);
  }
  return list;
}

export function createLegend() {
  const root = h("div", { class: "cnn-legend" });
  let drawn = "";
  return {
    root,
    update(state, view) {
      const entries = legendOf(state, view);
      const text = JSON.stringify(entries);
      if (text === drawn) return;
      drawn = text;
      root.replaceChildren(...entries.map(([kind, words]) => {
        const swatch = svg("svg", { viewBox: "0 0 20 20", class: "cnn-swatch cnn-marks", "aria-hidden": "true" }, ...SWATCHES[kind]());
        return h("span", {}, swatch, h("span", { text: words }));
      }));
    },
  };
}
