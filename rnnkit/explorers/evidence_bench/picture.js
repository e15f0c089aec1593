// Evidence Bench, drawn: a column for each number, coloured by the answer at every height of it; below, what a method says.

import { box, circle, line, path, px, text, tint } from "../shared/draw.js";
import { h } from "../shared/node.js";
import { clamp, fixed } from "../shared/numbers.js";
import { sigmoid } from "../compute/portable.js";
import { HIDDEN_COUNT, METHODS, between, heightOf } from "./maths.js";
import { T } from "./net.js";

export const NAMES = { attention: "Attention", gradient: "Gradient", product: "Gradient × input", integrated: "Integrated gradients", occlusion: "Occlusion", size: "Size of the number" };
const STEPS = Array.from({ length: T }, (_, t) => t + 1);
const [PIECES, SHADES, MOST] = [48, 9, 0.5]; // of a column, of the colour, and how deep it is at most
const join = (list, draw) => list.map(draw).join("");
export const answerOf = (yes) => (yes ? "yes" : "no");

function layout(s, width) {
  const wide = width >= 560;
  const left = wide ? 54 : 46;
  const beside = wide ? clamp(0.24 * width, 132, 190) : 0;
  const right = width - (beside ? beside + 20 : 2);
  const column = (right - left) / T;
  const [top, tall, bar] = wide ? [30, 226, 92] : [26, 176, 86];
  const under = top + tall + 12;
  const below = under + 82;
  return { wide, left, right, column, beside, top, tall, bar, marks: under, steps: under + 42, bars: below, found: below + bar + 24, height: below + bar + (s.asking ? 28 : 58),
    x: (t) => left + (t - 0.5) * column, y: (v) => top + (1 - v) / 2 * tall,
    stepAt: (at) => clamp(Math.floor((at - left) / column) + 1, 1, T) };
}

const rect = (x1, y1, x2, y2) => `M${px(x1)} ${px(y1)}H${px(x2)}V${px(y2)}H${px(x1)}Z`;

/** The columns: runs of one shade, all runs of a shade as one path. */
function field(s, p) {
  const shades = Array.from({ length: SHADES }, () => []);
  const of = (t, k) => clamp(Math.floor(sigmoid(between(s.tried[t - 1], 1 - 2 * (k + 0.5) / PIECES)) * SHADES), 0, SHADES - 1);
  for (const t of STEPS) {
    const [x1, x2] = [p.x(t) - p.column / 2 + 0.5, p.x(t) + p.column / 2 - 0.5];
    for (let k = 0, from = 0; k < PIECES; k++) {
      const shade = of(t, k);
      if (k < PIECES - 1 && of(t, k + 1) === shade) continue;
      shades[shade].push(rect(x1, p.top + from / PIECES * p.tall, x2, p.top + (k + 1) / PIECES * p.tall));
      from = k + 1;
    }
  }
  return shades.map((runs, n) => path(runs.join(""), "rk-answered", { style: `fill:${tint(2 * n / (SHADES - 1) - 1, MOST)}` }));
}

/** Where the answer of a column turns: a line, and the two answers beside it. */
function turning(s, p) {
  const lines = join(STEPS, (t) => join(s.turns[t - 1], (v) => `M${px(p.x(t) - p.column / 2 + 1)} ${px(p.y(v))}h${px(p.column - 2)}`));
  const dots = (t) => [s, ...s.ghost ? [s.ghost] : []].map((one) => p.y(one.x[t - 1]));
  const crowded = STEPS.filter((t) => s.turns[t - 1].length).length > (p.wide ? 6 : 4); // of a network that is broken: only the chosen one's words
  const words = (crowded ? [s.solo] : STEPS).flatMap((t) => {
    const edges = [1, ...s.turns[t - 1], -1];
    if (edges.length < 3) return [];
    return edges.slice(1).map((low, k) => {
      const [a, b] = [p.y(edges[k]), p.y(low)];
      const spots = [(a + b) / 2 + 4, a + 16, b - 7].filter((y) => y - 13 > a && y + 3 < b && dots(t).every((dot) => Math.abs(y - 4 - dot) > 17));
      return spots.length ? text(p.x(t), spots[0], answerOf(between(s.tried[t - 1], (edges[k] + low) / 2) > 0), "rk-ink rk-strong", "middle") : null;
    });
  });
  return [path(lines, "rk-turn"), ...words];
}

