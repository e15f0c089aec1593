// Forecast Bench, drawn: the series with what was said of each day, who was nearer on which day, and the board of errors.

import { box, circle, line, path, points, px, text, together } from "../shared/draw.js";
import { h } from "../shared/node.js";
import { clamp, fixed, short } from "../shared/numbers.js";
import { gridY, labelBox, scale } from "../shared/plot.js";
import { AHEAD, END, LAGS, dayNumber } from "./maths.js";

const BAND = 44; // above the plot, where the horizon's handle is
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
export const NAMES = {
  yours: "your mix", network: "network", last: "last value", week: "last week", season: "season’s mean", damped: "damped season", weekdays: "damped week", regression: "regression", trees: "boosted trees",
  nearest: "like, shuffled", purged: "like, purged", ordered: "like, ordered" };

const date = (s, t) => new Date(dayNumber(s.start + t) * 864e5);

/** How many decimals a day of the series has, or two. */
export const decimals = ({ one }) => (one.scale === 1000 ? 3 : 2);

/** A day as one says it. */
export const dayOf = (s, t) => (s.series === "walk" ? `day ${s.start + t}` : `${date(s, t).getUTCDate()} ${MONTHS[date(s, t).getUTCMonth()]}`);

/** A number in the series' unit. */
export const amount = (s, v, digits = 2) => `${fixed(v, digits)}${{ temperature: "\u00A0°C", ridership: "\u00A0k" }[s.series] ?? ""}`;

/** How the names of the two stand while the question is open. */
export const nameOf = (s, who) => (s.asking ? { yours: "A", network: "B" }[who] : who === "yours" ? partOf(s) ?? NAMES.yours : NAMES[who]);

/** If the mix is one part alone, its name. */
function partOf({ mix }) {
  const only = mix.findIndex((v) => v === 1);
  return mix.every((v) => v === 0) ? "season’s mean" : only >= 0 && mix.every((v, k) => k === only || v === 0) ? ["last value", "last week", "28-day mean"][only] : null;
}

function places(s, width, height) {
  const roomy = width > 480;
  const [left, right, top, bottom] = [34, width - 12, BAND, height - 24];
  const back = roomy ? LAGS : 14;
  const x = scale([-back, END + AHEAD], [left, right]);
  const seen = s.one.y.slice(s.start - back, s.start + END + AHEAD + 1);
  const [low, high] = [Math.min(...seen), Math.max(...seen)];
  const y = scale([low - 0.08 * (high - low), high + 0.08 * (high - low)], [bottom, top]);
  return { roomy, left, right, top, bottom, back, x, y, low, high };
}

/** Round values for the grid. */
function ticks(low, high) {
  const step = [1, 2, 5, 10, 20, 50].find((one) => (high - low) / one <= 5) ?? 100;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, k) => (first + k) * step);
}

/** The days below the plot: the first of each month, or, of a walk, every 28th. */
function days(s, p) {
  const all = Array.from({ length: p.back + END + AHEAD - 3 }, (_, k) => k - p.back + 2);
  const marked = all.filter((t) => (s.series === "walk" ? (s.start + t) % 28 === 0 : date(s, t).getUTCDate() === 1));
  return marked.flatMap((t) => [line(p.x(t), p.bottom, p.x(t), p.bottom + 4, "rk-axis"),
    text(p.x(t), p.bottom + 17, s.series === "walk" ? `day ${s.start + t}` : MONTHS[date(s, t).getUTCMonth()], "rk-tick", "middle")]);
}

/** What was said of each day up to the origin, and from there of the days ahead; both slid back. */
export function curves(s, p) {
  const by = s.slide;
  const passed = (values) => values.slice(0, s.step + 1).map((v, t) => [t, v]);
  const way = (name, back) => points([...passed(s.said[name]), ...(s.fan[name] ?? []).map((v, k) => [s.step + k + 1, v])].map(([t, v]) => [p.x(t - back), p.y(v)]));
  return { yours: way("yours", by), network: way("network", by), nearest: s.split === "shuffled" && !s.asking ? way("nearest", 0) : "" };
}

