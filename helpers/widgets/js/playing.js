// What plays until it is stopped: its button, and its frames.

import { button, setAttribute, setText } from "./dom.js";

/**
 * begin()    called when it starts   frame(now) called in every frame; false: it has come to the end
 * rested()   called when it stops: the moment to save
 */
export function createPlaying({ on, onClose, onReset, title, begin, frame, rested }) {
  let playing = false;
  let asked = 0; // the frame that was asked for
  const tick = (now) => {
    if (!playing) return;
    if (frame(now) === false) return stop();
    asked = requestAnimationFrame(tick);
  };
  function halt() {
    playing = false;
    cancelAnimationFrame(asked);
  }
  function stop() {
    if (!playing) return;
    halt();
    show();
    rested();
  }
  function start() {
    if (playing) return;
    playing = true;
    begin();
    show();
    asked = requestAnimationFrame(tick);
  }
  const toggle = () => (playing ? stop() : start());
  const play = button(on, { text: "▶ play", title, pressed: "false", click: toggle });
  const show = () => {
    setText(play, playing ? "❚❚ pause" : "▶ play");
    setAttribute(play, "aria-pressed", String(playing));
  };
  onReset(stop);
  onClose(halt);
  return { button: play, start, stop, toggle, get playing() { return playing; } };
}
