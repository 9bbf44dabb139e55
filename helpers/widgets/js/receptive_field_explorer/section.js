// The stack cut along one axis: a row of units for each level, the input at the bottom, and the cone of one unit.

import { setAttribute, setText, svg } from "../dom.js";
import { followPointer } from "../pointer.js";
import { clamp } from "../arithmetic.js";
import { range } from "../numbers.js";
import { settings, taps } from "../receptive_fields.js";

const EM = 13; // user units
const LETTER = 0.58; // em that a letter of a label takes, in bold
const LINES = 500; // at most so many taps are drawn one by one
const round = (v) => Math.round(v * 10) / 10;
const box = (x, y, w, h) => `M${round(x)} ${round(y)}h${round(w)}v${round(h)}h${round(-w)}z`;

/** Neighbours in a sorted list as [first, last]. */
export function runs(sorted) {
  const all = [];
  for (const v of sorted)
    if (all.length && all.at(-1)[1] === v - 1) all.at(-1)[1] = v;
    else all.push([v, v]);
  return all;
}

/** hover({level, unit} | null), press({level, unit}), drag(unit), release(); level 0 is the input. */
export function createSection({ on, hover, press, drag, release }) {
  const layer = (name) => svg("path", { class: `cnn-rf-${name}` });
  const names = ["skips", "maps", "padding", "cone", "taps", "beyond", "seen", "pixels", "unit", "grid"];
  const parts = Object.fromEntries(names.map((name) => [name, layer(name)]));
  const labels = svg("g", { class: "cnn-rf-labels" });
  const ticks = range(4).map(() => svg("text", {}));
  const root = svg("svg", { class: "cnn-rf-section", role: "img", tabindex: 0 },
    ...Object.values(parts), labels, svg("g", { class: "cnn-rf-ticks" }, ...ticks));
  let frame = null; // {x, y, row, info, axis, …} of the last drawing
  let stack = null; // what the rows were drawn for

  function target(event, held = null) {
    const [view, at] = [root.getBoundingClientRect(), frame];
    const x = ((event.clientX - view.left) / view.width) * at.width;
    const y = ((event.clientY - view.top) / view.height) * at.height;
    const level = clamp(held ?? Math.round((at.bottom - y) / at.row - 0.5), at.levels); // layers may go while it is held
    const { at: zero, step } = at.info.places[level];
    const unit = clamp(Math.round((at.pixel(x) - zero) / step), at.info.sizes[level][at.axis]);
    return { level, unit };
  }
  let held = null;
  followPointer(on, root, {
    press(event) {
      if (!frame) return;
      const found = target(event);
      held = found.level;
      press(found);
    },
    drag: (event) => frame && drag(target(event, held)),
    hover: (event) => frame && hover(target(event)),
    leave: () => hover(null),
    release,
  });

  function layout(info, axis, [wide, tall]) {
    const levels = info.laws.length;
    const size = info.input[axis];
    const margin = (value) => Math.min(Math.max(0, value), Math.ceil(size / 2));
    const law = info.reach[axis];
    const from = -margin(-law[0]) - 0.5;
    const to = size - 1 + margin(law[1] - (size - 1)) + 0.5;
    const [width, height] = [wide * EM, tall * EM];
    const longest = Math.max(5, ...info.names.map((name) => name.length));
    const left = Math.min(0.36 * width, (1 + LETTER * longest) * EM);
    const right = width - (info.layers.some(({ skip = null }) => skip !== null) ? 2.2 : 0.4) * EM;
    const scale = (right - left) / (to - from);
    const row = (height - 2 * EM) / levels;
    return {
      info, axis, levels, width, height, left, right, from, to, row, scale,
      bottom: height - 1.4 * EM,
      thick: row > 0.7 * EM ? Math.min(0.6 * row, 1.5 * EM) : 0.72 * row,
      x: (v) => left + (v - from) * scale,
      pixel: (x) => from + (x - left) / scale,
    };
  }
  const top = (at, level) => at.bottom - (level + 0.5) * at.row - at.thick / 2;
  /** [left end, right end] of units first to last of a level, inside the drawing. */
  function sides(at, level, first, last) {
    const { at: zero, step } = at.info.places[level];
    const cut = (v) => Math.min(Math.max(v, at.x(at.from)), at.x(at.to));
    return [cut(at.x(zero + step * (first - 0.5))), cut(at.x(zero + step * (last + 0.5)))];
  }
  function bar(at, level, first, last) {
    const [a, b] = sides(at, level, first, last);
    const gap = at.info.places[level].step * at.scale > 4 ? 0.5 : 0;
    return b - a < 0.2 ? "" : box(a + gap, top(at, level), b - a - 2 * gap, at.thick);
  }
  /** Units one by one where they can be told apart, else as bars. */
  function bars(at, level, units) {
    if (at.info.places[level].step * at.scale > 4) return units.map((i) => bar(at, level, i, i)).join("");
    return runs(units).map(([first, last]) => bar(at, level, first, last)).join("");
  }

  function drawRows(at) {
    const { info, axis } = at;
    const maps = range(at.levels).map((level) => bar(at, level, 0, info.sizes[level][axis] - 1));
    let [lines, hatch, skips] = ["", "", ""];
    const hatched = (level, first, last) => {
      if (last < first) return;
      const [a, b] = sides(at, level, first, last);
      const y = top(at, level);
      for (let x = Math.ceil(a / 4) * 4; x < b; x += 4) {
        const reach = Math.min(at.thick, b - x);
        hatch += `M${x} ${round(y + at.thick)}l${round(reach)} ${round(-reach)}`;
      }
    };
    range(at.levels).forEach((level) => {
      const size = info.sizes[level][axis];
      const { step, at: zero } = info.places[level];
      const between = (i) => `M${round(at.x(zero + step * (i - 0.5)))} ${round(top(at, level))}v${round(at.thick)}`;
      if (step * at.scale > 4 && at.thick > 4) lines += range(size - 1, 1).map(between).join("");
      const above = info.layers[level] && settings(info.layers[level]);
      if (above && (above.type === "conv" || above.type === "pool")) {
        hatched(level, -above.padding[0], -1);
        hatched(level, size, size - 1 + above.padding[1]);
      }
    });
    const joins = info.layers.flatMap(({ skip = null }, n) => (skip === null ? [] : [[skip + 1, n + 1]]));
    for (const [low, high] of joins) {
      const inner = joins.filter(([a, b]) => a >= low && b <= high).length; // wider ones go around
      const x = at.right + 3 + 5 * Math.min(inner, 4);
      const [y, down] = [top(at, high) + at.thick * 0.35, top(at, low) + at.thick * 0.65];
      skips += `M${at.right + 1} ${round(down)}H${x}V${round(y)}H${at.right + 1}l3 -2m-3 2l3 2`;
    }
    setAttribute(parts.maps, "d", maps.join(""));
    setAttribute(parts.grid, "d", lines);
    setAttribute(parts.padding, "d", hatch);
    setAttribute(parts.skips, "d", skips);
  }

  function drawCone(at, { level, seen, law }) {
    const { info, axis } = at;
    const found = { cone: "", taps: "", beyond: "", seen: "" };
    const count = (units, n) => (n ? units.length * (info.layers[n - 1].kernel_size ?? 1) : 0);
    const few = seen.reduce((sum, units, n) => sum + count(units, n), 0) < LINES;
    const middle = (n, i) => at.x(info.places[n].at + info.places[n].step * i);
    for (let n = level; n >= 0; n--) {
      if (!seen[n].length) continue;
      if (n > 0 && n < level) found.seen += bars(at, n, seen[n]);
      const size = info.sizes[n][axis];
      const outside = law[n].filter((i) => i < 0 || i >= size);
      found.beyond += runs(outside).map(([first, last]) => bar(at, n, first, last)).join("");
      if (n === 0) continue;
      const s = settings(info.layers[n - 1]);
      const below = info.sizes[n - 1][axis];
      const real = seen[n].flatMap((i) => taps(s, i).filter((t) => t >= 0 && t < below).map((t) => [i, t]));
      if (!real.length) continue;
      const reads = real.map(([, t]) => t);
      const [a, b] = sides(at, n, seen[n][0], seen[n].at(-1));
      const [c, d] = sides(at, n - 1, reads.reduce((x, y) => Math.min(x, y)), reads.reduce((x, y) => Math.max(x, y)));
      const [y, down] = [round(top(at, n) + at.thick), round(top(at, n - 1))];
      found.cone += `M${round(a)} ${y}H${round(b)}L${round(d)} ${down}H${round(c)}z`;
      if (few && at.row > 14)
        for (const [i, t] of real) found.taps += `M${round(middle(n, i))} ${y}L${round(middle(n - 1, t))} ${down}`;
    }
    for (const name of Object.keys(found)) setAttribute(parts[name], "d", found[name]);
    setAttribute(parts.pixels, "d", bars(at, 0, seen[0]));
    const own = seen[level][0];
    const [a, b] = sides(at, level, own, own);
    const least = Math.max(b - a, 4); // a unit of a pixel's width must be seen, too
    setAttribute(parts.unit, "d", box((a + b - least) / 2, top(at, level), least, at.thick));
  }

  function shortened(name, room) {
    const most = Math.floor((room / EM - 0.6) / LETTER);
    return name.length > most ? `${name.slice(0, most - 1)}…` : name;
  }
  /** As many names as fit, those of the input and the layer in focus first. */
  function drawLabels(at, level) {
    const order = [level, 0, at.levels - 1, ...range(at.levels)];
    const placed = [];
    for (const n of order) {
      const y = at.bottom - (n + 0.5) * at.row;
      if (placed.every((other) => Math.abs(other.y - y) > 1.1 * EM)) placed.push({ n, y });
    }
    while (labels.childElementCount < placed.length) labels.append(svg("text", {}));
    [...labels.children].forEach((node, i) => {
      const one = placed[i];
      setText(node, one ? shortened(one.n ? at.info.names[one.n - 1] : "input", at.left) : "");
      if (!one) return;
      setAttribute(node, "x", round(at.left - 0.5 * EM));
      setAttribute(node, "y", round(one.y));
      setAttribute(node, "data-here", String(one.n === level));
    });
  }

  function drawTicks(at, seen) {
    const last = at.info.input[at.axis] - 1;
    const wanted = seen.length ? [seen[0], seen.at(-1), 0, last] : [0, last];
    const placed = [];
    ticks.forEach((node, i) => {
      const x = i < wanted.length ? at.x(wanted[i]) : 0;
      const free = i < wanted.length && placed.every((other) => Math.abs(other - x) > 2 * EM);
      setText(node, free ? String(wanted[i]) : "");
      if (!free) return;
      placed.push(x);
      setAttribute(node, "x", round(x));
      setAttribute(node, "y", round(at.height - 0.25 * EM));
      setAttribute(node, "data-seen", String(seen.length > 0 && i < 2));
    });
  }

  return {
    root,
    /** info: all of the stack; cone: {level, seen, law}: units of every level, with and without borders; room in em. */
    show(info, axis, cone, room, text) {
      const key = [axis, ...room].join();
      const same = stack?.info === info && stack.key === key;
      frame = same ? frame : layout(info, axis, room);
      if (!same) {
        setAttribute(root, "viewBox", `0 0 ${round(frame.width)} ${round(frame.height)}`);
        setAttribute(root, "data-thin", String(frame.thick < 6));
        setAttribute(root, "style", `width: ${room[0]}em; height: ${room[1]}em`);
        drawRows(frame);
        stack = { info, key };
      }
      drawCone(frame, cone);
      drawLabels(frame, cone.level);
      drawTicks(frame, cone.seen[0]);
      setAttribute(root, "aria-label", text);
    },
  };
}
