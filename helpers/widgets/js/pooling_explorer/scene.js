// The grids of the pooling explorer: each input with what is pooled from it; the shifted ones beside or below.

import { h } from "../dom.js";
import { muted, scaleFor } from "../colors.js";
import { format, range } from "../numbers.js";
import { outputsReading, poolWindow, winners } from "../pooling.js";
import { sameCell } from "../arithmetic.js";
import { GRIDS, inputOf, isOutput, isShifted, outputOf } from "./state.js";
import { channelName } from "./text.js";

const [LEAST, MOST, ALONE] = [1.5, 3.3, 4]; // em of a cell: of several channels at least, at most, without a shift
const NOTED = 1.6; // em of a cell whose padding says what it counts as
const [ROWS, READABLE] = [12, 1.2]; // as many rows get cells of at least that many em, whatever the height
const SMALL = 1.7; // em of a cell that its number fills
const RING = 0.42; // cells: around a winning number
const [ARROW, BETWEEN, TITLE] = [3.2, 4.5, 1.7]; // em of what stands between and above the grids

/** Which channels are drawn, in which arrangement, and how large a cell is, in em. Pure. */
export function arrangement({ layer, outputSize, input, still }, channel, width, height) {
  const padded = layer.size.map((v, a) => v + 2 * layer.padding[a]);
  const tall = Math.max(padded[0], outputSize[0]);
  const wide = padded[1] + outputSize[1];
  const across = (n) => (width - n * (ARROW + 2.5)) / (n * wide);
  if (still) {
    const em = (n) => Math.min(height / tall, across(n), ALONE);
    const channels = em(input.length) >= LEAST ? range(input.length) : [channel];
    return { channels, stacked: false, em: em(channels.length) };
  }
  const below = (n) => Math.min((height - TITLE) / 2 / tall, across(n), MOST);
  const all = { channels: range(input.length), stacked: true, em: below(input.length) };
  if (input.length > 1 && all.em >= LEAST) return all;
  const down = Math.max(height / tall, tall > ROWS ? 0 : READABLE);
  const beside = Math.min(down, (width - 2 * ARROW - BETWEEN) / (2 * wide), MOST);
  const stacked = below(1) >= beside;
  return { channels: [channel], stacked, em: stacked ? below(1) : beside };
}

/**
 * make(grid, channel) creates the grid of one channel.
 * Returns {root, grids, update}. A picture is {state, focus, at, channel, width, height (em), cursor(grid, channel)}.
 */
