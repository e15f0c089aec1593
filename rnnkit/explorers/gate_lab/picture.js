// Gate Lab, drawn: the cell state as a river with three valves a step, the way back below it, and the gates as lanes of bars.

import { box, letter, line, path, px, text } from "../shared/draw.js";
import { h } from "../shared/node.js";
import { MINUS, clamp, fixed, short } from "../shared/numbers.js";
import { T, added, isHeld, kept, reads, stores } from "./maths.js";

const [LOW, HIGH] = [-3, 1]; // decades of the way back
const NAMES = { f: "forget", i: "input", g: "new", o: "output", x: "input x" };
const LANE = 44;
const PITCH = 48; // from lane to lane
const NOTHING = 0.005; // what rounds to zero, as it is printed
const STEPS = Array.from({ length: T }, (_, n) => n + 1);

export const valueOf = (s, k, t) => (k === "x" ? s.inputs[t - 1] : s.gate[k][t]);
export const lowOf = (k) => (k === "g" || k === "x" ? -1 : 0);
const bare = (words) => words.replace(/^(−?)0\./, "$1.").replace(/\.0$/, "");
const join = (list, draw) => list.map(draw).join("");

/** A number as it fits a column: two decimals, or at most two figures. */
function inColumn(p, v) {
  if (p.column >= 40) return p.column < 56 ? bare(fixed(v, 2)) : fixed(v, 2);
  const size = Math.abs(v);
  if (size < NOTHING) return "0";
  return bare(fixed(v, size >= 9.95 ? 0 : v < 0 || size >= 0.995 ? 1 : 2));
}

/** A share of any size: never a false zero. */
export function share(v) {
  const size = Math.abs(v);
  if (v === 0) return "0";
  if (size >= 1e4) return v < 0 ? `<${MINUS}9999` : ">9999";
  if (size >= 99.5) return fixed(v, 0);
  if (size >= 0.095) return fixed(v, 2);
  return size >= 0.00095 ? fixed(v, 3) : `${v < 0 ? MINUS : ""}<0.001`;
}

/** Where everything stands: a column for each step, and the rows below each other. */
function layout(s, width) {
  const wide = width >= 560;
  const left = wide ? 84 : 30;
  const column = (width - left - 2) / T;
  const [head, above, bed, below, R] = wide ? [34, 56, 132, 52, 26] : [34, 46, 100, 46, 22];
  const bank = head + above;
  const back = bank + bed + below + 26 + R;
  const rows = s.free ? 2 : 1;
  return {
    wide, left, column, head, bank, bed, R, back, width, start: left - 10,
    middle: bank + bed / 2, inlet: head + 26, outlet: bank + bed + 14, shown: bank + bed + below,
    unit: bed / s.scale, height: s.asking ? bank + bed + below + 18 : back + R + 17 * rows + 4,
    x: (t) => left + (t - 1) * column,
    stepAt: (at) => clamp(Math.floor((at - left) / column) + 1, 0, T),
  };
}

const rect = (x1, y1, x2, y2) => `M${px(x1)} ${px(y1)}H${px(x2)}V${px(y2)}H${px(x1)}Z`;

