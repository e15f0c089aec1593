// What a picture needs on paper, where nobody can open a field: its matrices, written out.

import { letter, path, px, text } from "./draw.js";
import { short } from "./numbers.js";

const ROW = 22;

/** A matrix [letter, subscript, rows] with its numbers: [nodes, width, height], its upper left corner at (x, y). */
function written([name, below, rows], x, y) {
  const wide = Math.max(...rows.flat().map((v) => short(v).length)) * 8 + 10;
  const [width, height, left] = [wide * rows[0].length, ROW * rows.length, x + (below ? 52 : 30)];
  const bracket = (at, turn) => path(`M${px(at + turn)} ${px(y)}H${px(at)}v${height}h${turn}`, "rk-bracket");
  const nodes = [
    letter(x, y + height / 2 + 5, name, below, "", "start"), text(left - 12, y + height / 2 + 4, "=", "", "middle"),
    bracket(left - 2, 4), bracket(left + width + 2, -4),
    ...rows.flatMap((row, j) => row.map((v, k) => text(left + wide * (k + 1) - 6, y + ROW * j + 15, short(v), "rk-number", "end",
      { "data-cell": `weight:${name}${below}:${j}:${k}` }))),
  ];
  return [nodes, left + width + 4 - x, height];
}

/** The picture with these matrices below it, as many in a row as there is room for. */
export function withMatrices(picture, width, matrices) {
  let [x, y, tallest] = [0, picture.height + 12, 0];
  const nodes = matrices.flatMap((matrix) => {
    const wide = written(matrix, 0, 0)[1];
    if (x > 0 && x + wide > width) [x, y, tallest] = [0, y + tallest + 16, 0];
    const [own, , high] = written(matrix, x, y);
    x += wide + 28;
    tallest = Math.max(tallest, high);
    return own;
  });
  return { ...picture, width: Math.max(width, picture.width), height: y + tallest + 8, body: [...picture.body, ...nodes] };
}
