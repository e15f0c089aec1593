// Spectrum Scope, drawn: the eigenvalues of W, a disc of small changes after t steps, its growth over time, and two runs.

import { norm } from "../compute/linalg.js";
import { box, circle, line, path, points, px, text, together } from "../shared/draw.js";
import { num, power } from "../shared/magnitude.js";
import { clamp, fixed, short } from "../shared/numbers.js";
import { disc as around, gridY, placeLabels, scale, ticksX } from "../shared/plot.js";
import { END, HALO, leanFor, moved, rim } from "./maths.js";

const DECADES = [-4, 4]; // of growth
const WIDE = 12.5; // of the picture of the disc, in its radii
const DOTS = 21; // states that are dotted on a run; later ones lie in a heap
const NEAR = 0.06; // how near to the axis a pair is taken to be on it
const TURN = Array.from({ length: 73 }, (_, k) => Math.PI * k / 36);

/** A factor as one says it: ×11.4, ×0.02, and ×0 for nothing but 0. */
export const factor = (v) => `×${v === 0 ? "0" : v >= 0.095 && v < 1000 ? fixed(v, v < 10 ? 2 : 1) : num(v)}`;

/** What is looked at: step t, or 0 until the question is answered, and how far a move has come into the next one. */
const moment = (s) => [s.asking ? 0 : s.step, !s.asking && s.ui.moving && s.step < END ? s.ui.fraction ?? 0 : 0];
const shownTo = (s) => (s.asking ? 0 : s.ui.moving || s.ui.telling ? s.step : END);

/** Between two values of a list. */
const between = (list, t, part) => (part ? list[t] * (1 - part) + list[t + 1] * part : list[t]);

/** The complex plane: inside the unit circle it is said to shrink, outside to grow. */
export function plane(s, width, height) {
  const reach = s.H > 4 ? 2.3 : 1.5;
  const unit = Math.min(width, height) / 2 / reach;
  const [cx, cy] = [width / 2, height / 2];
  const [x, y] = [(v) => clamp(cx + unit * v, 12, width - 12), (v) => clamp(cy - unit * v, 12, height - 12)];
  const free = !s.asking && !s.printed;
  const halo = s.H === 2 && !s.seed && !s.asking ? haloPath(s, (a, far) => [clamp(cx + unit * (s.gain * s.eigenvalues[0][0] + far * Math.cos(a)), 0, width), clamp(cy - unit * far * Math.sin(a), 0, height)]) : "";
  const top = s.H === 2 ? rim(s.eigenvalues[0], s.lean, s.gain, Math.PI / 2) ?? 0 : 0;
  const small = width < 200;
  const body = [
    box(0, 0, width, height, "rk-outside", { rx: 8 }),
    circle(cx, cy, unit, "rk-inside"),
    line(0, cy, width, cy, "rk-gridline"), line(cx, 0, cx, height, "rk-gridline"),
    circle(cx, cy, unit, "rk-circle"),
    path(s.ghost && s.ghost.H === s.H ? s.ghost.eigen.map(({ re, im }) => `M${px(x(re) - 5)} ${px(y(im))}h10m-5 -5v10`).join("") : "", "rk-ghost"),
    path(halo, "rk-halo"),
    text(6, 14, small ? "grows?" : "outside: grows?", "rk-tick rk-ink"),
    text(cx - unit * 0.45, cy + unit * 0.42, small ? "" : "shrinks?", "rk-tick rk-ink", "middle"),
    halo ? text(width - 6, height - 8, `dotted: W off by ${HALO}`, "rk-tick rk-ink", "end") : null,
    ...s.eigen.map(({ re, im }) => (free ? null : circle(x(re), y(im), 7, "rk-eigen"))),
  ];
  const one = ({ re, im, k, i }) => eigenHandle(s, k, i, [re, im], [x(re), y(im)], ([ax, ay]) => [(ax - cx) / unit, (cy - ay) / unit]);
  return {
    width, height, body, title: "The eigenvalues of W, and the unit circle", says: plainly(s),
    handles: free ? [
      ...s.eigen.map(one),
      ...s.H === 2 && s.gain > 0 ? [{ name: "knob-lean", trait: "lean", letter: "", relative: true, look: "rk-rim", title: "lean of the eigenvectors",
        x: x(s.gain * s.eigenvalues[0][0]), y: y(Math.max(top, 0.2)), pull: (_, at) => leanFor(s.eigenvalues[0], s.gain, Math.max(0, (cy - at) / unit)) }] : [],
    ] : [],
  };
}

