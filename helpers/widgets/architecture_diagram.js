// ArchitectureDiagram: a network drawn to scale, the layers of what is selected, and all sizes for any input.

import { h, select, setAttribute, setText, slider } from "./js/dom.js";
import { openShell } from "./js/shell.js";
import { createReadout } from "./js/formula.js";
import { clamp } from "./js/arithmetic.js";
import { plural, times } from "./js/numbers.js";
import { createDrawing, signOf } from "./js/architecture_diagram/drawing.js";
import { fieldsOf } from "./js/architecture_diagram/fields.js";
import { skips } from "./js/architecture_diagram/row_layout.js";
import { openGraph, sizesOf } from "./js/architecture_diagram/sizes.js";
import { createTable } from "./js/architecture_diagram/table.js";
import { nodeLines, partText, problemText, totalText } from "./js/architecture_diagram/text.js";

const EM = 13;
const HELP = "Click a block, or a stage by its name. ← → go from one to the next, ↑ ↓ through the layers, "
  + "Enter from a stage into its first block, Escape back.";
const WEIGHTS = new Set(["Conv2d", "ConvTranspose2d", "Linear"]);
const ENDS = [8, 16, 32, 64, 128, 256, 512, 1024, 2048].flatMap((v) => [v, 1.5 * v]).concat(4096); // of sliders

