// What the steps take on the reader's own machine, in milliseconds: medians of many rounds. The only numbers of Stream Desk
// that differ from one machine to another, or from one try to the next.

import { H, T, TEN, reread, step, stepTen } from "./net.js";
import { guest } from "./maths.js";

const [ROUNDS, WARM, LEAST] = [9, 12, 1.2]; // tries; ms before the first; ms of a round, because a browser's clock is coarse
const LENGTHS = [40, 80, 120, 160, 200, 240];

/** The median time of one call. */
function median(run) {
  let [calls, begin] = [0, performance.now()];
  for (; performance.now() - begin < WARM && calls < 50000; calls++) run();
  let many = Math.max(1, Math.ceil(calls * LEAST / WARM));
  let rounds = [];
  for (let tries = 0; rounds.length < ROUNDS && tries < 40; tries++) {
    begin = performance.now();
    for (let k = 0; k < many; k++) run();
    const gone = performance.now() - begin;
    if (gone < LEAST / 2) [many, rounds] = [2 * many, []];
    else rounds.push(gone / many);
  }
  return rounds.toSorted((a, b) => a - b)[Math.floor(rounds.length / 2)] ?? 0;
}

/** Jobs by their names, each a function that gives milliseconds. */
function jobs() {
  const one = guest(0);
  const [before, after, symbol] = [one.states[T - 1], new Float64Array(H), one.symbols[T - 1]];
  const [states, next, sums] = [new Float64Array(H * TEN), new Float64Array(H * TEN), new Float64Array(3 * H * TEN)];
  const symbols = Uint8Array.from({ length: TEN }, (_, u) => guest(u).symbols[T - 1]);
  for (let u = 0; u < TEN; u++) guest(u).states[T - 1].forEach((v, j) => { states[j * TEN + u] = v; });
  return [
    ["carry", () => median(() => step(before, symbol, after))],
    ["ten", () => median(() => stepTen(states, symbols, next, sums)) / TEN],
    ...LENGTHS.map((t) => [t, () => median(() => reread(one.symbols, t))]),
  ];
}

/** Measure one after another, with a breath between; done({ carry, ten, reread: [[t, ms]], unit }) at the end. */
export function measure(done) {
  const [left, found] = [jobs(), { reread: [] }];
  const next = () => {
    const [name, run] = left.shift();
    const ms = run();
    if (typeof name === "number") found.reread.push([name, ms]);
    else found[name] = ms;
    if (left.length) return setTimeout(next, 0);
    const per = found.reread.map(([t, all]) => all / t).toSorted((a, b) => a - b);
    return done({ ...found, unit: per[Math.floor(per.length / 2)] });
  };
  setTimeout(next, 0);
}