/** The water of step t: pieces { d, v } by what they are; the sign of v is their colour. */
function water(s, p, t) {
  const { column: W, middle: y } = p;
  const x = p.x(t);
  const cut = (v) => Math.min(Math.abs(v) * p.unit, p.bed);
  const [gate, inlet, joint, outlet, stream] = [x + 0.1 * W, x + 0.34 * W, x + 0.58 * W, x + 0.72 * W, 0.38 * W];
  const [old, fresh, c, before] = [kept(s, t), added(s, t), s.c[t], s.c[t - 1]];
  const now = cut(c);
  const same = old * fresh >= 0;
  const thick = same ? Math.min(cut(old), now) : Math.max(0, cut(old) - cut(fresh));
  const [top, bottom, k] = [y - now / 2, y + now / 2, cut(old) / 2];
  const seam = top + Math.max(0, now - thick);
  const wide = Math.abs(fresh) * stream;
  const bend = joint - inlet;
  const high = Math.max(p.inlet, Math.min(seam - bend, seam - 6));
  const inner = Math.max(p.inlet, Math.min(top - bend * 0.6, top - 2));
  const [offered, inside, shownWide] = [s.gate.g[t], s.tanhC[t], s.h[t]].map((v) => Math.abs(v) * stream / 2);
  const curve = wide > 0.1 ? `M${px(inlet - wide / 2)} ${px(p.inlet)}V${px(high)}Q${px(inlet - wide / 2)} ${px(seam)} ${px(joint)} ${px(seam)}V${px(top)}Q${
    px(inlet + wide / 2)} ${px(top)} ${px(inlet + wide / 2)} ${px(inner)}V${px(p.inlet)}Z` : "";
  return {
    belt: [
      { v: before, d: rect(x, y - cut(before) / 2, gate, y + cut(before) / 2) },
      { v: old, d: `M${px(gate)} ${px(y - k)}C${px(inlet)} ${px(y - k)} ${px(inlet)} ${px(seam)} ${px(joint)} ${px(seam)}V${px(bottom)}C${
        px(inlet)} ${px(bottom)} ${px(inlet)} ${px(y + k)} ${px(gate)} ${px(y + k)}Z` },
      { v: c, d: rect(joint - 0.4, seam, x + W + 0.4, bottom) },
      { v: shownWide > 0.1 ? s.h[t] : 0, d: rect(outlet - shownWide, p.outlet, outlet + shownWide, p.shown - 2) },
    ],
    fresh: [{ v: fresh, d: curve }, { v: same ? fresh : 0, d: rect(joint, top, x + W + 0.4, seam) }],
    offer: [{ v: s.gate.g[t], d: rect(inlet - offered, p.head, inlet + offered, p.inlet) }],
    stub: [{ v: c, d: rect(outlet - inside, bottom, outlet + inside, p.outlet) }],
    seam: same && Math.abs(fresh) > NOTHING && thick > 1 && Math.abs(seam - y) > 12 ? `M${px(joint)} ${px(seam)}H${px(x + W)}` : "", // clear of the number
  };
}

const LOOKS = [["offer", "rk-offered"], ["stub", "rk-stub"], ["belt", ""], ["fresh", "rk-fresh"]];

/** All water up to step `last`, one path for each look and sign. */
function river(s, p, last) {
  const all = STEPS.slice(0, last).map((t) => water(s, p, t));
  const pieces = (name, sign) => join(all.flatMap((one) => one[name]).filter(({ v }) => v * sign > 0.002), ({ d }) => d);
  return [
    ...LOOKS.flatMap(([name, look]) => [path(pieces(name, 1), `rk-belt ${look}`), path(pieces(name, -1), `rk-belt rk-under-zero ${look}`)]),
    path(join(all, (one) => one.seam), "rk-seam"),
  ];
}

/** + or − in the water, column by column; they drift for a while. A nested picture cuts them off at the banks. */
function signs(s, p, last) {
  const grid = (from, to, plus) => {
    const d = [];
    for (const y of [-3, -2, -1, 1, 2, 3]) { // the number stands in the middle
      for (let x = p.left + 20 * Math.ceil((from - p.left) / 20 - 1); x < to - 7; x += 20) d.push(`M${px(x)} ${px(p.middle + 16 * y)}h7${plus ? "m-3.5 -3.5v7" : ""}`);
    }
    return d.join("");
  };
  return Array.from({ length: last }, (_, n) => {
    const [t, thick] = [n + 1, Math.min(Math.abs(s.c[n + 1]) * p.unit, p.bed)];
    const even = Math.abs(s.c[t] - s.c[n]) < 0.002 && s.gate.f[t] > 0.998; // the water of the step before goes on
    const place = [px(p.x(t) + (even ? 0 : 0.58 * p.column)), px(p.middle - thick / 2), px((even ? 1 : 0.42) * p.column + 0.4), px(thick)];
    const [x, y, width, height] = place;
    return h("svg", { x, y, width, height, viewBox: place.join(" "), overflow: "hidden" },
      path(thick < 9 ? "" : grid(x, x + width, s.c[t] > 0), `rk-signs rk-turn-${(s.ui.turns ?? 0) % 2}`));
  });
}

