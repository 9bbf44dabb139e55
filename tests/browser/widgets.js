// What the tests of the widgets ask of a page. Everything hangs on window.__look.
(() => {
  if (window.__look) return;
  let watched = null; // selector of the node that is read after each pointer move
  const moves = [];

  // The path of a mark, the pixels of a canvas, or a text.
  function read(node) {
    if (!node?.getContext) return node?.getAttribute("d") ?? node?.textContent;
    const { data } = node.getContext("2d").getImageData(0, 0, node.width, node.height);
    return data.reduce((sum, value) => (31 * sum + value) % 1e9);
  }

  // A listener of the window comes after the widget's own, and its frame after the drawing.
  window.addEventListener("pointermove", ({ clientX: x, clientY: y }) => {
    if (!watched) return;
    const frames = [];
    moves.push({ x, y, frames });
    const look = () => {
      frames.push(read(document.querySelector(watched)));
      if (frames.length < 2) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });

  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  function rgba(css) {
    if (!known.has(css)) {
      pixel.clearRect(0, 0, 1, 1);
      pixel.fillStyle = css;
      pixel.fillRect(0, 0, 1, 1);
      known.set(css, [...pixel.getImageData(0, 0, 1, 1).data]);
    }
    return known.get(css);
  }
  function luminance(color) {
    const [r, g, b] = color.map((v) => {
      const s = v / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  function contrast(text, ink, paper) {
    const [high, low] = [luminance(ink), luminance(paper)].sort((a, b) => b - a);
    return { text, ratio: (high + 0.05) / (low + 0.05), ink: ink.join(), paper: paper.join() };
  }
  /** The nearest opaque background. */
  function background(node) {
    for (; node; node = node.parentElement) {
      const color = rgba(getComputedStyle(node).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  }
  /** The topmost shape painted before an SVG text, under its middle. */
  function behind(text) {
    const box = text.getBoundingClientRect();
    const middle = new DOMPoint(box.x + box.width / 2, box.y + box.height / 2);
    const shapes = [...text.ownerSVGElement.querySelectorAll("rect, circle, path")];
    const under = shapes.filter((shape) => {
      const style = getComputedStyle(shape);
      return shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING
        && !["none", "transparent"].includes(style.fill) && style.visibility === "visible"
        && !shape.closest(".cnn-hatch, .cnn-marks")
        && shape.isPointInFill(middle.matrixTransform(shape.getScreenCTM().inverse()));
    });
    const [top] = under.slice(-1);
    return top ? rgba(getComputedStyle(top).fill) : background(text.ownerSVGElement);
  }

  window.__look = {
    watch(selector) {
      watched = selector;
      moves.length = 0;
    },
    moves: () => moves,

    /** Every visible text with the contrast of its ink and what lies behind it. */
    contrasts(root) {
      const seen = [];
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const text = walker.currentNode.textContent.trim();
        const parent = walker.currentNode.parentElement;
        const hidden = parent.closest(".cnn-live, option") || !parent.getClientRects().length;
        if (!text || hidden) continue;
        const style = getComputedStyle(parent);
        seen.push(parent.closest("svg")
          ? contrast(text, rgba(style.fill), behind(parent))
          : contrast(text, rgba(style.color), background(parent)));
      }
      for (const select of root.querySelectorAll("select"))
        seen.push(contrast(select.value, rgba(getComputedStyle(select).color), background(select)));
      return seen;
    },

    /** Titles and controls that lie over one another, in pairs. */
    overlaps(root) {
      const boxes = [...root.querySelectorAll(".cnn-title, .cnn-bar > *")].map((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        return [node.textContent.slice(0, 40), range.getBoundingClientRect()];
      });
      const cross = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
        && a.top < b.bottom - 1 && b.top < a.bottom - 1;
      return boxes.flatMap(([name, a], n) =>
        boxes.slice(n + 1).filter(([, b]) => cross(a, b)).map(([other]) => [name, other]));
    },
  };
})();
