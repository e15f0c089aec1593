// A network of Evidence Bench: a GRU that reads a number and a mark a step, its states pooled by attention, one score. The
// equations are rnnkit's (network.py beside this file); the way back through time is written by hand. From +, −, × and ÷
// alone, so that every browser has the same numbers.

import { exp, sigmoid, tanh } from "../compute/portable.js";

export const T = 12;
export const H = 10;
const PARTS = [["ih", 6 * H], ["hh", 3 * H * H], ["bi", 3 * H], ["bh", 3 * H], ["query", H], ["readout", H], ["bias", 1]];

const [LETTERS, SCALE] = [91, 500];
const LEFT_OUT = [34, 60, 92]; // codes of letters that JSON or a page would not leave alone

/** A network from its text, two letters a number; `mix(part)` may change the order of each part. */
export function netOf(text, mix = (part) => part) {
  const place = (k) => text.charCodeAt(k) - 33 - LEFT_OUT.filter((code) => code < text.charCodeAt(k)).length;
  let at = 0;
  const take = (size) => Float64Array.from({ length: size }, () => (LETTERS * place(at++) + place(at++) - (LETTERS * LETTERS >> 1)) / SCALE);
  return Object.fromEntries(PARTS.map(([name, size]) => [name, mix(take(size))]));
}

/** One step from `before` to `after`, (H) each; r, z, n and what r multiplies go to `kept` from `at` on, if it is given. */
function step({ ih, hh, bi, bh }, before, after, x, m, kept = null, at = 0) {
  for (let i = 0; i < H; i++) {
    const [j, k] = [H + i, 2 * H + i];
    let ar = bh[i], az = bh[j], an = bh[k];
    for (let c = 0; c < H; c++) {
      const v = before[c];
      ar += hh[i * H + c] * v;
      az += hh[j * H + c] * v;
      an += hh[k * H + c] * v;
    }
    const r = sigmoid(ar + bi[i] + ih[2 * i] * x + ih[2 * i + 1] * m);
    const z = sigmoid(az + bi[j] + ih[2 * j] * x + ih[2 * j + 1] * m);
    const n = tanh(bi[k] + ih[2 * k] * x + ih[2 * k + 1] * m + r * an);
    after[i] = n + z * (before[i] - n);
    if (kept) {
      kept[at + i] = r;
      kept[at + j] = z;
      kept[at + k] = n;
      kept[at + 3 * H + i] = an;
    }
  }
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < H; i++) sum += a[i] * b[i];
  return sum;
}

/** Attention over the states, from q·h and o·h of each: the weights, and the score. */
function pool({ bias }, look, say) {
  let most = -Infinity, sum = 0, score = 0;
  for (let t = 0; t < T; t++) most = Math.max(most, look[t]);
  const a = new Float64Array(T);
  for (let t = 0; t < T; t++) sum += a[t] = exp(look[t] - most);
  for (let t = 0; t < T; t++) {
    a[t] /= sum;
    score += a[t] * say[t];
  }
  return { attention: a, score: score + bias[0] };
}

/** All steps: the states, their gates if `gates` is given, (T, 4H), and what the attention makes of them. */
export function forward(net, x, marks, gates = null) {
  const [states, look, say] = [[new Float64Array(H)], new Float64Array(T), new Float64Array(T)];
  for (let t = 0; t < T; t++) {
    const h = new Float64Array(H);
    step(net, states[t], h, x[t], marks[t], gates, 4 * H * t);
    states.push(h);
    look[t] = dot(net.query, h);
    say[t] = dot(net.readout, h);
  }
  return { states, look, say, ...pool(net, look, say) };
}

/** ∂score/∂x_t at every step, back through time. */
export function gradient(net, x, marks) {
  const gates = new Float64Array(4 * H * T);
  const { states, say, attention, score } = forward(net, x, marks, gates);
  const [mean, found, { ih, hh, query, readout }] = [score - net.bias[0], new Float64Array(T), net];
  let [carry, next] = [new Float64Array(H), new Float64Array(H)];
  for (let t = T - 1; t >= 0; t--) {
    const [at, h, a] = [4 * H * t, states[t], attention[t]];
    const dLook = a * (say[t] - mean); // softmax: what lies above the mean pulls up
    next.fill(0);
    for (let i = 0; i < H; i++) {
      const [r, z, n] = [gates[at + i], gates[at + H + i], gates[at + 2 * H + i]];
      const d = carry[i] + a * readout[i] + dLook * query[i];
      const dn = d * (1 - z) * (1 - n * n);
      const dz = d * (h[i] - n) * z * (1 - z);
      const dr = dn * gates[at + 3 * H + i] * r * (1 - r);
      found[t] += dr * ih[2 * i] + dz * ih[2 * (H + i)] + dn * ih[2 * (2 * H + i)];
      next[i] += z * d;
      for (let c = 0; c < H; c++) next[c] += dr * hh[i * H + c] + dz * hh[(H + i) * H + c] + dn * r * hh[(2 * H + i) * H + c];
    }
    [carry, next] = [next, carry];
  }
  return found;
}

/** The scores if step t, counted from 0, had each of these values; the steps before it are not read again. */
export function moved(net, x, marks, t, values, { states, look, say }) {
  const [looks, says] = [look.slice(), say.slice()];
  let [h, other] = [new Float64Array(H), new Float64Array(H)];
  return values.map((value) => {
    h.set(states[t]);
    for (let k = t; k < T; k++) {
      step(net, h, other, k === t ? value : x[k], marks[k]);
      [h, other] = [other, h];
      looks[k] = dot(net.query, h);
      says[k] = dot(net.readout, h);
    }
    return pool(net, looks, says).score;
  });
}

/** Integrated gradients from all zeros, the marks kept: x_t times the mean of ∂score/∂x_t at so many points of the way. */
export function integrated(net, x, marks, points) {
  const sum = new Float64Array(T);
  for (let k = 0; k < points; k++) {
    const at = gradient(net, x.map((v) => v * (k + 0.5) / points), marks);
    for (let t = 0; t < T; t++) sum[t] += at[t];
  }
  return sum.map((v, t) => x[t] * v / points);
}
