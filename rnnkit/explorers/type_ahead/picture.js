// Type Ahead, drawn: the state as a strip that grows with the text, the gauge of one unit, its gates; and a still form.

import { box, circle, letter, line, path, points, px, text } from "../shared/draw.js";
import { percents } from "../shared/bars.js";
import { depth, heat, tintBehind } from "../shared/heat.js";
import { h } from "../shared/node.js";
import { clamp, fixed } from "../shared/numbers.js";
import { gridY, scale } from "../shared/plot.js";
import { decode, expects, isShown, ranked } from "./maths.js";

const COLUMNS = [44, 36, 28, 22, 18, 14, 11, 9]; // px of a character, as wide as there is room for
const GAUGE = 62;
const GUTTER = 40;
const SCISSORS = "M4 1.6a2 2 0 1 0 0 4 2 2 0 1 0 0-4M4 10.4a2 2 0 1 0 0 4 2 2 0 1 0 0-4M5.6 5 14 12M5.6 11 14 4";

export const glyph = (character) => ({ " ": "␣", "\n": "↵" })[character] ?? character;
export const signed = (value) => (value > 0 && fixed(value, 2) !== "0.00" ? "+" : "") + fixed(value, 2);
export const percent = (share) => percents([share])[0][0];

/** Places: as many of the last characters as fit, around the step; the slower a unit, the higher its row. */
function places(s, width, wide, right, gutter) {
  const tape = wide ? 32 : 26;
  const [least, more] = s.small ? [0.6, 5] : wide ? [1, 7.8] : [0.7, 6.5];
  const ys = [tape];
  for (let j = 0, y = tape; j < s.H; j++) ys.push(px(y += least + more * (j / (s.H - 1)) ** 4));
  const [room, N] = [width - gutter - right, Math.max(1, s.asking ? s.shown : s.T)];
  const column = COLUMNS.find((one) => one * N <= room) ?? COLUMNS.at(-1);
  const count = Math.min(N, Math.floor(room / column));
  const first = clamp(Math.ceil(s.step - 0.75 * count), 0, N - count);
  const left = width - right - count * column;
  const steps = Array.from({ length: count }, (_, k) => first + k + 1).filter((t) => t <= s.shown);
  return { tape, ys, column, first, left, end: width - right, high: ys.at(-1), count, steps,
    x: (t) => left + (t - first) * column, // the right edge of column t
    step: (x) => clamp(Math.floor((x - left) / column) + first + 1, first + 1, Math.max(first + 1, first + count)),
    unit: (y) => clamp(ys.findLastIndex((top) => top <= y) + 1, 1, s.H) };
}

/** The characters that are seen, coloured by the unit; those that are forgotten, pale. */
function characters(s, p) {
  return p.steps.flatMap((t) => {
    const [x, gone, value] = [p.x(t - 1), t <= s.cut, s.states[t].h[s.look]];
    const known = isShown(s, t);
    const size = clamp(1.35 * p.column, 12, 20);
    return [
      box(x, 0, p.column, p.tape - 3, "rk-letter", { style: `fill:${known && !gone ? tintBehind(value) : "var(--rk-soft)"}`,
        ...known ? { "data-cell": `h:${t}:${s.look}`, "data-h": fixed(value) } : {} }),
      text(x + p.column / 2, (p.tape - 3) / 2 + 0.36 * size, s.text[t - 1] === " " ? "·" : glyph(s.text[t - 1]),
        gone ? "rk-mono rk-quiet" : "rk-mono", "middle",
        { "data-cell": `x:${t}`, style: `font-size:${px(size)}px` }),
    ];
  });
}

/** The rule on which one unit is held, its value, and, as a ring, what it would be. */
function gauge(s, p, width, wide) {
  const [x, top, bottom] = [width - GAUGE + (wide ? 30 : 26), p.tape + 14, p.high - 12];
  const y = scale([-1, 1], [bottom, top]);
  const [value, free] = [s.states[s.step].h[s.unit - 1], s.alone[s.step].h[s.unit - 1]];
  const row = (p.ys[s.unit - 1] + p.ys[s.unit]) / 2;
  const known = isShown(s, s.step);
  const differs = fixed(value, 2) !== fixed(free, 2) && Math.abs(value - free) > 0.005;
  const nodes = [
    path(`M${px(p.end)} ${px(row)}C${px(p.end + 8)} ${px(row)} ${px(x - 22)} ${px(y(value))} ${px(x - 13)} ${px(y(value))}`, "rk-lead"),
    line(x, top, x, bottom, "rk-rail"),
    line(x, y(0), x, y(value), value < 0 ? "rk-rail rk-below" : "rk-rail rk-above"),
    ...[1, 0, -1].map((tick) => text(width, y(tick) + 4, { 1: "+1", 0: "0", "-1": "−1" }[tick], "rk-tick", "end")),
    differs ? circle(x, y(free), 8, "rk-ghost rk-ring") : null,
    ...s.held === null && !s.asking && !s.waiting ? [text(x, p.high + 18, "drag", "rk-tick", "middle"),
      text(x, p.high + 33, "to hold", "rk-tick", "middle")] : [],
    text(x, p.tape - 10, known ? signed(value) : "?", "rk-number rk-strong", "middle"),
  ];
  const handle = {
    name: "held", trait: "held", x, y: y(value), letter: "", relative: true, look: `rk-gauge ${s.held === null ? "" : "rk-firm"}`,
    title: `value of unit ${s.unit}`, value: Number(value.toFixed(2)),
    says: `${signed(value)}${s.held === null ? "" : `, held; left alone ${signed(free)}`}`,
    moved: (held) => ({ held, since: s.held === null ? s.step : Math.min(s.since, s.step) }),
    pull: (_, at) => y.back(at),
  };
  return [nodes, handle];
}

