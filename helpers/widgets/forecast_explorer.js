// ForecastExplorer: forecasts on a globe that can be rolled, beside the truth, and where and when they go wrong.

import { h, choice, select, slider, setAttribute, setText } from "./js/dom.js";
import { ARROWS, openShell } from "./js/shell.js";
import { createReadout } from "./js/formula.js";
import { clamp } from "./js/arithmetic.js";
import { css, diverging, tableFor } from "./js/colors.js";
import { range } from "./js/numbers.js";
import { createPlaying } from "./js/playing.js";
import { createChart, createKey } from "./js/forecast_explorer/chart.js";
import { createBar, createMap, latitudeTicks, longitudeTicks } from "./js/forecast_explorer/map.js";
import {
  arrayColumn, colored, inOrder, nearestShift, nextShift, offsetOf, seamLongitude, seamsOf, shownColumn, unpack,
} from "./js/forecast_explorer/rollouts.js";
import {
  CODE, describe, formulaText, hoursText, latitudeText, longitudeText, placeText, rolledText, short, valuesText,
  withUnit,
} from "./js/forecast_explorer/text.js";

const VIEWS = ["network", "globe"];
const TRAITS = ["network", "lead", "shift", "view_from", "position", "pinned"];
const HELP = {
  network: "Drag: roll the globe.",
  globe: "Drag: move the border.",
};
const KEYS = " Click: pin, arrow keys: move, Esc: free. Space: play, [ ]: time, Shift + ← →: roll, N: network,"
  + " V: view.";
const STACKED = 58; // em: below, the charts go under the maps
const TABLE = tableFor({ kind: "signed", low: -1, high: 1 });

