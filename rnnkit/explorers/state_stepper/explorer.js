// State Stepper: the words, the sum of one unit, and how the card is put together.

import { mathText } from "../shared/draw.js";
import { h, make } from "../shared/node.js";
import { copy, count, fixed, inPython, short } from "../shared/numbers.js";
import { player } from "../shared/player.js";
import { compare, questions, score } from "../shared/question.js";
import { settings } from "../shared/settings.js";
import { stage } from "../shared/stage.js";
import { challenge, presets } from "../shared/stories.js";
import { strip } from "../shared/strip.js";
import { sum } from "../shared/sum.js";
import { cell, table } from "../shared/table.js";
import limits from "./limits.json" with { type: "json" };
import { HIDDEN, derive, fault, inputName, isShown, terms, unitName } from "./maths.js";
import { grid, still } from "./picture.js";

const m = mathText;
const yesNo = (value) => (value > 0 ? h("b", { class: "rk-yes" }, "yes") : value < 0 ? h("b", { class: "rk-no" }, "no") : h("b", {}, "nothing"));
const bits = (text) => [...text].map((bit) => [Number(bit)]);

function words(s) {
  const [t, values] = [s.step, s.states[s.step]];
  if (t === 0) return "Step 0, before any input: every unit is at 0.";
  const read = `Step ${t} reads ${s.inputs[t - 1].map((v) => short(v)).join(", ")}. `;
  if (!isShown(s, t)) return [read, "What the units say is hidden until you answer."];
  const says = values.flatMap((v, j) => [j ? ", " : "", m("h", j + 1), " says ", yesNo(v)]);
  return [read, ...says, "."];
}

/** The sum of the chosen number. */
function chosen(s) {
  const [t, j] = [s.step, s.unit - 1];
  const known = t > 0 && isShown(s, t);
  const [now, before] = [s.states[t][j], s.ghost?.states[t]?.[j]];
  const was = known && before !== undefined && fixed(before) !== fixed(now) ? `before: ${fixed(before)}` : "";
  return {
    known, terms: terms(s, t, j), names: [["the sum, ", m("a", j + 1)], [m("h", j + 1), " = tanh(", m("a", j + 1), ")"]],
    head: [m("h", j + 1), t === 0 ? " at the start: no sum yet" : ` at step ${t} is made of`,
      h("span", { class: `rk-quiet ${was && "rk-before"}` }, was || "the bars add up")],
  };
}

const asks = (s) => s.bias.map((_, j) => unitName(j));
const signs = {
  kind: "sign",
  ask: (s) => `Step ${s.asked} reads the ${short(s.inputs[s.asked - 1][0])}. Which units say yes (above 0) right after it?`,
  names: asks,
  truth: (s) => s.states[s.asked],
  reply: (s, said, parts) => [h("b", {}, score(parts)), ". ", ...s.bias.flatMap((_, j) =>
    [j ? ", " : "", m("h", j + 1), " says ", yesNo(s.states[s.asked][j])]),
  s.weight_ih[1]?.every((w) => w === 0) ? [": ", m("h", 2), " does not read ", m("x"), ", it hears what ", m("h", 1), " said one step before."] : "."].flat(),
  story: (s) => [{ set: { step: s.asked, unit: Math.min(2, s.H) } }],
};
const numbers = {
  kind: "number", near: 0.05, names: asks,
  ask: (s) => `What will the units be after step ${s.asked}? Two decimals are plenty.`,
  truth: (s) => s.states[s.asked],
  reply: (s, said, parts) => [h("b", {}, score(parts)), `. ${compare(numbers, s, said, parts)} ${why(s, said, parts)}`],
  story: (s) => [{ set: { step: s.asked } }],
};

/** What a wrong prediction gives away. */
export function why(s, said, parts) {
  const [x, wrong] = [s.inputs[s.asked - 1], parts.flatMap((part, j) => (part < 1 ? [j] : []))];
  const near = (values) => wrong.every((j) => Math.abs(said[j] - values[j]) <= numbers.near);
  if (!wrong.length) return "";
  if (wrong.some((j) => Math.abs(said[j]) > 1)) return "tanh never leaves the range from −1 to 1, so neither does h.";
  if (near(s.bias.map(() => x[0]))) return "h is no copy of the input: each unit takes tanh of its weighted input plus its weighted memory.";
  if (near(s.bias.map((b, j) => Math.tanh(x.reduce((total, v, i) => total + s.weight_ih[j][i] * v, b))))) {
    return `That leaves out W_hh times the state after step ${s.asked - 1}.`;
  }
  return `The sum at step ${s.asked} shows each term.`;
}

function rows(s) {
  const inputs = s.inputs[0].map((_, i) => i);
  return table("State Stepper: input and state after each step",
    [m("t"), ...inputs.map((i) => m("x", s.I > 1 ? i + 1 : "")), ...s.bias.map((_, j) => m("h", j + 1))],
    s.states.map((values, t) => [t, ...inputs.map((i) => (t ? short(s.inputs[t - 1][i]) : "–")),
      ...values.map((v, j) => cell(`table:h:${t}:${j}`, isShown(s, t) ? fixed(v) : "?"))]));
}

