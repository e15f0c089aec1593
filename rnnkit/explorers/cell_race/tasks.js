// Two tasks that need a memory: name the first of T letters; add the two marked ones of T numbers.

import { random } from "../compute/random.js";

export const LETTERS = "ABCD";
export const MOST = 40; // steps

/** D inputs a step, K answers, and the loss of whoever guesses: log 4, and the variance of a sum of two uniform numbers. */
export const TASKS = {
  recall: { D: 4, K: 4, chance: 2 * Math.LN2 },
  adding: { D: 2, K: 1, chance: 1 / 6 },
};

/** Where the two marks may be: the first in the first half, the second behind it. */
const half = (T) => Math.max(1, T >> 1);

/** Draw a batch into x, (T, D, B), and y, (B): letters as one-hot columns; numbers, and beside them the marks. */
export function draw(task, T, B, next, x, y) {
  const { D } = TASKS[task];
  x.fill(0);
  for (let b = 0; b < B; b++) {
    if (task === "recall") {
      for (let t = 0; t < T; t++) {
        const letter = Math.floor(next() * 4);
        x[(t * D + letter) * B + b] = 1;
        if (t === 0) y[b] = letter;
      }
    } else {
      const first = Math.floor(next() * half(T));
      const second = half(T) + Math.floor(next() * (T - half(T)));
      y[b] = 0;
      for (let t = 0; t < T; t++) {
        const number = next();
        x[t * D * B + b] = number;
        if (t !== first && t !== second) continue;
        x[(t * D + 1) * B + b] = 1;
        y[b] += number;
      }
    }
  }
}

// What the lanes stand on. All four letters come at once, and the first is not soon said again.
const READ = "CDBAABDCABDCDACBBADCABCDDACBADBDCAACBDBC";
const NUMBERS = Array.from({ length: MOST }, random(11)).map((v, t) => (t ? v : 0.2));

/** A word with more or fewer letters: what is new are always the same letters. */
export const ofLength = (word, T) => word.slice(0, T) + READ.slice(word.length, Math.max(T, word.length));

export const marks = (T) => [0, half(T) + Math.floor((T - half(T)) * 0.4)];

/**
 * What the lanes stand on, and the same with another beginning, as a batch of four, (T, D, 4), alternately: the word, and
 * its first letter moved by `flip`; or the numbers, of which the first, 0.2, becomes 0.8. `right` are the two answers.
 */
export function twins({ task, word, flip }) {
  const [T, { D }] = [word.length, TASKS[task]];
  const x = new Float64Array(T * D * 4);
  const right = [];
  for (let b = 0; b < 4; b++) {
    const other = b % 2;
    if (task === "recall") {
      for (let t = 0; t < T; t++) x[(t * D + (LETTERS.indexOf(word[t]) + (t || !other ? 0 : flip)) % 4) * 4 + b] = 1;
      right[other] = (LETTERS.indexOf(word[0]) + (other ? flip : 0)) % 4;
    } else {
      const [first, second] = marks(T);
      const number = (t) => (t || !other ? NUMBERS[t] : 0.8);
      for (let t = 0; t < T; t++) {
        x[t * D * 4 + b] = number(t);
        x[(t * D + 1) * 4 + b] = Number(t === first || t === second);
      }
      right[other] = number(first) + number(second);
    }
  }
  return { x, right };
}

/** The numbers of the lanes. */
export const numbersOf = (T) => NUMBERS.slice(0, T);
