// Gradient River: the words around the pictures, and how the card is put together.

import { choice, options, traitField } from "../shared/fields.js";
import { mathText as m } from "../shared/draw.js";
import { fold, num, times } from "../shared/magnitude.js";
import { h, make, patch } from "../shared/node.js";
import { clamp, copy, count, fixed, inPython, short } from "../shared/numbers.js";
import { painting } from "../shared/paint.js";
import { player } from "../shared/player.js";
import { questions } from "../shared/question.js";
import { stage } from "../shared/stage.js";
import { challenge, presets } from "../shared/stories.js";
import { cell, table } from "../shared/table.js";
import limits from "./limits.json" with { type: "json" };
import { RATE, derive, descend, fault, hidden, isWhole, rotation } from "./maths.js";
import { dammed, flow, span, still, update } from "./picture.js";

const own = Object.fromEntries(Object.entries(limits.traits).map(([name, limit]) => [name, limit.default]));
const louder = (factor) => own.inputs.map((v) => Number((factor * v).toFixed(3)));
const units = (H) => ({ direction: rotation(H), weight_ih: [1, -0.6, 0.8, 0.5].slice(0, H), readout: [0.9, -0.5, 0.6, 0.4].slice(0, H) });
const first = (text) => text[0].toUpperCase() + text.slice(1);
const percent = (share) => `${share < 0.001 ? "under 0.1" : short(100 * share, 1)} %`;

/** What is to be seen now, in one sentence. */
function words(s) {
  const { step: t, source: k, norms } = s;
  if (s.ui.telling) return [`The network reads input ${t} of ${s.T} …`];
  if (s.asking) return [`A small network reads ${count(s.T, "input")}. The loss comes after step ${s.T}.`];
  if (t === 0) return ["Step 0: nothing is read yet, so no weight has a part in this loss."];
  if (s.playing) return [`The loss at step ${t}, and how far it reaches back.`];
  if (s.length === 0) return ["No step adds anything: the gradient of the weights is zero."];
  if (s.cut) {
    const drops = `The window drops ${count(s.cut, "term")}. `;
    if (s.update.angle > 0.5 && s.update.angle <= 10) return [drops, "They were faint: the arrow turns by ", h("b", {}, `${fixed(s.update.angle, 0)}° only`), "."];
    if (s.update.angle > 10) return [drops, "That saves memory, and it ", h("b", {}, `turns the arrow by ${fixed(s.update.angle, 0)}°`), ": another step is taken."];
    if (num(s.update.length) === num(s.length)) return [drops, "They were so faint that the step ", h("b", {}, "stays the same"), "."];
    return [drops, "That saves memory, and it ", h("b", {}, "changes the step"), `: ${num(s.update.length)} long, not ${num(s.length)}.`];
  }
  if (s.update.factor < 1) {
    return [`Clipping shortens the whole arrow, × ${times(s.update.factor)}. Every bar keeps its share: `,
      h("b", {}, `of step ${k}, ${percent(Math.max(0, (s.parts[k] ?? 0) / s.length))} before and after.`)];
  }
  if (norms[k] === 0) return [`At step ${k} the gradient is `, h("b", {}, "exactly zero"), ": every unit on the way is off."];
  if (k === t) return ["Drag ", m("k"), " away from the loss: the gradient is followed back in time."];
  const decades = s.logs[t] - s.logs[k];
  const from = `Back from step ${t} to step ${k} the gradient `;
  if (decades > 0.05) return [from, "shrinks ", h("b", {}, `${fold(10 ** decades)}-fold`), decades > 1 ? ": faint, not zero." : "."];
  if (decades < -0.05) return [from, "grows ", h("b", {}, `${fold(10 ** -decades)}-fold`), "."];
  return [from, h("b", {}, "keeps its size"), "."];
}

