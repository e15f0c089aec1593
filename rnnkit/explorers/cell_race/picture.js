// Cell Race, drawn: three losses on their way to a line; three rivers, of the gradient or of a change; who came home at which
// delay.

import { box, circle, line, path, points, px, text, tint, together } from "../shared/draw.js";
import { clamp, fixed } from "../shared/numbers.js";
import { arrivals, settled } from "./maths.js";
import { CELLS, UNITS } from "./nets.js";
import { END, REST } from "./race.js";
import { LETTERS, MOST, TASKS, marks, numbersOf } from "./tasks.js";

const [LOW, HIGH] = [-4, 0.3]; // decades of a river's width; what is less is a thread
const SHADES = [1, 0.8, 0.6, 0.42]; // from the smallest decade to the largest
const PLACES = ["1st", "2nd", "3rd"];

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const NOTE = 92; // px that a share beside its river takes

/** A share by its decades: 0.36, or a power of ten. */
export const share = (log) => (log > -2 ? String(Number((10 ** log).toPrecision(2))) : `10⁻${String(Math.round(-log)).replace(/\d/g, (digit) => SUPERSCRIPTS[digit])}`);

export const thousands = (n) => String(n).replace(/(\d)(?=(\d{3})+$)/g, "$1,");

/** Where the rivers stand: forty columns, three lanes, below each the board's row. */
export function layout(width) {
  const small = width < 400;
  const [left, right] = small ? [72, 58] : [96, 72];
  const column = (width - left - right) / MOST;
  const [high, gap, top] = [small ? 38 : 44, small ? 28 : 32, 76];
  const axis = top + 3 * (high + gap) - 4;
  return {
    width, small, left, column, high, top, axis, R: high / 2, end: left + MOST * column, height: axis + 42,
    x: (t) => left + (t - 0.5) * column,
    edge: (t) => left + t * column, // the right edge of column t
    back: (at, last) => clamp(Math.ceil((at - left) / column), 0, last),
    lane: (i) => top + i * (high + gap),
  };
}

const half = (p, log) => clamp((log - LOW) / (HIGH - LOW) * p.R, 0.6, p.R); // never nothing: a thread stays

/** A bank of a river through its steps, as [x, half of the width], side −1 above, 1 below. */
const bank = (banks, middle, side) => banks.map(([x, wide], k) => {
  const y = px(middle + side * wide);
  if (!k) return `${px(x)} ${y}`;
  const [before, was] = banks[k - 1];
  const turn = px((before + x) / 2);
  return `C${turn} ${px(middle + side * was)} ${turn} ${y} ${px(x)} ${y}`;
}).join("");

const banksOf = (p, flow) => [[p.left, half(p, flow[0])], ...flow.map((v, k) => [p.x(k + 1), half(p, v)]), [p.edge(flow.length), half(p, flow.at(-1))]];

/** What is read: the first letter stands out, because it is asked for; of numbers, the two that are marked. */
function reads(s, p) {
  const now = box(p.edge(s.step - 1), 50, p.column, p.axis - 56, "rk-now", { rx: 3, visibility: s.step && !s.asking ? "visible" : "hidden" });
  if (s.task === "adding") {
    const [marked, start] = [marks(s.T), s.view === "flip" && s.step > 0];
    const point = (t) => `M${px(p.x(t + 1) - 4)} 37h8l-4 6z`;
    return [text(0, 66, "reads", "rk-tick"), path(marked.map(point).join(""), "rk-race-mark"), ...numbersOf(MOST).map((v, k) => {
      const [tall, on] = [22 * (k || !start ? v : 0.8), marked.includes(k) && k < s.T];
      return box(p.x(k + 1) - Math.min(4, p.column * 0.32), 68 - tall, Math.min(8, p.column * 0.64), tall,
        `rk-race-number${on ? " rk-race-marked" : k < s.T ? "" : " rk-race-later"}`, k < s.T ? { "data-cell": `x:${k + 1}`, "data-h": fixed(k || !start ? v : 0.8, 2) } : {});
    }), now];
  }
  const first = LETTERS.indexOf(s.word[0]);
  const shown = s.view === "flip" ? LETTERS[(first + s.flip) % 4] : s.word[0];
  const rest = [...s.word].slice(1).map((one, k) => (p.column >= 9 ? text(p.x(k + 2), 66, one, "rk-race-letter", "middle", { "data-cell": `x:${k + 2}` })
    : box(p.x(k + 2) - 1, 56, 2, 10, "rk-race-number")));
  return [text(0, 66, "reads", "rk-tick"),
    box(p.edge(1) - 22, 50, 22, 22, s.view === "flip" ? "rk-race-first rk-race-turned" : "rk-race-first", { rx: 4 }),
    text(p.edge(1) - 11, 66, shown, "rk-race-asked", "middle", { "data-cell": "x:1" }), ...rest, now];
}

