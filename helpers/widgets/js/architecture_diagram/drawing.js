// The picture: boxes, arcs, signs and labels, as a layout says where they stand. It only draws.

import { setAttribute, setText, svg } from "../dom.js";
import { pointAt } from "../pointer.js";
import { times } from "../numbers.js";
import { isSign, place, plan, whatIsAt } from "./row_layout.js";

const EM = 13;
const SIGNS = { add: "⊕", concat: "⊞", multiply: "⊗" };
const LETTER = 6; // of a label inside a box
const round = (v) => Math.round(v * 10) / 10;
const arch = ({ from, to, y, middle, end }) => {
  const [r, left, right] = [Math.min(5, (to - from) / 3), round(from), round(to)];
  return `M${left} ${round(middle)}V${round(y + r)}q0 ${-r} ${r} ${-r}H${round(to - r)}q${r} 0 ${r} ${r}V${round(end)}`
    + `M${right - 3} ${round(end - 4)}l3 4l3 -4`;
};

/** hover({stage} | {block} | null), press({stage} | {block}); both by number. */
export function createDrawing({ on, hover, press }) {
  const path = (name) => svg("path", { class: `cnn-arch-${name}` });
  const lines = ["flow", "identity", "projection", "branches", "outer", "signs"];
  const parts = Object.fromEntries(lines.map((name) => [name, path(name)]));
  const frames = svg("g", {});
  const boxes = svg("g", {});
  const texts = svg("g", { class: "cnn-arch-texts" });
  const words = svg("g", { class: "cnn-arch-words" });
  const ends = [svg("rect", { class: "cnn-arch-input" }), ...["input", "output"].map((text) => svg("text", { text }))];
  const root = svg("svg", { class: "cnn-arch", role: "img", tabindex: 0 },
    frames, ...lines.slice(0, -1).map((name) => parts[name]), boxes, parts.signs, ends[0], texts, words,
    svg("g", { class: "cnn-arch-ends" }, ends[1], ends[2]));
  let drawn = null; // {graph, key, at, nodes}

  const target = (event) => {
    if (!drawn) return null;
    const view = root.getBoundingClientRect();
    const { at } = drawn;
    return whatIsAt(at, ((event.clientX - view.left) / view.width) * at.width,
      ((event.clientY - view.top) / view.height) * at.height);
  };
  pointAt(on, root, {
    targetOf: target,
    hover,
    press: (found) => found && press(found),
  });

  /** The nodes of a picture, made once for a graph and a room. */
  function build(graph, room, base, most) {
    const at = plan(graph, room, base, most);
    setAttribute(root, "viewBox", `0 0 ${round(at.width)} ${round(at.height)}`);
    setAttribute(root, "style", `width: ${room[0] / EM}em; height: ${room[1] / EM}em`);
    const blocks = graph.blocks.map((block) =>
      svg(isSign(block) ? "g" : "rect", { class: "cnn-arch-box", "data-kind": block.kind }));
    boxes.replaceChildren(...blocks);
    const stages = at.stages.map(({ from, width }) => svg("rect", {
      class: "cnn-arch-stage", x: round(from - 4), y: 1.5, width: round(width + 8), height: round(at.height - 3), rx: 5,
    }));
    frames.replaceChildren(...stages);
    const names = at.stages.map(({ from, width }, s) => ["name", "shape"].map((what, line) => svg("text", {
      class: `cnn-arch-${what}`, x: round(from + width / 2), y: round(at.bottom + (1.15 + 1.2 * line) * EM),
      text: what === "name" ? graph.stages[s].name : null,
    })));
    texts.replaceChildren(...names.flat());
    const labels = graph.blocks.map((block) => svg("text", { class: "cnn-arch-label", text: labelOf(block) }));
    const said = graph.blocks.map(({ skip }) => svg("text", { class: "cnn-arch-word", text: skip }));
    words.replaceChildren(...labels, ...said);
    return { at, blocks, stages, shapes: names.map(([, shape]) => shape), labels, said };
  }

  return {
    root,
    whatIsAt: target,
    /** sizes: of now; base: the shapes for the first input, which hold the place of those that do not fit now. */
    show({ graph, sizes, base, most, room, chosen, hovered, text }) {
      const key = room.join();
      if (drawn?.graph !== graph || drawn.key !== key) drawn = { graph, key, ...build(graph, room, base, most) };
      const { at, blocks, stages, shapes, labels, said } = drawn;
      const now = place(at, sizes.shapes, base);
      const wrong = sizes.problem?.node;
      now.boxes.forEach((box, b) => {
        const block = graph.blocks[b];
        const node = blocks[b];
        if (!isSign(block)) {
          for (const name of ["x", "y", "width", "height"]) setAttribute(node, name, round(box[name]));
        }
        const state = block.nodes.includes(wrong) ? "fault" : box.waits ? "waits" : "fits";
        setAttribute(node, "data-state", state);
        setAttribute(node, "data-here", String(chosen.block === b));
        setAttribute(node, "data-hover", String(hovered?.block === b));
        write(labels[b], box, block);
      });
      stages.forEach((node, s) => {
        setAttribute(node, "data-here", String(chosen.stage === s));
        setAttribute(node, "data-hover", String(hovered?.stage === s));
        const last = graph.blocks[graph.stages[s].blocks.at(-1)].nodes.at(-1);
        const shape = sizes.shapes[last];
        setText(shapes[s], shape ? times(shape) : "–");
      });
      drawLines(at, now, graph, chosen, said);
      setAttribute(root, "aria-label", text);
    },
  };

  function drawLines(at, now, graph, chosen, said) {
    const all = { identity: "", projection: "", branches: "" };
    for (const arc of now.inner) all[arc.kind] += arch(arc);
    for (const name of Object.keys(all)) setAttribute(parts[name], "d", all[name]);
    setAttribute(parts.outer, "d", now.outer.map(arch).join(""));
    const { input, output } = now.ends;
    setAttribute(parts.flow, "d", `M${input.x} ${round(at.middle)}H${round(output)}m-5 -3.5l5 3.5l-5 3.5`);
    setAttribute(parts.signs, "d", now.signs.map((sign) => signPath(sign, at.middle)).join(""));
    for (const name of ["x", "y", "width", "height"]) setAttribute(ends[0], name, round(input[name]));
    setAttribute(ends[1], "x", 2);
    setAttribute(ends[1], "y", round(at.bottom + 1.15 * EM));
    setAttribute(ends[2], "x", round(Math.min(at.width - 2, output + 26)));
    setAttribute(ends[2], "y", round(Math.min(at.middle, ...now.boxes.slice(-1).map(({ y }) => y)) - 6));
    said.forEach((node) => setAttribute(node, "visibility", "hidden"));
    for (const arc of now.inner) {
      const roomy = arc.to - arc.from > arc.kind.length * LETTER + 4;
      if (!roomy) continue;
      const node = said[arc.block];
      setAttribute(node, "visibility", null);
      setAttribute(node, "x", round((arc.from + arc.to) / 2));
      setAttribute(node, "y", round(arc.y - 3));
    }
  }
}