/** What the painted guess is worth, in a sentence. */
function verdict(s, said) {
  const from = s.step - s.reach + 1;
  const painted = s.inputs.flatMap((_, n) => (said[n + 1] ? [n + 1] : []));
  const idle = painted.filter((k) => k < from).length;
  const missed = s.reach - (painted.length - idle);
  const off = [idle && `${idle} too many`, missed && `${missed} missed`].filter(Boolean).join(", ");
  return [h("b", {}, first(span(from, s.step))), ` hold${s.reach === 1 ? "s" : ""} nine tenths of the sum. `,
    painted.length ? `You painted ${painted.length}: ${off || "just these"}. ` : "", "Beyond them the river is ", h("b", {}, "faint, not zero"), ": drag ", m("k"), "."];
}

const opening = {
  kind: "paint",
  go: "Let it flow",
  ask: () => "Each step uses the weights once. Which uses make nine tenths of the gradient of the last loss?",
  truth: (s) => {
    const last = derive({ ...s, committed: true, step: s.T, ui: {} });
    return last.inputs.reduce((all, _, n) => [...all, n + 1 > s.T - last.reach], [false]);
  },
  reply: () => "",
  story: (s, said) => {
    const last = derive({ ...s, committed: true, step: s.T, ui: {} });
    return [
      { show: { telling: true }, play: 0 },
      { show: { telling: false, flowing: true }, note: "And now back: the gradient flows from the loss …", wait: 1500 },
      { show: { flowing: false }, note: verdict(last, said) },
    ];
  },
};

const MODULE = { tanh: "rnn", relu: "rnn_relu" };
const OWN = { sigmoid: ["1 / (1 + np.exp(-a))", "h * (1 - h)"], linear: ["a", "np.ones_like(h)"] };

/** The cell of the copied Python: rnnkit's, or one of one's own. */
function cellInPython(activation) {
  if (MODULE[activation]) return [`from rnnkit.cells import ${MODULE[activation]} as cell`];
  const [of, slope] = OWN[activation];
  return ["from rnnkit.cells import rnn", "", "class cell:  # rnnkit runs any cell that has these names",
    "    GATES, STATE, INPUT_BIASES, Trace, step_backward = rnn.GATES, rnn.STATE, rnn.INPUT_BIASES, rnn.Trace, rnn.step_backward",
    "    def step(p, a_x, state):", "        a = a_x + state[0] @ p[\"weight_hh\"].T", `        h = ${of}`, `        return (h,), rnn.Trace(${slope})`];
}

const python = (s) => [
  "import numpy as np", "from rnnkit.unroll import bptt, unroll", ...cellInPython(s.activation), "",
  `p = {"weight_ih": np.array(${inPython(s.weight_ih)})[:, None], "weight_hh": ${s.gain} * np.array(${inPython(s.direction)}),`,
  `     "bias_ih": np.zeros(${s.H}), "bias_hh": np.zeros(${s.H})}`,
  `readout, target, t = np.array(${inPython(s.readout)}), ${s.target}, ${s.step}  # the loss: (readout·h_t - target)² / 2`,
  `xs = np.array(${inPython(s.inputs)})[:, None, None]  # (T, N, I)`,
  `(h,), trace = unroll(cell, p, xs, (np.zeros((1, ${s.H})),))`,
  "states = h[:, 0]",
  "print(np.round(states, 3))  # (T + 1, H), row k is the state after step k",
  ...s.step ? [
    "",
    "d_hs = np.zeros(h[1:].shape)  # the loss stands at step t alone",
    "d_hs[t - 1] = (readout @ states[t] - target) * readout",
    "d_p, _, _, d_states = bptt(cell, p, xs, (h,), trace, d_hs)",
    "print(np.linalg.norm(d_states[:t, 0], axis=1))  # of the gradient at h_1 to h_t",
    "print(d_p[\"weight_hh\"])  # whole",
  ] : [],
  ...s.cut ? [
    "",
    `w = ${s.window}  # the window: start at the state before it, which then is given`,
    "(last,), trace = unroll(cell, p, xs[t - w:t], (h[t - w],))",
    "d_p, _, _, _ = bptt(cell, p, xs[t - w:t], (last,), trace, d_hs[t - w:t])",
    "print(d_p[\"weight_hh\"])  # truncated",
  ] : [],
  ...s.step && s.clip ? [
    `d_w = d_p["weight_hh"]`,
    `print(d_w * min(1, ${s.clip} / max(np.linalg.norm(d_w), 1e-300)))  # clipped`,
  ] : [],
  "",
].join("\n");

