// A window that slides over grids: pressing, dragging and keys there, the cell in focus, and what is pinned.

import { clamp, sameCell } from "./arithmetic.js";
import { ARROWS } from "./shell.js";

/**
 * A target is {grid, channel, cell}. The model keeps `position`, an output [row, col], and `pinned`, a target or null.
 *   read()                  {layer, outputSize} as they are now
 *   space(grid)             {size, channels, border}: how large its planes are, how many; the border can be pointed at
 *   choose(grid, channel)   called before the window slides in that grid
 *   gridOf(grid, channel)   what createGrid made
 */
export function createSliding({ model, shell, read, space, choose, gridOf, isOutput = (grid) => grid === "output" }) {
  const { on, root, set, save, commit, redraw, warn } = shell;
  let hovered = null; // a target: this view's own, never sent
  const cursors = {}; // grid: [channel, row, col] of the keyboard

  // ---- what stands where -------------------------------------------------------------------------------------
  const position = () => model.get("position").map((v, a) => clamp(v, read().outputSize[a]));
  function exists({ grid, channel, cell }) {
    const { size, channels, border = [0, 0] } = space(grid);
    return channel < channels && cell.every((v, a) => v >= -border[a] && v < size[a] + border[a]);
  }
  const focus = () => [hovered, model.get("pinned")].find((target) => target && exists(target)) ?? null;
  /** The output that is shown: the one in focus, or where the window stands. */
  function at() {
    const target = focus();
    return target && isOutput(target.grid) ? target.cell : position();
  }
  function cursorOf(grid, channel) {
    const [m, ...cell] = cursors[grid] ?? [];
    return m === channel ? cell.map((v, a) => clamp(v, space(grid).size[a])) : [0, 0];
  }

  // ---- gestures ----------------------------------------------------------------------------------------------
  /** Slide the window to an output; a pinned output gives way. */
  function moveTo(cell) {
    hovered = null;
    const pinned = model.get("pinned");
    if (pinned && isOutput(pinned.grid)) set({ pinned: null });
    const next = cell.map((v, a) => clamp(v, read().outputSize[a]));
    if (!sameCell(next, position())) set({ position: next });
    redraw();
  }
  /** The output whose window has its middle nearest to an input cell. */
  function windowAt(cell) {
    const { kernel_size, dilation = [1, 1], stride, padding } = read().layer;
    return cell.map((v, a) => Math.round((v + padding[a] - (dilation[a] * (kernel_size[a] - 1)) / 2) / stride[a]));
  }
  function step(by) {
    const [height, width] = read().outputSize;
    const [r, c] = position();
    const n = (r * width + c + by + height * width) % (height * width);
    moveTo([Math.floor(n / width), n % width]);
  }
  const hover = (target) => { hovered = target; redraw(); };
  function pin(target) {
    const now = model.get("pinned");
    const again = now && now.grid === target.grid && now.channel === target.channel && sameCell(now.cell, target.cell);
    commit({ pinned: again ? null : target });
  }
  const free = () => { hovered = null; commit({ pinned: null }); };

  const keyed = (grid, channel) => (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's own
    const arrow = ARROWS[event.key];
    const here = isOutput(grid) ? position() : cursorOf(grid, channel);
    const next = arrow && here.map((v, a) => clamp(v + arrow[a], space(grid).size[a]));
    const typed = /^[-−.\d]$/.test(event.key);
    if (arrow && isOutput(grid)) {
      choose(grid, channel);
      moveTo(next);
    } else if (arrow) {
      cursors[grid] = [channel, ...next];
      hover({ grid, channel, cell: next });
    } else if (event.key.toLowerCase() === "p") {
      if (!event.repeat) pin({ grid, channel, cell: here });
    } else if (!isOutput(grid) && (typed || event.key === "Enter" || event.key === "F2"))
      gridOf(grid, channel).type(here, typed ? event.key : null);
    else return;
    event.preventDefault();
  };

  // ---- what createGrid asks for ------------------------------------------------------------------------------
  const pointing = (grid, channel) => ({
    on, invalid: warn, keyed: keyed(grid, channel), hover: (cell) => hover(cell && { grid, channel, cell }),
  });
  /** An output: the window goes where one presses or drags. */
  function output(grid, channel) {
    const go = (cell) => { choose(grid, channel); moveTo(cell); };
    return { ...pointing(grid, channel), press: go, drag: go, release: save };
  }
  /** An input: the window goes where one drags; a click pins. */
  function input(grid, channel) {
    let start = null;
    return {
      ...pointing(grid, channel),
      press(cell) { start = cell; cursors[grid] = [channel, ...cell]; },
      drag(cell) {
        if (start && sameCell(cell, start)) return;
        start = null; // the press has become a drag
        choose(grid, channel);
        moveTo(windowAt(cell));
      },
      release() {
        if (start) pin({ grid, channel, cell: start });
        else save();
      },
    };
  }
  /** A kernel: a press pins. */
  const kernel = (grid, channel) => ({
    ...pointing(grid, channel),
    press(cell) { cursors[grid] = [channel, ...cell]; pin({ grid, channel, cell }); },
  });

  return {
    focus, at, moveTo, step, hover, pin, free, output, input, kernel,
    /** `position` and `pinned`, inside what is there. */
    inside() {
      const pinned = model.get("pinned");
      return { position: position(), pinned: pinned && exists(pinned) ? pinned : null };
    },
    /** Where the keyboard is in a grid, as outlines; none without the focus. */
    cursor(grid, channel) {
      const here = root.getRootNode().activeElement === gridOf(grid, channel).picture;
      return here ? [{ name: "cursor", kind: "cursor", cells: [cursorOf(grid, channel)] }] : [];
    },
    /** Follow what holds all the grids: an arrow key is a gesture that ends when the key is let go. */
    follow(node) {
      on(node, "keyup", (event) => ARROWS[event.key] && save());
      for (const type of ["focusin", "focusout"]) on(node, type, redraw);
    },
  };
}
