// A grid of numbers: SVG, crisp at any size. Cells are [row, col]; the padded border counts from −padding.

import { svg, h, setAttribute, setText } from "./dom.js";
import { css, inkOn } from "./colors.js";
import { format, parse } from "./numbers.js";
import { followPointer } from "./pointer.js";

const CELL = 40; // user units per cell; the size on screen is set in em

const key = ([row, col]) => `${row},${col}`;

// How a mark of each kind lies over the cell whose corner is at x, y.
const box = (inset) => (x, y) => `M${x + inset} ${y + inset}h${CELL - 2 * inset}v${CELL - 2 * inset}h${2 * inset - CELL}z`;
const circle = (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
const SHAPES = {
  dot: (x, y) => circle(x + 9, y + 9, 5),
  hole: box(10),
  cross: (x, y) => `M${x + 5} ${y + 5}l${CELL - 10} ${CELL - 10}m0 ${10 - CELL}l${10 - CELL} ${CELL - 10}`,
  // `size` cells large, in the middle of the cell
  starts: (x, y, size) => circle(x + CELL / 2, y + CELL / 2, size * CELL),
  skipped: (x, y, size) => circle(x + CELL / 2, y + CELL / 2, size * CELL),
  frame: (x, y, [rows, cols]) => `M${x} ${y}h${cols * CELL}v${rows * CELL}h${-cols * CELL}z`, // around `size` cells
  added(x, y, size) {
    const [r, middle] = [size * CELL, CELL / 2];
    return `M${x + middle - r} ${y + middle}h${2 * r}M${x + middle} ${y + middle - r}v${2 * r}`;
  },
};
const boxed = box(2);

/**
 * on      the shell's listener
 * role    "input" | "kernel" | "output" | "product": sets the frame's colour
 * hover(cell | null), press(cell, event), drag(cell, event), release(), edit(cell, value), keyed(event, cursor)
 */
export function createGrid({ on, role, label, hover, press, drag, release, edit, keyed, invalid }) {
  const hatch = svg("g", { class: "cnn-hatch" });
  const board = svg("g", {});
  const marks = svg("g", { class: "cnn-marks" });
  const ties = svg("path", { class: "cnn-ties" });
  const picture = svg("svg", { class: "cnn-grid", role: "img", tabindex: keyed ? 0 : null });
  picture.append(board, hatch, ties, marks);
  const title = h("div", { class: "cnn-title", "data-role": role });
  const holder = h("div", { class: "cnn-holder" }, picture);
  const root = h("div", { class: "cnn-panel", "data-role": role }, title, holder);

  let shape = ""; // what the cells were built for
  let origin = [0, 0];
  let rows = 0;
  let cols = 0;
  let cells = []; // row by row
  const pool = []; // all rows that were ever drawn
  let drawn = new Map(); // marks on screen, by name
  let typing = null;

  /** The cells of one row; kept while the grid is smaller for a moment, as under a slider. */
  function rowOf(r) {
    pool[r] ??= { group: svg("g", {}), cells: [], shown: 0 };
    return pool[r];
  }
  function cellOf(row, r, c) {
    if (row.cells[c]) return row.cells[c];
    const rect = svg("rect", { x: c * CELL, y: r * CELL, width: CELL, height: CELL });
    const text = svg("text", { x: c * CELL + CELL / 2, y: r * CELL + CELL / 2 });
    row.cells[c] = { rect, text, note: null, group: svg("g", { class: "cnn-cell" }, rect, text) };
    return row.cells[c];
  }

  function build(layout) {
    ({ origin, rows, cols } = layout);
    setAttribute(picture, "viewBox", `-1.5 -1.5 ${cols * CELL + 3} ${rows * CELL + 3}`);
    cells = [];
    const lines = [];
    for (let r = 0; r < rows; r++) {
      const row = rowOf(r);
      if (!row.group.parentNode) board.append(row.group);
      for (let c = 0; c < cols; c++) {
        const cell = cellOf(row, r, c);
        if (c >= row.shown) row.group.append(cell.group);
        const at = [r + origin[0], c + origin[1]];
        const padded = layout.isPadding?.(at) ?? false;
        const [x, y] = [c * CELL, r * CELL];
        if (padded) lines.push(`M${x} ${y + CELL}l${CELL} ${-CELL}M${x} ${y + CELL / 2}l${CELL / 2} ${-CELL / 2}M${x + CELL / 2} ${y + CELL}l${CELL / 2} ${-CELL / 2}`);
        setAttribute(cell.group, "data-cell", key(at));
        setAttribute(cell.group, "data-padding", String(padded));
        cells.push(cell);
      }
      for (; row.shown > cols; row.shown--) row.cells[row.shown - 1].group.remove();
      row.shown = cols;
    }
    for (const row of pool.slice(rows)) row.group.remove();
    hatch.replaceChildren(svg("path", { d: lines.join("") }));
    marks.replaceChildren();
    drawn = new Map();
  }

  /** The cell under a pointer event; outside the grid the nearest one when `nearest` is set. */
  function cellAt(event, nearest = false) {
    const box = picture.getBoundingClientRect();
    let r = Math.floor(((event.clientY - box.top) / box.height) * rows);
    let c = Math.floor(((event.clientX - box.left) / box.width) * cols);
    if (nearest) {
      r = Math.min(rows - 1, Math.max(0, r));
      c = Math.min(cols - 1, Math.max(0, c));
    }
    return r < 0 || c < 0 || r >= rows || c >= cols ? null : [r + origin[0], c + origin[1]];
  }

  followPointer(on, picture, {
    press: press && ((event) => press(cellAt(event, true), event)),
    drag: drag && ((event) => drag(cellAt(event, true), event)),
    hover: hover && ((event) => hover(cellAt(event))),
    leave: hover && (() => hover(null)),
    release,
  });
  if (keyed) on(picture, "keydown", (event) => keyed(event));
  if (edit) on(picture, "dblclick", (event) => type(cellAt(event, true)));

  /** Type a number over a cell; Enter keeps it, Escape leaves the old one. */
  function type(cell, first = null) {
    const entry = cells[(cell[0] - origin[0]) * cols + cell[1] - origin[1]];
    if (!edit || !entry || entry.group.dataset.padding === "true") return;
    typing?.finish(false);
    const before = entry.value;
    const box = h("input", { class: "cnn-typing", type: "text", inputmode: "decimal", "aria-label": `${label}, row ${cell[0] + 1}, column ${cell[1] + 1}` });
    const shown = format(before, 4);
    box.value = first ?? shown;
    const [r, c] = [cell[0] - origin[0], cell[1] - origin[1]];
    box.style.left = `${(100 * c) / cols}%`;
    box.style.top = `${(100 * r) / rows}%`;
    box.style.width = `${Math.max(100 / cols, 100 / 6)}%`;
    box.style.height = `${100 / rows}%`;
    const session = {
      finish(keep) {
        if (typing !== session) return;
        typing = null;
        const value = parse(box.value);
        const text = box.value;
        box.remove();
        if (!keep || text === shown) return; // what was rounded for the eye must not round the number
        if (value === null) invalid?.(`“${text}” is not a number; the cell keeps ${shown}.`);
        else if (value !== before) edit(cell, value);
      },
    };
    typing = session;
    on(box, "keydown", (event) => {
      event.stopPropagation();
      if (event.key !== "Enter" && event.key !== "Escape") return;
      session.finish(event.key === "Enter");
      picture.focus();
    });
    on(box, "blur", () => session.finish(true));
    holder.append(box);
    box.focus();
    if (first === null) box.select();
  }

  /**
   * layout     {rows, cols, origin, isPadding, signature}: rebuilt only when the signature changes
   * value      ([row, col]) → number, or null for a cell without one
   * color      (value, [row, col]) → rgb, or a CSS colour that black reads well on
   * note       ([row, col]) → small text in the corner, or null
   * outlines   [{name, cells: [[row, col]…] , kind}] drawn over the cells, or beside them as a ruler
   * tied       [[cell, cell]…] to draw a line between
   * digits     decimals of the numbers, at most
   * legible    em of a cell from which on its number is written
   */
  function update({ layout, value, color, note = () => null, outlines = [], tied = [], digits = 2, legible = 1.15, em, titleText, description }) {
    const signature = `${layout.rows}×${layout.cols}@${layout.origin}|${layout.signature ?? ""}`;
    if (signature !== shape) {
      typing?.finish(false);
      shape = signature;
      build(layout);
    }
    setText(title, titleText);
    setAttribute(picture, "aria-label", description);
    const width = `${(em * cols).toFixed(3)}em`;
    if (holder.style.width !== width) {
      holder.style.width = width;
      holder.style.height = `${(em * rows).toFixed(3)}em`;
    }
    const showNumbers = em >= legible;
    const all = [];
    for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) all.push(value([r + origin[0], c + origin[1]]));
    const most = all.reduce((a, v) => Math.max(a, Math.abs(v ?? 0)), 0);
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < cols; c++) {
        const at = [r + origin[0], c + origin[1]];
        const cell = cells[r * cols + c];
        const v = all[r * cols + c];
        const paint = color(v, at);
        const rgb = Array.isArray(paint) ? css(paint) : paint;
        if (cell.value !== v || cell.rgb !== rgb || cell.numbers !== showNumbers || cell.digits !== digits || cell.among !== most) {
          if (cell.rgb !== rgb) {
            cell.rect.style.fill = rgb;
            const ink = Array.isArray(paint) ? inkOn(paint) : "#000";
            if (cell.ink !== ink) cell.text.style.fill = ink;
            cell.ink = ink;
          }
          Object.assign(cell, { among: most, digits, value: v, rgb, numbers: showNumbers });
          const text = showNumbers && v !== null ? format(v, digits, most) : "";
          setText(cell.text, text);
          setAttribute(cell.text, "data-length", text.length > 6 ? "longest" : text.length > 4 ? "long" : text.length > 3 ? "middle" : "short");
        }
        const small = showNumbers ? note(at) : null;
        if (small !== null && !cell.note) {
          cell.note = svg("text", { class: "cnn-note", x: c * CELL + CELL - 4.5, y: r * CELL + CELL - 5.5 });
          cell.group.append(cell.note);
        }
        if (cell.note) {
          setText(cell.note, small ?? "");
          if (small) cell.note.style.fill = cell.ink;
          setAttribute(cell.text, "transform", small ? "translate(-4 -7)" : null); // the note stands below right
        }
      }
    outline(outlines);
    const at = ([row, col]) => `${(col - origin[1] + 0.5) * CELL} ${(row - origin[0] + 0.5) * CELL}`;
    setAttribute(ties, "d", tied.map(([from, to]) => `M${at(from)}L${at(to)}`).join(""));
  }

  function outline(outlines) {
    const wanted = new Set();
    for (const { name, kind, cells: list, size } of outlines) {
      wanted.add(name);
      let path = drawn.get(name);
      if (!path) {
        path = svg("path", { "data-mark": name });
        drawn.set(name, path);
        marks.append(path);
      }
      setAttribute(path, "data-kind", kind);
      const shape = SHAPES[kind] ?? boxed;
      setAttribute(path, "d", list.map(([row, col]) => shape((col - origin[1]) * CELL, (row - origin[0]) * CELL, size)).join(""));
    }
    for (const [name, path] of drawn)
      if (!wanted.has(name)) {
        path.remove();
        drawn.delete(name);
      }
  }

  return { root, picture, holder, update, type, cellAt, get typing() { return typing !== null; } };
}
