// Latch: the words around the pictures, and how the card is put together.

import { traitField } from "../shared/fields.js";
import { mathText } from "../shared/draw.js";
import { h, make } from "../shared/node.js";
import { copy, fixed, short } from "../shared/numbers.js";
import { player } from "../shared/player.js";
import { questions } from "../shared/question.js";
import { stage } from "../shared/stage.js";
import { challenge, presets } from "../shared/stories.js";
import { strip } from "../shared/strip.js";
import { cell, table } from "../shared/table.js";
import limits from "./limits.json" with { type: "json" };
import { ASKED, END, T, fault, firmly, hidden } from "./maths.js";
import { derive, map, still, time } from "./picture.js";

const PLOT = 132; // px, the height of the plot over time on a phone
const only = (...pairs) => Array.from({ length: T }, (_, k) => pairs.find(([t]) => t === k + 1)?.[1] ?? 0);
const single = only([4, 1]);
const said = (w) => h("b", { class: `rk-${w.split(" ").at(-1).toLowerCase()}` }, w);
const m = (name, below) => mathText(name, below);

/** What is to be seen now, in one sentence. */
function words(s) {
  const { ui, rest, hs, flips, step: t } = s;
  if (ui.telling && s.playing) return ["Zeros so far: ", h("b", {}, Math.max(0, t - ASKED)), " of 50"];
  const push = s.inputs.findLast((x) => Math.abs(x) >= 0.5) ?? 0;
  if (rest.length === 3 && push * hs[END] < 0 && t === END && !s.playing) {
    return ["It can hold a bit, but ", push > 0 ? "a 1" : "a −1", ` no longer ${push > 0 ? "lifts" : "lowers"} `, m("h"),
      " over the unstable point: a steep curve holds the other answer, too. ", h("b", {}, "Push harder: drag "), m("u"), "."];
  }
  if (s.met !== null && !flips && !s.playing) {
    return s.b ? ["A stable and an unstable point met and are gone. ", h("b", {}, `The memory of ${s.b < 0 ? "yes" : "no"} is dead.`)]
      : ["Three points became one. ", h("b", {}, "The memory is dead.")];
  }
  if (s.ghost?.rest.length === 1 && rest.length === 3) {
    return ["A stable and an unstable point are born. ", h("b", {}, "Now it can hold a bit.")];
  }
  if (t < END) {
    const read = t === 0 ? "the start" : t > T ? "input 0" : `input ${short(s.inputs[t - 1])}`;
    return [`Step ${t}, ${read}: `, m("h"), ` = ${fixed(s.h, 2)}. It says `, said(firmly(s.h)), "."];
  }
  if (flips) return [`It flips at every step, between ${fixed(flips[0], 2)} and ${fixed(flips[1], 2)}.`];
  if (rest.length === 3) return ["Two stable points: it can hold a bit. After all the zeros it says ", said(firmly(hs[END])), "."];
  return ["One stable point: whatever comes in, zeros lead to ", m("h"), ` = ${fixed(rest[0].h, 2)}. `, h("b", {}, "No bit is held.")];
}

const opening = {
  kind: "choice",
  ask: () => "A single 1 comes. Will the unit still say yes after fifty zeros?",
  options: ["Yes", "No"],
  right: (s) => (s.hs[END] > 0 ? "Yes" : "No"),
  reply: () => "",
  story: (s, answer) => [
    { show: { telling: true }, play: ASKED },
    { show: { telling: false }, note: [said("Still yes"), ". Now the same 1, with the curve made flatter …"], wait: 1100 },
    { gesture: true, set: { step: END } },
    { note: "… flatter, and flatter …", glide: ["w", 1.4], ms: 2000 },
    { show: { hint: true }, note: [answer === "Yes" ? "You were right: " : "It did: ", h("b", {}, "a steep curve holds the yes."),
      " A flatter one forgets it. Your turn: drag ", m("w"), "."] },
  ],
};

const python = (s) => [
  "import numpy as np",
  "",
  `w, b, u, h = ${s.w}, ${s.b}, ${s.u}, ${s.h0}`,
  `xs = [${s.inputs.join(", ")}] + ${END - T} * [0]`,
  "states = [h]",
  "for x in xs:",
  "    h = np.tanh(w * h + b + u * x)",
  "    states.append(h)",
  `print(np.round(states, 3))  # (${END + 1},): h after each step, the start first`,
  "",
].join("\n");

const rows = (s) => table("Latch: input and state after each step", ["step", m("x"), m("h")],
  [...Array(T + 1).keys(), 20, 30, 40, END].map((t) => [t, t === 0 ? "–" : short(s.inputs[t - 1] ?? 0),
    cell(`table:h:${t}`, s.committed || t <= ASKED ? fixed(s.hs[t]) : "?")]));

