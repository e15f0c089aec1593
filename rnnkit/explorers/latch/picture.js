// Latch, drawn: the next h against h, and h over time. Both pictures share the axis of h.

import { box, circle, letter, line, path, points, px, text, tint, together } from "../shared/draw.js";
import { clamp, fixed, short } from "../shared/numbers.js";
import { curve, disc, gridY, placeLabels, readout, scale, ticksX } from "../shared/plot.js";
import { ballAt, dots, inputBars, inputCells, steps, trace } from "../shared/timeline.js";
import { ASKED, END, T, basins, cycle, foldH, firmly, foldW, resting, run, step, word } from "./maths.js";

const RANGE = [-1.28, 1.28]; // of h, in both pictures
const GRIP = { w: 0.5, b: -0.25, u: -0.85 }; // the h at which each handle holds its curve

/** Everything that the pictures need, from the traits. */
export function derive(traits) {
  const { w, b, u, h0, inputs, ui = {} } = traits;
  const p = { w, b, u };
  const [rest, hs] = [resting(p), run(p, h0, inputs)];
  const flips = cycle(p, rest);
  const at = traits.committed ? traits.step : Math.min(traits.step, ASKED);
  const met = rest.length === 1 && traits.ghost?.rest.length === 3 ? foldH(b) || 0 : null;
  const quiet = !traits.committed || Boolean(ui.telling);
  return { ...traits, step: at, ui, p, hs, rest, met, quiet, flips, zones: basins(rest, flips), h: hs[at] };
}

/** The number for which the curve passes height y at its handle, or at another h. */
function numberFrom(p, key, y, h = GRIP[key]) {
  const now = Math.abs(step(p, h, key === "u" ? 1 : 0));
  const most = Math.max(0.95, Math.min(now, 0.9999)); // beyond, a pixel of the curve would be a leap
  const inside = clamp(y, -most, most);
  const a = Math.atanh(inside) + 8 * (y - inside);
  return { w: (a - p.b) / h, b: a - p.w * h, u: a - p.b - p.w * h }[key];
}

const pale = (s, zone) => (s.quiet || zone.end === null || Math.abs(zone.end) < 0.02 ? "var(--rk-soft)" : tint(zone.end, 0.2));
const full = (s, zone) => (s.quiet || zone.end === null || Math.abs(zone.end) < 0.02 ? "var(--rk-line)" : tint(zone.end, 0.85));
const edges = (zones, k) => [k ? zones[k].from : RANGE[0], k === zones.length - 1 ? RANGE[1] : zones[k].to];

/** The cobweb from step a to step b: up or down to the curve, across to the diagonal. */
const web = (hs, a, b, x, y) => Array.from({ length: Math.max(0, b - a) }, (_, k) =>
  `M${px(x(hs[a + k]))} ${px(y(hs[a + k]))}V${px(y(hs[a + k + 1]))}H${px(x(hs[a + k + 1]))}`).join("");

/** The last step at which h still moved visibly, so that the web of a settled run shows how it came there. */
const lastMove = (hs) => Math.max(0, hs.findLastIndex((h, t) => t > 0 && Math.abs(h - hs[t - 1]) > 0.004));

/** The handles of the curve: knobs beside it, on stems, so that they hide neither a resting point nor a letter. */
function knobs(s, x, y) {
  const lean = clamp(s.w / 0.5, -1, 1);
  const at = (key, input, dx, dy) => {
    const [cx, cy] = [x(GRIP[key]), y(step(s.p, GRIP[key], input))];
    const bottom = y(RANGE[0]) - 14;
    return { key, cx, cy, x: cx + dx, y: clamp(cy + dy, 22, bottom), dy: clamp(cy + dy, 22, bottom) - cy };
  };
  const lifted = step(s.p, GRIP.u, 1); // below its curve while that is high, above it where it is low
  return [at("w", 0, 30, 26 * lean), at("b", 0, -28 * lean, -28), at("u", 1, 0, 34 * clamp((lifted + 0.3) / 0.2, -1, 1))];
}

