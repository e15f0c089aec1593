// exp, tanh, the logistic function and the logarithm from +, −, × and ÷ alone. A browser may round the last bit of Math.exp
// as it likes, and a training run is chaotic: with these, it is the same run everywhere.

const [LN2_HIGH, LN2_LOW] = [0.6931471803691238, 1.9082149292705877e-10]; // their sum is ln 2, the first without low bits
const POWERS = new Float64Array(2098); // 2 to the −1074 to 1023
for (let k = 0, up = 1, down = 1; k < 1024; k++, up *= 2, down /= 2) {
  POWERS[1074 + k] = up;
  POWERS[1074 - k] = down;
}

/** e to the x: 2 to the k, times the series of the rest, which is at most half of ln 2. */
export function exp(x) {
  if (x > 709) return Infinity;
  if (x < -700) return 0;
  const k = Math.round(x * Math.LOG2E);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  return POWERS[1074 + k] * (1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040
    + r * (1 / 40320 + r * (1 / 362880 + r * (1 / 3628800 + r * (1 / 39916800 + r / 479001600))))))))))));
}

export const sigmoid = (a) => 1 / (1 + exp(-a));
export const tanh = (a) => 1 - 2 / (exp(2 * a) + 1);

/** The logarithm of a number from 1 to 9, by Halley's steps: each triples the right digits. */
export function log(x) {
  let y = 2 * (x - 1) / (x + 1);
  for (let n = 0; n < 4; n++) {
    const e = exp(y);
    y += 2 * (x - e) / (x + e);
  }
  return y;
}
