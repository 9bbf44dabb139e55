// The square of six pictures: x and g(x), f(x) and f(g(x)), g(f(x)) and the difference.

import { tableFor } from "../colors.js";
import { h, setAttribute, setText } from "../dom.js";
import { extremes, paint } from "../images.js";
import { format, plural, times } from "../numbers.js";
import { createPicture } from "../picture.js";
import { followPointer } from "../pointer.js";
import { magnification } from "./commute.js";
import { transformText } from "./text.js";

/**
 * g(x) can be grabbed: press(at), drag(at, [one pixel of the picture, its width]), release(); `at` is [right, down]
 * from its centre. All in pixels of the screen.
 */
export function createSquare({ on, keyed, keyUp, press, drag, release }) {
  const picture = (role, keys) => {
    const made = createPicture({ on, role, keyed: keys });
    made.single = h("output", { class: "cnn-single" });
    made.canvas.parentElement.append(made.single);
    return made;
  };
  const pictures = {
    x: picture("input"), fx: picture("output"), gfx: picture("output"),
    gx: picture("input", keyed), fgx: picture("output"), difference: picture("product"),
  };
  const { canvas } = pictures.gx;
  setAttribute(pictures.gx.root, "data-grab", "true");
  on(canvas, "keyup", keyUp);
  const fromCentre = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
  };
  followPointer(on, canvas, {
    press: (event) => press(fromCentre(event)),
    drag(event) {
      const { width } = canvas.getBoundingClientRect();
      drag(fromCentre(event), [width / canvas.width, width]);
    },
    release,
  });

  const arrow = (text) => h("div", { class: "cnn-arrow", text, "aria-hidden": "true" });
  const bar = h("canvas", { width: 256, height: 1, "aria-hidden": "true" });
  const [low, high] = [h("span", {}), h("span", {})];
  const legend = h("div", { class: "cnn-same-scale" },
    low, bar, high, h("span", { text: "one scale for the maps, 0 white" }));
  const root = h("div", { class: "cnn-square-of-maps" },
    pictures.x.root, arrow("f\n→"), pictures.fx.root, arrow("g\n→"), pictures.gfx.root,
    pictures.gx.root, arrow("f\n→"), pictures.fgx.root, arrow(""), pictures.difference.root, legend);

  let painted = {}; // what the canvases show
  const single = ({ data }) => (data.length > 1 ? "" : format(data[0], 4));
  function show(name, plane, colors, room, title, text, number = single(plane)) {
    const made = pictures[name];
    const key = [plane.data, colors.low, colors.high];
    if (!painted[name]?.every((v, n) => v === key[n])) made.show([plane.data], plane.height, plane.width, colors);
    painted[name] = key;
    made.describe(title, text, room);
    made.single.hidden = !number;
    setText(made.single, number);
  }
  function said({ data }) {
    if (data.length === 1) return `It is ${format(data[0], 4)}.`;
    return `From ${extremes([data]).map((v) => format(v)).join(" to ")}.`;
  }

  return {
    root,
    /** All planes, the scale of x, how far the maps' colours reach; the picture's name, [height, width] in em. */
    show({ x, fx, gx, fgx, gfx, difference, error, exact, scale, wide, stack }, g, { name, room }) {
      const maps = { kind: "signed", low: -wide, high: wide };
      const [size, cells] = [x, fx].map(({ height, width }) => times([height, width]));
      const apart = { ...fgx, data: difference };
      show("x", x, scale, room, `x: ${size}`, `The picture x: ${name}, ${size}.`);
      show("gx", gx, scale, room, "↓ g(x): drag", `The picture g(x): ${transformText(g)}.`);
      const after = plural(stack.layers.length, "layer");
      show("fx", fx, maps, room, `f(x): ${cells}`, `f(x), ${cells}: x after ${after}. ${said(fx)}`);
      show("fgx", fgx, maps, room, "f(g(x))", `f(g(x)): the layers after the transform. ${said(fgx)}`);
      show("gfx", gfx, maps, room, "g(f(x))", `g(f(x)): the transform after the layers. ${said(gfx)}`);
      const strength = magnification({ difference, error, exact }, wide);
      const strong = { kind: "signed", low: -wide / strength, high: wide / strength };
      const title = strength > 1 ? `difference ×${format(strength)}` : "difference";
      const told = strength > 1 ? `, in colours ${format(strength)} times as strong` : "";
      const found = exact ? "It is exactly 0." : said(apart);
      const text = `The difference f(g(x)) − g(f(x))${told}. ${found}`;
      show("difference", apart, strong, room, title, text, exact ? "exactly 0" : undefined);
      if (painted.wide === wide) return;
      painted.wide = wide;
      const pixels = new ImageData(256, 1);
      const steps = Float64Array.from({ length: 256 }, (_, n) => (n / 127.5 - 1) * wide);
      paint([steps], maps, tableFor(maps), pixels.data);
      bar.getContext("2d").putImageData(pixels, 0, 0);
      setText(low, format(-wide));
      setText(high, format(wide));
    },
  };
}
