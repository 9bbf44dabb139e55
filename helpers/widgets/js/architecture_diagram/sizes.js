// The sizes of a graph of calls on any input: shapes, multiplications, and the first layer that does not fit.
// Pure: no DOM, no state. tests/browser/test_architecture_diagram_sizes.py holds it equal to PyTorch.
//
// A node is {name, spec, sources, parameters, text}: a spec is a layer as layer_table/layers.js has it, or one of the
// types in architecture_kinds.py. A shape is [channels, height, width], or [features].

import { paddingLimit } from "../arithmetic.js";
import { elements, fault, shapeAfter } from "../layer_table/layers.js";
import { times } from "../numbers.js";

const ON_MAPS = new Set([
  "Conv2d", "ConvTranspose2d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "Upsample", "Global", "Pad", "Fit",
  "PixelShuffle", "Permute",
]);
const SAME = new Set(["Same", "BatchNorm2d"]);

/** The graph as Python sends it, with its nodes, blocks and stages as objects. */
export function openGraph(sent) {
  const nodes = sent.nodes.map(([name, spec, sources, parameters, text]) =>
    ({ name, kind: spec, spec: sent.specs[spec], sources, parameters, text: sent.texts[text] }));
  const blocks = sent.blocks.map(([name, kind, title, members, join, skip]) =>
    ({ name, kind, title, nodes: members, join, skip }));
  const stages = sent.stages.map(([name, members]) => ({ name, blocks: members }));
  const parameters = sent.outside + nodes.reduce((sum, node) => sum + node.parameters, 0);
  return { ...sent, nodes, blocks, stages, parameters };
}

/** Why the branches of a node do not match, or null. */
function mismatch({ type, dim }, given) {
  const all = given.map(times).join(" and ");
  if (type === "Concat") {
    const rest = new Set(given.map((shape) => String(shape.toSpliced(dim, 1))));
    return rest.size > 1 ? `the branches have ${all}: only the channels may differ` : null;
  }
  const long = Math.max(...given.map((shape) => shape.length));
  const padded = given.map((shape) => [...Array(long - shape.length).fill(1), ...shape]);
  const fits = padded[0].every((_, a) => {
    const sizes = padded.map((shape) => shape[a]).filter((size) => size !== 1);
    return sizes.every((size) => size === sizes[0]);
  });
  return fits ? null : `the branches have ${all}: they must be equal`;
}

function joined({ type, dim }, given) {
  if (type === "Concat") return given[0].with(dim, given.reduce((sum, shape) => sum + shape[dim], 0));
  const long = Math.max(...given.map((shape) => shape.length));
  const padded = given.map((shape) => [...Array(long - shape.length).fill(1), ...shape]);
  return padded[0].map((_, a) => Math.max(...padded.map((shape) => shape[a])));
}

function fitted({ by, node, pixels, size, factor }, now, shapes) {
  if (by === "like") return shapes[node].slice(1);
  if (by === "least") return now.map((v, a) => Math.min(v, shapes[node][1 + a]));
  if (by === "add") return now.map((v, a) => v + pixels[a]);
  return by === "size" ? size : now.map((v, a) => Math.floor(v * factor[a]));
}

/** Why a border cannot be mirrored or wrapped around so far, or null. */
function tooFar(mode, amounts, size) {
  const a = amounts.findIndex((amount, axis) => amount > paddingLimit(size[axis], mode));
  return a < 0 ? null : `${mode} padding of ${amounts[a]} is too much for a ${["height", "width"][a]} of ${size[a]}`;
}

function padded({ amounts: [top, bottom, left, right], mode }, channels, size) {
  const wrong = tooFar(mode, [Math.max(top, bottom), Math.max(left, right)], size);
  return wrong ? { fault: wrong } : [channels, size[0] + top + bottom, size[1] + left + right];
}

