// Numbers of any size, in few figures and powers of ten.

import { MINUS, clamp, fixed } from "./numbers.js";

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

export const power = (n) => `10${String(n).replace("-", "⁻").replace(/\d/g, (digit) => SUPERSCRIPTS[digit])}`;

/** Decimals for three figures. */
export const places = (value) => clamp(2 - Math.floor(Math.log10(Math.abs(value) || 1)), 0, 6);

/** A number of any size in three figures: 0.00689, 23.8, 3.2·10⁷. */
export function num(value, digits = places(value)) {
  if (value === 0 || (Math.abs(value) >= 1e-4 && Math.abs(value) < 1e5)) return fixed(value, digits);
  const [figures, n] = value.toExponential(1).split("e");
  return `${figures.replace("-", MINUS)}·${power(Number(n))}`;
}

/** A factor below 1, in two figures; and one above it. */
export const times = (factor) => (factor < 0.001 ? num(factor) : String(Number(factor.toPrecision(2))));
export const fold = (ratio) => (ratio < 10 ? fixed(ratio, 1)
  : ratio < 1e5 ? String(Number(ratio.toPrecision(2))) : num(ratio));