export function createScene({ make }) {
  const grids = Object.fromEntries(GRIDS.map((name) => [name, []]));
  const root = h("div", { class: "cnn-stage cnn-pooling" });
  let arranged = "";

  function arrange(channels, stacked, still, count) {
    const wanted = `${channels}|${stacked}|${still}`;
    if (wanted === arranged) return;
    arranged = wanted;
    for (const name of GRIDS) while (grids[name].length < count) grids[name].push(make(name, grids[name].length));
    const sign = (text) => h("span", { class: "cnn-sign", "aria-hidden": "true", text });
    const pool = (from, to) => h("div", { class: "cnn-pool" }, from.root, sign("→"), to.root);
    const line = (name) =>
      h("div", { class: "cnn-pools" }, ...channels.map((m) => pool(grids[name][m], grids[outputOf(name)][m])));
    root.dataset.stacked = stacked;
    root.replaceChildren(line("input"), ...(still ? [] : [line("shifted_input")]));
  }

  const isPadding = ([r, c], [height, width]) => r < 0 || c < 0 || r >= height || c >= width;

  function drawInput(name, m, { state, focus, at, cursor, colors }, em) {
    const { layer, input, shift, changed } = state;
    const plane = state[name][m];
    const [pt, pl] = layer.padding;
    const border = (cell) => isPadding(cell, layer.size);
    const window = poolWindow(at, layer);
    const best = winners(plane, at, layer);
    const differs = name === "input" ? [] : cellsOf(changed[name], m);
    const outlines = [
      { name: "window", kind: "window", cells: window.inside },
      { name: "changed", kind: "dot", cells: differs },
      { name: "winner", kind: "skipped", size: RING, cells: best },
    ];
    const here = focus?.grid === name && focus.channel === m;
    if (here) outlines.push({ name: "focus", kind: "focus", cells: [focus.cell] });
    const [height, width] = layer.size;
    const which = input.length > 1 ? channelName(m, input.length) : "";
    const titleText =
      name === "input" ? `input ${which || `${height}×${width}`}` : `shifted ${which || `(${shift.join(", ")})`}`;
    const read = window.cells.map(([r, c]) => format(plane[r][c])).join(", ");
    const parts = [`${titleText}: ${height} rows and ${width} columns${pt || pl ? `, padding ${pt} and ${pl}` : ""}.`];
    const [down, right] = shift;
    if (name !== "input") parts.push(`Moved ${down} down and ${right} right; ${differs.length} values differ.`);
    parts.push(`The window reads ${read}.`);
    if (best.length) parts.push(`Decided by ${best.map(([r, c]) => `row ${r}, column ${c}`).join(" and ")}.`);
    // what stands in the border: zeros if an average counts them, else what never wins
    const counted = layer.pooling === "average" && layer.count_include_pad ? 0 : null;
    const never = em >= NOTED ? ({ max: "−∞", min: "∞" }[layer.pooling] ?? null) : null;
    grids[name][m].update({
      layout: {
        rows: height + 2 * pt, cols: width + 2 * pl, origin: [-pt, -pl], isPadding: border,
        signature: String(layer.size),
      },
      em, outlines: [...outlines, ...cursor(name, m)], titleText, description: parts.join(" "),
      value: (cell) => (border(cell) ? counted : plane[cell[0]][cell[1]]),
      note: (cell) => (border(cell) ? never : null),
      color: (v, cell) => (border(cell) ? muted(colors.input(0)) : colors.input(v)),
    });
  }

  function drawOutput(name, m, { state, focus, at, colors }, em) {
    const { layer, input, outputSize: [rows, cols], changed } = state;
    const plane = state[name][m];
    const outlines = [];
    const differs = name === "output" ? [] : cellsOf(changed[name], m);
    if (focus && !isOutput(focus.grid) && outputOf(focus.grid) === name && focus.channel === m) {
      const fed = outputsReading(focus.cell, layer);
      const source = state[inputOf(name)][m];
      const won = fed.filter((output) => winners(source, output, layer).some((cell) => sameCell(cell, focus.cell)));
      outlines.push({ name: "fed", kind: "lit", cells: fed }, { name: "won", kind: "skipped", size: RING, cells: won });
    }
    outlines.push({ name: "here", kind: "here", cells: [at] }, { name: "changed", kind: "dot", cells: differs });
    const titleText = `${layer.pooling} ${input.length > 1 ? channelName(m, input.length) : `${rows}×${cols}`}`;
    const after = name === "output" ? "" : ` of the shifted input; ${differs.length} of ${rows * cols} values differ`;
    const here = `At row ${at[0]}, column ${at[1]} it is ${format(plane[at[0]][at[1]])}.`;
    grids[name][m].update({
      layout: { rows, cols, origin: [0, 0] }, em, outlines, titleText,
      value: ([r, c]) => plane[r][c], color: colors.output,
      description: `${titleText}, ${rows} rows and ${cols} columns${after}. ${here}`,
    });
  }

  return {
    root,
    grids,
    update(picture) {
      const { state } = picture;
      const { channels, stacked, em } = arrangement(state, picture.channel, picture.width, picture.height);
      arrange(channels, stacked, state.still, state.input.length);
      root.dataset.small = em < SMALL;
      const names = GRIDS.filter((name) => !state.still || !isShifted(name));
      const both = (a, b) => [...state[a].flat(2), ...state[b].flat(2)];
      const colors = {
        input: scaleFor(both("input", "shifted_input"), "input"),
        output: scaleFor(both("output", "shifted_output"), "output"),
      };
      for (const m of channels)
        for (const name of names) (isOutput(name) ? drawOutput : drawInput)(name, m, { ...picture, colors }, em);
    },
  };
}

/** The cells of one channel among "channel,row,column" texts. */
const cellsOf = (texts, m) =>
  [...texts].map((text) => text.split(",").map(Number)).filter(([n]) => n === m).map(([, r, c]) => [r, c]);
