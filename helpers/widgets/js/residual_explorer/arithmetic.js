// How each number of the signal is made: the cells that it reads, and its sum written out. Pure.

import { factor, format } from "../numbers.js";
import { meanOf } from "./state.js";

const at = ([r, c]) => `[${r}, ${c}]`;
const short = (name) => ({ add: "⊕", "downsample.0": "projection", "downsample.1": "projection’s norm" }[name] ?? name);

/** The cells of its input that a convolution reads for one output, with the weight of each: [[cell, weight]]. */
export function windowOf({ k, stride, kernel }, [row, col], plane) {
  const found = [];
  for (let a = 0; a < k; a++)
    for (let b = 0; b < k; b++) {
      const cell = [row * stride + a - (k - 1) / 2, col * stride + b - (k - 1) / 2];
      if (plane[cell[0]]?.[cell[1]] !== undefined) found.push([cell, kernel[a][b]]);
    }
  return found;
}

/** The outputs of a convolution that read one cell, with the weight of each: [[cell, weight]]. */
export function readersOf(layer, cell, output) {
  const found = [];
  output.forEach((line, r) => line.forEach((_, c) => {
    const [a, b] = [0, 1].map((axis) => cell[axis] - [r, c][axis] * layer.stride + (layer.k - 1) / 2);
    if (layer.kernel[a]?.[b] !== undefined) found.push([[r, c], layer.kernel[a][b]]);
  }));
  return found;
}

const terms = (pairs, plane) => {
  const said = pairs.filter(([, w]) => w !== 0).map(([[r, c], w]) => `${factor(w)}·${factor(plane[r][c])}`);
  return said.length ? said.join(" + ") : "0";
};

/** [formula, result] of one value: "conv1[1, 1] = (−1)·1 + 1·3", "= 2". */
export function valueSum({ parts, layers, values, before }, name, cell) {
  const [r, c] = cell;
  const result = ` = ${format(values[name][r][c])}`;
  const start = `${short(name)}${at(cell)}`;
  const part = parts.find((one) => one.name === name);
  if (!part) return [start, result];
  const source = values[before[name]];
  const v = source[r]?.[c];
  if (part.kind === "conv") {
    const { bias } = layers[name];
    const added = bias ? ` + bias ${factor(bias)}` : "";
    return [`${start} = ${terms(windowOf(layers[name], cell, source), source)}${added}`, result];
  }
  if (part.kind === "norm") {
    const { mean, variance } = meanOf({ tensors: { of: asTensor(source) } }, "of");
    return [`${start} = (${format(v)} − mean ${factor(mean)}) / √(variance ${format(variance)} + ε)`, result];
  }
  if (part.kind === "relu") return [`${start} = max(0, ${format(v)})`, `${result}${v > 0 ? "" : ": the gate is closed"}`];
  const beside = values[before.shortcut];
  return [`${start} = F(x) + skip = ${factor(v)} + ${factor(beside[r][c])}`, result];
}
const asTensor = (plane) => ({ c: 1, h: plane.length, w: plane[0].length, data: plane.flat() });

/** The part through which a gradient came to the value of this name; null for the output itself. */
export function afterOf({ parts, before }, name) {
  if (name === "F") return parts.find(({ lane, kind }) => lane === "main" && kind !== "add");
  if (name === "skip") return parts.find(({ lane }) => lane === "skip") ?? parts.find(({ kind }) => kind === "add");
  const lane = parts.find((one) => one.name === name)?.lane;
  const next = parts.find((part) => before[part.name] === name && part.lane === lane);
  return next ?? (before.shortcut === name ? parts.find(({ kind }) => kind === "add") : null);
}

/** [formula, result] of one gradient: "∂conv1[1, 1] = ∂relu1 1 · 1 (2 > 0: open)", "= 1". */
export function gradientSum(signal, gradients, name, cell, pinned) {
  const { layers, values } = signal;
  const [r, c] = cell;
  const result = ` = ${format(gradients[name][r][c])}`;
  if (name === "x" && gradients.skip)
    return [`∂x${at(cell)} = via F ${factor(gradients.F[r][c])} + via the skip ${factor(gradients.skip[r][c])}`, result];
  const named = { F: "∂x via F ", skip: "∂x via the skip " }[name] ?? `∂${short(name)}`;
  const start = `${named}${at(cell)}`;
  const next = name === "x" ? afterOf(signal, "F") : afterOf(signal, name);
  if (!next) return [`${start}: y${pinned ? at(pinned) : " summed"} changes by`, result];
  const g = gradients[next.name];
  const value = values[signal.before[next.name]];
  if (next.kind === "conv")
    return [`${start} = ${terms(readersOf(layers[next.name], cell, values[next.name]), g)}`, result];
  if (next.kind === "relu") {
    const v = value[r][c];
    return [`${start} = ∂${short(next.name)} ${factor(g[r][c])} · ${v > 0 ? 1 : 0}`, `${result} (${format(v)} ${v > 0 ? "> 0: open" : "≤ 0: the gate is closed"})`];
  }
  if (next.kind === "add") return [`${start} = a copy of ∂⊕`, result];
  return [`${start} = (∂${short(next.name)} − its mean − its share along ${short(next.name)}) / √(variance + ε)`, result];
}

/** The cells of another grid behind a number: {name, cells} of values or of gradients; null where all of them count. */
export function sourcesOf(signal, { kind, name, cell }) {
  const { parts, layers, values, before } = signal;
  if (kind === "value") {
    const part = parts.find((one) => one.name === name);
    if (!part || part.kind === "norm") return null;
    const source = before[name];
    return { name: source, cells: part.kind === "conv" ? windowOf(layers[name], cell, values[source]).map(([one]) => one) : [cell] };
  }
  const next = name === "x" ? null : afterOf(signal, name);
  if (!next || next.kind === "norm") return null;
  return { name: next.name, cells: next.kind === "conv" ? readersOf(layers[next.name], cell, values[next.name]).map(([one]) => one) : [cell] };
}
