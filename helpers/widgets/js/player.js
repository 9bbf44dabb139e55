// Play, pause, one step back and forward, and speed.

import { h, button, slider } from "./dom.js";
import { createPlaying } from "./playing.js";

/**
 * step(by)   moves the state by one step and returns false at the end
 * begin()    called when playing begins; true if a first state is to be seen before the next   rested()   called when it stops: the moment to save
 */
export function createPlayer({ on, onClose, onReset, step, begin, rested, speed = 2, what = "step", pace: perSecond = (v) => `${v}/s` }) {
  let due = 0;
  const playing = createPlaying({
    on, onClose, onReset, rested, title: "Play or pause (Space)",
    begin() {
      due = begin?.() ? performance.now() + 1000 / speed : 0; // what it begins with stands for one step
    },
    frame(now) {
      if (now < due) return true;
      due = now + 1000 / speed;
      return step(1);
    },
  });
  const once = (by) => {
    playing.stop();
    step(by);
    rested();
  };
  const pace = slider(on, { label: "speed", min: 1, max: 20, format: perSecond, input: (v) => { speed = v; pace.show(v); } });
  pace.show(speed);
  const root = h("div", { class: "cnn-player" },
    playing.button,
    button(on, { text: "◀", title: `One ${what} back`, click: () => once(-1) }),
    button(on, { text: "▶", title: `One ${what} forward`, click: () => once(1) }),
    pace.root,
  );
  return { root, toggle: playing.toggle, stop: playing.stop, get playing() { return playing.playing; } };
}
