// Stream Desk, drawn: what two guests are told, their states, and the work of the server at each symbol.

import { box, line, path, points, px, shape, text, tint } from "../shared/draw.js";
import { h } from "../shared/node.js";
import { clamp, fixed } from "../shared/numbers.js";
import { H, NONE, T } from "./net.js";
import { NAMES, ROWS, SHOWN, best, guest, isOthers, multiplications, stretches } from "./maths.js";

const [GUTTER, LETTER, BAR, CURVE, LEAD] = [42, 7.3, 22, 18, 12]; // the last: the largest lead that is drawn
const STRIP = 28; // px, how high a state is drawn
const [TOP, PLOT_GAP] = [32, 30];

export const counted = (n) => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ",");
export const steps = (n) => `${counted(n)} ${n === 1 ? "step" : "steps"}`;
export const tableOf = (k) => (k === NONE ? "no table yet" : `table ${k}`);

/** Where everything stands. */
function layout(width) {
  const wide = width >= 560;
  const room = wide ? clamp(0.24 * width, 150, 190) : 0; // beside the texts
  const [left, right] = [GUTTER, width - (wide ? room + 16 : 4)];
  const each = wide ? 76 : 110; // px of a guest
  const more = TOP + 2 * each + 4;
  const plot = more + (wide ? 42 : 68) + PLOT_GAP;
  const tall = wide ? 168 : 108;
  const p = { wide, left, right, more, plot, tall, width, axis: plot + tall, height: plot + tall + 26,
    x: (t) => left + (right - left) * t / T, stepAt: (at) => clamp(Math.round((at - left) / (right - left) * T), 0, T),
    top: (u) => TOP + u * each };
  const state = wide ? { x: right + 16, width: room - 66 } : { x: left, width: 0.46 * (right - left) };
  p.strip = (u) => ({ ...state, y: p.top(u) + (wide ? 18 : 70), height: STRIP });
  return p;
}

/** A state as a row of cells: those of one shade are one shape. */
function strip(values, { x, y, width, height }, look = "rk-desk-cell") {
  const shades = new Map();
  const wide = width / values.length;
  values.forEach((v, j) => {
    const shade = Math.round(6 * clamp(v, -1, 1)) / 6;
    if (shade) shades.set(shade, `${shades.get(shade) ?? ""}M${px(x + j * wide)} ${px(y)}h${px(wide)}v${px(height)}h${px(-wide)}z`);
  });
  return [
    box(x, y, width, height, "rk-desk-state"),
    h("g", {}, ...[...shades].toSorted(([a], [b]) => a - b).map(([shade, d]) => path(d, look, { style: `fill:${tint(shade)}` }))),
    box(x, y, width, height, "rk-desk-frame"),
  ];
}

/** What a guest has typed: the end of it, as much as there is room for before the symbol that is looked at. */
function typed({ text: all }, s, p, y) {
  const wide = clamp(p.x(s.step) - p.left, 0.35 * (p.right - p.left), p.right - p.left - LETTER);
  const shown = all.slice(0, s.step).slice(-Math.floor(wide / LETTER)).replaceAll(" ", "\u00A0");
  const x = p.left + Math.max(0, wide - LETTER * shown.length);
  return shape("text", { class: "rk-desk-typed", x: s.step * LETTER > wide ? x : p.left, y, "text-anchor": "start" },
    h("tspan", {}, shown.slice(0, -1)), h("tspan", { class: "rk-desk-newest" }, shown.slice(-1)), h("tspan", { class: "rk-desk-caret" }, s.step < T ? "▏" : ""));
}

/** Points as one line; those between two of the same height are left out. */
const way = (list) => points(list.filter(([, y], k) => !k || k === list.length - 1 || px(y) !== px(list[k - 1][1]) || px(y) !== px(list[k + 1][1])));

const high = (lead, y) => y + CURVE * (1 - clamp(lead / LEAD, -1, 1)) / 2;

/** The lead of a guest's own table at symbols 0 to `last`. */
const curve = (lead, last, p, y) => way(Array.from({ length: last + 1 }, (_, t) => [p.x(t), high(lead[t], y)]));

