// The three cells of rnnkit/cells/ and their adjoints, for a batch: training's own arithmetic, which must be quick and the
// same in every browser (compute/portable.js).
//
// A net's parameters are one array: W_ih (GH, D), W_hh (GH, H), the bias (GH), for a GRU also that of W_hn h (H), the readout
// (K, H) and its bias (K). Values of units are (H, B) within a step, the B sequences side by side: four sums at once.

import { exp, log, sigmoid, tanh } from "../compute/portable.js";
import { TASKS } from "./tasks.js";

export const CELLS = ["RNN", "LSTM", "GRU"];
const GATES = { RNN: 1, LSTM: 4, GRU: 3 };
export const UNITS = { RNN: 25, LSTM: 12, GRU: 14 }; // 854, 868 and 872 parameters on letters
const NEAR = 0.1; // of a sum: right

/** Where a net's parameters stand in its array. */
export function netOf(cell, task) {
  const [{ D, K }, H, G] = [TASKS[task], UNITS[cell], GATES[cell]];
  const whh = G * H * D;
  const bias = whh + G * H * H;
  const biasN = bias + G * H;
  const readout = biasN + (cell === "GRU" ? H : 0);
  return { cell, task, D, K, H, G, whh, bias, biasN, readout, readoutBias: readout + K * H, size: readout + K * H + K };
}

/** Weights from U(−1/√H, 1/√H), biases 0, but that of the gate that keeps (an LSTM's f, a GRU's z). */
export function initial(net, next, bias) {
  const p = new Float64Array(net.size);
  const bound = 1 / Math.sqrt(net.H);
  for (let i = 0; i < net.bias; i++) p[i] = (2 * next() - 1) * bound;
  for (let i = net.readout; i < net.readoutBias; i++) p[i] = (2 * next() - 1) * bound;
  if (net.cell !== "RNN") p.fill(bias, net.bias + net.H, net.bias + 2 * net.H);
  return p;
}

/** Room for a net's run over T steps of B sequences, so that nothing is allocated while it trains. */
export function roomOf(net, T, B) {
  const [n, numbers] = [net.H * B, (length) => new Float64Array(length)];
  return {
    T, B, h: numbers((T + 1) * n), c: numbers((T + 1) * n), gates: numbers(T * net.G * n), m: numbers(T * n),
    ax: numbers(net.G * n), ah: numbers(net.G * n), out: numbers(net.K * B), dOut: numbers(net.K * B),
    dh: numbers(n), dc: numbers(n), dBefore: numbers(n), dax: numbers(net.G * n), dah: numbers(net.G * n),
    gradient: numbers(net.size), norms: numbers(T), right: 0,
  };
}

/** out (rows, B) += W (rows, cols) v (cols, B), where W starts at `w` of p, and v at `from`. */
function multiply(out, p, w, rows, cols, v, from, B) {
  for (let j = 0, at = w; j < rows; j++, at += cols) {
    for (let b = 0; b < B; b += 4) {
      const o = j * B + b;
      let s0 = out[o], s1 = out[o + 1], s2 = out[o + 2], s3 = out[o + 3];
      for (let k = 0, i = from + b; k < cols; k++, i += B) {
        const weight = p[at + k];
        s0 += weight * v[i];
        s1 += weight * v[i + 1];
        s2 += weight * v[i + 2];
        s3 += weight * v[i + 3];
      }
      out[o] = s0;
      out[o + 1] = s1;
      out[o + 2] = s2;
      out[o + 3] = s3;
    }
  }
}

/** out (cols, B) += Wᵀ d, where d is (rows, B). */
function multiplyBack(out, p, w, rows, cols, d, B) {
  for (let k = 0; k < cols; k++) {
    for (let b = 0; b < B; b += 4) {
      const o = k * B + b;
      let s0 = out[o], s1 = out[o + 1], s2 = out[o + 2], s3 = out[o + 3];
      for (let j = 0, at = w + k, i = b; j < rows; j++, at += cols, i += B) {
        const weight = p[at];
        s0 += d[i] * weight;
        s1 += d[i + 1] * weight;
        s2 += d[i + 2] * weight;
        s3 += d[i + 3] * weight;
      }
      out[o] = s0;
      out[o + 1] = s1;
      out[o + 2] = s2;
      out[o + 3] = s3;
    }
  }
}