const python = (s) => [
  "import numpy as np", "from rnnkit.cells import rnn", "from rnnkit.unroll import unroll", "",
  "p = {", `    "weight_ih": np.array(${inPython(s.weight_ih)}),  # (H, I)`, `    "weight_hh": np.array(${inPython(s.weight_hh)}),  # (H, H)`,
  `    "bias_ih": np.array(${inPython(s.bias)}),  # the explorer's one b; torch keeps two and adds them`,
  `    "bias_hh": np.zeros(${s.H}),`, "}",
  `xs = np.array(${inPython(s.inputs)})[:, None]  # (T, 1, I)`,
  `(h,), trace = unroll(rnn, p, xs, (np.zeros((1, ${s.H})),))`, "states = h[:, 0]",
  "print(np.round(states, 3))  # (T + 1, H), row t is the state after step t", "",
].join("\n");

function build(card) {
  const bar = player(card, { trait: "step", name: "step", last: (s) => Math.min(s.T, s.hiddenFrom - 1), pace: () => 800 });
  const read = (t, i) => card.get("inputs")[t - 1][i];
  const write = (t, i, value) => ({ inputs: card.get("inputs").map((row, k) => (k === t - 1 ? row.map((v, c) => (c === i ? value : v)) : row)) });
  const strips = (cells, i, name) => strip(card, { name, title: inputName(card.state(), i), cells, low: -99, high: 99, cycle: [0, 1],
    read: (t) => read(t, i), write: (t, value) => write(t, i, value) });
  const picture = stage(card, "grid", (s, width) => grid(s, width, strips));
  const [top, opened] = [questions(card, bar), sum(card, chosen)];
  const more = settings(card, {
    axes: [{ letter: "H", title: "Units" }, { letter: "T", title: "Steps", fill: `zeros to step ${limits.sizes.T[1]}` }],
    matrices: [["weight_ih", m("W", "ih")], ["weight_hh", m("W", "hh")], ["bias", m("b")]],
    fresh: { weight_ih: (_, column) => (column ? 0 : 1) }, // a new unit sees its input, and nothing else
  });
  const below = [presets(card, bar), challenge(card)];
  const again = make(h("button", { type: "button", class: "rk-small rk-again" }, "Predict numbers"));
  again.addEventListener("click", () => {
    card.stop();
    if (card.ui.asking) {
      card.show({ asking: null, note: "" });
      return;
    }
    card.show({ asking: 1, note: "" });
    card.set({ committed: true, step: card.state().asked - 1 });
    card.intoView();
  });
  more.row.append(again);
  card.parts.push(top, picture, opened, bar, more, ...below);
  const body = make(h("div", { class: "rk-body" }));
  const left = make(h("div", { class: "rk-left" }));
  left.append(picture.element, bar.element);
  body.append(left, opened.element);
  return [top.element, body, ...below.map((row) => row.element), more.row, more.fold];
}

export const explorer = {
  slug: "state-stepper",
  name: "State Stepper: a network of a few units, step by step",
  limits, derive, words, table: rows, still, python, build,
  questions: [signs, numbers],
  heading: (s) => (s.ui.dared && !s.ui.preset && !s.ui.linked ? "Can you build a detector of 1 1?"
    : "Which terms make this number? Tap another in the grid."),
  legend: "A wire carries weight × number into the chosen cell: orange adds, blue takes away, thick is much. Each bar starts where "
    + "the one above it ended. The strip in a cell: what it was before your edit.",
  edited: () => ({ committed: true }),
  written: (card, title, value) => card.note([title, ` is now ${short(value)}, at all ${count(card.get("inputs").length, "step")}.`]),
  keys: [["←", "step back,"], ["→", "step on,"], ["Space", "play,"], ["R", "reset,"], ["Ctrl+Z", "undo."],
    ["Tab", "reaches the inputs, the states and the fields:"], ["← →", "choose an input,"], ["Space", "flips it,"], ["↑ ↓", "change it, or choose a unit."]],
  base: Object.fromEntries(["weight_ih", "weight_hh", "bias", "inputs"].map((name) => [name, limits.traits[name].default])),
  presets: [
    { name: "Was there a 1?", set: { step: 3, unit: 1 }, say: "" },
    { name: "The answer fades", set: { weight_hh: [[0.9, 0], [2, 0]], step: 5, unit: 1 },
      say: ["Its weight on itself is 0.9: after the 1, ", m("h", 1), " says yes more and more weakly."] },
    { name: "0.6 is too little", set: { inputs: [[0], [0], [0.6], [0], [0]], step: 4, unit: 1 },
      say: ["At step 3 ", m("h", 1), " says yes, at step 4 no again: ", m("W", "hh"), " brings back too little to outweigh ", m("b"), "."] },
    { name: "Without a bias", set: { bias: [0, 0], step: 2, unit: 1 },
      say: ["Before the 1, ", m("h", 1), " is 0: neither yes nor no. The bias leans it towards no."] },
  ],
  challenge: {
    goal: "Unit 1 is to say yes from the first two 1s in a row onward, and no before. Every hidden test begins with a 0.",
    cases: HIDDEN.length,
    start: { weight_ih: [[1], [1]], weight_hh: [[0, 0], [0, 0]], bias: [0, 0], inputs: bits("010110000000"), step: 4, unit: 1 },
    begin: ["Set the weights, then press Check. One way: unit 2 remembers the last input, unit 1 takes both and holds. Tap ", m("h", 2), " for its weights."],
    won: [h("b", {}, "All six right: you built a detector of 1 1."), " Harder: make the very first x a 1. Does it still wait for a second?"],
    check: (traits, k) => fault(traits, HIDDEN[k]),
    load: (k, { t }) => ({ inputs: copy(HIDDEN[k]), step: t, unit: 1 }),
    failed: (k, { t, want, got }) => [`Test ${k + 1}, step ${t}: `, m("h", 1), ` should say ${want} and says ${got}. The test is shown.`],
  },
};
