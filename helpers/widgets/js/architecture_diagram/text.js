// What ArchitectureDiagram says: of a layer with the numbers put in, of a block, of a size that does not fit. Pure.

import { rowLines } from "../layer_table/text.js";
import { KINDS, elements } from "../layer_table/layers.js";
import { grouped, plural, times } from "../numbers.js";
import { costOf, nearestFit } from "./sizes.js";

export const fraction = ([a, b]) => (b === 1 ? String(a) : `${a}/${b}`);
const along = (field, text) => {
  if (field.some((one) => one === null)) return "–";
  const [height, width] = field.map((one) => (one === "everything" ? one : text(one)));
  return height === width ? height : `${height}×${width}`;
};
const sizeText = ({ size: [low, high] }) => (low === high ? String(low) : `${low}–${high}`);
/** "43", "everything", "11×43": what a unit sees along the height and the width. */
export const fieldText = (field) => along(field, sizeText);
export function strideText(field) {
  const none = field.some((one) => one === "everything" || one?.stride[0] === 0);
  return none ? "–" : along(field, ({ stride }) => fraction(stride));
}

/** The lines of a node: formula, numbers, result. */
export function nodeLines(graph, sizes, n, field) {
  const { spec, sources, parameters, name } = graph.nodes[n];
  const { problem } = sizes;
  if (problem?.node === n) return [`${name}: ${problem.text}`];
  if (problem && n > problem.node) return [`waits for ${graph.nodes[problem.node].name}, which does not fit`];
  const [before, shape] = [sizes.shapes[sources[0]], sizes.shapes[n]];
  const row = { before, shape, parameters, multiplications: sizes.costs[n] };
  const known = spec.type in KINDS && !spec.same && spec.type !== "Upsample";
  const lines = known ? rowLines(dilated(spec), row) : [ownLine(graph, sizes, n)];
  const seen = fieldLine(graph, n, field);
  return [...lines, ...(seen ? [seen] : [])];
}

/** A pool's dilation is none of layer_table's settings: a kernel that is as wide makes the same size. */
function dilated(spec) {
  if (spec.type !== "MaxPool2d" || !spec.dilation.some((d) => d > 1)) return spec;
  return { ...spec, kernel_size: spec.kernel_size.map((k, a) => spec.dilation[a] * (k - 1) + 1) };
}

function ownLine(graph, sizes, n) {
  const { spec, sources } = graph.nodes[n];
  const given = sources.map((source) => times(sizes.shapes[source]));
  const [shape, output] = [sizes.shapes[sources[0]], sizes.shapes[n]];
  const made = times(output);
  switch (spec.type) {
    case "Add":
      return `place by place: ${given.join(" + ")} → ${made}; nothing to learn, no multiplications`;
    case "Mul":
      return `place by place: ${given.join(" · ")} → ${made}`;
    case "Concat": {
      const counts = sources.map((source) => sizes.shapes[source][spec.dim]).join(" + ");
      return `side by side: channels = ${counts} = ${output[spec.dim]}, output ${made}`;
    }
    case "Global": {
      const size = shape.slice(1);
      return `the mean of ${times(size)} = ${grouped(elements(size))} places of every channel: ${made}`;
    }
    case "Upsample": {
      const steps = shape.slice(1).map((v, a) => `⌊${v}·${spec.scale_factor[a]}⌋ = ${output[1 + a]}`);
      return `output size = ${steps.join(", ")}`;
    }
    case "Fit":
      return `${{ resize: "resized", crop: "cut", pad: "padded" }[spec.op]} from ${times(shape)} to ${made}`;
    default:
      return `output shape = ${given[0] === made ? "input shape = " : `${given[0]} → `}${made}`;
  }
}

/** How the field comes about, along one axis if both are alike: r + (k − 1)·d·j. */
function fieldLine(graph, n, field) {
  const { spec, sources } = graph.nodes[n];
  const [now, before] = [field(n), field(sources[0])];
  const text = `receptive field = ${fieldText(now)}, stride ${strideText(now)}`;
  if (now.some((one) => one === null)) return "";
  if (now.every((one) => one === "everything")) return "receptive field = everything: each output sees the whole input";
  const one = now[1];
  const below = before[1];
  const plain = below !== "everything" && below?.size[0] === below?.size[1];
  const windowed = ["Conv2d", "MaxPool2d", "AvgPool2d"].includes(spec.type) && plain;
  const square = fieldText(now) === sizeText(one) && fieldText(before) === sizeText(below ?? one);
  if (!windowed || !square) return text;
  const [k, s, d, j] = [spec.kernel_size[1], spec.stride[1], spec.dilation?.[1] ?? 1, fraction(below.stride)];
  const size = `receptive field r = ${sizeText(below)} + (${k} − 1)·${d}·${j} = ${sizeText(one)}`;
  return `${size}; stride j = ${j}·${s} = ${fraction(one.stride)}`;
}

function blockText({ title, skip }) {
  if (!skip) return title;
  return skip === "branches" ? `${title}, branches side by side` : `${title} with ${skip} skip`;
}

/** A stage or a block in one line: what it is, what comes out, what it costs. */
export function partText(graph, sizes, { block, stage }) {
  const members = block === undefined ? graph.stages[stage].blocks : [block];
  const numbers = members.flatMap((b) => graph.blocks[b].nodes);
  const shape = sizes.shapes[numbers.at(-1)];
  const parameters = numbers.reduce((sum, n) => sum + graph.nodes[n].parameters, 0);
  const cost = costOf(sizes, numbers);
  const name = block === undefined ? graph.stages[stage].name : graph.blocks[block].name;
  const what = block === undefined ? plural(members.length, "block") : blockText(graph.blocks[block]);
  const size = shape ? `output ${times(shape)}` : "does not fit";
  const learned = parameters ? `${grouped(parameters)} parameters` : "no parameters";
  const costs = cost ? `, ${grouped(cost)} multiplications` : "";
  return `${name}: ${what}, ${size}, ${learned}${costs}`;
}

/** The network in one line. */
export function totalText(graph, sizes) {
  const cost = costOf(sizes);
  const outside = graph.outside ? ` (${grouped(graph.outside)} of them in no layer that is called)` : "";
  return [`${graph.depth} layers with weights in a row`, `${grouped(graph.parameters)} parameters${outside}`,
    cost === null ? "✗ does not fit" : `${grouped(cost)} multiplications`];
}

/** Which layer does not fit, with the numbers and the repair; "" if all do. */
export function problemText(graph, sizes, most) {
  if (!sizes.problem) return "";
  const { node, text } = sizes.problem;
  const side = nearestFit(graph, sizes.input, most);
  const { name, spec, sources } = graph.nodes[node];
  const fit = side === null ? times(graph.base.slice(1)) : `${side}×${side}`;
  const repairs = [`an input of ${fit} fits`];
  const shape = sizes.shapes[sources[0]];
  if (spec.type === "Linear") {
    const other = `or use in_features=${shape[0]}, or nn.AdaptiveAvgPool2d before Flatten, for any size`;
    repairs.push(shape.length === 1 ? other : "or put nn.Flatten() before it");
  }
  return `${name} does not fit: ${text}. Repair: ${repairs.join(", ")}.`;
}
