// What Evidence Bench shows, from its traits: the answer, what each method says of it, and what it does if a number moves.

import { sigmoid } from "../compute/portable.js";
import { random } from "../compute/random.js";
import { T, forward, gradient, integrated, moved, netOf } from "./net.js";
import record from "./networks.json" with { type: "json" };

export const HIDDEN_COUNT = record.hidden; // sequences, by which the methods were measured
export const METHODS = ["attention", "gradient", "product", "integrated", "occlusion", "size"];
export const COUNT = { one: 1, sum: 2, either: 2 }; // how many steps are planted
const NETS = ["a", "b", "c"];
const LEVELS = Array.from({ length: 17 }, (_, k) => 1 - k / 8); // the heights at which every number is tried
const FINE = Array.from({ length: 61 }, (_, k) => 1 - k / 30); // and the chosen one
const RULES = { one: ([a]) => a > 0, sum: ([a, b]) => a + b > 0, either: (v) => Math.max(...v) > 0 };
const STEPS = Array.from({ length: T }, (_, t) => t);

const sum = (values) => values.reduce((a, b) => a + b, 0);

/** Keep what `make` gives for the last few keys. */
function remembered(make, most) {
  const known = new Map();
  return (key, ...given) => {
    if (!known.has(key)) known.set(key, make(...given));
    if (known.size > most) known.delete(known.keys().next().value);
    return known.get(key);
  };
}

/** What is on record of a network: how often it is right, what each method finds, how alike pictures are once shuffled. */
export const known = ({ task, net }) => record.networks[task][NETS.indexOf(net)];

/** Each part of the weights in another order, by draws that Python repeats. */
function shuffler(seed) {
  const draw = random(seed);
  return (part) => {
    for (let k = part.length - 1; k > 0; k--) {
      const other = Math.floor(draw() * (k + 1));
      [part[k], part[other]] = [part[other], part[k]];
    }
    return part;
  };
}
const netFor = remembered((traits) => netOf(known(traits).weights, traits.shuffle ? shuffler(traits.shuffle) : undefined), 9);
export const netOfTraits = (traits) => netFor(`${traits.task} ${traits.net} ${traits.shuffle}`, traits);

/** The planted steps, counted from 1, the earlier first; of 0 there is none. */
export const plantedOf = ({ task, planted }) =>
  [...new Set(planted.slice(0, COUNT[task]).map((v) => Math.floor(v + 0.5)))].filter((v) => v > 0).toSorted((a, b) => a - b);
const marksOf = (steps) => STEPS.map((t) => Number(steps.includes(t + 1)));

/** What a method says of each step. */
export const EXPLAIN = {
  attention: (net, x, marks, { read }) => [...read.attention],
  gradient: (net, x, marks) => [...gradient(net, x, marks)],
  product: (net, x, marks) => [...gradient(net, x, marks)].map((v, t) => v * x[t]),
  integrated: (net, x, marks, { points }) => [...integrated(net, x, marks, points)],
  occlusion: (net, x, marks, { read }) => STEPS.map((t) => read.score - moved(net, x, marks, t, [0], read)[0]),
  size: (net, x) => [...x],
};

/** The steps with the largest sizes, counted from 1; of equals the earliest. */
export const named = (bars, count) => STEPS.toSorted((a, b) => Math.abs(bars[b]) - Math.abs(bars[a])).slice(0, count).map((t) => t + 1);

/** Spearman's rank correlation of the sizes of two pictures. */
export function alike(one, other) {
  const ranks = (bars) => {
    const found = [];
    STEPS.toSorted((a, b) => Math.abs(bars[a]) - Math.abs(bars[b])).forEach((t, k) => { found[t] = k; });
    return found;
  };
  const [a, b] = [ranks(one), ranks(other)];
  return 1 - 6 * sum(a.map((v, t) => (v - b[t]) ** 2)) / (T * (T * T - 1));
}

const keyOf = ({ task, net, shuffle, inputs, planted }) => [task, net, shuffle, inputs.join(), planted.join()].join(" ");

/** The answer, and the scores if each number had each of the heights. */
const answered = remembered((traits) => {
  const [net, x, planted] = [netOfTraits(traits), traits.inputs, plantedOf(traits)];
  const marks = marksOf(planted);
  const read = forward(net, x, marks);
  const tried = STEPS.map((t) => moved(net, x, marks, t, LEVELS, read));
  return {
    x, planted, marks, read, score: read.score, p: sigmoid(read.score), yes: read.score > 0, tried,
    low: tried.map((scores) => Math.min(...scores)), high: tried.map((scores) => Math.max(...scores)),
    turns: tried.map((scores) => crossings(scores)),
  };
}, 8);