function build(card) {
  const bar = player(card, { trait: "step", name: "step", last: (s) => (s.committed ? END : ASKED), pace: (t) => (t < 7 ? 280 : t < T ? 140 : 45) });
  let side = 0;
  const left = stage(card, "map", (s, width) => {
    const picture = map(s, width);
    side = picture.side;
    return picture;
  });
  const inputs = (s) => (cells) => strip(card, { name: "inputs", title: "input", cells, low: -1, high: 1,
    read: (t) => s.inputs[t - 1], write: (t, value) => ({ inputs: card.get("inputs").map((v, k) => (k === t - 1 ? value : v)) }) });
  const right = stage(card, "time", (s, width) => {
    const wide = card.width >= 640;
    return time(s, width, wide ? side : PLOT, wide, inputs(s));
  });
  const fields = [["w", "weight w"], ["b", "offset b"], ["u", "push u"], ["h0", "start h₀"]]
    .map(([name, title]) => traitField(card, name, title, name === "h0" ? m("h", 0) : m(name)));
  const numbers = make(h("div", { class: "rk-numbers" }));
  numbers.append(...fields.map((field) => field.element));
  const top = questions(card, bar);
  const below = [presets(card, bar), challenge(card)];
  card.parts.push(top, left, right, ...fields, bar, ...below,
    { refresh: (s) => { numbers.classList.toggle("rk-away", s.quiet); } });
  const body = make(h("div", { class: "rk-body" }));
  body.append(left.element, numbers, right.element, bar.element);
  return [top.element, body, ...below.map((row) => row.element)];
}

export const explorer = {
  slug: "latch",
  name: "Latch: a unit that can hold a bit",
  limits, derive, words, table: rows, still, python, build,
  questions: [opening],
  heading: (s) => (s.ui.telling ? opening.ask() : s.ui.preset ? explorer.presets.find((one) => one.name === s.ui.preset).ask
    : s.ui.dared && !s.ui.linked ? "Can you make it hold, let go, and ignore?" : "What makes the unit hold a bit?"),
  legend: "Thick curve: the next h with input 0. Dotted: with another. A step goes up or down to the curve, then across to the "
    + "diagonal. Where the thick one meets the diagonal, h rests: filled dots are stable, hollow ones are not. Colours of the "
    + "ground: where h will end, of the ball: what it is now. Grey: before your edit.",
  edited: () => ({ step: END, committed: true }),
  keys: [["←", "step back,"], ["→", "step on,"], ["Space", "play,"], ["R", "reset,"], ["Ctrl+Z", "undo."],
    ["Tab", "reaches the handles, the inputs and the fields:"], ["↑ ↓", "change a value,"], ["Shift", "ten times as much;"],
    ["← →", "choose an input,"], ["Space", "flips it."]],
  base: { h0: 0, inputs: single, u: 3 },
  presets: [
    { name: "Holds a bit", ask: "What keeps the yes up, while only zeros come?", set: { w: 2, b: -0.3 }, play: 0, say: "" },
    { name: "Forgets slowly", ask: "How long does it remember?", set: { w: 0.98, b: 0 }, play: 0,
      say: ["The curve lies just below the diagonal: ", m("h"), " takes ever lower stairs down to 0. A trace is left for long."] },
    { name: "Flips each step", ask: "Can it ever come to rest?", set: { w: -1.3, b: 0 }, play: 0, say: "" },
    { name: "Two fates of 0.6", ask: "Why does the same 0.6 fail, and later stick?", set: { w: 2, b: -0.3, inputs: only([3, 0.6], [7, 0.6], [8, 0.6]) }, play: 0,
      say: ["The same 0.6 fails at step 3 and sticks at step 8: there ", m("h"), " stood higher, after the 0.6 before."] },
  ],
  challenge: {
    goal: ["Make it hold a 1 (", m("h"), " above 0.5) for 30 steps, let go at a −1 (below −0.5), and ignore ±0.3, even twice in a row."],
    cases: 6,
    start: { w: 0.8, b: 0.4, u: 1, h0: 0, inputs: only([4, 1], [8, -1]), step: END },
    begin: ["This unit says yes whatever comes. Drag ", m("w"), ", ", m("b"), " and ", m("u"), ", then press Check."],
    won: h("b", {}, "All six tests passed: you built a memory of one bit."),
    check: (traits, k) => fault(traits, hidden(k)),
    load: (k) => ({ inputs: copy(hidden(k)), h0: 0, step: END }),
    failed: (k, { t, want, got }) => [`Test ${k + 1}, step ${t}: `, m("h"),
      ` should be ${want === "yes" ? "above 0.5" : "below −0.5"} and is ${fixed(got, 2)}. The test is shown.`],
  },
};