const written = (re, im) => `${fixed(re, 2)}${im ? ` ${im < 0 ? "−" : "+"} ${fixed(Math.abs(im), 2)} i` : ""}`;

function haloPath(s, at) {
  const rims = TURN.map((angle) => [angle, rim(s.eigenvalues[0], s.lean, s.gain, angle)]);
  const runs = rims.reduce((all, [angle, far]) => {
    if (far === null) all.push([]);
    else all.at(-1).push(at(angle, far));
    return all;
  }, [[]]);
  return runs.filter((one) => one.length > 1).map(points).join("");
}

/** Which way an arrow key moves what has two numbers, times a step. */
const arrow = (event, size) => ({ ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key]?.map((v) => v * size * (event.shiftKey ? 10 : 1)));

/** One eigenvalue as something to drag in two directions. */
function eigenHandle(s, k, i, [re, im], [x, y], back) {
  const partner = im ? null : s.eigen[2 * k + 1 - i].re / (s.gain || 1);
  const side = im < 0 ? -1 : 1;
  let other = partner;
  const go = (to, near) => {
    const [pair, next] = moved([to[0] / s.gain, side * to[1] / s.gain], other, near / s.gain);
    other = next;
    return { eigenvalues: s.eigenvalues.map((old, n) => (n === k ? pair : old)) };
  };
  return {
    name: `eigen-${k}-${i}`, letter: "", relative: true, look: "rk-eigenvalue", title: `eigenvalue ${2 * k + i + 1} of W`, x, y,
    value: Number(Math.sqrt(re * re + im * im).toFixed(3)), low: 0, high: 20, says: written(re, im),
    pull: (...to) => (s.gain < 0.05 ? undefined : go(back(to), NEAR)),
    keys: (event, begins) => {
      const by = arrow(event, 0.02);
      if (!by || s.gain < 0.05) return Boolean(by);
      begins();
      other = partner;
      return go([re + by[0], im + by[1]], 0.015);
    },
  };
}

const plainly = (s) => `Largest ${fixed(s.radius, 2)}: ${s.eigen.toSorted((a, b) => norm([b.re, b.im]) - norm([a.re, a.im])).slice(0, 4).map(({ re, im }) => written(re, im)).join(", ")}${s.H > 4 ? " and more" : ""}.`;

/** Between two steps, towards the nearer of two ways to write the same ellipse. */
function product(s) {
  const [t, part] = moment(s);
  if (!part) return s.Ps[t];
  const [a, b] = [s.Ps[t], s.Ps[t + 1]];
  const alike = a.reduce((sum, column, j) => sum + column[0] * b[j][0] + column[1] * b[j][1], 0) < 0 ? -1 : 1;
  return a.map((column, j) => column.map((v, i) => v * (1 - part) + alike * part * b[j][i]));
}

const sent = ([p, q], [a, b]) => [a * p[0] + b * q[0], a * p[1] + b * q[1]];

/** What a thin ellipse is. */
function needle({ H, spectra, step: t, asking, ui }, roomy) {
  const [long, thin] = [spectra[t][0], spectra[t].at(-1)];
  return asking || ui.moving || H > 2 || thin > 0.1 * long ? "" : `${roomy ? "nearly a line: " : ""}${factor(thin)} across`;
}

/** The hero: a disc of small changes, orange where it has grown, blue where it was lost; beyond two units, bars. */
export function disc(s, width, height) {
  const body = s.H === 2 ? ellipses(s, width, height) : bars(s, width, height);
  const [t] = moment(s);
  const big = height > 200;
  const head = [text(4, big ? 34 : 22, s.asking ? "×?" : factor(s.grown[t]), `rk-times${big ? "" : " rk-little"}`, "start", { "data-cell": `times:${s.step}` }),
    text(4, big ? 54 : 38, `step ${s.step}`, "rk-label"),
    text(width - 4, width > 400 ? 20 : height - 6, needle(s, width > 400), "rk-label", "end")];
  return {
    width, height, body: [...body, ...head], title: "A disc of small changes to h, after the steps so far",
    says: s.asking ? "Whether it grows is hidden until you say what you expect." : `After step ${t} its longest half is ${factor(s.grown[t])}; at most ${factor(s.peak)}, at step ${s.peakAt}.`,
  };
}

