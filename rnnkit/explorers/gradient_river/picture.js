// Gradient River, drawn: the run above, the river below it, what each step adds, and their sum; beside it, the update.

import { box, circle, letter, line, path, points, px, text, tint } from "../shared/draw.js";
import { num, places, power, times } from "../shared/magnitude.js";
import { h } from "../shared/node.js";
import { clamp, fixed, short, subscript } from "../shared/numbers.js";
import { WHOLE, isWhole } from "./maths.js";

const [LOW, HIGH] = [-3, 3]; // decades of the river's width; what is less is a trickle
const STRENGTH = [1, 0.86, 0.72, 0.59, 0.47, 0.36];

/** What `make` makes, the same nodes as long as their key is the same: patch then passes over them. */
function kept(make) {
  let [key, nodes] = [null, null];
  return (now, ...given) => {
    if (now !== key) [key, nodes] = [now, make(...given)];
    return nodes;
  };
}

export const span = (a, b) => (a === b ? `step ${a}` : `steps ${a}–${b}`);

/** Where everything stands: a column for each state from h_0 on, and the rows below each other. */
function layout(s, width, whole) {
  const small = width < 480;
  const high = whole >= 640;
  const [left, right] = small ? [38, 32] : [54, 36];
  const column = (width - left - right) / (s.T + 1);
  const [R, B, row] = high ? [94, 74, 9] : [52, 46, 7];
  const strip = 46;
  const lane = strip + row * s.H + 2;
  const river = lane + Math.max(34, 46 - row * s.H);
  const axis = river + 2 * R + 4;
  const marks = axis + 34;
  const bars = marks + 40;
  const ribbons = bars + B;
  const stack = ribbons + (high ? 44 : 28);
  return {
    key: `${width} ${high} ${s.T} ${s.H}`, small, left, right: width - right, column, R, B, row, strip, lane, river, marks, axis, bars, ribbons, stack, width,
    height: s.quiet ? axis + 30 : stack + (small ? 66 : 50), middle: river + R, unit: R / (HIGH - LOW),
    x: (k) => left + (k + 0.5) * column,
    edge: (k) => left + k * column, // the left edge of column k
    back: (at) => clamp(Math.floor((at - left) / column), 0, s.T),
  };
}

const half = (p, log) => clamp((log - LOW) * p.unit, 0, p.R);

/** The banks from state k = `to` back to `from`, as [x, half of the width]. */
function stretch(p, logs, from, to) {
  const between = Array.from({ length: to - from + 1 }, (_, n) => [p.x(to - n), half(p, logs[to - n])]);
  return [[p.edge(to + 1), between[0][1]], ...between, [p.edge(from), between.at(-1)[1]]];
}

/** One bank, as a curve; left out, if `broken`, where there is no water. */
const bank = (p, banks, side, broken = false) => banks.map(([x, wide], n) => {
  const y = px(p.middle + side * wide);
  if (!n) return `${px(x)} ${y}`;
  const [before, was] = banks[n - 1];
  if (broken && !wide && !was) return `M${px(x)} ${y}`;
  const turn = px((before + x) / 2);
  return `C${turn} ${px(p.middle + side * was)} ${turn} ${y} ${px(x)} ${y}`;
}).join("");

const both = (p, banks) => `M${bank(p, banks, -1, true)}M${bank(p, banks, 1, true)}`;

const heard = kept((s, p) => {
  const most = Math.max(1e-9, ...s.inputs.map(Math.abs));
  const wide = Math.min(12, p.column - 3);
  return [
    letter(p.left - 10, 28, "x", "", "", "end"), letter(p.left - 10, p.strip + p.row * s.H / 2 + 5, "h", "", "", "end"),
    line(p.left, 22, p.right, 22, "rk-gridline"),
    ...s.inputs.map((v, n) => box(p.x(n + 1) - wide / 2, 22 - Math.max(0, v) * 18 / most, wide, Math.abs(v) * 18 / most,
      n < s.step ? "rk-input" : "rk-input rk-faint", { rx: 1.5, "data-cell": `x:${n + 1}`, "data-h": short(v) })),
  ];
});

