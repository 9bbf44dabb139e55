// One network: its heat map over all shifts, and below it what it says to the digit at one of them.

import { h, svg, setAttribute, setText } from "../dom.js";
import { createGrid } from "../grid.js";
import { viridis } from "../colors.js";
import { range } from "../numbers.js";
import { CLASSES } from "./results.js";
import { shiftText } from "../transforms.js";
import { markOf, percent, verdict } from "./text.js";

const [STEP, TALL, NAMES] = [20, 66, 25]; // user units: one class across, a probability of 1 at most, names below
const READABLE = 1.3; // em: smaller cells are only coloured
const VERDICT = 9.1; // em: a narrower map has its verdict on two lines, whatever it says

/** hover(shift | null), press(shift), drag(shift), release(); touch() when this map is used in any way. */
export function createNetwork({ on, touch, ...pointing }) {
  const map = createGrid({
    on, role: "accuracy", label: "accuracy", keyed() {}, ...pointing, // the arrow keys are the widget's
    press: (shift) => { touch(); pointing.press(shift); },
  });
  on(map.picture, "focus", touch);
  const [average, here] = [0, 1].map(() => h("span", {}));
  map.holder.before(h("div", { class: "cnn-shift-said" }, average, here));

  const bars = range(CLASSES).map((n) => ({
    bar: svg("rect", { x: n * STEP + 3, width: STEP - 6 }),
    box: svg("rect", { class: "cnn-true", x: n * STEP + 1.5, y: 3, width: STEP - 3, height: 18 }),
    name: svg("text", { x: (n + 0.5) * STEP, y: 12.5, text: String(n) }),
  }));
  const drawing = svg("g", {}, ...bars.flatMap(({ bar, box, name }) => [bar, box, name]));
  const chart = svg("svg", { class: "cnn-says", role: "img" },
    svg("path", { d: `M0 0H${CLASSES * STEP}` }), drawing); // bars stand on 0
  const [said, mark, sure] = [h("span", {}), h("span", { class: "cnn-tick" }), h("span", {})];
  const root = h("div", { class: "cnn-network" }, map.root, chart,
    h("div", { class: "cnn-answer" }, h("b", {}, said, mark), sure));

  return {
    root,
    /** Cells are em wide, the bars with their names at most `high` em. */
    update({ results, n, shift, digit, em, high, touched }) {
      const { radius, size, names } = results;
      const name = names[n];
      const now = results.accuracy(n, shift);
      const readable = em >= READABLE;
      const [mean, value] = [percent(results.mean(n)), percent(now)];
      const where = shiftText(shift) || "no shift";
      map.update({
        layout: { rows: size, cols: size, origin: [-radius, -radius] }, em,
        value: (at) => (readable ? Math.round(100 * results.accuracy(n, at)) : null),
        color: (_, at) => viridis(results.accuracy(n, at)),
        outlines: [
          { name: "middle-edge", kind: "edge", cells: [[0, 0]] }, { name: "middle", kind: "middle", cells: [[0, 0]] },
          { name: "shift-edge", kind: "halo", cells: [shift] }, { name: "shift", kind: "shift", cells: [shift] },
        ],
        titleText: name,
        description: `Accuracy of ${name} at ${size}×${size} shifts: ${mean} on average, ${value} at ${where}.`,
      });
      setAttribute(root, "data-touched", String(touched));
      setAttribute(root, "data-narrow", String(em * size < VERDICT));
      setText(average, `mean ${mean}`);
      setText(here, `here ${value}`);

      const label = results.label(digit);
      const scores = results.scores(n, shift, digit);
      const found = verdict(scores, label);
      const unit = (em * size) / (CLASSES * STEP); // em
      const tall = Math.min(TALL, high / unit - NAMES);
      setAttribute(chart, "viewBox", `0 ${(-tall - 2).toFixed(2)} ${CLASSES * STEP} ${(tall + NAMES).toFixed(2)}`);
      setAttribute(root, "data-right", String(found.right));
      bars.forEach(({ bar, box, name: text }, k) => {
        setAttribute(bar, "y", (-scores[k] * tall).toFixed(2));
        setAttribute(bar, "height", (scores[k] * tall).toFixed(2));
        setAttribute(bar, "data-said", String(k === found.said));
        setAttribute(text, "data-said", String(k === found.said));
        setAttribute(box, "visibility", k === label ? "visible" : "hidden");
      });
      chart.style.width = map.holder.style.width;
      drawing.style.fontSize = `${Math.min(16, 1 / unit).toFixed(1)}px`; // as the text around it
      setText(said, `says ${found.said} `);
      setText(mark, markOf(found));
      setText(sure, percent(found.share));
      const listed = Array.from(scores, (p, k) => `${k}: ${percent(p)}`).join(", ");
      setAttribute(chart, "aria-label", `${name} says ${found.said}, it is a ${label}. Probabilities ${listed}.`);
    },
  };
}