/** The half axes of what two units' product makes of the disc, and the angle of the long one. */
function axes([[a, c], [b, d]]) {
  const [x, y, xy] = [a * a + b * b, c * c + d * d, a * c + b * d];
  const long = Math.sqrt((x + y) / 2 + Math.sqrt(((x - y) / 2) ** 2 + xy * xy));
  return [long, long && Math.abs(a * d - b * c) / long, Math.atan2(2 * xy, x - y) / 2];
}

function ellipses(s, width, height) {
  const [cx, cy, unit] = [width / 2, height / 2, width / WIDE / 2];
  const at = ([a, b]) => [cx + unit * a, cy - unit * b];
  const oval = (P) => {
    const [whole, thin, angle] = axes(P);
    const [c, d] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
    const long = Math.min(whole, Math.min(cx / (c + 1e-9), cy / (d + 1e-9)) / unit); // no further than the picture's edge
    const narrow = Math.min(thin, Math.min(cx / (d + 1e-9), cy / (c + 1e-9)) / unit);
    const tips = [1, -1].map((side) => at([side * long * Math.cos(angle), side * long * Math.sin(angle)]).map(px).join(" "));
    const arc = `A${px(unit * long)} ${px(unit * narrow)} ${px(-angle * 180 / Math.PI)} 1 0 `;
    return `M${tips[0]}${arc}${tips[1]}${arc}${tips[0]}Z`;
  };
  const [t, part] = moment(s);
  const P = product(s);
  const stays = points(TURN.slice(1).map((angle) => { // of the ellipse, what is inside the disc
    const [a, b] = sent(P, [Math.cos(angle), Math.sin(angle)]);
    const long = Math.max(1, Math.sqrt(a * a + b * b));
    return at([a / long, b / long]);
  }));
  const trail = Array.from({ length: 8 }, (_, k) => k + 1).filter((k) => !s.asking && k < t + part);
  const tip = at(sent(P, direction(s)));
  return [
    ...[4, 8].filter((r) => 2 * unit * r < height).flatMap((r) => [circle(cx, cy, unit * r, "rk-scale"), text(cx, cy + unit * r - 4, `×${r}`, "rk-label", "middle")]),
    path(s.ghost?.H === 2 ? oval(s.ghost.Ps[s.ghost.peakAt]) : "", "rk-ghost"),
    ...trail.map((k) => path(oval(s.Ps[k]), s.grown[k] > 1 ? "rk-trail rk-grown" : "rk-trail rk-lost")),
    circle(cx, cy, unit, "rk-was-here"),
    path(oval(P), "rk-stretched"),
    path(`${stays}Z`, "rk-both"),
    circle(cx, cy, unit, "rk-as-was"),
    path(oval(P), "rk-outline"),
    s.asking ? null : line(cx, cy, clamp(tip[0], 0, width), clamp(tip[1], 0, height), "rk-arm"),
    s.asking ? null : circle(clamp(tip[0], 4, width - 4), clamp(tip[1], 4, height - 4), 4.5, "rk-tip"),
    s.asking ? text(cx, cy - unit - 14, "?", "rk-ask", "middle") : null,
  ];
}

/** The way from A to B at the start, of length 1. */
function direction(s) {
  const way = s.push.flat();
  const long = norm(way);
  return long ? way.map((v) => v / long) : way.map((_, k) => Number(k === 0));
}

function bars(s, width, height) {
  const [t] = moment(s);
  const [left, top, bottom] = [40, height > 200 ? 66 : 46, height - 10];
  const y = scale(DECADES, [bottom, top]);
  const wide = (width - left - 8) / s.H;
  const one = y(0);
  const at = (v) => y(clamp(Math.log10(v), ...DECADES));
  return [
    ...gridY([-4, -2, 0, 2, 4], y, [left, width - 8], power),
    ...s.spectra[t].map((v, k) => box(left + wide * (k + 0.15), Math.min(at(v), one), wide * 0.7, v > 0 ? Math.max(1, Math.abs(at(v) - one)) : 0, v > 1 ? "rk-grown" : "rk-lost")),
    ...s.spectra[t].map((v, k) => (v === 0 ? text(left + wide * (k + 0.5), one - 4, "0", "rk-tick rk-ink", "middle") : null)),
    line(left, one, width - 8, one, "rk-one"),
  ];
}