/** One river: its shades, its banks, and before it learned, as beads. */
function river(s, p, i) {
  const middle = p.lane(i) + p.R;
  const probing = s.view === "flip";
  const part = probing ? (s.step + (s.ui.fraction ?? 0)) / s.T : 1;
  const to = p.left + Math.min(1, part) * (p.edge(s.T) - p.left);
  const banks = banksOf(p, s.flows[i]);
  const was = s.before[s.view][i];
  const shade = (k) => (probing ? `color-mix(in srgb, var(--rk-ink) ${Math.round(70 * SHADES[k])}%, var(--rk-page))` : tint(1, SHADES[k]));
  const shore = (side) => path(`M${bank(banks, middle, side)}V${px(middle + side * (p.R + 1))}H${px(p.left)}Z`, "rk-race-shore");
  const beads = (side) => was.map((v, k) => `M${px(p.x(k + 1))} ${px(middle + side * half(p, v))}h0`).join("");
  return [
    ...[3, 2, 1, 0].map((k) => {
      const r = k === 3 ? p.R : half(p, LOW + k + 1);
      return box(p.left, middle - r, p.edge(s.T) - p.left, 2 * r, "rk-race-water", { style: `fill:${shade(k)}` });
    }),
    shore(-1), shore(1),
    path(`M${bank(banks, middle, -1)}M${bank(banks, middle, 1)}`, "rk-race-bank"),
    probing ? null : path(`M${px(p.edge(s.T))} ${px(middle)}H${px(p.left)}`, s.racing ? "rk-race-drift rk-race-moving" : "rk-race-drift"),
    path(s.ghost && s.ghost.T === s.T ? ((b) => `M${bank(b, middle, -1)}M${bank(b, middle, 1)}`)(banksOf(p, s.ghost.before[s.view][i])) : "", "rk-ghost"),
    path(beads(1), "rk-race-beads"),
    ...was.map((v, k) => circle(p.x(k + 1), middle - half(p, v), 1.3, "rk-race-bead",
      { "data-cell": `h:${k + 1}:${probing ? i + 3 : i}`, "data-h": fixed(v, 3) })),
    probing ? box(to, middle - p.R - 1, Math.max(0, p.edge(s.T) - to + 1), 2 * p.R + 2, "rk-race-later-water") : null,
  ];
}

/** What stands right of a river: how often the net is right and what is left at step 1, or its answers to the two words. */
function answers(s, p, i) {
  const [x, y] = [p.edge(s.T) + 5, p.lane(i) + p.R + 4];
  const room = x < p.width - NOTE;
  if (s.view !== "flip") {
    return [s.race ? text(x, y - (room ? 8 : 0), `${Math.round(100 * s.nets[i].right)} %${p.small || x > p.end - 50 ? "" : " right"}`, "rk-label rk-ink") : null,
      room ? text(x, y + (s.race ? 8 : 0), `× ${share(s.flows[i][0])} at step 1`, "rk-tick") : null];
  }
  if (s.step < s.T) return [null, null];
  const { says, right } = s.flips[i];
  const words = says.map((one) => (s.task === "adding" ? fixed(one, 1) : LETTERS[one])).join(p.small ? "→" : " → ");
  return [text(x, y, `${words} ${right ? "✓" : "✗"}`, "rk-label rk-ink rk-strong"), null];
}

