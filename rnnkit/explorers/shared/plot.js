// Plots: scales with their inverse, ticks, curves, bands, and labels that keep out of each other's way.

import { line, points, text } from "./draw.js";
import { clamp, fixed, short } from "./numbers.js";

/** A linear scale from values to pixels; `scale.back` is its inverse. */
export function scale([low, high], [from, to]) {
  const there = (value) => from + (value - low) / (high - low) * (to - from);
  there.back = (at) => low + (at - from) / (to - from) * (high - low);
  return there;
}

/** A curve y = f(x) through `count` + 1 places of the range. */
export const curve = (f, [low, high], x, y, count = 60) => points(Array.from({ length: count + 1 }, (_, k) => {
  const at = low + (high - low) * k / count;
  return [x(at), y(f(at))];
}));

/** Grid lines across the plot at these values, each with its number at the left, outside or just inside. */
export const gridY = (values, y, [left, right], names = short, inside = false) => values.flatMap((value) => [
  line(left, y(value), right, y(value), "rk-gridline"),
  text(inside ? left + 4 : left - 6, y(value) + (inside ? -5 : 4), names(value), "rk-tick", inside ? "start" : "end"),
]);

/** Numbers below the plot at these values. */
export const ticksX = (values, x, bottom, names = short) =>
  values.map((value) => text(x(value), bottom + 17, names(value), "rk-tick", "middle"));

/** The readout of a value where the pointer is: a line, and the number above its point or, where that is high, below. */
export const readout = (x, y, value, { left, right, top, bottom }) => [
  line(x, top, x, bottom, "rk-hover"),
  text(clamp(x, left + 24, right - 24), y - top < 40 ? y + 22 : y - 12, fixed(value), "rk-label", "middle"),
];

const LETTER = 6.9; // px of a letter at 12 px, on the wide side
const LINE = 13;

/** The rectangle of a label whose anchor lies at (x, y). */
export function labelBox({ x, y, words, anchor, width = LETTER * String(words).length }) {
  const left = x - { start: 0, middle: width / 2, end: width }[anchor];
  return { left, right: left + width, top: y - LINE + 3, bottom: y + 3 };
}

const overlap = (a, b) => Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left))
  * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
const outside = (a, room) => Math.max(0, room.left - a.left) + Math.max(0, a.right - room.right)
  + Math.max(0, room.top - a.top) + Math.max(0, a.bottom - room.bottom);

/** The rectangle of a disc: what a label has to keep clear of. */
export const disc = (x, y, r) => ({ left: x - r, right: x + r, top: y - r, bottom: y + r });

/**
 * Labels { x, y, words, gap } placed beside their points, first come first served: of eight places around the point the
 * first that is clear of the obstacles, of the labels before and of the edge of the room. One without any clear place is
 * left out, unless it must stand.
 */
export function placeLabels(labels, obstacles, room) {
  const taken = [...obstacles];
  return labels.map((label) => {
    const gap = label.gap ?? 10;
    const sides = [[gap, 14, "start"], [-gap, -8, "end"], [gap, -8, "start"], [-gap, 14, "end"],
      [0, gap + 14, "middle"], [0, -gap - 4, "middle"], [gap + 4, 4, "start"], [-gap - 4, 4, "end"]];
    const tries = sides.map(([dx, dy, anchor]) => {
      const at = { ...label, x: label.x + dx, y: label.y + dy, anchor };
      const rect = labelBox(at);
      return { at, rect, cost: taken.reduce((sum, other) => sum + overlap(rect, other), 0) + 100 * outside(rect, room) };
    });
    const best = tries.reduce((a, b) => (b.cost < a.cost ? b : a));
    if (best.cost > 0 && !label.must) return null;
    taken.push(best.rect);
    return text(best.at.x, best.at.y, label.words, label.look ?? "rk-label", best.at.anchor);
  });
}
