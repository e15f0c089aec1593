// Numbers as people write and read them.

export const MINUS = "\u2212";
const WRITTEN = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
export const subscript = (n) => String(n).replace(/\d/g, (digit) => SUBSCRIPTS[digit]);
export const count = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
export const copy = (value) => JSON.parse(JSON.stringify(value));
export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** A fixed number of decimals, a true minus sign, and no minus on what rounds to zero. */
export function fixed(value, digits = 3) {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", MINUS);
}

/** At most so many decimals, none at the end that is zero: for numbers that the reader typed. */
export const short = (value, digits = 3) => String(Number(value.toFixed(digits))).replace("-", MINUS);

/** What was typed or pasted, as a number; NaN if it is none. A comma is a decimal point. */
export function parse(text) {
  const plain = text.trim().replaceAll(MINUS, "-").replaceAll(",", ".");
  return WRITTEN.test(plain) ? Number(plain) : NaN;
}

const rounded = (value, digits) => Number(value.toFixed(digits));

/**
 * A sum as one prints it: the fewest decimals, from `least`, at which the printed terms add up to the printed sum, and
 * tanh of the printed sum is the printed result. `exact` is false where no number of decimals up to 6 does it.
 */
export function sumAsPrinted(terms, least = 3) {
  const total = terms.reduce((sum, term) => sum + term, 0);
  for (let digits = least; digits <= 6; digits++) {
    const printed = terms.reduce((sum, term) => sum + rounded(term, digits), 0);
    const adds = rounded(printed, digits) === rounded(total, digits);
    const bends = rounded(Math.tanh(rounded(total, digits)), digits) === rounded(Math.tanh(total), digits);
    if (adds && bends) return { digits, exact: true };
  }
  return { digits: least, exact: false };
}

/** A factor with enough decimals that weight × factor, as printed, rounds to their product as printed. */
export function factorAsPrinted(weight, factor, digits) {
  if (Number.isInteger(factor)) return short(factor);
  for (let more = Math.min(3, digits); more <= digits + 3; more++) {
    if (rounded(weight * rounded(factor, more), digits) === rounded(weight * factor, digits)) return fixed(factor, more);
  }
  return fixed(factor, digits + 4);
}

/** A list, or a list of lists, as Python writes it in floats. */
export function inPython(value) {
  if (Array.isArray(value)) return `[${value.map(inPython).join(", ")}]`;
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}