const placeOf = (s, i) => arrivals(s.race).findIndex(([k]) => k === i);

function standing(s, p, i) {
  const guess = s.ui.guess === CELLS[i] ? p.small ? "guess" : "your guess" : "";
  if (!s.race) return guess;
  const { solved } = s.nets[i];
  if (solved) return `${PLACES[placeOf(s, i)]}${p.small ? "" : " at"} ${thousands(solved)}`;
  return s.race.done ? "not home" : guess;
}

/** A lane's name, its place, and on how many seeds it came home at each delay that was tried. */
function lane(s, p, i) {
  const [y, base] = [p.lane(i), p.lane(i) + p.high + 20];
  const wide = clamp(p.column - 2, 4, 12);
  const tried = (rows, look, more) => rows.map(({ T, seeds, home }) => box(p.x(T) - wide / 2 - more, base - 16 * home[i] / seeds, wide + 2 * more, 16 * home[i] / seeds, look));
  return [
    box(p.left, y, p.end - p.left, p.high, "rk-race-ground"),
    path(`M0 ${y + 9}h${p.small ? 14 : 22}`, `rk-race-line rk-race-${CELLS[i]}`),
    text(p.small ? 18 : 28, y + 14, CELLS[i], "rk-race-name"),
    text(0, y + 29, `${UNITS[CELLS[i]]} units`, "rk-tick"), text(0, y + 43, standing(s, p, i), "rk-tick"),
    text(0, base, p.small ? "home" : "seeds home", "rk-tick"), line(p.left, base, p.end, base, "rk-gridline"),
    ...s.board.map(({ T }) => box(p.x(T) - wide / 2, base - 16, wide, 16, "rk-race-tried")),
    ...tried(s.board, `rk-race-came rk-race-fill-${CELLS[i]}`, 0), ...tried(s.ghostBoard, "rk-race-before", 2),
  ];
}

/** The three rivers; while the question is open, their beds. */
export function rivers(s, width, ways = {}) {
  const p = layout(width);
  const wall = p.edge(s.T);
  const body = [
    ...CELLS.flatMap((_, i) => lane(s, p, i)),
    ...s.asking ? [text(p.left + (wall - p.left) / 2, p.lane(1) + p.R + 12, "?", "rk-ask", "middle")]
      : CELLS.flatMap((_, i) => [...river(s, p, i), ...answers(s, p, i)]),
    ...reads(s, p),
    line(wall, 42, wall, p.axis - 8, "rk-race-wall"),
    s.printed ? text(clamp(wall, 50, width - 50), 34, `answer at ${s.T}`, "rk-label rk-ink", "middle") : null,
    ...[1, 10, 20, 30, 40].map((t) => text(p.x(t), p.axis + 14, t, "rk-tick", "middle")),
    text(0, p.axis + 14, "step", "rk-tick"),
    text(width < 480 ? 0 : p.left, p.axis + 34, caption(s, p), "rk-tick"),
  ];
  return { width, height: p.height, body, title: s.view === "flip" ? "What a flipped beginning changes, step by step" : "The gradient at each step, back from the answer",
    says: says(s), ...s.printed ? {} : grips(s, p, ways) };
}

const caption = (s, p) => {
  const what = s.view === "flip" ? "width: what the flip still changes" : "width: gradient at each step";
  return `${what}; ${p.small ? "shade: × 10" : "a shade: × 10; beads: untrained"}`;
};

const says = (s) => {
  if (s.asking) return `Three empty river beds, of an RNN, an LSTM and a GRU, for ${s.T} steps. Which of them will flow?`;
  const at = s.view === "flip" ? s.T - 1 : 0;
  const found = CELLS.map((cell, i) => `${cell} 10 to the ${fixed(s.flows[i][at], 1)}`).join(", ");
  const home = s.board.map(({ T, seeds, home: of, first }) => `Answer at step ${T}: ${CELLS.map((cell, i) => `${cell} home on ${of[i]}, first on ${first[i].length}`).join("; ")}, of ${seeds} seeds.`);
  return [`${s.view === "flip" ? `The change at step ${s.T}, over that at step 1` : `The gradient at step 1, over that at step ${s.T}`}: ${found}.`, ...home].join(" ");
};