/** The blades of every valve of a kind: open by the share v of its frame; where nothing flows, they are thin. */
function valves(s, k, blades) {
  const all = blades.map(({ v, x, y, frame, upright, idle, park }) => {
    const [a, b] = [frame / 2 * v, frame / 2 + park];
    return { idle, d: upright ? `M${px(x)} ${px(y - b)}V${px(y - a)}M${px(x)} ${px(y + a)}V${px(y + b)}` : `M${px(x - b)} ${px(y)}H${px(x - a)}M${px(x + a)} ${px(y)}H${px(x + b)}` };
  });
  const d = (idle) => join(all.filter((one) => one.idle === idle), (one) => one.d);
  return [path(d(false), "rk-valve rk-halo-of"), path(d(false), `rk-valve rk-of-${k}`), path(d(true), `rk-valve rk-idle rk-of-${k}`)];
}

/** The gates in the river: f across it, i above and o below. */
function gates(s, p, hidden) {
  const W = p.column;
  return [
    ...valves(s, "f", STEPS.filter((t) => !hidden(t)).map((t) => {
      const band = Math.min(Math.abs(t > s.shown + 1 ? 0 : s.c[t - 1]) * p.unit, p.bed);
      return { v: s.gate.f[t], x: p.x(t) + 0.1 * W, y: p.middle, frame: Math.max(band, 26), park: 11, upright: true, idle: band < 0.5 };
    })),
    ...valves(s, "i", STEPS.map((t) => ({ v: s.gate.i[t], x: p.x(t) + 0.34 * W, y: p.inlet, frame: 0.38 * W, park: 3, idle: Math.abs(s.gate.g[t]) < NOTHING }))),
    ...valves(s, "o", STEPS.map((t) => ({ v: s.gate.o[t], x: p.x(t) + 0.72 * W, y: p.outlet, frame: 0.38 * W, park: 3, idle: t > s.shown || Math.abs(s.c[t]) < NOTHING }))),
  ];
}

/** The number of c at step t, in its water or above it. */
function numberOf(s, p, t, seen) {
  const band = Math.min(Math.abs(s.c[t]) * p.unit, p.bed);
  const over = Math.abs(s.c[t]) > s.scale + 1e-9; // while one drags, the scale stays
  const small = Math.abs(s.c[t]) < NOTHING;
  const told = seen && (p.wide ? !small || t === s.step : !small && (t === s.step || Math.abs(s.c[t] - s.c[t - 1]) > 0.004));
  const words = !told ? "" : over ? "▲" : small && s.c[t] ? fixed(s.c[t]) : inColumn(p, s.c[t]);
  const inside = band >= 18;
  const x = p.x(t) + (inside || !p.wide ? 0.56 : 0.8) * p.column;
  const named = seen ? { "data-cell": `h:${t}:0`, "data-h": fixed(s.c[t]) } : {};
  return text(x, inside ? p.middle + 4 : p.middle - (p.wide ? band / 2 + 6 : 29), words, inside ? "rk-in-water" : "rk-label rk-ink", "middle", named);
}

const half = (p, v) => (v === 0 ? 0 : clamp((Math.log10(Math.abs(v)) - LOW) / (HIGH - LOW), 0.015, 1) * p.R);