/** The size of the change over time, in decades. */
export function growth(s, width, height) {
  const [left, right, top, bottom] = [36, width - 12, 8, height - 24];
  const [x, y] = [scale([0, END], [left, right]), scale(DECADES, [bottom, top])];
  const level = (v) => y(clamp(Math.log10(v), ...DECADES));
  const [t, part] = moment(s);
  const last = shownTo(s);
  const logs = s.grown.map(level);
  const head = [x(t + part), between(logs, t, part)];
  const curve = (values, to) => values.slice(0, to + 1).map((v, k) => [x(k), v]);
  const passed = [...curve(logs, t), ...part ? [head] : []];
  const area = (from, edge) => `${points([[x(0), y(0)], ...passed.map(([a, b]) => [a, edge(b, y(0))]), [head[0], y(0)]])}Z`;
  const beyond = (v = 1) => !(v > 10 ** DECADES[0] && v < 10 ** DECADES[1]);
  const broken = (values, to) => { // a curve that ends at the edge, and comes back from there
    const off = (k) => beyond(values[k]) && beyond(values[k - 1]) && beyond(values[k + 1]);
    return values.slice(0, to + 1).map((v, k) => (off(k) ? "" : `${k && !off(k - 1) ? "L" : "M"}${px(x(k))} ${px(level(v))}`)).join("");
  };
  const straight = (rate, look) => {
    const slope = Math.log10(rate);
    if (!(rate > 0)) return path("", look);
    const end = slope === 0 ? END : Math.min(END, (slope > 0 ? DECADES[1] : DECADES[0]) / slope);
    return path(points([[x(0), y(0)], [x(end), y(end * slope)]]), look);
  };
  const rate = Math.exp(s.longest);
  const fall = (r, share) => { // a point of a line of powers that is inside the picture
    const k = Math.min(END, Math.abs(r - 1) < 1e-6 || !(r > 0) ? END : Math.abs((r > 1 ? DECADES[1] : DECADES[0]) / Math.log10(r))) * share;
    return { x: x(k), y: level(r ** k), must: false };
  };
  const same = s.widest - s.radius < 0.005;
  const labels = s.radius > 0 ? [
    { ...fall(s.radius, 0.7), words: `${fixed(s.radius, 2)}ᵗ ${same ? "eigenvalue = singular value" : "eigenvalue"}`, gap: 8 },
    ...same ? [] : [{ ...fall(s.widest, 0.6), words: `${fixed(s.widest, 2)}ᵗ singular value`, gap: 8 }],
  ] : [];
  const peak = !s.asking && last === END && s.peak > 1.1 ? [{ x: x(s.peakAt), y: logs[s.peakAt], words: `${factor(s.peak)} at step ${s.peakAt}`, gap: 9, look: "rk-label rk-ink rk-strong", must: true }] : [];
  const zero = s.gone > 0 && !s.asking && last >= s.gone ? [{ x: x(s.gone), y: y(DECADES[0]), words: `exactly 0 from step ${s.gone}`, gap: 9, look: "rk-label rk-ink rk-strong", must: true }] : [];
  const ticks = [0, 10, 20, 30, 40, 50, 60].filter((k) => width > 330 || k % 20 === 0);
  const body = [
    ...gridY([-4, -2, 0, 2, 4], y, [left, right], power),
    ...ticksX(ticks, x, bottom),
    path(area(0, Math.min), "rk-grown"), path(area(0, Math.max), "rk-lost"),
    straight(s.radius, "rk-promise"), straight(s.widest, "rk-promise rk-bound"),
    line(left, y(0), right, y(0), "rk-one"),
    ...s.asking ? [] : Array.from({ length: s.H - 1 }, (_, j) => path(broken(s.spectra.map((values) => values[j + 1]), last), "rk-other")),
    path(s.ghost ? broken(s.ghost.grown, END) : "", "rk-ghost"),
    path(s.asking ? "" : broken(s.grown, last), "rk-coming"),
    path(s.asking ? "" : broken(s.grown, t) + (part && !beyond(s.grown[t]) ? `L${head.map(px).join(" ")}` : ""), "rk-trace"),
    s.asking || last < END || !(rate > 0) ? path("", "rk-slope") : path(slopeLine(s, x, y, logs), "rk-slope"),
    ...placeLabels([...zero, ...peak, ...labels], [around(head[0], head[1], 9), ...s.asking ? [around(x(30), y(0) - 26, 18)] : []], { left: left + 2, right, top: top + 2, bottom: bottom - 2 }),
    s.asking ? text(x(30), y(0) - 16, "?", "rk-ask", "middle") : null,
    s.asking ? null : line(head[0], top, head[0], bottom, "rk-hover"),
    s.asking ? null : circle(...head, 7, "rk-now"),
  ];
  return {
    width, height, body, title: "The size of the change, by step, in powers of ten",
    says: s.asking ? "Hidden until you say what you expect." : `${factor(s.grown[t])} at step ${t}, ${factor(s.grown[END])} at step ${END}; in the long run about ${factor(rate)} a step.`,
    regions: [{ name: "scrub", title: "step", looks: true, look: "rk-scrub", value: s.step, low: 0, high: END, says: `step ${s.step}${s.asking ? "" : `, ${factor(s.grown[s.step])}`}`,
      x: left, y: top, width: right - left, height: bottom - top, pull: (at) => ({ step: clamp(Math.round(x.back(at)), 0, END) }), keys: () => false }],
  };
}