/** g (rows, cols) += d vᵀ, where g starts at `w`, and v at `from`. */
function outer(g, w, rows, cols, d, v, from, B) {
  for (let j = 0, at = w; j < rows; j++, at += cols) {
    let k = 0;
    for (; k + 3 < cols; k += 4) {
      const i = from + k * B;
      let s0 = g[at + k], s1 = g[at + k + 1], s2 = g[at + k + 2], s3 = g[at + k + 3];
      for (let b = 0; b < B; b++) {
        const e = d[j * B + b];
        s0 += e * v[i + b];
        s1 += e * v[i + B + b];
        s2 += e * v[i + 2 * B + b];
        s3 += e * v[i + 3 * B + b];
      }
      g[at + k] = s0;
      g[at + k + 1] = s1;
      g[at + k + 2] = s2;
      g[at + k + 3] = s3;
    }
    for (; k < cols; k++) {
      let s = g[at + k];
      for (let b = 0; b < B; b++) s += d[j * B + b] * v[from + k * B + b];
      g[at + k] = s;
    }
  }
}

/** g (rows) += the sums of d (rows, B) over the batch. */
function add(g, w, rows, d, B) {
  for (let j = 0; j < rows; j++) for (let b = 0; b < B; b++) g[w + j] += d[j * B + b];
}

/** A step of each cell: from ax (the input's part and the bias) and ah (the state's part) to the state at t + 1. */
const STEP = {
  /** h_t = tanh(a) */
  RNN(net, p, { B, h, ax, ah }, t) {
    const n = net.H * B;
    for (let i = 0; i < n; i++) h[(t + 1) * n + i] = tanh(ax[i] + ah[i]);
  },
  /** c_t = f c + i g;  h_t = o tanh c_t */
  LSTM(net, p, { B, h, c, gates, m, ax, ah }, t) {
    const n = net.H * B;
    for (let k = 0, at = t * 4 * n, before = t * n; k < n; k++, at++, before++) {
      const i = gates[at] = sigmoid(ax[k] + ah[k]);
      const f = gates[at + n] = sigmoid(ax[n + k] + ah[n + k]);
      const g = gates[at + 2 * n] = tanh(ax[2 * n + k] + ah[2 * n + k]);
      const o = gates[at + 3 * n] = sigmoid(ax[3 * n + k] + ah[3 * n + k]);
      c[before + n] = f * c[before] + i * g;
      h[before + n] = o * (m[before] = tanh(c[before + n]));
    }
  },
  /** m = W_hn h + b_hn;  n = tanh(a_n + r m);  h_t = z h + (1 − z) n, or, if z renews, (1 − z) h + z n */
  GRU(net, p, { B, h, gates, m, ax, ah }, t, renews) {
    const n = net.H * B;
    for (let k = 0, at = t * 3 * n, before = t * n; k < n; k++, at++, before++) {
      const r = gates[at] = sigmoid(ax[k] + ah[k]);
      const z = gates[at + n] = sigmoid(ax[n + k] + ah[n + k]);
      m[before] = ah[2 * n + k] + p[net.biasN + Math.floor(k / B)];
      const fresh = gates[at + 2 * n] = tanh(ax[2 * n + k] + r * m[before]);
      const keep = renews ? 1 - z : z;
      h[before + n] = keep * h[before] + (1 - keep) * fresh;
    }
  },
};