/** What the units hold after step k, to a hundredth. */
const column = (p, state, k, seen) => state.map((v, j) => box(p.edge(k) + 0.5, p.strip + p.row * j, p.column - 1, p.row - 1,
  `rk-reading${v < 0 ? " rk-takes" : ""}`, { "fill-opacity": seen ? String(Math.min(1, Math.abs(Number(v.toFixed(2))))) : "0",
    ...seen ? { "data-cell": `h:${k}:${j}`, "data-h": fixed(v, 2) } : {} }));
const columns = [];

/** The inputs, and below them the states that the forward pass has left. */
function run(s, p) {
  const seen = s.ui.telling ? s.step : s.asking ? s.T - 1 : s.T;
  return [
    ...heard(`${p.key} ${s.step} ${s.inputs}`, s, p),
    ...s.states.flatMap((state, k) => (columns[k] ??= kept(column))(`${p.key} ${k <= seen} ${state.map((v) => fixed(v, 2))}`, p, state, k, k <= seen)),
    box(p.edge(s.step + 1), p.strip, p.right - p.edge(s.step + 1), p.row * s.H, "rk-veil"),
    box(p.edge(s.step), p.strip - 2, p.column, p.row * s.H + 3, "rk-now", { rx: 3 }),
    s.ui.focus === "inputs" ? box(p.edge(s.ui.cell ?? 1), 1, p.column, 42, "rk-now", { rx: 4 }) : null,
  ];
}

const lines = kept((p) => [path(Array.from({ length: HIGH - LOW }, (_, d) => d + 1).flatMap((d) => [-1, 1].map((side) =>
  `M${p.left} ${px(p.middle + side * d * p.unit)}H${px(p.right)}`)).join(""), "rk-decades")]);

const scale = kept((p) => {
  const name = (d, side) => text(p.left - 6, p.middle + side * (d - LOW) * p.unit + 4, d ? power(d) : "1", "rk-tick", "end");
  return [name(LOW, 0), ...(p.R > 60 ? [2, 0, -2] : [2, 0]).flatMap((d) => [name(d, -1), name(d, 1)])];
});

function decades(s, p) {
  const words = p.small ? "bank to bank: ‖∂L/∂h‖" : "from bank to bank: ‖∂L/∂h‖, a line for each factor of 10";
  const room = p.edge(s.step + 1) - 40 - p.left > 6.4 * words.length && s.cut === 0;
  return [...s.printed ? [] : lines(p.key, p), ...scale(p.key, p), room ? text(p.left + 8, p.river - 8, words, "rk-tick") : null];
}

/** Before the answer: an empty bed, in which the reader paints. */
function bed(s, p) {
  const painted = s.ui.painted ?? [];
  const at = s.ui.focus === "paint" ? s.ui.at ?? s.T : null;
  return [
    ...Array.from({ length: s.T }, (_, n) => box(p.edge(n + 1) + 1, p.river, p.column - 2, 2 * p.R,
      painted[n + 1] ? "rk-guessed" : "rk-empty")),
    painted.some(Boolean) || s.printed || s.ui.telling ? null : text((p.left + p.right) / 2, p.middle + 5, p.small ? "paint, from the loss back" : "Paint here, from the loss back",
      "rk-label rk-word", "middle"),
    at === null ? null : box(p.edge(at), p.river - 2, p.column, 2 * p.R + 4, "rk-now"),
  ];
}

/** Too little for the bed: dots, the sparser the less there is, and every three decades how little that is. */
function trickle(s, p, first) {
  const [dots, names] = [[], []];
  for (let x = p.edge(s.step + 1) - 3; x > p.edge(first); ) {
    const log = s.logs[p.back(x)];
    if (log < LOW && log > -Infinity) dots.push(`M${px(x)} ${p.middle}h0`);
    x -= log < LOW ? Math.min(4 + 2.5 * (LOW - log), 40) : 4;
  }
  let [named, clear] = [LOW, Infinity];
  for (let k = s.step; k >= first; k--) {
    const thousands = 3 * Math.ceil(s.logs[k] / 3);
    const x = p.x(k);
    if (thousands >= named || thousands === -Infinity) continue;
    named = thousands;
    if (clear - x < 44 || Math.abs(x - p.x(s.source)) < 44 || x < p.edge(first) + 18) continue;
    clear = x;
    names.push(text(x, p.middle + 20, power(thousands), "rk-label", "middle"));
  }
  return h("g", {}, path(dots.join(""), "rk-trickle"), ...names);
}