function render({ model, el }) {
  const data = unpack(model.get("_packed"));
  const { all, shifts, hours, latitude, longitude, times, height, width, unit, tops } = data;
  const order = inOrder(shifts, width);
  let hovered = null; // a cell of the arrays: this view's own, never sent
  let grabbed = 0; // the shift when a map was pressed
  let due = 0; // when the next lead time is shown
  let speed = 4;

  const shell = openShell({
    model, el, label: "Forecasts and their errors", draw, traits: TRAITS,
    keys: {
      ...Object.fromEntries(Object.entries(ARROWS).map(([key, by]) => [key, (event) => arrow(by, event.shiftKey)])),
      " ": () => playing.toggle(),
      "[": () => later(-1), "]": () => later(1), ",": () => later(-1), ".": () => later(1),
      n: (event) => commit({ network: next(all, model.get("network"), event.shiftKey ? -1 : 1) }),
      v: () => commit({ view_from: next(VIEWS, model.get("view_from"), 1) }),
      Enter: () => pin(placeNow()),
      Escape: free,
    },
  });
  const { on, root, set, save, commit, redraw, warn } = shell;

  // ---- state -------------------------------------------------------------------------------------------------
  const next = (of, now, by) => of[(of.indexOf(now) + by + of.length) % of.length];
  const placeNow = () => (!model.get("pinned") && hovered) || model.get("position");
  function hover(cell) {
    if (String(cell) === String(hovered)) return;
    hovered = cell;
    if (!model.get("pinned")) redraw();
  }
  function pin(cell) {
    hovered = null;
    commit({ position: [...cell], pinned: true });
  }
  function free() {
    hovered = null;
    commit({ pinned: false });
    redraw();
  }
  function arrow([down, right], shifted) {
    if (shifted) return right ? rolled(nextShift(model.get("shift"), shifts, width, right)) : undefined;
    const [row, column] = placeNow();
    hovered = null;
    set({ position: [clamp(row + down, height), arrayColumn(column + right, 0, width)] }); // around the globe
    redraw();
  }
  on(root, "keyup", (event) => (ARROWS[event.key] || "[],.".includes(event.key)) && save());
  function rolled(shift) {
    if (shifts.length === 1) {
      return warn(`The forecasts were made for one shift only, ${shifts[0]}; give more of them to roll.`);
    }
    set({ shift });
  }
  /** A map that is dragged takes the globe along; one of a still globe takes the border. */
  function roll(columns) {
    rolled(nearestShift(grabbed + (model.get("view_from") === "network" ? columns : -columns), shifts, width));
  }
  function later(by) {
    playing.stop();
    set({ lead: clamp(model.get("lead") + by, times) });
  }
  const playing = createPlaying({
    on, onClose: shell.onClose, onReset: shell.onReset, rested: save, title: "Play or pause (Space)",
    begin() {
      if (model.get("lead") < times - 1) return;
      set({ lead: 0 });
      due = performance.now() + 1000 / speed; // the start is seen before the first step
    },
    frame(now) {
      if (now < due) return true;
      due = now + 1000 / speed;
      if (model.get("lead") >= times - 1) return false;
      set({ lead: model.get("lead") + 1 });
      return true;
    },
  });
  shell.onReset(() => { hovered = null; });

  // ---- nodes -------------------------------------------------------------------------------------------------
  const network = select(on, {
    label: "forecast by", options: Object.fromEntries(all.map((name) => [name, name])),
    change: (v) => commit({ network: v }),
  });
  const lead = slider(on, {
    label: "lead time", max: times - 1, format: (n) => hoursText(hours[n]), change: save,
    input: (n) => { playing.stop(); set({ lead: n }); },
  });
  lead.root.classList.add("cnn-forecast-lead");
  const pace = slider(on, {
    label: "speed", min: 1, max: 20, format: (v) => `${v}/s`, input: (v) => { speed = v; pace.show(v); },
  });
  pace.show(speed);
  const roller = slider(on, {
    label: "rolled", max: order.length - 1, format: (n) => rolledText(order[n], width),
    input: (n) => set({ shift: order[n] }), change: save,
  });
  roller.root.hidden = shifts.length === 1;
  const view = choice(on, {
    label: "view from", options: { network: "network's view", globe: "globe" }, change: (v) => commit({ view_from: v }),
  });
  const handlers = { on, data, hover, click: pin, grab: () => { grabbed = model.get("shift"); }, roll, release: save };
  const [start, forecast, truth, error] = ["input", "output", null, null].map((role, n) =>
    createMap({ ...handlers, role, north: n % 2 === 0 }));
  const bars = [createBar("values"), createBar("error")];
  const gradient = `background: linear-gradient(to top, ${range(17).map((n) => css(diverging(n / 8 - 1))).join(",")})`;
  for (const bar of bars) bar.color.setAttribute("style", gradient);
  const key = createKey(all);
  const columnAt = (share) => arrayColumn(Math.min(width - 1, Math.floor(share * width)), offsetNow(), width);
  const chartOf = {
    longitude: createChart({
      on, all, title: "error by longitude", leave: () => hover(null),
      go: (share) => hover([model.get("position")[0], columnAt(share)]),
    }),
    latitude: createChart({
      on, all, title: "error by latitude", leave: () => hover(null),
      go: (share) => hover([clamp(Math.floor((1 - share) * height), height), model.get("position")[1]]),
    }),
    lead: createChart({
      on, all, title: "error by lead time", drags: true, release: save,
      go: (share) => { playing.stop(); set({ lead: nearestLead(share) }); },
    }),
  };
  const maps = h("div", { class: "cnn-forecast-maps" },
    start.root, forecast.root, bars[0].root, truth.root, error.root, bars[1].root);
  const charts = h("div", { class: "cnn-forecast-charts" }, key.root,
    ...Object.values(chartOf).map((chart) => chart.root));
  const stage = h("div", { class: "cnn-forecast" }, maps, charts);
  const there = h("div", { class: "cnn-forecast-there" });
  const help = h("div", { class: "cnn-help" });
  const readout = createReadout(on);
  const copy = readout.root.querySelector("button"); // what it copies is no PyTorch here
  for (const name of ["title", "aria-label"]) copy.setAttribute(name, "Copy the line of NumPy");
  root.append(
    h("div", { class: "cnn-bar" }, network.root, lead.root, h("div", { class: "cnn-player" }, playing.button, pace.root),
      roller.root, view.root, h("span", { class: "cnn-right" }, ...shell.corner)),
    stage, there, readout.root, help, shell.live,
  );

  // ---- drawing -----------------------------------------------------------------------------------------------
  const offsetNow = () => offsetOf(model.get("view_from"), model.get("shift"), width);
  const shareOfLead = (n) => (hours[n] - hours[0]) / (hours[times - 1] - hours[0]);
  const nearestLead = (share) =>
    range(times).reduce((a, b) => (Math.abs(shareOfLead(b) - share) < Math.abs(shareOfLead(a) - share) ? b : a));

  /** How wide a map and how wide and high a chart is, in em. */
  function roomNow() {
    const wide = shell.width();
    const large = model.get("large");
    if (wide < STACKED) return { stacked: true, map: (wide - 9.4) / 2, chart: [(wide - 0.7) / 3, large ? 7.5 : 9] };
    const map = Math.min(large ? 15.2 : 27, 0.345 * wide - 4, (wide - 30) / 2);
    const tall = (map * height) / width + 3;
    return { stacked: false, map, chart: [wide - 2 * map - 11.2, Math.max(4.8, (2 * tall - 3) / 3 - 0.3)] };
  }

  let leadTicks = null;
  function hourTicks() {
    const every = Math.max(1, Math.ceil((times - 1) / 4));
    leadTicks ??= range(times).filter((n) => n % every === 0).map((n) => [hoursText(hours[n]), shareOfLead(n)]);
    return leadTicks;
  }

  function draw() {
    const [name, now, shift, from] = ["network", "lead", "shift", "view_from"].map((trait) => model.get(trait));
    const place = placeNow();
    const { stacked, map, chart: room } = roomNow();
    const wide = Math.floor(100 * map) / 100;
    const offset = offsetOf(from, shift, width);
    const seams = seamsOf(offset, shift, width);
    network.show(name);
    lead.show(now);
    roller.show(order.indexOf(shift));
    view.show(from);
    setAttribute(stage, "data-stacked", String(stacked));

    const [first, said, came] = [data.truth(0), data.forecast(name, shift, now), data.truth(now)];
    const when = hoursText(hours[now]);
    const shown = (of, title, text, values, other, end) => of.update({
      name: title, text, wide, offset, seams, place,
      paint: (rgba) => colored(values, other, width, offset, end, TABLE, rgba),
    });
    const errors = all.map((each) => data.errors(each, shift));
    const chosen = all.indexOf(name);
    const root_mean_square = errors[chosen].lead[now];
    const after = `${name}, ${when}`;
    shown(start, "start", describe("start", first, unit), first, null, data.field);
    shown(forecast, `forecast: ${name}`, describe(`forecast by ${after}`, said, unit), said, null, data.field);
    shown(truth, `truth, ${when}`, describe(`truth, ${when}`, came, unit), came, null, data.field);
    const wrong = "error = forecast − truth";
    const how = `error, forecast by ${after}, minus truth: root mean square ${withUnit(short(root_mean_square), unit)}`;
    shown(error, wrong, how, said, came, data.error);

    bars[0].show(short(data.field), unit, said.some((v) => Math.abs(v) > data.field));
    bars[1].show(short(data.error), unit, said.some((v, at) => Math.abs(v - came[at]) > data.error));
    drawCharts({ errors, chosen, now, shift, offset, seams, place, room, when });
    const n = place[0] * width + place[1];
    const values = { forecast: said[n], truth: came[n], error: said[n] - came[n] };
    const at = `${model.get("pinned") ? "pinned at " : ""}${placeText(data, place)}: `;
    const text = valuesText(values, unit);
    if (there.textContent !== at + text) there.replaceChildren(at, h("b", { text }));
    readout.show([formulaText(errors[chosen].sums[now], data.total, root_mean_square)], CODE);
    setText(help, shell.warning() || HELP[from] + KEYS);
    setAttribute(help, "data-kind", shell.warning() ? "warning" : null);
    shell.say(shell.warning() || `${after}: RMSE ${withUnit(short(root_mean_square), unit)}. ${at}${text}`);
  }

  function drawCharts({ errors, chosen, now, shift, offset, seams, place, room, when }) {
    const edge = longitudeText(seamLongitude(longitude, shift));
    key.show(all[chosen], edge);
    const rows = range(height);
    const columns = range(width).map((c) => arrayColumn(c, offset, width));
    const parts = {
      longitude: {
        ticks: longitudeTicks(longitude, offset).map(([degrees, share]) => [longitudeText(degrees), share]),
        series: errors.map((of) => columns.map((c, n) => [(n + 0.5) / width, of.longitude[now][c]])),
        marks: seams.map((c) => c / width), at: (shownColumn(place[1], offset, width) + 0.5) / width,
        where: `network's border at ${edge}`,
      },
      latitude: {
        ticks: latitudeTicks(latitude).map(([degrees, share]) => [latitudeText(degrees), 1 - share]),
        series: errors.map((of) => rows.map((r) => [1 - (r + 0.5) / height, of.latitude[now][r]])),
        marks: [], at: 1 - (place[0] + 0.5) / height, where: "south on the left",
      },
      lead: {
        ticks: hourTicks(), series: errors.map((of) => range(times).map((n) => [shareOfLead(n), of.lead[n]])),
        marks: [], at: shareOfLead(now), where: `at ${when}`,
      },
    };
    for (const [kind, { where, ...part }] of Object.entries(parts)) {
      const ends = part.series.map((points, n) => {
        const found = points.map(([, value]) => value);
        return `${all[n]} from ${short(Math.min(...found))} to ${short(Math.max(...found))}`;
      });
      const what = kind === "lead" ? "Error by lead time" : `Error by ${kind} at ${when}`;
      chartOf[kind].update({ ...part, room, top: tops[kind], chosen, text: `${what}, ${where}: ${ends.join("; ")}.` });
    }
  }

  return shell.close;
}

export default { render };
