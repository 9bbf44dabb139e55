// The convolution as a network: one node per input and output, one line per connection, one colour per shared weight.

import { svg, h, setAttribute, setText } from "../dom.js";
import { css, inkOn, scaleFor, weightStroke } from "../colors.js";
import { taps } from "../arithmetic.js";
import { format } from "../numbers.js";
import { pointAt } from "../pointer.js";
import { MOST } from "../matrix.js";

/** hover/press get {grid: "output" | "input", channel, cell}. */
export function createWiring({ on, hover, press }) {
  const title = h("div", { class: "cnn-title", "data-role": "kernel" });
  const picture = svg("svg", { class: "cnn-grid cnn-wiring", role: "img" });
  const holder = h("div", { class: "cnn-holder" }, picture);
  const root = h("div", { class: "cnn-panel" }, title, holder);
  const lit = svg("g", { class: "cnn-lit-wires" });
  let built = null;

  function build(state, filter, width, height) {
    const { input, applied, layer, outputSize, output } = state;
    const [H, W] = layer.size;
    const [kh, kw] = layer.kernel_size;
    const inputs = input.length * H * W;
    const outputs = outputSize[0] * outputSize[1];
    const place = (n, count) => ((n + 0.5) / count) * width;
    const radius = (count) => Math.min(13, (0.42 * width) / count);
    const [top, bottom] = [20, height - 20];
    const wires = [];
    for (let o = 0; o < outputs; o++)
      for (const { weight: [i, j], source } of taps([Math.floor(o / outputSize[1]), o % outputSize[1]], layer))
        if (source)
          for (let m = 0; m < input.length; m++)
            wires.push({
              weight: (m * kh + i) * kw + j,
              value: applied[filter][m][i][j],
              from: (m * H + source[0]) * W + source[1],
              to: o,
            });
    const count = input.length * kh * kw;
    const line = ({ from, to }) => `M${place(from, inputs).toFixed(1)} ${top}L${place(to, outputs).toFixed(1)} ${bottom}`;
    const bundles = Array.from({ length: count }, () => []);
    for (const wire of wires) bundles[wire.weight].push(line(wire));
    const nodes = (values, total, y, scale) => {
      const r = radius(total);
      return values.flatMap((v, n) => {
        const rgb = scale(v);
        const circle = svg("circle", { cx: place(n, total), cy: y, r, fill: css(rgb) });
        return r < 9 ? [circle] : [circle, svg("text", { x: place(n, total), y, fill: inkOn(rgb), text: format(v, 1) })];
      });
    };
    const x = input.flat(2);
    const y = output[filter].flat();
    picture.replaceChildren(
      ...bundles.map((lines, n) => svg("path", { d: lines.join(""), stroke: weightStroke(n, count), class: "cnn-wires" })),
      lit,
      ...nodes(x, inputs, top, scaleFor(x, "input")),
      ...nodes(y, outputs, bottom, scaleFor(y, "output")),
    );
    setAttribute(picture, "viewBox", `0 0 ${width} ${height}`);
    return { state, filter, width, height, wires, line, count, inputs, outputs, place, top, bottom };
  }

  function targetOf(event) {
    if (!built) return null;
    const box = picture.getBoundingClientRect();
    const along = (event.clientX - box.left) / box.width;
    const down = (event.clientY - box.top) / box.height;
    const { state: { layer: { size: [H, W] }, outputSize }, filter, inputs, outputs } = built;
    const pick = (count) => Math.min(count - 1, Math.max(0, Math.floor(along * count)));
    if (down > 0.6) {
      const n = pick(outputs);
      return { grid: "output", channel: filter, cell: [Math.floor(n / outputSize[1]), n % outputSize[1]] };
    }
    if (down > 0.4) return null;
    const n = pick(inputs);
    return { grid: "input", channel: Math.floor(n / (H * W)), cell: [Math.floor((n % (H * W)) / W), n % W] };
  }
  pointAt(on, picture, { targetOf, hover, press });

  return {
    root,
    update({ state, filter, at, focus, width, height }) {
      const { layer: { size: [H, W], kernel_size: [kh, kw] }, outputSize } = state;
      const most = outputSize[0] * outputSize[1] * state.input.length * kh * kw;
      holder.hidden = most > MOST;
      if (most > MOST) {
        built = null;
        return setText(title, `There would be ${most} connections: too many to draw. Take a smaller input or kernel.`);
      }
      const [w, t] = [width * 13, height * 13]; // user units: pixels at the normal size
      if (!built || built.state !== state || built.filter !== filter || built.width !== w)
        built = build(state, filter, w, t);
      holder.style.width = `${width}em`;
      holder.style.height = `${height}em`;
      const output = at[0] * outputSize[1] + at[1];
      let wanted = (wire) => wire.to === output;
      if (focus?.grid === "input") {
        const from = (focus.channel * H + focus.cell[0]) * W + focus.cell[1];
        wanted = (wire) => wire.from === from;
      } else if (focus?.grid === "kernel") {
        const weight = (focus.channel * kh + focus.cell[0]) * kw + focus.cell[1];
        wanted = (wire) => wire.weight === weight;
      }
      const shown = built.wires.filter(wanted);
      const labelled = shown.length <= 12 && built.inputs <= 80;
      lit.replaceChildren(
        ...shown.map((wire) => svg("path", { d: built.line(wire), stroke: weightStroke(wire.weight, built.count) })),
        ...(labelled
          ? shown.map((wire, n) => {
              // labels at changing heights: neighbours would cover one another
              const along = 0.2 + 0.1 * (n % 4);
              const x = built.place(wire.from, built.inputs) * (1 - along) + built.place(wire.to, built.outputs) * along;
              const y = built.top * (1 - along) + built.bottom * along;
              return svg("g", {},
                svg("rect", { x: x - 13, y: y - 8, width: 26, height: 16, rx: 3 }),
                svg("text", { x, y, text: format(wire.value, 1) }));
            })
          : []),
      );
      setText(title, `${state.weight.length > 1 ? `output ${filter}: ` : ""}${built.wires.length} connections share ${built.count} weights${state.bias[filter] ? " and one bias" : ""}; dense, it would be ${built.inputs * built.outputs} weights`);
      setAttribute(picture, "aria-label",
        `Wiring: ${built.inputs} inputs above, ${built.outputs} outputs below, ${built.wires.length} connections in ${built.count} colours, one colour per shared weight. ${shown.length} are lit.`);
    },
  };
}
