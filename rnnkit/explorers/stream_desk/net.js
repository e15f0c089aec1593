// The network of Stream Desk: a GRU that reads a symbol a step, and a readout that says which table was named last. The
// equations are rnnkit's (network.py beside this file), from +, −, × and ÷ alone, so that every browser has the same numbers.

import { bytes } from "../compute/gru.js";
import { sigmoid, tanh } from "../compute/portable.js";
import record from "./network.json" with { type: "json" };

export const SYMBOLS = " abcdefghijklmnopqrstuvwxyz0123456789.,?!'";
export const T = 240;
export const H = 24;
export const NONE = 10; // what is said where no table was named
const [V, K] = [SYMBOLS.length, NONE + 1];
export const STEP = 3 * H * H + 2 * H; // multiplications: W_hh h, and two of each unit with its gates; a symbol picks its column
export const ANSWER = K * H;
export const GUESTS = record.guests;
export const TEN = Object.keys(GUESTS).length;

/** Its weights: whole numbers of eight bits times a scale a row. */
function netOf({ rows, scales }) {
  const whole = new Int8Array(bytes(rows).buffer);
  const numbers = new Float32Array(bytes(scales).buffer);
  let [at, row] = [0, 0];
  const matrix = (height, width) => {
    const out = new Float64Array(height * width);
    for (let i = 0; i < height; i++, row++) for (let j = 0; j < width; j++) out[i * width + j] = whole[at++] * numbers[row];
    return out;
  };
  const [inputs, hidden, readout] = [matrix(3 * H, V), matrix(3 * H, H), matrix(K, H)];
  const vector = (length) => Float64Array.from(numbers.subarray(row, (row += length)));
  const [biasIh, biasHh, bias] = [vector(3 * H), vector(3 * H), vector(K)];
  const columns = new Float64Array(V * 3 * H); // W_ih x + b_ih of every symbol
  for (let c = 0; c < V; c++) for (let i = 0; i < 3 * H; i++) columns[c * 3 * H + i] = inputs[i * V + c] + biasIh[i];
  return { columns, hidden, biasHh, readout, bias };
}
export const NET = netOf(record);

export const codes = (text) => Uint8Array.from(text, (letter) => SYMBOLS.indexOf(letter));

/** One step: the state `before` and a symbol to the state `after`, (H) each. */
export function step(before, symbol, after = new Float64Array(H)) {
  const { columns, hidden, biasHh } = NET;
  const x = symbol * 3 * H;
  for (let i = 0; i < H; i++) {
    let ar = biasHh[i], az = biasHh[H + i], an = biasHh[2 * H + i];
    for (let j = 0, r = i * H, z = (H + i) * H, n = (2 * H + i) * H; j < H; j++) {
      const v = before[j];
      ar += hidden[r + j] * v;
      az += hidden[z + j] * v;
      an += hidden[n + j] * v;
    }
    const r = sigmoid(columns[x + i] + ar);
    const n = tanh(columns[x + 2 * H + i] + r * an);
    after[i] = n + sigmoid(columns[x + H + i] + az) * (before[i] - n);
  }
  return after;
}

/** The same for ten guests, each weight taken up once: states[j * 10 + guest], symbols (10), `sums` (30H) to work in. */
export function stepTen(states, symbols, after, sums) {
  const { columns, hidden, biasHh } = NET;
  for (let i = 0, w = 0, at = 0; i < 3 * H; i++, at += 10) {
    let s0 = biasHh[i], s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0, s8 = s0, s9 = s0;
    for (let k = 0; k < 10 * H; k += 10, w++) {
      const v = hidden[w];
      s0 += v * states[k];
      s1 += v * states[k + 1];
      s2 += v * states[k + 2];
      s3 += v * states[k + 3];
      s4 += v * states[k + 4];
      s5 += v * states[k + 5];
      s6 += v * states[k + 6];
      s7 += v * states[k + 7];
      s8 += v * states[k + 8];
      s9 += v * states[k + 9];
    }
    sums[at] = s0;
    sums[at + 1] = s1;
    sums[at + 2] = s2;
    sums[at + 3] = s3;
    sums[at + 4] = s4;
    sums[at + 5] = s5;
    sums[at + 6] = s6;
    sums[at + 7] = s7;
    sums[at + 8] = s8;
    sums[at + 9] = s9;
  }
  for (let u = 0; u < 10; u++) {
    const x = symbols[u] * 3 * H;
    for (let i = 0; i < H; i++) {
      const r = sigmoid(columns[x + i] + sums[10 * i + u]);
      const n = tanh(columns[x + 2 * H + i] + r * sums[10 * (2 * H + i) + u]);
      after[10 * i + u] = n + sigmoid(columns[x + H + i] + sums[10 * (H + i) + u]) * (states[10 * i + u] - n);
    }
  }
  return after;
}

/** The score of each table, and of none: (11). The highest is told. */
export function scores(state) {
  const found = Float64Array.from(NET.bias);
  for (let k = 0; k < K; k++) for (let j = 0; j < H; j++) found[k] += NET.readout[k * H + j] * state[j];
  return found;
}

/** All that was said, read again from the first symbol to symbol t. */
export function reread(symbols, t) {
  let [state, other] = [new Float64Array(H), new Float64Array(H)];
  for (let k = 0; k < t; k++) [state, other] = [step(state, symbols[k], other), state];
  return state;
}