function water(s, p) {
  const first = s.cut && s.cut + 1;
  const flows = stretch(p, s.logs, first, s.step);
  const [from, to] = [flows.at(-1)[0], flows[0][0]];
  const cover = (side) => path(`M${bank(p, flows, side)}V${px(p.middle + side * (p.R + 1))}H${px(to)}Z`, "rk-shore");
  const thin = flows.findIndex(([, wide]) => wide < 4);
  const deep = thin < 0 ? flows : flows.slice(0, thin);
  const drift = (share) => h("path", { class: `rk-drift rk-turn-${(s.ui.turns ?? 0) % 2}`,
    d: deep.length ? `M${bank(p, deep.map(([x, wide]) => [x, share * wide]), 1)}` : "", style: `--phase:${px(36 * share)}px` });
  return [
    s.cut ? path(both(p, stretch(p, s.logs, 0, s.cut)), "rk-dropped") : null,
    ...STRENGTH.map((_, n) => STRENGTH.length - n).map((d) =>
      box(from, p.middle - d * p.unit, to - from, 2 * d * p.unit, "rk-water", { style: `fill:${tint(1, STRENGTH[d - 1])}` })),
    cover(-1), cover(1), ...lines(p.key, p), path(both(p, flows), "rk-bank"), trickle(s, p, first),
    ...s.printed ? [] : [-0.7, -0.25, 0.2, 0.65].map(drift),
    path(s.ghost && s.ghost.step === s.step && s.ghost.T === s.T ? both(p, stretch(p, s.ghost.logs, 0, s.step)) : "", "rk-ghost"),
  ];
}

/** What the reader had painted, over what gives nine tenths of the gradient. */
function strips(s, p) {
  const painted = s.ui.painted ?? [];
  const strip = (a, b, y, look) => box(p.edge(a) + 1, y, (b - a + 1) * p.column - 2, 8, look, { rx: 2 });
  return [
    painted.some(Boolean) ? text(p.left - 6, p.marks + 8, "you", "rk-tick", "end") : null,
    ...Array.from({ length: s.T }, (_, n) => (painted[n + 1] ? strip(n + 1, n + 1, p.marks, "rk-guessed") : null)),
    text(p.left - 6, p.marks + 23, "90 %", "rk-tick", "end"),
    s.reach ? strip(s.step - s.reach + 1, s.step, p.marks + 15, "rk-reach") : null,
  ];
}

const RIBBONS = ["rk-dry", "rk-adds", "rk-takes", "rk-adds rk-chosen", "rk-takes rk-chosen"].map((look) => `rk-ribbon ${look}`);
const LOOKS = ["rk-adds", "rk-takes", "rk-adds rk-chosen", "rk-takes rk-chosen"];
const BARS = LOOKS.map((look) => `bar ${look}`);
const PARTS = ["rk-unused", "rk-unused rk-chosen", ...LOOKS.map((look) => `rk-part ${look}`)];

