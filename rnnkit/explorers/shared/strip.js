// A row of inputs to take hold of, in the picture of a stage.

import { clamp, fixed } from "./numbers.js";

/**
 * A row of inputs as one region: a tap goes 0, 1, −1, a drag up or down sets tenths, arrows choose a cell and change it.
 * `cells` are rectangles { t, x, y, width, height }; `read(t)` and `write(t, value)` are the inputs.
 */
export function strip(card, { name, title, cells, read, write, low, high, unit = 24, cycle = [0, 1, -1] }) {
  const [first, last] = [cells[0], cells.at(-1)];
  const chosen = () => clamp(card.ui[name] ?? first.t, first.t, last.t);
  const middle = (cell) => [cell.x + cell.width / 2, cell.y + cell.height / 2];
  const near = (x, y) => {
    const far = (cell) => Math.hypot(middle(cell)[0] - x, 4 * Math.max(0, Math.abs(middle(cell)[1] - y) - cell.height / 2));
    return cells.reduce((a, b) => (far(b) < far(a) ? b : a));
  };
  const next = (t) => write(t, cycle[(cycle.indexOf(read(t)) + 1) % cycle.length]);
  const tenth = (t, value) => write(t, clamp(Math.round(10 * value) / 10, low, high));
  let [from, before] = [0, 0];
  const top = Math.min(...cells.map((c) => c.y));
  return {
    name, title, look: "rk-strip", low, high, value: read(chosen()), says: `step ${chosen()}, ${title} ${fixed(read(chosen()), 1)}`,
    x: first.x, y: top, width: Math.max(...cells.map((c) => c.x + c.width)) - first.x,
    height: Math.max(...cells.map((c) => c.y + c.height)) - top,
    down: (x, y) => {
      card.show({ [name]: near(x, y).t });
      [from, before] = [y, read(near(x, y).t)];
    },
    tap: (x, y) => next(near(x, y).t),
    pull: (x, y) => tenth(chosen(), before + (from - y) / unit),
    keys: (event, begins) => {
      const by = { ArrowRight: 1, ArrowLeft: -1, Home: -99, End: 99 }[event.key];
      const up = { ArrowUp: 0.1, ArrowDown: -0.1, PageUp: 1, PageDown: -1 }[event.key];
      if (by) card.show({ [name]: clamp(chosen() + by, first.t, last.t) });
      else if (up) {
        begins();
        return tenth(chosen(), read(chosen()) + (event.shiftKey ? 5 : 1) * up);
      } else if (event.key === " " || event.key === "Enter") {
        begins();
        return next(chosen());
      } else return false;
      return true;
    },
  };
}
