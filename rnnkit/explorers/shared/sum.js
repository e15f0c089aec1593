// A sum, opened: a field for each weight, its factor, their product, and a bar that starts where the one above it ended.

import { entryField } from "./fields.js";
import { h, make, patch } from "./node.js";
import { clamp, factorAsPrinted, fixed, sumAsPrinted } from "./numbers.js";

/** A bar on a line from -most to most. */
function bar(from, to, most) {
  const place = (v) => 50 + 50 * clamp(v / most, -1, 1);
  const [a, b] = [place(Math.min(from, to)), place(Math.max(from, to))];
  const look = to > from ? "rk-plus" : to < from ? "rk-minus" : "";
  return h("span", { class: "rk-fall" }, h("i", { class: look, style: `left:${a.toFixed(1)}%;width:${Math.max(0.8, b - a).toFixed(1)}%` }));
}

/**
 * The sum of one unit. `of(s)` says which: { head, terms, names: [the sum's, its tanh's], known }. A term is { trait, row,
 * column, label, weight, value, product }; a bias has no label, and where the factor is not to be seen, value is null.
 */
export function sum(card, of) {
  const head = make(h("p", { class: "rk-sum-head" }));
  const list = make(h("div", { class: "rk-terms" }));
  const foot = make(h("div", { class: "rk-terms" }));
  const element = make(h("div", { class: "rk-sum" }));
  element.append(head, list, foot);
  let [rows, built] = [[], ""];

  function makeRows(terms) {
    rows = terms.map(({ trait, row: r, column }) => {
      const [row, rest] = [make(h("div", { class: "rk-term" })), make(h("div", { class: "rk-rest" }))];
      const field = entryField(card, trait, r, column);
      row.append(field.element, rest);
      return { rest, row, field };
    });
    list.replaceChildren(...rows.map((one) => one.row));
  }
  return {
    element,
    refresh(s) {
      const { terms, names, known, ...rest } = of(s);
      const key = terms.map((term) => `${term.trait} ${term.row} ${term.column}`).join();
      if (built !== key) makeRows(terms);
      built = key;
      const open = terms.every((term) => term.value !== null);
      const { digits, exact } = open ? sumAsPrinted(terms.map((term) => term.product)) : { digits: 3, exact: true };
      const upTo = terms.reduce((sums, term) => [...sums, sums.at(-1) + term.product], [0]);
      const [most, total, is] = [Math.max(1.5, ...upTo.map(Math.abs)), upTo.at(-1), exact ? "=" : "≈"];
      const none = h("span", { class: "rk-fall" });
      patch(head, rest.head);
      rows.forEach((row, k) => {
        const { label, weight, value, product } = terms[k];
        row.field.refresh();
        patch(row.rest, [
          h("span", { class: "rk-sign" }, label ? "×" : ""),
          h("span", { class: "rk-factor" }, label ? h("span", { "data-cell": `sum:value:${k}` },
            open ? factorAsPrinted(weight, value, digits) : "?") : h("small", {}, "the bias b"), label ? h("small", {}, label) : null),
          h("span", { class: "rk-sign" }, "="),
          h("span", { class: "rk-product", "data-cell": `sum:product:${k}` }, open ? fixed(product, digits) : "?"),
          open ? bar(upTo[k], upTo[k + 1], most) : none,
        ]);
      });
      const line = (name, value, key_, sign) => h("div", { class: "rk-term rk-total" }, h("span", {}, name),
        h("span", { class: "rk-sign" }, sign), h("span", { class: "rk-product", "data-cell": key_ }, known ? fixed(value, digits) : "?"),
        known ? bar(0, value, most) : none);
      patch(foot, [line(names[0], total, "sum:a", is), line(names[1], Math.tanh(total), "sum:h", is)]);
    },
  };
}