/** The way back: filled along c alone, outlined along every way, by decades. */
function wayBack(s, p) {
  const [y, columns] = [p.back, STEPS.slice(0, s.read)];
  const edges = (k) => [k === 1 ? p.left : p.x(k) + 0.1 * p.column, k === s.read ? p.x(k) + 0.9 * p.column : p.x(k + 1) + 0.1 * p.column];
  const fill = (sign) => join(columns.filter((k) => s.along[k] * sign > 0), (k) => {
    const [[a, b], r] = [edges(k), half(p, s.along[k])];
    return rect(a, y - r, b, y + r);
  });
  const rim = (sign) => join(columns.filter((k) => s.free && s.whole[k] * sign > 0), (k) => {
    const [[a, b], r] = [edges(k), half(p, s.whole[k])];
    return `M${px(a)} ${px(y - r)}H${px(b)}M${px(a)} ${px(y + r)}H${px(b)}`;
  });
  const arrows = join(columns.filter((k) => half(p, s.along[k]) > 6), (k) => `M${px(p.x(k) + 0.6 * p.column)} ${px(y - 4)}l-5 4l5 4`);
  const frame = 2 * half(p, 1);
  const every = p.wide ? 1 : 2;
  const numbers = (values, name, row) => columns.filter((k) => (s.read - k) % every === 0).map((k) => text(p.x(k) + 0.55 * p.column, y + p.R + 14 + 17 * row,
    p.wide ? share(values[k]) : share(values[k]).replace("0.", "."), Math.abs(values[k]) < 0.0005 ? "rk-tick" : "rk-ink", "middle",
    s.printed ? {} : { "data-cell": `${name}:${k}` }));
  return [
    ...[0.1, 1].map((v) => path(`M${px(p.left)} ${px(y - half(p, v))}H${px(p.width)}M${px(p.left)} ${px(y + half(p, v))}H${px(p.width)}`, "rk-decade")),
    path(fill(1), "rk-belt rk-pale"), path(fill(-1), "rk-belt rk-under-zero rk-pale"), path(arrows, "rk-arrows"),
    path(rim(1), "rk-every"), path(rim(-1), "rk-every rk-dashed"),
    ...valves(s, "f", columns.filter((k) => k > 1).map((k) => ({ v: s.gate.f[k], x: p.x(k) + 0.1 * p.column, y, frame, park: 4, upright: true, idle: true }))),
    ...numbers(s.along, "along", 0), ...s.free ? numbers(s.whole, "whole", 1) : [],
  ];
}

/** What stands left of the rows. */
function names(s, p) {
  const quiet = (y, words) => text(0, y, words, "rk-tick");
  const one = s.scale > 6 ? 5 : s.scale > 3 ? 2 : 1; // how thick so much is
  const x = p.left - (p.wide ? 14 : 12);
  return [
    p.wide ? quiet(p.head + 14, "offered g") : letter(0, p.head + 14, "g", "", "", "start"),
    letter(0, p.middle + 5, "c", "", "rk-strong", "start"),
    path(`M${px(x)} ${px(p.middle - one * p.unit / 2)}h5m-2.5 0v${px(one * p.unit)}m-2.5 0h5`, "rk-bracket"),
    text(x - 5, p.middle + 4, p.wide ? one : "", "rk-tick", "end"),
    p.wide ? quiet(p.shown + 13, "shown h") : letter(0, p.shown + 13, "h", "", "", "start"),
    ...s.asking ? [] : p.wide ? [text(0, p.back - 10, "way back", "rk-ink"), quiet(p.back + 6, `from c at ${s.read}`)] : [letter(0, p.back + 5, "∂c", "", "", "start")],
    ...s.asking ? [] : [text(p.left - 4, p.back + 4 - half(p, 1), "1", "rk-tick", "end"), text(p.left - 4, p.back + 5 + half(p, 0.1), p.wide ? "0.1" : ".1", "rk-tick", "end")],
    ...p.wide && !s.asking ? [quiet(p.back + p.R + 14, "along c"), quiet(p.back + p.R + 31, s.free ? "in all" : "")] : [],
  ];
}

/** "store" and "read" where one value comes in or goes out, or two that stand apart. */
function marks(s, p) {
  const named = (steps, words) => (steps.length < 3 && (steps.length < 2 || steps[1] - steps[0] > 3) ? steps.map((t) => [t, words]) : []);
  const known = s.asking ? [[2, "store"], [10, "read"]] : s.free ? [] : [...named(stores(s), "store"), ...named(reads(s), "read")];
  const apart = known.filter(([t], n) => known.every(([other], m) => m >= n || Math.abs(other - t) > 1));
  return [
    ...apart.map(([t, words]) => text(p.x(t) + p.column / 2, 12, words, "rk-label rk-ink", "middle")),
    ...STEPS.map((t) => text(p.x(t) + p.column / 2, 28, t, t === s.step ? "rk-ink rk-strong" : "rk-tick", "middle")),
    s.ui.bad ? text(p.x(s.ui.bad.t) + p.column / 2, 14, "✗", "rk-label rk-fail", "middle") : null,
  ];
}

