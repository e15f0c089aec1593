// What is changed rarely: how many units or steps there are, and all weights at once.

import { choice, matrix } from "./fields.js";
import { h, make } from "./node.js";
import { sizesOf } from "./traits.js";

/**
 * The traits with more or fewer of one axis, { letter: n }. What is new is 0, or what `fresh[trait](row, column)` says;
 * a place on the axis that is gone moves to the last one.
 */
export function resized(limits, traits, letter, n, fresh = {}) {
  const sizes = { ...sizesOf(limits, traits), [letter]: n };
  const changed = {};
  for (const [name, { axes = [], high }] of Object.entries(limits.traits)) {
    const [rows, cols] = axes.map((axis) => sizes[axis]);
    const entry = (r, c) => traits[name][r]?.[c] ?? fresh[name]?.(r, c) ?? 0;
    if (high === letter) changed[name] = Math.min(traits[name], n);
    else if (axes.includes(letter)) {
      changed[name] = Array.from({ length: rows }, (_, r) => (cols === undefined ? traits[name][r] ?? 0
        : Array.from({ length: cols }, (__, c) => entry(r, c))));
    }
  }
  return changed;
}

/**
 * A list for each axis, { letter, title, fill? }, where `fill` names a button that takes the most; and, folded away, the
 * matrices [trait, symbol].
 */
export function settings(card, { axes, matrices, fresh }) {
  const { limits } = card.explorer;
  const resize = (letter) => (n) => {
    card.gesture();
    card.set(resized(limits, card.traits(), letter, n, fresh));
  };
  const row = make(h("div", { class: "rk-row" }));
  const lists = axes.map(({ letter, title, fill }) => {
    const [low, high] = limits.sizes[letter];
    const list = choice(title, low, high, resize(letter));
    row.append(list.element);
    if (fill) row.append(make(h("button", { type: "button", onclick: () => resize(letter)(high) }, fill)));
    return [letter, list];
  });
  const grids = matrices.map(([name, symbol]) => matrix(card, name, symbol));
  const fold = make(h("details", { class: "rk-all" }, h("summary", {}, "All weights at once")));
  const all = make(h("div", { class: "rk-row" }));
  all.append(...grids.map((one) => one.element));
  fold.append(all);
  fold.addEventListener("toggle", card.soon);
  return {
    row, fold,
    refresh(s) {
      const sizes = sizesOf(limits, s);
      lists.forEach(([letter, list]) => list.refresh(sizes[letter]));
      if (fold.open) grids.forEach((one) => one.refresh(s));
    },
  };
}
