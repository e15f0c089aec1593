// Small square matrices as rows: singular values, those of a long product, and its Lyapunov exponents.

export const identity = (n) => Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (__, j) => Number(i === j)));

function dot(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

export const norm = (v) => Math.sqrt(dot(v, v));

/** A v. */
export function apply(A, v) {
  const out = new Float64Array(A.length);
  for (let i = 0; i < out.length; i++) out[i] = dot(A[i], v);
  return out;
}

const ENOUGH = 1e-15; // of a cosine between columns
const TINY = 1e-280; // of a square, beside which numbers underflow

/** Put the longer of two columns first, and turn both in their plane until they stand at right angles; false if they did. */
function straighten(columns, i, j) {
  const [aa, bb] = [dot(columns[i], columns[i]), dot(columns[j], columns[j])];
  if (aa < bb) [columns[i], columns[j]] = [columns[j], columns[i]];
  const [a, b] = [columns[i], columns[j]];
  const ab = dot(a, b);
  if (Math.min(aa, bb) < TINY || Math.abs(ab) <= ENOUGH * Math.sqrt(aa) * Math.sqrt(bb)) return false;
  const z = Math.abs(aa - bb) / (2 * ab);
  const t = (z < 0 ? -1 : 1) / (Math.abs(z) + Math.sqrt(1 + z * z));
  const c = 1 / Math.sqrt(1 + t * t), s = c * t;
  for (let k = 0; k < a.length; k++) {
    const x = a[k];
    a[k] = c * x + s * b[k];
    b[k] = c * b[k] - s * x;
  }
  return true;
}

/** One-sided Jacobi: the columns are turned in pairs until all stand at right angles, the longest first. */
function straightened(columns) {
  for (let sweep = 0, turned = true; turned && sweep < 40; sweep++) {
    turned = false;
    for (let i = 0; i < columns.length - 1; i++) {
      for (let j = i + 1; j < columns.length; j++) turned = straighten(columns, i, j) || turned;
    }
  }
  return columns;
}

/** The singular values, largest first. */
export const singularValues = (A) => straightened(A.map((row) => Float64Array.from(row))).map(norm);

const largest = (v) => v.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/**
 * The singular values of J_t … J_1 for t = 0 to T; a J is given by what it does, v => J v. The product is kept as columns at
 * right angles, which the next J only has to straighten again: so its small values are not lost beside its large ones.
 */
export function productSpectra(Js, n) {
  let columns = identity(n);
  return [Array(n).fill(1), ...Js.map((J) => {
    columns = straightened(columns.map(J));
    return columns.map((column) => norm(column) || largest(column));
  })];
}

/** The mean growth of the first k axes a step, in logarithms, largest first, over the J that come; by repeated QR. */
export function exponents(Js, n, k = n) {
  let [Q, count] = [Array.from({ length: k }, (_, j) => Float64Array.from({ length: n }, (__, i) => Math.cos((i + 1) * (j + 1)))), 0];
  const sums = new Float64Array(k);
  for (const J of Js) {
    Q = Q.map(J);
    count += 1;
    Q.forEach((q, j) => {
      for (let i = 0; i < j; i++) {
        const along = dot(Q[i], q);
        for (let m = 0; m < n; m++) q[m] -= along * Q[i][m];
      }
      const long = norm(q);
      sums[j] += Math.log(long);
      for (let m = 0; m < n; m++) q[m] /= long || 1;
    });
  }
  return Array.from(sums, (sum) => sum / count).toSorted((a, b) => b - a);
}