/** The shape behind a node, or {fault} where PyTorch would refuse it. `flattened`: what a Flatten made the features of. */
function after(spec, given, shapes, flattened) {
  const [shape] = given;
  const { type } = spec;
  if (type === "Fixed") return spec.shape;
  if (SAME.has(type)) return shape;
  if (type === "Add" || type === "Mul" || type === "Concat") {
    const wrong = mismatch(spec, given);
    return wrong ? { fault: wrong } : joined(spec, given);
  }
  const [channels, ...size] = shape;
  if (ON_MAPS.has(type) && shape.length !== 3)
    return { fault: `${type} needs (channels, height, width), but gets ${channels} features: Flatten comes too early` };
  if (type === "Global") return spec.keepdim ? [channels, 1, 1] : [channels];
  if (type === "AdaptiveAvgPool2d") return [channels, ...size.map((v, a) => spec.output_size[a] ?? v)];
  if (type === "Upsample") return [channels, ...size.map((v, a) => Math.floor(v * spec.scale_factor[a]))];
  if (type === "PixelShuffle") {
    const r = spec.upscale_factor;
    return [channels / r ** 2, ...size.map((v) => v * r)];
  }
  if (type === "Permute") return spec.dims.map((d) => shape[d]);
  if (type === "Channels") return [spec.channels, ...size];
  if (type === "Pad") return padded(spec, channels, size);
  if (type === "Fit") return [channels, ...fitted(spec.rule, size, shapes)];
  if (spec.same) {
    const far = tooFar(spec.padding_mode, spec.same, size);
    return far ? { fault: far } : [spec.out_channels, ...size];
  }
  const uncovered = spec.exact ? size.findIndex((side, axis) => side % spec.stride[axis]) : -1;
  if (uncovered >= 0) {
    const [side, name, stride] = [size[uncovered], ["height", "width"][uncovered], spec.stride[uncovered]];
    return { fault: `the model refuses a ${name} of ${side} here, which ${stride} does not divide` };
  }
  const wrong = fault(spec, shape, flattened);
  return wrong ? { fault: wrong.text } : shapeAfter(spec, shape);
}

/** Products of weights and values for one image, as helpers.summarize counts them. */
function multiplications(spec, before, shape) {
  const window = () => elements(spec.kernel_size) / spec.groups;
  if (spec.type === "Conv2d") return elements(shape) * spec.in_channels * window();
  if (spec.type === "ConvTranspose2d") return elements(before) * spec.out_channels * window();
  return spec.type === "Linear" ? elements(before) * spec.out_features : 0;
}

/**
 * {input, shapes, costs, befores, flattened, problem}: of every node up to the first that does not fit, which
 * `problem` {node, text} names; null if all of them do.
 */
export function sizesOf({ nodes }, input) {
  const [shapes, costs, flattened, known] = [[input], [0], [null], new Map()];
  let problem = null;
  for (let n = 1; n < nodes.length; n++) {
    const { spec, kind, sources } = nodes[n];
    const given = sources.map((source) => shapes[source]);
    const from = flattened[sources[0]];
    const alone = given.length === 1 && spec.type !== "Fit";
    const key = alone ? `${kind} ${given[0]}` : null;
    let shape = alone ? known.get(key) : undefined;
    if (!shape) {
      shape = after(spec, given, shapes, from);
      if (!shape.fault && shape.some((size) => !(size >= 1))) shape = { fault: "nothing is left of the map" };
      if (shape.fault) {
        problem = { node: n, text: shape.fault };
        break;
      }
      if (alone) known.set(key, shape);
    }
    shapes.push(shape);
    costs.push(multiplications(spec, given[0], shape));
    flattened.push(spec.type === "Flatten" && given[0].length > 1 ? given[0] : SAME.has(spec.type) ? from : null);
  }
  return { input, shapes, costs, flattened, problem };
}

/** The multiplications of all nodes, or of some; null where one of them does not fit. */
export function costOf(sizes, numbers = null) {
  if (numbers === null) return sizes.problem ? null : sizes.costs.reduce((a, b) => a + b, 0);
  let sum = 0;
  for (const n of numbers) {
    if (n >= sizes.costs.length) return null;
    sum += sizes.costs[n];
  }
  return sum;
}

const TRIES = 6000; // nodes that may be gone through in looking for a size: about as long as a frame

/** The square input nearest to this one on which all layers fit, the larger of two; else the one that was given. */
export function nearestFit(graph, [channels, height, width], most) {
  const side = Math.max(height, width);
  const tries = Math.floor(TRIES / graph.nodes.length);
  const fits = (v) => v >= 1 && v <= most && !sizesOf(graph, [channels, v, v]).problem;
  for (let by = 0, left = tries; left > 0; by++, left -= 2) {
    if (fits(side + by)) return side + by;
    if (fits(side - by)) return side - by;
  }
  return graph.base[1] === graph.base[2] ? graph.base[1] : null;
}
