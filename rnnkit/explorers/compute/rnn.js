// The simple recurrent network of rnnkit/cells/rnn.py, once more, and the loop of rnnkit/unroll.py reversed:
// h_t = f(W_ih x_t + W_hh h_{t-1} + b), where f is tanh unless another is given.

const dot = (row, column) => row.reduce((sum, weight, k) => sum + weight * column[k], 0);

/** What a unit does with its sum, and the slope of that, told from the unit's value. */
export const ACTIVATIONS = {
  tanh: { of: Math.tanh, slope: (h) => 1 - h * h },
  sigmoid: { of: (a) => 1 / (1 + Math.exp(-a)), slope: (h) => h * (1 - h) },
  relu: { of: (a) => Math.max(a, 0), slope: (h) => (h > 0 ? 1 : 0) },
  linear: { of: (a) => a, slope: () => 1 },
};

/** One step: the sum, a_t (H), and the new state, h_t (H). */
export function rnnStep(weightIh, weightHh, bias, x, h, of = Math.tanh) {
  const a = bias.map((b, j) => dot(weightIh[j], x) + dot(weightHh[j], h) + b);
  return { a, h: a.map((v) => of(v)) };
}

/** All steps over inputs (T, I): states (T + 1, H), whose row 0 is the initial state, and sums (T, H). */
export function rnnForward(weightIh, weightHh, bias, inputs, start = bias.map(() => 0), of = Math.tanh) {
  const states = [start];
  const sums = inputs.map((x) => {
    const { a, h } = rnnStep(weightIh, weightHh, bias, x, states.at(-1), of);
    states.push(h);
    return a;
  });
  return { states, sums };
}

/** The adjoint of a step: from the gradient of h_t (H) those of the sum a_t and of h_{t-1}. */
export function rnnStepBackward(weightHh, h, dH, slope) {
  const dSum = dH.map((d, j) => d * slope(h[j]));
  return { dSum, dBefore: h.map((_, k) => dSum.reduce((sum, d, j) => sum + d * weightHh[j][k], 0)) };
}

/**
 * Backpropagation through time of a loss that has the gradient dLast (H) at its own step, the last of states (t + 1, H):
 * dStates (t + 1, H), its gradient at every state, and dSums (t + 1, H), at every sum; step 0 has none.
 */
export function rnnBackward(weightHh, states, dLast, slope) {
  const [dStates, dSums] = [[], []];
  let d = dLast;
  for (let k = states.length - 1; k > 0; k--) {
    const { dSum, dBefore } = rnnStepBackward(weightHh, states[k], d, slope);
    [dStates[k], dSums[k]] = [d, dSum];
    d = dBefore;
  }
  dStates[0] = d;
  return { dStates, dSums };
}
