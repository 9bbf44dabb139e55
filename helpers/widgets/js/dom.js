// Elements and labelled native controls.

const SVG = "http://www.w3.org/2000/svg";

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

export const h = (tag, attributes = {}, ...children) => build(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) => build(document.createElementNS(SVG, tag), attributes, children);

/** Write text or an attribute only where it changed: untouched nodes cost the browser nothing. */
export function setText(node, text) {
  const first = node.firstChild;
  if (first?.nodeType === Node.TEXT_NODE && first === node.lastChild) {
    if (first.data !== text) first.data = text; // keeps the node: half the time of textContent
  } else if (node.textContent !== text) node.textContent = text;
}
export function setAttribute(node, name, value) {
  if (value === null) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

// Every control: {root, show(value, …)}; `on(node, type, handler)` is the view's, so that closing the view frees it.

/** A slider with its label and value. `input` is called while it moves, `change` when it is let go. */
export function slider(on, { label, min = 0, max, step = 1, format = String, input, change }) {
  // the <output> stands first in the <label> and would take its name
  const box = h("input", { type: "range", min, max, step, "aria-label": label });
  const out = h("output", {});
  const root = h("label", { class: "cnn-slider" }, h("span", {}, h("span", { text: label }), out), box);
  let moving = false;
  on(box, "input", () => {
    moving = true;
    input(Number(box.value));
  });
  // a slider that was moved and brought back fires no "change", but its gesture has ended as well
  for (const type of ["change", "pointerup", "pointercancel"])
    on(box, type, () => {
      if (moving) change?.(Number(box.value));
      moving = false;
    });
  return {
    root,
    box,
    show(value, limits = {}, text = format(value)) {
      for (const name of ["min", "max"]) if (limits[name] !== undefined) setAttribute(box, name, limits[name]);
      if (Number(box.value) !== value) box.value = value;
      setText(out, text);
      setAttribute(box, "aria-valuetext", text);
    },
  };
}

/** A drop-down list of {value: text}, or of groups {name: {value: text}}. */
export function select(on, { label, options, change }) {
  const box = h("select", {});
  const root = h("label", { class: "cnn-select" }, h("span", { text: label }), box);
  const fill = (entries) => {
    const option = ([value, text]) =>
      typeof text === "string" ? h("option", { value, text }) : h("optgroup", { label: value }, ...Object.entries(text).map(option));
    box.replaceChildren(...Object.entries(entries).map(option));
  };
  fill(options);
  on(box, "change", () => change(box.value));
  return {
    root,
    box,
    fill,
    show(value) {
      if (box.value !== value) box.value = value;
    },
  };
}

/** A few buttons of which one is pressed: {value: text}. */
export function choice(on, { label, options, change }) {
  const buttons = Object.entries(options).map(([value, text]) => h("button", { type: "button", value, text }));
  const root = h("div", { class: "cnn-choice", role: "group", "aria-label": label }, ...buttons);
  for (const button of buttons) on(button, "click", () => change(button.value));
  return {
    root,
    show(value) {
      for (const button of buttons) setAttribute(button, "aria-pressed", String(button.value === value));
    },
  };
}

export function button(on, { text, title, pressed, click }) {
  const root = h("button", { type: "button", text, title, "aria-label": title, "aria-pressed": pressed });
  on(root, "click", click);
  return root;
}

export function checkbox(on, { label, title, change }) {
  const box = h("input", { type: "checkbox" });
  const root = h("label", { class: "cnn-check", title }, box, h("span", { text: label }));
  on(box, "change", () => change(box.checked));
  return {
    root,
    show(value) {
      if (box.checked !== value) box.checked = value;
    },
  };
}