/** Each step's part as a bar, filled as far as it is used, and the same parts poured beside each other into their sum. */
function sums(s, p) {
  const ks = Array.from({ length: s.step }, (_, n) => n + 1);
  const [up, down] = [ks.map((k) => Math.max(0, s.parts[k])), ks.map((k) => Math.max(0, -s.parts[k]))];
  const [high, low] = [Math.max(0, ...up), Math.max(0, ...down)];
  const add = (list) => list.reduce((sum, v) => sum + v, 0);
  if (!(high + low > 0)) return [text((p.left + p.right) / 2, p.ribbons, "No step adds anything.", "rk-tick", "middle")];
  const zero = p.bars + p.B * high / (high + low);
  const tall = p.B / (high + low);
  const broad = (p.right - p.left) / Math.max(add(up), add(down));
  const wide = Math.min(28, p.column - (p.small ? 2 : 4));
  const shapes = {}; // of one look, in one path: an edit then touches few nodes
  const join = (look, d) => { shapes[look] = (shapes[look] ?? "") + d; };
  const rect = (x, y, width, height) => `M${px(x)} ${px(y)}h${px(width)}v${px(height)}h${px(-width)}z`;
  let [at, back] = [p.left, p.left + add(up) * broad];
  const bars = ks.map((k) => {
    const [v, x, grows] = [s.parts[k], p.x(k) - wide / 2, s.parts[k] >= 0];
    const [long, share] = [Math.abs(v) * tall, Math.abs(v) * broad];
    const used = k > s.cut ? s.update.factor : 0;
    const [from, to, y] = [grows ? zero : zero + long, grows ? at : back - share, grows ? p.stack : p.stack + 19];
    const middle = px((from + y) / 2);
    if (grows) at += share;
    else back -= share;
    const mark = k === s.source ? " rk-chosen" : "";
    const look = `${grows ? "rk-adds" : "rk-takes"}${mark}`;
    if (share > 0.2) {
      join(`rk-ribbon ${used ? look : "rk-dry"}`, `M${px(x)} ${px(from)}C${px(x)} ${middle} ${px(to)} ${middle} ${px(to)} ${px(y)}h${px(share)}C${
        px(to + share)} ${middle} ${px(x + wide)} ${middle} ${px(x + wide)} ${px(from)}Z`);
    }
    if (used < 1) join(`rk-unused${mark}`, rect(x, grows ? zero - long : zero, wide, long));
    join(used ? `rk-part ${look}` : `rk-unused${mark}`, rect(to + 0.5, y, Math.max(0.6, share - 1), grows ? 18 : 9));
    if (px(used * long)) join(`bar ${look}`, rect(x, grows ? zero - used * long : zero, wide, used * long));
    return s.printed ? null : h("g", { "data-cell": `part:${k}`, "data-h": num(v) });
  });
  const drawn = (looks) => looks.map((look) => path(shapes[look] ?? "", look.replace("bar", "rk-part")));
  const end = p.left + (add(up) - add(down)) * broad;
  const chosen = Math.max(0, s.parts[s.source] ?? 0) * tall;
  const beside = Math.max(...ks.filter((k) => Math.abs(k - s.source) * p.column < 26).map((k) => Math.max(0, s.parts[k]) * tall), 0);
  return [
    ...drawn(RIBBONS), line(p.left, zero, p.right, zero, "rk-base"), ...bars, ...drawn(BARS), ...drawn(PARTS),
    line(end, p.stack - 3, end, p.stack + 29, "rk-end"),
    text(p.left - 6, Math.min(zero, p.ribbons - 4), "parts", "rk-tick", "end"), text(p.left - 6, p.stack + 14, "sum", "rk-tick", "end"),
    s.source > 0 && beside <= chosen + 3 && chosen < p.B - 6
      ? text(p.x(s.source), zero - chosen - 5, num(s.parts[s.source]), "rk-label rk-ink", "middle") : null,
  ];
}

/** Two printed numbers and their printed sum. */
function addition(s, p) {
  const edge = s.cut || Math.max(0, s.source - 1);
  const far = s.parts.slice(1, edge + 1).reduce((sum, v) => sum + v, 0);
  const digits = clamp(far ? Math.ceil(-Math.log10(Math.abs(far))) : 0, Math.min(4, places(s.length)), 4);
  const total = Number(s.length.toFixed(digits));
  const near = Number((s.length - far).toFixed(digits));
  const rest = Number((total - near).toFixed(digits));
  const tiny = edge > 0 && rest === 0 && far !== 0;
  const along = s.cut && s.update.angle > 0.5;
  const first = edge ? `${along && !p.small ? "along the whole: " : ""}${s.cut ? "behind the dam" : span(1, edge)} ${tiny ? num(far) : far ? num(rest, digits) : 0} + ` : "";
  const last = `${s.cut ? "kept" : span(edge + 1, s.step)} ${num(near, digits)}`;
  const sum = `${tiny ? "≈" : "="} ‖∂L/∂Wₕₕ‖ ${num(total, digits)}`;
  const y = p.stack + 44;
  if (p.small) return [text(p.left - 32, y, first + last, "rk-ink"), text(p.left - 32, y + 16, along ? `${sum}, along the whole` : sum, "rk-ink rk-strong")];
  return [text(p.left, y, first + last, "rk-ink"), text(p.right, y, sum, "rk-ink rk-strong", "end")];
}

