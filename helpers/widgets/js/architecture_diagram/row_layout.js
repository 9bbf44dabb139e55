// Where everything stands when the stages follow each other in a row. Pure: no DOM, no state.
// Another layout is another file with the same two functions.
//
// A box is as high as √(height of its map) and as wide as √(channels), times one factor each for the whole picture.

const EM = 13; // user units
const LETTER = 0.56 * EM; // what a letter of a label takes
const LABELS = 2.7 * EM; // under the boxes: the stage's name and shape
const GAP = { block: 7, join: 17, stage: 12, end: 34 };
const SIGN = 8; // radius of ⊕ and ⊞ that stand by themselves
const LIFT = 9; // how far arcs rise above each other

const INSIDE = 4.5; // radius of the sign at the end of a block
export const signRadius = (block) => (isSign(block) ? SIGN : INSIDE);
/** Is it drawn as a sign alone? */
export const isSign = ({ kind }) => kind === "add" || kind === "concat" || kind === "multiply";

const root = (value) => Math.sqrt(Math.max(1, value));
const mapOf = (shape) => (shape.length === 3 ? shape : [shape.at(-1), 1, 1]);

/** The edges that skip blocks: {from, to}, blocks by number, −1 for the input; `level` above the others inside of it. */
export function skips({ nodes, blocks }) {
  const owner = new Map([[0, -1]]);
  blocks.forEach((block, b) => block.nodes.forEach((n) => owner.set(n, b)));
  const all = [];
  blocks.forEach((block, b) => {
    const from = new Set(block.nodes.flatMap((n) => nodes[n].sources.map((source) => owner.get(source))));
    for (const a of from) if (a < b - 1) all.push({ from: a, to: b });
  });
  const width = ({ from, to }) => to - from;
  for (const one of [...all].sort((x, y) => width(x) - width(y))) {
    const inside = all.filter((other) => other !== one && other.level && other.from < one.to && one.from < other.to);
    one.level = 1 + Math.max(0, ...inside.map(({ level }) => level));
  }
  return all;
}

/** What does not change with the input: columns of blocks and stages for a room of [wide, tall] user units. */
export function plan(graph, [width, height], base, most) {
  const arcs = skips(graph);
  const levels = Math.max(0, ...arcs.map(({ level }) => level));
  const inner = graph.blocks.some(({ join }) => join);
  const top = 4 + (inner ? 1.7 * EM : 4) + levels * LIFT;
  const bottom = height - LABELS;
  const channels = graph.blocks.map((block) => root(mapOf(base[block.nodes.at(-1)])[0]));
  const labels = graph.stages.map((stage) => {
    const shape = base[graph.blocks[stage.blocks.at(-1)].nodes.at(-1)];
    return LETTER * Math.max(stage.name.length + 1, shape.join("×").length + 0.5);
  });
  const dense = Math.min(1, (0.24 * width) / (GAP.join * graph.blocks.length));
  const after = graph.blocks.map(({ join, kind }) => dense * (join && !isSign({ kind }) ? GAP.join : GAP.block));
  const space = ({ blocks }, factor) => blocks.reduce((sum, b) => sum + after[b] + wide(b, factor), 0);
  const wide = (b, factor) => (isSign(graph.blocks[b]) ? 2 * SIGN : Math.max(4, factor * channels[b]));
  const slots = (factor) => graph.stages.map((stage, s) => Math.max(labels[s], space(stage, factor)));
  const taken = (factor) => slots(factor).reduce((a, b) => a + b + GAP.stage, 0) + 2 * GAP.end;
  let [low, high] = [0, 14];
  for (let step = 0; step < 24; step++) {
    const middle = (low + high) / 2;
    if (taken(middle) <= width) low = middle;
    else high = middle;
  }
  const rest = Math.max(0, width - taken(low)) / (graph.stages.length + 1);
  const squeezed = Math.min(1, width / taken(low)); // more stages than labels have room for
  let x = GAP.end + rest / 2;
  const columns = [];
  const stages = graph.stages.map((stage, s) => {
    const slot = slots(low)[s];
    const from = x + GAP.stage / 2;
    let at = from + (slot - space(stage, low) + after[stage.blocks.at(-1)] / 2) / 2;
    for (const b of stage.blocks) {
      columns[b] = { x: at * squeezed, width: wide(b, low) * squeezed, gap: after[b] * squeezed };
      at += wide(b, low) + after[b];
    }
    x += slot + GAP.stage + rest;
    return { from: from * squeezed, width: slot * squeezed };
  });
  const middle = (top + bottom) / 2;
  const scale = (bottom - top - 4) / root(most);
  return { graph, width, height, top, bottom, middle, scale, columns, stages, arcs, end: GAP.end };
}

