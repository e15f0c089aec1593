// Numbers and pictures as text: pure functions, so that the same lines draw in the page, on paper and in the build.

const MINUS = "\u2212";
const UNKNOWN = "?";
const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

const subscript = (n) => String(n).replace(/\d/g, (digit) => SUBSCRIPTS[digit]);
const escapeText = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** A fixed number of decimals, a true minus sign, and no minus on what rounds to zero. */
function fixed(value, digits = 3) {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", MINUS);
}

/** At most three decimals, none that are zero: for numbers that the reader typed. */
const short = (value) => String(Number(value.toFixed(3))).replace("-", MINUS);

const clone = (value) => JSON.parse(JSON.stringify(value));

const at = (x, y) => `${+x.toFixed(1)} ${+y.toFixed(1)}`;

function svg(width, height, title, desc, body, kind) {
  const [w, h] = [Math.round(width), Math.round(height)];
  return `<svg class="rk-svg rk-${kind}" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img">`
    + `<title>${escapeText(title)}</title><desc>${escapeText(desc)}</desc>${body}</svg>`;
}

function rect(cx, cy, width, height, classes, more = "") {
  return `<rect class="${classes}" x="${+(cx - width / 2).toFixed(1)}" y="${+(cy - height / 2).toFixed(1)}" `
    + `width="${+width.toFixed(1)}" height="${+height.toFixed(1)}" rx="4" ${more}/>`;
}

/** Text whose middle is at (x, y). */
function label(x, y, text, classes = "", more = "") {
  const place = `x="${+x.toFixed(1)}" y="${+(y + 4.5).toFixed(1)}"`;
  return `<text class="${classes}" ${place} ${more}>${escapeText(text)}</text>`;
}

/** A mathematical letter with its subscript, as in W_hh. */
function symbol(x, y, letter, below, classes = "") {
  const sub = below === "" ? "" : `<tspan class="rk-sub" dy="3.5">${escapeText(below)}</tspan>`;
  return `<text class="rk-math ${classes}" x="${+x.toFixed(1)}" y="${+(y + 4.5).toFixed(1)}">${letter}${sub}</text>`;
}

/** A straight arrow; its head is a path of its own, because a marker would need an id that is unique on the page. */
function arrow(x1, y1, x2, y2, classes) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const [bx, by] = [x2 - 7 * ux, y2 - 7 * uy];
  const corners = [-3.5, 3.5].map((w) => at(bx + w * uy, by - w * ux));
  return `<path class="rk-arrow ${classes}" d="M${at(x1, y1)}L${at(bx, by)}"/>`
    + `<path class="rk-head ${classes}" d="M${at(x2, y2)}L${corners.join("L")}Z"/>`;
}

/** A cell of a heat map, on the fixed range from -1 to 1: the page at zero. Depth and text keep a contrast of 4.5. */
function heatCell(cx, cy, width, height, value, name, size = "") {
  const write = (text, classes) => label(cx, cy, text, `rk-number ${classes} ${size}`, `data-cell="${name}"`);
  if (value === null) return rect(cx, cy, width, height, "rk-unknown") + write(UNKNOWN, "");
  const depth = 0.97 * Math.min(1, Math.abs(value));
  const text = value < 0 && depth > 0.84 ? "rk-on-strong" : "rk-on-weak";
  return rect(cx, cy, width, height, value < 0 ? "rk-negative" : "rk-positive", `fill-opacity="${depth.toFixed(3)}"`)
    + write(fixed(value), text);
}