const steps = kept((s, p) => [
  text(p.left - 6, p.axis + 20, "step", "rk-tick", "end"),
  ...Array.from({ length: s.T + 1 }, (_, k) => ((p.column >= 19 || k % 5 === 0) && (s.quiet || s.printed || Math.abs(p.x(k) - p.x(s.source)) > 20)
    ? text(p.x(k), p.axis + 20, k, "rk-tick", "middle") : null)),
]);

/** Everything about time in one picture. */
export function flow(s, width, whole, ways = {}) {
  const p = layout(s, width, whole);
  const value = s.quiet || s.logs[s.source] === -Infinity && s.printed ? null : num(s.norms[s.source]);
  const mouth = p.edge((s.quiet ? s.T : s.step) + 1);
  const leaning = s.source < s.T / 2;
  const [knobX, bankAt] = knob(s, p);
  const valueAt = [knobX + (leaning ? 28 : -28), bankAt + 4];
  const body = [
    ...run(s, p), ...s.quiet ? [] : decades(s, p),
    ...s.quiet ? bed(s, p) : [h("g", { class: s.ui.flowing ? "rk-wet rk-flowing" : "rk-wet" },
      ...water(s, p), ...strips(s, p), ...sums(s, p), ...addition(s, p))],
    line(mouth, p.lane + 16, mouth, p.river + 2 * p.R, "rk-mouth"),
    s.quiet || s.printed ? text(mouth - 6, p.river - 8, "loss", "rk-label rk-ink rk-strong", "end") : null,
    s.cut && !s.quiet ? box(p.edge(s.cut + 1) - 3, p.lane + 16, 6, p.ribbons - p.lane - 16, "rk-dam") : null,
    s.quiet ? null : line(p.x(s.source), p.river - 4, p.x(s.source), p.axis + 6, "rk-hover"),
    ...steps(`${p.key} ${s.source} ${Boolean(s.quiet || s.printed)}`, s, p),
    value === null || s.ui.flowing ? null : text(...valueAt, p.small ? value : `‖∂L/∂h${subscript(s.source)}‖ ${value}`, "rk-label rk-ink rk-strong", leaning ? "start" : "end", { "data-cell": "g", "data-h": value }),
  ];
  return { width, height: p.height, body, title: "The gradient, back from the loss", says: says(s), ...s.quiet ? asking(s, p, ways) : grips(s, p, ways) };
}

/** Where the gain is held: above the bank at the source, so that the water is seen, and clear of the names of the rows. */
const knob = (s, p) => [clamp(p.x(s.source), p.left + 25, p.right - 12), Math.max(p.middle - half(p, s.logs[s.source]) - 13, p.river + 8)];

const says = (s) => (s.quiet ? `An empty river bed, one column for each of ${s.T} steps. How far back does the gradient reach?`
  : `‖∂L/∂h‖ is ${num(s.norms[s.step])} at step ${s.step}, where the loss is, and ${num(s.norms[s.source])} at step ${s.source}. `
    + (s.reach ? `Steps ${s.step - s.reach + 1} to ${s.step} hold nine tenths of the gradient of the weights, whose norm is ${num(s.length)}.`
      : "No step adds anything to the gradient of the weights."));

const asking = (s, p, { paint = () => null }) => ({ regions: [paint(p)].filter(Boolean) });