/** The numbers, each a dot at its height; a stem while the columns are hidden. */
function numbers(s, p) {
  const shown = (t) => !s.asking && !s.veiled && s.planted.includes(t);
  const old = s.ghost && !s.asking ? STEPS.filter((t) => s.ghost.x[t - 1] !== s.x[t - 1]) : [];
  return [
    path(s.asking ? join(STEPS, (t) => `M${px(p.x(t))} ${px(p.y(0))}V${px(p.y(s.x[t - 1]))}`) : "", "rk-stalk"),
    path(join(old, (t) => `M${px(p.x(t) - 5)} ${px(p.y(s.ghost.x[t - 1]))}a5 5 0 0 0 10 0a5 5 0 0 0 -10 0z`), "rk-ghost rk-dashed"),
    ...STEPS.map((t) => circle(p.x(t), p.y(s.x[t - 1]), Math.min(5.5, 0.22 * p.column) + (shown(t) ? 2 : 0) + (t === s.step && !s.asking ? 1.5 : 0),
      "rk-number-dot", { "data-cell": `h:${t}:0`, "data-h": fixed(s.x[t - 1]) })),
  ];
}

/** What the reader bet on, over what was planted; and the numbers of the steps. */
function marks(s, p) {
  const cells = (steps, y, look, tall = 10) => path(join(steps, (t) => rect(p.x(t) - p.column / 2 + 2, y, p.x(t) + p.column / 2 - 2, y + tall)), look);
  const bet = STEPS.filter((t) => s.ui.painted?.[t]);
  return [
    ...s.asking ? [
      text(p.left - 6, p.marks + 17, p.wide ? "your bet" : "bet", "rk-tick", "end"),
      cells(STEPS.filter((t) => !bet.includes(t)), p.marks, "rk-slot", 26), cells(bet, p.marks, "rk-bet", 26),
    ] : [
      text(p.left - 6, p.marks + 9, "you", "rk-tick", "end"), text(p.left - 6, p.marks + 25, p.wide ? "planted" : "truth", "rk-tick", "end"),
      line(p.left, p.marks + 5, p.right, p.marks + 5, "rk-gridline"), line(p.left, p.marks + 21, p.right, p.marks + 21, "rk-gridline"),
      cells(bet, p.marks, "rk-bet"), cells(s.veiled ? [] : s.planted, p.marks + 16, "rk-truth-mark"),
      s.veiled ? text((p.left + p.right) / 2, p.marks + 26, "?", "rk-label rk-ink rk-strong", "middle") : null,
    ],
    ...STEPS.map((t) => text(p.x(t), p.steps + 4, t, t === s.step && !s.asking ? "rk-ink rk-strong" : "rk-tick", "middle")),
    p.wide ? text(p.left - 6, p.steps + 4, "step", "rk-tick", "end") : null,
  ];
}

