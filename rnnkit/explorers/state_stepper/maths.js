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

/** What unit j's sum is made of, the bias last: { trait, row, column, label }. */
const entries = (s, j) => [
  ...s.weight_ih[j].map((_, i) => ({ trait: "weight_ih", row: j, column: i, label: inputName(s, i) })),
  ...s.bias.map((_, k) => ({ trait: "weight_hh", row: j, column: k, label: `${unitName(k)} before` })),
  { trait: "bias", row: j, column: 0, label: "" },
];

/** The same at step t with each { weight, value, product }, whose value is null where it is withheld or there is none. */
export function terms(s, t, j) {
  const factors = { weight_ih: s.inputs[t - 1], weight_hh: s.states[t - 1], bias: [1] };
  return entries(s, j).map((entry) => {
    const weight = entry.trait === "bias" ? s.bias[j] : s[entry.trait][j][entry.column];
    const value = t > 0 && isShown(s, t - 1) ? factors[entry.trait][entry.column] : null;
    return { ...entry, weight, value, product: weight * value };
  });
}

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