/** The next h against h: drag the curve. */
export function map(s, width) {
  const side = width - 44;
  const [x, y] = [scale(RANGE, [36, 36 + side]), scale(RANGE, [8 + side, 8])];
  const [left, right, top, bottom] = [36, 36 + side, 8, 8 + side];
  const { hs, rest, ui, quiet, step: t } = s;
  const part = ui.fraction ?? 0;
  const next = hs[t + 1] ?? s.h;
  // a step is two strokes: to the curve, then to the diagonal
  const ballY = part < 0.5 ? s.h + (next - s.h) * part * 2 : next;
  const ballX = part < 0.5 ? s.h : s.h + (next - s.h) * (part * 2 - 1);
  const recent = t === END ? Math.max(0, lastMove(hs) - 8) : Math.max(0, t - 6);
  const moving = part ? `M${px(x(s.h))} ${px(y(s.h))}V${px(y(ballY))}H${px(x(ballX))}` : "";
  const held = knobs(s, x, y);
  const lifted = part && s.inputs[t] ? s.inputs[t] : 1;
  const fold = ui.held === "w" ? foldW(s.b) : Infinity;
  const curves = [0, 1].map((input) => curve((h) => step(s.p, h, input), RANGE, x, y));
  const guide = (w) => y(step({ ...s.p, w }, GRIP.w, 0));

  const labels = quiet ? [] : [
    ui.hint && { x: held[0].x, y: held[0].y + 6, gap: 10, words: "↕ drag", must: true, look: "rk-label rk-strong" },
    s.met !== null && { x: x(s.met), y: y(s.met), gap: 12, words: "met here", must: true },
    ...rest.map((point) => ({ x: x(point.h), y: y(point.h), gap: 11, words: `slope ${fixed(point.slope, 2)}` })),
  ].filter(Boolean);
  const obstacles = [...quiet || s.printed ? [] : held.map((k) => disc(k.x, k.y, 13)), ...rest.map((q) => disc(x(q.h), y(q.h), 7)),
    disc(x(ballX), y(ballY), 10)];

  const body = [
    ...[0, 1].map((k) => s.zones[k] && box(x(edges(s.zones, k)[0]), top,
      x(edges(s.zones, k)[1]) - x(edges(s.zones, k)[0]), side, "rk-zone", { style: `fill:${pale(s, s.zones[k])}` })),
    ...[0, 1].map((k) => s.zones[k] && box(x(edges(s.zones, k)[0]), bottom,
      x(edges(s.zones, k)[1]) - x(edges(s.zones, k)[0]), 8, "rk-zone", { style: `fill:${full(s, s.zones[k])}` })),
    ...gridY([-1, 0, 1], y, [left, right]),
    ...ticksX([-1, 0, 1], x, bottom + 6),
    text(x(0.5), bottom + 23, "h now", "rk-tick", "middle"),
    text(0, 0, "h next", "rk-tick", "middle", { transform: `translate(12 ${px(y(0.5))}) rotate(-90)` }),
    line(left, bottom, right, top, "rk-diagonal"),
    path(s.ghost ? curve((h) => step(s.ghost.p, h, 0), RANGE, x, y) : "", "rk-ghost"),
    path(lifted === 1 ? curves[1] : curve((h) => step(s.p, h, lifted), RANGE, x, y), "rk-lifted"),
    path(curves[0], "rk-curve"),
    path(web(hs, 0, t, x, y), "rk-web-old"),
    path(web(hs, recent, t, x, y) + moving, "rk-web"),
    s.flips && !quiet ? path(`M${points([[x(s.flips[0]), y(s.flips[1])], [x(s.flips[1]), y(s.flips[1])],
      [x(s.flips[1]), y(s.flips[0])], [x(s.flips[0]), y(s.flips[0])]]).slice(1)}Z`, "rk-pair") : null,
    s.met === null ? null : circle(x(s.met), y(s.met), 10, "rk-met"),
    fold <= 3 ? path(`M${px(x(GRIP.w))} ${px(guide(0))}V${px(guide(3))}M${px(x(GRIP.w) - 14)} ${
      px(guide(fold))}H${px(x(GRIP.w) + 14)}`, "rk-guide") : null,
    fold <= 3 ? text(x(GRIP.w) - 18, guide(fold) + 16, "dies here", "rk-label", "end") : null,
    ...quiet || s.printed ? [null, null, null] : held.map((k) => line(k.cx, k.cy, k.x, k.y, "rk-stem")),
    quiet ? null : path(curves[1], "rk-grip", { "data-grip": "lifted" }),
    quiet ? null : path(curves[0], "rk-grip", { "data-grip": "curve" }),
    ...[0, 1, 2].map((k) => (rest[k] && !quiet ? circle(x(rest[k].h), y(rest[k].h), 6.5,
      rest[k].stable ? "rk-point" : "rk-point rk-hollow", { "data-cell": `rest:${k}`, "data-h": fixed(rest[k].h, 4) }) : null)),
    ...s.w < -0.2 ? [null] : [["rk-lifted", `x = ${short(lifted, 1)}`, 26], ["rk-curve", "x = 0", 10]].flatMap(([look, words, up]) => [
      line(right - 66, bottom - up - 4, right - 44, bottom - up - 4, look), text(right - 6, bottom - up, words, "rk-label", "end")]),
    ...placeLabels(labels, obstacles, { left: left - 4, right: right + 4, top: 0, bottom: bottom - 2 }),
    circle(x(ballX), y(ballY), 9, "rk-ball", { style: `fill:${tint(ballY)}` }),
  ];
  const names = { w: "weight w", b: "offset b", u: "push u of an input" };
  const grip = (key, h, input, from) => {
    const [gx, gy] = [x(h), y(step(s.p, h, input))];
    return { trait: key, x: gx, y: from[1], relative: true, pull: (_, at) => numberFrom(s.p, key, y.back(at - from[1] + gy), h) };
  };
  return {
    width, height: bottom + 30, side, body,
    title: "The next h against h",
    says: quiet ? "The curve of the unit and the diagonal." : says(s),
    handles: quiet ? [] : held.map((k) => ({
      name: `knob-${k.key}`, trait: k.key, x: k.x, y: k.y, letter: k.key, title: names[k.key],
      pull: (_, at) => numberFrom(s.p, k.key, y.back(at - k.dy)),
    })),
    grips: {
      curve: (gx, gy) => {
        const h = x.back(gx);
        const key = h > 0.1 ? "w" : "b";
        return grip(key, key === "w" ? clamp(h, 0.25, 0.7) : clamp(h, -0.9, 0.1), 0, [gx, gy]);
      },
      lifted: (gx, gy) => grip("u", clamp(x.back(gx), -0.9, 0.9), 1, [gx, gy]),
    },
  };
}