/** The method's bars: signed ones up and down from the middle; those that it names are outlined. */
function bars(s, p) {
  const signed = s.method !== "attention";
  const ghost = s.before ?? (s.ghost && s.ghost.method === s.method && s.ghost.task === s.task && !s.asking ? s.ghost.bars : null);
  const size = (values) => Math.max(...values.map(Math.abs)) || 1;
  const scored = !s.before && ["product", "integrated", "occlusion"].includes(s.method); // in the score's unit: a whole bar is all of it
  const most = s.before ? size(s.bars) : Math.max(size(s.bars), ghost ? size(ghost) : 0, scored ? Math.abs(s.score) : 0);
  const room = signed ? p.bar / 2 : p.bar;
  const zero = p.bars + room;
  const unit = (room - 2) / most;
  const ghostly = s.before ? (room - 2) / size(ghost) : unit; // before they were shuffled: at its own scale
  const wide = 0.7 * p.column;
  const hits = (t) => s.planted.includes(t);
  const bar = (t, v, w, by) => rect(p.x(t) - w / 2, Math.min(zero, zero - v * by), p.x(t) + w / 2, Math.max(zero, zero - v * by));
  const look = { attention: "rk-of-attention", size: "rk-of-size" }[s.method];
  const told = !s.asking && !s.veiled;
  const digits = [0.1, 10, 100].findIndex((limit) => most < limit);
  const name = `${NAMES[s.method]}${s.shuffle ? p.wide ? ", weights shuffled (dashed: as trained)" : ", shuffled" : ""}`;
  return [
    text(p.left, p.bars - 12, name, "rk-label rk-ink rk-strong"),
    ...(signed ? [most, -most] : [most]).map((v) => text(p.left - 6, zero - v * unit + (v > 0 ? 10 : 0), fixed(v, [3, 2, 1][digits] ?? 0), "rk-tick", "end")),
    text(p.left - 6, zero + 4, "0", "rk-tick", "end"), line(p.left, zero, p.right, zero, "rk-axis"),
    ...STEPS.map((t) => path(bar(t, s.bars[t - 1], wide, unit), `rk-evidence ${look ?? (s.bars[t - 1] < 0 ? "rk-less" : "rk-more-yes")} ${s.names.includes(t) ? "rk-named" : ""}`,
      { "data-cell": `h:${t}:1`, "data-h": fixed(s.bars[t - 1]) })),
    path(ghost ? join(STEPS, (t) => (Math.abs(ghost[t - 1] * ghostly - s.bars[t - 1] * unit) < 1.5 ? "" : bar(t, ghost[t - 1], 0.86 * p.column, ghostly))) : "", "rk-ghost rk-dashed"),
    ...told ? s.names.map((t) => {
      const v = s.bars[t - 1];
      const end = zero - v * unit;
      const inside = Math.abs(zero - end) > 22;
      return text(p.x(t), v < 0 ? end + (inside ? -6 : 15) : end + (inside ? 16 : -5), hits(t) ? "✓" : "✗", "rk-label rk-ink rk-strong rk-tell", "middle");
    }) : [],
  ];
}

/** How often the method names a planted step at each place, in hidden sequences; or that it no longer tells of anything. */
function byPlace(s, p) {
  const shares = s.known.found[METHODS.indexOf(s.method)];
  const [top, tall] = [p.found, 16];
  const words = s.asking ? `outlined: the ${s.count > 1 ? "two numbers" : "number"} that it puts first` : s.veiled ? "" : s.shuffle ? `shuffled: right in ${fixed(s.known.shuffled[s.shuffle - 1][0] / 10, 0)}\u00A0% of ${HIDDEN_COUNT} hidden${p.wide ? " sequences" : ""}`
    : p.wide ? `% of planted steps that it names, by place, in ${HIDDEN_COUNT} hidden sequences` : `% named, by place, in ${HIDDEN_COUNT} hidden`;
  if (!words || s.asking || s.shuffle) return [text(p.left, top - 8, words, "rk-tick")];
  return [
    text(p.left, top - 8, words, "rk-tick"), line(p.left, top + tall, p.right, top + tall, "rk-axis"),
    path(join(STEPS, (t) => rect(p.x(t) - 0.35 * p.column, top + tall * (1 - shares[t - 1] / 1000), p.x(t) + 0.35 * p.column, top + tall)), "rk-share-found"),
    ...STEPS.map((t) => (p.wide || t % 2 ? text(p.x(t), top + tall + 13, Math.round(shares[t - 1] / 10), "rk-tick", "middle") : null)), // three digits are as wide as a narrow column
  ];
}

/** The chosen column as a curve: the answer, sideways, against the height of the number. */
function turned(s, p) {
  if (!p.beside) return []; // before the bet there is no curve, and the answer stands alone
  const [left, right, middle] = [p.right + 20, p.right + 20 + p.beside, p.right + 20 + p.beside / 2];
  const at = (share) => left + 12 + share * (right - left - 24);
  const low = p.y(-1) + 18;
  const way = (values) => (values ? join(values, (v, k) => `${k ? "L" : "M"}${px(at(v))} ${px(p.y(heightOf(k)))}`) : "");
  const old = s.ghost && s.ghost.step === s.step ? s.ghost.curve : null;
  const step = s.asking ? 0 : s.step;
  const y = step ? p.y(s.x[step - 1]) : p.y(0);
  const dodge = y > p.y(0) ? -18 : 30;
  return [
    box(left, p.top, middle - left, p.tall, "rk-side-no"), box(middle, p.top, right - middle, p.tall, "rk-side-yes"),
    line(left, p.y(0), right, p.y(0), "rk-gridline"), line(middle, p.top, middle, p.top + p.tall, "rk-gridline"),
    path(old ? way(old) : "", "rk-ghost rk-dashed"), path(way(s.curve), "rk-trace"),
    step ? line(p.x(step), y, at(s.p), y, "rk-hover") : null,
    circle(at(s.p), y, 8, "rk-ball", { style: `fill:${tint(2 * s.p - 1)}` }),
    text(clamp(at(s.p), left + 20, right - 20), y + dodge, answerOf(s.yes), `rk-label rk-word rk-${answerOf(s.yes)}`, "middle"),
    text(middle, low + 24, `score ${fixed(s.score, 2)}${p.beside > 175 ? "; above 0 is yes" : ""}`, "rk-tick rk-ink", "middle"),
    text(left, low, "← no", "rk-tick"), text(right, low, "yes →", "rk-tick", "end"),
    text(middle, p.top - 10, step ? `if number ${step} moves` : s.asking ? "its answer" : "as it is", "rk-tick rk-ink", "middle"),
  ];
}