const rows = (s) => table("Gradient River: state, gradient and part of each step; a part below 0 pulls the sum back",
  ["step", m("x"), ...s.readout.map((_, j) => m("h", s.H > 1 ? j + 1 : "")), "‖∂L/∂h‖", "part"],
  s.states.map((state, k) => [k, k ? short(s.inputs[k - 1]) : "–",
    ...state.map((v, j) => cell(`table:h:${k}:${j}`, s.asking && k === s.T ? "?" : fixed(v))),
    cell(`table:g:${k}`, s.asking ? "?" : k > s.step ? "–" : num(s.norms[k])),
    cell(`table:part:${k}`, s.asking && k ? "?" : k === 0 || k > s.step ? "–" : num(s.parts[k]))]));

/** The row of inputs: draw over it with the pointer; the arrow keys choose one and change it. */
const drawn = (card, s) => (p) => {
  const most = Math.max(0.01, ...s.inputs.map(Math.abs));
  const at = () => clamp(card.ui.cell ?? 1, 1, s.T);
  const write = (k, value) => {
    const v = Number(clamp(value, -2, 2).toFixed(3));
    return { inputs: card.get("inputs").map((old, n) => (n === k - 1 ? v : old)) };
  };
  return {
    name: "inputs", title: "input", look: "rk-strokes", low: -2, high: 2, value: s.inputs[at() - 1], says: `step ${at()}, input ${short(s.inputs[at() - 1])}`,
    x: p.left + p.column, y: 0, width: p.right - p.left - p.column, height: 44,
    down: (x) => card.show({ cell: Math.max(1, p.back(x)) }),
    pull: (x, y) => {
      card.show({ cell: Math.max(1, p.back(x)) });
      return write(at(), Math.abs(y - 22) < 2 ? 0 : (22 - y) / 18 * most);
    },
    keys: (event, begins) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, Home: -99, End: 99 }[event.key];
      const up = { ArrowUp: 0.1, ArrowDown: -0.1, PageUp: 0.5, PageDown: -0.5 }[event.key];
      if (by) card.show({ cell: clamp(at() + by, 1, s.T) });
      else if (up || event.key === " ") {
        begins();
        const now = card.get("inputs")[at() - 1];
        return write(at(), up ? now + up * most : -now);
      } else return false;
      return true;
    },
  };
};

/** Take a step of descent, and say what it did. The gesture comes first: it ends a replay, at the loss that the step is about. */
function go(card) {
  card.gesture();
  const s = card.state();
  const to = descend(s);
  if (!to) return card.note("That step would throw the weights beyond ±99. Clip the gradient, or take a preset.");
  card.set(to);
  const after = derive({ ...card.traits(), committed: true, ui: {} }).loss;
  card.show({ losses: [...s.losses, after] });
  const moved = `from ${num(s.loss)} to ${num(after)}`;
  const worse = after > s.loss && !card.ui.uphill;
  return card.note(worse ? [h("b", {}, "Downhill, and yet the loss rose"), `, ${moved}: the step was too long.`]
    : [`One step ${card.ui.uphill ? "up" : "down"} moved the loss `, h("b", {}, moved), s.update.factor < 1 ? `; it was clipped, × ${times(s.update.factor)}.` : "."]);
}

/** The badge: the gradient against central differences. */
export function badge(s) {
  if (!isWhole(s)) {
    const why = [s.cut && `the window drops ${count(s.cut, "term")}`, s.update.factor < 1 && "clipping shortens it"].filter(Boolean).join(", ");
    return [h("b", {}, "Not comparable"), ` with central differences: ${why}, by design.`];
  }
  if (s.off === null) return ["No gradient to check."];
  const off = num(Math.max(s.off, 1e-16));
  return s.off < 1e-4 ? ["✓ Central differences agree: off by ", h("b", {}, off), " of its norm."]
    : ["✗ Central differences differ by ", h("b", {}, off), " of its norm: a kink is near."];
}

