// Spectrum Scope's mathematics: W, two runs that start near each other, and the product of Jacobians along the first.

import { apply, exponents, identity, norm, productSpectra, singularValues } from "../compute/linalg.js";
import { random } from "../compute/random.js";
import { ACTIVATIONS } from "../compute/rnn.js";
import { pairOf, weights } from "../compute/schur.js";
import { clamp } from "../shared/numbers.js";

export const END = 60; // the last step
export const HALO = 0.1; // how much of a change to W the halo shows
const [BURN, LONG] = [200, 600]; // steps before and during which the long run is followed

const minus = (a, b) => a.map((v, k) => v - b[k]);

function run(W, h, f) {
  const hs = [Float64Array.from(h)];
  for (let t = 0; t < END; t++) hs.push(apply(W, hs[t]).map(f.of));
  return hs;
}

/** The Jacobian of the step that made h, as what it does to a change. */
function jacobian(W, h, f) {
  const slopes = h.map(f.slope);
  return (v) => {
    const out = apply(W, v);
    for (let i = 0; i < out.length; i++) out[i] *= slopes[i];
    return out;
  };
}

/** The Jacobians of the long run, once it has settled. */
function* settled(W, h, f) {
  for (let t = 0; t < BURN + LONG; t++) {
    h = apply(W, h).map(f.of);
    if (t >= BURN) yield jacobian(W, h, f);
  }
}

/** The Lyapunov exponents, or the first k of them. */
export function rates({ W, H, start, activation }, k = H) {
  return exponents(settled(W, Float64Array.from(start.flat()), ACTIVATIONS[activation]), H, k);
}

function compute({ eigenvalues, lean, gain, activation, seed, start, push }) {
  const [W, f, A, H] = [weights(eigenvalues, lean, gain, seed), ACTIVATIONS[activation], start.flat(), 2 * start.length];
  const eigen = eigenvalues.flatMap((pair, k) => pairOf(pair).map(({ re, im }, i) => ({ re: gain * re, im: gain * im, k, i })));
  const [hs, bs] = [run(W, A, f), run(W, minus(A, push.flat().map((v) => -v)), f)];
  const Js = hs.slice(1).map((h) => jacobian(W, h, f));
  const Ps = [identity(H)]; // by columns
  if (H === 2) Js.forEach((J) => Ps.push(Ps.at(-1).map(J)));
  const spectra = productSpectra(Js, H);
  const grown = spectra.map(([first]) => first);
  const peak = Math.max(...grown);
  const radius = Math.max(...eigen.map(({ re, im }) => Math.sqrt(re * re + im * im)));
  return {
    H, W, eigen, hs, bs, Ps, spectra, grown, peak, peakAt: grown.indexOf(peak), gone: grown.indexOf(0), radius,
    widest: singularValues(W)[0], gaps: hs.map((h, t) => norm(minus(bs[t], h))),
    longest: activation === "linear" ? Math.log(radius) : rates({ W, H, start, activation }, 1)[0],
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

/** Everything that is seen, from the traits. */
export function derive(traits) {
  return { ...traits, ...computed(traits), asking: !traits.committed };
}

/** The rim of the halo, the eigenvalues of all W + E with ‖E‖ = 0.1, at an angle from the middle of a pair: its distance, or null. */
export function rim([, split], lean, gain, angle) {
  const q = Math.sign(split) * (gain * split) ** 2;
  const b = q * Math.cos(2 * angle) + HALO ** 2;
  const square = b + Math.sqrt(b * b - q * q + HALO ** 2 * (2 * Math.abs(q) + (gain * lean) ** 2 - HALO ** 2));
  return square > 0 ? Math.sqrt(square) : null;
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
  const angle = Math.PI * (0.2 + 0.12 * k);
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
