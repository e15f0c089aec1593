// Forecast Bench's mathematics: what each forecaster said of every day, how far off it was, and where its windows came from.

import { bytes, gruStep } from "../compute/gru.js";
import bench from "./bench.json" with { type: "json" };

export const YEAR = 364;
export const AHEAD = 14;
export const STRETCH = 91;
export const LAGS = 28;
export const END = STRETCH - 1; // the last step
const [DAYS, NEAREST, FOLDS, UNITS, INPUTS] = [742, 2, 5, 16, 11];
const WINDOWS = DAYS - LAGS + 1;

const sum = (values) => values.reduce((a, b) => a + b, 0);
const mean = (values) => sum(values) / values.length;

/** The median of a day's value and of those 7, 14, ... days before. */
function weekday({ y, weeks }, day) {
  const values = Array.from({ length: weeks }, (_, k) => y[day - 7 * k]).toSorted((a, b) => a - b);
  return (values[Math.floor((weeks - 1) / 2)] + values[Math.floor(weeks / 2)]) / 2;
}

/** Keep what `make` gives for the last few keys. */
function remembered(make, most) {
  const known = new Map();
  return (key, ...given) => {
    if (!known.has(key)) known.set(key, make(...given));
    if (known.size > most) known.delete(known.keys().next().value);
    return known.get(key);
  };
}

/** The day of the week as seven numbers, one of them 1, and the place in the year as sine and cosine. */
function calendar(day) {
  const turn = 2 * Math.PI * day / 365.25;
  return [...Array.from({ length: 7 }, (_, k) => Number(k === day % 7)), Math.sin(turn), Math.cos(turn)];
}

/** The season's mean of a day: a constant, three harmonics of the year, six days of the week. */
function seasonOf(w, day) {
  const turn = 2 * Math.PI * day / 365.25;
  let a = w[0];
  for (let k = 1; k <= 3; k++) a += w[2 * k - 1] * Math.sin(k * turn) + w[2 * k] * Math.cos(k * turn);
  return a + (day % 7 ? w[6 + day % 7] : 0);
}

/** A matrix of int8 rows times their scales. */
function scaled(whole, from, scales, width) {
  return Float64Array.from({ length: scales.length * width }, (_, k) => whole[from + k] * scales[Math.floor(k / width)]);
}

/** The GRU's forecasts: 14 for each day, made at its end. W_ih x + b_ih stands in a column for each day, as for a symbol. */
function network(y, xs, [, , change], { rows, scales }) {
  const whole = new Int8Array(bytes(rows).buffer);
  const numbers = new Float32Array(bytes(scales).buffer);
  let at = 0;
  const take = (n) => numbers.subarray(at, (at += n));
  const GH = 3 * UNITS;
  const [forIh, forHh, forOut] = [take(GH), take(GH), take(AHEAD)];
  const weightIh = scaled(whole, 0, forIh, INPUTS);
  const weightHh = scaled(whole, GH * INPUTS, forHh, UNITS);
  const out = scaled(whole, GH * (INPUTS + UNITS), forOut, UNITS);
  const [biasIh, biasHh, bias] = [take(GH), take(GH), take(AHEAD)].map((part) => Float64Array.from(part));
  const columns = new Float64Array(DAYS * GH);
  for (let t = 0; t < DAYS; t++) {
    for (let i = 0; i < GH; i++) {
      let a = biasIh[i];
      for (let j = 0; j < INPUTS; j++) a += weightIh[i * INPUTS + j] * xs[t][j];
      columns[t * GH + i] = a;
    }
  }
  let h = new Float64Array(UNITS);
  return y.map((last, t) => {
    ({ h } = gruStep({ H: UNITS, columns, weightHh, biasHh }, h, t));
    return Array.from(bias, (b, k) => {
      let a = b;
      for (let j = 0; j < UNITS; j++) a += out[k * UNITS + j] * h[j];
      return last + change * a;
    });
  });
}

/** The regression's forecast so many days ahead, from the days up to `o`. */
function regression({ y, xs, linear, scaling: [, , change] }, o, h) {
  const w = (k) => linear[(h - 1) * (LAGS + 10) + k];
  let a = w(0) + w(1) * xs[o][0];
  for (let k = 0; k < LAGS; k++) a += w(2 + k) * (o >= k ? xs[o - k][1] : 0);
  for (let k = 1; k < 9; k++) a += w(1 + LAGS + k) * xs[o][2 + k];
  return y[o] + change * a;
}