function build(card) {
  const bar = player(card, { trait: "step", name: "step", last: (s) => s.T, pace: () => 55 });
  const river = stage(card, "flow", (s, width, whole) => flow(s, width, whole, {
    inputs: drawn(card, s),
    paint: (p) => painting(card, { last: s.T, partAt: p.back, x: p.left, y: p.river, width: p.right - p.left, height: 2 * p.R }),
    dam: (by) => dammed(Math.min(card.get("window"), s.step) + by, s.step),
  }));
  const arrow = stage(card, "update", (s, width) => update(s, width, card.width >= 640));
  const fields = [["gain", "gain of Wₕₕ", "gain"], ["clip", "clip; 0 is off", "clip, 0: off"], ["window", "window", "window"]]
    .map(([name, title, label]) => traitField(card, name, title, label));
  const button = (text, pressed, onclick, more = {}) => h("button", { type: "button", "aria-pressed": String(pressed), onclick, ...more }, text);
  const [numbers, foot, check, row, guess, tools, side, body] = ["numbers", "foot", "badge", "row", "guess-first", "tools", "side", "body"]
    .map((name) => make(h(name === "badge" ? "p" : "div", { class: `rk-${name}` })));
  const acts = options(card, "activation", "Activation");
  const hint = make(h("p", {}, "Above the bed: what the network reads, ", m("x"), ", and what its units hold, ", m("h"),
    ": orange above 0, blue below. In the bed, paint the steps that you think count, from the loss back."));
  const painted = make(h("p", { class: "rk-quiet" }));
  const turn = (uphill) => () => {
    if (card.get("playing")) bar.go(Infinity);
    card.stop();
    card.show({ uphill, note: uphill ? "The sign is turned: a step goes along the gradient, and the loss rises (hollow dot)." : "" });
  };
  const controls = { refresh(s) {
    guess.hidden = !s.asking;
    tools.hidden = s.quiet;
    patch(painted, [`Painted: ${count((s.ui.painted ?? []).filter(Boolean).length, "step")} of ${s.T}.`]);
    patch(foot, [button("downhill", !s.ui.uphill, turn(false)), button("uphill", s.ui.uphill, turn(true)),
      h("button", { type: "button", class: "rk-primary", "data-act": "descend", onclick: () => go(card) }, `One step ${s.ui.uphill ? "up" : "down"}`)]);
    patch(check, badge(s));
  } };
  const longer = choice("Steps", ...limits.sizes.T, (n) => {
    card.gesture();
    const inputs = card.get("inputs");
    card.set({ inputs: Array.from({ length: n }, (_, k) => inputs[k % inputs.length]), step: n, source: Math.min(card.get("source"), n) });
  });
  const wider = choice("Units", ...limits.sizes.H, (n) => {
    card.gesture();
    card.set(units(n));
  });
  row.append(longer.element, wider.element);
  numbers.append(...fields.map((field) => field.element));
  const top = questions(card, bar);
  guess.append(hint, painted, top.form);
  tools.append(numbers, acts.element, arrow.element, foot, check);
  side.append(guess, tools);
  body.append(river.element, side);
  const below = [presets(card, bar), challenge(card)];
  card.parts.push(top, controls, river, arrow, acts, ...fields, bar, ...below, { refresh(s) {
    for (const [list, size] of [[longer, s.T], [wider, s.H]]) if (list.element.lastChild.value !== String(size)) list.refresh(size);
  } });
  return [top.element, body, bar.element, ...below.map((part) => part.element), row];
}

const reset = Object.fromEntries(["activation", "clip", "window", "inputs", "direction", "weight_ih", "readout", "target", "source", "step"].map((name) => [name, own[name]]));

