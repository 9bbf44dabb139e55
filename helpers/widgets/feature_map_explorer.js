// FeatureMapExplorer: what every layer of a network makes of an image, and what each cell of its maps looks at.

import { h, button, checkbox, select, setAttribute, setText } from "./js/dom.js";
import { ARROWS, openShell } from "./js/shell.js";
import { createPicture } from "./js/picture.js";
import { plural, range, times } from "./js/numbers.js";
import { clamp } from "./js/arithmetic.js";
import { fieldAt, pageOf, scaleOf, unpack } from "./js/feature_map_explorer/maps.js";
import { createSeen } from "./js/feature_map_explorer/seen.js";
import { fieldText, layerText, noKernelsText, valueText } from "./js/feature_map_explorer/text.js";
import { createTiles } from "./js/feature_map_explorer/tiles.js";

const HELP = "Point at a cell, click to stay. Arrow keys: cell. M: strongest cell. PageUp, PageDown: map. "
  + "N, P: layer. I: image.";
const ORDERS = { number: "as numbered", maximum: "strongest first (maximum)", mean: "strongest first (mean)" };
const SIZES = { // em, and how many maps are on a page
  small: { side: 17, small: 10, tall: 33, most: 64 },
  large: { side: 12, small: 7.5, tall: 23, most: 24 },
};
const NARROW = 52; // em: below, the maps stand under the picture