/** The strip of states, the scissors and the gauge. A small card has the strip alone. */
export function strip(s, width, wide) {
  const { small } = s;
  const [right, gutter] = small ? [0, 0] : [GAUGE, GUTTER];
  const p = places(s, width, wide, right, gutter);
  const { ys, high, tape, left, end, column, first } = p;
  const knobs = s.asking || s.waiting ? [] : [true];
  const cutX = p.x(clamp(s.cut, first, first + p.count));
  const hintLeft = cutX > 0.55 * width;
  const [rail, handle] = small ? [[], null] : gauge(s, p, width, wide);
  const row = [ys[s.look] - 1, Math.max(5, ys[s.look + 1] - ys[s.look] + 2)];
  const steps = p.steps.filter((t) => isShown(s, t));
  const body = [
    box(gutter, tape, left - gutter, high - tape, "rk-room"),
    ...small ? [] : [text(gutter - 6, tape + 12, "quick", "rk-tick", "end"), text(gutter - 6, high - 3, "slow", "rk-tick", "end"),
      path(`M${gutter - 14} ${tape + 20}V${px(high - 20)}m-4 -6l4 6 4 -6`, "rk-slower")],
    box(left, row[0], end - left, row[1], "rk-now rk-row"),
    ...characters(s, p),
    s.step > first && s.step <= first + p.count ? box(p.x(s.step - 1) + 1, 1, column - 2, high - 2, "rk-now") : null,
    ...small || !knobs.length ? rail : [line(cutX, 0, cutX, high + 20, "rk-cut"),
      text(hintLeft ? cutX - 22 : cutX + 22, high + 26, s.cut ? `${s.cut} forgotten` : "drag to make it forget", "rk-label",
        hintLeft ? "end" : "start"), ...rail],
  ];
  const scissors = {
    name: "cut", trait: "cut", x: cutX, y: high + 22, flat: true, look: "rk-scissors", title: "forget the text before",
    high: s.T, letter: h("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, h("path", { d: SCISSORS })),
    says: s.cut ? `${s.cut} characters forgotten` : "nothing forgotten",
    pull: (at) => Math.round((at - left) / column) + first,
  };
  const choose = (x, y) => ({ step: Math.min(p.step(x), s.asking ? s.hiddenFrom - 1 : s.T), ...y < tape ? {} : unitTo(s, p.unit(y)) });
  const value = s.states[s.step].h[s.unit - 1];
  return {
    width, height: high + (small ? 0 : 46), body,
    title: `The state after each of ${s.shown} characters: ${s.H} units`,
    says: isShown(s, s.step) ? `After character ${s.step}, unit ${s.unit} is ${signed(value)}. The table has the numbers.` : "",
    handles: small || !knobs.length ? [] : [scissors, handle],
    regions: [{ name: "cells", title: "position in the text", looks: true, look: "rk-scrub", x: left, y: 0, width: Math.max(44, end - left),
      height: high, value: s.step, low: 0, high: Math.max(s.T, s.step), pull: choose, tap: choose,
      says: `after ${s.step} characters; unit ${s.unit} is ${isShown(s, s.step) ? signed(value) : "hidden"}`,
      keys: (event) => {
        const by = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10 }[event.key];
        return by ? unitTo(s, clamp(s.unit + by, 1, s.H)) : false;
      } }],
    hover: (x, y) => (x >= left && x <= end && y >= tape && y < high ? { unit: p.unit(y) } : null),
    under: (context, colours) => heat(context, colours, { ys, wide: column, x: p.x(steps[0] - 1), pale: (c) => steps[c] <= s.cut,
      values: steps.map((t) => (t <= s.cut ? s.alone : s.states)[t].h) }),
  };
}

/** Another unit is looked at; one that was held is let go. */
export const unitTo = (s, unit) => ({ unit, ...unit === s.unit ? {} : { held: null } });