/** The outline of the step that is looked at, through both pictures: `end` is where it closes, `open` where it goes on. */
function outline(s, p, open, end) {
  if (!s.step) return box(p.start, p.middle - 30, 8, 60, "rk-now", { rx: 4 });
  const [x, bend, down] = [px(p.x(s.step)), end < open ? -6 : 6, px(end - (end < open ? -6 : 6))];
  return path(`M${x} ${px(open)}V${down}q0 ${bend} 6 ${bend}h${px(p.column - 12)}q6 0 6 ${-bend}V${px(open)}`, "rk-now");
}

/** The river, and the way back below it. */
export function conveyor(s, width, ways = {}) {
  const p = layout(s, width);
  const walks = s.playing || s.ui.moving;
  const front = walks ? s.step + (s.ui.fraction ?? 0) : s.shown;
  const last = Math.min(Math.ceil(front), s.shown);
  const seen = (t) => t <= Math.min(front, s.shown);
  const hidden = (t) => s.asking && t > s.shown;
  const edge = (side) => (s.ghost && !s.asking ? s.ghost.c.slice(1).map((c, n) =>
    `${n ? "L" : "M"}${px(p.x(n + 1) + (n ? 0.58 * p.column : 0))} ${px(p.middle + side * Math.min(Math.abs(c) * p.unit, p.bed) / 2)}H${px(p.x(n + 2))}`).join("") : "");
  const floods = s.ui.flowing ? `rk-floods rk-turn-${(s.ui.turns ?? 0) % 2}` : "rk-rests";
  const body = [
    box(p.left, p.bank, T * p.column, p.bed, "rk-bed"), line(p.left, p.middle, p.left + T * p.column, p.middle, "rk-gridline"),
    ...marks(s, p), ...names(s, p),
    h("g", { class: floods },
      h("svg", { x: 0, y: 0, width: px(walks ? p.x(front + 1) : width), height: p.height, overflow: "hidden" }, ...river(s, p, last), ...s.printed ? [] : signs(s, p, last)),
      path(edge(-1) + edge(1), "rk-ghost rk-dashed")),
    ...gates(s, p, hidden),
    h("g", { class: floods },
      ...STEPS.map((t) => numberOf(s, p, t, seen(t))),
      ...STEPS.map((t) => text(p.x(t) + 0.5 * p.column, p.shown + 13, seen(t) ? inColumn(p, s.h[t]) : "", Math.abs(s.h[t]) < NOTHING ? "rk-tick" : "rk-ink", "middle",
        seen(t) ? { "data-cell": `h:${t}:1`, "data-h": fixed(s.h[t]) } : {}))),
    path(join(STEPS.filter(hidden), (t) => `M${px(p.x(t) + 0.1 * p.column)} ${px(p.middle - 36)}v72`), "rk-unknown"),
    ...STEPS.filter(hidden).map((t) => text(p.x(t) + 0.55 * p.column, p.middle + 6, "?", "rk-label rk-word", "middle")),
    ...s.asking ? [] : wayBack(s, p),
    s.printed ? null : outline(s, p, p.height + 4, 15),
  ];
  const says = s.asking ? "0.80 comes in at step 2 and is to be read at step 10; the forget gates between are not known yet."
    : `c after steps 1 to ${T}: ${s.c.slice(1).map((v) => fixed(v, 2)).join(", ")}. h at step ${s.step}: ${fixed(s.h[s.step], 2)}. Back from step ${s.read} to step 1 comes ${
      share(s.along[1])} along c${s.free ? `, ${share(s.whole[1])} in all` : ""}.`;
  return { width, height: p.height, body, title: "The cell state, step by step", says, regions: ways.river ? ways.river(p) : [] };
}

/** Which gate's blades a place in the river is nearest to. */
export const gateAt = (p, y) => (y < p.head ? null : y < p.bank ? "i" : y < p.bank + p.bed ? "f" : y < p.shown ? "o" : null);

