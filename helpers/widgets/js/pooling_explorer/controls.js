// The controls of the pooling explorer: cases, functions, sizes kept inside what is legal, and the shift.

import { checkbox, choice, select, setAttribute, setText, slider } from "../dom.js";
import { format, range } from "../numbers.js";
import { sameCell } from "../arithmetic.js";
import { POOLINGS, poolBounds, poolRefusal } from "../pooling.js";
import { INPUTS, nameOf, rememberingResize, resized } from "../presets.js";
import { MOST, asInput, asSize, boundable } from "./state.js";
import { channelName } from "./text.js";

const SHIFTS = {
  "0,0": "none", "0,1": "→ right", "0,-1": "← left", "1,0": "↓ down", "-1,0": "↑ up",
  "1,1": "↘ down right", "1,-1": "↙ down left", "-1,1": "↗ up right", "-1,-1": "↖ up left",
};

/**
 * read() the state   change(traits) changes the page's state   save() sends it   commit(traits) does both
 * warn(text) says why something did not happen
 * Returns {top, bottom, show(state), moved()}: two rows of nodes, and the setting whose slider moved last.
 */
export function createControls({ on, onReset, model, read, change, save, commit, warn, redraw }) {
  let moved = null; // the setting whose slider moved last, since a case was chosen
  let kept = null; // the padding that a function without one took away
  const forget = () => { moved = kept = null; };
  onReset(() => {
    forget();
    redraw();
  });

  const cases = model.get("_cases");
  const named = select(on, {
    label: "case", options: { ...Object.fromEntries(Object.keys(cases).map((name) => [name, name])), "": "your own" },
    change(name) {
      if (!name) return redraw();
      forget();
      change(cases[name]);
      save();
    },
  });
  /** The case on show, whatever the shift: that has its own menu. */
  const nameOfCase = () => {
    const same = (trait, value) => trait === "shift" || JSON.stringify(value) === JSON.stringify(model.get(trait));
    return Object.keys(cases).find((name) => Object.entries(cases[name]).every((entry) => same(...entry))) ?? "";
  };

  const pooling = choice(on, {
    label: "pooling", options: Object.fromEntries(Object.keys(POOLINGS).map((name) => [name, name])),
    change(name) {
      const { layer } = read();
      if (POOLINGS[name].pads && !POOLINGS[layer.pooling].pads && kept) {
        const fits = !poolRefusal({ ...layer, padding: kept });
        change({ pooling: name, padding: fits ? asSize(kept) : 0 });
        kept = null;
        return save();
      }
      if (POOLINGS[name].pads || Math.max(...layer.padding) === 0) return commit({ pooling: name });
      const why = poolRefusal({ ...layer, padding: [0, 0] });
      if (why) return warn(`It stays ${layer.pooling}: for ${name} PyTorch has no padding, and without it ${why}.`);
      kept = layer.padding;
      change({ pooling: name, padding: 0 });
      warn(`The padding went back to 0: PyTorch has none for ${name} pooling.`);
      save();
    },
  });

  /** One number for both axes; an input of one row is pooled along its width. */
  const sized = (name, v) => {
    const { layer } = read();
    return layer.size[0] === 1 ? [layer[name][0], v] : [v, v];
  };
  const setting = (name, apply, label = name) =>
    slider(on, {
      label, min: name === "padding" ? 0 : 1, max: MOST[name], change: save,
      input(v) {
        moved = name;
        apply(sized(name, v));
      },
    });
  const resizeInput = rememberingResize(resized);
  const sliders = {
    kernel_size: setting("kernel_size", (size) => change({ kernel_size: asSize(size) })),
    // at the kernel's size it follows the kernel, as in PyTorch
    stride: setting("stride", (size) =>
      change({ stride: sameCell(size, read().layer.kernel_size) ? null : asSize(size) })),
    padding: setting("padding", (size) => change({ padding: asSize(size) })),
    size: setting("size", ([height, width]) => {
      const { input, layer } = read();
      const made = Object.fromEntries(Object.entries(INPUTS).map(([name, { make }]) => [name, make(...layer.size)]));
      const preset = INPUTS[nameOf(input, made)];
      change({ input: asInput(preset?.grows ? preset.make(height, width) : resizeInput(input, height, width)) });
    }, "input size"),
  };
  const ceil = checkbox(on, {
    label: "ceil_mode", title: "The last windows may hang over the end",
    change(value) {
      const why = poolRefusal({ ...read().layer, ceil_mode: value });
      if (!why) {
        change({ ceil_mode: value });
        return save();
      }
      warn(`ceil_mode stays on: without it ${why}.`);
    },
  });
  const counted = checkbox(on, {
    label: "count_include_pad", title: "The zeros of the padding count as pixels of an average",
    change: (value) => commit({ count_include_pad: value }),
  });

  const shift = select(on, {
    label: "shift", options: SHIFTS, change(value) {
      change({ shift: value.split(",").map(Number) });
      save();
    },
  });
  const wrap = checkbox(on, {
    label: "wrap", title: "What leaves on one side comes back on the other", change: (value) => commit({ wrap: value }),
  });
  const entering = slider(on, {
    label: "entering", min: -5, max: 5, step: 0.1, input: (v) => change({ entering: v }), change: save,
  });
  const channel = choice(on, {
    label: "channel", options: Object.fromEntries(range(4).map((m) => [m, String(m)])),
    change: (value) => commit({ channel: Number(value) }),
  });

  return {
    top: [named.root, pooling.root, shift.root, wrap.root, entering.root],
    bottom: [...Object.values(sliders).map((s) => s.root), ceil.root, counted.root, channel.root],
    moved: () => moved,
    show(state, active) {
      const { layer, input } = state;
      named.show(nameOfCase());
      pooling.show(layer.pooling);
      const limits = poolBounds(boundable(state), MOST);
      for (const [name, control] of Object.entries(sliders)) {
        const [height, width] = layer[name];
        const flat = layer.size[0] === 1;
        const text = height === width || (flat && name !== "size") ? String(width) : `(${height}, ${width})`;
        control.show(flat ? width : Math.max(height, width), limits[name], text);
        control.box.disabled = limits[name].min === limits[name].max;
      }
      ceil.show(layer.ceil_mode);
      counted.root.hidden = layer.pooling !== "average";
      counted.show(layer.count_include_pad);
      shift.show(String(state.shift));
      wrap.root.hidden = state.still;
      wrap.show(state.wrap);
      entering.root.hidden = state.still || state.wrap;
      const e = state.entering;
      entering.show(e, { min: Math.min(-5, Math.floor(e)), max: Math.max(5, Math.ceil(e)) }, format(e));
      channel.root.hidden = input.length === 1;
      [...channel.root.children].forEach((button, m) => {
        button.hidden = m >= input.length;
        setText(button, channelName(m, input.length));
        setAttribute(button, "title", `Explain channel ${m + 1} of ${input.length}`);
      });
      channel.show(String(active));
    },
  };
}
