// The stack as a row of chips: each shows its layer in a menu, and a button that shows the maps after it.

import { h, button, setAttribute } from "../dom.js";
import { LAYERS } from "../layer_stack.js";
import { range } from "../numbers.js";
import { LIMITS } from "./commute.js";

// What a chip has room for; the whole label is its title.
const SHORT = {
  conv: "conv", strided_conv: "conv, stride 2", relu: "ReLU", max_pool: "max pool", avg_pool: "average pool",
  subsample: "every 2nd", blur_pool: "blur pool", max_blur_pool: "blurred max", global_avg_pool: "global avg",
};
const CHOICES = Object.entries(LAYERS).map(([value, { label }]) => ({ value, title: label, text: SHORT[value] }));
const CONVOLUTIONS = ["conv", "strided_conv"];

/** change(layers) → whether they can be had; choose(n): the maps after layer n, from 1, are wanted. */
export function createChips({ on, change, choose }) {
  let layers = [];
  const replaced = (n, words) => [...layers.slice(0, n), ...words, ...layers.slice(n + 1)];
  const chips = range(LIMITS.layers).map((n) => {
    const options = [...CHOICES, { value: "", text: "none" }].map((choice) => h("option", choice));
    const box = h("select", { "aria-label": `layer ${n + 1}` }, ...options);
    on(box, "change", () => change(replaced(n, box.value ? [box.value] : [])));
    const title = `Show the maps after layer ${n + 1}`;
    const pick = button(on, { text: String(n + 1), title, click: () => choose(n + 1) });
    const next = h("span", { class: "cnn-next", text: "→" });
    return { box, pick, root: h("span", { class: "cnn-chip" }, next, pick, box) };
  });
  const add = button(on, { text: "+", title: "Add a layer", click() {
    const { root, box } = chips[layers.length];
    if (!change([...layers, CONVOLUTIONS.includes(layers.at(-1)) ? "relu" : "conv"])) return;
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
      for (const [n, chip] of chips.entries()) {
        if (n >= words.length) {
          chip.root.remove();
          continue;
        }
        if (!chip.root.parentNode) add.before(chip.root);
        if (chip.box.value !== words[n]) chip.box.value = words[n];
        setAttribute(chip.box, "title", LAYERS[words[n]].label);
        setAttribute(chip.pick, "aria-pressed", String(n + 1 === after));
        setAttribute(chip.root, "data-beyond", String(n >= after));
      }
      add.disabled = words.length >= LIMITS.layers;
    },
  };
}