/** The lanes: a bar for each gate and step. */
export function lanes(s, width, ways = {}) {
  const p = layout(s, width);
  const rows = [...s.free ? ["x"] : [], "f", "i", "g", "o"];
  const [wide, height] = [p.column - 4, rows.length * PITCH];
  const body = rows.flatMap((k, row) => {
    const [top, low] = [row * PITCH + 2, lowOf(k)];
    const [zero, unit] = low ? [top + LANE / 2, LANE / 2] : [top + LANE, LANE];
    const hides = (t) => s.asking && k === "f" && t > s.shown;
    const shown = STEPS.filter((t) => !hides(t));
    const at = (t) => zero - valueOf(s, k, t) * unit;
    const level = (t) => clamp(at(t), top + 1.5, top + LANE - 1.5);
    const place = (v) => { // clear of the bar's edge
      if (low) return Math.abs(v) > 0.3 ? (v > 0 ? top + LANE - 7 : top + 15) : top + (v > 0 ? LANE - 6 : 15);
      return v > 0.52 ? top + LANE - 7 : top + clamp(LANE - v * unit - 6, 14, LANE - 7);
    };
    const words = (v) => (k === "x" && p.column >= 40 ? short(v, 2) : inColumn(p, v));
    return [
      text(0, top + LANE / 2 + 5, k, `rk-math rk-gate-name rk-name-${k}`), text(16, top + LANE / 2 + 4, p.wide && k !== "x" ? NAMES[k] : "", "rk-tick"),
      path(join(STEPS, (t) => rect(p.x(t) + 2, top, p.x(t) + 2 + wide, top + LANE)), "rk-well"),
      path(join(shown, (t) => rect(p.x(t) + 2, Math.min(zero, at(t)), p.x(t) + 2 + wide, Math.max(zero, at(t)))), `rk-share rk-share-${k} ${s.free && k !== "x" ? "rk-by-weights" : ""}`),
      path(join(shown, (t) => `M${px(p.x(t) + 2)} ${px(level(t))}h${px(wide)}`), `rk-level-of rk-level-${k}`),
      low ? path(join(STEPS, (t) => `M${px(p.x(t) + 2)} ${px(zero)}h${px(wide)}`), "rk-decade") : null,
      path(join(STEPS.filter((t) => k !== "x" && isHeld(s, k, t)), (t) => `M${px(p.x(t) + p.column - 11)} ${px(top + 8)}a3 3 0 0 0 6 0a3 3 0 0 0 -6 0z`), "rk-pin"),
      ...STEPS.map((t) => text(p.x(t) + p.column / 2, hides(t) ? top + LANE / 2 + 5 : place(valueOf(s, k, t)), hides(t) ? "?" : words(valueOf(s, k, t)),
        Math.abs(valueOf(s, k, t)) < NOTHING ? "rk-tick" : "rk-ink", "middle", k === "x" ? { "data-cell": `x:${t}`, "data-h": short(s.inputs[t - 1], 2) } : {})),
    ];
  });
  const where = { ...p, start: p.start, middle: height / 2 };
  return {
    width, height: height + 2, body: [...body, s.printed || !s.step ? null : outline(s, where, -4, height)], title: "The gates, step by step",
    says: `At step ${Math.max(1, s.step)}: ${rows.map((k) => `${NAMES[k]} ${fixed(valueOf(s, k, Math.max(1, s.step)), 2)}`).join(", ")}.`,
    regions: ways.lane ? rows.map((k, row) => ways.lane(k, {
      ...p, top: row * PITCH + 2, valueAt: (y) => lowOf(k) + (1 - lowOf(k)) * (1 - (y - row * PITCH - 2) / LANE),
    })) : [],
  };
}

/** The picture for paper: the river, the way back and the lanes. */
export function still(s, width) {
  const one = conveyor({ ...s, printed: true, ui: {} }, width);
  const two = lanes({ ...s, printed: true, ui: {} }, width);
  return {
    width, height: one.height + two.height + 8, title: "One LSTM unit: its cell state, its gates and the way back", says: `${one.says} ${two.says}`,
    body: [...one.body, h("g", { transform: `translate(0 ${one.height + 8})` }, ...two.body)],
  };
}