function render({ model, el }) {
  let hovered = null; // [channel, cell]: this view's own, never sent
  const unpacked = new Map(); // layers, by number

  const shell = openShell({
    model, el, label: "Feature maps", draw,
    traits: ["layer", "image", "channel", "cell", "order", "same_scale", "filters"],
    keys: {
      ...Object.fromEntries(Object.entries(ARROWS).map(([key, by]) => [key, () => move(by)])),
      PageDown: () => another(1), PageUp: () => another(-1),
      n: () => toLayer(layerNow() + 1), p: () => toLayer(layerNow() - 1),
      i: (event) => toImage(imageNow() + (event.shiftKey ? -1 : 1)),
      m: () => commit({ channel: here()[0], cell: mapsNow().strongestCell(here()[0]) }),
      f: () => commit({ filters: !model.get("filters") }),
      Escape: () => hover(null),
    },
  });
  const { on, root, set, save, commit, redraw } = shell;

  // ---- state -------------------------------------------------------------------------------------------------
  const layers = model.get("_layers");
  const names = model.get("_names");
  const layerNow = () => Math.max(0, layers.findIndex(({ name }) => name === model.get("layer")));
  const imageNow = () => clamp(model.get("image"), names.length);
  const about = () => layers[layerNow()];
  function layer(n = layerNow()) {
    if (!unpacked.has(n)) unpacked.set(n, unpack(model.get("_maps")[n], layers[n].shape, layers[n].kernel));
    return unpacked.get(n);
  }
  const mapsNow = () => layer().image(imageNow());
  const inside = ([channel, cell]) => {
    const { channels, height, width } = mapsNow();
    return [clamp(channel, channels), [clamp(cell[0], height), clamp(cell[1], width)]];
  };
  const here = () => inside(hovered ?? [model.get("channel"), model.get("cell")]);
  const roomNow = () => SIZES[model.get("large") ? "large" : "small"];
  const orderNow = () => {
    const order = model.get("order");
    return order === "number" ? range(mapsNow().channels) : mapsNow().ranking(order);
  };
  function hover(place) {
    if (String(place) === String(hovered)) return;
    hovered = place;
    redraw();
  }
  function go(channel, cell) {
    hovered = null;
    set({ channel, cell });
    redraw(); // the preview goes, even where the cell stays
  }
  function move(by) {
    const [channel, cell] = here();
    go(...inside([channel, cell.map((at, axis) => at + by[axis])]));
  }
  function another(by) {
    const [order, [channel, cell]] = [orderNow(), here()];
    go(order[clamp(order.indexOf(channel) + by, order.length)], cell);
  }
  on(root, "keyup", (event) => (ARROWS[event.key] || event.key.startsWith("Page")) && save());
  /** Another layer begins with the largest value in it. */
  function toLayer(n) {
    if (!layers[n]) return;
    hovered = null;
    const maps = layer(n).image(imageNow());
    const [channel] = maps.ranking("maximum");
    commit({ layer: layers[n].name, channel, cell: maps.strongestCell(channel) });
  }
  /** Another image keeps the map, and begins where that is strongest. */
  function toImage(n) {
    const image = (n + names.length) % names.length;
    const [channel] = here();
    hovered = null;
    commit({ image, channel, cell: layer().image(image).strongestCell(channel) });
  }
  function turn(by) {
    const [order, [channel, cell]] = [orderNow(), here()];
    const { most } = roomNow();
    const { page, pages } = pageOf(order, order.indexOf(channel), most);
    if (page + by < 0 || page + by === pages) return;
    hovered = null;
    commit({ channel: order[(page + by) * most], cell });
  }

  // ---- nodes -------------------------------------------------------------------------------------------------
  const numbered = (texts) => Object.fromEntries(texts.map((text, n) => [`n${n}`, text])); // a menu sorts plain numbers
  const image = select(on, { label: "image", options: numbered(names), change: (n) => toImage(Number(n.slice(1))) });
  image.root.hidden = names.length < 2;
  const layerMenu = select(on, {
    label: "layer", options: numbered(layers.map(layerText)), change: (n) => toLayer(Number(n.slice(1))),
  });
  const order = select(on, { label: "order", options: ORDERS, change: (value) => commit({ order: value }) });
  const same = checkbox(on, {
    label: "same scale", title: "One scale of colours for all maps of the layer",
    change: (value) => commit({ same_scale: value }),
  });
  const filters = checkbox(on, {
    label: "kernels", title: "The kernel beside each map: of layers with 1 or 3 input channels (F)",
    change: (value) => commit({ filters: value }),
  });
  filters.root.hidden = layers.every(({ kernel }) => !kernel);

  const seen = createSeen({ on });
  const keyed = () => {}; // the keys are the widget's
  const big = createPicture({
    on, role: "output", keyed,
    hover: (cell) => hover(cell && [here()[0], cell]),
    press: (cell) => go(here()[0], cell), drag: (cell) => go(here()[0], cell), release: save,
  });
  const [value, rank, sees] = [h("b", {}), h("div", {}), h("div", {})];
  const says = h("div", { class: "cnn-sum cnn-cell-says" }, value, rank, sees);
  const tiles = createTiles({ on, hover, press: go, drag: go, release: save, keyed });
  const back = button(on, { text: "‹", title: "The maps before these", click: () => turn(-1) });
  const forth = button(on, { text: "›", title: "The maps after these", click: () => turn(1) });
  for (const turner of [back, forth]) on(turner, "blur", redraw); // with a single page they hide then
  const which = h("div", { class: "cnn-title", "data-role": "output" });
  const help = h("div", { class: "cnn-help" });
  const all = h("div", { class: "cnn-all-maps" }, h("div", { class: "cnn-pages" }, which, back, forth), tiles.root);
  root.append(
    h("div", { class: "cnn-bar cnn-features-bar" }, image.root, layerMenu.root, order.root,
      h("div", { class: "cnn-stack" }, same.root, filters.root), h("span", { class: "cnn-right" }, ...shell.corner)),
    h("div", { class: "cnn-stage cnn-features" }, h("div", {}, ...seen.roots), h("div", {}, big.root, says), all),
    help, shell.live,
  );
  const leftOut = model.get("_left_out").length;
  const more = leftOut ? ` Left out for size: ${plural(leftOut, "layer")}, see .left_out.` : "";

  // ---- drawing -----------------------------------------------------------------------------------------------
  let painted = []; // what the large map shows
  function draw() {
    const [now, maps, [channel, cell]] = [about(), mapsNow(), here()];
    const room = roomNow();
    const list = orderNow();
    const { page, pages, channels } = pageOf(list, list.indexOf(channel), room.most);
    image.show(`n${imageNow()}`);
    layerMenu.show(`n${layerNow()}`);
    order.show(model.get("order"));
    same.show(model.get("same_scale"));
    filters.show(model.get("filters"));

    const scale = scaleOf(maps, model.get("same_scale") ? null : channel);
    const number = maps.value(channel, cell);
    const place = `map ${channel}: ${valueText(number, cell, scale)}`;
    const by = model.get("order") === "mean" ? "mean" : "maximum";
    const strength = `rank ${maps.ranking(by).indexOf(channel) + 1} of ${maps.channels} by ${by}`;
    const field = fieldAt(now, cell);
    const entry = model.get("_images")[imageNow()];
    const fieldSays = fieldText(now, field, entry.shape);
    setText(value, valueText(number, cell, scale));
    setText(rank, strength);
    setText(sees, fieldSays);

    const wanted = [maps, channel, scale.low, scale.high];
    if (!wanted.every((v, n) => v === painted[n])) big.show([maps.plane(channel)], maps.height, maps.width, scale);
    painted = wanted;
    const size = times([maps.height, maps.width]);
    const called = now.name || now.kind;
    const described = `Layer ${called}, maps of ${size}. ${place}, ${strength}.`;
    big.describe(`map ${channel} of ${maps.channels}`, described, [room.side, room.side]);
    big.mark(cell, 1, 1);
    seen.show(entry, names[imageNow()], field, room, fieldSays);

    const narrow = shell.width() < NARROW;
    setAttribute(root, "data-narrow", String(narrow));
    const wide = narrow ? shell.width() : shell.width() - 2 * room.side - 4;
    const kernel = model.get("filters") ? now.kernel : null;
    const part = pages > 1 ? `, page ${page + 1} of ${pages}` : "";
    setText(which, `${plural(maps.channels, "map")} of ${size}${part}`);
    const keysHere = [back, forth].includes(root.getRootNode().activeElement); // what hides loses the keys
    back.hidden = forth.hidden = pages === 1 && !keysHere;
    setAttribute(back, "aria-disabled", String(page === 0));
    setAttribute(forth, "aria-disabled", String(page === pages - 1));
    tiles.show({ unpacked: layer(), maps, channels, same: model.get("same_scale"), kernel }, [channel, cell],
      [room.tall, Math.max(10, wide)], `${place}. ${fieldSays}`);
    const lacking = model.get("filters") && !now.kernel;
    setText(help, shell.warning() || (lacking ? noKernelsText(now) : HELP + more));
    setAttribute(help, "data-kind", shell.warning() ? "warning" : null);
    shell.say(`Layer ${called}, ${place}, ${strength}. ${fieldSays}`);
  }

  return shell.close;
}

export default { render };
