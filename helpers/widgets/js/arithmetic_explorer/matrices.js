// C and its transpose side by side: the matrix of the layer shown, and that of the layer that leads back.

import { h, setText } from "../dom.js";
import { createMatrix } from "../matrix.js";
import { conv2d, taps } from "../arithmetic.js";
import { convTranspose2d, stampsOn } from "../transposed.js";

const GAP = 3; // em between the two
const LEAST = 11; // em, for a title

/** hover/press get {grid, cell} of the layer shown. */
export function createMatrices({ on, hover, press }) {
  const own = (act) => (target) => act(target && { grid: target.grid, cell: target.cell });
  const nothing = () => {};
  // one for each direction and place: names don't change, positions do
  const make = (name, active) =>
    createMatrix({ on, name, ...(active ? { hover: own(hover), press: own(press) } : { hover: nothing, press: nothing, x: "y", y: "x′", brief: true }) });
  const active = { false: make("C", true), true: make("Cᵀ", true) };
  const other = { false: make("C", false), true: make("Cᵀ", false) };
  const note = h("div", { class: "cnn-help" });
  const stage = h("div", { class: "cnn-matrices" });
  const root = h("div", {}, stage, note);
  let shown = "";
  let built = {};

  /** What createMatrix wants: one channel, one filter, and what each output reads. */
  function stateOf(layer, transposed, kernel, input) {
    const [output] = transposed ? convTranspose2d([input], [[kernel]], [0], layer) : conv2d([input], [[kernel]], [0], layer);
    return {
      layer, input: [input], applied: [[kernel]], weight: [[kernel]], bias: [0], output: [output],
      outputSize: [output.length, output[0].length],
      reads: transposed ? (cell) => stampsOn(cell, layer) : (cell) => taps(cell, layer),
    };
  }

  return {
    root,
    update({ state, turned: back, focus, at, width, height, large }) {
      const turned = large ? null : back; // there is no room for two in large
      const { layer, transposed, kernel, input, output } = state;
      if (built.state !== state)
        built = {
          state,
          here: stateOf(layer, transposed, kernel, input),
          back: turned && stateOf(turned, !transposed, kernel, output),
        };
      const wanted = `${transposed}|${Boolean(turned)}`;
      if (wanted !== shown) {
        shown = wanted;
        stage.replaceChildren(active[transposed].root, ...(turned ? [other[!transposed].root] : []));
      }
      const target = focus?.grid === "kernel" ? null : focus && { ...focus, channel: 0 };
      const tall = height - 2.5; // without the titles
      const natural = ({ input: [plane], output: [result] }) => {
        const [columns, rows] = [plane, result].map((v) => v.length * v[0].length + 2);
        return Math.max(LEAST, Math.min((tall / rows) * columns, 2 * columns));
      };
      let rest = width;
      if (turned) {
        const share = Math.min(natural(built.back), Math.max(width / 3, width - GAP - natural(built.here)));
        other[!transposed].update({ state: built.back, filter: 0, at: [0, 0], focus: null, width: share, height: tall });
        rest = width - share - GAP;
      }
      active[transposed].update({ state: built.here, filter: 0, at, focus: target, width: rest, height: tall });
      setText(note, turned
        ? `${transposed ? "C" : "Cᵀ"} has the same entries, mirrored at the diagonal. It leads back to the shape of x, not to its values: x′ ≠ x.`
        : back
          ? `Press “${transposed ? "convolution" : "transposed"}” to see ${transposed ? "C" : "Cᵀ"}, which has the same entries, mirrored at the diagonal.`
          : "The layer that leads back is not drawn: it is too large, or, with a border that copies, no layer of PyTorch.");
    },
  };
}