function grips(s, p, { stretch = () => ({}), flip = () => ({}) }) {
  const wall = p.edge(s.T);
  const part = p.small ? 52 : 56; // half of the chip
  const x = clamp(wall, part, p.width - part);
  return {
    handles: [{ name: "answer", letter: `↔ answer at ${s.T}`, look: "rk-race-chip", title: "step of the answer", flat: true, value: s.T, low: 2, high: MOST,
      says: `answer at step ${s.T}`, x, y: 22, pull: (to) => stretch(Math.round((to - x + wall - p.left) / p.column)),
      keys: (event, begins) => {
        const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5, Home: -99, End: 99 }[event.key];
        if (!by) return false;
        begins();
        return stretch(s.T + by * (event.shiftKey ? 5 : 1));
      } }],
    regions: [
      { name: "scrub", title: "step", looks: true, look: "rk-scrub", value: s.step, low: 0, high: s.T, says: `step ${s.step} of ${s.T}`,
        x: p.left, y: p.top, width: Math.max(44, wall - p.left), height: p.axis - 8 - p.top,
        pull: (at) => ({ step: p.back(p.left + (at - p.left) * (wall - p.left) / Math.max(44, wall - p.left), s.T) }), keys: () => false },
      { name: "flip", title: "flip the first", looks: true, look: "rk-race-flip", value: s.view === "flip" ? s.flip : 0, low: 0, high: 3,
        says: s.view === "flip" ? "the first is flipped" : "as it is read", x: p.edge(1) - 33, y: 38, width: 44, height: 44, pull: () => undefined, tap: () => { flip(); },
        keys: (event) => (event.key === " " || event.key === "Enter" ? flip() : false) },
    ],
  };
}

/** Names beside the runners, pushed apart: [name, x, y] of each, from the highest. */
function spread(heads, gap, low, high) {
  const sorted = heads.map((one) => ({ ...one, ty: one.y })).toSorted((a, b) => a.ty - b.ty || a.i - b.i);
  for (let n = 0; n < 40; n++) {
    for (let k = 0; k + 1 < sorted.length; k++) {
      const by = gap - (sorted[k + 1].ty - sorted[k].ty);
      if (by <= 0) continue;
      sorted[k].ty -= by / 2;
      sorted[k + 1].ty += by / 2;
    }
    sorted.forEach((one) => { one.ty = clamp(one.ty, low, high); });
  }
  return sorted;
}

