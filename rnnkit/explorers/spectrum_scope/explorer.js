// Spectrum Scope: the words around the pictures, and how the card is put together.

import { random } from "../compute/random.js";
import { ontoCircle } from "../compute/schur.js";
import { traitField } from "../shared/fields.js";
import { h, make, patch } from "../shared/node.js";
import { num } from "../shared/magnitude.js";
import { clamp, fixed, inPython } from "../shared/numbers.js";
import { player } from "../shared/player.js";
import { questions } from "../shared/question.js";
import { stage } from "../shared/stage.js";
import { challenge, presets } from "../shared/stories.js";
import { cell, table } from "../shared/table.js";
import limits from "./limits.json" with { type: "json" };
import { END, derive, fault, hidden, rates } from "./maths.js";
import { disc, factor, growth, plane, still, twins } from "./picture.js";

const own = Object.fromEntries(Object.entries(limits.traits).map(([name, limit]) => [name, limit.default]));
const round = (v, digits = 2) => Number(v.toFixed(digits));

/** What is to be seen now, in one sentence. */
function words(s) {
  if (s.asking) return ["A disc of small changes to h, all of size 1. Each step multiplies it by a Jacobian."];
  if (s.step === 0) return ["A disc of small changes to h, not yet moved: each step multiplies it by a Jacobian."];
  if (s.ui.telling || (s.step < END && s.step !== s.peakAt)) return [`Step ${s.step}: the disc's longest half is `, h("b", {}, factor(s.grown[s.step])), "."];
  const [end, peak] = [s.grown[END], s.peak];
  if (s.gone > 0) return [peak > 1.05 ? [`It grows to `, h("b", {}, factor(peak)), ` by step ${s.peakAt}, and is `] : ["It is "], h("b", {}, `exactly zero from step ${s.gone}`), " on."].flat();
  if (peak < 1.05) return end < 0.5 ? [h("b", {}, "It never grows"), `, and is ${factor(end)} at step ${END}.`] : [h("b", {}, "It keeps its size"), "."];
  if (s.peakAt >= END - 4 || peak > 1e4) return [`It is still growing at step ${END}: `, h("b", {}, factor(end)), "."];
  const inside = s.radius < 1 ? ", though no eigenvalue is outside" : "";
  return [`It grows to `, h("b", {}, factor(peak)), ` by step ${s.peakAt}${inside}; at step ${END} it is ${factor(end)}.`];
}

const [GROWS, SHRINKS] = ["It grows first", "It only shrinks"];
const opening = {
  kind: "choice",
  ask: () => `Both eigenvalues of W are inside the unit circle. What will ${END} steps do to a small change of h?`,
  options: [GROWS, SHRINKS],
  right: (s) => (s.peak > 1.05 ? GROWS : SHRINKS),
  reply: () => "",
  story: (s, said) => [
    { show: { telling: true }, play: 0 },
    { set: { step: clamp(s.peakAt, 1, END) }, show: { telling: false, hint: true },
      note: [said === opening.right(s) ? "You were right" : "Look again", ": it grew ", h("b", {}, factor(s.peak)), ` by step ${s.peakAt}, then fades by about ${fixed(s.radius, 2)} a step, in bumps: a complex pair turns the change as it shrinks it. `,
        h("b", {}, "Pull the diamond down"), " to the dots: less lean."] },
  ],
};

const python = (s) => [
  "import numpy as np", "from rnnkit.unroll import unroll",
  ...s.activation === "tanh" ? ["from rnnkit.cells import rnn as cell"] : ["from rnnkit.cells import rnn", "", "class cell:  # rnnkit runs any cell that has these names",
    "    GATES, STATE, INPUT_BIASES, Trace, step_backward = rnn.GATES, rnn.STATE, rnn.INPUT_BIASES, rnn.Trace, rnn.step_backward",
    "    def step(p, a_x, state):", "        h = a_x + state[0] @ p[\"weight_hh\"].T", "        return (h,), rnn.Trace(np.ones_like(h))"],
  "",
  `W = np.array(${inPython(s.W.map((row) => [...row]))})`,
  `A = np.array([${inPython(s.start.flat())}])`,
  `zero = np.zeros(${s.H})`,
  "p = {\"weight_ih\": zero[:, None], \"weight_hh\": W, \"bias_ih\": zero, \"bias_hh\": zero}",
  `(h,), _ = unroll(cell, p, np.zeros((${END}, 1, 1)), (A,))  # no inputs`,
  "states = h[:, 0]",
  `print(np.round(states, 3))  # (${END + 1}, H), row t is A after step t`,
  "print(np.linalg.eigvals(W))",
  "",
  `P = np.eye(${s.H})`,
  "for t, h_t in enumerate(states[1:], 1):",
  `    P = ${s.activation === "tanh" ? "(1 - h_t[:, None] ** 2) * W @ P" : "W @ P"}  # J_t ... J_1`,
  "    print(t, np.linalg.svd(P, compute_uv=False)[:2])",
  "",
].join("\n");

