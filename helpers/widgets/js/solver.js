// "Which settings give this size?": a wanted output size, the settings to keep, and the layers that answer it.

import { checkbox, h, setAttribute, setText } from "./dom.js";
import { settingsFor } from "./solutions.js";
import { asSize } from "./arith_state.js";

const SHOWN = 8; // solutions at a time: two rows
const MOST = { kernel_size: 7, stride: 4, padding: 4, dilation: 4 };
const LETTER = { kernel_size: "k", stride: "s", padding: "p", dilation: "d", output_padding: "o" };
const AXES = ["height", "width"];

/**
 * commit(traits) changes and sends   `most`: the largest wanted size
 * Returns {root, update({layer, transposed, outputSize, wanted, fixed, split})}.
 */
export function createSolver({ on, commit, most }) {
  let now = null;
  let axis = 1;
  const wanted = h("input", { type: "number", min: 1, max: most, step: 1 });
  const along = h("select", { "aria-label": "along which axis" }, ...AXES.map((name, a) => h("option", { value: a, text: `along the ${name}` })));
  const keep = Object.fromEntries(Object.keys(LETTER).map((name) => [name, checkbox(on, {
    label: name, title: `Keep ${name} as it is`,
    change: (value) => commit({ fixed: value ? [...now.fixed, name] : now.fixed.filter((other) => other !== name) }),
  })]));
  const count = h("span", { class: "cnn-count" });
  const list = h("div", { class: "cnn-solutions", role: "group", "aria-label": "settings that give the wanted size" });
  const question = h("div", { class: "cnn-bar" },
    h("label", { class: "cnn-wanted" }, h("span", { text: "output size" }), wanted), along,
    h("span", { text: "keep" }), ...Object.values(keep).map((control) => control.root), count);
  const root = h("div", { class: "cnn-solver", role: "group", "aria-label": "Which settings give this size?" }, question, list);

  on(wanted, "change", () => {
    const value = Math.round(Number(wanted.value));
    const legal = wanted.value !== "" && value >= 1 && value <= most;
    if (legal) commit({ wanted: value });
    wanted.value = legal ? value : now.wanted; // a size of none, or beyond the picture: the old one stays
  });
  on(along, "change", () => { axis = Number(along.value); update(now); });
  on(list, "click", (event) => {
    const found = event.target.closest("button");
    if (!found) return;
    const settings = JSON.parse(found.value);
    const changes = Object.entries(settings).map(([name, v]) =>
      [name, now.split ? asSize(now.layer[name].map((old, a) => (a === axis ? v : old))) : v]);
    commit(Object.fromEntries(changes));
  });

  const letters = (settings) => Object.entries(settings).map(([name, v]) => `${LETTER[name]} ${v}`).join(" · ");

  function solutions({ layer, transposed, wanted: size, fixed }) {
    const names = Object.keys(LETTER).filter((name) => transposed || name !== "output_padding");
    const here = Object.fromEntries(names.map((name) => [name, layer[name][axis]]));
    const held = Object.fromEntries(names.filter((name) => fixed.includes(name)).map((name) => [name, here[name]]));
    const find = (goal) => settingsFor({ transposed, size: layer.size[axis], wanted: goal, fixed: held, now: here, padding_mode: layer.padding_mode }, MOST);
    return { found: find(size), here, find };
  }

  /** Where nothing gives the wanted size: the nearest sizes that something gives. */
  function nearest(size, find) {
    const reached = (step) => {
      for (let goal = size + step; goal >= 1 && goal <= most; goal += step) if (find(goal).length) return goal;
      return null;
    };
    return [reached(-1), reached(1)].filter((goal) => goal !== null);
  }

  let drawn = "";
  function update(state) {
    now = state;
    root.hidden = state.wanted === null;
    if (root.hidden) return;
    along.hidden = !state.split;
    if (!state.split) axis = 1;
    along.value = String(axis);
    if (document.activeElement !== wanted) wanted.value = state.wanted;
    for (const [name, control] of Object.entries(keep)) {
      control.root.hidden = name === "output_padding" && !state.transposed;
      control.show(state.fixed.includes(name));
    }
    const asked = JSON.stringify([state.layer, state.transposed, state.wanted, state.fixed, axis]);
    if (asked === drawn) return;
    drawn = asked;
    const { found, here, find } = solutions(state);
    const near = found.length ? [] : nearest(state.wanted, find);
    setText(count, found.length
      ? `${found.length} ${found.length === 1 ? "solution" : "solutions"} for an input of ${state.layer.size[axis]}${found.length > SHOWN ? `, the ${SHOWN} nearest to yours:` : ":"}`
      : `None gives ${state.wanted} from ${state.layer.size[axis]}${near.length ? `; within reach: ${near.join(" and ")}` : ""}. Keep fewer settings.`);
    list.replaceChildren(...found.slice(0, SHOWN).map((settings) => {
      const same = JSON.stringify(settings) === JSON.stringify(here);
      const names = Object.entries(settings).map(([name, v]) => `${name} ${v}`).join(", ");
      const chip = h("button", { type: "button", value: JSON.stringify(settings), text: letters(settings), title: names, "aria-label": names });
      setAttribute(chip, "aria-pressed", String(same));
      return chip;
    }));
  }
  return { root, update };
}