const says = (s) => `Resting points: ${s.rest.map((q) =>
  `h = ${fixed(q.h, 2)}, ${q.stable ? "stable" : "unstable"}, slope ${fixed(q.slope, 2)}`).join("; ")}.`
  + (s.flips ? ` With zeros, h flips between ${fixed(s.flips[0], 2)} and ${fixed(s.flips[1], 2)}.` : "");

const ending = (h) => (Math.abs(h) < 0.25 ? `h = ${fixed(h, Math.abs(h) < 0.005 ? 0 : 2)}` : word(h));

/** h over time, and the inputs below it. `height` is of the plot; `strip` is what the card lays over the inputs. */
export function time(s, width, height, wide, strip = () => null) {
  const [left, end] = [wide ? 34 : 0, width];
  const { x, column } = steps({ left: left + (wide ? 16 : 12), right: end - (wide ? 34 : 14), near: T, last: END });
  const [top, bar, radius] = wide ? [8, 26, 11] : [4, 22, 9];
  const bottom = top + height;
  const y = scale(RANGE, [bottom, top]);
  const { hs, rest, ui, quiet, step: t, flips } = s;
  const part = ui.fraction ?? 0;
  const next = hs[t + 1] ?? s.h;
  const [ballX, ballY] = ballAt(hs, t, part, x);
  const shown = s.committed && !ui.moving ? END : t;
  const zero = bottom + (wide ? 64 : 52);
  const last = hs[END];
  const said = flips && t === END ? "flips" : firmly(part < 0.5 ? s.h : next);
  const middle = rest.length === 3 ? rest[1].h : null;
  const farMiddle = (x(T) + end) / 2;
  const roomy = end - x(T) > 90;
  const cells = inputCells(T, x, column, zero, bar);
  const idle = !s.printed && !s.inputs.slice(T / 2).some(Boolean);
  const covered = (v) => !wide && !quiet && Math.abs(s.h0 - v - 0.18) < 0.33; // by the knob of h0
  const name = (v) => (covered(v) ? "" : v ? (v > 0 ? "yes" : "no") : "0");

  const ends = middle === null ? [[-0.72, flips ? "" : `ends in ${ending(rest[0].h)}`]]
    : [[(middle + RANGE[1]) / 2 + 0.1, `ends in ${ending(rest[2].h)}`], [(middle + RANGE[0]) / 2, `ends in ${ending(rest[0].h)}`]];
  const clear = ([h]) => Math.abs(y(h) - y(last)) > 26 && (middle === null || Math.abs(y(h) - y(middle)) > 12);
  const hover = ui.hover ?? null;
  const frame = t > T ? 8 : column - 4;
  const wordX = t === END && !part ? x(END) : ballX + radius + 4;
  const wordY = t === END && !part ? (flips ? top + 16 : y(ballY) + (ballY > 0.75 ? radius + 16 : -radius - 6)) : y(ballY) + 5;
  const wide1 = 4.6 * said.length; // half of the word
  const flip = wordX + 2 * wide1 > end && t !== END;

  const body = [
    ...[0, 1].map((k) => s.zones[k] && box(left, y(edges(s.zones, k)[1]), end - left,
      y(edges(s.zones, k)[0]) - y(edges(s.zones, k)[1]), "rk-zone", { style: `fill:${pale(s, s.zones[k])}` })),
    box(x(T), top, end - x(T), height, "rk-veil"),
    ...gridY([-1, 0, 1], y, [left, end], (v) => (v || wide ? name(v) : ""), !wide),
    ...[0, 1, 2].map((k) => (rest[k] && !quiet
      ? line(left, y(rest[k].h), end, y(rest[k].h), rest[k].stable ? "rk-level" : "rk-level rk-dashed") : null)),
    ...quiet || !roomy || ui.moving ? [null, null] : [0, 1].map((k) => (ends[k] && clear(ends[k])
      ? text(farMiddle, y(ends[k][0]) + 4, ends[k][1], "rk-label", "middle") : null)),
    path(s.ghost ? points(s.ghost.hs.map((h, k) => [x(k), y(h)])) : "", "rk-ghost"),
    t < END ? box(x(t) - frame / 2, top, frame, height, "rk-now", { rx: 4 }) : null,
    path(trace(hs, shown, part, x, y), "rk-trace"),
    s.printed ? circle(x(0), y(hs[0]), 5, "rk-dot", { style: `fill:${tint(hs[0])}` }) : null,
    ...dots(hs, T, shown, x, y),
    shown === END && t < END ? circle(x(END), y(last), radius - 3, "rk-dot", { style: `fill:${tint(last)}` }) : null,
    s.committed ? null : text(x(END) - 2, y(0) + 13, "?", "rk-ask", "middle"),
    ui.bad ? text(x(ui.bad.t), y(hs[ui.bad.t]) - 12, "✗", "rk-label rk-fail", "middle") : null,
    circle(ballX, y(ballY), radius, "rk-ball", { style: `fill:${tint(ballY)}` }),
    text(flip ? ballX - radius - 4 : t === END && !part ? Math.min(wordX, end - wide1) : wordX, Math.max(top + 13, wordY), said, `rk-label rk-word rk-${said.split(" ").at(-1)}`,
      t === END && !part ? "middle" : flip ? "end" : "start"),
    ...hover && hover !== t && !ui.moving && hover <= shown
      ? readout(x(hover), y(hs[hover]), hs[hover], { left, right: end, top, bottom }) : [null, null],
    ...ticksX([0, 2, 4, 6, 8, 10], x, bottom),
    text(x(END), bottom + 17, END, "rk-tick", "middle"),
    path(`M${px(x(T) + 3)} ${px(bottom + 5)}l4 -10m2 10l4 -10`, "rk-break"),
    ...inputBars(s.inputs, cells, bar, ui.focus === "inputs" ? ui.inputs ?? 1 : null),
    letter(wide ? left - 8 : 5, zero + 5, "x", "", "rk-quiet", wide ? "end" : "middle"),
    idle ? text(cells.at(-1).x + column - 5, zero - 10, "tap or drag a step", "rk-tick", "end") : null,
    text((x(T) + column / 2 + end) / 2 + 2, zero - 3, wide ? "then 44" : "+ 44", "rk-tick", "middle"),
    text((x(T) + column / 2 + end) / 2 + 2, zero + 12, "zeros", "rk-tick", "middle"),
  ];
  const read = strip(cells);
  return {
    width, height: zero + bar + 8, body,
    title: "h over time",
    says: quiet ? "The answer is hidden until you say what you expect." : `A 1 or −1 changes what it says; at step ${END}, `
      + `h = ${fixed(last, 2)}: ${flips ? "it flips at every step" : firmly(last)}.`,
    handles: quiet ? [] : [{ name: "knob-h0", trait: "h0", x: x(0), y: y(s.h0), letter: "h₀", title: "start h₀",
      pull: (_, at) => y.back(at) }],
    regions: [
      { name: "scrub", title: "step", looks: true, value: t, low: 0, high: END, x: x(0) + 14, y: top,
        width: end - x(0) - 14, height, says: `step ${t}, h ${s.committed || t <= ASKED ? `${fixed(s.h, 2)}, ${firmly(s.h)}` : "hidden"}`,
        look: "rk-scrub", pull: (at) => ({ step: s.committed ? x.back(at) : Math.min(ASKED, x.back(at)) }),
        keys: () => false },
      ...read ? [read] : [],
    ],
    hover: (gx, gy) => (gy < bottom && gy > top ? x.back(gx) : null),
  };
}

/** The picture for paper: both pictures and the numbers. */
export function still(s, width) {
  const last = s.committed ? END : s.step;
  const at = { ...s, step: last, h: s.hs[last], printed: true };
  const wide = width > 500;
  const one = map(at, wide ? 264 : 280);
  const two = time(at, wide ? width - 288 : width, wide ? 220 : 128, wide);
  const both = together([one, two], width);
  const numbers = `w = ${short(s.w)}, b = ${short(s.b)}, u = ${short(s.u)}, start h = ${short(s.h0)}`;
  return { ...both, height: both.height + 28, title: "One unit, h ← tanh(w h + b + u x)", says: `${numbers}. ${both.says}`,
    body: [...both.body, text(4, both.height + 18, numbers, "rk-label")] };
}