/** The slope of the long run, through the last point that is in the picture. */
function slopeLine(s, x, y, logs) {
  const end = s.grown.findLastIndex((v) => v > 10 ** DECADES[0] && v < 10 ** DECADES[1]);
  if (end < 12) return "";
  const drop = s.longest / Math.LN10;
  return points([end - 12, end + 3].map((k) => [x(Math.min(END, k)), clamp(logs[end] - 7 + (y(1) - y(0)) * drop * (Math.min(END, k) - end), y(DECADES[1]), y(DECADES[0]))]));
}

const STEPS = [1, 1.5, 2, 3, 5, 7.5, 10];

/** The smallest round number that holds unit k of both runs; while a start is dragged, of the runs before. */
function reachOf(s, k) {
  const { hs, bs } = ["knob-start", "knob-push"].includes(s.ui.held) && s.ghost ? s.ghost : s;
  const most = 1.08 * Math.max(0.02, ...[...hs, ...bs].map((h) => Math.abs(h[k])));
  const ten = 10 ** Math.floor(Math.log10(most));
  return ten * STEPS.find((step) => ten * step >= most);
}

/** Where a run starts, to drag: B's start is kept as its way from A's. */
function startHandle(s, name, who, from, [x, y], back) {
  const away = name === "push" ? s.start[0] : [0, 0];
  const go = (to) => ({ [name]: s[name].map((old, k) => (k ? old : old.map((_, i) => Number(clamp(to[i] - away[i], -1, 1).toFixed(3))))) });
  return {
    name: `knob-${name}`, letter: "", relative: true, look: "rk-from", title: `start of ${who}`, x, y, value: Number(norm(from).toFixed(3)), low: 0, high: 9,
    says: `h₁ ${fixed(from[0])}, h₂ ${fixed(from[1])}`, pull: (...to) => go(back(to)),
    keys: (event, begins) => {
      const by = arrow(event, 0.002);
      if (!by) return false;
      begins();
      return go([from[0] + by[0], from[1] + by[1]]);
    },
  };
}

