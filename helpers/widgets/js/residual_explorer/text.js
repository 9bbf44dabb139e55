// What the residual explorer says of a block and its parts: names, formulas, costs. Pure.

import { format, grouped } from "../numbers.js";
import { convOutputSize } from "../arithmetic.js";
import { EXPANSION, bindings, blockCode, mainCosts } from "./parts.js";

export const shapeText = (shape) => `(${shape.join(", ")})`;
/** The name in the diagram: torchvision's, and ⊕. */
export const partName = ({ name, kind }) => (kind === "add" ? "⊕" : name);

/** What stands in a part's box behind its name. */
export function boxText({ kind, sizes, lane }, { settings }) {
  if (kind === "conv") {
    const [fanIn, fanOut, k, s] = sizes;
    if (lane === "skip") return `${k}×${k}${s > 1 ? `, /${s}` : ""}`;
    return `${k}×${k}, ${fanIn}→${fanOut}${s > 1 ? `, /${s}` : ""}`;
  }
  if (kind === "norm") return lane === "skip" ? "norm" : "BatchNorm";
  if (kind === "relu") return "ReLU";
  if (kind === "add") return { identity: "F(x) + x", projection: "F(x) + projection", none: "" }[settings.skip];
  return kind === "x" ? "input" : "";
}

/** y = relu(F(x) + x), as the block has it. */
export function blockFormula({ settings: { skip, activation, order } }) {
  const sum = { none: "F(x)", identity: "F(x) + x", projection: "F(x) + Wₛx" }[skip];
  return activation && order === "original" && skip !== "none" ? `y = relu(${sum})` : `y = ${sum}`;
}

/** [sentence, code] of the chosen part, or of the whole block (null). */
export function partTexts(block, name) {
  if (name === null) return [comparison(block), blockCode(block.settings)];
  if (name === "x") {
    const ways = block.settings.skip === "none" ? "goes into F(x) alone" : "goes two ways: into F(x), and into the skip";
    return [`x of shape ${shapeText(block.x)} ${ways}.`, `x = torch.randn(1, ${block.x.join(", ")})`];
  }
  const part = block.parts.find((row) => row.name === name);
  return [`${partName(part)}: ${formula(part, block)}`, part.kind === "add" ? addCode(block.settings) : part.code];
}

const addCode = ({ skip }) => (skip === "identity" ? "y = branch(x) + x" : "y = branch(x) + downsample(x)");

function formula({ kind, sizes, before, shape, parameters, multiplications, weights }, { settings }) {
  const values = `${shape.join("·")} = ${grouped(shape.reduce((a, b) => a * b))}`;
  if (kind === "conv") {
    const [fanIn, fanOut, k, s] = sizes;
    const p = (k - 1) / 2;
    const size = (a) => `⌊(${before[a]} + 2·${p} − ${k}) / ${s}⌋ + 1 = ${convOutputSize(before[a], k, s, p)}`;
    const sides = before[1] === before[2] ? `size ${size(1)}` : `height ${size(1)}, width ${size(2)}`;
    const bias = settings.norm ? "" : ` + ${fanOut} biases = ${grouped(parameters)}`;
    const cost = `${grouped(weights)} · ${shape[1]}·${shape[2]} = ${grouped(multiplications)} multiplications`;
    return `${sides} · weights ${k}·${k}·${fanIn}·${fanOut} = ${grouped(weights)}${bias} · ${cost}`;
  }
  if (kind === "norm")
    return `γ · (v − mean) / √(var + ε) + β in each of ${sizes[0]} channels: 2·${sizes[0]} = ${grouped(parameters)} parameters`;
  if (kind === "relu") return `max(0, v) for each of ${values} values; no parameters`;
  return `${values} additions; no parameters`;
}

/** The other block at the same channels, in one line. */
export function comparison({ settings }) {
  const [basic, bottleneck] = ["basic", "bottleneck"].map((block) => mainCosts(settings, block));
  const { in_channels, out_channels } = settings;
  const channels = in_channels === out_channels ? `${in_channels} channels` : `${in_channels}→${out_channels}`;
  const start = `Weights of F, ${channels}: basic ${grouped(basic.weights)}`;
  if (!bottleneck) return `${start}; no bottleneck, as ${out_channels} is no multiple of ${EXPANSION}.`;
  const times = (name) => format(basic[name] / bottleneck[name], 1);
  return `${start}, bottleneck ${grouped(bottleneck.weights)}: ${times("weights")} times fewer `
    + `(multiplications: ${times("multiplications")} times).`;
}

/** Why there can be no identity, and what would make one possible; null where there can. */
export function bindingText({ settings }) {
  const bind = bindings(settings);
  if (!bind.length) return null;
  const why = { stride: "stride 2", channels: `${settings.in_channels} ≠ ${settings.out_channels} channels` };
  const repair = { stride: "stride 1", channels: "equal channels" };
  const list = (words) => bind.map((name) => words[name]).join(" and ");
  return `No identity: ${list(why)} ${bind.length > 1 ? "make" : "makes"} x and F(x) differ in shape. Project x, or use ${list(repair)}.`;
}
