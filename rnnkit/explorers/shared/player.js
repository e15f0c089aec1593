// Through time: a clock that moves one trait along its axis, with buttons and keys.

import { isCalm } from "./card.js";
import { h, make, patch } from "./node.js";
import { clamp } from "./numbers.js";

const ICONS = {
  first: "M6 5v14M19 5l-9 7 9 7z", back: "M16 5l-9 7 9 7z", play: "M7 4l13 8-13 8z", pause: "M8 5v14M16 5v14",
  forward: "M8 5l9 7-9 7z", last: "M18 5v14M5 5l9 7-9 7z", undo: "M9 5L4 10l5 5M4 10h10a5 5 0 0 1 0 10h-4",
  redo: "M15 5l5 5-5 5M20 10H10a5 5 0 0 0 0 10h4", reset: "M5 12a7 7 0 1 0 2-5L5 9M5 4v5h5",
};

export const icon = (name) => h("svg", { viewBox: "0 0 24 24", width: 22, height: 22, "aria-hidden": "true" },
  h("path", { d: ICONS[name], class: /play|back|forward|first|last/.test(name) ? "rk-solid" : "rk-open" }));

export const iconButton = (name, title, onclick, more = {}) =>
  h("button", { type: "button", class: "rk-icon", "aria-label": title, title, onclick, ...more }, icon(name));

/**
 * The clock of an axis { trait, name, last(s), pace(t, s) }. It moves one step after each pace; ui.fraction tells how far
 * it has come into the next one. Two views of one model start their waits at the same change, so no step is skipped.
 */
export function clock(card, axis) {
  let [start, frame] = [0, 0];
  const tick = (now) => {
    frame = 0;
    if (!card.get("playing")) return;
    const [s, t] = [card.state(), card.get(axis.trait)];
    if (t >= axis.last(s)) {
      card.set({ playing: false });
      return;
    }
    const gone = (now - start) / axis.pace(t, s);
    if (gone >= 1) card.set({ [axis.trait]: t + 1 });
    card.show({ moving: true, fraction: isCalm() ? 0 : clamp(gone, 0, 1) % 1 });
    frame ||= requestAnimationFrame(tick);
  };
  const restart = () => {
    start = performance.now();
    if (card.get("playing")) frame ||= requestAnimationFrame(tick);
    else card.show({ moving: false, fraction: 0 });
  };
  const events = [`change:${axis.trait}`, "change:playing"];
  events.forEach((event) => card.model.on(event, restart));
  if (card.get("playing")) restart();
  return {
    /** Play from t to the end; the promise is true if it got there. Where less motion is asked for, it is there at once. */
    play: (t) => {
      const last = axis.last(card.state());
      if (isCalm()) {
        card.set({ [axis.trait]: last });
        return Promise.resolve(true);
      }
      card.set({ [axis.trait]: t, playing: true });
      return new Promise((done) => {
        const over = () => {
          if (card.get("playing")) return;
          card.model.off("change:playing", over);
          done(card.get(axis.trait) === last);
        };
        card.model.on("change:playing", over);
      });
    },
    leave: () => {
      cancelAnimationFrame(frame);
      events.forEach((event) => card.model.off(event, restart));
    },
  };
}

/** The bar of buttons, and the keys of the whole card. What begins with axis.first is counted from it, and not from 0. */
export function player(card, axis) {
  const own = clock(card, axis);
  const element = make(h("div", { class: "rk-bar" }));
  const go = (t) => {
    card.stop();
    card.show({ note: "" });
    card.set({ [axis.trait]: clamp(t, 0, axis.last(card.state())) });
  };
  const by = (steps) => () => go(card.get(axis.trait) + steps);
  const toggle = () => {
    if (card.get("playing")) return card.stop();
    card.show({ note: "" });
    const t = card.get(axis.trait);
    own.play(t >= axis.last(card.state()) ? 0 : t);
    return undefined;
  };
  const keys = {
    ArrowLeft: by(-1), ArrowRight: by(1), Home: () => go(0), End: () => go(Infinity), " ": toggle, r: card.reset,
  };
  card.root.addEventListener("keydown", (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const written = event.target.matches("input, textarea, select");
    if ((event.ctrlKey || event.metaKey) && key === "z" && !written) {
      (event.shiftKey ? card.redo : card.undo)();
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !(key in keys)) return;
    event.stopPropagation(); // a notebook would take the arrow for itself
    if (written || key === " " && event.target.matches("button, summary, a")) return;
    event.preventDefault();
    keys[key]();
  });
  return {
    element, go, toggle, play: own.play, leave: own.leave,
    refresh(s) {
      const [t, last, first] = [s[axis.trait], axis.last(s), axis.first ?? 0];
      patch(element, [h("div", { class: "rk-buttons" },
        h("span", { class: "rk-group" },
          iconButton("back", `One ${axis.name} back`, by(-1), { "data-act": "back" }),
          iconButton(s.playing ? "pause" : "play", s.playing ? "Pause" : "Play", toggle, { "data-act": "play" }),
          iconButton("forward", `One ${axis.name} forward`, by(1), { "data-act": "forward" })),
        h("span", { class: "rk-where", "data-where": t },
          h("span", { class: "rk-roomy" }, `${axis.name} `), t + first, h("span", { class: "rk-roomy" }, " of "),
          h("span", { class: "rk-tight" }, "/"), last + first),
        h("span", { class: "rk-group" },
          iconButton("undo", "Undo", card.undo, { "data-act": "undo", "aria-disabled": String(!card.canUndo()) }),
          iconButton("redo", "Redo", card.redo, { "data-act": "redo", "aria-disabled": String(!card.canRedo()) }),
          iconButton("reset", "Reset", card.reset, { "data-act": "reset" })))]);
    },
  };
}