/** The series and the forecasts of it. */
export function chart(s, width, height) {
  const p = places(s, width, height);
  const { x, y, left, right, top, bottom } = p;
  const { y: truth } = s.one;
  const at = (from, to) => points(truth.slice(s.start + from, s.start + to + 1).map((v, k) => [x(from + k), y(v)]));
  const lines = curves(s, p);
  const ghost = s.ghost && s.ghost.series === s.series && s.ghost.stretch === s.stretch && !s.asking
    ? [s.ghost.said.yours, ...s.ghost.horizon === s.horizon ? [] : [s.ghost.said.network]].map((values) => points(values.slice(0, s.step + 1).map((v, t) => [x(t), y(v)]))) : [""];
  const clipped = (...nodes) => h("svg", { x: 0, y: top, width: px(width), height: px(bottom - top), overflow: "hidden" }, h("g", { transform: `translate(0 ${-top})` }, ...nodes));
  const weekly = Array.from({ length: Math.floor(END / 7) + 1 }, (_, k) => 7 * k);
  const dots = (name, column) => weekly.filter((t) => t <= s.step).map((t) => circle(x(t - (name === "nearest" ? 0 : s.slide)), clamp(y(s.said[name][t]), top, bottom), 1.5, `rk-said rk-of-${name}`,
    { "data-cell": `h:${t}:${column}`, "data-h": fixed(s.said[name][t], 3) }));
  const now = x(s.step);
  const end = x(s.step + s.horizon);
  const body = [
    box(now, top, right - now, bottom - top, "rk-ahead-zone"),
    ...gridY(ticks(p.low, p.high), y, [left, right], (v) => short(v)),
    ...days(s, p),
    s.series === "walk" ? null : text(left, 12, { temperature: "°C, the day’s mean", ridership: "thousand people a day" }[s.series], "rk-tick"),
    clipped(
      path(ghost.join(""), "rk-ghost"),
      path(at(-p.back, s.step), "rk-truth"), path(at(s.step, END + AHEAD), "rk-truth rk-later-on"),
      path(lines.nearest, "rk-said-line rk-of-nearest"),
      path(lines.yours, `rk-said-line ${s.asking ? "rk-one-of-two" : "rk-of-yours"}`), path(lines.network, `rk-said-line ${s.asking ? "rk-other-of-two" : "rk-of-network"}`),
    ),
    ...weekly.map((t) => circle(x(t), y(s.truth[t]), 1.5, "rk-fact", { "data-cell": `h:${t}:0`, "data-h": fixed(s.truth[t], decimals(s)) })),
    ...s.asking || s.printed ? [] : [...dots("yours", 1), ...dots("network", 2), ...s.split === "shuffled" ? dots("nearest", 3) : []],
    ...s.asking ? [] : windows(s, p),
    line(now, top - 12, now, bottom, "rk-now"),
    path(`M${px(now)} ${px(top - 12)}H${px(end)}`, "rk-as-far"),
    ...names(s, p),
  ];
  const says = s.asking ? `Two forecasts, A and B, follow ${s.series === "walk" ? "a random walk" : `the ${s.series}`} for 13 weeks.`
    : `On ${dayOf(s, s.step)} came ${amount(s, s.truth[s.step])}; ${nameOf(s, "yours")} had said ${amount(s, s.said.yours[s.step])}, the network ${amount(s, s.said.network[s.step])}.`;
  return {
    width, height, body, says, title: `${s.series === "walk" ? "A random walk" : `Daily ${s.series}`}, and what was said of it ${ahead(s)} before`,
    handles: s.printed || s.asking ? [] : [{ name: "knob-horizon", trait: "horizon", letter: "k", flat: true, title: "horizon, in days", look: "rk-far", x: end, y: top - 12,
      pull: (where) => Math.round(x.back(where) - s.step) }],
    regions: [{ name: "origin", title: "origin", looks: true, look: "rk-scrub", value: s.step, low: 0, high: END, says: `day ${s.step + 1}, ${dayOf(s, s.step)}`,
      x: left, y: top, width: right - left, height: bottom - top, pull: (where) => ({ step: clamp(Math.round(x.back(where)), 0, END) }), keys: () => false }],
  };
}

export const ahead = ({ horizon }) => (horizon === 1 ? "a day" : `${horizon} days`);

