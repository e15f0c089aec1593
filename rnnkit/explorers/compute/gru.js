// The forward pass of rnnkit/cells/gru.py, once more, for inputs that are one symbol of V; and the readout of the next
// symbol. Typed arrays, because a page reads a whole text between two frames.
//
//     r, z = σ(W_ih x + b_ih + W_hh h + b_hh)      m = W_hn h + b_hn
//     n = tanh(W_in x + b_in + r m)                h ← n + z (h − n)

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUE = new Uint8Array(128);
[...DIGITS].forEach((digit, k) => { VALUE[digit.charCodeAt(0)] = k; });

/** The bytes of a base64 text. */
export function bytes(text) {
  const clean = text.replace(/=+$/, "");
  const out = new Uint8Array(Math.floor(clean.length * 3 / 4));
  for (let k = 0, at = 0, bits = 0, held = 0; k < clean.length; k++) {
    held = (held << 6 | VALUE[clean.charCodeAt(k)]) & 0xFFFFFF;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = held >> bits & 255;
    }
  }
  return out;
}

/** A network that says nothing: every state is 0, and every symbol is as likely. */
export const blankGru = (V, H) => ({ V, H, columns: new Float64Array(V * 3 * H), weightHh: new Float64Array(3 * H * H),
  biasHh: new Float64Array(3 * H), readout: new Float64Array(V * H), bias: new Float64Array(V) });

/**
 * The network of a file { symbols: V, hidden: H, rows, scales }: int8 rows of weight_ih (3H, V), weight_hh (3H, H) and the
 * readout (V, H), times one scale a row; then the three biases. `columns` holds W_ih x + b_ih for every symbol.
 */
export function gruOf({ symbols: V, hidden: H, rows, scales }) {
  const whole = new Int8Array(bytes(rows).buffer);
  const numbers = new Float32Array(bytes(scales).buffer);
  let [at, row] = [0, 0];
  const matrix = (height, width) => {
    const out = new Float64Array(height * width);
    for (let i = 0; i < height; i++, row++) {
      for (let j = 0; j < width; j++) out[i * width + j] = whole[at++] * numbers[row];
    }
    return out;
  };
  const net = blankGru(V, H);
  const weightIh = matrix(3 * H, V);
  net.weightHh = matrix(3 * H, H);
  net.readout = matrix(V, H);
  const vector = (length) => Float64Array.from(numbers.subarray(row, (row += length)));
  const biasIh = vector(3 * H);
  net.biasHh = vector(3 * H);
  net.bias = vector(V);
  for (let k = 0; k < V; k++) for (let i = 0; i < 3 * H; i++) net.columns[k * 3 * H + i] = weightIh[i * V + k] + biasIh[i];
  return net;
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** a = W h + b; four sums side by side, because a processor adds them at once. The columns are a multiple of four. */
function project(weight, before, bias) {
  const [a, width] = [new Float64Array(bias.length), before.length];
  for (let k = 0, at = 0; k < a.length; k++) {
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (let i = 0; i < width; i += 4, at += 4) {
      s0 += weight[at] * before[i];
      s1 += weight[at + 1] * before[i + 1];
      s2 += weight[at + 2] * before[i + 2];
      s3 += weight[at + 3] * before[i + 3];
    }
    a[k] = bias[k] + s0 + s1 + s2 + s3;
  }
  return a;
}

/** One step: the new state h and the gates r, z, n, each (H). */
export function gruStep({ H, columns, weightHh, biasHh }, before, symbol) {
  const [h, r, z, n] = [new Float64Array(H), new Float64Array(H), new Float64Array(H), new Float64Array(H)];
  const a = project(weightHh, before, biasHh); // (3H)
  const x = symbol * 3 * H;
  for (let j = 0; j < H; j++) {
    r[j] = sigmoid(columns[x + j] + a[j]);
    z[j] = sigmoid(columns[x + H + j] + a[H + j]);
    n[j] = Math.tanh(columns[x + 2 * H + j] + r[j] * a[2 * H + j]);
    h[j] = n[j] + z[j] * (before[j] - n[j]);
  }
  return { h, r, z, n };
}

/** How likely each symbol is to come next, (V). */
export function nextSymbol({ readout, bias }, h, temperature = 1) {
  const p = project(readout, h, bias);
  const most = p.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  for (let k = 0; k < p.length; k++) sum += p[k] = Math.exp((p[k] - most) / temperature);
  return p.map((one) => one / sum);
}
