// Play, pause, one step back and forward, and speed.

import { h, button, slider, setText, setAttribute } from "./dom.js";

/**
 * step(by)   moves the state by one step and returns false at the end
 * begin()    called when playing begins; true if a first state is to be seen before the next   rested()   called when it stops: the moment to save
 */
export function createPlayer({ on, onClose, onReset, step, begin, rested, speed = 2, what = "step", pace: perSecond = (v) => `${v}/s` }) {
  let playing = false;
  let frame = 0;
  let due = 0;
  const tick = (now) => {
    if (!playing) return;
    if (now >= due) {
      due = now + 1000 / speed;
      if (step(1) === false) return stop();
    }
    frame = requestAnimationFrame(tick);
  };
  function stop() {
    if (!playing) return;
    playing = false;
    cancelAnimationFrame(frame);
    show();
    rested();
  }
  function start() {
    playing = true;
    due = begin?.() ? performance.now() + 1000 / speed : 0; // what it begins with stands for one step
    show();
    frame = requestAnimationFrame(tick);
  }
  const toggle = () => (playing ? stop() : start());
  const once = (by) => {
    stop();
    step(by);
    rested();
  };
  const play = button(on, { text: "▶ play", title: "Play or pause (Space)", pressed: "false", click: toggle });
  const show = () => {
    setText(play, playing ? "❚❚ pause" : "▶ play");
    setAttribute(play, "aria-pressed", String(playing));
  };
  const pace = slider(on, { label: "speed", min: 1, max: 20, format: perSecond, input: (v) => { speed = v; pace.show(v); } });
  pace.show(speed);
  onReset(stop);
  onClose(() => {
    playing = false;
    cancelAnimationFrame(frame);
  });
  const root = h("div", { class: "cnn-player" },
    play,
    button(on, { text: "◀", title: `One ${what} back`, click: () => once(-1) }),
    button(on, { text: "▶", title: `One ${what} forward`, click: () => once(1) }),
    pace.root,
  );
  return { root, toggle, stop, get playing() { return playing; } };
}