/** A letter or a name at each forecast: above or below a day on which it lies outside, clear of all curves. */
function names(s, p) {
  if (!s.step) return [];
  const at = (who, t) => [p.x(t - s.slide), p.y(s.said[who][t])];
  const dense = (list) => list.flatMap(([x, y], k) => (k ? [0.25, 0.5, 0.75, 1] : [1]).map((f) => [x + (f - 1) * (x - list[Math.max(0, k - 1)][0]), y + (f - 1) * (y - list[Math.max(0, k - 1)][1])]));
  const dots = [s.truth.slice(0, s.step + 1).map((v, t) => [p.x(t), p.y(v)]), ...["yours", "network"].map((who) => s.said[who].slice(0, s.step + 1).map((_, t) => at(who, t)))].flatMap(dense);
  const taken = [{ left: p.x(s.step) - 3, right: p.x(s.step) + 3, top: p.top, bottom: p.bottom }];
  const hits = (it) => dots.filter(([x, y]) => x > it.left - 2 && x < it.right + 2 && y > it.top - 3 && y < it.bottom + 3).length
    + 99 * taken.filter((other) => it.left < other.right && other.left < it.right && it.top < other.bottom && other.top < it.bottom).length
    + 99 * (it.left < p.left + 2 || it.right > p.right - 2 || it.top < p.top + 2 || it.bottom > p.bottom - (s.split === "shuffled" ? 14 : 2));
  const label = (who, other) => {
    const away = (t) => s.said[who][t] - s.said[other][t];
    const order = Array.from({ length: s.step + 1 }, (_, t) => t).toSorted((a, b) => Math.abs(away(b)) - Math.abs(away(a))).slice(0, 60);
    const spots = order.map((t) => {
      const [x, y] = at(who, t);
      const up = away(t) >= 0;
      const spot = { x, y: y + (up ? -7 : 16), words: nameOf(s, who), anchor: "middle" };
      return { spot, cost: hits(labelBox(spot)) };
    });
    const best = spots.reduce((a, b) => (b.cost < a.cost ? b : a));
    if (best.cost > (s.asking ? 98 : 12)) return null;
    taken.push(labelBox(best.spot));
    return text(best.spot.x, best.spot.y, best.spot.words, "rk-label rk-ink rk-strong rk-backed", "middle");
  };
  return [label("yours", "network"), label("network", "yours")];
}

/** Where the windows stand that are most like the last 28 days; with a shuffled split, beside them. */
function windows(s, p) {
  if (s.split !== "shuffled") return [];
  const bar = (end, row, look) => {
    const [from, to] = [end - LAGS + 1 - s.start, end - s.start].map((t) => clamp(p.x(t), p.left, p.right));
    return to > from ? path(`M${px(from)} ${px(p.bottom - row)}H${px(to)}`, look) : null;
  };
  return [bar(s.origin, 3, "rk-window"), ...s.windows.map((end, k) => bar(end, 7 + 4 * k, "rk-window rk-its-like"))];
}

/** Day by day: up where the network was nearer than yours, down where it was farther off. */
export function lane(s, width, height = 62) {
  const p = places(s, width, 200);
  const middle = height / 2;
  const most = Math.max(...s.gains.map(Math.abs)) || 1;
  const wide = Math.max(1.5, (p.x(1) - p.x(0)) - 1);
  const bars = (sign) => s.gains.map((v, t) => {
    const tall = Math.abs(v) / most * (middle - 14);
    return v * sign > 0 && t <= s.step ? `M${px(p.x(t) - wide / 2)} ${px(middle)}v${px(-sign * Math.max(1, tall))}h${px(wide)}v${px(sign * Math.max(1, tall))}Z` : "";
  }).join("");
  const shown = s.gains.slice(0, s.step + 1);
  const nearer = shown.filter((v) => v > 0).length;
  return {
    width, height, title: "Who was nearer, day by day",
    body: [
      line(p.left, middle, p.right, middle, "rk-gridline"),
      s.asking ? null : path(bars(1), "rk-nearer"), s.asking ? null : path(bars(-1), "rk-farther"),
      text(p.left, 11, s.asking ? "which was nearer, day by day: ?" : `network nearer: ${nearer} of ${shown.length} days${s.slide ? ", in place" : ""}`, "rk-tick rk-ink"),
      text(p.left, height - 3, s.asking ? "" : `farther off: ${shown.length - nearer}`, "rk-tick rk-ink"),
      s.asking ? null : line(p.x(s.step), 16, p.x(s.step), height - 14, "rk-hover"),
    ],
    says: s.asking ? "Hidden until you answer." : `Up to this day the network was nearer on ${nearer} of ${shown.length} days.`,
  };
}

