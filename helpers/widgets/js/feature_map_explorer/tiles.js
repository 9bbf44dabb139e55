// The maps of a layer side by side: a canvas each, its number above, its kernel beside it where there is one.

import { tableFor } from "../colors.js";
import { h, setAttribute, setText } from "../dom.js";
import { paint } from "../images.js";
import { times } from "../numbers.js";
import { followPointer } from "../pointer.js";
import { clamp } from "../arithmetic.js";
import { arranged, scaleOf } from "./maps.js";

const LABEL = 1.15; // em: the number above a map
const GAP = 0.35; // em, also between the rows
const MOST = 11; // em: the largest map
const KERNEL = 0.7; // of the map's height, with the gap before it

/** Paint planes of values into a canvas of their size; table: the colours of this kind of scale. */
function paintCanvas(canvas, planes, [height, width], scale, table) {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const pixels = new ImageData(width, height);
  paint(planes, scale, table, pixels.data);
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

/** The cell of a map below the pointer: where it lies on the map's element. */
function cellUnder(event, node, { height, width }) {
  const box = node.getBoundingClientRect();
  const [down, across] = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
  return [clamp(Math.floor(down * height), height), clamp(Math.floor(across * width), width)];
}

/** hover([channel, cell] | null), press(channel, cell), drag(channel, cell), release(), keyed(event). */
export function createTiles({ on, hover, press, drag, release, keyed }) {
  const root = h("div", { class: "cnn-maps", role: "img", tabindex: 0 });
  const frame = h("div", { class: "cnn-frame" });
  const tiles = [];
  let shown = { channels: [] };
  let held = null; // the tile that was pressed

  const tileUnder = (event) => tiles.find(({ root: tile }) => tile.contains(event.target));
  const at = (tile, event) => [tile.channel, cellUnder(event, tile.holder, shown.maps)];
  followPointer(on, root, {
    hover: (event) => {
      const tile = tileUnder(event);
      hover(tile ? at(tile, event) : null);
    },
    leave: () => hover(null),
    press: (event) => {
      held = tileUnder(event) ?? null;
      if (held) press(...at(held, event));
    },
    drag: (event) => held && drag(...at(held, event)),
    release,
  });
  on(root, "keydown", keyed);

  function createTile() {
    const number = h("div", { class: "cnn-tile-number" });
    const canvas = h("canvas", { "aria-hidden": "true" });
    const kernel = h("canvas", { "aria-hidden": "true", class: "cnn-filter" });
    const holder = h("div", { class: "cnn-map" }, canvas);
    const tile = h("div", { class: "cnn-tile" }, number, h("div", {}, holder, kernel));
    return { root: tile, number, canvas, kernel, holder, channel: 0 };
  }

  /** Only what a new layer, image, order, scale or page changes. */
  function paintTiles({ unpacked, maps, channels, same, kernel }) {
    while (tiles.length < channels.length) tiles.push(createTile());
    root.replaceChildren(...tiles.slice(0, channels.length).map((tile) => tile.root));
    const together = same ? scaleOf(maps) : null;
    const most = unpacked.largestWeight || 1;
    const weights = { kind: "signed", low: -most, high: most };
    const [table, weightTable] = [together ?? scaleOf(maps), weights].map(tableFor); // the same for all of a kind
    channels.forEach((channel, n) => {
      const tile = tiles[n];
      tile.channel = channel;
      setText(tile.number, String(channel));
      const scale = together ?? scaleOf(maps, channel);
      paintCanvas(tile.canvas, [maps.plane(channel)], [maps.height, maps.width], scale, table);
      tile.kernel.hidden = !kernel;
      if (kernel) paintCanvas(tile.kernel, unpacked.kernel(channel), kernel.slice(1), weights, weightTable);
    });
  }

  return {
    root,
    /** now: {unpacked, maps, channels, same, kernel}; here: [channel, cell]; room: [height, width] in em. */
    show(now, [channel, [row, column]], room, description) {
      const key = ["maps", "same", "kernel"].every((name) => now[name] === shown[name]);
      if (!key || String(now.channels) !== String(shown.channels)) paintTiles(now);
      shown = now;
      const { height, width } = now.maps;
      const beside = now.kernel ? 1 + KERNEL : 1;
      const side = Math.max(height, width);
      const shape = [height / side, (beside * width) / side];
      const { columns, em } = arranged(now.channels.length, shape, room, { label: LABEL + GAP, gap: GAP, most: MOST });
      root.style.setProperty("--tall", `${Math.max(0.3, (em * height) / side)}em`);
      root.style.setProperty("--wide", `${Math.max(0.3, (em * width) / side)}em`);
      root.style.gridTemplateColumns = `repeat(${columns}, max-content)`;
      const tile = tiles[now.channels.indexOf(channel)];
      for (const other of tiles) setAttribute(other.root, "data-here", String(other === tile));
      if (tile && frame.parentElement !== tile.holder) tile.holder.append(frame);
      frame.style.top = `${(100 * row) / height}%`;
      frame.style.left = `${(100 * column) / width}%`;
      frame.style.height = `${100 / height}%`;
      frame.style.width = `${100 / width}%`;
      setAttribute(root, "aria-label", `${now.channels.length} maps, ${times([height, width])} each. ${description}`);
    },
  };
}