/** The picture for these shapes: boxes, arcs and labels in user units. A shape that is missing is `base`'s. */
export function place(at, shapes, base) {
  const { graph, columns, middle, scale, top } = at;
  const shapeOf = (n) => shapes[n] ?? base[n];
  const high = (shape) => Math.max(3, scale * root(mapOf(shape)[1]));
  const boxes = graph.blocks.map((block, b) => {
    const last = block.nodes.at(-1);
    const { x, width, gap } = columns[b];
    const tall = isSign(block) ? width : high(shapeOf(last));
    return { x, y: middle - tall / 2, width, height: tall, gap, waits: shapes[last] === undefined };
  });
  const inputHeight = high(shapeOf(0));
  const end = columns.at(-1);
  const ends = {
    input: { x: 6, y: middle - inputHeight / 2, width: 6, height: inputHeight },
    output: end.x + end.width + Math.min(at.end - 6, 26),
  };
  /** Where the line behind a block is, before the next one. */
  const behind = (b) => {
    if (b < 0) return 16;
    const share = graph.blocks[b].join && !isSign(graph.blocks[b]) ? 0.88 : 0.5; // behind its sign
    return columns[b].x + columns[b].width + share * columns[b].gap;
  };
  const signs = graph.blocks.flatMap((block, b) => {
    if (!block.join) return [];
    const { x, width, gap } = columns[b];
    const cx = isSign(block) ? x + width / 2 : x + width + 0.45 * gap;
    const most = isSign(block) ? width / 2 : 0.36 * gap;
    return [{ block: b, join: block.join, x: cx, radius: Math.min(signRadius(block), most) }];
  });
  const signAt = new Map(signs.map((sign) => [sign.block, sign]));
  const inner = graph.blocks.flatMap((block, b) => {
    if (!block.skip) return [];
    const box = boxes[b];
    const sign = signAt.get(b);
    const from = box.x - Math.min(4, 0.4 * (b ? columns[b - 1].gap : 8));
    return [{ block: b, kind: block.skip, from, to: sign.x, y: box.y - 7, middle, end: middle - sign.radius }];
  });
  const outer = at.arcs.map(({ from, to, level }) => {
    const sign = signAt.get(to);
    const x = sign ? sign.x : columns[to].x + 2;
    const over = boxes.slice(Math.max(0, from), to).reduce((least, box) => Math.min(least, box.y), middle);
    const y = Math.max(5, Math.min(over - 8 - LIFT * level, top - LIFT * level + 4));
    return { from: behind(from), to: x, y, end: sign ? middle - sign.radius : boxes[to].y, middle };
  });
  return { boxes, ends, signs, inner, outer };
}

/** What lies at a place: {block} in the picture, {stage} in the labels, or null. */
export function whatIsAt({ columns, stages, graph, bottom }, x, y) {
  const stage = stages.findIndex(({ from, width }) => x >= from - 6 && x <= from + width + 6);
  if (stage < 0) return null;
  if (y > bottom) return { stage };
  const distance = (b) => Math.max(columns[b].x - x, x - columns[b].x - columns[b].width - columns[b].gap / 2, 0);
  const block = graph.stages[stage].blocks.reduce((best, b) => (distance(b) < distance(best) ? b : best));
  return distance(block) < 14 ? { block } : { stage };
}