/** The number of the chosen column, on the axis. */
function chip(s, p) {
  const y = p.y(s.x[s.solo - 1]);
  const axis = [1, 0, -1].filter((v) => s.asking || !s.step || Math.abs(p.y(v) - y) > 16).map((v) => text(p.left - 6, p.y(v) + 4, fixed(v, 0), "rk-tick", "end"));
  if (s.asking || !s.step) return axis;
  const wide = 41;
  return [...axis, box(p.left - 5 - wide, y - 10, wide, 20, "rk-plate", { rx: 10 }),
    text(p.left - 5 - wide / 2, y + 4, fixed(s.x[s.step - 1], 2), "rk-on-plate", "middle", { "data-cell": `x:${s.step}` })];
}

/** The columns, the rows below them, the bars and, beside them, the chosen column as a curve. */
export function bench(s, width, ways = {}) {
  const p = layout(s, width);
  const at = s.asking ? (s.ui.focus === "bet" ? s.ui.at ?? 1 : s.step % T) : s.step; // who walks before the bet sees where
  const bet = STEPS.filter((t) => s.ui.painted?.[t]);
  const hint = s.asking && !bet.length && !s.printed ? (s.count > 1 ? "tap two numbers" : "tap a number") : s.ui.hint && !s.printed ? "↕ drag a number" : "";
  const body = [
    box(p.left, p.top, p.right - p.left, p.tall, "rk-unknown-side"),
    s.asking ? null : h("g", { class: `rk-flood rk-flood-${(s.ui.floods ?? 0) % 3}` }, ...field(s, p), ...turning(s, p)),
    ...[1, 0, -1].map((v) => line(p.left, p.y(v), p.right, p.y(v), "rk-height-line")),
    text(p.left, p.top - 10, p.wide ? "The 12 numbers, from −1 to 1" : "12 numbers", "rk-tick rk-ink"),
    p.beside ? null : text(p.right, p.top - 10, `answer: ${answerOf(s.yes)}`, "rk-ink rk-strong", "end"),
    at ? box(p.x(at) - p.column / 2 - 1, p.top - 4, p.column + 2, p.bars + p.bar + 6 - p.top, "rk-now", { rx: 5 }) : null,
    ...numbers(s, p), ...chip(s, p), ...marks(s, p), ...bars(s, p), ...byPlace(s, p), ...turned(s, p),
    p.wide ? text(p.right, p.top - 10, hint, "rk-ink rk-strong", "end") : null,
    s.ui.bad ? text(p.right, p.bars - 10, "✗", "rk-label rk-fail", "end") : null,
  ];
  const top = s.names.map((t) => `step ${t}, ${fixed(s.bars[t - 1], 2)}`).join(", and ");
  const says = s.asking ? `Twelve numbers: ${s.x.map((v) => fixed(v, 2)).join(", ")}. The answer is ${answerOf(s.yes)}. ${NAMES[s.method]} is largest at ${top}. What the answer rests on is hidden: ?`
    : `The answer is ${answerOf(s.yes)}. It turns with ${s.turns.some((v) => v.length) ? `number ${STEPS.filter((t) => s.turns[t - 1].length).join(" and number ")}` : "no single number"}. ${NAMES[s.method]} is largest at ${top}.`;
  return { width, height: p.height, body, says, title: "Twelve numbers, the answer at every height of each, and what a method says of them", regions: ways.regions ? ways.regions(p) : [] };
}

/** The picture for paper. */
export const still = (s, width) => bench({ ...s, printed: true, ui: {} }, width);
