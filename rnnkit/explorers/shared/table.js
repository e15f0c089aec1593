// The numbers of a picture as a table: for those who cannot see it, and for paper.

import { h } from "./node.js";

/** A cell that has a name, so that a test finds it. */
export const cell = (name, words) => h("td", { "data-cell": name }, words);

/** Heads of columns, and rows: the row's own head first, then words or cells. */
export const table = (caption, heads, rows) => h("table", {}, h("caption", {}, caption),
  h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
  h("tbody", {}, ...rows.map(([head, ...cells]) => h("tr", {}, h("th", { scope: "row" }, head),
    ...cells.map((one) => (one.tag === "td" ? one : h("td", {}, one)))))));
