// The stack as a row of chips: each shows its layer in a menu, and a button that shows the maps after it.

import { h, button, setAttribute } from "../dom.js";
import { LAYERS } from "../layer_stack.js";
import { range } from "../numbers.js";
import { LIMITS } from "./commute.js";

const labels = Object.entries(LAYERS).map(([word, { label }]) => [word, label]);

/** change(layers) → whether they can be had; choose(n): the maps after layer n, from 1, are wanted. */
export function createChips({ on, change, choose }) {
  let layers = [];
  const replaced = (n, words) => [...layers.slice(0, n), ...words, ...layers.slice(n + 1)];
  const chips = range(LIMITS.layers).map((n) => {
    const options = [...labels, ["", "none"]].map(([value, text]) => h("option", { value, text }));
    const box = h("select", { "aria-label": `layer ${n + 1}` }, ...options);
    on(box, "change", () => change(replaced(n, box.value ? [box.value] : [])));
    const title = `Show the maps after layer ${n + 1}`;
    const pick = button(on, { text: String(n + 1), title, click: () => choose(n + 1) });
    const next = h("span", { class: "cnn-next", text: "→" });
    return { box, pick, root: h("span", { class: "cnn-chip" }, next, pick, box) };
  });
  const add = button(on, { text: "+", title: "Add a layer", click() {
    const { root, box } = chips[layers.length];
    if (!change([...layers, "conv"])) return;
    add.before(root); // as the drawing would, a moment later
    box.focus();
  } });
  const root = h("div", { class: "cnn-chips", role: "group", "aria-label": "f: the layers" },
    h("span", { class: "cnn-f", text: "f: x" }), add);
  return {
    root,
    /** The layers, and the number of the one after which the maps are shown. */
    show(words, after) {
      layers = words;
      setAttribute(root, "data-many", String(words.length > 4));
      for (const [n, chip] of chips.entries()) {
        if (n >= words.length) {
          chip.root.remove();
          continue;
        }
        if (!chip.root.parentNode) add.before(chip.root);
        if (chip.box.value !== words[n]) chip.box.value = words[n];
        setAttribute(chip.pick, "aria-pressed", String(n + 1 === after));
        setAttribute(chip.root, "data-beyond", String(n >= after));
      }
      add.disabled = words.length >= LIMITS.layers;
    },
  };
}
