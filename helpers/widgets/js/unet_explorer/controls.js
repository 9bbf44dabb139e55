// The controls of the U-Net explorer: cases, switches, sliders; each change is a legal one.

import { button, checkbox, choice, h, setAttribute, slider } from "../dom.js";
import { pair } from "../arithmetic.js";
import { SETTINGS } from "./graph.js";

const CHANNELS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
const LARGEST = 640; // pixels at the end of a slider, unless the input is larger

/** Do these settings agree? A square may be one number or two. */
export const agree = (a, b) => SETTINGS.every((name) => String(pair(a[name])) === String(pair(b[name])));

/** read(): the settings; change(traits) changes the page's state; save() sends it. Returns {top, bottom, show(settings)}. */
export function createControls({ on, cases, read, change, save }) {
  const commit = (changes) => {
    change(changes);
    save();
  };
  const presets = Object.entries(cases).map(([name, settings]) => {
    const short = name.replace(/^the .*: /, "").replace(/: .*/, "");
    const root = button(on, { text: short, title: name, pressed: "false", click: () => commit({ ...settings, pixel: null, selected: null }) });
    return { root, show: (now) => setAttribute(root, "aria-pressed", String(agree(now, settings))) };
  });
  const padding = choice(on, { label: "padding (V)", options: { same: "same", valid: "valid" }, change: (value) => commit({ padding: value }) });
  const up = choice(on, { label: "up (U)", options: { conv: "up-conv", resize: "resize" }, change: (value) => commit({ up: value }) });
  const skip = checkbox(on, { label: "skips", title: "The decoder gets the encoder's maps (S)", change: (value) => commit({ skip: value }) });
  const norm = checkbox(on, { label: "norm", title: "BatchNorm2d after each 3×3 convolution", change: (value) => commit({ norm: value }) });

  function listed(name) {
    let values = CHANNELS;
    const control = slider(on, { label: name, max: CHANNELS.length - 1, change: save, input: (at) => change({ [name]: values[at] }) });
    return {
      root: control.root,
      show(now) {
        values = CHANNELS.includes(now[name]) ? CHANNELS : [...CHANNELS, now[name]].sort((a, b) => a - b);
        control.show(values.indexOf(now[name]), { max: values.length - 1 }, String(now[name]));
      },
    };
  }
  const depth = slider(on, { label: "depth", min: 1, max: 5, change: save, input: (value) => change({ depth: value }) });
  const sized = (axis) => {
    const label = ["input height", "input width"][axis];
    const control = slider(on, {
      label, min: 1, max: LARGEST, change: save,
      input(value) {
        const size = [...pair(read().input_size)];
        size[axis] = value;
        change({ input_size: square.box.checked ? value : size });
      },
    });
    return {
      root: control.root,
      show({ input_size }) {
        const value = pair(input_size)[axis];
        control.show(value, { max: Math.max(LARGEST, value) });
      },
    };
  };
  const square = checkbox(on, {
    label: "square", title: "Height and width together",
    change: (value) => commit({ input_size: value ? pair(read().input_size)[0] : [...pair(read().input_size)] }),
  });
  square.box = square.root.querySelector("input");
  const [height, width] = [sized(0), sized(1)];
  const sliders = [listed("width"), listed("in_channels"), listed("out_channels"), height, width];

  return {
    top: [
      h("div", { class: "cnn-unet-cases", role: "group", "aria-label": "case" }, ...presets.map(({ root }) => root)),
      padding.root, up.root, skip.root, norm.root,
    ],
    bottom: [depth.root, ...sliders.map(({ root }) => root), square.root],
    show(now) {
      for (const preset of presets) preset.show(now);
      padding.show(now.padding);
      up.show(now.up);
      skip.show(now.skip);
      norm.show(now.norm);
      depth.show(now.depth);
      square.show(!Array.isArray(now.input_size));
      for (const one of sliders) one.show(now);
    },
  };
}