const rows = (s) => table(`Spectrum Scope: A, and the singular values of the product; Lyapunov exponents ${
  s.asking ? "?" : rates(s).slice(0, 4).map((v) => (Number.isFinite(v) ? fixed(v, 2) : "−∞")).join(", ")}`,
["step", ...Array.from({ length: s.H }, (_, j) => `h${j + 1}`), "largest", "smallest", "gap"],
s.hs.map((state, t) => {
  const hides = s.asking && t > 0;
  const of = (v) => (hides ? "?" : v);
  return [t, ...Array.from(state, (v, j) => (Math.abs(v) < 1000 ? cell(`table:h:${t}:${j}`, of(fixed(v))) : of(num(v)))),
    cell(`table:s:${t}`, of(num(s.grown[t]))), of(num(s.spectra[t].at(-1))), of(num(s.gaps[t]))];
}));

function build(card) {
  const bar = player(card, { trait: "step", name: "step", last: () => END, pace: (t) => (t < 10 ? 190 : 50) });
  const high = () => (card.width >= 900 ? 290 : card.width >= 640 ? 216 : 0);
  const pictures = [
    stage(card, "plane", (s, width) => plane(s, width, high() || width)),
    stage(card, "disc", (s, width) => disc(s, width, high() || 124)),
    stage(card, "twins", (s, width) => twins(s, width, high() || 116)),
    stage(card, "growth", (s, width) => growth(s, width, card.width >= 900 ? 262 : high() ? 200 : 132)),
  ];
  const fields = [["lean", "lean"], ["gain", "gain of W"]].map(([name, title]) => traitField(card, name, title, title));
  const set = make(h("div", { class: "rk-set" }));
  const acts = make(h("div", { class: "rk-activations", role: "group", "aria-label": "Activation" }));
  const turn = make(h("button", { type: "button", class: "rk-roundly", "data-act": "orthogonal", onclick: () => {
    card.gesture();
    card.set({ lean: 0, gain: 1, eigenvalues: card.get("eigenvalues").map(ontoCircle) });
    card.note(["Every eigenvalue is on the circle and the eigenvectors stand at right angles: ", h("b", {}, "W only turns"), card.get("activation") === "tanh" ? ". What still shrinks is tanh." : "."]);
  } }, "make W orthogonal"));
  const factors = make(h("dl", { class: "rk-rates" }));
  const choose = (activation) => () => {
    card.gesture();
    card.set({ activation });
  };
  const row = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  const controls = { refresh(s) {
    patch(acts, limits.traits.activation.choices.map((one) => h("button", { type: "button", "aria-pressed": String(one === s.activation), onclick: choose(one) }, one)));
    patch(factors, [row("at most a step: σ", fixed(s.widest, 2)), row("by eigenvalue: |λ|", fixed(s.radius, 2)),
      row("in the long run", s.asking ? "?" : fixed(Math.exp(s.longest), 2))]);
  } };
  set.append(...fields.map((field) => field.element), acts, turn, factors);
  const body = make(h("div", { class: "rk-body" }));
  const [first, second, third, fourth] = pictures.map((one) => one.element);
  body.append(first, set, second, third, fourth);
  const top = questions(card, bar);
  const below = [presets(card, bar), challenge(card)];
  card.parts.push(top, ...pictures, controls, ...fields, bar, ...below);
  return [top.element, body, bar.element, ...below.map((part) => part.element)];
}

const many = (P, draw) => Array.from({ length: P }, draw);
const next = random(72);
const scattered = many(8, (_, k) => {
  const [r, angle] = [Math.sqrt((k + 0.5) / 8), Math.PI * next()];
  return [round(r * Math.cos(angle)), -round(r * Math.sin(angle))];
});
const starts = random(5);
const reset = { ...own, step: 0 };
const chain = { eigenvalues: many(4, () => [0, 0]), lean: 1.4, start: many(4, () => [0, 0]), push: many(4, (_, k) => [0, k === 3 ? 0.02 : 0]) };

