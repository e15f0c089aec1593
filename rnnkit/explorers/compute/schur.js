// A matrix with given eigenvalues: a real Schur form, turned. In Python: spectrum_scope/weights.py, digit for digit, since
// sums, products, quotients and square roots are rounded alike everywhere.

import { random } from "./random.js";

/** Two rows and columns with the eigenvalues centre ± split or, if split is negative, centre ± split·i. */
export function block([centre, split], lean) {
  if (split >= 0) return [[centre + split, lean], [0, centre - split]];
  const off = Math.sqrt(lean * lean + 4 * split * split);
  return [[centre, (lean + off) / 2], [(lean - off) / 2, centre]];
}

/** The eigenvalues of such a pair, as { re, im }: the upper or the right one first. */
export const pairOf = ([centre, split]) => (split >= 0 ? [1, -1].map((side) => ({ re: centre + side * split, im: 0 }))
  : [1, -1].map((side) => ({ re: centre, im: -side * split })));

/** W ← G W Gᵀ, where G turns the plane of units i and j. */
function turn(W, i, j, c, s) {
  const [a, b] = [W[i], W[j]];
  for (let k = 0; k < W.length; k++) [a[k], b[k]] = [c * a[k] - s * b[k], s * a[k] + c * b[k]];
  for (const row of W) [row[i], row[j]] = [c * row[i] - s * row[j], s * row[i] + c * row[j]];
}

/**
 * The matrix (2P, 2P) of P pairs of eigenvalues [centre, split], all of them times the gain. With seed 0 each number above
 * the diagonal is `lean` in the place next to it, and 0 elsewhere; with another seed they are drawn, of mean square
 * lean² / 2P, and the whole is turned by rotations that are drawn as well.
 */
export function weights(eigenvalues, lean, gain, seed) {
  const [H, draw] = [2 * eigenvalues.length, random(seed)];
  const size = lean * Math.sqrt(3) / Math.sqrt(H);
  const W = Array.from({ length: H }, () => new Float64Array(H));
  for (let i = 0; i < H; i++) {
    for (let j = i + 1; j < H; j++) W[i][j] = seed ? size * (2 * draw() - 1) : j === i + 1 ? lean : 0;
  }
  eigenvalues.forEach((pair, k) => block(pair, W[2 * k][2 * k + 1]).forEach((row, i) => W[2 * k + i].set(row, 2 * k)));
  const turned = seed ? H : 0;
  for (let i = 0; i < turned; i++) {
    for (let j = i + 1; j < H; j++) {
      const t = 2 * draw() - 1;
      turn(W, i, j, (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t));
    }
  }
  return W.map((row) => row.map((v) => gain * v));
}

/** The pair with both eigenvalues on the unit circle, each in its own direction. */
export function ontoCircle([centre, split]) {
  if (split < 0) {
    const long = Math.sqrt(centre * centre + split * split);
    return [centre / long, split / long];
  }
  const [a, b] = [centre + split < 0 ? -1 : 1, centre - split < 0 ? -1 : 1];
  return [(a + b) / 2, (a - b) / 2];
}
