// The grids of a convolution: large side by side, or small beside another view of the same state.

import { h } from "../dom.js";
import { muted, scaleFor, weightColor } from "../colors.js";
import { format } from "../numbers.js";
import { cellsMetBy, sameCell, sourceCell } from "../arithmetic.js";
import { channelName } from "./state.js";

const HEIGHT = 14.5; // em: fits a projector's 720 pixels in large

/**
 * make(role, channel)  creates the grid of one channel or filter
 * aside                {view name: node} of the other views
 * Returns {root, grids, update}. A scene is {state, focus, fed, at, filter, taps, view, width (em), cursor(role, channel)}.
 */
export function createScene({ make, aside }) {
  const grids = { input: [], kernel: [], product: [], output: [] };
  const root = h("div", { class: "cnn-stage" });
  let arranged = "";

  function arrange(channels, filters, view) {
    const wanted = `${channels}|${filters}|${view}`;
    if (wanted === arranged) return;
    arranged = wanted;
    for (const [role, count] of Object.entries({ input: channels, kernel: channels, product: channels, output: filters }))
      while (grids[role].length < count) grids[role].push(make(role, grids[role].length));
    const panels = (role, count) => grids[role].slice(0, count).map((grid) => grid.root);
    const sign = (text) => h("span", { class: "cnn-sign", "aria-hidden": "true", text });
    const outputs = h("div", { class: "cnn-outputs" }, ...panels("output", filters));
    const [inputs, kernels, products] = ["input", "kernel", "product"].map((role) => panels(role, channels));
    if (view !== "slide") {
      const columns = `--cnn-columns: ${Math.max(2, channels)}`; // a single input and its kernel stand side by side
      root.replaceChildren(h("div", { class: "cnn-aside", style: columns }, ...inputs, ...kernels, outputs), aside[view]);
    } else if (channels === 1) root.replaceChildren(...inputs, sign("×"), ...kernels, sign("="), ...products, sign("Σ"), outputs);
    else {
      const column = (panel, m) => h("div", { class: "cnn-channel" }, panel, h("div", { class: "cnn-pairing" }, kernels[m], products[m]));
      root.replaceChildren(...inputs.map(column), sign("Σ"), outputs);
    }
  }

  /** Cell sizes in em: as large as the stage allows. */
  function cellSizes({ layer, outputSize }, channels, filters, view, width) {
    const [rows, cols] = layer.size.map((v, a) => v + 2 * layer.padding[a]);
    const kernel = layer.kernel_size;
    const fit = (tall, wide, [r, c], most = 3.3) => Math.min(tall / r, wide / c, most);
    if (view !== "slide") {
      const share = Math.min(7, 15 / channels - 0.8);
      if (channels === 1 && filters === 1) {
        // input and kernel beside one another, the output below
        const em = Math.min(14 / (cols + kernel[1]), 11.5 / (Math.max(rows, kernel[0]) + outputSize[0]), 14 / outputSize[1], 1.9);
        return { input: em, kernel: em, output: em };
      }
      return {
        input: fit(6, share, [rows, cols], 1.5),
        kernel: fit(3.9, share, kernel, 1.5),
        output: fit(6, 12 / filters, outputSize, 1.5),
      };
    }
    if (channels === 1) {
      const room = width - 9; // the signs and gaps between
      return {
        input: fit(HEIGHT, 0.38 * room, [rows, cols]),
        kernel: fit(HEIGHT, 0.19 * room, kernel),
        product: fit(HEIGHT, 0.19 * room, kernel),
        output: fit(HEIGHT / filters - (filters > 1 ? 1.6 : 0), 0.24 * room, outputSize),
      };
    }
    const share = (0.78 * width) / channels - 1.4;
    return {
      input: fit(9, share, [rows, cols], 2),
      kernel: fit(4.2, share / 2 - 0.6, kernel, 1.4),
      product: fit(4.2, share / 2 - 0.6, kernel, 1.4),
      output: fit((HEIGHT + 0.5) / filters - 1.8, 0.22 * width - 2.5, outputSize, 2.4),
    };
  }

  function drawInputs({ state: { layer, input }, focus, taps, cursor, em }) {
    const [pt, pl] = layer.padding;
    const isPadding = ([r, c]) => r < 0 || c < 0 || r >= layer.size[0] || c >= layer.size[1];
    const layout = {
      rows: layer.size[0] + 2 * pt, cols: layer.size[1] + 2 * pl, origin: [-pt, -pl], signature: String(layer.size), isPadding,
    };
    const tint = scaleFor(input.flat(2), "input");
    const met = focus?.grid === "kernel" ? cellsMetBy(focus.cell, layer).map((t) => t.cell) : null;
    input.forEach((plane, m) => {
      const notes = new Map(taps[m].map((t) => [String(t.cell), `×${format(t.w)}`]));
      const outlines = [{ name: "window", kind: "window", cells: taps[m].map((t) => t.cell) }];
      if (met && focus.channel === m) outlines.push({ name: "met", kind: "lit", cells: met }, { name: "dots", kind: "dot", cells: met });
      if (focus?.grid === "input") {
        outlines.push({ name: "focus", kind: "focus", cells: [focus.cell] });
        const real = sourceCell(focus.cell, layer);
        if (real && !sameCell(real, focus.cell)) outlines.push({ name: "source", kind: "lit", cells: [real] });
      }
      const name = input.length > 1 ? ` ${channelName(m, input.length)}` : "";
      grids.input[m].update({
        layout, em, outlines: [...outlines, ...cursor("input", m)],
        value: (cell) => {
          const real = sourceCell(cell, layer);
          return real ? plane[real[0]][real[1]] : 0;
        },
        color: (v, cell) => (isPadding(cell) ? muted(tint(v)) : tint(v)),
        note: (cell) => (em >= 2 ? (notes.get(String(cell)) ?? null) : null),
        titleText: name ? `input${name}` : `input ${layer.size.join("×")}`,
        description: `Input${name}, ${layer.size[0]} rows and ${layer.size[1]} columns`
          + `${pt || pl ? `, padding ${pt} and ${pl} (${layer.padding_mode})` : ""}. The window reads ${taps[m].map((t) => format(t.x)).join(", ")}.`,
      });
    });
  }

  function drawKernels({ state, focus, fed, filter, taps, view, cursor, em }) {
    const { applied, input, layer, flipped, weight } = state;
    const [kh, kw] = layer.kernel_size;
    const layout = { rows: kh, cols: kw, origin: [0, 0] };
    const tint = scaleFor(applied[filter].flat(2), "kernel");
    applied[filter].forEach((plane, m) => {
      const outlines = [];
      if (fed && focus.channel === m) outlines.push({ name: "fed", kind: "lit", cells: fed.map((t) => t.weight) });
      if (focus?.grid === "kernel" && focus.channel === m) outlines.push({ name: "focus", kind: "focus", cells: [focus.cell] });
      const which = `${weight.length > 1 ? filter : ""}${input.length > 1 ? channelName(m, input.length) : ""}`;
      const list = taps[m].map((t) => t.product);
      const total = format(list.reduce((a, b) => a + b, 0));
      const color = view === "slide" ? tint : (_, [r, c]) => weightColor((m * kh + r) * kw + c, input.length * kh * kw);
      grids.kernel[m].update({
        layout, color, em: em.kernel, outlines: [...outlines, ...cursor("kernel", m)],
        value: ([r, c]) => plane[r][c],
        titleText: `kernel ${which || `${kh}×${kw}`}${flipped ? ", flipped" : ""}`,
        description: `Kernel ${which}${flipped ? ", flipped in both directions" : ""}: rows ${plane.map((row) => row.map((v) => format(v)).join(" ")).join("; ")}.`,
      });
      if (view === "slide")
        grids.product[m].update({
          layout, em: em.product, color: scaleFor(list, "product"), value: ([r, c]) => list[r * kw + c],
          titleText: input.length > 1 ? `sum ${total}` : "products",
          description: `Products of window and kernel: ${list.map((v) => format(v)).join(", ")}; their sum is ${total}.`,
        });
    });
  }

  function drawOutputs({ state: { outputSize: [rows, cols], output }, fed, at, filter, em }) {
    const color = scaleFor(output.flat(2), "output");
    const lit = fed?.map((t) => t.output);
    output.forEach((plane, n) => {
      const outlines = lit ? [{ name: "fed", kind: "lit", cells: lit }, { name: "dots", kind: "dot", cells: lit }] : [];
      if (n === filter) outlines.push({ name: "here", kind: "here", cells: [at] });
      const name = output.length > 1 ? `output ${n} (${rows}×${cols})` : `output ${rows}×${cols}`;
      grids.output[n].update({
        layout: { rows, cols, origin: [0, 0] }, color, outlines, em, value: ([r, c]) => plane[r][c], titleText: name,
        description: `${name}. At row ${at[0]}, column ${at[1]} it is ${format(plane[at[0]][at[1]])}.`,
      });
    });
  }

  return {
    root,
    grids,
    height: HEIGHT,
    update(scene) {
      const { state, view, width } = scene;
      arrange(state.input.length, state.weight.length, view);
      const em = cellSizes(state, state.input.length, state.weight.length, view, width);
      drawInputs({ ...scene, em: em.input });
      drawKernels({ ...scene, em });
      drawOutputs({ ...scene, em: em.output });
    },
  };
}
