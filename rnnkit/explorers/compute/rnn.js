// The forward pass of rnnkit/cells/rnn.py, once more: h_t = tanh(W_ih x_t + W_hh h_{t-1} + b).

const dot = (row, column) => row.reduce((sum, weight, k) => sum + weight * column[k], 0);

/** One step: the sum before tanh, a_t (H), and the new state, h_t (H). */
export function rnnStep(weightIh, weightHh, bias, x, h) {
  const a = bias.map((b, j) => dot(weightIh[j], x) + dot(weightHh[j], h) + b);
  return { a, h: a.map(Math.tanh) };
}

/** All steps over inputs (T, I): states (T + 1, H), whose row 0 is the initial state, and sums (T, H). */
export function rnnForward(weightIh, weightHh, bias, inputs, start = bias.map(() => 0)) {
  const states = [start];
  const sums = inputs.map((x) => {
    const { a, h } = rnnStep(weightIh, weightHh, bias, x, states.at(-1));
    states.push(h);
    return a;
  });
  return { states, sums };
}
