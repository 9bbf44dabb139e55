// The weight of one stage as a matrix of kernels: a row for each output channel, a column for each input channel.

import { svg, h, setAttribute, setText } from "../dom.js";
import { clamp } from "../arithmetic.js";
import { weightColor } from "../colors.js";
import { connected, groupOfInput, sources } from "./channels.js";
import { range } from "../numbers.js";
import { pointAt } from "../pointer.js";
import { ARROWS } from "../shell.js";

const CELL = 40; // user units per kernel
const HEAD = 1.2; // em for the numbers of the channels

/** hover/press get a target such as {output: 3, input: 2}, or null. */
export function createChannelMatrix({ on, hover, press }) {
  const title = h("div", { class: "cnn-title", "data-role": "kernel" });
  const board = svg("g", {});
  const marks = svg("g", {});
  const picture = svg("svg", { class: "cnn-grid cnn-channel-matrix", role: "img", tabindex: 0 }, board, marks);
  const holder = h("div", { class: "cnn-holder" }, picture);
  const root = h("div", { class: "cnn-panel" }, title, holder);
  let built = null; // {signature, stage, squares, head: HEAD in user units}
  let shown = null;

  /** One kernel: its kh×kw weights, or a dot where there is one. */
  function square(o, m, { kernel_size: [kh, kw], groups }, finer) {
    const [x, y] = [m * CELL + 4, o * CELL + 4];
    const [size, fill] = [CELL - 8, weightColor(groupOfInput(m, { ...built.stage, groups }), groups)];
    const group = svg("g", { class: "cnn-square" });
    if (kh * kw === 1) group.append(svg("circle", { cx: x + size / 2, cy: y + size / 2, r: size / 4, fill }));
    else {
      group.append(svg("rect", { x, y, width: size, height: size, fill }));
      const across = range(kh - 1).map((i) => `M${x} ${y + (size * (i + 1)) / kh}h${size}`);
      const down = range(kw - 1).map((j) => `M${x + (size * (j + 1)) / kw} ${y}v${size}`);
      if (finer) group.append(svg("path", { d: [...across, ...down].join("") }));
    }
    return group;
  }

  function build(signature, stage, em) {
    const head = (HEAD * CELL) / em;
    built = { signature, stage, squares: [], head };
    const [rows, cols] = [stage.out_channels, stage.in_channels];
    setAttribute(picture, "viewBox", `${-head} ${-head} ${cols * CELL + head + 2} ${rows * CELL + head + 2}`);
    const finer = em / Math.max(...stage.kernel_size) > 0.2;
    const every = em < 0.9 ? 4 : em < 1.2 ? 2 : 1; // numbers that would be too small or too close are left out
    const size = 0.6 * head;
    const style = `font-size: ${size}px`;
    const label = (x, y, n) => (n % every ? [] : [svg("text", { class: "cnn-name", x, y, style, text: String(n) })]);
    const across = range(rows + 1).map((r) => `M0 ${r * CELL}H${cols * CELL}`);
    const lattice = [...across, ...range(cols + 1).map((c) => `M${c * CELL} 0V${rows * CELL}`)];
    board.replaceChildren(
      svg("path", { class: "cnn-lattice", d: lattice.join("") }),
      ...range(rows).map((o) => label(-head / 2, (o + 0.5) * CELL, o)).flat(),
      ...range(cols).map((m) => label((m + 0.5) * CELL, -head / 2, m)).flat(),
      ...range(rows).map((o) => sources(o, stage).map((m) => {
        const node = square(o, m, stage, finer);
        built.squares.push({ o, m, node });
        return node;
      })).flat(),
    );
    const unit = em / CELL;
    holder.style.width = `${((cols * CELL + head + 2) * unit).toFixed(3)}em`;
    holder.style.height = `${((rows * CELL + head + 2) * unit).toFixed(3)}em`;
  }

  const targetAt = (o, m) => ({ [built.stage.to]: o, [built.stage.from]: m });
  function targetOf(event) {
    if (!built) return null;
    const { head, stage: { out_channels: rows, in_channels: cols } } = built;
    const box = picture.getBoundingClientRect();
    const m = Math.floor((((event.clientX - box.left) / box.width) * (cols * CELL + head + 2) - head) / CELL);
    const o = Math.floor((((event.clientY - box.top) / box.height) * (rows * CELL + head + 2) - head) / CELL);
    if (o >= rows || m >= cols || (o < 0 && m < 0)) return null;
    if (o < 0) return { [built.stage.from]: m }; // the numbers above and beside stand for the whole channel
    return m < 0 ? { [built.stage.to]: o } : targetAt(o, m);
  }
  pointAt(on, picture, { targetOf, hover, press: (target) => target && press(target) });
  on(picture, "blur", () => hover(null));
  on(picture, "keydown", (event) => {
    const { from, to, in_channels, out_channels } = built.stage;
    const here = shown?.[to] !== undefined && shown[from] !== undefined;
    const by = ARROWS[event.key];
    const [o, m] = here ? [shown[to], shown[from]] : [0, 0];
    // the next key may come before the next frame
    const next = by && here ? targetAt(clamp(o + by[0], out_channels), clamp(m + by[1], in_channels)) : targetAt(0, 0);
    if (by) hover((shown = next));
    else if (event.key === "Enter" || event.key === " ") press(targetAt(o, m));
    else return;
    event.preventDefault();
  });

  /** stage; target; found: the lit channels per column, or null; width, height: the room in em. */
  function update({ stage, target, found, width, height, name, description }) {
    const { from, to, in_channels: cols, out_channels: rows } = stage;
    const em = Math.min(1.9, (width - HEAD) / cols, (height - HEAD) / rows);
    const signature = JSON.stringify([stage, em]);
    if (built?.signature !== signature) build(signature, stage, em);
    shown = target;
    for (const { o, m, node } of built.squares) {
      const lit = found !== null && found[to].has(o) && found[from].has(m) && connected(o, m, stage);
      setAttribute(node, "data-lit", found === null ? "all" : String(lit));
    }
    const frames = [];
    if (target?.[to] !== undefined && target[from] !== undefined)
      frames.push(`M${target[from] * CELL} ${target[to] * CELL}h${CELL}v${CELL}h${-CELL}z`);
    else if (target?.[to] !== undefined) frames.push(`M0 ${target[to] * CELL}h${cols * CELL}v${CELL}h${-cols * CELL}z`);
    else if (target?.[from] !== undefined) frames.push(`M${target[from] * CELL} 0h${CELL}v${rows * CELL}h${-CELL}z`);
    marks.replaceChildren(...frames.map((d) => svg("path", { class: "cnn-frame", d })));
    setText(title, name);
    setAttribute(picture, "aria-label", description);
  }

  return { root, update };
}