/** A series of bench.json, and what was learned of it. */
const seriesOf = remembered((name) => {
  const { counts: text, scale, scaling, season, step, linear, course, left, weeks, lasts, rivals, trees, ...rest } = bench.series[name];
  const counts = [...new Int16Array(bytes(text).buffer)];
  const y = counts.map((count) => count / scale);
  const [centre, level, change] = scaling;
  const xs = y.map((v, t) => [(v - centre) * level, t ? (v - y[t - 1]) / change : 0, ...calendar(bench.first + t)]);
  const sums = [0];
  counts.forEach((count, t) => sums.push(sums[t] + count));
  return {
    name, counts, scale, scaling, season, y, xs, sums, left, weeks, lasts, rivals, unit: rest.unit, course: y.map((v, t) => seasonOf(course, bench.first + t)),
    made: network(y, xs, scaling, rest), linear: [...new Int16Array(bytes(linear).buffer)].map((v) => v * step),
    trees: [...new Int16Array(bytes(trees).buffer)].map((v) => v / 1000), // errors: 14 rows of 7 stretches
    naive: mean(y.slice(season, YEAR).map((v, k) => Math.abs(v - y[k]))),
  };
}, 9);

/** The day that the seasonal naive forecast repeats. */
const again = (o, h, season) => o + h - season * Math.ceil(h / season);

/** The last value, the last one of the same weekday, and the mean of 28 days. */
const parts = ({ y, sums, scale }, o, h) => [y[o], y[again(o, h, 7)], (sums[o + 1] - sums[o - LAGS + 1]) / (LAGS * scale)];

/** A mix of the three. What the shares leave of 1 goes to the season's mean; above 1 they are divided by what they add up to. */
function mixed(one, mix, o, h) {
  const by = Math.max(1, sum(mix));
  return parts(one, o, h).reduce((all, part, k) => all + mix[k] / by * part, (1 - sum(mix) / by) * one.course[o + h]);
}

/** Five forecasts that need no training to speak of. */
export const NAIVES = {
  last: ({ y }, o) => y[o],
  week: ({ y }, o, h) => y[again(o, h, 7)],
  season: ({ course }, o, h) => course[o + h],
  damped: ({ y, course, left }, o, h) => course[o + h] + left[h - 1] * (y[o] - course[o]),
  weekdays: (one, o, h) => weekday(one, again(o, h, 7)) + one.lasts[h - 1] * (one.y[o] - weekday(one, o - 7)),
};

/** Which of five folds each window is in, once they are shuffled; rnnkit/explorers/forecast_bench/bench.py does the same. */
export const folds = remembered(() => {
  const order = Array.from({ length: WINDOWS }, (_, k) => k);
  let state = 7;
  for (let k = WINDOWS - 1; k > 0; k--) {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    const other = Math.floor(state * (k + 1) / 2 ** 32);
    [order[k], order[other]] = [order[other], order[k]];
  }
  const found = [];
  order.forEach((window, k) => { found[window] = k % FOLDS; });
  return found;
}, 1);

/** The last days of the two windows that are most like the one that ends on day `o`, the nearest first; none is within the gap. */
function neighbours(counts, o, shuffled, gap) {
  const [mine, fold, best] = [o - LAGS + 1, folds(""), []];
  const last = (shuffled ? DAYS - 1 : Math.min(YEAR - 1, o)) - AHEAD - LAGS + 1; // the last window whose 14 days to come are known
  for (let k = 0; k <= last; k++) {
    if (shuffled && (fold[k] === fold[mine] || Math.abs(k - mine) < gap)) continue;
    const worst = best.length < NEAREST ? Infinity : best.at(-1).far;
    let far = 0;
    for (let j = 0; j < LAGS && far < worst; j++) far += (counts[k + j] - counts[mine + j]) ** 2;
    if (far < worst) {
      best.push({ far, end: k + LAGS - 1 });
      best.sort((a, b) => a.far - b.far);
      best.length = Math.min(best.length, NEAREST);
    }
  }
  return best.map(({ end }) => end);
}

