// "Which settings give this size?": a wanted output size, the settings to keep, and the layers that answer it.

import { checkbox, h, setAttribute, setText } from "../dom.js";
import { settingsFor } from "../solutions.js";
import { asSize } from "./state.js";

const SHOWN = 8; // solutions at a time: two rows
const LETTER = { kernel_size: "k", stride: "s", padding: "p", dilation: "d", output_padding: "o" };
const AXES = ["height", "width"];

/**
 * commit(traits) changes and sends   redraw() has this view drawn again   `most`: the largest wanted size
 * Returns {root, update({layer, transposed, outputSize, wanted, fixed, split})}.
 */
export function createSolver({ on, commit, redraw, most }) {
  let now = null;
  let axis = 1;
  const wanted = h("input", { type: "number", min: 1, max: most, step: 1 });
  const along = h("select", { "aria-label": "along which axis" }, ...AXES.map((name, a) => h("option", { value: a, text: `along the ${name}` })));
  const keep = Object.fromEntries(Object.keys(LETTER).map((name) => [name, checkbox(on, {
    label: name, title: `Keep ${name} as it is`,
    change: (value) => commit({ fixed: value ? [...now.fixed, name] : now.fixed.filter((other) => other !== name) }),
  })]));
  const count = h("span", { class: "cnn-count" });
  const chips = h("div", { class: "cnn-solutions", role: "group", "aria-label": "settings that give the wanted size" });
  const form = h("div", { class: "cnn-bar" },
    h("label", { class: "cnn-wanted" }, h("span", { text: "output size" }), wanted), along,
    h("span", { text: "keep" }), ...Object.values(keep).map((control) => control.root), count);
  const root = h("div", { class: "cnn-solver", role: "group", "aria-label": "Which settings give this size?" }, form, chips);

  on(wanted, "change", () => {
    const value = Math.round(Number(wanted.value));
    const legal = wanted.value !== "" && value >= 1 && value <= most;
    if (legal) commit({ wanted: value });
    wanted.value = legal ? value : now.wanted; // a size of none, or beyond the picture: the old one stays
  });
  on(along, "change", () => { axis = Number(along.value); redraw(); });
  on(chips, "click", (event) => {
    const found = event.target.closest("button");
    if (!found) return;
    const settings = JSON.parse(found.value);
    const changes = Object.entries(settings).map(([name, v]) =>
      [name, now.split ? asSize(now.layer[name].map((old, a) => (a === axisOf(now) ? v : old))) : v]);
    commit(Object.fromEntries(changes));
  });

  const letters = (settings) => Object.entries(settings).map(([name, v]) => `${LETTER[name]} ${v}`).join(" · ");

  const axisOf = ({ split }) => (split ? axis : 1);

  /** The question: what is looked for, and what is held; the free settings of the moment are no part of it. */
  function question({ layer, transposed, wanted: size, fixed, ...state }) {
    const at = axisOf(state);
    const names = Object.keys(LETTER).filter((name) => transposed || name !== "output_padding");
    const here = Object.fromEntries(names.map((name) => [name, layer[name][at]]));
    const held = Object.fromEntries(names.filter((name) => fixed.includes(name)).map((name) => [name, here[name]]));
    return { here, asked: { transposed, size: layer.size[at], wanted: size, fixed: held, padding_mode: layer.padding_mode } };
  }

  /** Where nothing gives the wanted size: the nearest sizes that something gives. */
  function nearest(asked, here) {
    const reached = (step) => {
      for (let goal = asked.wanted + step; goal >= 1 && goal <= most; goal += step)
        if (settingsFor({ ...asked, wanted: goal, now: here }).length) return goal;
      return null;
    };
    return [reached(-1), reached(1)].filter((goal) => goal !== null);
  }

  // The answers stay where they are while one after the other is tried: they are those nearest to where one asked.
  let drawn = "";
  let answers = [];
  function list(asked, here) {
    const text = JSON.stringify(asked);
    if (text === drawn) return;
    drawn = text;
    const found = settingsFor({ ...asked, now: here });
    const near = found.length ? [] : nearest(asked, here);
    setText(count, found.length
      ? `${found.length} ${found.length === 1 ? "solution" : "solutions"} for an input of ${asked.size}${found.length > SHOWN ? `, the ${SHOWN} nearest to yours:` : ":"}`
      : `None gives ${asked.wanted} from ${asked.size}${near.length ? `; within reach: ${near.join(" and ")}` : ""}. Keep fewer settings.`);
    answers = found.slice(0, SHOWN).map((settings) => {
      const names = Object.entries(settings).map(([name, v]) => `${name} ${v}`).join(", ");
      return { settings, chip: h("button", { type: "button", value: JSON.stringify(settings), text: letters(settings), title: names, "aria-label": names }) };
    });
    chips.replaceChildren(...answers.map(({ chip }) => chip));
  }

  function update(state) {
    now = state;
    root.hidden = state.wanted === null;
    if (root.hidden) return;
    along.hidden = !state.split;
    along.value = String(axisOf(state));
    if (root.getRootNode().activeElement !== wanted) wanted.value = state.wanted;
    for (const [name, control] of Object.entries(keep)) {
      control.root.hidden = name === "output_padding" && !state.transposed;
      control.show(state.fixed.includes(name));
    }
    const { here, asked } = question(state);
    list(asked, here);
    for (const { settings, chip } of answers) setAttribute(chip, "aria-pressed", String(JSON.stringify(settings) === JSON.stringify(here)));
  }
  return { root, update };
}