/** A guest's answers, in stretches; and, below them, how far the own table leads. */
function lane(s, p, u) {
  const one = s.users[u];
  const [top, last] = [p.top(u), s.asking ? s.at - 1 : s.shown];
  const [y, low] = [top + 20, top + 20 + BAR + 3];
  const parts = stretches(one, last).flatMap(({ from, to, say, bad }) => {
    const [x, wide] = [p.x(from), p.x(to) - p.x(from)];
    const whose = isOthers(s, u, say) ? `: ${NAMES[1 - u]}’s` : "";
    const words = bad ? (say === NONE ? "✗ which table?" : `✗ table ${say}${whose}`) : tableOf(say);
    const short = bad ? `✗ ${say === NONE ? "?" : say}` : say === NONE ? "?" : String(say);
    const fits = [words, short, short.at(-1)].find((one_) => 6.9 * one_.length + 8 < wide) ?? "";
    return [box(x, y, Math.max(1, wide - 1), BAR, `rk-desk-answer ${bad ? "rk-desk-wrong" : ""}`, { rx: Math.min(3, wide / 3) }),
      text(x + wide / 2, y + 15, fits, bad ? "rk-desk-on-wrong" : "rk-ink", "middle")];
  });
  const old = s.ghost && !s.asking ? curve(s.ghost.users[u].lead, s.shown, p, low) : "";
  const now = curve(one.lead, last, p, low);
  const dots = ROWS.filter((t) => t <= last).map((t) => box(p.x(t) - 1.5, high(one.lead[t], low) - 1.5, 3, 3, "rk-desk-dot",
    { "data-cell": `h:${t}:${u}`, "data-h": fixed(one.lead[t]) }));
  return [
    text(0, y + 15, one.name, "rk-ink rk-strong"),
    typed(one, s, p, top + 12),
    box(p.left, y, p.right - p.left, BAR, "rk-desk-ground", { rx: 3 }),
    h("g", {}, ...parts),
    line(p.left, low + CURVE / 2, p.right, low + CURVE / 2, "rk-desk-zero"),
    path(old === now ? "" : old, "rk-ghost rk-dashed"), path(now, "rk-desk-sure"), h("g", {}, ...dots),
    s.asking ? text((p.x(s.at) + p.right) / 2, y + 16, "?", "rk-word", "middle") : null,
  ];
}

/** A guest's state as it is now, and what it makes the network say. */
function side(s, p, u) {
  const [one, t] = [s.users[u], s.step];
  const place = p.strip(u);
  const [say, want] = [one.say[t], one.truth[t]];
  const x = p.wide ? place.x + place.width + 10 : place.x + place.width + 10;
  const hidden = s.asking && t >= s.at;
  const below = hidden ? "" : say === want ? "✓ right" : isOthers(s, u, say) ? `✗ ${NAMES[1 - u]}’s` : `✗ not ${want === NONE ? "any" : want}`;
  const state = hidden ? new Float64Array(H) : one.states[t];
  const between = s.happens && s.ui.held === "states";
  return [
    ...s.keeps ? strip(state, place) : [box(place.x, place.y, place.width, place.height, "rk-desk-none"), text(place.x + place.width / 2, place.y + 18, "none kept", "rk-tick", "middle")],
    text(x, place.y + 12, hidden ? "?" : say === NONE ? "which?" : `table ${say}`, "rk-ink rk-strong rk-desk-told"),
    text(x, place.y + 27, below, say === want ? "rk-tick" : "rk-ink"),
    between ? box(place.x - 2, place.y - 2, place.width + 4, place.height + 4, "rk-now", { rx: 3 }) : null,
  ];
}

/** The eight others, whom only the server of ten has. */
function others(s, p) {
  const on = s.server === "ten" && !s.asking;
  const [columns, rows] = p.wide ? [8, 1] : [4, 2];
  const wide = (p.right - p.left) / columns;
  if (!on) return [text(p.left, p.more + 16, p.wide ? "eight more guests, whom “Carry ten” serves at once" : "eight more, whom “Carry ten” serves", "rk-tick"), text(0, p.more + 16, "+ 8", "rk-tick")];
  return [text(0, p.more + 12, "+ 8", "rk-ink rk-strong"), ...Array.from({ length: columns * rows }, (_, k) => {
    const one = guest(k + 2);
    const [x, y] = [p.left + (k % columns) * wide, p.more + 30 * Math.floor(k / columns)];
    const say = best(one.scores[s.step]);
    return h("g", {}, text(x, y + 12, `${one.name} ${say === NONE ? "?" : say}`, "rk-ink"), ...strip(one.states[s.step], { x, y: y + 17, width: wide - 8, height: 8 }));
  })];
}

