// Gradient River's mathematics: the run, its loss at one step, and what flows back from there.

import { ACTIVATIONS, rnnBackward, rnnForward } from "../compute/rnn.js";
import { random } from "../compute/random.js";
import { clamp } from "../shared/numbers.js";

export const WHOLE = 30; // a window of so many steps keeps all of them
export const RATE = 0.1;
const NUDGE = 1e-5;
const MOST = 99; // of an entry of the direction
const SHARE = 0.9; // of the gradient, within its reach

const dot = (a, b) => a.reduce((sum, v, i) => sum + v * b[i], 0);
const norm = (a) => Math.sqrt(dot(a, a));
const plus = (a, b) => a.map((v, i) => v + b[i]);
const scaled = (matrix, by) => matrix.map((row) => row.map((v) => v * by));

/** A rotation of H units: turns of neighbouring planes, one after the other. */
export function rotation(H) {
  let Q = Array.from({ length: H }, (_, i) => Array.from({ length: H }, (__, j) => Number(i === j)));
  [0.35, 0.25, 0.3].slice(0, H - 1).forEach((angle, p) => {
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    Q = Q.map((row) => row.with(p, row[p] * c + row[p + 1] * s).with(p + 1, row[p + 1] * c - row[p] * s));
  });
  return Q;
}

/** The largest singular value of a square matrix: the most that one step back can stretch a gradient. */
export function largest(W) {
  let [u, stretch] = [W.map((_, i) => 1 + 0.3 * i), 0];
  for (let n = 0; n < 60; n++) {
    const w = W.map((row) => dot(row, u));
    u = W.map((_, j) => w.reduce((sum, v, i) => sum + W[i][j] * v, 0));
    const length = norm(u);
    if (length === 0) return 0;
    stretch = Math.sqrt(length);
    u = u.map((v) => v / length);
  }
  return stretch;
}

function forward({ weight_ih, bias, inputs, activation }, W) {
  return rnnForward(weight_ih.map((w) => [w]), W, bias, inputs.map((x) => [x]), bias, ACTIVATIONS[activation].of).states;
}

/** The loss at step t with other weights: ½ (v·h_t − y*)². */
function lossWith(net, W, t) {
  const states = forward({ ...net, inputs: net.inputs.slice(0, t) }, W);
  return (dot(net.readout, states[t]) - net.target) ** 2 / 2;
}

/** How far the gradient of the weights is from central differences, relative to its norm; null where it is zero. */
function difference(net, W, t, G, length) {
  if (length === 0) return null;
  const nudged = (i, j, by) => W.map((row, r) => (r === i ? row.with(j, row[j] + by) : row));
  const off = G.map((g, n) => {
    const [i, j] = [Math.floor(n / W.length), n % W.length];
    return g - (lossWith(net, nudged(i, j, NUDGE), t) - lossWith(net, nudged(i, j, -NUDGE), t)) / (2 * NUDGE);
  });
  return norm(off) / length;
}

/** The fewest last steps whose parts add up to nine tenths of the sum, to a tenth too much at most, and stay there. */
function reachOf(parts, t, length) {
  let rest = 0;
  for (let k = 1; k <= t; k++) {
    rest += parts[k];
    if (Math.abs(rest) > (1 - SHARE) * length) return t - k + 1;
  }
  return 0;
}

/**
 * What a step of descent takes: the terms of the window, `kept`, at most `clip` long. In the plane of the whole gradient
 * and the kept one, it goes `x` along the whole and `y` beside it.
 */
function updateOf(terms, t, cut, clip, G, length) {
  const kept = terms.slice(cut + 1).reduce(plus, G.map(() => 0));
  const long = norm(kept);
  const factor = clip && long > clip ? clip / long : 1;
  const x = length ? dot(kept, G) / length : 0;
  const beside = length ? norm(kept.map((v, i) => v - x * G[i] / length)) : 0;
  const y = beside < 1e-9 * long ? 0 : beside;
  return { length: long, factor, x, y, angle: Math.atan2(y, x) * 180 / Math.PI, used: kept.map((v) => v * factor) };
}

/** Everything that is seen, from the traits. What is withheld until the question is answered is the last state and all gradients. */
export function derive(traits) {
  const { direction, gain, readout, inputs, activation, ui = {} } = traits;
  const [H, T] = [direction.length, inputs.length];
  const asking = !traits.committed;
  const t = Math.min(traits.step, T);
  const net = { ...traits, bias: direction.map(() => 0) };
  const W = scaled(direction, gain);
  const states = forward(net, W);
  const error = dot(readout, states[t]) - traits.target;
  const { dStates, dSums } = rnnBackward(W, states.slice(0, t + 1), readout.map((v) => v * error), ACTIVATIONS[activation].slope);
  const terms = dSums.map((d, k) => d.flatMap((v) => states[k - 1].map((h) => v * h)));
  const G = terms.slice(1).reduce(plus, W.flat().map(() => 0));
  const length = norm(G);
  const parts = terms.map((term) => (length ? dot(term, G) / length : 0));
  const norms = dStates.map(norm);
  const cut = Math.max(0, t - traits.window);
  const s = {
    ...traits, ui, H, T, step: t, asking, quiet: asking || Boolean(ui.telling), W, states, norms, logs: norms.map(Math.log10),
    source: Math.min(traits.source, t), terms, parts, length, cut, loss: error * error / 2, reach: reachOf(parts, t, length),
    update: updateOf(terms, t, cut, traits.clip, G, length), off: difference(net, W, t, G, length),
  };
  s.next = lossWith(net, stepped(s), t);
  const at = (ui.losses ?? []).lastIndexOf(s.loss);
  s.losses = at < 0 ? [s.loss] : ui.losses.slice(0, at + 1);
  return s;
}

/** The recurrent weights after one step along the used gradient, down or, with the sign turned, up. */
const stepped = (s) => s.W.map((row, i) => row.map((v, j) => v + (s.ui.uphill ? RATE : -RATE) * s.update.used[s.H * i + j]));

/** The traits after that step, or null where the weights would leave what the explorer can show. */
export function descend(s) {
  const W = stepped(s);
  const gain = clamp(Number(largest(W).toFixed(2)), 0.01, 3);
  const direction = scaled(W, 1 / gain);
  return direction.flat().every((v) => Math.abs(v) <= MOST) ? { gain, direction } : null;
}

/** Whether the step that is taken is the gradient itself. */
export const isWhole = (s) => s.cut === 0 && s.update.factor === 1;

/** The inputs of hidden test k: stronger from test to test. */
export function hidden(k) {
  const next = random(41 + k);
  return Array.from({ length: 20 }, () => Number(((2 * next() - 1) * [0.1, 0.3, 0.5, 0.7, 0.9, 1.1][k]).toFixed(2)));
}

/** Null if the loss at step 20 has, at step 1, between a tenth of its gradient and ten times as much; else what it has. */
export function fault(traits, inputs) {
  const { norms } = derive({ ...traits, inputs, step: inputs.length, committed: true, ui: {} });
  const ratio = norms[1] / norms.at(-1);
  if (traits.activation !== "tanh") return { t: 1, want: "tanh", got: ratio };
  return ratio >= 0.1 && ratio <= 10 ? null : { t: 1, want: ratio < 1 ? "more" : "less", got: ratio };
}
