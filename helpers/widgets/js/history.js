// What can be taken back: the states in which a model has rested, one history for all of its views.

/**
 * Follow `traits` of a model. A gesture is one step, and so is what Python or Reset changes at a time.
 *   begin()   a gesture changes the traits from here on
 *   rest()    it is over
 *   begun()   the state in which the gesture began, {trait: value}
 *   back()    the state to go back to, or null
 *   close()
 */
export function openHistory(model, traits) {
  const read = () => JSON.stringify(Object.fromEntries(traits.map((name) => [name, model.get(name)])));
  const past = [];
  let rested = read();
  let moving = false;

  function rest() {
    moving = false;
    const now = read();
    if (now === rested) return;
    past.push(rested);
    rested = now;
  }
  // not at once: one change may set several traits, each with an event of its own
  const changed = () => queueMicrotask(() => moving || rest());
  for (const name of traits) model.on(`change:${name}`, changed);

  return {
    begin() { moving = true; },
    rest,
    begun: () => JSON.parse(rested),
    back() {
      rest(); // what is half done is taken back first
      if (!past.length) return null;
      rested = past.pop();
      return JSON.parse(rested);
    },
    close() {
      for (const name of traits) model.off(`change:${name}`, changed);
    },
  };
}

/** What a widget's module exports: it draws with a history, made once for each model, whose views share it. */
export function withHistory(traits, render) {
  return () => {
    let history;
    return {
      initialize({ model }) {
        history = openHistory(model, traits);
        return history.close;
      },
      render: ({ model, el }) => render({ model, el, history }),
    };
  };
}
