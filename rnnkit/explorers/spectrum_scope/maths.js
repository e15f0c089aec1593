// Spectrum Scope's mathematics: W, two runs that start near each other, and the product of Jacobians along the first.

import { apply, identity, norm, productSpectra, singularValues, times } from "../compute/linalg.js";
import { random } from "../compute/random.js";
import { ACTIVATIONS } from "../compute/rnn.js";
import { pairOf, weights } from "../compute/schur.js";
import { clamp } from "../shared/numbers.js";

export const END = 60; // the last step
export const HALO = 0.1; // how much of a change to W the halo shows
const [BURN, LONG] = [300, 1500]; // steps before and during which the long run is followed

const minus = (a, b) => a.map((v, k) => v - b[k]);

function run(W, h, f) {
  const hs = [h];
  for (let t = 0; t < END; t++) hs.push(apply(W, hs[t]).map(f.of));
  return hs;
}

const jacobian = (W, h, f) => W.map((row, i) => row.map((w) => w * f.slope(h[i])));

/** The largest Lyapunov exponent: one small change, followed and made small again at each step. */
function longRun(W, h, f) {
  let [v, sum] = [h.map((_, i) => Math.cos(i + 1)), 0];
  for (let t = 0, now = h; t < BURN + LONG; t++) {
    now = apply(W, now).map(f.of);
    v = apply(W, v).map((x, i) => x * f.slope(now[i]));
    const long = norm(v);
    if (!(long > 1e-280)) return -Infinity;
    if (t >= BURN) sum += Math.log(long);
    v = v.map((x) => x / long);
  }
  return sum / LONG;
}

/** Exact zeros: as many singular values as the product has columns without any number in them. */
const cleared = (values, P) => {
  const none = P.filter((_, j) => P.every((row) => row[j] === 0)).length;
  return values.map((v, k) => (k >= values.length - none ? 0 : v));
};

/** The Jacobians of so many steps, once the run has settled. */
export function jacobians({ W, start, activation }, count) {
  const f = ACTIVATIONS[activation];
  let h = start.flat();
  const Js = [];
  for (let t = 0; t < BURN + count; t++) {
    h = apply(W, h).map(f.of);
    if (t >= BURN) Js.push(jacobian(W, h, f));
  }
  return Js;
}

function compute({ eigenvalues, lean, gain, activation, seed, start, push }) {
  const [W, f, A] = [weights(eigenvalues, lean, gain, seed), ACTIVATIONS[activation], start.flat()];
  const eigen = eigenvalues.flatMap((pair, k) => pairOf(pair).map(({ re, im }, i) => ({ re: gain * re, im: gain * im, k, i })));
  const [hs, bs] = [run(W, A, f), run(W, A.map((v, k) => v + push.flat()[k]), f)];
  const Js = hs.slice(1).map((h) => jacobian(W, h, f));
  const Ps = [identity(A.length)];
  Js.forEach((J, t) => Ps.push(times(J, Ps[t])));
  const spectra = productSpectra(Js, A.length).map((values, t) => cleared(values, Ps[t]));
  const grown = spectra.map(([first]) => first);
  const peak = Math.max(...grown);
  const radius = Math.max(...eigen.map(({ re, im }) => Math.sqrt(re * re + im * im)));
  return {
    H: A.length, W, eigen, hs, bs, Ps, spectra, grown, peak, peakAt: grown.indexOf(peak), gone: grown.indexOf(0), radius,
    widest: singularValues(W)[0], gaps: hs.map((h, t) => norm(minus(bs[t], h))),
    longest: activation === "linear" ? Math.log(radius) : longRun(W, A, f),
  };
}

const kept = new Map();

/** The same for the same numbers: a card that plays asks at each frame. */
function computed(traits) {
  const { eigenvalues, lean, gain, activation, seed, start, push } = traits;
  const key = JSON.stringify([eigenvalues, lean, gain, activation, seed, start, push]);
  if (!kept.has(key)) {
    if (kept.size > 5) kept.delete(kept.keys().next().value);
    kept.set(key, compute(traits));
  }
  return kept.get(key);
}

/** Everything that is seen, from the traits. Until the question is answered, no step is taken. */
export function derive(traits) {
  const { ui = {} } = traits;
  const asking = !traits.committed;
  return { ...traits, ...computed(traits), ui, asking, step: asking ? 0 : traits.step };
}

/** The longest an eigenvalue of W + E can be away, by 2 × 2 algebra; of centre 0, with split² = q (below 0: a pair). */
function haloTerms(q, lean, cosine) {
  const b = q * cosine + HALO * HALO;
  return { b, c: q * q - HALO * HALO * (2 * Math.abs(q) + lean * lean - HALO * HALO) };
}

/** The rim of the halo, {W + E: ‖E‖ ≤ 0.1}, at an angle from the middle of a pair: its distance. */
export function rim([, split], lean, gain, angle) {
  const { b, c } = haloTerms(Math.sign(split) * (gain * split) ** 2, gain * lean, Math.cos(2 * angle));
  const inside = b * b - c;
  return inside < 0 ? null : Math.sqrt(Math.max(0, b + Math.sqrt(inside)));
}

/** The lean for which the rim is so far straight above the middle. */
export function leanFor([, split], gain, far) {
  const [q, u] = [Math.sign(split) * (gain * split) ** 2, far * far];
  const square = ((u + q) ** 2 / (HALO * HALO)) + HALO * HALO - 2 * u - 2 * Math.abs(q);
  return Math.sqrt(Math.max(0, square)) / (gain || 1);
}

/**
 * Where a dragged eigenvalue goes: to (x, y), where `other` is its partner on the axis, or null for one of a pair off it.
 * A pair meets on the axis before it splits, and two of the axis meet before they leave it. Returns [pair, other].
 */
export function moved([x, y], other, near) {
  const round = (v) => Number(clamp(v, -1.5, 1.5).toFixed(3)) || 0;
  const onAxis = (partner) => [[round((x + partner) / 2), Math.abs(round((x - partner) / 2))], partner];
  if (y > near && (other === null || Math.abs(x - other) < 2 * near)) return [[round(x), -Math.max(0.001, round(y))], null];
  return onAxis(other ?? x);
}

/** Hidden test k: where A starts, and which way B is pushed. */
export function hidden(k) {
  const next = random(211 + k);
  const angle = Math.PI * (0.2 + 0.12 * k) * (k % 2 ? -1 : 1);
  const round = (v) => Number(v.toFixed(3));
  return { start: [[round(0.04 * next() - 0.02), round(0.04 * next() - 0.02)]],
    push: [[round(0.01 * Math.cos(angle)), round(0.01 * Math.sin(angle))]] };
}

/** Why these numbers fail a hidden test, or null: inside the circle, the gap grows fivefold and is small at the end. */
export function fault(traits, test) {
  if (traits.eigenvalues.length !== 1 || traits.activation !== "tanh") return { t: 0, want: "tanh", got: 0 };
  const { radius, gaps } = computed({ ...traits, ...test });
  if (!(radius < 1)) return { t: 0, want: "inside", got: radius };
  const most = Math.max(...gaps);
  if (most < 5 * gaps[0]) return { t: gaps.indexOf(most), want: "growth", got: most / gaps[0] };
  return gaps[END] < gaps[0] / 10 ? null : { t: END, want: "an end", got: gaps[END] / gaps[0] };
}
