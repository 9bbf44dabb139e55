// The image with the receptive field of a cell, and the part inside of it enlarged.

import { h, setAttribute, setText } from "../dom.js";
import { chooseScale, extremes, planesOf } from "../images.js";
import { createPicture } from "../picture.js";
import { range, times } from "../numbers.js";
import { boxesOf, wraps } from "./maps.js";

/** Place a box that covers [first, last] rows and columns of a picture [height, width]. */
function place(node, [[top, bottom], [left, right]], [height, width]) {
  node.style.top = `${(100 * top) / height}%`;
  node.style.left = `${(100 * left) / width}%`;
  node.style.height = `${(100 * (bottom - top + 1)) / height}%`;
  node.style.width = `${(100 * (right - left + 1)) / width}%`;
}

export function createSeen({ on }) {
  const picture = createPicture({ on, role: "input" });
  const beyond = h("div", { class: "cnn-beyond" });
  const frames = [picture.frame, ...range(8).map(() => h("div", { class: "cnn-frame", hidden: true }))]; // around edges
  picture.canvas.parentElement.append(beyond, ...frames.slice(1));
  const around = h("div", { class: "cnn-around" });
  picture.canvas.parentElement.replaceWith(around);
  around.append(picture.frame.parentElement);

  const patch = h("canvas", { role: "img" });
  const title = h("div", { class: "cnn-title", "data-role": "input" });
  const holder = h("div", { class: "cnn-patch" }, patch);
  const patchPanel = h("div", { class: "cnn-panel", "data-role": "patch" }, title, holder);
  let size = [1, 1];
  let shown = null;
  let cut = "";

  function drawPatch(box, side, around) {
    const [[top, bottom], [left, right]] = box;
    const [height, width] = [bottom - top + 1, right - left + 1];
    const em = side / Math.max(height, width);
    holder.style.width = `${em * width}em`;
    holder.style.height = `${em * height}em`;
    if (cut === String(box)) return;
    cut = String(box);
    [patch.width, patch.height] = [width, height];
    const [tall, wide] = around ? size : [0, 0];
    for (const down of around ? [-tall, 0, tall] : [0])
      for (const right of around ? [-wide, 0, wide] : [0])
        patch.getContext("2d").drawImage(picture.canvas, right - left, down - top);
  }

  return {
    roots: [picture.root, patchPanel],
    /** entry: the picture; field: of the cell, or null; side, small: em across the picture and the patch. */
    show(entry, name, field, { side, small }, description) {
      if (shown !== entry) {
        const planes = planesOf(entry);
        size = [planes[0].height, planes[0].width];
        const data = planes.map((plane) => plane.data);
        picture.show(data, ...size, chooseScale(extremes(data), { shown: "auto", field: entry.field, sum: 1 }));
        [shown, cut] = [entry, ""];
      }
      const text = `${name}, ${times(size)}`;
      picture.describe(text, `Input: ${text}. ${description}`, [side, side]);
      const clipped = field?.clipped ?? null;
      const all = field?.unclipped ?? clipped;
      const boxes = field ? boxesOf(field, size) : [];
      frames.forEach((frame, n) => {
        frame.hidden = !boxes[n];
        if (boxes[n]) place(frame, boxes[n], size);
      });
      beyond.hidden = !all || String(all) === String(clipped);
      if (!beyond.hidden) place(beyond, all, size);
      patch.hidden = !all;
      setAttribute(patchPanel, "data-empty", String(!all));
      if (all) drawPatch(all, small, wraps(field, size));
      setText(title, all ? `what it sees, ${times(all.map(([low, high]) => high - low + 1))}` : "what it sees");
      setAttribute(patch, "aria-label", `What the cell sees, enlarged. ${description}`);
    },
  };
}
