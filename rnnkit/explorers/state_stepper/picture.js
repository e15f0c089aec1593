// State Stepper, drawn: inputs above, states below, a column for each step, and wires into the chosen number.

import { box, letter, path, px, text, tint } from "../shared/draw.js";
import { h } from "../shared/node.js";
import { clamp, count, fixed, short } from "../shared/numbers.js";
import { withMatrices } from "../shared/paper.js";
import { isShown, terms, unitName } from "./maths.js";

const LEFT = 24; // px for the names of the rows
const PITCH = [41, 98]; // px from step to step
const ROW = 44;
const HEAD = 22;

/** Places: as many steps beside each other as there is room for, and below them the others. */
function places(s, width) {
  const most = Math.max(2, Math.floor((width - LEFT) / PITCH[0]));
  const bands = Math.ceil((s.T + 1) / most);
  const columns = Math.ceil((s.T + 1) / bands);
  const pitch = clamp((width - LEFT) / columns, ...PITCH);
  const cell = Math.min(pitch - 8, 72);
  const bandHeight = HEAD + ROW * (s.I + s.H) + 8;
  const band = (t) => Math.floor(t / columns);
  return {
    columns, bands, pitch, cell, bandHeight, band, height: bands * bandHeight,
    x: (t) => LEFT + pitch * (t % columns + 0.5),
    y: (t, row) => band(t) * bandHeight + HEAD + ROW * (row + 0.5),
    top: (t) => band(t) * bandHeight,
  };
}

/** A number as it fits its cell: two decimals, without the leading zero where there is little room. */
const inCell = (value, room) => (room >= 44 ? fixed(value, 2) : fixed(value, 2).replace(/^(−?)0\./, "$1."));

function number(s, p, t, row, value, name, was) {
  const [x, y] = [p.x(t), p.y(t, row)];
  const [left, top] = [x - p.cell / 2, y - 17];
  const hidden = value === null;
  const look = { rx: 6, style: `fill:${hidden ? "var(--rk-soft)" : tint(clamp(value, -1, 1), 0.6)}` };
  const words = hidden ? "?" : row < s.I ? short(value, 2) : inCell(value, p.cell);
  const long = 7.5 * words.length > p.cell - 2 ? { textLength: px(p.cell - 4), lengthAdjust: "spacingAndGlyphs" } : {};
  return [
    box(left, top, p.cell, 34, hidden ? "rk-cell rk-dashed" : "rk-cell", look),
    was === null ? null : box(left + 3, top + 27, p.cell - 6, 5, "rk-was", { style: `fill:${tint(was)}` }),
    text(x, y + 4, words, "rk-number", "middle", { "data-cell": name, "data-h": hidden ? "?" : fixed(value, 3), ...long }),
  ];
}

/** A wire: thick if it carries much, in the colour of its sign, thin and grey if it carries nothing. */
const wire = (d, value) => path(d, `rk-wire ${value > 0 ? "rk-plus" : value < 0 ? "rk-minus" : ""}`,
  { "stroke-width": value ? px(clamp(1.5 + 1.6 * Math.abs(value), 1.5, 7)) : 1.5 });

/** The wires into unit j at step t: from its inputs, and from every unit one step earlier. */
function wires(s, p, t, j) {
  if (t === 0 || !isShown(s, t)) return [];
  const half = p.cell / 2;
  const [x, y] = [p.x(t), p.y(t, s.I + j)];
  const sameBand = p.band(t) === p.band(t - 1);
  return terms(s, t, j).filter((term) => term.trait !== "bias").map((term) => {
    if (term.trait === "weight_ih") {
      const from = p.y(t, term.column);
      if (j === 0 && term.column === s.I - 1) return wire(`M${px(x)} ${px(from + 17)}V${px(y - 17)}`, term.product);
      const gutter = px(x + half + 4);
      return wire(`M${px(x + half)} ${px(from)}H${gutter}V${px(y)}H${px(x + half)}`, term.product);
    }
    const from = p.y(t - 1, s.I + term.column);
    const [x1, y1] = sameBand ? [p.x(t - 1) + half, from] : [px(LEFT - 3), y + (term.column - j) * 8];
    return wire(`M${px(x1)} ${px(y1)}L${px(x - half)} ${px(y)}`, term.product);
  });
}

