// The layers of what is selected, as a table that scrolls. Only the rows in sight are written anew while sizes change.

import { h, setAttribute, setText } from "../dom.js";
import { grouped, times } from "../numbers.js";
import { fieldText, strideText } from "./text.js";

const HEADS = {
  layer: "its name in the model", "": "its call in short", output: "channels × height × width",
  parameters: "", multiplications: "for one image", field: "pixels of the input that a unit sees, along each axis",
  stride: "input pixels between two neighbouring units",
};
const SPARE = 3; // rows written beyond the window

/** choose(node) is told which row was pressed. */
export function createTable({ on, onClose, choose }) {
  const heads = Object.entries(HEADS).map(([text, title]) => h("th", { scope: "col", text, title: title || null }));
  const body = h("tbody", {});
  const table = h("table", { class: "cnn-table", "aria-label": "layers" }, h("thead", {}, h("tr", {}, ...heads)), body);
  const root = h("div", { class: "cnn-scroll cnn-arch-scroll" }, table);
  let rows = []; // {root, cells, node}
  let shown = null; // {graph, numbers, sizes, field}
  let here = -1;

  on(body, "click", ({ target }) => {
    const row = target.closest("tr");
    if (row) choose(Number(row.dataset.node));
  });
  // Where the window on the rows is; measured only when it moves: to ask in the middle of a gesture costs a layout.
  const sight = { tall: 20, top: 0, height: 400 };
  function look() {
    sight.tall = rows[0]?.root.offsetHeight || sight.tall;
    sight.top = root.scrollTop;
    sight.height = root.clientHeight || sight.height;
    write();
  }
  on(root, "scroll", look);
  const resized = new ResizeObserver(() => {
    reveal();
    look();
  });
  resized.observe(root);
  onClose(() => resized.disconnect());

  function rowOf(graph, n) {
    const { name, text } = graph.nodes[n];
    const kinds = ["shape", "number", "number", "number", "number"];
    const cells = kinds.map((kind) => h("td", { class: `cnn-arch-${kind}` }));
    const tr = h("tr", { "data-node": n, tabindex: -1 },
      h("th", { scope: "row", text: name }), h("td", { class: "cnn-arch-call", text, title: text }), ...cells);
    return { root: tr, cells, node: n, sizes: null };
  }
  function write() {
    if (!shown || !rows.length) return;
    const { sizes, field, graph } = shown;
    const first = Math.max(0, Math.floor(sight.top / sight.tall) - SPARE);
    const last = Math.min(rows.length, first + Math.ceil(sight.height / sight.tall) + 2 * SPARE);
    for (let r = first; r < last; r++) {
      const row = rows[r];
      if (row.sizes === sizes) continue;
      row.sizes = sizes;
      const n = row.node;
      const shape = sizes.shapes[n];
      const { parameters } = graph.nodes[n];
      const seen = shape ? field(n) : [null, null];
      const texts = [
        shape ? times(shape) : n === sizes.problem?.node ? "✗ does not fit" : "–",
        parameters ? grouped(parameters) : "–", sizes.costs[n] ? grouped(sizes.costs[n]) : "–",
        fieldText(seen), strideText(seen),
      ];
      texts.forEach((text, c) => setText(row.cells[c], text));
      setAttribute(row.root, "data-state", shape ? "fits" : n === sizes.problem?.node ? "fault" : "waits");
    }
  }
  /** Scroll inside of the table alone: the page stays. */
  function reveal() {
    const row = rows.find(({ node }) => node === here)?.root;
    if (!row) return;
    const [view, { top, bottom }] = [root.getBoundingClientRect(), row.getBoundingClientRect()];
    const above = view.top + table.tHead.offsetHeight - top;
    const below = bottom - (view.top + root.clientHeight);
    if (above > 0) root.scrollTop -= Math.ceil(above);
    else if (below > 0) root.scrollTop += Math.ceil(below);
  }

  return {
    root,
    /** The rows that stand in the table, by the numbers of their nodes. */
    numbers: () => rows.map(({ node }) => node),
    show(graph, numbers, sizes, field, layer) {
      const fresh = shown?.graph !== graph || String(shown.numbers) !== String(numbers);
      shown = { graph, numbers, sizes, field };
      if (fresh) {
        const focused = body.contains(body.getRootNode().activeElement);
        rows = numbers.map((n) => rowOf(graph, n));
        body.replaceChildren(...rows.map((row) => row.root));
        root.scrollTop = sight.top = 0;
        if (focused) root.focus({ preventScroll: true });
      }
      if (fresh || here !== layer) {
        here = layer;
        for (const row of rows) {
          const chosen = row.node === layer;
          setAttribute(row.root, "aria-current", chosen ? "true" : null);
          setAttribute(row.root, "tabindex", chosen ? "0" : "-1");
        }
        reveal();
      }
      write();
    },
    focus: () => rows.find(({ node }) => node === here)?.root.focus({ preventScroll: true }),
  };
}