/** The outline of so many steps at each symbol, with its foot or without. */
function outline(list, last, p, y, foot = false) {
  if (!last) return "";
  const even = last > 1 && list[last] === last * list[1]; // as many more at each symbol: a straight line
  const all = even ? [[p.x(0), y(0)], [p.x(last), y(list[last])]] : list.slice(1, last + 1).flatMap((v, k) => [[p.x(k), y(v)], [p.x(k + 1), y(v)]]);
  return foot ? `${way([[p.x(0), y(0)], ...all, [p.x(last), y(0)]])}Z` : way(all);
}

/** The work at each symbol, beside that of reading everything again; and what was measured on this machine. */
function work(s, p) {
  const most = 2 * T;
  const y = (v) => p.axis - clamp(v / most, 0, 1.04) * p.tall;
  const [guests, t] = [s.count, s.step];
  const rereading = Array.from({ length: T + 1 }, (_, k) => guests * k);
  const seen = rereading.filter((v) => v <= most).length - 1;
  const last = s.asking ? s.at - 1 : s.shown;
  const shownSteps = s.steps.slice(0, last + 1);
  const label = p.wide ? "steps of the network at each symbol" : "steps at each symbol";
  const ticks = [200, 400].flatMap((v) => [line(p.left, y(v), p.right, y(v), "rk-gridline"), text(p.left - 6, y(v) + 4, v, "rk-tick", "end")]);
  const frame = [
    text(p.left, p.plot - 12, label, "rk-ink"),
    ...ticks, text(p.left - 6, p.axis + 4, "0", "rk-tick", "end"),
    line(p.left, p.axis, p.right, p.axis, "rk-axis"),
    text(clamp(p.x(t), p.left + 34, p.right - 34), p.axis + 20, `symbol ${t}`, "rk-ink rk-strong", "middle"),
  ];
  const dots = ROWS.filter((k) => k <= last).map((k) => box(p.x(k) - 1, y(s.steps[k]) - 1, 2, 2, "rk-desk-dot",
    { "data-cell": `h:${k}:2`, "data-h": fixed(multiplications(s.steps[k], guests) / 1000) }));
  const old = s.ghost && s.ghost.server !== "reread" ? outline(s.ghost.steps, s.shown, p, y) : s.ghost ? outline(s.ghost.steps, s.shown, p, y) : "";
  const now = outline(shownSteps, last, p, y);
  const low = s.steps[s.at] <= 30; // a spike of few pixels is pointed at
  const spike = s.again.some(Boolean) && s.shown >= s.at
    ? text(clamp(p.x(s.at) + (low ? -4 : 6), p.left, p.right - 120), low ? y(s.steps[s.at]) - 8 : Math.max(p.plot + 42, y(s.steps[s.at]) + 4), `${low ? "↓ " : ""}${counted(s.again[0] + s.again[1])} read again`, "rk-label rk-ink") : null;
  const dashed = s.keeps ? outline(rereading, seen, p, y) : "";
  const named = s.keeps ? text(p.x(seen) - (seen < T ? -8 : 8), p.plot + (seen < T ? 12 : 16), seen < T ? `↑ reading again for ${guests}` : "reading everything again", "rk-label", seen < T ? "start" : "end") : null;
  return [
    ...frame,
    path(s.keeps ? `M${px(p.left)} ${px(p.axis)}L${px(p.x(seen))} ${px(y(rereading[seen]))}H${px(p.right)}V${px(p.axis)}Z` : "", "rk-desk-other"), path(dashed, "rk-desk-others-edge"),
    path(outline(shownSteps, last, p, y, true), "rk-desk-area"),
    path(old === now ? "" : old, "rk-ghost rk-dashed"), path(now, "rk-desk-work"), h("g", {}, ...dots),
    ...s.keeps || last < 60 ? [] : [line(p.left, y(2), p.x(last), y(2), "rk-desk-carried"), text(p.x(last) - 8, p.axis - 8, "carrying both: 2 steps", "rk-label rk-ink", "end")],
    named, spike, ...times(s, p, y),
  ];
}

