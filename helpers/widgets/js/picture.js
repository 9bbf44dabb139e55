// An image on a canvas, with its scale below, a frame that follows a pixel, and pointer events in pixels.

import { h, setAttribute, setText } from "./dom.js";
import { paint } from "./images.js";
import { tableFor } from "./colors.js";
import { format } from "./numbers.js";
import { followPointer } from "./pointer.js";

/**
 * hover([row, col] | null), press(cell, share), drag(cell, share), release(); share is the place across, 0 to 1.
 * dividing: {input(share), change()} of the slider that moves the divider by keyboard.
 */
export function createPicture({ on, role, keyed, hover, press, drag, release, dividing }) {
  const canvas = h("canvas", { role: "img", tabindex: keyed ? 0 : null });
  const frame = h("div", { class: "cnn-frame" });
  const divider = h("div", { class: "cnn-divider", hidden: true });
  const slide = h("input", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": "divider between input and output", hidden: true });
  const holder = h("div", { class: "cnn-picture" }, canvas, frame, divider, dividing ? slide : null);
  if (dividing) {
    on(slide, "input", () => dividing.input(Number(slide.value)));
    on(slide, "change", dividing.change);
  }
  const title = h("div", { class: "cnn-title", "data-role": role });
  const bar = h("canvas", { class: "cnn-scale", width: 256, height: 1, "aria-hidden": "true" });
  const ticks = h("div", { class: "cnn-ticks" });
  const root = h("div", { class: "cnn-panel", "data-role": role }, title, holder, bar, ticks);
  const context = canvas.getContext("2d");
  let image = null;
  let table = null;
  let tableOf = "";

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
  };
  const cellOf = ([down, across]) => [
    Math.min(canvas.height - 1, Math.max(0, Math.floor(down * canvas.height))),
    Math.min(canvas.width - 1, Math.max(0, Math.floor(across * canvas.width))),
  ];
  followPointer(on, canvas, {
    press: press && ((event) => press(cellOf(place(event)), place(event)[1])),
    drag: drag && ((event) => drag(cellOf(place(event)), place(event)[1])),
    hover: hover && ((event) => hover(cellOf(place(event)))),
    leave: hover && (() => hover(null)),
    release,
  });
  if (keyed) on(canvas, "keydown", keyed);

  /** The colours from the lowest to the highest value, with their numbers. */
  function drawBar({ kind, low, high }, channels) {
    const pixels = new ImageData(256, 1);
    const steps = Float64Array.from({ length: 256 }, (_, n) => low + (n / 255) * (high - low));
    paint(channels > 1 ? [steps, steps, steps] : [steps], { kind, low, high }, table, pixels.data);
    bar.getContext("2d").putImageData(pixels, 0, 0);
    const marks = kind === "signed" ? [low, 0, high] : [low, high];
    const text = marks.map((v) => format(v, Math.abs(high - low) < 0.1 ? 4 : 2));
    if (ticks.dataset.marks !== text.join()) {
      ticks.dataset.marks = text.join();
      ticks.replaceChildren(...text.map((t) => h("span", { text: t })));
    }
  }

  return {
    root,
    canvas,
    frame,
    /** planes: arrays of height · width values; under: planes to show left of `split` (0 to 1). */
    show(planes, height, width, scale) {
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
        image = null;
      }
      image ??= new ImageData(width, height);
      const wanted = `${scale.kind}|${scale.low}|${scale.high}`;
      if (wanted !== tableOf) {
        tableOf = wanted;
        table = tableFor(scale);
      }
      paint(planes, scale, table, image.data);
      context.putImageData(image, 0, 0);
      drawBar(scale, planes.length);
    },
    /** Lay the left part of another picture over this one. */
    cover(other, share) {
      divider.hidden = slide.hidden = share === null;
      if (share === null) return;
      const width = Math.round(share * canvas.width);
      if (width > 0) context.drawImage(other, 0, 0, width, canvas.height, 0, 0, width, canvas.height);
      divider.style.left = `${100 * share}%`;
      if (Number(slide.value) !== share) slide.value = share;
    },
    /** Title and description; as large as fits into [height, width] em. */
    describe(titleText, text, [tall, wide]) {
      setText(title, titleText);
      setAttribute(canvas, "aria-label", text);
      const em = Math.min(tall / canvas.height, wide / canvas.width);
      root.style.width = `${em * canvas.width}em`;
      holder.style.width = "100%";
      holder.style.height = `${em * canvas.height}em`;
    },
    /** Frame the pixels from [top, left], height × width of them. */
    mark([top, left], height, width) {
      const percent = (v, of) => `${(100 * v) / of}%`;
      frame.style.top = percent(top, canvas.height);
      frame.style.left = percent(left, canvas.width);
      frame.style.height = percent(height, canvas.height);
      frame.style.width = percent(width, canvas.width);
    },
  };
}
