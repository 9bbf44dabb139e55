// One pointer over a node: hovering, or pressed, dragging and let go.

/** press(event), drag(event), release(), hover(event), leave(); the main button and the first finger only. */
export function followPointer(on, node, { press, drag, release, hover, leave }) {
  let held = null; // the id of the pointer that pressed
  on(node, "pointerdown", (event) => {
    if (event.button !== 0 || held !== null) return;
    held = event.pointerId;
    try {
      node.setPointerCapture(event.pointerId);
    } catch {
      // a pointer that has gone already cannot be captured; the press still counts
    }
    press?.(event);
  });
  on(node, "pointermove", (event) => {
    if (held === null) hover?.(event);
    else if (held === event.pointerId) drag?.(event);
  });
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"])
    on(node, type, (event) => {
      if (held !== event.pointerId) return;
      held = null;
      release?.(event);
    });
  on(node, "pointerleave", () => held === null && leave?.());
}

/** Pointing and pressing alone: targetOf(event) says what lies under the pointer. */
export function pointAt(on, node, { targetOf, hover, press }) {
  on(node, "pointermove", (event) => hover(targetOf(event)));
  on(node, "pointerleave", () => hover(null));
  on(node, "pointerdown", (event) => event.button === 0 && press(targetOf(event)));
}