/** Its adjoint: from dh, and dc, at t + 1 to dax and dah; dBefore is what goes past the weights. Returns the gradient's norm². */
const BACK = {
  RNN(net, p, { B, h, dh, dBefore, dax, dah }, t) {
    const n = net.H * B;
    let norm = 0;
    for (let k = 0, at = (t + 1) * n; k < n; k++, at++) {
      norm += dh[k] * dh[k];
      dax[k] = dah[k] = dh[k] * (1 - h[at] * h[at]);
      dBefore[k] = 0;
    }
    return norm;
  },
  LSTM(net, p, { B, c, gates, m, dh, dc, dBefore, dax, dah }, t) {
    const n = net.H * B;
    let norm = 0;
    for (let k = 0, at = t * 4 * n, before = t * n; k < n; k++, at++, before++) {
      const i = gates[at], f = gates[at + n], g = gates[at + 2 * n], o = gates[at + 3 * n];
      const d = dc[k] + dh[k] * o * (1 - m[before] * m[before]);
      norm += d * d;
      dax[k] = d * g * i * (1 - i);
      dax[n + k] = d * c[before] * f * (1 - f);
      dax[2 * n + k] = d * i * (1 - g * g);
      dax[3 * n + k] = dh[k] * m[before] * o * (1 - o);
      dc[k] = d * f;
      dBefore[k] = 0;
    }
    dah.set(dax);
    return norm;
  },
  GRU(net, p, { B, h, gates, m, dh, dBefore, dax, dah, gradient }, t, renews) {
    const n = net.H * B;
    let norm = 0;
    for (let k = 0, at = t * 3 * n, before = t * n; k < n; k++, at++, before++) {
      const r = gates[at], z = gates[at + n], fresh = gates[at + 2 * n];
      const keep = renews ? 1 - z : z;
      const d = dh[k] * (1 - keep) * (1 - fresh * fresh);
      const dz = dh[k] * (h[before] - fresh) * z * (1 - z);
      norm += dh[k] * dh[k];
      dax[k] = dah[k] = d * m[before] * r * (1 - r);
      dax[n + k] = dah[n + k] = renews ? -dz : dz;
      dax[2 * n + k] = d;
      dah[2 * n + k] = d * r;
      gradient[net.biasN + Math.floor(k / B)] += d * r;
      dBefore[k] = dh[k] * keep;
    }
    return norm;
  },
};

/** The answers after step T, the mean loss, the share of right answers (room.right), and the loss's gradient (room.dOut). */
function judge({ task, K }, room, y) {
  const { B, out, dOut } = room;
  let [loss, right] = [0, 0];
  for (let b = 0; b < B; b++) {
    if (task === "adding") {
      const off = out[b] - y[b];
      loss += off * off;
      dOut[b] = 2 * off / B;
      right += Number(Math.abs(off) < NEAR);
      continue;
    }
    let top = 0;
    for (let k = 1; k < K; k++) if (out[k * B + b] > out[top * B + b]) top = k;
    const most = out[top * B + b];
    let sum = 0;
    for (let k = 0; k < K; k++) sum += exp(out[k * B + b] - most);
    for (let k = 0; k < K; k++) dOut[k * B + b] = (exp(out[k * B + b] - most) / sum - Number(k === y[b])) / B;
    loss += log(sum) + most - out[y[b] * B + b];
    right += Number(top === y[b]);
  }
  room.right = right / B;
  return loss / B;
}

/** Run over x, (T, D, B), and judge by y, (B): the mean loss. */
export function forward(net, p, room, x, y, renews) {
  const { D, K, H, G } = net;
  const { T, B, h, ax, ah, out } = room;
  for (let t = 0; t < T; t++) {
    for (let j = 0; j < G * H; j++) ax.fill(p[net.bias + j], j * B, (j + 1) * B);
    ah.fill(0);
    multiply(ax, p, 0, G * H, D, x, t * D * B, B);
    multiply(ah, p, net.whh, G * H, H, h, t * H * B, B);
    STEP[net.cell](net, p, room, t, renews);
  }
  for (let k = 0; k < K; k++) out.fill(p[net.readoutBias + k], k * B, (k + 1) * B);
  multiply(out, p, net.readout, K, H, h, T * H * B, B);
  return judge(net, room, y);
}

/** Backpropagation through time: room.gradient, and room.norms, of ∂L/∂h_t at t = 1 to T (of an LSTM, ∂L/∂c_t). */
export function backward(net, p, room, x, renews) {
  const { D, K, H, G } = net;
  const { T, B, h, gradient, dh, dc, dOut, dBefore, dax, dah, norms } = room;
  gradient.fill(0);
  dh.fill(0);
  dc.fill(0);
  multiplyBack(dh, p, net.readout, K, H, dOut, B);
  outer(gradient, net.readout, K, H, dOut, h, T * H * B, B);
  add(gradient, net.readoutBias, K, dOut, B);
  for (let t = T - 1; t >= 0; t--) {
    norms[t] = Math.sqrt(BACK[net.cell](net, p, room, t, renews));
    add(gradient, net.bias, G * H, dax, B);
    outer(gradient, 0, G * H, D, dax, x, t * D * B, B);
    outer(gradient, net.whh, G * H, H, dah, h, t * H * B, B);
    multiplyBack(dBefore, p, net.whh, G * H, H, dah, B);
    dh.set(dBefore);
  }
}