export const explorer = {
  slug: "gradient-river",
  name: "Gradient River: what a loss can still teach, far back in time",
  limits, derive, words, table: rows, still, python, build,
  questions: [opening],
  heading: (s) => (s.ui.telling ? opening.ask(s) : explorer.presets.find((one) => one.name === s.ui.preset)?.ask
    ?? (s.ui.dared && !s.ui.linked ? "Can one gain serve quiet and loud inputs alike?" : "How far back does the loss reach?")),
  legend: "The river: from bank to bank ‖∂L/∂h‖ at each state, one line and one shade for each factor of 10; dots: less than 10⁻³, the sparser the less; dashed: before your edit. 90 %: the fewest last steps whose bars "
    + "add up to nine tenths of the sum. Bars: what each step adds to ∂L/∂Wₕₕ, measured along the whole, so that they add up to its norm. A part is what comes through the slope there, ∂L/∂a, times the state before it, so a "
    + "wide river over a flat or a small state adds little. A bar is filled as "
    + "far as a step of descent uses it. The arrow: the whole gradient, dashed, and what is used of it; the arc is the clip. The gain multiplies all of Wₕₕ; a window keeps the last uses, from the dam on, and one of 30 keeps all. Hollow dot: the loss "
    + `after the next step, at rate ${RATE}.`,
  edited: (card, playing) => {
    Object.assign(card.ui, { painted: null, flowing: false, turns: (card.ui.turns ?? 0) + 1 });
    return { committed: true, ...playing ? { step: card.get("inputs").length } : {} };
  },
  keys: [["←", "the loss one step back,"], ["→", "one step on,"], ["Space", "play,"], ["R", "reset,"], ["Ctrl+Z", "undo."],
    ["Tab", "reaches the handles, the inputs and the fields:"], ["↑ ↓ ← →", "move them,"], ["Shift", "ten times as much;"], ["Space", "turns the sign of an input."]],
  base: reset,
  switches: { uphill: false },
  presets: [
    { name: "Start", ask: "How far back does the loss reach?", set: { gain: 0.9 }, play: 0, say: "" },
    { name: "Vanishes", ask: "Nothing saturates here. Does it reach further?", set: { gain: 0.7, activation: "linear" }, play: 0,
      say: ["Linear units, and still it dries up: each step back is × 0.7. The last steps teach on: ", h("b", {}, "vanishing is not zero.")] },
    { name: "Explodes", ask: "Can a tanh network explode?", set: { gain: 1.9, inputs: louder(0.02) }, play: 0,
      say: ["It can, while its units are small. The next step overshoots (hollow dot): ", h("b", {}, "drag the arc to clip it.")] },
    { name: "Stays", ask: "What keeps a river even?", set: { gain: 1, activation: "linear" }, play: 0,
      say: ["A rotation only turns the gradient: every step is heard. So their sum is long, and its step too long (far up): ", h("b", {}, "drag the gain"), "."] },
    { name: "Saturated", ask: "The gain is 3. Why does it dry up?", set: { gain: 3, inputs: louder(2), source: 12 }, play: 0,
      say: ["The states are at the ends of tanh, deep orange or blue: ", h("b", {}, "flat there, it lets next to nothing through.")] },
    { name: "Linear, cut at 5", ask: "A window of 5 saves memory. Is that all it does?", set: { gain: 1, activation: "linear", window: 5, ...units(3) }, play: 0, say: "" },
  ],
  challenge: {
    goal: ["Keep tanh. Find one gain at which between a tenth and ten times of what leaves step 20 arrives at step 1, for quiet inputs and for loud ones."],
    cases: 6,
    start: { ...reset, gain: 0.7, inputs: hidden(0), source: 1 },
    begin: "Six hidden sequences, from quiet to loud. Drag the gain, then press Check.",
    won: h("b", {}, "All six: loud inputs flatten tanh, quiet ones do not, and this gain serves both, nineteen steps back."),
    check: (traits, k) => fault(traits, hidden(k)),
    load: (k) => ({ inputs: copy(hidden(k)), step: 20, source: 1 }),
    failed: (k, { want, got }) => [`Test ${k + 1}, step 1: `, want === "tanh" ? "the units are to be tanh." : `what arrives is × ${num(got)}; ${want} is asked for. The test is shown.`],
  },
};