/** Who stands on the board: at 7 and 14 days the last value is last week's, and has one row; so has a mix that is one of them alone. */
export function rowsOf(s) {
  if (s.asking) return ["yours", "network"];
  const weeks = s.horizon % 7 === 0;
  const mine = { "last value": "last", "last week": weeks ? "last" : "week", "season’s mean": "season" }[partOf(s)];
  const others = (all) => all.filter((name) => name !== mine);
  if (s.split === "shuffled") return others(["yours", "network", "trees", ...new Set(["last", s.rival === "week" && weeks ? "last" : s.rival]), "nearest", "purged", "ordered"]);
  return others(["yours", "network", "trees", "regression", "last", ...weeks ? [] : ["week"], "season", "damped", "weekdays", "ordered"]);
}

/** The errors over the whole stretch, as bars. */
export function board(s, width, pitch = 24) {
  const rows = rowsOf(s);
  const rival = s.rival === "week" && s.horizon % 7 === 0 ? "last" : s.rival;
  const [left, mae, mase] = [128, width - 48, width - 2];
  const [from, to] = [left, mae - 46];
  const most = 1.25 * Math.max(...["last", "week", "network", "yours"].map((name) => Math.min(s.board[name].mae, 3 * s.board[rival].mae)));
  const x = scale([0, most], [from, to]);
  const name = (who) => (who === "last" && s.horizon % 7 === 0 ? "last (week’s)" : s.asking || who === "yours" ? nameOf(s, who) : NAMES[who]);
  const height = 24 + (s.asking && pitch < 20 ? 2 : 10) * pitch + 18;
  const foot = 24 + rows.length * pitch;
  const row = (who, k) => {
    const [top, one] = [24 + k * pitch, s.board[who]];
    const look = { yours: "rk-of-yours", network: "rk-of-network", nearest: "rk-of-nearest", purged: "rk-of-nearest", ordered: "rk-of-nearest" }[who] ?? "rk-of-others";
    const drawn = who === "yours" || who === "network" || (who === "nearest" && s.split === "shuffled");
    return [
      path(drawn ? `M0 ${px(top + pitch / 2 - 1)}h20` : "", `rk-said-line ${s.asking ? (who === "yours" ? "rk-one-of-two" : "rk-other-of-two") : look}`),
      text(26, top + pitch / 2 + 3, name(who), `rk-ink${who === "yours" || who === "network" ? " rk-strong" : ""}`),
      s.asking ? null : box(from, top + 5, Math.min(x(one.mae), to + 4) - from, Math.max(6, pitch - 12), `rk-error ${look}`),
      s.asking || x(one.mae) <= to + 4 ? null : path([0, 4].map((by) => `M${px(to - 8 + by)} ${px(top + pitch - 5)}l4 ${px(8 - pitch)}`).join(""), "rk-broken"),
      text(mae, top + pitch / 2 + 3, s.asking ? "?" : fixed(one.mae, 2), "rk-ink", "end"),
      text(mase, top + pitch / 2 + 3, s.asking ? "?" : fixed(one.mase, 2), "rk-ink", "end"),
    ];
  };
  return {
    width, height, title: `Mean absolute errors, ${ahead(s)} ahead`,
    body: [
      text(0, 13, `${ahead(s)} ahead, 91 days; m = ${s.one.season}`, "rk-tick rk-ink", "start", { "data-cell": "x:1" }), text(mae, 13, "MAE", "rk-tick", "end"), text(mase, 13, "MASE", "rk-tick", "end"),
      ...rows.map(row),
      s.asking && pitch >= 20 ? text(26, 24 + 3 * pitch, "and who else: after your answer", "rk-tick") : null,
      ...s.asking ? [] : [line(x(s.board[rival].mae), 22, x(s.board[rival].mae), foot + 4, "rk-mark"),
        text(width - 2, foot + 15, "upright: the best naive, by the year before", "rk-tick", "end")],
    ],
    says: s.asking ? "Hidden until you answer." : rows.map((who) => `${name(who)} ${fixed(s.board[who].mae, 2)}`).join(", "),
  };
}

/** The picture for paper. */
export function still(s, width) {
  const at = { ...s, printed: true, ui: {} };
  const wide = width > 500;
  const both = [chart(at, width, wide ? 230 : 190), lane(at, width), board(at, wide ? 420 : width)];
  return { ...together(both, 1, 10), width, title: both[0].title };
}
