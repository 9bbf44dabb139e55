// Play: the camera goes slowly around, a little in every frame.

import { h, slider } from "../dom.js";
import { createPlaying } from "../playing.js";

/** turn(degrees) moves the camera; rested() is called when it stops: the moment to save. */
export function createTurning({ on, onClose, onReset, turn, rested, speed = 20 }) {
  let before = 0;
  const playing = createPlaying({
    on, onClose, onReset, rested, title: "Turn slowly, or pause (Space)",
    begin() {
      before = performance.now();
    },
    frame(now) {
      // after a pause of the page it goes on from where it was
      turn(speed * Math.min(0.1, Math.max(0, now - before) / 1000));
      before = now;
    },
  });
  const pace = slider(on, {
    label: "speed", min: 5, max: 60, step: 5, format: (v) => `${v}°/s`,
    input: (v) => { speed = v; pace.show(v); },
  });
  pace.show(speed);
  const root = h("div", { class: "cnn-player" }, playing.button, pace.root);
  return { root, start: playing.start, stop: playing.stop, get playing() { return playing.playing; } };
}