/** Two runs, A and B, in the plane of both units or, with more of them, unit 1 over time. */
export function twins(s, width, height) {
  const flat = s.H === 2;
  const foot = 36;
  const [left, right, top, bottom] = flat ? [0, width, 0, height - foot] : [8, width - 8, 8, height - foot - 8];
  const [cx, cy] = [(left + right) / 2, (top + bottom) / 2];
  const reaches = [reachOf(s, 0), reachOf(s, flat ? 1 : 0)];
  const [across, up] = [(right - left) / 2 / reaches[0], (bottom - top) / 2 / reaches[1]];
  const time = scale([0, END], [left + 10, right - 10]);
  const at = (h, t) => (flat ? [clamp(cx + across * h[0], left, right), clamp(cy - up * h[1], top, bottom)] : [time(t), clamp(cy - up * h[0], top, bottom)]);
  const [t, part] = moment(s);
  const last = shownTo(s);
  const track = (hs, to) => points(hs.slice(0, to + 1).map((h, k) => at(h, k)));
  const head = (hs) => {
    const [a, b] = [at(hs[t], t), at(hs[Math.min(END, t + 1)], Math.min(END, t + 1))];
    return a.map((v, k) => v * (1 - part) + b[k] * part);
  };
  const [a, b] = [head(s.hs), head(s.bs)];
  const larger = s.gaps[t] > s.gaps[0];
  const state = (h, k) => {
    const [dx, dy] = at(h, k);
    return k <= last && Math.abs(h[0]) < 1000 ? circle(dx, dy, 1.8, k > t ? "rk-step rk-to-come" : "rk-step", { "data-cell": `h:${k}:0`, "data-h": fixed(h[0], 3) }) : null;
  };
  const starts = s.asking || s.printed ? [] : [["start", "A", s.hs[0]], ["push", "B", s.bs[0]]].map(([name, who, from]) => startHandle(s, name, who, from, at(from, 0),
    ([ax, ay]) => (flat ? [(ax - cx) / across, (cy - ay) / up] : [(cy - ay) / up, from[1]])));
  const taken = [a, b, ...starts.map((one) => [one.x, one.y])].map(([ax, ay]) => around(ax, ay, 7));
  const letters = placeLabels([["A", a], ["B", b]].map(([words, [lx, ly]]) => ({ x: lx, y: ly, words, gap: 8, look: "rk-label rk-ink rk-strong" })), taken, { left: 2, right: width - 2, top: 2, bottom: bottom - 2 });
  const body = [
    flat ? line(0, cy, width, cy, "rk-gridline") : line(left, cy, right, cy, "rk-gridline"),
    flat ? line(cx, 0, cx, bottom, "rk-gridline") : null,
    path(s.asking ? "" : track(s.hs, last), "rk-orbit"), path(s.asking ? "" : track(s.bs, last), "rk-orbit rk-dashes"),
    ...s.hs.slice(0, DOTS).map(state),
    line(...a, ...b, larger ? "rk-gap rk-grown" : "rk-gap rk-lost"),
    circle(...a, 5, "rk-a"), circle(...b, 5, "rk-tip"),
    ...letters,
    text(0, height - 20, flat ? `across h₁ ±${num(reaches[0], 2)}, up h₂ ±${num(reaches[1], 2)}` : `across the steps, up h₁ ±${num(reaches[1], 2)}`, "rk-tick"),
    text(0, height - 4, flat ? "B − A at first:" : `gap at first: ${num(s.gaps[0])}`, "rk-tick"),
    ...(flat ? s.push[0] : []).map((v, k) => text(92 + 48 * k, height - 4, short(v), "rk-tick rk-ink", "start", { "data-cell": `x:${k + 1}` })),
    text(width, height - 4, s.asking || width < 280 ? "" : `now ${factor(s.gaps[0] ? s.gaps[t] / s.gaps[0] : 1)}`, "rk-tick rk-ink", "end"),
  ];
  return { width, height, body, handles: starts, title: flat ? "Two runs, A and B, in the plane of both units" : "Two runs, A and B: unit 1 over time",
    says: s.asking ? "Both starts, side by side." : `Their gap is ${num(s.gaps[0])} at first, and ${num(s.gaps[t])} at step ${t}.` };
}

/** The picture for paper. */
export function still(s, width) {
  const at = { ...s, printed: true, ui: {} };
  const wide = width > 500;
  const row = wide ? together([plane(at, 200, 210), disc(at, 270, 210), twins(at, 218, 210)], width, 16)
    : together([disc(at, width, 130), together([plane(at, 150, 150), twins(at, 160, 150)], width, 10)], width - 1, 12);
  const both = together([row, growth(at, width, wide ? 170 : 140)], width, 14);
  const numbers = `${s.activation}, gain ${short(s.gain)}, lean ${short(s.lean)}; |λ| at most ${fixed(s.radius, 2)}`;
  return { ...both, height: both.height + 22, title: "Eigenvalues of W, and a product of Jacobians", says: `${numbers}. ${both.says}`,
    body: [...both.body, text(0, both.height + 14, numbers, "rk-tick")] };
}
