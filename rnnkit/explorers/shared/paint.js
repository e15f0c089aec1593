// A guess that is painted into a picture, for a question of the kind "paint" (question.js): parts 1 to `last` of a region,
// by a stroke or by keys.

import { clamp } from "./numbers.js";

/** The region at `place` { x, y, width, height }; `partAt(x)` is the part at a place. What is painted is ui.painted[k]. */
export function painting(card, { last, partAt, ...place }) {
  const painted = () => card.ui.painted ?? [];
  const at = () => clamp(card.ui.at ?? last, 1, last);
  const paint = (from, to, value) => card.show({ painted: Array.from({ length: last + 1 }, (_, k) =>
    (k >= Math.min(from, to) && k <= Math.max(from, to) && k > 0 ? value : Boolean(painted()[k]))) });
  let [before, on] = [0, true];
  return {
    name: "paint", title: "your guess", looks: true, look: "rk-paint", value: at(), low: 1, high: last,
    says: `step ${at()}, ${painted()[at()] ? "painted" : "not painted"}`, ...place,
    down: (x) => {
      before = Math.max(1, partAt(x));
      on = !painted()[before];
      paint(before, before, on);
    },
    pull: (x) => {
      const here = Math.max(1, partAt(x));
      paint(before, here, on);
      before = here;
    },
    keys: (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, Home: -99, End: 99 }[event.key];
      if (by) {
        card.show({ at: clamp(at() + by, 1, last) });
        if (event.shiftKey) paint(at(), at(), true);
      } else if (event.key === " " || event.key === "Enter") paint(at(), at(), !painted()[at()]);
      else return false;
      return true;
    },
  };
}
