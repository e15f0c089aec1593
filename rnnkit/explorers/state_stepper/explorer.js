// State Stepper: the words, the sum of one unit, and how the card is put together.

import { mathText } from "../shared/draw.js";
import { choice, entryField, matrix } from "../shared/fields.js";
import { h, make, patch } from "../shared/node.js";
import { clamp, copy, count, factorAsPrinted, fixed, short, sumAsPrinted } from "../shared/numbers.js";
import { player } from "../shared/player.js";
import { compare, questions, score } from "../shared/question.js";
import { stage, strip } from "../shared/stage.js";
import { challenge, presets } from "../shared/stories.js";
import limits from "./limits.json" with { type: "json" };
import { HIDDEN, derive, fault, inputName, isShown, terms, unitName, withSteps, withUnits } from "./maths.js";
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

/** The sum of the chosen unit: fields for its weights, and each term as a bar that starts where the one before ended. */
function sum(card) {
  const head = make(h("p", { class: "rk-sum-head" }));
  const list = make(h("div", { class: "rk-terms" }));
  const foot = make(h("div", { class: "rk-terms" }));
  const element = make(h("div", { class: "rk-sum" }));
  element.append(head, list, foot);
  let [rows, built] = [[], ""];

  function makeRows(s) {
    const j = s.unit - 1;
    const fields = [...s.weight_ih[0].map((_, i) => ["weight_ih", j, i]), ...s.bias.map((_, k) => ["weight_hh", j, k]), ["bias", j, 0]];
    rows = fields.map(([name, r, c]) => {
      const [row, rest] = [make(h("div", { class: "rk-term" })), make(h("div", { class: "rk-rest" }))];
      const field = entryField(card, name, r, c);
      row.append(field.element, rest);
      return { row, rest, field };
    });
    list.replaceChildren(...rows.map((one) => one.row));
  }
  const bar = (from, to, most) => {
    const place = (v) => 50 + 50 * clamp(v / most, -1, 1);
    const [a, b] = [place(Math.min(from, to)), place(Math.max(from, to))];
    const look = to > from ? "rk-plus" : to < from ? "rk-minus" : "";
    return h("span", { class: "rk-fall" }, h("i", { class: look, style: `left:${a.toFixed(1)}%;width:${Math.max(0.8, b - a).toFixed(1)}%` }));
  };
  return {
    element,
    refresh(s) {
      const [t, j] = [s.step, s.unit - 1];
      if (built !== `${s.H} ${s.I} ${j}`) makeRows(s);
      built = `${s.H} ${s.I} ${j}`;
      const known = t > 0 && isShown(s, t);
      const all = t > 0 && isShown(s, t - 1) ? terms(s, t, j) : [];
      const { digits, exact } = sumAsPrinted(all.map((term) => term.product));
      const upTo = all.reduce((sums, term) => [...sums, sums.at(-1) + term.product], [0]);
      const [most, total, is] = [Math.max(1.5, ...upTo.map(Math.abs)), upTo.at(-1), exact ? "=" : "≈"];
      const was = s.ghost && known && s.ghost.states[t]?.[j] !== undefined && fixed(s.ghost.states[t][j]) !== fixed(s.states[t][j])
        ? `before: ${fixed(s.ghost.states[t][j])}` : "";
      patch(head, [m("h", j + 1), t === 0 ? " at the start: no sum yet" : ` at step ${t} is made of`, h("span", { class: `rk-quiet ${was && "rk-before"}` }, was || "the bars add up")]);
      rows.forEach(({ rest, field }, k) => {
        field.refresh();
        const term = all[k];
        const isBias = k === rows.length - 1;
        const name = isBias ? "" : k < s.I ? inputName(s, k) : `${unitName(k - s.I)} before`;
        patch(rest, [
          h("span", { class: "rk-sign" }, isBias ? "" : "×"),
          h("span", { class: "rk-factor" }, isBias ? h("small", {}, "the bias b") : h("span", { "data-cell": `sum:value:${k}` },
            term ? factorAsPrinted(term.weight, term.value, digits) : "?"), isBias ? null : h("small", {}, name)),
          h("span", { class: "rk-sign" }, "="),
          h("span", { class: "rk-product", "data-cell": `sum:product:${k}` }, term ? fixed(term.product, digits) : "?"),
          term ? bar(upTo[k], upTo[k + 1], most) : h("span", { class: "rk-fall" }),
        ]);
      });
      const line = (name, value, cell, sign) => h("div", { class: "rk-term rk-total" }, h("span", {}, name),
        h("span", { class: "rk-sign" }, sign), h("span", { class: "rk-product", "data-cell": cell }, known ? fixed(value, digits) : "?"),
        known ? bar(0, value, most) : h("span", { class: "rk-fall" }));
      patch(foot, [line(["the sum, ", m("a", j + 1)], total, "sum:a", is),
        line([m("h", j + 1), ` = tanh(`, m("a", j + 1), ")"], Math.tanh(total), "sum:h", is)]);
    },
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

function table(s) {
  const heads = [m("t"), ...s.inputs[0].map((_, i) => m("x", s.I > 1 ? i + 1 : "")), ...s.bias.map((_, j) => m("h", j + 1))];
  const rows = s.states.map((values, t) => h("tr", {}, h("th", { scope: "row" }, t),
    ...s.inputs[0].map((_, i) => h("td", {}, t ? short(s.inputs[t - 1][i]) : "–")),
    ...values.map((v, j) => h("td", { "data-cell": `table:h:${t}:${j}` }, isShown(s, t) ? fixed(v) : "?"))));
  return h("table", {}, h("caption", {}, "State Stepper: input and state after each step"),
    h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, ...rows));
}

function python(s) {
  const row = (values) => `[${values.map((v) => (Number.isInteger(v) ? v.toFixed(1) : String(v))).join(", ")}]`;
  const rows = (name, shape) => `np.array([${s[name].map(row).join(", ")}]),  # ${shape}`;
  return [
    "import numpy as np", "from rnnkit.cells import rnn", "from rnnkit.unroll import unroll", "",
    "p = {", `    "weight_ih": ${rows("weight_ih", "(H, I)")}`, `    "weight_hh": ${rows("weight_hh", "(H, H)")}`,
    `    "bias_ih": np.array(${row(s.bias)}),  # the explorer's one b; torch keeps two and adds them`,
    `    "bias_hh": np.zeros(${s.H}),`, "}",
    `xs = np.array([${s.inputs.map(row).join(", ")}])[:, None]  # (T, 1, I)`,
    `(h,), trace = unroll(rnn, p, xs, (np.zeros((1, ${s.H})),))`, "states = h[:, 0]",
    "print(np.round(states, 3))  # (T + 1, H), row t is the state after step t", "",
  ].join("\n");
}

/** Units, steps and all weights: what is changed rarely. */
function settings(card) {
  const resize = (change) => (n) => {
    card.gesture();
    card.set(change(card.state(), n));
  };
  const [units, steps] = [choice("Units", 1, limits.sizes.H[1], resize(withUnits)), choice("Steps", 1, limits.sizes.T[1], resize(withSteps))];
  const zeros = make(h("button", { type: "button", onclick: () => resize(withSteps)(limits.sizes.T[1]) }, "zeros to step 12"));
  const row = make(h("div", { class: "rk-row" }));
  row.append(units.element, steps.element, zeros);
  const grids = [["weight_ih", m("W", "ih"), (s) => [s.H, s.I]], ["weight_hh", m("W", "hh"), (s) => [s.H, s.H]], ["bias", m("b"), (s) => [s.H]]]
    .map(([name, symbol, sizes]) => matrix(card, name, symbol, sizes));
  const fold = make(h("details", { class: "rk-all" }, h("summary", {}, "All weights at once")));
  const matrices = make(h("div", { class: "rk-row" }));
  matrices.append(...grids.map((one) => one.element));
  fold.append(matrices);
  fold.addEventListener("toggle", card.soon);
  return {
    elements: [row, fold],
    refresh(s) {
      units.refresh(s.H);
      steps.refresh(s.T);
      if (fold.open) grids.forEach((one) => one.refresh(s));
    },
  };
}

function build(card) {
  const bar = player(card, { trait: "step", name: "step", last: (s) => Math.min(s.T, s.hiddenFrom - 1), pace: () => 800 });
  const read = (t, i) => card.get("inputs")[t - 1][i];
  const write = (t, i, value) => ({ inputs: card.get("inputs").map((row, k) => (k === t - 1 ? row.map((v, c) => (c === i ? value : v)) : row)) });
  const strips = (cells, i, name) => strip(card, { name, title: inputName(card.state(), i), cells, low: -99, high: 99, cycle: [0, 1],
    read: (t) => read(t, i), write: (t, value) => write(t, i, value) });
  const picture = stage(card, "grid", (s, width) => grid(s, width, strips));
  const [top, terms_, more] = [questions(card, bar), sum(card), settings(card)];
  const rows = [presets(card, bar), challenge(card)];
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
  more.elements[0].append(again);
  card.parts.push(top, picture, terms_, bar, more, ...rows);
  const body = make(h("div", { class: "rk-body" }));
  const left = make(h("div", { class: "rk-left" }));
  left.append(picture.element, bar.element);
  body.append(left, terms_.element);
  return [top.element, body, ...rows.map((row) => row.element), ...more.elements];
}

export const explorer = {
  slug: "state-stepper",
  name: "State Stepper: a network of a few units, step by step",
  limits, derive, words, table, still, python, build,
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
