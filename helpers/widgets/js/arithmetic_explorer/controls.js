// The controls of the arithmetic explorer: named cases, direction, view, and a slider for each setting and axis.

import { button, checkbox, choice, h, select, setText, slider } from "../dom.js";
import { PADDING_MODES, bounds, sameCell } from "../arithmetic.js";
import { transposedBounds } from "../transposed.js";
import { MOST, SIZES, VIEWS, asSize, asTraits, borderFits, drawable, objection, turnedAround } from "./state.js";

const NAMES = ["size", ...SIZES.slice(1)]; // in a layer the input size is its size
const LABEL = { size: "input size" };
const AXES = ["height", "width"];

/** The legal values of every setting, with the reasons, while the others stay. */
export function limitsOf(layer, transposed) {
  if (!transposed) return bounds(layer, MOST);
  const limits = transposedBounds(layer, MOST);
  return Object.fromEntries(Object.entries(limits).map(([name, limit]) => [name, drawable(layer, name, limit)]));
}

/** The cases in two groups; in the second one the names do without their last word. */
function menuOf(cases) {
  const of = (transposed) => Object.keys(cases).filter((name) => cases[name].transposed === transposed);
  const titled = (names) => Object.fromEntries(names.map((name) => [name, name.replace(", transposed", "")]));
  return { "": "your own", convolution: titled(of(false)), transposed: titled(of(true)) };
}

/** The same layer along both axes: what one axis allows by itself. */
const alone = (layer, axis) =>
  Object.fromEntries(Object.entries(layer).map(([name, v]) => [name, Array.isArray(v) ? [v[axis], v[axis]] : v]));

/**
 * read() the state   change(traits) changes the page's state   save() sends it   commit(traits) does both
 * warn(text) says why something did not happen
 * Returns {top, bottom, ask, building, show(state), moved()}: two rows of nodes, a button that opens the solver, a checkbox for the view of stamps.
 */
export function createControls({ on, model, read, change, save, commit, warn, redraw }) {
  const cases = model.get("_cases");
  const named = select(on, {
    label: "case", options: menuOf(cases),
    change(name) {
      if (!name) return redraw();
      moved = null;
      change({ ...cases[name], building: false });
      save();
    },
  });
  named.root.classList.add("cnn-cases");
  named.box.setAttribute("aria-label", "case");
  const nameOfCase = () =>
    Object.keys(cases).find((name) => Object.entries(cases[name]).every(([trait, value]) => trait === "view" || String(model.get(trait)) === String(value))) ?? "";

  const direction = choice(on, {
    label: "direction", options: { false: "convolution", true: "transposed" },
    change(value) {
      const state = read();
      if (String(state.transposed) === value) return;
      moved = null;
      // back from where we are: the output becomes the input
      const back = turnedAround(state);
      const plain = { ...state.layer, padding_mode: "zeros", output_padding: [0, 0] };
      const why = back ? null : objection(plain, !state.transposed);
      if (why) return warn(`The direction stays: the other way round, ${why}.`);
      change({ ...asTraits(back ?? plain), padding_mode: "zeros", transposed: value === "true" });
      if (!back) warn("This layer does not lead back: the one that would is not one that can be drawn here.");
      save();
    },
  });
  const views = Object.fromEntries(Object.entries(VIEWS).map(([transposed, options]) => [
    transposed, choice(on, { label: "view", options, change: (view) => commit({ view }) }),
  ]));
  const ones = checkbox(on, {
    label: "ones", title: "Ones everywhere: an output is the number of its contributions",
    change: (value) => commit({ values: value ? "ones" : "numbers" }),
  });

  let moved = null; // the setting whose slider moved last, since a case or a direction was chosen
  const settings = Object.fromEntries(NAMES.map((name) => [name, setting(name)]));
  function setting(name) {
    const trait = name === "size" ? "input_size" : name;
    const least = name === "padding" || name === "output_padding" ? 0 : 1;
    const one = (label, apply) =>
      slider(on, { label, min: least, max: MOST[name], change: save, input: (v) => { moved = name; change({ [trait]: apply(v) }); } });
    const text = LABEL[name] ?? name;
    const shown = h("output", {});
    const both = one(text, (v) => v);
    const axes = AXES.map((axis, a) => one(`${text}, ${axis}`, (v) => asSize(read().layer[name].map((old, n) => (n === a ? v : old)))));
    const head = h("span", {}, h("span", { text }), shown);
    const root = h("div", { class: "cnn-slider cnn-pair", "data-setting": name }, head, both.root, ...axes.map((control) => control.root));
    return { root, both, axes, shown };
  }
  const hide = checkbox(on, {
    label: "hide", title: "Hide the output and its size, to predict them", change: (value) => commit({ hide: value }),
  });
  const apart = checkbox(on, {
    label: "h ≠ w", title: "Set height and width by themselves",
    change(value) {
      if (value) return commit({ apart: true });
      const { layer } = read();
      const square = Object.fromEntries(SIZES.map((trait) => [trait, layer[trait === "input_size" ? "size" : trait][0]]));
      change({ ...square, apart: false });
      save();
    },
  });
  const building = checkbox(on, {
    label: "only the stamps so far", title: "Only the stamps up to the present one", change: (value) => commit({ building: value }),
  });
  const mode = select(on, {
    label: "padding_mode", options: PADDING_MODES,
    change(value) {
      const { layer } = read();
      if (!borderFits(layer, value)) return warn(`padding_mode stays ${layer.padding_mode}: ${value} has too few pixels to copy for this padding. Less padding would work.`);
      commit({ padding_mode: value });
    },
  });
  const ask = button(on, {
    text: "which settings?", title: "Which settings give a wanted output size?", pressed: "false",
    click: () => commit({ wanted: model.get("wanted") === null ? read().outputSize[1] : null }),
  });

  return {
    top: [named.root, direction.root, ...Object.values(views).map((view) => view.root), hide.root, ones.root, apart.root],
    bottom: [...["kernel_size", "stride", "padding"].map((n) => settings[n].root), mode.root,
      ...["dilation", "output_padding", "size"].map((n) => settings[n].root)],
    ask,
    building: building.root,
    moved: () => moved,
    show({ layer, transposed }) {
      named.show(nameOfCase());
      direction.show(String(transposed));
      for (const [key, view] of Object.entries(views)) {
        view.root.hidden = key !== String(transposed);
        view.show(model.get("view"));
      }
      ones.show(model.get("values") === "ones");
      const uneven = NAMES.some((name) => !sameCell(layer[name], layer[name].map(() => layer[name][0])));
      const split = uneven || model.get("apart");
      const limits = [layer, alone(layer, 0), alone(layer, 1)].map((part) => limitsOf(part, transposed));
      for (const [name, { root, both, axes, shown }] of Object.entries(settings)) {
        root.hidden = name === "output_padding" && !transposed;
        both.root.hidden = split;
        setText(shown, split ? layer[name].join(" × ") : String(layer[name][0]));
        if (!split) both.show(layer[name][0], limits[0][name] ?? {});
        axes.forEach((control, a) => {
          control.root.hidden = !split;
          if (split) control.show(layer[name][a], limits[a + 1][name] ?? {});
        });
      }
      hide.show(model.get("hide"));
      apart.show(split);
      building.root.hidden = model.get("view") !== "stamp";
      building.show(model.get("building"));
      mode.root.hidden = transposed;
      mode.show(layer.padding_mode);
      ask.setAttribute("aria-pressed", String(model.get("wanted") !== null));
    },
  };
}
