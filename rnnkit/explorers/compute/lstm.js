// The LSTM of rnnkit/cells/lstm.py, once more, and the loop of rnnkit/unroll.py reversed. Four blocks of H rows: i, f, g, o.
//
//     a = W_ih x + W_hh h + b      i, f, o = σ(a_i), σ(a_f), σ(a_o)      g = tanh(a_g)
//     c ← f c + i g                h ← o tanh(c)
//
// A gate can be held by hand: then it depends on nothing, and no gradient goes through it.

const dot = (row, column) => row.reduce((sum, weight, k) => sum + weight * column[k], 0);
const sigmoid = (a) => 1 / (1 + Math.exp(-a));
const blocks = (gates, H) => [0, 1, 2, 3].map((n) => gates.slice(n * H, (n + 1) * H));
const isNew = (j, H) => Math.floor(j / H) === 2; // of g, the one that is a tanh

/** One step from { h, c }: the gates (4H), and c, tanh c and h (H). `hand` (4H) has a number where a gate is held. */
export function lstmStep({ weightIh, weightHh, bias }, x, before, hand = []) {
  const H = before.c.length;
  const gates = bias.map((b, j) => {
    const a = b + dot(weightIh[j], x) + dot(weightHh[j], before.h);
    return hand[j] ?? (isNew(j, H) ? Math.tanh(a) : sigmoid(a));
  });
  const [i, f, g, o] = blocks(gates, H);
  const c = before.c.map((v, k) => f[k] * v + i[k] * g[k]);
  const tanhC = c.map((v) => Math.tanh(v));
  return { gates, c, tanhC, h: tanhC.map((v, k) => o[k] * v) };
}

/**
 * The adjoint of a step: from the gradients of h_t and c_t (H) those of the sums (4H), of h_{t-1} and of c_{t-1}. `whole` is
 * the gradient at c_t along every way, through h_t too.
 */
export function lstmStepBackward({ weightHh }, now, before, dH, dC, hand = []) {
  const H = dH.length;
  const [i, f, g, o] = blocks(now.gates, H);
  const whole = dC.map((d, k) => d + dH[k] * o[k] * (1 - now.tanhC[k] * now.tanhC[k]));
  const dGates = [...whole.map((d, k) => d * g[k]), ...whole.map((d, k) => d * before.c[k]),
    ...whole.map((d, k) => d * i[k]), ...dH.map((d, k) => d * now.tanhC[k])];
  const dSums = now.gates.map((v, j) => (Number.isFinite(hand[j]) ? 0 : dGates[j] * (isNew(j, H) ? 1 - v * v : v - v * v)));
  const dBefore = dH.map((_, k) => dSums.reduce((sum, d, j) => sum + d * weightHh[j][k], 0));
  return { whole, dSums, dH: dBefore, dC: whole.map((d, k) => d * f[k]) };
}

/**
 * Backpropagation through time of something that has the gradient dLast (H) at c_s alone: its gradient at c_0 to c_s along
 * every way. run[k] is the state and the trace after step k, hands[k] what is held there.
 */
export function lstmBackward(p, run, s, dLast, hands = []) {
  const whole = [];
  let [dH, dC] = [dLast.map(() => 0), dLast];
  for (let k = s; k > 0; k--) {
    const back = lstmStepBackward(p, run[k], run[k - 1], dH, dC, hands[k]);
    whole[k] = back.whole;
    [dH, dC] = [back.dH, back.dC];
  }
  whole[0] = dC;
  return whole;
}

/** The same along the cell state alone: the product of the forget gates on the way. */
export function alongCell(run, s, dLast) {
  const along = [];
  along[s] = dLast;
  for (let k = s; k > 0; k--) {
    const f = blocks(run[k].gates, dLast.length)[1];
    along[k - 1] = along[k].map((d, j) => d * f[j]);
  }
  return along;
}
