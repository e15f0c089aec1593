// A run over time: where its steps stand, its line so far with a ball at its head, and the inputs below it.

import { box, circle, points, text, tint } from "./draw.js";
import { clamp, fixed, short } from "./numbers.js";

/**
 * Places of steps 0 to `last` from `left` to `right`: the first `near` in columns wide enough for a thumb, the others
 * closer together. `x.back` gives the step for a place.
 */
export function steps({ left, right, near, last }) {
  const column = clamp((right - left) * 0.05, 24, 28);
  const turn = left + near * column;
  const far = (right - turn) / (last - near);
  const x = (t) => (t <= near ? left + t * column : turn + (t - near) * far);
  x.back = (at) => clamp(Math.round(at <= turn ? (at - left) / column : near + (at - turn) / far), 0, last);
  return { x, column };
}

/** Where the ball is, `part` of the way from step t to the next one. */
export const ballAt = (values, t, part, x) => {
  const next = Math.min(t + 1, values.length - 1);
  return [x(t) + (x(next) - x(t)) * part, values[t] + (values[next] - values[t]) * part];
};

/** The line of the values up to step `shown`, and from there to the ball. */
export const trace = (values, shown, part, x, y) => {
  const [bx, by] = ballAt(values, shown, part, x);
  return points([...values.slice(0, shown + 1).map((v, t) => [x(t), y(v)]), ...part ? [[bx, y(by)]] : []]);
};

/** A dot for each step from 1 to `near` that is shown. */
export const dots = (values, near, shown, x, y) => values.slice(1, near + 1).map((v, k) => (k + 1 <= shown
  ? circle(x(k + 1), y(v), 5, "rk-dot", { style: `fill:${tint(v)}`, "data-cell": `h:${k + 1}`, "data-h": fixed(v, 3) }) : null));

/** The cells of the inputs at steps 1 to n, around the line at `middle`, whose bars are at most `bar` high. */
export const inputCells = (n, x, column, middle, bar) => Array.from({ length: n }, (_, k) =>
  ({ t: k + 1, x: x(k + 1) - column / 2, y: middle - bar - 4, width: column, height: 2 * bar + 8 }));

/** The inputs, from −1 to 1, as bars in their cells; `chosen` is the step that the keys would change. */
export function inputBars(inputs, cells, bar, chosen = null) {
  const [first, column] = [cells[0], cells[0].width];
  const middle = first.y + bar + 4;
  const at = (k) => cells[k].x + column / 2;
  return [
    box(first.x, first.y, cells.length * column, first.height, "rk-strip-ground", { rx: 6 }),
    ...inputs.map((_, k) => circle(at(k), middle, 2, "rk-tack")),
    ...inputs.map((v, k) => box(at(k) - 8, v > 0 ? middle - v * bar : middle, 16, Math.abs(v) * bar, `rk-bar-${v < 0 ? "no" : "yes"}`,
      { rx: 2, visibility: v ? "visible" : "hidden" })),
    ...inputs.map((v, k) => (v ? text(at(k), v > 0 ? middle + 15 : middle - 6, short(v, 1), "rk-tick rk-ink", "middle",
      { "data-cell": `x:${k + 1}` }) : null)),
    chosen ? box(cells[chosen - 1].x, first.y, column, first.height, "rk-now", { rx: 4 }) : null,
  ];
}
