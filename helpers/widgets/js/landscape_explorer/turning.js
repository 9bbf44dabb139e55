// Play: the camera goes slowly around, a little in every frame.

import { h, button, slider, setAttribute, setText } from "../dom.js";

/** turn(degrees) moves the camera; rested() is called when it stops: the moment to save. */
export function createTurning({ on, onClose, onReset, turn, rested, speed = 20 }) {
  let playing = false;
  let frame = 0;
  let before = 0;
  const tick = (now) => {
    if (!playing) return;
    // after a pause of the page it goes on from where it was
    turn(speed * Math.min(0.1, Math.max(0, now - before) / 1000));
    before = now;
    frame = requestAnimationFrame(tick);
  };
  const show = () => {
    setText(play, playing ? "❚❚ pause" : "▶ play");
    setAttribute(play, "aria-pressed", String(playing));
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
    before = performance.now();
    show();
    frame = requestAnimationFrame(tick);
  }
  const play = button(on, { text: "▶ play", title: "Turn slowly, or pause (Space)", pressed: "false",
    click: () => (playing ? stop() : start()) });
  const pace = slider(on, {
    label: "speed", min: 5, max: 60, step: 5, format: (v) => `${v}°/s`,
    input: (v) => { speed = v; pace.show(v); },
  });
  pace.show(speed);
  onReset(stop);
  onClose(() => {
    playing = false;
    cancelAnimationFrame(frame);
  });
  return {
    root: h("div", { class: "cnn-player" }, play, pace.root),
    start, stop, get playing() { return playing; },
  };
}
