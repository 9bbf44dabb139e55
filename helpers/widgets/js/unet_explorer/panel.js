// Beside the U: the input and, in the same scale, the output; a pixel of the output and the part of the input that it sees.

import { h, setAttribute, setText } from "../dom.js";
import { followPointer } from "../pointer.js";
import { tableFor } from "../colors.js";
import { paint } from "../images.js";
import { scaleOf } from "../feature_map_explorer/maps.js";
import { pieces } from "./fields.js";
import { sizeText } from "./layout.js";

const TITLE = 1.6; // em

/** Paint channel `n` of maps into a canvas of their size. */
export function paintMap(canvas, maps, n, scale = scaleOf(maps)) {
  if (canvas.width !== maps.width || canvas.height !== maps.height) [canvas.width, canvas.height] = [maps.width, maps.height];
  const pixels = new ImageData(maps.width, maps.height);
  paint([maps.plane(n)], scale, tableFor(scale), pixels.data);
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

function createFigure(role, title) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const marks = h("div", { class: "cnn-unet-marks" });
  const holder = h("div", { class: "cnn-unet-holder", role: "img" }, canvas, marks);
  const heading = h("div", { class: "cnn-title", text: title });
  let painted = null;
  return {
    root: h("div", { class: "cnn-panel", "data-role": role }, heading, holder),
    holder,
    inner: marks, // within the border
    show(text, description, [tall, wide]) {
      setText(heading, text);
      setAttribute(holder, "aria-label", description);
      holder.style.height = `${tall.toFixed(2)}em`;
      holder.style.width = `${wide.toFixed(2)}em`;
    },
    paint(maps) {
      if (maps === painted) return;
      painted = maps;
      canvas.hidden = !maps;
      if (maps) paintMap(canvas, maps, 0);
    },
    /** boxes: [kind, [[top, bottom], [left, right]]] in pixels of a map of this size. */
    mark(boxes, [rows, columns]) {
      while (marks.childNodes.length > boxes.length) marks.lastChild.remove();
      boxes.forEach(([kind, [[top, bottom], [left, right]]], n) => {
        const node = marks.childNodes[n] ?? marks.appendChild(h("div"));
        setAttribute(node, "data-kind", kind);
        node.style.top = `${((100 * top) / rows).toFixed(3)}%`;
        node.style.left = `${((100 * left) / columns).toFixed(3)}%`;
        node.style.height = `${((100 * (bottom + 1 - top)) / rows).toFixed(3)}%`;
        node.style.width = `${((100 * (right + 1 - left)) / columns).toFixed(3)}%`;
      });
    },
  };
}

/** hover(pixel | null), press(pixel), drag(pixel), release(), keyed(event). */
export function createPanel({ on, hover, press, drag, release, keyed }) {
  const input = createFigure("input", "input");
  const output = createFigure("output", "output");
  const root = h("div", { class: "cnn-unet-panel" }, input.root, output.root);
  let size = null;
  output.holder.tabIndex = 0;
  const pixelOf = (event) => {
    const box = output.inner.getBoundingClientRect();
    const at = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
    return at.map((share, axis) => Math.min(size[axis] - 1, Math.max(0, Math.floor(share * size[axis]))));
  };
  const there = (act) => (event) => size && act(pixelOf(event));
  followPointer(on, output.holder, { hover: there(hover), leave: () => hover(null), press: there(press), drag: there(drag), release });
  on(output.holder, "keydown", keyed);

  return {
    root,
    /** sees: {pixel, field, skip} | null; maps: {input, output} | null; room: [tall, wide] em. */
    show(net, sees, maps, [tall, wide], words) {
      const of = net.settings.input_size;
      size = net.output;
      const em = Math.min(wide / of[1], (tall / 2 - TITLE) / of[0]);
      input.show(`input ${sizeText(of)}`, words.input, of.map((side) => side * em));
      output.show(size ? `output ${sizeText(size)}` : "no output", words.output, size ? size.map((side) => Math.max(0.3, side * em)) : [0.3, 0.3]);
      setAttribute(output.holder, "data-empty", String(!size));
      input.paint(maps?.input ?? null);
      output.paint(maps?.output ?? null);
      const boxes = (kind, field) => (field ? pieces(field, of).map((piece) => [kind, piece]) : []);
      input.mark(sees ? [...boxes("field", sees.field), ...boxes("skip", sees.skip)] : [], of);
      output.mark(sees ? [["pixel", sees.pixel.map((at) => [at, at])]] : [], size ?? [1, 1]);
    },
  };
}

/** The first channels of a map, side by side. */
export function createTiles() {
  const title = h("div", { class: "cnn-title" });
  const list = h("div", { class: "cnn-unet-tiles", role: "img" });
  let shown = null;
  return {
    root: h("div", { class: "cnn-unet-maps" }, title, list),
    /** name of the map, maps as unpacked, `of` so many, room [tall, wide] em. */
    show(name, maps, of, [tall, wide]) {
      const count = maps.channels;
      const em = Math.min(tall / maps.height, (wide - 0.3 * count) / count / maps.width);
      list.style.setProperty("--tall", `${Math.max(0.3, em * maps.height).toFixed(2)}em`);
      list.style.setProperty("--wide", `${Math.max(0.3, em * maps.width).toFixed(2)}em`);
      if (shown === maps) return;
      shown = maps;
      const scale = scaleOf(maps);
      const kind = scale.kind === "signed" ? "blue below 0, red above" : "viridis from 0";
      setText(title, `${name}: ${count < of ? `${count} of ${of} maps` : `${count} map${count > 1 ? "s" : ""}`}, ${kind}, one scale`);
      setAttribute(list, "aria-label", `${count} maps of ${name}, ${maps.height}×${maps.width} each.`);
      while (list.childNodes.length > count) list.lastChild.remove();
      for (let n = 0; n < count; n++) paintMap(list.childNodes[n] ?? list.appendChild(h("canvas", { "aria-hidden": "true" })), maps, n, scale);
    },
  };
}
