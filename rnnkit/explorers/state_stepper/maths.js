// State Stepper's mathematics: everything that its pictures and sums need, and its challenge.

import { rnnForward } from "../compute/rnn.js";
import { clamp, subscript } from "../shared/numbers.js";

const ASKED = 3; // the step that the questions are about

/** From the traits: h after step t is states[t]; the state from step `hiddenFrom` on is withheld. */
export function derive(traits) {
  const { weight_ih: W, weight_hh: U, bias, inputs, ui = {} } = traits;
  const [H, I, T] = [bias.length, inputs[0].length, inputs.length];
  const step = clamp(traits.step, 0, T);
  const asked = Math.min(ASKED, T);
  const asking = !traits.committed || Boolean(ui.asking);
  return { ...traits, ...rnnForward(W, U, bias, inputs), ui, H, I, T, step, unit: clamp(traits.unit, 1, H), asked,
    hiddenFrom: asking ? asked : Infinity };
}

export const unitName = (j) => `h${subscript(j + 1)}`;
export const inputName = (s, i) => (s.I > 1 ? `x${subscript(i + 1)}` : "x");
export const isShown = (s, t) => t < s.hiddenFrom;

/** The terms of unit j's sum at step t ≥ 1: { name, row, column, trait, weight, value, product }, the bias last. */
export function terms(s, t, j) {
  const [x, before] = [s.inputs[t - 1], s.states[t - 1]];
  return [
    ...x.map((value, i) => ({ trait: "weight_ih", column: i, name: inputName(s, i), weight: s.weight_ih[j][i], value })),
    ...before.map((value, k) => ({ trait: "weight_hh", column: k, name: unitName(k), weight: s.weight_hh[j][k], value })),
    { trait: "bias", column: 0, name: "b", weight: s.bias[j], value: 1 },
  ].map((term) => ({ ...term, product: term.weight * term.value }));
}

/** The network with more or fewer units: a new unit sees its input with weight 1, and nothing else. */
export function withUnits(s, H) {
  const grown = (row, length) => Array.from({ length }, (_, k) => row[k] ?? 0);
  return {
    weight_ih: Array.from({ length: H }, (_, j) => s.weight_ih[j] ?? grown([1], s.I)),
    weight_hh: Array.from({ length: H }, (_, j) => grown(s.weight_hh[j] ?? [], H)),
    bias: grown(s.bias, H), unit: Math.min(s.unit, H),
  };
}

/** The same with more or fewer steps; new inputs are 0. */
export const withSteps = (s, T) => ({
  inputs: Array.from({ length: T }, (_, t) => s.inputs[t] ?? s.inputs[0].map(() => 0)), step: Math.min(s.step, T),
});

// The challenge: say yes from the first 1 1 onward. Each hidden sequence starts with a 0, as every page starts blank.
export const HIDDEN = ["010110000000", "001010010100", "011000000000", "010010001100", "000000000011", "010101011010"]
  .map((bits) => [...bits].map((bit) => [Number(bit)]));

/** The first step at which unit 1's sign is not the answer, or null. */
export function fault(traits, inputs) {
  if (traits.inputs[0].length !== 1) return { t: 0, want: "one input", got: "more" };
  const { states } = rnnForward(traits.weight_ih, traits.weight_hh, traits.bias, inputs);
  let seen = false;
  for (let t = 1; t <= inputs.length; t++) {
    seen ||= t > 1 && inputs[t - 1][0] === 1 && inputs[t - 2][0] === 1;
    const [want, got] = [seen, states[t][0] > 0].map((yes) => (yes ? "yes" : "no"));
    if (want !== got) return { t, want, got };
  }
  return null;
}
