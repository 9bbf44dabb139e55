// A host of anywidget modules without a kernel: window.__host.mount(source, css, state).
// The model knows get, set, on, off and save_changes, as Backbone does them, and logs each call.
(() => {
  const timers = new Set(); // what setInterval and setTimeout started and nobody has ended yet
  for (const kind of ["Interval", "Timeout"]) {
    const start = window[`set${kind}`].bind(window);
    const end = window[`clear${kind}`].bind(window);
    window[`set${kind}`] = (callback, ...rest) => {
      const id = start((...args) => {
        if (kind === "Timeout") timers.delete(id);
        callback(...args);
      }, ...rest);
      timers.add(id);
      return id;
    };
    window[`clear${kind}`] = (id) => (timers.delete(id), end(id));
  }

  const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

  // Bytes come as {$base64: "…"}; anywidget's DataViews look into a bigger buffer, so do these.
  function revive(value) {
    if (Array.isArray(value) || value === null || typeof value !== "object") return value;
    if (!("$base64" in value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, revive(v)]));
    const bytes = Uint8Array.from(atob(value.$base64), (c) => c.charCodeAt(0));
    const buffer = new ArrayBuffer(bytes.length + 12);
    new Uint8Array(buffer, 4, bytes.length).set(bytes);
    return new DataView(buffer, 4, bytes.length);
  }

  function plain(value) {
    if (!(value instanceof ArrayBuffer) && !ArrayBuffer.isView(value)) return value;
    const view = ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value);
    return { $bytes: [...view] };
  }

  class Model {
    constructor(state) {
      this.state = Object.fromEntries(Object.entries(state).map(([k, v]) => [k, revive(v)]));
      this.listeners = [];
      this.log = [];
    }
    emit(event, ...args) {
      for (const l of [...this.listeners]) if (l.event === event) l.callback(...args);
    }
    assign(values) {
      const changed = Object.keys(values).filter((key) => !same(this.state[key], values[key]));
      Object.assign(this.state, values);
      for (const key of changed) this.emit(`change:${key}`, this, values[key]);
      if (changed.length) this.emit("change", this);
    }
    // What a widget sees; anything else is an error, as a host need not have it.
    get facade() {
      const note = (...entry) => this.log.push(entry);
      return {
        get: (key) => {
          if (!(key in this.state)) throw new Error(`the model has no trait ${key}`);
          return this.state[key];
        },
        set: (key, value) => {
          const values = typeof key === "object" ? key : { [key]: value };
          for (const [k, v] of Object.entries(values)) note("set", k, plain(v));
          this.assign(values);
        },
        save_changes: () => note("save_changes"),
        on: (events, callback) => {
          for (const event of events.split(" ")) this.listeners.push({ event, callback });
        },
        off: (events, callback) => {
          const names = events?.split(" ");
          this.listeners = this.listeners.filter(
            (l) => (names && !names.includes(l.event)) || (callback && l.callback !== callback));
        },
      };
    }
  }

  const mounted = [];
  const widgetOf = (id) => mounted[id];

  async function view(id) {
    const widget = widgetOf(id);
    const el = document.createElement("div");
    document.body.append(el);
    const clean = await widget.module.render?.({ model: widget.model.facade, el });
    widget.views.push({ el, clean });
    el.dataset.view = `${id}-${widget.views.length - 1}`;
    return el.dataset.view;
  }

  window.__host = {
    timers,
    view,
    async mount(source, css, state) {
      const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      let module = (await import(url)).default;
      if (typeof module === "function") module = await module();
      const style = document.createElement("style");
      style.textContent = css;
      document.head.append(style);
      const model = new Model(state);
      const clean = await module.initialize?.({ model: model.facade });
      mounted.push({ module, model, style, clean, views: [] });
      return mounted.length - 1;
    },
    get: (id, key) => plain(widgetOf(id).model.state[key]),
    set: (id, values) => widgetOf(id).model.assign(
      Object.fromEntries(Object.entries(values).map(([k, v]) => [k, revive(v)]))),
    log: (id) => widgetOf(id).model.log,
    clearLog: (id) => { widgetOf(id).model.log.length = 0; },
    listeners: (id) => widgetOf(id).model.listeners.map((l) => l.event),
    async destroy(id) {
      const widget = widgetOf(id);
      for (const { el, clean } of widget.views) {
        await clean?.();
        el.remove();
      }
      await widget.clean?.();
      widget.style.remove();
      widget.views = [];
      widget.module = null;
    },
  };
})();
