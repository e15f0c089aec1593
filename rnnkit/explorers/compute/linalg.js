// Small square matrices as rows: products, orthogonal triangles, singular values, and those of a long product.

export const identity = (n) => Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (__, j) => Number(i === j)));

export const norm = (v) => {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i] * v[i];
  return Math.sqrt(sum);
};

/** A v. */
export const apply = (A, v) => A.map((row) => {
  let sum = 0;
  for (let k = 0; k < v.length; k++) sum += row[k] * v[k];
  return sum;
});

/** A B. */
export function times(A, B) {
  const n = B.length;
  return A.map((row) => {
    const out = new Float64Array(n);
    for (let k = 0; k < n; k++) {
      const [a, b] = [row[k], B[k]];
      if (a !== 0) for (let j = 0; j < n; j++) out[j] += a * b[j];
    }
    return out;
  });
}

/** A = Q R by Householder's reflections: Q orthogonal, R upper triangular. */
export function qr(A) {
  const n = A.length;
  const [R, Q, v] = [A.map((row) => Float64Array.from(row)), identity(n), new Float64Array(n)];
  for (let k = 0; k < n - 1; k++) {
    let long = 0;
    for (let i = k; i < n; i++) long += R[i][k] * R[i][k];
    long = Math.sqrt(long) * (R[k][k] < 0 ? -1 : 1);
    if (long === 0) continue;
    for (let i = k; i < n; i++) v[i] = R[i][k];
    v[k] += long;
    const scale = 1 / (long * v[k]);
    for (let j = k; j < n; j++) {
      let dot = 0;
      for (let i = k; i < n; i++) dot += v[i] * R[i][j];
      for (let i = k; i < n; i++) R[i][j] -= scale * dot * v[i];
    }
    for (let i = k + 1; i < n; i++) R[i][k] = 0;
    for (const row of Q) {
      let dot = 0;
      for (let i = k; i < n; i++) dot += v[i] * row[i];
      for (let i = k; i < n; i++) row[i] -= scale * dot * v[i];
    }
  }
  return { Q, R };
}

const ENOUGH = 1e-15; // of a cosine between rows

/**
 * The singular values, largest first, by one-sided Jacobi: rows are turned in pairs until all stand at right angles; then
 * their lengths are the values. The small ones are right to the last digits too, if only rows differ in size.
 */
export function singularValues(A) {
  const [rows, n] = [A.map((row) => Float64Array.from(row)), A.length];
  for (let sweep = 0, turned = true; turned && sweep < 40; sweep++) {
    turned = false;
    for (let i = 0; i < n - 1; i++) {
      for (let j = i + 1; j < n; j++) turned = straighten(rows[i], rows[j]) || turned;
    }
  }
  return rows.map(norm).sort((a, b) => b - a);
}

/** Turn two rows in their plane until they stand at right angles; false if they did. */
function straighten(a, b) {
  const n = a.length;
  let aa = 0, bb = 0, ab = 0;
  for (let k = 0; k < n; k++) {
    aa += a[k] * a[k];
    bb += b[k] * b[k];
    ab += a[k] * b[k];
  }
  if (Math.abs(ab) <= ENOUGH * Math.sqrt(aa) * Math.sqrt(bb)) return false;
  const z = (bb - aa) / (2 * ab);
  const t = (z < 0 ? -1 : 1) / (Math.abs(z) + Math.sqrt(1 + z * z));
  const c = 1 / Math.sqrt(1 + t * t), s = c * t;
  for (let k = 0; k < n; k++) {
    const x = a[k];
    a[k] = c * x - s * b[k];
    b[k] = s * x + c * b[k];
  }
  return true;
}

/** An orthogonal matrix that favours no direction: what a product starts from, so that it sorts itself by size. */
function mixed(n) {
  return qr(Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (__, j) => Math.sin(1 + 2.3 * i + 3.7 * j + i * j)))).Q;
}

/**
 * The singular values of J_t … J_1 for t = 0 to T, from the J (T of n × n). The product is kept as an orthogonal matrix
 * times a triangle, so that its small values are not lost in the rounding of its large ones.
 */
export function productSpectra(Js, n) {
  let [Q, R] = [mixed(n), identity(n)];
  return [Array(n).fill(1), ...Js.map((J) => {
    const one = qr(times(J, Q));
    Q = one.Q;
    R = times(one.R, R);
    return singularValues(R);
  })];
}

/** The Lyapunov exponents over these J, largest first: the mean growth of each direction a step, by repeated QR. */
export function exponents(Js, n) {
  let Q = mixed(n);
  const sums = new Float64Array(n);
  for (const J of Js) {
    const one = qr(times(J, Q));
    Q = one.Q;
    for (let k = 0; k < n; k++) sums[k] += Math.log(Math.abs(one.R[k][k]));
  }
  return Array.from(sums, (sum) => sum / Js.length).sort((a, b) => b - a);
}
