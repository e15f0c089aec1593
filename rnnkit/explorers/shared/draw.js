// What pictures are made of. A picture is a pure function that returns its size and its nodes, so that the same lines
// draw in the page, on paper and in the build.

import { h } from "./node.js";
import { clamp } from "./numbers.js";

export const px = (value) => Math.round(value * 10) / 10;

/** A shape or a text; its numbers are rounded, in place, to a tenth of a pixel. */
export function shape(tag, attributes, ...children) {
  for (const name of Object.keys(attributes)) if (typeof attributes[name] === "number") attributes[name] = px(attributes[name]);
  return h(tag, attributes, ...children);
}

export const line = (x1, y1, x2, y2, look, more = {}) => shape("line", { class: look, x1, y1, x2, y2, ...more });
export const circle = (cx, cy, r, look, more = {}) => shape("circle", { class: look, cx, cy, r, ...more });
export const box = (x, y, width, height, look, more = {}) =>
  shape("rect", { class: look, x, y, width: Math.max(0, width), height: Math.max(0, height), ...more });
export const path = (d, look, more = {}) => h("path", { class: look, d, ...more });

/** A text whose baseline starts, ends or has its middle at x (`anchor`: start, end, middle). */
export const text = (x, y, words, look = "", anchor = "start", more = {}) =>
  shape("text", { class: look, x, y, "text-anchor": anchor, ...more }, words);

/** A letter with its subscript, as mathematics: letter("h", 1) or letter("W", "hh"). */
export const letter = (x, y, name, below = "", look = "", anchor = "middle") =>
  shape("text", { class: `rk-math ${look}`, x, y, "text-anchor": anchor }, name,
    below === "" ? null : h("tspan", { class: "rk-sub", dy: 3 }, below));

/** The same in a line of text. */
export const mathText = (name, below = "") =>
  h("span", { class: "rk-math" }, h("var", {}, name), below === "" ? null : h("sub", {}, below));

export const points = (list) => list.map(([x, y], k) => `${k ? "L" : "M"}${px(x)} ${px(y)}`).join("");

/** The colour of a signed number from -1 to 1: blue below zero, the page at zero, orange above. */
export function tint(value, strength = 1) {
  const share = Math.round(100 * strength * clamp(Math.abs(value), 0, 1));
  if (share === 0) return "var(--rk-page)";
  return `color-mix(in srgb, var(--rk-${value < 0 ? "negative" : "positive"}) ${share}%, var(--rk-page))`;
}

/** A picture as an svg node. `place` sets a picture into another one. */
export function svg(picture, place = {}) {
  const [width, height] = [Math.round(picture.width), Math.round(picture.height)];
  const size = { viewBox: `0 0 ${width} ${height}`, width, height };
  return h("svg", { class: "rk-svg", ...size, role: "img", "aria-label": `${picture.title}. ${picture.says}`, ...place },
    ...picture.body);
}

/** Pictures as one: beside each other where that fits into `width`, else below each other. */
export function together(pictures, width, gap = 24) {
  const beside = pictures.reduce((sum, p) => sum + p.width + gap, -gap) <= width;
  let [x, y] = [0, 0];
  const body = pictures.map((picture) => {
    const node = svg(picture, { x, y, role: "presentation", "aria-label": null });
    if (beside) x += picture.width + gap;
    else y += picture.height + gap;
    return node;
  });
  return {
    width, body, height: beside ? Math.max(...pictures.map((p) => p.height)) : y - gap,
    title: pictures.map((p) => p.title).join("; "), says: pictures.map((p) => p.says).join(" "),
  };
}
