// One unit, h ← tanh(w h + b + u x): its run, its resting points, where each start leads, and where a memory dies.

import { random } from "../compute/random.js";
import { bisect } from "../compute/roots.js";
import { clamp } from "../shared/numbers.js";

export const T = 10; // inputs that can be set
export const ASKED = 4; // the last step that is seen before the opening question is answered
export const END = 54; // the last step; after T, zeros

/** The next h. */
export const step = (p, h, x) => Math.tanh(p.w * h + p.b + p.u * x);

/** h at steps 0 to END. */
export function run(p, h0, inputs) {
  const hs = [h0];
  for (let t = 0; t < END; t++) hs.push(step(p, hs[t], inputs[t] ?? 0));
  return hs;
}

/**
 * The resting points with no input, rising: h with tanh(w h + b) = h. The slope there is w (1 − h²), since tanh' is
 * 1 − tanh²; a point is stable where it is at most 1 in size. The difference g turns where its derivative is 0, which
 * cuts the range into at most three pieces with at most one root each.
 */
export function resting(p) {
  const g = (h) => Math.tanh(p.w * h + p.b) - h;
  const cuts = [-1, 1];
  if (p.w > 1) {
    const a = Math.atanh(Math.sqrt(1 - 1 / p.w));
    cuts.splice(1, 0, clamp((-a - p.b) / p.w, -1, 1), clamp((a - p.b) / p.w, -1, 1));
  }
  const roots = [];
  for (let k = 0; k + 1 < cuts.length; k++) {
    const [low, high] = [cuts[k], cuts[k + 1]];
    if (high > low && g(low) * g(high) <= 0) roots.push(bisect(g, low, high));
  }
  return roots.filter((h, k) => !k || h - roots[k - 1] > 1e-9)
    .map((h) => ({ h, slope: p.w * (1 - h * h), stable: Math.abs(p.w * (1 - h * h)) <= 1 }));
}

/** The two values between which h flips for ever, where a resting point has a slope below −1; else null. */
export function cycle(p, [point]) {
  if (p.w >= -1 || point.slope >= -1) return null;
  const next = (h) => step(p, h, 0);
  const high = bisect((h) => next(next(h)) - h, point.h + 1e-6, 1);
  return [next(high), high];
}

/** The start values in zones { from, to, end }: with zeros, every start in it leads to `end` (null: it flips). */
export function basins(points, flips) {
  if (flips) return [{ from: -1, to: 1, end: null }];
  if (points.length < 3) return [{ from: -1, to: 1, end: (points.find((q) => q.stable) ?? points[0]).h }];
  const [low, middle, high] = points.map((q) => q.h);
  return [{ from: -1, to: middle, end: low }, { from: middle, to: 1, end: high }];
}

/** The smallest w at which there is more than one resting point: |b| = √(w (w − 1)) − arccosh √w. */
export function foldW(b) {
  if (b === 0) return 1;
  return bisect((w) => Math.sqrt(w * (w - 1)) - Math.acosh(Math.sqrt(w)) - Math.abs(b), 1 + 1e-12, 20);
}

/** Where two resting points meet at that w. */
export const foldH = (b) => -Math.sign(b) * Math.sqrt(1 - 1 / foldW(b));

/** What the unit says: above 0 yes, below 0 no. */
export const word = (h) => (h > 0 ? "yes" : h < 0 ? "no" : "nothing");

/** The same, and how firmly. */
export const firmly = (h) => `${Math.abs(h) < 0.25 && h !== 0 ? "faint " : ""}${word(h)}`;

/** The inputs of hidden test k: a 1, in half of the tests let go by a −1, and pairs of ±0.3 that must change nothing. */
export function hidden(k) {
  const next = random(101 + k);
  const inputs = Array(T).fill(0);
  const set = Math.floor(2 * next());
  const small = () => (next() < 0.5 ? 0.3 : -0.3);
  inputs[set] = 1;
  inputs.fill(k < 2 ? [-0.3, 0.3][k] : small(), set + 2, set + 4);
  if (k % 2) inputs[set + 5] = -1;
  inputs.fill(k < 2 ? [-0.3, 0.3][k] : small(), T - 2);
  return inputs;
}

/** The first step at which h is not beyond ±0.5 on the side that the last 1 or −1 asked for, or null. */
export function fault(p, inputs) {
  const hs = run(p, 0, inputs);
  let want = null;
  for (let t = 1; t <= END; t++) {
    const x = inputs[t - 1] ?? 0;
    if (Math.abs(x) === 1) want = x;
    if (want && hs[t] * want < 0.5) return { t, want: word(want), got: hs[t] };
  }
  return null;
}
