// One landscape: its name and its canvas, which shows the surface or the map of it.

import { h, setAttribute, setText } from "../dom.js";
import { followPointer } from "../pointer.js";
import { createMap } from "./map.js";
import { createScene } from "./scene.js";

const STILL = 4; // pixels: a pointer that moved less between press and release has clicked

/** hover(place | null), click(place), turn([right, up] in degrees), release(); places are [row, column]. */
export function createPanel({ on, hover, click, turn, release, keyed }) {
  const canvas = h("canvas", { role: "img", tabindex: 0 });
  const title = h("div", { class: "cnn-title" });
  const root = h("div", { class: "cnn-landscape" }, title, canvas);
  const context = canvas.getContext("2d");
  const [scene, map] = [createScene(), createMap()];
  let now = null; // what was drawn last
  let held = null; // {at, last, moved}

  const pointOf = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const placeOf = (event) => (now.flat ? map.placeAt(pointOf(event), now.surface) : scene.placeAt(pointOf(event)));
  followPointer(on, canvas, {
    hover: (event) => hover(placeOf(event)),
    leave: () => hover(null),
    press(event) {
      const at = pointOf(event);
      held = { at, last: at, moved: false };
    },
    drag(event) {
      const at = pointOf(event);
      held.moved ||= Math.hypot(at[0] - held.at[0], at[1] - held.at[1]) >= STILL;
      if (!held.moved) return;
      const [dx, dy] = [at[0] - held.last[0], at[1] - held.last[1]];
      held.last = at;
      if (now.flat) hover(placeOf(event));
      else turn([-0.5 * dx, 0.4 * dy]);
    },
    release(event) {
      const { moved } = held;
      held = null;
      if (moved && !now.flat) return release();
      const place = placeOf(event);
      if (place) click(place);
    },
  });
  on(canvas, "keydown", keyed);

  return {
    root,
    /** drawing: what scene.draw and map.draw take; room: [high, wide] in em of the canvas. */
    update({ name, text, flat, drawing, room: [high, wide], ratio }) {
      const { em } = drawing.look;
      const [width, height] = [Math.round(wide * em), Math.round(high * em)];
      const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      setAttribute(canvas, "data-flat", String(flat));
      setText(title, name);
      setAttribute(canvas, "aria-label", text);
      now = { flat, surface: drawing.surface };
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      (flat ? map : scene).draw(context, { ...drawing, width, height, ratio });
    },
  };
}