/** Times that were measured: how long it took to read so many symbols again, for two guests, on the scale of the steps. */
function times(s, p, y) {
  const found = s.ui.times;
  if (!found || s.printed) return [];
  const scale = found.unit; // milliseconds of one step
  return found.reread.map(([t, ms]) => shape("circle", { class: "rk-desk-measured", cx: p.x(t), cy: y(2 * ms / scale), r: 4.5 }));
}

/** What one symbol costs, in numbers. */
function price(s, p) {
  if (!p.wide) return [];
  const [x, t] = [p.right + 16, s.step];
  const now = s.steps[t];
  const rows = [["rk-ink rk-strong", `symbol ${t}, ${s.count} guests`]];
  rows.push(["rk-ink", steps(now)], ["rk-ink", `${counted(multiplications(now, s.count))} ×`]);
  if (s.keeps && t) rows.push(["rk-tick", "all read again:"], ["rk-tick", steps(s.count * t)], ["rk-tick", `${counted(multiplications(s.count * t, s.count))} ×`]);
  if (s.ui.times) rows.push(["rk-tick", "○ timed here;"], ["rk-tick", `the top is ${fixed(2 * T * s.ui.times.unit, 2)} ms`]);
  return rows.map(([look, words], k) => text(x, p.plot + 4 + 19 * k, words, look));
}

/** All of it. */
export function desk(s, width, ways = {}) {
  const p = layout(width);
  const knob = clamp(p.x(s.at), 22, width - 22);
  const heads = p.wide ? [text(p.strip(0).x, 16, s.asking && !s.printed ? "bet first" : !s.keeps || s.printed ? "state" : "↕ swap ↔ lose", "rk-tick"), text(p.strip(0).x + p.strip(0).width + 10, 16, "is told", "rk-tick")] : [];
  const x1 = clamp(p.x(s.step) - 4, p.left - 2, p.right - 5);
  const left = knob > p.right - 140;
  const [before, behind] = left ? [knob - 134, width - knob - 24] : [knob - 24, width - knob - 134]; // what is free in the line of the moment
  const beside = before > 96 ? [0, "start"] : behind > 96 ? [width, "end"] : null;
  const hint = p.wide || s.asking || !s.keeps || s.printed || !beside ? null : text(beside[0], 18, "↕ swap ↔ lose", "rk-tick", beside[1]);
  const body = [
    ...heads, hint,
    s.keeps ? text(s.asking ? knob : knob + (left ? -18 : 18), 18, h("tspan", {}, "before symbol ", h("tspan", { "data-cell": "x:at" }, s.at)), "rk-tick", s.asking ? "middle" : left ? "end" : "start") : null,
    ...SHOWN.flatMap((u) => [h("g", {}, ...lane(s, p, u)), h("g", {}, ...side(s, p, u))]),
    h("g", {}, ...others(s, p)),
    h("g", {}, ...work(s, p)), h("g", {}, ...price(s, p)),
    ...s.keeps ? SHOWN.map((u) => line(p.x(s.at - 1), p.top(u) + 20 + BAR, p.x(s.at - 1), p.top(u) + 25 + BAR + CURVE, "rk-desk-at")) : [],
    s.keeps ? line(p.x(s.at - 1), p.plot + 24, p.x(s.at - 1), p.axis, "rk-desk-at") : null,
    ...SHOWN.map((u) => box(x1, p.top(u) + 21 + BAR, Math.max(5, p.x(s.step) - x1), CURVE + 6, "rk-now", { rx: 1 })),
    line(p.x(s.step), p.plot, p.x(s.step), p.axis + 6, "rk-hover"),
  ];
  const says = s.asking ? `Before symbol ${s.at} something happens to the states of two guests. What they are told from there on is hidden: ?`
    : SHOWN.map((u) => `At symbol ${s.step} ${NAMES[u]} is told ${tableOf(s.users[u].say[s.step])}, and sits at ${tableOf(s.users[u].truth[s.step])}.`).join(" ");
  return { width, height: p.height, body, says, title: "Two guests type; what each is told at each symbol, and the work of the server",
    regions: ways.regions ? ways.regions(p) : [], handles: ways.handles ? ways.handles(p, knob) : [] };
}

/** The picture for paper: a moment after it happened. */
export const still = (s, width) => desk({ ...s, printed: true, shown: T, step: s.asking ? s.at - 1 : clamp(s.at + 20, 1, T), ui: {} }, width);