function render({ model, el }) {
  let hovered = null; // {stage} or {block}: this view's own, never sent
  const opened = new Map(); // graphs by name
  const shell = openShell({
    model, el, label: "Architecture diagram", draw,
    traits: ["name", "input_size", "selected", "layer", "_graphs"],
    keys: {
      ArrowLeft: () => step(-1), ArrowRight: () => step(1),
      ArrowUp: () => stepLayer(-1), ArrowDown: () => stepLayer(1),
      Home: () => step(-Infinity), End: () => step(Infinity),
      Enter: inside, Escape: outside,
    },
  });
  const { on, root, set, save, commit, redraw } = shell;

  // ---- state -------------------------------------------------------------------------------------------------
  function open(name) {
    const sent = model.get("_graphs")[name];
    if (opened.get(name)?.sent !== sent) {
      const graph = openGraph(sent);
      const most = ENDS.find((v) => v >= 1.5 * Math.max(...sent.base.slice(1))) ?? ENDS.at(-1);
      const base = sizesOf(graph, sent.base).shapes;
      opened.set(name, { sent, graph, most, base, memory: new Map(), at: "", legend: legendText(graph) });
    }
    return opened.get(name);
  }
  /** The model that is shown, its sizes now, what is selected. */
  function read() {
    const known = open(model.get("name"));
    const input = model.get("input_size");
    if (known.at !== String(input)) {
      known.at = String(input);
      known.sizes = sizesOf(known.graph, input);
      known.field = fieldsOf(known.graph, known.sizes, known.memory);
      known.problem = problemText(known.graph, known.sizes, known.most);
    }
    return known;
  }
  function chosen({ graph }) {
    const name = model.get("selected");
    const stage = graph.stages.findIndex((one) => one.name === name);
    if (stage >= 0) return { stage };
    const block = graph.blocks.findIndex((one) => one.name === name);
    return block >= 0 ? { block } : { stage: 0 }; // a name of the model that was shown before
  }
  const numbersOf = ({ graph }, { block, stage }) =>
    (block === undefined ? graph.stages[stage].blocks : [block]).flatMap((b) => graph.blocks[b].nodes);
  const mainOf = ({ graph }, numbers) => numbers.find((n) => WEIGHTS.has(graph.nodes[n].spec.type)) ?? numbers[0];
  function layerOf(known, numbers) {
    const found = numbers.find((n) => known.graph.nodes[n].name === model.get("layer"));
    return found ?? mainOf(known, numbers);
  }

  // ---- gestures ----------------------------------------------------------------------------------------------
  function choose(part, known = read()) {
    const { graph } = known;
    const name = part.block === undefined ? graph.stages[part.stage].name : graph.blocks[part.block].name;
    hovered = null;
    commit({ selected: name, layer: graph.nodes[mainOf(known, numbersOf(known, part))].name });
    redraw();
  }
  function step(by) {
    const known = read();
    const { stage, block } = chosen(known);
    const all = block === undefined ? known.graph.stages : known.graph.blocks;
    const to = clamp((block ?? stage) + by, all.length);
    choose(block === undefined ? { stage: to } : { block: to });
  }
  function stepLayer(by) {
    const known = read();
    const numbers = numbersOf(known, chosen(known));
    const at = numbers.indexOf(layerOf(known, numbers));
    toLayer(numbers[clamp(at + by, numbers.length)]);
  }
  function toLayer(n) {
    commit({ layer: read().graph.nodes[n].name });
  }
  function inside() {
    const known = read();
    const { stage } = chosen(known);
    if (stage !== undefined) choose({ block: known.graph.stages[stage].blocks[0] });
  }
  function outside() {
    const known = read();
    const { block } = chosen(known);
    if (block !== undefined) choose({ stage: known.graph.stages.findIndex(({ blocks }) => blocks.includes(block)) });
  }
  /** Another model keeps the input and the selection, if it has them. */
  function toModel(name) {
    const known = open(name);
    const { graph } = known;
    hovered = null;
    const kept = [...graph.stages, ...graph.blocks].some((one) => one.name === model.get("selected"));
    const first = ["unit", "conv", "up"].map((kind) => graph.blocks.find((block) => block.kind === kind)).find(Boolean);
    const selected = kept ? model.get("selected") : (first ?? graph.blocks[0]).name;
    const stage = graph.stages.findIndex((one) => one.name === selected);
    const part = stage >= 0 ? { stage } : { block: graph.blocks.findIndex((block) => block.name === selected) };
    const layer = graph.nodes[layerOf(known, numbersOf(known, part))].name;
    const input = graph.reason ? { input_size: graph.base } : {};
    commit({ name, selected, layer, ...input });
  }
  function hover(part) {
    if (part?.block === hovered?.block && part?.stage === hovered?.stage) return;
    hovered = part;
    redraw();
  }

  // ---- nodes -------------------------------------------------------------------------------------------------
  const names = Object.keys(model.get("_graphs"));
  const which = select(on, {
    label: "model", options: Object.fromEntries(names.map((name) => [name, name])), change: toModel,
  });
  which.root.hidden = names.length < 2;
  const size = slider(on, {
    label: "input size", min: 1, max: 512,
    input: (v) => { set({ input_size: [model.get("input_size")[0], v, v] }); },
    change: save,
  });
  const totals = Array.from({ length: 3 }, () => h("span", {}));
  const title = h("b", {});
  const drawing = createDrawing({ on, hover, press: (part) => choose(part) });
  const says = h("div", { class: "cnn-sum cnn-arch-says" });
  const legend = h("div", { class: "cnn-arch-legend" });
  const table = createTable({ on, onClose: shell.onClose, choose: toLayer });
  const readout = createReadout(on);
  const help = h("div", { class: "cnn-help" });
  root.classList.add("cnn-architecture");
  root.append(
    h("div", { class: "cnn-bar" }, which.root, size.root, h("div", { class: "cnn-arch-totals" }, title, ...totals),
      h("span", { class: "cnn-right" }, ...shell.corner)),
    drawing.root, legend, says, table.root, readout.root, help, shell.live,
  );

  // ---- drawing -----------------------------------------------------------------------------------------------
  function draw() {
    const known = read();
    const { graph, sizes, field, most, problem } = known;
    const here = chosen(known);
    const numbers = numbersOf(known, here);
    const layer = layerOf(known, numbers);
    const [, height, width] = sizes.input;

    which.show(model.get("name"));
    size.box.disabled = Boolean(graph.reason);
    size.show(Math.max(height, width), { max: most }, height === width ? String(height) : times([height, width]));
    setText(title, names.length > 1 ? model.get("name") : graph.kind);
    totalText(graph, sizes).forEach((text, i) => setText(totals[i], text));

    const large = model.get("large");
    const room = [Math.max(20, Math.floor(shell.width() - 1.7)) * EM, (large ? 9.9 : 17) * EM];
    const part = partText(graph, sizes, here);
    drawing.show({
      graph, sizes, base: known.base, most, room, chosen: here, hovered,
      text: `${model.get("name")} on ${times(sizes.input)}: ${plural(graph.stages.length, "stage")}, `
        + `${plural(graph.blocks.length, "block")}. Chosen: ${part}.`,
    });
    setText(legend, known.legend);
    setText(says, hovered ? `${partText(graph, sizes, hovered)}.` : problem || `${part}.`);
    setAttribute(says, "data-kind", problem && !hovered ? "warning" : null);
    table.show(graph, numbers, sizes, field, layer);
    const { text, spec } = graph.nodes[layer];
    const call = spec.type === "Input" ? "" : /^[A-Z]/.test(text) ? `nn.${text}` : text;
    const lines = nodeLines(graph, sizes, layer, field);
    readout.show(lines, call);
    const why = graph.reason && `The input size stays ${times(graph.base.slice(1))}: ${graph.reason}.`;
    setText(help, why || HELP);
    setAttribute(help, "data-kind", why ? "warning" : null);
    shell.say(problem || `${part}. ${lines.join("; ")}`);
  }
  return shell.close;
}

function legendText(graph) {
  const { blocks } = graph;
  const kinds = new Set(blocks.map(({ skip }) => skip));
  const joins = new Set(blocks.map(({ join }) => join));
  const words = { add: "sum", concat: "concatenation", multiply: "product" };
  return [
    "height of a box ∝ √(height of its map), width ∝ √channels",
    ...(kinds.has("identity") ? ["━━ identity skip"] : []),
    ...(kinds.has("projection") ? ["┅┅ projection (a convolution on the skip)"] : []),
    ...(kinds.has("branches") ? ["╌╌ branches side by side"] : []),
    ...(skips(graph).length ? ["━━ (blue) a skip past other blocks"] : []),
    ...Object.keys(words).filter((join) => joins.has(join)).map((join) => `${signOf(join)} ${words[join]}`),
  ].join(" · ");
}

export default { render };