/** The race: three losses by updates, a chequered line at a tenth of the guesser's. */
export function race(s, width, height) {
  const [right, top, bottom] = [width - 62, 24, height - 26];
  const { chance } = TASKS[s.task];
  const n = s.race?.n ?? 0;
  const room = width < 400 ? 0.76 : 0.84;
  const span = clamp(Math.max(n / room, ...s.others.map((rows) => Math.min(rows.at(-1)[0], 400))), 300, END / room);
  const x = (update) => update / span * right;
  const y = (loss) => bottom - Math.min(loss, 1.18 * chance) / (1.18 * chance) * (bottom - top);
  const home = y(0.1 * chance);
  const every = span > 1100 ? 500 : span > 550 ? 200 : 100;
  const ticks = Array.from({ length: Math.floor(span / every) }, (_, k) => (k + 1) * every);
  const run = (rows, i) => points(rows.filter(([at]) => at <= span).map((row) => [x(row[0]), y(row[i + 1])]));
  const chequers = [0, 1].map((k) => Array.from({ length: Math.ceil((right - 4 * k) / 8) }, (_, c) => `M${8 * c + 4 * k} ${px(home - 4 + 4 * k)}h${px(Math.min(4, right - 8 * c - 4 * k))}v4H${8 * c + 4 * k}z`).join("")).join("");
  const heads = CELLS.map((name, i) => {
    const { solved = 0 } = s.nets[i];
    const rows = (s.race?.rows ?? []).filter(([at]) => !solved || at <= solved + REST);
    const last = rows.at(-1);
    return { name, i, solved, rows, x: last ? x(last[0]) : 8, y: last ? y(last[i + 1]) : y(chance) + (i - 1) * 18 };
  });
  const out = spread(heads.filter(({ solved }) => !solved), 17, 22, home - 16);
  const names = out.map((one) => text(one.x + 12, one.ty + 4, one.name, "rk-label rk-race-name"));
  const over = []; // the line
  for (const one of heads.filter(({ solved }) => solved).toSorted((a, b) => a.x - b.x)) {
    const at = { x: clamp(one.x, 22, right - 22), y: home - 14 };
    const near = () => over.some((other) => Math.abs(other.x - at.x) < 48 && Math.abs(other.y - at.y) < 16)
      || out.some((other) => Math.abs(other.x + 30 - at.x) < 44 && Math.abs(other.ty - at.y) < 17);
    while (near() && at.y > top) at.y -= 4;
    over.push(at);
    names.push(text(at.x, at.y + 4, one.name, "rk-label rk-race-name", "middle"));
  }
  const body = [
    ...ticks.flatMap((at) => [line(x(at), top, x(at), bottom, "rk-gridline"),
      x(at) < 80 || x(at) > right - 16 ? null : text(x(at), bottom + 18, thousands(at), "rk-tick", "middle")]),
    text(0, bottom + 18, "updates", "rk-tick"), text(0, 10, s.task === "recall" ? "loss" : "squared error", "rk-tick"),
    line(0, y(chance), right, y(chance), "rk-race-base"), line(0, bottom, right, bottom, "rk-race-base"),
    path(chequers, "rk-race-flag"),
    text(right + 6, y(chance) + 4, "guessing", "rk-tick"), text(right + 6, home + 1, "home", "rk-tick"), text(right + 6, bottom + 9, "perfect", "rk-tick"),
    ...s.others.flatMap((rows) => CELLS.map((cell, i) => path(run(rows, i), `rk-race-old rk-race-${cell}`))),
    ...heads.map((one) => path(one.rows.length > 1 ? run(one.rows, one.i) : "", `rk-race-curve rk-race-${one.name}`)),
    ...heads.map((one) => (one.solved ? line(x(one.solved), home + 4, x(one.solved), bottom + 4, `rk-race-line rk-race-${one.name}`) : null)),
    ...heads.map((one) => circle(one.x, one.y, 7, `rk-race-runner rk-race-fill-${one.name}`)),
    ...names,
  ];
  const at = s.race ? `after ${thousands(n)} updates: ${heads.map((one) => `${one.name} ${fixed(s.nets[one.i].mean, 2)}${one.solved ? `, home at ${thousands(one.solved)}` : ""}`).join("; ")}` : "before the start";
  return { width, height, body, title: "The race", says: `Three losses ${at}. Who guesses has ${fixed(chance, 2)}; home is a tenth of that.`, ask: [y(chance) + 30, height - home + 14] };
}

/** The picture for paper: the race as far as it was run, and the rivers. */
export function still(given, width) {
  const s = { ...settled(given), printed: true, ghost: null };
  const wide = width > 500;
  const beds = rivers(s, wide ? 404 : width);
  const both = together([race(s, wide ? width - 424 : width, wide ? beds.height - 20 : 180), beds], width, wide ? 20 : 12);
  const numbers = `${s.task === "recall" ? "Name the first letter" : "Add the two marked numbers"}, answer at step ${s.T}; gate bias ${fixed(s.bias, 1)}, `
    + `rate ${s.rate}, ${s.clip ? `clip ${s.clip}` : "no clip"}, seed ${s.seed}`;
  const more = wide ? [numbers] : [numbers.slice(0, numbers.indexOf(";") + 1), numbers.slice(numbers.indexOf(";") + 2)];
  return { ...both, height: both.height + 8 + 18 * more.length, title: "Which of the three learns this first?", says: `${numbers}. ${both.says}`,
    body: [...both.body, ...more.map((words, k) => text(0, both.height + 18 + 18 * k, words, "rk-tick"))] };
}
