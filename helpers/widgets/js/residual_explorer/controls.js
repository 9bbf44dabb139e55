// The controls of the residual explorer: views, cases, and the settings of the block kept inside what is legal.

import { button, checkbox, choice, h, select, setAttribute, slider } from "../dom.js";
import { format, times } from "../numbers.js";
import { pair } from "../arithmetic.js";
import { EXPANSION, bindings } from "./parts.js";
import { bindingText } from "./text.js";
import { MOST } from "./state.js";

const CHANNELS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048];
const SIZES = [1, 2, 4, 7, 8, 14, 16, 28, 32, 56, 64, 112, 224];
/** What stands on the buttons; their titles have the whole name. */
const SHORT = {
  "identity, 64 channels": "64", "projection, 64→128, stride 2": "64→128", "bottleneck 256": "bottleneck",
  "bottleneck 256→512, stride 2": "256→512", "plain: no skip": "no skip", "no normalization": "no norm",
  "no activation": "no ReLU", "pre-activation": "pre-act",
};

/**
 * read() the state   change(traits) changes the page's state   save() sends it   warn(text) says why not
 * Returns {top, bottom, show(state), toggle(what)}: two rows of nodes, and what a click in the diagram does.
 */
export function createControls({ on, onReset, model, read, change, save, warn, redraw }) {
  let drawn = {}; // what the controls show; stale, if a menu was refused
  let gone = false; // an identity gave way to a projection, and comes back when shapes agree
  onReset(() => { gone = false; });

  /** The menu that was refused shows again what stands. */
  function refused() {
    drawn.stale = true;
    change({});
  }
  /** Change settings of the block; where no identity fits, a projection stands in for it. */
  function adjust(changes) {
    const { settings } = read();
    const next = { ...settings, ...changes };
    if (next.block === "bottleneck" && next.out_channels % EXPANSION) {
      if (changes.block) {
        const why = `a bottleneck has a quarter of out_channels inside, and ${next.out_channels} is no multiple of ${EXPANSION}`;
        refused();
        return warn(`It stays basic: ${why}. Use more channels.`);
      }
      next.out_channels = changes.out_channels = EXPANSION * Math.ceil(next.out_channels / EXPANSION);
    }
    const differ = bindings(next).length > 0;
    if (changes.skip) {
      gone = false;
      if (changes.skip === "identity" && differ) {
        refused();
        return warn(bindingText(read().block));
      }
    } else if (next.skip === "identity" && differ) {
      changes.skip = "projection";
      gone = true;
    } else if (gone && next.skip === "projection" && !differ) {
      changes.skip = "identity";
      gone = false;
    }
    change(changes);
  }
  const commit = (changes) => {
    adjust(changes);
    save();
    redraw();
  };

  const view = choice(on, {
    label: "view", options: { block: "block", signal: "signal", depth: "depth" },
    change(name) {
      change({ view: name });
      save();
    },
  });
  const cases = model.get("_cases");
  const presets = Object.entries(cases).map(([name, settings]) => {
    const root = button(on, {
      text: SHORT[name] ?? name, title: name, pressed: "false",
      click() {
        gone = false;
        change({ ...settings, part: null });
        save();
      },
    });
    const same = (now) => Object.entries(settings).every(([trait, v]) => String(pair(now[trait])) === String(pair(v)));
    return { root, show: (now) => setAttribute(root, "aria-pressed", String(same(now))) };
  });
  const group = h("div", { class: "cnn-res-cases", role: "group", "aria-label": "case" }, ...presets.map(({ root }) => root));

  const block = select(on, {
    label: "block", options: { basic: "basic", bottleneck: "bottleneck" }, change: (name) => commit({ block: name }),
  });
  const skip = select(on, {
    label: "skip", options: { identity: "identity", projection: "projection", none: "none" },
    change: (name) => commit({ skip: name }),
  });
  const norm = checkbox(on, {
    label: "norm", title: "BatchNorm2d with each convolution", change: (value) => commit({ norm: value }),
  });
  const activation = checkbox(on, { label: "ReLU", title: "Activations", change: (value) => commit({ activation: value }) });
  const order = checkbox(on, {
    label: "pre-act", title: "Pre-activation: norm and ReLU before each convolution (He et al. 2016)",
    change: (value) => commit({ order: value ? "pre-activation" : "original" }),
  });

  /** A slider over listed values, and the one on show. */
  function listed(name, all, label = name) {
    let values = all;
    const control = slider(on, {
      label, min: 0, max: all.length - 1, change: save,
      input: (at) => adjust({ [name]: values[at] }),
    });
    return {
      root: control.root,
      show(now) {
        const one = Array.isArray(now) ? now[0] : now;
        values = all.includes(one) ? all : [...all, one].sort((a, b) => a - b);
        const text = Array.isArray(now) && now[0] !== now[1] ? times(now) : String(one);
        control.show(values.indexOf(one), { max: values.length - 1 }, text);
      },
    };
  }
  const sliders = {
    in_channels: listed("in_channels", CHANNELS), out_channels: listed("out_channels", CHANNELS),
    stride: listed("stride", [1, 2]), input_size: listed("input_size", SIZES, "input size"),
  };
  const counted = (name, min, max, step = 1) =>
    slider(on, { label: name, min, max, step, input: (v) => change({ [name]: v }), change: save });
  const depth = {
    blocks: counted("blocks", 1, MOST.blocks), scale: counted("scale", 0.1, MOST.scale, 0.05), seed: counted("seed", 0, MOST.seed),
  };
  const sum = button(on, {
    text: "Σ all outputs", title: "The gradient of the sum of all outputs (Esc)", pressed: "false",
    click() {
      change({ pinned: read().pinned === null ? [0, 0] : null });
      save();
    },
  });

  return {
    top: [view.root, group],
    bottom: [
      block.root, skip.root, norm.root, activation.root, order.root, ...Object.values(sliders).map(({ root }) => root),
      ...Object.values(depth).map(({ root }) => root), sum,
    ],
    /** A click in the diagram. */
    toggle(what) {
      const { settings } = read();
      if (what !== "skip") return commit({ [what]: !settings[what] });
      const ways = bindings(settings).length ? ["projection", "none"] : ["identity", "projection", "none"];
      commit({ skip: ways[(ways.indexOf(settings.skip) + 1) % ways.length] });
    },
    show({ block: now, pinned }) {
      const shown = model.get("view");
      view.show(shown);
      if (now !== drawn.block || shown !== drawn.view || drawn.stale) showBlock(now, shown);
      drawn = { block: now, view: shown };
      for (const [name, control] of Object.entries(depth)) {
        const value = model.get(name);
        control.show(value, name === "seed" ? { max: Math.max(MOST.seed, value) } : {}, format(value));
        control.root.hidden = shown !== "depth";
      }
      sum.hidden = shown !== "signal";
      setAttribute(sum, "aria-pressed", String(pinned === null));
    },
  };

  function showBlock(now, shown) {
    const { settings } = now;
    for (const preset of presets) preset.show(settings);
    block.show(settings.block);
    skip.show(settings.skip);
    setAttribute(skip.root, "title", bindingText(now));
    norm.show(settings.norm);
    activation.show(settings.activation);
    order.show(settings.order === "pre-activation");
    for (const [name, control] of Object.entries(sliders)) {
      control.show(settings[name]);
      control.root.hidden = shown === "depth" || (shown === "signal" && name !== "stride");
    }
  }
}
