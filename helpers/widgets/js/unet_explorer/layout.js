// Where the boxes, arrows and labels of the U stand, in em. Pure.

import { times } from "../numbers.js";

const LETTER = 0.56; // em: the width of a character of a label, which is 0.85 em high
const LABEL = 1; // em of room for a line of text
const SMALLEST = [0.45, 0.55]; // em, width and height of a box
const MOST = [4.5, 10]; // em of the widest and the highest box

/** A text of a size: one number for a square. */
export const sizeText = (size) => (size[0] === size[1] ? String(size[0]) : times(size));

/** The size that a map would have about, where it has none: what is drawn dashed. */
function about(node, net) {
  if (node.size) return node.size;
  return net.settings.input_size.map((side) => Math.max(1, side / 2 ** node.level));
}

/**
 * The picture of a network that readUNet gives, in a room [tall, wide] em:
 * {boxes: {name, x, y, w, h, ghost, crop}, arrows: {kind, from: [x, y], to: [x, y], name}, labels: {text, x, y, anchor, of}, height, width}.
 */
export function layOut(net, [tall, wide]) {
  const { depth } = net.settings;
  const { nodes, byName } = net;
  const root = (node) => Math.sqrt(Math.sqrt(about(node, net)[0] * about(node, net)[1]));
  const largest = Math.max(...nodes.map(root));
  const thickest = Math.max(...nodes.map(({ channels }) => Math.sqrt(channels)));

  // Across: columns that follow each other; a pooled map stands under the one before it, what goes up over it.
  const columns = nodes.filter(({ kind }) => !["pool", "up", "skip"].includes(kind));
  const between = Math.min(3.2, (0.5 * wide) / columns.length);
  const units = columns.reduce((sum, { channels }) => sum + Math.sqrt(channels), 0) / thickest;
  const spare = wide - between * (columns.length - 1) - 1.2;
  const unit = Math.min(MOST[0], Math.max(1, (spare - SMALLEST[0] * columns.length * 0.4) / units));
  const widthOf = ({ channels }) => Math.max(SMALLEST[0], (unit * Math.sqrt(channels)) / thickest);

  // Down: each level as high as its highest map.
  const levels = Array.from({ length: depth + 1 }, (_, level) =>
    Math.max(...nodes.filter((node) => node.level === level).map((node) => root(node) / largest)));
  const gap = Math.min(2.9, Math.max(2.25, tall / (2 * depth + 4)));
  const rest = tall - gap * depth - 2.3 * LABEL;
  const high = Math.min(MOST[1], rest / levels.reduce((a, b) => a + b, 0));
  const heightOf = (node) => Math.max(SMALLEST[1], (high * root(node)) / largest);
  const tops = [];
  levels.reduce((y, level) => {
    tops.push(y);
    return y + Math.max(SMALLEST[1], high * level) + gap;
  }, LABEL + 0.2);

  const boxes = new Map();
  const place = (name, x) => {
    const node = byName.get(name);
    const h = heightOf(node);
    const rows = Math.max(SMALLEST[1], high * levels[node.level]);
    boxes.set(name, { name, kind: node.kind, x, y: tops[node.level] + (rows - h) / 2, w: widthOf(node), h, ghost: !node.size });
  };
  let x = 0.2;
  for (const node of columns) {
    const before = node.from.length ? boxes.get(node.from.at(-1)) : null;
    if (before) x = Math.max(x, before.x + before.w) + between;
    place(node.name, x);
    x += widthOf(node);
    for (const next of nodes.filter(({ from, kind }) => from[0] === node.name && (kind === "pool" || kind === "up"))) {
      const w = widthOf(next);
      const here = boxes.get(node.name);
      place(next.name, here.x + (here.w - w) / 2);
      const up = boxes.get(next.name);
      const skip = next.kind === "up" && byName.get(next.name.replace("up", "skip"));
      if (skip) place(skip.name, up.x - widthOf(skip));
      x = Math.max(x, up.x + w);
    }
  }
  const width = x + 0.2;
  const height = tops.at(-1) + Math.max(SMALLEST[1], high * levels.at(-1)) + LABEL + 0.15;

  for (const node of nodes) {
    if (node.kind !== "skip" || !node.cut?.some((pixels) => pixels > 0)) continue;
    const whole = boxes.get(node.from[0]);
    const share = node.size[0] / byName.get(node.from[0]).size[0];
    whole.crop = { y: whole.y + (whole.h * (1 - share)) / 2, h: whole.h * share };
  }
  return { boxes: [...boxes.values()], arrows: arrowsOf(net, boxes), labels: labelsOf(net, boxes, width), height, width };
}