/** For the origins of a stretch, from 14 days before it on. */
const nearby = remembered((one, start, shuffled, gap) => Array.from({ length: STRETCH + AHEAD }, (_, k) => neighbours(one.counts, start - AHEAD + k, shuffled, gap)), 9);

const compute = remembered(({ series, stretch, horizon: h, mix, split }) => {
  const one = seriesOf(series, series);
  const [{ y }, start] = [one, YEAR + STRETCH * (stretch - 1)];
  const near = (shuffled, gap = 0) => nearby(`${series} ${stretch} ${shuffled} ${gap}`, one, start, shuffled, gap);
  const found = near(split === "shuffled");
  const likely = (all) => (o) => mean(all[o - start + AHEAD].map((end) => y[end + h]));
  const say = {
    yours: (o) => mixed(one, mix, o, h), network: (o) => one.made[o][h - 1], regression: (o) => regression(one, o, h), nearest: likely(found),
    ...split === "shuffled" ? { purged: likely(near(true, LAGS + h)), ordered: likely(near(false)) } : { ordered: likely(found) },
    ...Object.fromEntries(Object.entries(NAIVES).map(([name, of]) => [name, (o) => of(one, o, h)])),
  };
  const days = Array.from({ length: STRETCH }, (_, t) => start + t);
  const truth = days.map((d) => y[d]);
  const said = Object.fromEntries(Object.entries(say).map(([name, of]) => [name, days.map((d) => of(d - h))]));
  const off = (values) => values.map((v, t) => Math.abs(v - truth[t]));
  const board = Object.fromEntries(Object.entries(said).map(([name, values]) => [name, { mae: mean(off(values)), mase: mean(off(values)) / one.naive }]));
  const error = one.trees[7 * (h - 1) + stretch + 2];
  board.trees = { mae: error, mase: error / one.naive };
  const [mine, its] = [off(said.yours), off(said.network)];
  const gains = mine.map((v, t) => v - its[t]);
  return {
    one, start, truth, said, board, gains, rival: one.rivals[h - 1], nearer: gains.filter((v) => v > 0).length, found,
    rows: truth.map((v, t) => [v, said.yours[t], said.network[t], said.nearest[t]]),
  };
}, 6);

const keyOf = ({ series, stretch, horizon, mix, split }) => [series, stretch, horizon, mix.join(), split].join(" ");

/** How far off each of the two is when it is slid back by so many whole days, beside the truth of the days that are left; or null. */
function slid({ truth, said }, slide) {
  if (!Number.isInteger(slide) || slide === 0) return null;
  return Object.fromEntries(["yours", "network"].map((who) => [who, mean(truth.slice(0, STRETCH - slide).map((v, t) => Math.abs(said[who][t + slide] - v)))]));
}

/** Everything that is seen, from the traits. */
export function derive(traits) {
  const found = compute(keyOf(traits), traits);
  const { one, start } = found;
  const o = start + traits.step;
  const ahead = Array.from({ length: traits.horizon }, (_, k) => k + 1);
  return {
    ...traits, ...found, asking: !traits.committed, origin: o, left: Math.max(0, 1 - sum(traits.mix)), whole: sum(traits.mix), slid: slid(found, traits.slide),
    fan: { yours: ahead.map((k) => mixed(one, traits.mix, o, k)), network: one.made[o].slice(0, traits.horizon) },
    windows: found.found[traits.step + AHEAD],
  };
}

/** The number of a day, from 1970-01-01. */
export const dayNumber = (d) => bench.first + d;

// The challenge, in the year before the test: nearer than the last value, and than the season's mean, in each of three stretches.
export const HIDDEN = ["last", "season"].flatMap((naive) => [-2, -1, 0].map((stretch) => ({ naive, traits: { stretch, horizon: 2, series: "temperature", split: "ordered" } })));
const LESS = 0.98; // of its error

/** Why this mix is not near enough in hidden case k, or null. */
export function fault(traits, k) {
  const { naive, traits: more } = HIDDEN[k];
  const one = { ...traits, ...more };
  const { board } = compute(keyOf(one), one);
  const want = LESS * board[naive].mae;
  return board.yours.mae < want ? null : { t: END, want, got: board.yours.mae };
}