/** Everything about time in one picture. `strips(cells, i)` is what the card lays over input i. */
export function grid(s, width, strips = () => null) {
  const p = places(s, width);
  const steps = Array.from({ length: s.T + 1 }, (_, t) => t);
  const [t, j] = [s.step, s.unit - 1];
  const units = s.bias.map((_, k) => k);
  const inputs = s.inputs[0].map((_, i) => i);
  const fits = s.ghost && s.ghost.T === s.T && s.ghost.H === s.H;
  const was = (k, unit) => (fits && isShown(s, k) && fixed(s.ghost.states[k][unit], 2) !== fixed(s.states[k][unit], 2)
    ? s.ghost.states[k][unit] : null);
  const names = Array.from({ length: p.bands }, (_, b) => [
    ...inputs.map((i) => letter(0, p.top(b * p.columns) + HEAD + ROW * (i + 0.5) + 5, "x", s.I > 1 ? i + 1 : "", "", "start")),
    ...units.map((k) => letter(0, p.top(b * p.columns) + HEAD + ROW * (s.I + k + 0.5) + 5, "h", k + 1, "", "start")),
  ]).flat();
  const body = [
    box(p.x(t) - p.pitch / 2 + 1, p.top(t) + 2, p.pitch - 2, p.bandHeight - 6, "rk-column", { rx: 8 }),
    ...names,
    ...steps.map((k) => text(p.x(k), p.top(k) + 15, k || (p.pitch > 60 ? "start" : "0"), "rk-tick", "middle")),
    s.printed ? null : text(p.x(0) + p.cell / 2, p.y(0, 0) + 4, "flip →", "rk-tick", "end"),
    h("g", {}, ...wires(s, p, t, j)),
    ...steps.slice(1).flatMap((k) => inputs.flatMap((i) => number(s, p, k, i, s.inputs[k - 1][i], `x:${k}:${i}`, null))),
    ...steps.flatMap((k) => units.flatMap((unit) =>
      number(s, p, k, s.I + unit, isShown(s, k) ? s.states[k][unit] : null, `h:${k}:${unit}`, was(k, unit)))),
    box(p.x(t) - p.cell / 2 - 1.5, p.y(t, s.I + j) - 18.5, p.cell + 3, 37, "rk-now rk-thick", { rx: 7 }),
    s.ui.focus?.startsWith("x") ? focused(s, p) : null,
    s.ui.bad?.t ? text(p.x(s.ui.bad.t) + p.cell / 2 - 4, p.y(s.ui.bad.t, s.I) - 10, "✗", "rk-label rk-fail", "middle") : null,
  ];
  const bandSteps = (b) => steps.filter((k) => p.band(k) === b);
  const cellsOf = (b, i) => bandSteps(b).filter((k) => k > 0)
    .map((k) => ({ t: k, x: p.x(k) - p.pitch / 2, y: p.y(k, i) - 22, width: p.pitch, height: ROW }));
  const regions = Array.from({ length: p.bands }, (_, b) => {
    const [first, last] = [bandSteps(b)[0], bandSteps(b).at(-1)];
    const top = p.y(first, s.I) - 22;
    const at = (x, y) => ({
      step: clamp(first + Math.floor((x - LEFT) / p.pitch), first, last),
      unit: clamp(Math.floor((y - top) / ROW) + 1, 1, s.H),
    });
    const look = { name: `cells${b}`, title: "state", looks: true, look: "rk-cells", value: t, low: 0, high: s.T,
      x: LEFT, y: top, width: p.pitch * bandSteps(b).length, height: ROW * s.H,
      says: `step ${t}, ${unitName(j)} = ${isShown(s, t) ? fixed(s.states[t][j]) : "hidden"}`, pull: at,
      keys: (event) => {
        const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        return by ? { unit: clamp(s.unit + by, 1, s.H) } : false;
      } };
    return [...inputs.map((i) => (cellsOf(b, i).length ? strips(cellsOf(b, i), i, `x${i}:${b}`) : null)), look];
  }).flat().filter(Boolean);
  return {
    width: Math.max(width, 120), height: p.height, body, regions,
    title: `Inputs and states over ${count(s.T, "step")}`,
    says: steps.map((k) => `After step ${k}: ${units.map((unit) =>
      `${unitName(unit)} = ${isShown(s, k) ? fixed(s.states[k][unit], 2) : "?"}`).join(", ")}.`).join(" "),
  };
}

/** The outline of the input that the arrow keys would change. */
function focused(s, p) {
  const [row, band] = s.ui.focus.slice(1).split(":").map(Number);
  const first = Math.max(1, band * p.columns);
  const t = clamp(s.ui[s.ui.focus] ?? first, first, Math.min(s.T, (band + 1) * p.columns - 1));
  return box(p.x(t) - p.cell / 2 - 1.5, p.y(t, row) - 18.5, p.cell + 3, 37, "rk-now", { rx: 7 });
}

/** The picture for paper: the whole run, its last column chosen, and every weight, so that one can check it by hand. */
export function still(s, width) {
  const picture = grid({ ...s, step: s.T, printed: true }, Math.min(width, LEFT + 84 * (s.T + 1)));
  const matrices = [["W", "ih", s.weight_ih], ["W", "hh", s.weight_hh], ["b", "", s.bias.map((v) => [v])]];
  return { ...withMatrices(picture, width, matrices), title: `A simple recurrent network over ${count(s.T, "step")}` };
}