/** The heights at which a column's answer turns, between two that were tried. */
const crossings = (scores) => scores.slice(1).flatMap((b, k) => {
  const a = scores[k];
  return (a > 0) === (b > 0) ? [] : [LEVELS[k] + (LEVELS[k + 1] - LEVELS[k]) * a / (a - b)];
});

const explained = remembered((traits, found) =>
  EXPLAIN[traits.method](netOfTraits(traits), found.x, found.marks, { read: found.read, points: traits.points }), 12);
const finely = remembered((traits, found) =>
  moved(netOfTraits(traits), found.x, found.marks, traits.step - 1, FINE, found.read).map(sigmoid), 24);
const atZero = remembered((traits, { marks }) => forward(netOfTraits(traits), STEPS.map(() => 0), marks).score, 8);

const barsOf = (traits, found) => explained(`${keyOf(traits)} ${traits.method} ${traits.points}`, traits, found);
const foundFor = (traits) => answered(keyOf(traits), traits);

/** The score of a column between the heights that were tried, straight from one to the next. */
export function between(scores, v) {
  const at = (1 - v) * 8;
  const k = Math.min(LEVELS.length - 2, Math.max(0, Math.floor(at)));
  return scores[k] + (scores[k + 1] - scores[k]) * (at - k);
}

/** Everything that is seen, from the traits. */
export function derive(traits) {
  const { ui = {} } = traits;
  const found = foundFor(traits);
  const bars = barsOf(traits, found);
  const count = COUNT[traits.task];
  const names = named(bars, count);
  const trained = traits.shuffle ? { ...traits, shuffle: 0 } : null;
  const solved = ui.lamps?.every(Boolean);
  const asking = !traits.committed || Boolean(ui.betting);
  return {
    ...traits, ...found, ui, asking, right: RULES[traits.task](found.planted.map((t) => found.x[t - 1])) === found.yes, bars, count, names, total: sum(bars), base: traits.method === "integrated" ? atZero(keyOf(traits), traits, found) : 0,
    hits: names.filter((t) => found.planted.includes(t)).length, veiled: Boolean(ui.dared) && !ui.topic && !ui.linked && !solved,
    before: trained ? barsOf(trained, foundFor(trained)) : null,
    curve: traits.step && !asking ? finely(`${keyOf(traits)} ${traits.step}`, traits, found) : null,
    known: known(traits), solo: Math.max(1, traits.step),
    rows: [[found.score, sum(bars), found.score, found.score], ...STEPS.map((t) => [found.x[t], bars[t], found.low[t], found.high[t]])],
  };
}

export const heightOf = (k) => FINE[k];

/** A sequence that the network gets right: the traits that differ. */
export function another({ task, net }, seed) {
  const draw = random(seed);
  for (;;) {
    const inputs = STEPS.map(() => Number((2 * draw() - 1).toFixed(2)));
    const planted = [];
    while (planted.length < 2) {
      const t = 1 + Math.floor(draw() * T);
      if (!planted.includes(t)) planted.push(t);
    }
    const steps = plantedOf({ task, planted });
    const values = steps.map((t) => inputs[t - 1]);
    if (values.some((v) => Math.abs(v) < 0.15) || (task === "either" && values.some((v) => v < 0))) continue;
    const traits = { task, net, inputs, planted, shuffle: 0 };
    if ((forward(netOfTraits(traits), inputs, marksOf(steps)).score > 0) === RULES[task](values)) return traits;
  }
}

// The challenge: two numbers, each enough for a yes, and no mark to be seen. At most two may move, and three networks have
// to say no, to the other numbers as they are and to all of them upside down.
export const DARE = {
  task: "either", net: "a", shuffle: 0, method: "occlusion", points: 32, step: 1, planted: [4, 10],
  inputs: [-0.16, -0.77, 0.74, 0.36, 0.43, 0.06, 0.84, 0.02, -0.81, 0.58, 0.1, 0.67],
};
export const CASES = [1, -1].flatMap((sign) => NETS.map((net) => ({ net, sign })));
const MARKS = marksOf(DARE.planted);
const isMoved = (v, t) => (MARKS[t] ? v !== DARE.inputs[t] : Math.abs(v) !== Math.abs(DARE.inputs[t]));

/** Why the answer of hidden case k will not do, or null. */
export function fault({ inputs, step }, k) {
  const kept = STEPS.filter((t) => isMoved(inputs[t], t));
  if (kept.length > 2) return { t: kept[2] + 1, want: "two", got: kept.length };
  const shown = inputs.map((v, t) => (MARKS[t] || isMoved(v, t) ? v : CASES[k].sign * DARE.inputs[t]));
  const { score } = forward(netOfTraits({ ...DARE, net: CASES[k].net }), shown, MARKS);
  return score < 0 ? null : { t: step, want: "no", got: score, inputs: shown };
}