/** The gates of the unit that is looked at, over the characters of the strip. */
export function gates(s, width, wide) {
  const p = places(s, width, wide, GAUGE, GUTTER);
  const [top, bottom, end] = [8, 112, p.end];
  const y = scale([-1, 1], [bottom, top]);
  const steps = p.steps.filter((t) => isShown(s, t));
  const names = [["n", "rk-candidate"], ["r", "rk-reset"], ["z", "rk-update"], ["h", "rk-trace"]];
  const ends = names.map(([key]) => ({ key, y: y(s.states[steps.at(-1) ?? 0][key]?.[s.look] ?? 0) })).toSorted((a, b) => a.y - b.y);
  ends.forEach((one, k) => { if (k) one.y = Math.max(one.y, ends[k - 1].y + 15); });
  const over = Math.max(0, ends.at(-1).y - bottom);
  const curve = ([key, look]) => {
    const seen = steps.filter((t) => s.states[t][key]);
    return path(points(seen.map((t) => [p.x(t) - p.column / 2, y(s.states[t][key][s.look])])), look);
  };
  return {
    width, height: bottom + 12,
    title: `Gates of unit ${s.look + 1}`, says: "z near 1 keeps the old value; r lets the old state into the candidate n.",
    body: [...gridY([-1, 0, 1], y, [GUTTER, end]), ...names.map(curve),
      s.step > p.first && s.step <= p.first + p.count ? line(p.x(s.step) - p.column / 2, top, p.x(s.step) - p.column / 2, bottom, "rk-hover") : null,
      ...ends.map((one) => letter(end + 14, one.y + 5 - over, one.key))],
  };
}

const LINE = 26;
const LETTER = 12; // px of a character in the still picture
const SLOW = 24; // the units of the still strip: the slowest

/** The picture for paper: the text in its lines, coloured; the slowest units below it; and, if not asked for, the bars. */
export function still(s, width) {
  const T = s.asking ? s.shown : s.T;
  const most = Math.floor(width / LETTER);
  const at = [];
  let [row, column] = [0, 0];
  s.text.slice(0, T).split("").forEach((character, k) => {
    if (column === most) [row, column] = [row + 1, 0];
    at.push({ t: k + 1, row, column, character });
    [row, column] = character === "\n" ? [row + 1, 0] : [row, column + 1];
  });
  const nodes = at.flatMap(({ t, row: r, column: c, character }) => [
    box(c * LETTER, r * LINE, LETTER, LINE - 4, "rk-letter", { style: `fill:${t <= s.cut ? "var(--rk-soft)" : tintBehind(s.states[t].h[s.look])}`,
      "data-cell": `h:${t}:${s.look}`, "data-h": fixed(s.states[t].h[s.look]) }),
    text((c + 0.5) * LETTER, r * LINE + 16, character === " " ? "" : glyph(character), "rk-mono", "middle", { style: "font-size:16px" }),
  ]);
  if (column === most) [row, column] = [row + 1, 0];
  if (s.asking) nodes.push(text((column + 0.5) * LETTER + 4, row * LINE + 17, "?", "rk-strong", "middle", { style: "font-size:20px" }));
  const under = Math.max(at.at(-1)?.row ?? 0, s.asking ? row : 0) * LINE + LINE + 12;
  const slow = slowest(s, T, under, Math.min(most, T), LETTER);
  const top = under + slow.height + 26;
  const p = expects(s.states[T], s.temperature);
  const keys = s.asking ? [] : ranked(p).slice(0, 6);
  const [texts] = percents(keys.map((k) => p[k]));
  const rows = keys.flatMap((k, j) => [
    text(18, top + 22 * j + 26, glyph(decode(k)), "rk-mono rk-strong", "middle", { style: "font-size:16px" }),
    box(36, top + 22 * j + 13, (width - 120) * p[k], 14, "rk-bar-share"),
    text(44 + (width - 120) * p[k], top + 22 * j + 25, texts[j], "rk-number"),
  ]);
  return {
    width, height: top + 22 * keys.length + 14,
    title: `A text of ${T} characters, coloured by unit ${s.unit}`,
    says: s.asking ? "What the network expects after the next one is hidden until it is asked for."
      : `After them the likeliest next characters are ${keys.map((k, j) => `${glyph(decode(k))} ${texts[j]}`).join(", ")}.`,
    body: [...nodes, ...slow.nodes, text(0, under + slow.height + 16, `the ${SLOW} slowest of ${s.H} units, at the last characters`, "rk-label"),
      ...rows],
  };
}

/** The slowest units at the last `count` of T characters, as one shape for each of a few shades. */
function slowest(s, T, y, count, wide) {
  const high = 4;
  const shades = new Map();
  for (let c = 0; c < count; c++) {
    const { h: values } = s.states[T - count + c + 1];
    for (let k = 0; k < SLOW; k++) {
      const shade = Math.round(4 * depth(values[s.H - SLOW + k])) / 4;
      if (shade) shades.set(shade, `${shades.get(shade) ?? ""}M${c * wide} ${px(y + k * high)}h${wide}v${high}h${-wide}z`);
    }
  }
  return { height: high * SLOW, nodes: [...shades].toSorted(([a], [b]) => a - b)
    .map(([shade, d]) => path(d, "rk-heat", { style: `fill:color-mix(in srgb,var(--rk-${shade < 0 ? "negative" : "positive"}) ${100 * Math.abs(shade)}%,var(--rk-page))` })) };
}