function grips(s, p, { inputs = () => null, dam = () => false }) {
  const [T, t, k] = [s.T, s.step, s.source];
  const [mouth, wall] = [p.edge(t + 1), p.edge(s.cut + (s.cut ? 1 : 0))];
  const [[x, bankAt], below] = [knob(s, p), Math.max(p.x(k), p.left + 9)]; // clear of the names of the rows
  const arrows = (event) => ({ ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 })[event.key];
  return {
    handles: [
      { name: "knob-gain", trait: "gain", x, y: bankAt, letter: "gain", look: "rk-chip rk-gain", title: "gain of Wₕₕ",
        pull: (_, y) => s.gain * 10 ** ((bankAt - y) / p.unit / Math.max(3, t - k)) || 0.05 },
      { name: "knob-k", trait: "source", x: below, y: p.axis + 15, letter: "k", title: "source step k", flat: true, looks: true,
        value: k, low: 0, high: t, says: `step ${k}, gradient ${num(s.norms[k])}`, pull: (to) => p.back(to - below + p.x(k)) },
      { name: "loss", letter: "loss", look: "rk-chip", title: "step of the loss", flat: true, looks: true, value: t, low: 0, high: T,
        says: `loss at step ${t}`, x: mouth + 12, y: p.lane + 16, pull: (to) => ({ step: p.back(to - 12 - p.column / 2) }), keys: () => false },
      { name: "dam", letter: "dam", look: "rk-chip rk-square", title: "window", flat: true, value: Math.max(1, Math.min(s.window, t)), low: 1, high: Math.max(1, t),
        says: s.cut ? `the last ${s.window} steps are kept` : "no step is dropped", x: wall - 21, y: p.lane + 16,
        pull: (to) => dammed(t - Math.round((to + 21 - p.left) / p.column) + 1, t),
        keys: (event, begins) => {
          const by = arrows(event);
          if (!by) return false;
          begins();
          return dam(-by);
        } },
    ],
    regions: [
      { name: "scrub", title: "step of the loss", looks: true, look: "rk-scrub", value: t, low: 0, high: T, says: `step ${t}`,
        x: p.left, y: p.strip - 2, width: p.right - p.left, height: p.river - p.strip, pull: (to) => ({ step: p.back(to) }), keys: () => false },
      { name: "water", title: "source step", looks: true, look: "rk-scrub", value: k, low: 0, high: t, says: `step ${k}, gradient ${num(s.norms[k])}`,
        x: p.left, y: p.river, width: p.right - p.left, height: 2 * p.R, pull: (to) => ({ source: Math.min(t, p.back(to)) }),
        keys: (event) => (arrows(event) ? { source: clamp(k + arrows(event), 0, t) } : false) },
      inputs(p),
    ].filter(Boolean),
  };
}

/** A window of so many steps, before a loss at step t; one that holds them all is no window. */
export const dammed = (window, t) => ({ window: window >= t ? WHOLE : Math.max(1, window) });

/** The update as an arrow beside the whole gradient, and the loss from step to step of descent. */
export function update(s, width, wide) {
  const beside = !wide;
  const [w, high] = [beside ? (width - 16) / 2 : width, beside ? 128 : 150];
  const one = arrow(s, w, high);
  const two = curve(s, w, beside ? high : 116, beside ? w + 16 : 0, beside ? 0 : high + 10);
  return {
    width, height: beside ? high : high + 126, body: s.quiet ? [] : [...one.body, ...two],
    title: "The step of descent, and the loss",
    says: s.quiet ? "Hidden until you say what you expect." : `The gradient is ${num(s.length)} long, and what is used of it ${
      num(s.update.length * s.update.factor)}, ${fixed(s.update.angle, 0)} degrees off. The loss is ${num(s.loss)}; the next step makes it ${num(s.next)}.`,
    handles: s.quiet ? [] : one.handles,
  };
}

