// The U on the page: boxes, arrows of four kinds, and their numbers.

import { h, setAttribute, setText, svg } from "../dom.js";
import { pointAt } from "../pointer.js";

const UNIT = 20; // user units of an em
const NEAR = 0.35; // em: so near to a box counts as on it
const TIP = [0.32, 0.22]; // em, of an arrow's head
const KINDS = ["conv", "pool", "up", "skip", "output"];

const put = (...numbers) => numbers.map((v) => (v * UNIT).toFixed(1)).join(" ");

/** An arrow's line and head, along one of the axes. */
function arrow({ from: [x0, y0], to: [x1, y1] }) {
  const long = Math.hypot(x1 - x0, y1 - y0);
  if (long < 0.1) return "";
  const [dx, dy] = [(x1 - x0) / long, (y1 - y0) / long];
  const tip = Math.min(TIP[0], long / 2);
  const [bx, by] = [x1 - dx * tip, y1 - dy * tip];
  const side = (sign) => put(bx - sign * dy * TIP[1], by + sign * dx * TIP[1]);
  return `M${put(x0, y0)}L${put(bx, by)}M${side(1)}L${put(x1, y1)}L${side(-1)}Z`;
}

/** hover(name | null), press(name | null). */
export function createDrawing({ on, hover, press }) {
  const arrows = Object.fromEntries(KINDS.map((kind) => [kind, svg("path", { "data-arrow": kind })]));
  const missing = svg("path", { "data-arrow": "missing" });
  const crops = svg("path", { class: "cnn-unet-crops" });
  const [rects, texts] = [svg("g"), svg("g")];
  const root = svg("svg", { class: "cnn-unet-picture", role: "img", tabindex: 0 }, ...Object.values(arrows), missing, rects, crops, texts);
  const known = new Map(); // name → rect
  let layout = { boxes: [], width: 1, height: 1 };
  let marked = { here: null, over: null };

  function nameAt(event) {
    const box = root.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * layout.width;
    const y = ((event.clientY - box.top) / box.height) * layout.height;
    let [best, nearest] = [null, NEAR];
    for (const { name, x: left, y: top, w, h: tall } of layout.boxes) {
      const far = Math.max(left - x, x - left - w, top - y, y - top - tall, 0);
      if (far < nearest || (far === 0 && nearest === 0 && best === null)) [best, nearest] = [name, far];
    }
    return best;
  }
  pointAt(on, root, { targetOf: (event) => event && nameAt(event), hover, press });

  return {
    root,
    /** A picture that layOut gives; `large` is no size of its own: all is in em. */
    update(next, { stop, description }) {
      if (next !== layout) draw(next, stop);
      setAttribute(root, "aria-label", description);
    },
    /** Which box is chosen, and which one the pointer is on. */
    mark(here, over) {
      for (const [what, name] of [["here", here], ["over", over]]) {
        if (marked[what] === name) continue;
        known.get(marked[what])?.removeAttribute(`data-${what}`);
        marked[what] = name;
      }
      for (const [what, name] of Object.entries(marked)) if (known.has(name)) setAttribute(known.get(name), `data-${what}`, "true");
    },
  };

  function draw(next, stop) {
    layout = next;
    setAttribute(root, "viewBox", `0 0 ${put(layout.width)} ${put(layout.height)}`);
    root.style.width = `${layout.width.toFixed(2)}em`;
    root.style.height = `${layout.height.toFixed(2)}em`;
    const names = new Set(layout.boxes.map(({ name }) => name));
    for (const [name, rect] of known) {
      if (names.has(name)) continue;
      rect.remove();
      known.delete(name);
    }
    let frames = "";
    for (const { name, kind, x, y, w, h: tall, ghost, crop } of layout.boxes) {
      if (!known.has(name)) {
        known.set(name, svg("rect", { "data-name": name, "data-kind": kind }));
        rects.append(known.get(name));
      }
      const rect = known.get(name);
      for (const [attribute, value] of Object.entries({ x, y, width: w, height: tall })) setAttribute(rect, attribute, put(value));
      setAttribute(rect, "data-ghost", String(ghost));
      setAttribute(rect, "data-stop", stop === name ? "true" : null);
      if (crop) frames += `M${put(x, crop.y)}h${put(w)}v${put(crop.h)}h${put(-w)}z`;
    }
    setAttribute(crops, "d", frames);
    for (const [kind, path] of Object.entries(arrows))
      setAttribute(path, "d", layout.arrows.filter((a) => a.kind === kind && !a.ghost).map(arrow).join(""));
    setAttribute(missing, "d", layout.arrows.filter((a) => a.ghost).map(arrow).join(""));
    while (texts.childNodes.length > layout.labels.length) texts.lastChild.remove();
    layout.labels.forEach(({ text, x, y, kind }, n) => {
      const node = texts.childNodes[n] ?? texts.appendChild(svg("text"));
      setText(node, text);
      for (const [attribute, value] of Object.entries({ x, y })) setAttribute(node, attribute, put(value));
      setAttribute(node, "data-kind", kind);
    });
  }
}

/** What the arrows mean, as a line of text. */
export function createLegend() {
  const entry = (kind) => h("span", { "data-arrow": kind });
  const entries = Object.fromEntries(["conv", "pool", "up", "skip"].map((kind) => [kind, entry(kind)]));
  return {
    root: h("div", { class: "cnn-unet-legend" }, ...Object.values(entries)),
    show({ skip, padding, up, norm }) {
      setText(entries.conv, `→ 3×3 conv${norm ? ", norm" : ""}, ReLU`);
      setText(entries.pool, "↓ 2×2 max pool");
      setText(entries.up, up === "conv" ? "↑ 2×2 up-convolution" : "↑ repeat, 3×3 conv");
      setText(entries.skip, !skip ? "no skips" : padding === "valid" ? "⇢ crop, concatenate" : "⇢ concatenate");
    },
  };
}
