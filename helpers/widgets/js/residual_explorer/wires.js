// The lines between the numbers of the signal: forward, back, and over them the skip both ways.

import { setAttribute, svg } from "../dom.js";

const NAMES = ["forward", "backward", "skip", "skip back"];
const [TIP, ROUND] = [0.28, 0.5]; // em

const right = (x, y) => `M${x - TIP} ${y - TIP}L${x} ${y}L${x - TIP} ${y + TIP}`;
const leftwards = (x, y) => `M${x + TIP} ${y - TIP}L${x} ${y}L${x + TIP} ${y + TIP}`;
const down = (x, y) => `M${x - TIP} ${y - TIP}L${x} ${y}L${x + TIP} ${y - TIP}`;

export function createWires() {
  const paths = NAMES.map((name) => svg("path", { "data-wire": name }));
  const root = svg("svg", { class: "cnn-res-flow-wires", "aria-hidden": "true" }, ...paths);
  return {
    root,
    /** All sizes in em: left(column), top(row), w of a column, gap, title above a grid, tall: a grid, arc: the skip. */
    update({ columns, left, top, w, gap, title, tall, arc, between }) {
      const found = Object.fromEntries(NAMES.map((name) => [name, ""]));
      const last = columns.length - 1;
      const middle = (row) => top(row) + title + tall / 2;
      const [start, end] = [(n) => left(n) - 0.08, (n) => left(n) + w + 0.08]; // of what is free beside a column
      const kinds = columns.map(({ kind }) => kind);
      /** From one column to the next but some, below the grids between them. */
      const around = (a, b, row, back) => {
        const [y, low] = [middle(row), top(row) + title + tall + between * 0.3];
        const [x0, x1] = [end(a), start(b)];
        const way = `M${x0} ${y}H${x0 + gap / 3}V${low}H${x1 - gap / 3}V${y}H${x1}`;
        return way + (back ? leftwards(x0, y) : right(x1, y));
      };
      const straight = (a, b, row, back) => {
        const y = middle(row);
        return `M${end(a)} ${y}H${start(b)}${back ? leftwards(end(a), y) : right(start(b), y)}`;
      };
      const way = (a, b, row, back) => (b === a + 1 ? straight : around)(a, b, row, back);
      const main = kinds.map((kind, n) => n).filter((n) => kinds[n] === "main" || kinds[n] === "x");
      for (let i = 1; i < main.length; i++) {
        const [a, b] = [main[i - 1], main[i]];
        found.forward += way(a, b, 0, false);
        if (kinds[a] !== "x") found.backward += way(a, b, 1, true);
      }
      const fork = kinds.indexOf("fork");
      found.backward += straight(0, 1, 1, true);
      if (fork > 0) found.backward += straight(1, 2, 1, true);
      const add = columns.findIndex(({ part }) => part === "add");
      if (add > 0) {
        const beside = kinds.map((kind, n) => n).filter((n) => kinds[n] === "skip");
        const goal = beside[0] ?? add; // where the skip comes down
        const head = top(0) - 0.1;
        const [y, from, to] = [arc * 0.35, left(0) + w / 2, left(goal) + w / 2];
        found.skip = `M${from} ${head}V${y + ROUND}q0 ${-ROUND} ${ROUND} ${-ROUND}H${to - ROUND}q${ROUND} 0 ${ROUND} ${ROUND}V${arc + 0.2}${down(to, arc + 0.2)}`;
        for (let i = 0; i < beside.length; i++) {
          const next = beside[i + 1] ?? add;
          found.skip += straight(beside[i], next, 0, false);
          found["skip back"] += straight(beside[i], next, 1, true);
        }
        // back: from the gradient below it, over everything, to the column of the fork
        const [z, out, back] = [arc * 0.75, left(goal) + w / 2 - 0.6, left(fork) + w / 2];
        found["skip back"] += `M${out} ${arc + 0.2}V${z + ROUND}q0 ${-ROUND} ${-ROUND} ${-ROUND}H${back + ROUND}q${-ROUND} 0 ${-ROUND} ${ROUND}V${head}${down(back, head)}`;
        // and from there into the gradient of x, which is below
        const [x, low] = [left(0) + w * 0.75, top(1) - between * 0.35];
        found["skip back"] += `M${back} ${top(0) + title + tall + 0.05}V${low}H${x}V${top(1) + 0.1}${down(x, top(1) + 0.1)}`;
      }
      const [width, height] = [left(last + 1), top(2)];
      setAttribute(root, "viewBox", `0 0 ${width.toFixed(2)} ${height.toFixed(2)}`);
      root.style.width = `${width.toFixed(2)}em`;
      root.style.height = `${height.toFixed(2)}em`;
      paths.forEach((path, n) => setAttribute(path, "d", found[NAMES[n]].replace(/\d+\.\d+/g, (v) => Number(v).toFixed(2))));
    },
  };
}
