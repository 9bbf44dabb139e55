// Runs in the page before JupyterLab does. Logs the messages that go to a kernel, and gives lab.py
// short words for what it asks of JupyterLab. Everything hangs on window.__lab.
(() => {
  let running = Promise.resolve(); // the cell that startCell started
  const sent = []; // "shell:comm_msg", "control:…", in the order of sending

  // Kernel websockets speak the binary protocol v1: how many offsets, the offsets, channel, header.
  function nameOf(data) {
    if (typeof data === "string") {
      const { channel, header } = JSON.parse(data);
      return `${channel}:${header.msg_type}`;
    }
    const buffer = ArrayBuffer.isView(data) ? data.buffer : data;
    const view = new DataView(buffer);
    const offset = (i) => Number(view.getBigUint64(8 * (i + 1), true));
    const text = (i) => new TextDecoder().decode(buffer.slice(offset(i), offset(i + 1)));
    return `${text(0)}:${JSON.parse(text(1)).msg_type}`;
  }

  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (this.url.includes("/api/kernels/")) {
      const name = nameOf(data);
      // JupyterLab's debugger asks the kernel whenever it likes.
      if (name !== "control:debug_request") sent.push(name);
    }
    return send.call(this, data);
  };

  const app = () => window.jupyterapp;

  function panel(id) {
    for (const widget of app().shell.widgets("main")) if (widget.id === id) return widget;
    throw new Error("the notebook is not open");
  }

  function limited(promise, seconds, what) {
    let timer;
    const late = new Promise((_, reject) => {
      const error = new Error(`${what}: not done after ${seconds} s`);
      timer = setTimeout(() => reject(error), 1000 * seconds);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  function until(signal, done) {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => {
      const look = () => {
        if (!done()) return;
        signal.disconnect(look);
        resolve();
      };
      signal.connect(look);
    });
  }

  async function ready(id) {
    const { context, content } = panel(id);
    await context.ready;
    await context.sessionContext.ready;
    await context.sessionContext.session.kernel.info;
    await status(id, "idle");
    return content.widgets.length;
  }

  function status(id, wanted) {
    const { sessionContext } = panel(id).context;
    const reached = () => sessionContext.session?.kernel?.status === wanted;
    return until(sessionContext.statusChanged, reached);
  }

  window.__lab = {
    sent,
    command: (id, args, seconds) => limited(app().commands.execute(id, args), seconds, id),

    async open(path, seconds) {
      await limited(app().restored, seconds, "JupyterLab's start");
      const opened = app().commands.execute("docmanager:open", { path, factory: "Notebook" });
      const widget = await limited(opened, seconds, `open ${path}`);
      await limited(ready(widget.id), seconds, `the kernel of ${path}`);
      return widget.id;
    },

    idle: (id, seconds) =>
      limited(running.then(() => status(id, "idle")), seconds, "waiting for an idle kernel"),

    async runAll(id, seconds) {
      app().shell.activateById(id);
      await limited(app().commands.execute("notebook:run-all-cells"), seconds, "run all cells");
      await limited(status(id, "idle"), seconds, "run all cells");
    },

    // Starts cell i; the promise that it returns is fulfilled when the cell has run.
    runCell(id, i, seconds) {
      app().shell.activateById(id);
      const notebook = panel(id).content;
      notebook.deselectAll();
      notebook.activeCellIndex = i;
      notebook.mode = "command";
      return limited(app().commands.execute("notebook:run-cell"), seconds, `run cell ${i}`);
    },

    // Returns as soon as the kernel works on cell i; idle() then waits for its end.
    async startCell(id, i, seconds) {
      const busy = status(id, "busy");
      running = this.runCell(id, i, seconds).catch(() => {});
      await limited(Promise.race([busy, running]), seconds, `start cell ${i}`);
    },

    async execute(id, code, seconds) {
      const { kernel } = panel(id).context.sessionContext.session;
      const said = { text: "", result: null, error: null };
      const future = kernel.requestExecute({ code, store_history: false });
      future.onIOPub = ({ header, content }) => {
        if (header.msg_type === "stream") said.text += content.text;
        if (header.msg_type === "execute_result") said.result = content.data["text/plain"];
        if (header.msg_type === "error") said.error = content.traceback.join("\n");
      };
      await limited(future.done, seconds, "execute");
      return said;
    },

    async restart(id, seconds) {
      const { sessionContext } = panel(id).context;
      await limited(sessionContext.session.kernel.restart(), seconds, "restart");
      await limited(ready(id), seconds, "restart");
    },

    interrupt: (id) => panel(id).context.sessionContext.session.kernel.interrupt(),
    save: (id, seconds) => limited(panel(id).context.save(), seconds, "save"),

    close(id) {
      const widget = panel(id);
      const gone = new Promise((resolve) => widget.disposed.connect(resolve));
      widget.context.model.dirty = false; // no question about unsaved changes
      widget.close();
      return limited(gone, 10, "close");
    },

    scrollTo(id, i) {
      return panel(id).content.scrollToItem(i, "start");
    },

    state(id) {
      const { content } = panel(id);
      return {
        mode: content.mode,
        active: content.activeCellIndex,
        sources: content.widgets.map((cell) => cell.model.sharedModel.getSource()),
        types: content.widgets.map((cell) => cell.model.type),
      };
    },
  };
})();