function arrow(s, width, height) {
  const { x, y, angle, factor, length } = s.update;
  const [ox, oy] = [8, height - 18];
  const r = Math.min(width - 30, height - 44);
  const unit = 0.84 * r / (Math.max(s.length, length) || 1);
  const off = !s.clip || s.clip * unit > r;
  const arc = off ? r : s.clip * unit;
  const tip = (dx, dy, look) => {
    const [turn, X, Y] = [Math.atan2(dy, dx), ox + dx * unit, oy - dy * unit];
    const n = Math.min(9, Math.hypot(dx, dy) * unit / 2);
    const barb = (by) => `M${px(X)} ${px(Y)}l${px(-n * Math.cos(turn + by))} ${px(n * Math.sin(turn + by))}`;
    return path(`M${ox} ${oy}L${px(X)} ${px(Y)}${barb(-0.45)}${barb(0.45)}`, look);
  };
  const turned = angle > 0.5 && length > 0;
  return {
    body: [
      text(0, 13, "gradient", "rk-tick"), text(width, 13, num(s.length), "rk-ink rk-strong", "end"),
      path(`M${px(ox + arc)} ${oy}A${px(arc)} ${px(arc)} 0 0 0 ${ox} ${px(oy - arc)}`, off ? "rk-limit rk-off" : "rk-limit"),
      line(ox, oy, ox + r + 8, oy, "rk-gridline"),
      tip(s.length, 0, "rk-arrow rk-full"),
      factor < 1 ? tip(x, y, "rk-arrow rk-kept") : null,
      length ? tip(x * factor, y * factor, "rk-arrow rk-used") : null,
      text(width, oy - 4, turned ? `${fixed(angle, 0)}° off` : "", "rk-label rk-ink", "end"),
      text(0, height - 2, isWhole(s) ? "used: all of it" : `used: ${num(length * factor)}`, "rk-ink"),
      text(width, height - 2, factor < 1 ? `× ${times(factor)}` : "", "rk-tick", "end"),
    ],
    handles: [{
      name: "knob-clip", letter: "", look: "rk-clip", title: "clipping threshold", value: s.clip, low: 0, high: 99, relative: true,
      says: s.clip ? `clipped at ${num(s.clip)}` : "off", x: ox + 0.42 * arc, y: oy - 0.907 * arc,
      pull: (px_, py) => {
        const reach = Math.hypot(px_ - ox, py - oy);
        return { clip: reach > r - 2 ? 0 : clipped(reach / unit) };
      },
      keys: (event, begins) => {
        const by = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key];
        if (!by) return false;
        begins();
        const now = s.clip || 1.001 * s.length;
        const next = clipped(now * 10 ** (0.1 * by));
        return { clip: by > 0 && next > s.length ? 0 : next };
      },
    }],
  };
}

const clipped = (v) => Number(clamp(v, 0.01, 99).toFixed(v < 1 ? 2 : 1));

function curve(s, width, height, left, top) {
  const wild = !(s.next < 1e3 * Math.max(...s.losses));
  const logs = (wild ? s.losses : [...s.losses, s.next]).map((v) => Math.log10(Math.max(v, 1e-12)));
  let [low, high] = [Math.min(...logs), Math.max(...logs)];
  if (high - low < 0.3) [low, high] = [low - 0.15 + (high - low) / 2, high + 0.15 - (high - low) / 2];
  const n = Math.max(8, s.losses.length + 2);
  const X = (k) => left + 6 + k * (width - 14) / n;
  const Y = (v) => top + 32 + (high - clamp(Math.log10(Math.max(v, 1e-12)), low, high)) / (high - low) * (height - 56);
  const last = s.losses.length - 1;
  const [nx, ny] = [X(last + 1), wild ? top + 28 : Y(s.next)];
  const flip = nx + 60 > left + width;
  return [
    text(left, top + 13, `loss at step ${s.step}`, "rk-tick"), text(left + width, top + 13, num(s.loss), "rk-ink rk-strong", "end"),
    line(left, top + height - 16, left + width, top + height - 16, "rk-gridline"),
    path(points(s.losses.map((v, k) => [X(k), Y(v)])), "rk-trace"),
    line(X(last), Y(s.loss), nx, ny, "rk-hover"),
    circle(X(last), Y(s.loss), 4.5, "rk-here"), circle(nx, ny, 4, "rk-there"),
    text(flip ? nx - 8 : nx + 8, ny + (ny > top + height - 30 ? -2 : 5), wild ? `far up: ${num(s.next)}` : num(s.next), "rk-label", flip ? "end" : "start"),
    text(left, top + height - 2, "steps of descent", "rk-tick"),
  ];
}

/** The picture for paper. */
export function still(s, width) {
  const picture = flow({ ...s, printed: true }, width, 2 * width);
  const numbers = [`${s.activation}, gain ${short(s.gain)}, loss at step ${s.step}: ${s.asking ? "?" : num(s.loss)}`,
    s.clip ? `clipped at ${short(s.clip)}` : "", s.cut ? `window ${s.window}` : ""].filter(Boolean).join(", ");
  return { ...picture, height: picture.height + 22, title: "The gradient of a loss, back through time",
    says: `${numbers}. ${picture.says}`, body: [...picture.body, text(0, picture.height + 14, numbers, "rk-tick")] };
}