function signPath({ join, x, radius: r }, middle) {
  const [cx, cy] = [round(x), round(middle)];
  const d = join === "multiply" ? r * 0.7 : r;
  const cross = join === "multiply" ? `M${cx - d} ${cy - d}l${2 * d} ${2 * d}m0 ${-2 * d}l${-2 * d} ${2 * d}`
    : `M${cx - r} ${cy}h${2 * r}M${cx} ${cy - r}v${2 * r}`;
  if (join === "concat") return `M${cx - r} ${cy - r}h${2 * r}v${2 * r}h${-2 * r}z${cross}`;
  return `M${cx - r} ${cy}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z${cross}`;
}

/** What stands in a box, where it fits. */
const labelOf = ({ kind, title }) => (kind === "unit" ? title : kind === "layers" ? "" : kind);

function write(node, { x, y, width, height }, block) {
  if (isSign(block)) return setAttribute(node, "visibility", "hidden");
  const long = node.textContent.length * LETTER + 4;
  const flat = long <= width && height >= 12;
  const fits = flat || (long <= height && width >= 12);
  setAttribute(node, "visibility", fits ? null : "hidden");
  if (!fits) return;
  const [cx, cy] = [round(x + width / 2), round(y + height / 2)];
  setAttribute(node, "transform", flat ? `translate(${cx} ${cy})` : `translate(${cx} ${cy}) rotate(-90)`);
}

export const signOf = (join) => SIGNS[join];
