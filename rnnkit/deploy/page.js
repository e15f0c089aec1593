// A network of rnnkit in a page: a symbol and a state go in, logits and a new state come out. No library, no build step.
//
// A matrix is { rows, scales, width }: whole numbers and a scale a row, or floats and scales of 1.

const sigmoid = (a) => 1 / (1 + Math.exp(-a));

/** W x + b: a row's scale stands before its sum of whole numbers. */
function product({ rows, scales, width }, x, b) {
  return b.map((bias, i) => {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += rows[i * width + j] * x[j];
    return bias + scales[i] * sum;
  });
}

function gru(p, x, [h]) {
  const H = h.length;
  const a = product(p.weight_ih, x, p.bias_ih); // (3H)
  const b = product(p.weight_hh, h, p.bias_hh);
  return [h.map((before, j) => {
    const r = sigmoid(a[j] + b[j]);
    const z = sigmoid(a[H + j] + b[H + j]);
    const n = Math.tanh(a[2 * H + j] + r * b[2 * H + j]);
    return n + z * (before - n);
  })];
}

/** [logits, state] after a symbol; a state has an entry a layer, and is only read. */
export function step({ embedding, layers, readout }, symbol, state) {
  const { rows, scales, width } = embedding;
  const row = rows.subarray(symbol * width, (symbol + 1) * width);
  let x = Float32Array.from(row, (q) => scales[symbol] * q);
  const after = layers.map((p, k) => {
    const own = CELLS[p.cell](p, x, state[k]);
    [x] = own;
    return own;
  });
  return [product(readout.weight, x, readout.bias), after];
}
// The other cells, files, and fewer bits.

function lstm(p, x, [h, c]) {
  const H = h.length;
  const [a, b] = [product(p.weight_ih, x, p.bias_ih), product(p.weight_hh, h, p.bias_hh)]; // (4H), gates i, f, g, o
  const at = (gate, j) => a[gate * H + j] + b[gate * H + j];
  const cell = c.map((before, j) => sigmoid(at(1, j)) * before + sigmoid(at(0, j)) * Math.tanh(at(2, j)));
  return [cell.map((value, j) => sigmoid(at(3, j)) * Math.tanh(value)), cell];
}

function rnn(p, x, [h]) {
  const [a, b] = [product(p.weight_ih, x, p.bias_ih), product(p.weight_hh, h, p.bias_hh)]; // (H)
  return [a.map((value, j) => Math.tanh(value + b[j]))];
}

const CELLS = { gru, lstm, rnn };

/** The state in which a text begins: zeros. */
export const start = ({ layers }) => layers.map(({ cell, weight_hh: { width } }) =>
  Array.from({ length: cell === "lstm" ? 2 : 1 }, () => new Float32Array(width)));

/** How likely each symbol is, from logits. */
export function softmax(y, temperature = 1) {
  const most = y.reduce((a, b) => Math.max(a, b));
  const p = Array.from(y, (one) => Math.exp((one - most) / temperature));
  const sum = p.reduce((a, b) => a + b);
  return p.map((one) => one / sum);
}

/** What a network writes after a text, one item after another without end: the likeliest, once noise is added. */
export function* goOn(net, text, { temperature, noise }) {
  const number = new Map(net.items.map((item, k) => [item, k]));
  let [y, state] = [null, start(net)];
  for (const item of text || "\n") [y, state] = step(net, number.get(item) ?? 1, state);
  for (let t = 0; ; t++) {
    let [best, most] = [2, -Infinity]; // 0 pads, 1 is any other
    for (let k = 2; k < y.length; k++) {
      const sum = y[k] / temperature + noise[(t * y.length + k) % noise.length];
      if (sum > most) [best, most] = [k, sum];
    }
    yield net.items[best];
    [y, state] = step(net, best, state);
  }
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUE = Object.fromEntries([...DIGITS].map((digit, k) => [digit, k]));

/** The bytes of a base64 text. */
function bytes(text) {
  const clean = text.replace(/=+$/, "");
  const out = new Uint8Array(Math.floor(clean.length * 3 / 4));
  for (let k = 0, at = 0, bits = 0, held = 0; k < clean.length; k++) {
    held = (held << 6 | VALUE[clean[k]]) & 0xFFFFFF;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = held >> bits & 255;
    }
  }
  return out.buffer;
}

/** The network of a file that rnnkit.deploy.to_page wrote: its numbers are base64, little-endian. */
export function unpack(file) {
  const vector = (text) => new Float32Array(bytes(text));
  const matrix = ({ width, rows, scales }) => {
    if (scales) return { width, rows: new Int8Array(bytes(rows)), scales: vector(scales) };
    const floats = vector(rows);
    return { width, rows: floats, scales: new Float32Array(floats.length / width).fill(1) };
  };
  const part = (one) => Object.fromEntries(Object.entries(one).map(([name, value]) =>
    [name, typeof value === "object" ? matrix(value) : name.startsWith("bias") ? vector(value) : value]));
  return { items: file.items, embedding: matrix(file.embedding), layers: file.layers.map(part), readout: part(file.readout) };
}

const toEven = (x) => x + 6755399441055744 - 6755399441055744; // a double has no room for its fraction, as np.rint rounds

/** Floats as whole numbers of so many bits, with a scale for each row, or one for all of the matrix. */
export function quantise({ rows, width }, bits, byRow = true) {
  const most = 2 ** (bits - 1) - 1;
  const largest = (part) => part.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const all = largest(rows);
  const scales = new Float32Array(rows.length / width).map((_, i) =>
    (byRow ? largest(rows.subarray(i * width, (i + 1) * width)) : all) / most);
  const whole = Int8Array.from(rows, (w, k) => toEven(w / (scales[Math.floor(k / width)] || 1)));
  return { width, rows: whole, scales };
}

/** The same network with all its matrices in so many bits; biases stay floats. */
export function withBits(net, bits, byRow = true) {
  const part = (one) => Object.fromEntries(Object.entries(one).map(([name, value]) =>
    [name, value.rows ? quantise(value, bits, byRow) : value]));
  return { items: net.items, embedding: quantise(net.embedding, bits, byRow), layers: net.layers.map(part), readout: part(net.readout) };
}