function arrowsOf({ nodes }, boxes) {
  const arrows = [];
  for (const { name, kind, from } of nodes) {
    for (const source of from) {
      const [a, b] = [boxes.get(source), boxes.get(name)];
      if (kind === "conv" && source.startsWith("skip")) continue; // the two halves stand beside each other
      const middle = b.x + b.w / 2;
      const level = b.y + b.h / 2;
      const ends = kind === "pool" ? [[middle, a.y + a.h + 0.15], [middle, b.y - 0.15]]
        : kind === "up" ? [[middle, a.y - 0.15], [middle, b.y + b.h + 0.15]]
          : [[a.x + a.w + 0.15, level], [b.x - 0.15, level]];
      arrows.push({ kind, name, from: ends[0], to: ends[1], ghost: b.ghost });
    }
  }
  return arrows;
}

/** Numbers beside the boxes, the important ones first; one that would lie over another is left out. */
function labelsOf(net, boxes, width) {
  const { nodes, byName } = net;
  const wanted = [];
  const label = (order, text, x, y, anchor, kind) => wanted.push({ order, text, x, y, anchor, kind });
  for (const { name, kind, arm, level, channels, size, cut } of nodes) {
    const { x, y, w, h, ghost } = boxes.get(name);
    const result = (kind === "conv" && !name.endsWith("first")) || kind === "input" || kind === "output";
    const under = y + h + 0.82;
    if (kind === "skip") {
      const whole = boxes.get(byName.get(name).from[0]);
      if (cut?.some((pixels) => pixels > 0)) label(4 + level, `crop 2·${cut[0] / 2}`, (whole.x + whole.w + x) / 2, y + h / 2 - 0.35, "middle", "crop");
      continue;
    }
    if (net.stop?.name === name) {
      const lowest = Math.max(...nodes.filter((node) => node.level === level).map((node) => boxes.get(node.name)).map((b) => b.y + b.h));
      label(-1, `✕ ${sizeText(size)}`, x + w / 2, lowest + 0.82, "middle", "stop");
    } else if (!ghost && result) label(level === 0 && kind !== "conv" ? 0 : 1, sizeText(size), x + w / 2 + (name.startsWith("encoder") ? -0.35 : 0), under, name.startsWith("encoder") ? "end" : "middle", "size");
    else if (!ghost && kind === "conv") label(20, sizeText(size), x + w / 2, under, "middle", "size");
    const risen = boxes.has(`up.${name.startsWith("decoder") ? Number(name.split(".")[1]) + 1 : 0}`) && (arm === "bottom" || arm === "up");
    if (result) label(2, String(channels), x + w / 2 + (risen && result ? 0.35 : 0), y - 0.3, risen ? "start" : "middle", "channels");
    else if (kind === "conv") label(10, String(channels), x + w / 2, y - 0.3, "middle", "channels");
  }
  const kept = [];
  for (const one of wanted.sort((a, b) => a.order - b.order)) {
    const long = one.text.length * LETTER;
    const at = one.x - long * { start: 0, middle: 0.5, end: 1 }[one.anchor];
    const left = Math.min(Math.max(0, at), Math.max(0, width - long));
    const box = { left, right: left + long, top: one.y - 0.75, bottom: one.y + 0.15 };
    const others = [...boxes.values()].map(({ x, y, w, h }) => ({ left: x, right: x + w, top: y, bottom: y + h }));
    const lies = (b) => box.left < b.right + 0.25 && b.left < box.right + 0.25 && box.top < b.bottom && b.top < box.bottom;
    if (kept.some(({ box: b }) => lies(b)) || (one.kind !== "crop" && others.some(lies))) continue;
    kept.push({ ...one, x: left, box });
  }
  return kept;
}
