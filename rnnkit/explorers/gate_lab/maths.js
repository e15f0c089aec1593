// Gate Lab's mathematics: one LSTM unit whose gates are set by hand or by weights, and what flows back from its cell state.

import { alongCell, lstmBackward, lstmStep } from "../compute/lstm.js";

export const T = 10;
export const ASKED = 2; // the last step that is seen before the opening question is answered
export const GATES = ["i", "f", "g", "o"]; // the rows of the weights, in rnnkit's order
const SCALES = [1.25, 2.5, 5.25, 10.5]; // of |c| that fit between the banks
const ALIKE = 1e-9;

/** The gates that are held by hand at step t, in the order of GATES; null where the weights decide. */
const handAt = (traits, t) => GATES.map((k, n) => (traits.by === "hand" || traits.held[n][t - 1] >= 0.5 ? traits[k][t - 1] : null));

/** Everything that the card shows, from the traits. Until the question is answered, what is after step 2 is withheld. */
export function derive(traits) {
  const { weights, inputs, read, by, committed, ui = {} } = traits;
  const p = { weightIh: weights.map(([x]) => [x]), weightHh: weights.map(([, h]) => [h]), bias: weights.map(([, , b]) => b) };
  const hands = [[], ...inputs.map((_, t) => handAt(traits, t + 1))];
  const run = [{ gates: [0, 0, 0, 0], c: [0], tanhC: [0], h: [0] }];
  for (let t = 1; t <= T; t++) run.push(lstmStep(p, [inputs[t - 1]], run[t - 1], hands[t]));
  const gate = Object.fromEntries(GATES.map((k, n) => [k, run.map((one) => one.gates[n])]));
  const c = run.map((one) => one.c[0]);
  const most = Math.max(...c.map(Math.abs), ...(traits.ghost?.c ?? []).map(Math.abs)); // what was there before is seen whole, too
  const asking = !committed;
  return {
    ...traits, ui, asking, free: by === "weights", hands, gate, c, tanhC: run.map((one) => one.tanhC[0]), h: run.map((one) => one.h[0]),
    step: asking ? Math.min(traits.step, ASKED) : traits.step, shown: asking ? ASKED : T,
    along: alongCell(run, read, [1]).flat(), whole: lstmBackward(p, run, read, [1], hands).flat(),
    scale: (ui.held && ui.scale) || (SCALES.find((one) => most <= one + ALIKE) ?? SCALES.at(-1)), // it stays while one drags
  };
}

export const isHeld = (s, k, t) => s.free && s.hands[t][GATES.indexOf(k)] !== null;
export const kept = (s, t) => s.gate.f[t] * s.c[t - 1];
export const added = (s, t) => s.gate.i[t] * s.gate.g[t];

/** The steps at which something comes into c, and those at which it is let out. */
export const stores = (s) => s.c.flatMap((_, t) => (t && Math.abs(added(s, t)) > 0.05 ? [t] : []));
export const reads = (s) => s.c.flatMap((_, t) => (t && s.gate.o[t] > 0.05 ? [t] : []));

const round = (v, digits) => Number(v.toFixed(digits));

/**
 * How many decimals a sum of products needs: the fewest from `least` to 4 with which a·b + u·v = sum is true as it is
 * printed, the products too. `exact` is false where no number of them does.
 */
function asPrinted(pairs, least = 2) {
  const total = pairs.reduce((sum, [a, b]) => sum + a * b, 0);
  for (let digits = least; digits <= 4; digits++) {
    const products = pairs.map(([a, b]) => round(a * b, digits));
    const right = products.every((v, n) => Math.abs(v - round(pairs[n][0], digits) * round(pairs[n][1], digits)) < 0.499 * 10 ** -digits);
    const sum = round(products.reduce((all, v) => all + v, 0), digits);
    if (right && sum === round(total, digits)) return { digits, exact: true };
  }
  return { digits: 3, exact: false };
}

/** How c and h of step t are printed: a c that is not 0 not as 0.00. */
export function sums(s, t) {
  const least = Math.abs(s.c[t]) < 0.005 && s.c[t] !== 0 ? 3 : 2;
  return { c: asPrinted([[s.gate.f[t], s.c[t - 1]], [s.gate.i[t], s.gate.g[t]]], least), h: asPrinted([[s.gate.o[t], s.tanhC[t]]], least) };
}

// The challenge: weights that keep what the first 1 has left, and ignore the second.
export const HIDDEN = [[3, 7], [], [1], [2, 5], [1, 2], [4, 5, 6, 10]].map((ones) =>
  Array.from({ length: T }, (_, t) => Number(ones.includes(t + 1))));

/** Null if c at the last step is what the first 1 of the inputs left, or 0 if none came; else what is wrong, and where. */
export function fault(traits, inputs) {
  const first = inputs.indexOf(1) + 1;
  const s = derive({ ...traits, inputs, committed: true, ui: {} });
  const hand = s.hands.findIndex((one, t) => t && one.some((v) => v !== null));
  if (hand > 0) return { t: hand, want: "free", got: 0 };
  if (!first) return Math.abs(s.c[T]) < 0.1 ? null : { t: T, want: "nothing", got: s.c[T] };
  if (Math.abs(s.c[first]) < 0.4) return { t: first, want: "more", got: s.c[first] };
  const off = s.c.findIndex((c, t) => t > first && Math.abs(c - s.c[first]) > 0.15);
  return Math.abs(s.c[T] - s.c[first]) <= 0.15 ? null : { t: off, want: s.c[first], got: s.c[off] };
}
