// Shares of one whole as rows of bars, each a button; a mark where each stood without what the reader changed.

import { h, make, patch } from "./node.js";

/**
 * Which key stands in which row. While `keep`, those that stay keep their rows, and newcomers take the rows of those
 * that leave: nothing moves under a finger.
 */
export function arrange(before, wanted, keep) {
  if (!keep || before.length !== wanted.length) return wanted;
  const fresh = wanted.filter((key) => !before.includes(key));
  return before.map((key) => (wanted.includes(key) ? key : fresh.shift()));
}

/** Shares as tenths of a percent that add up with their rest to 100 %: [texts, rest]. */
export function percents(shares) {
  const tenths = shares.map((share) => Math.round(1000 * share));
  const rest = Math.max(0, 1000 - tenths.reduce((sum, tenth) => sum + tenth, 0));
  const text = (tenth) => `${(tenth / 10).toFixed(1)}\u00A0%`;
  return [tenths.map(text), text(rest)];
}

/**
 * read(s) → { head, note, keys, share(key), was(key) or null, look(key) → { glyph, name, picked }, keep, rest }. A share
 * that is null is withheld. choose(key) is called with what was pressed.
 */
export function bars(card, { read, choose }) {
  const element = make(h("div", { class: "rk-bars", role: "group" }));
  let rows = [];
  const width = (share) => `width:${(100 * share).toFixed(1)}%`;
  return {
    element,
    refresh(s) {
      const { head, note, keys, share, was, look, keep, rest } = read(s);
      rows = arrange(rows, keys, keep);
      const shares = rows.map(share);
      const known = shares.every((one) => one !== null);
      const [texts, left] = percents(shares.map((one) => one ?? 0));
      const row = (key, k) => {
        const { glyph, name, picked } = look(key);
        const old = known && was ? was(key) : null;
        return h("button", { type: "button", class: picked ? "rk-picked" : "", "data-key": key, onclick: () => choose(key),
          "aria-label": known ? `${name}, ${texts[k]}` : name },
        h("kbd", {}, glyph),
        h("span", { class: "rk-track" },
          old === null ? null : h("i", { class: "rk-ghost rk-old", style: width(old) }),
          h("i", { class: "rk-fill", style: width(known ? shares[k] : 0) })),
        h("span", { class: "rk-percent" }, known ? texts[k] : "?"));
      };
      element.setAttribute("aria-label", head);
      patch(element, [
        h("p", { class: "rk-bars-head" }, h("b", {}, head), h("span", { class: "rk-quiet" }, note)),
        h("div", { class: "rk-rows" }, ...rows.map(row)),
        h("p", { class: "rk-others" }, h("span", {}, known ? rest : ""), h("span", {}, known ? left : "")),
      ]);
    },
  };
}