export const explorer = {
  slug: "spectrum-scope",
  name: "Spectrum Scope: what eigenvalues tell of a product of Jacobians",
  limits, derive, words, table: rows, still, python, build,
  questions: [opening],
  heading: (s) => (s.ui.telling ? opening.ask(s) : explorer.presets.find((one) => one.name === s.ui.preset)?.ask
    ?? (s.ui.dared && !s.ui.linked ? "Can every push grow, with both eigenvalues inside?" : "What makes a small change grow?")),
  legend: "Dots: the eigenvalues of W. The Jacobians are diag(f′) W, and follow from the states. Dotted rim: where the eigenvalues of W can go if W is off by 0.1; its diamond "
    + "sets the lean. The disc: small changes to h after the steps so far, J_t … J_1; orange is what has grown, blue what was lost; the arm is the change from A to B. Dotted rings: where A and B start, to drag. Below, its longest half by step, "
    + "and thin, its other singular values; grey, the powers of the largest eigenvalue and, dashed, of the largest singular value of W; dotted at the end, the slope of the largest Lyapunov exponent. Dotted and thin: before your edit.",
  edited: (card) => {
    const { step, peakAt } = card.state();
    return { committed: true, ...step === 0 || step === END ? { step: clamp(peakAt, 1, END) } : {} };
  },
  keys: [["←", "one step back,"], ["→", "one step on,"], ["Space", "play,"], ["R", "reset,"], ["Ctrl+Z", "undo."],
    ["Tab", "reaches the eigenvalues, the rim, both starts, the steps and the fields:"], ["↑ ↓ ← →", "move them,"], ["Shift", "ten times as much."]],
  base: reset,
  presets: [
    { name: "Leaning", ask: "Both eigenvalues are inside the circle. Can a small change still grow?", set: {}, play: 0, say: "" },
    { name: "Orthogonal", ask: "The eigenvalues are on the circle. Does a change keep its size?", play: 0,
      set: { eigenvalues: [[0.96, -0.28]], lean: 0, activation: "linear", start: [[0.7, 0.2]], push: [[0.1, 0.05]] },
      say: ["It only turns. ", h("b", {}, "Now press tanh"), ": that shrinks it. Or pull the dots inside: it vanishes, and nothing saturates."] },
    { name: "Cycle", ask: "Both eigenvalues are outside the circle. Must a change explode?", play: 0,
      set: { eigenvalues: [[1.17, -0.57]], lean: 0, start: [[0.3, 0.1]], push: [[0.05, -0.05]] },
      say: ["No: ", h("b", {}, "tanh flattens"), ", and h goes round. Now press linear."] },
    { name: "Latch", ask: "A and B start side by side. Do they stay together?", play: 0,
      set: { eigenvalues: [[0.95, 0.45]], lean: 0, start: [[-0.02, -0.03]], push: [[0.04, 0.01]] },
      say: ["They part, to ", h("b", {}, "two resting points"), "; then what is near each of them comes together."] },
    { name: "Chain", ask: "All eight eigenvalues are zero. Can a small change still grow?", play: 0, set: chain,
      say: [`Each step hands the change on, × 1.4, to the next unit: `, h("b", {}, "×10.5 at step 7"), "; at step 8 it falls off the end, and is exactly 0."] },
    { name: "Chaos", ask: "tanh holds 16 units between −1 and 1. Do A and B stay together?", play: 0,
      set: { eigenvalues: scattered, lean: 1, gain: 2, seed: 72, start: many(8, () => [round(starts() - 0.5), round(starts() - 0.5)]), push: many(8, (_, k) => [k ? 0 : 0.01, 0]) },
      say: ["They part, for good. ", h("b", {}, "tanh bounds h, not the growth of a change"), "."] },
  ],
  challenge: {
    goal: ["Keep tanh and both eigenvalues inside the circle. Make each of six hidden pushes grow fivefold, and be under a tenth of its size at step 60."],
    cases: 6,
    start: { ...reset, eigenvalues: [[0.7, -0.4]], lean: 1, ...hidden(0), step: END },
    begin: ["Six hidden pushes, each in another direction. Move the eigenvalues and the lean, then press Check."],
    won: h("b", {}, "All six: inside the circle, and each grew fivefold before it died."),
    check: (traits, k) => fault(traits, hidden(k)),
    load: (k, { t }) => ({ ...hidden(k), step: t }),
    failed: (k, { t, want, got }) => [`Test ${k + 1}, step ${t}: `, {
      tanh: "two tanh units are asked for.", inside: `an eigenvalue is ${fixed(got, 2)} long, not inside the circle.`,
      growth: `the gap is ${factor(got)} at its largest; ×5 is asked for.`, "an end": `the gap is still ${factor(got)}; under ×0.1 is asked for.`,
    }[want], " The test is shown."],
  },
};
