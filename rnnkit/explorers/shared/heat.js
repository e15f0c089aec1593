// Many signed numbers as colours: on a canvas, because a strip of states has thousands; and behind letters.

import { tint } from "./draw.js";
import { h } from "./node.js";
import { clamp } from "./numbers.js";

const SHADES = 100; // from zero to one
const BEHIND_TEXT = 0.62; // of the full colour, so that letters can be read on it

/** How deep the colour of a number from −1 to 1 is: its root, so that a unit that keeps to ±0.3 is seen too. */
export const depth = (value) => Math.sign(value) * Math.sqrt(Math.abs(clamp(value, -1, 1)));

/** The same colour behind letters. */
export const tintBehind = (value) => tint(depth(value), BEHIND_TEXT);

/** A canvas of a picture's size. */
export const canvas = ({ width, height }) => h("canvas", {
  class: "rk-under", "aria-hidden": "true", width: Math.round(width * devicePixelRatio),
  height: Math.round(height * devicePixelRatio), style: `width:${width}px;height:${height}px`,
});

export function paint(element, draw) {
  const context = element.getContext("2d");
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, element.width, element.height);
  draw(context, shades());
}

let [known, map] = ["", []];
const scratch = () => (scratch.canvas ??= document.createElement("canvas"));

/** What the page's colours depend on; to ask for the colours themselves at each frame would cost a layout. */
const theme = () => [document.documentElement.dataset.theme, document.body.dataset.jpThemeLight,
  matchMedia("(forced-colors: active)").matches].join();

/** The colours of −1 to 1 as they are now, light or dark: [r, g, b] each. */
function shades() {
  if (theme() === known) return map;
  known = theme();
  const style = getComputedStyle(document.documentElement);
  const names = ["page", "negative", "positive"].map((name) => style.getPropertyValue(`--rk-${name}`).trim());
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const [page, negative, positive] = names.map((colour) => {
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return context.getImageData(0, 0, 1, 1).data;
  });
  map = Array.from({ length: 2 * SHADES + 1 }, (_, k) => {
    const share = depth(k / SHADES - 1);
    const end = share < 0 ? negative : positive;
    return [0, 1, 2].map((c) => page[c] + (end[c] - page[c]) * Math.abs(share));
  });
  return map;
}

/**
 * Columns of numbers as one image: values[c][j] in the row from ys[j] to ys[j + 1], each column `wide` px from x on;
 * `pale(c)` for what counts no more.
 */
export function heat(context, colours, { values, ys, x, wide, pale = () => false }) {
  const [n, rows] = [values.length, ys.length - 1];
  if (!n) return;
  const from = scratch();
  [from.width, from.height] = [n, rows];
  const under = from.getContext("2d");
  const image = under.createImageData(n, rows);
  const { data } = image;
  for (let c = 0; c < n; c++) {
    const [column, alpha] = [values[c], pale(c) ? 50 : 255];
    for (let j = 0, at = 4 * c; j < rows; j++, at += 4 * n) {
      const colour = colours[Math.round(clamp(column[j], -1, 1) * SHADES) + SHADES];
      data[at] = colour[0]; // number by number: an array for each cell would cost more than the drawing
      data[at + 1] = colour[1];
      data[at + 2] = colour[2];
      data[at + 3] = alpha;
    }
  }
  under.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  for (let j = 0; j < rows; j++) {
    if (ys[j + 1] > ys[j]) context.drawImage(from, 0, j, n, 1, x, ys[j], n * wide, ys[j + 1] - ys[j]);
  }
}

/** Tell when the page turns light or dark: shapes follow by themselves, a canvas does not. */
export function whenColoursChange(tell) {
  const watch = new MutationObserver(tell);
  for (const place of [document.documentElement, document.body]) {
    watch.observe(place, { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light"] });
  }
  return () => watch.disconnect();
}
