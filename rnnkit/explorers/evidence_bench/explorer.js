// Evidence Bench: the words around the picture, and how the card is put together.

import { options, scrubField, traitField } from "../shared/fields.js";
import { h, make, patch } from "../shared/node.js";
import { clamp, fixed, inPython, same } from "../shared/numbers.js";
import { player } from "../shared/player.js";
import { questions } from "../shared/question.js";
import { stage } from "../shared/stage.js";
import { challenge, presets } from "../shared/stories.js";
import { tell } from "../shared/story.js";
import { cell, table } from "../shared/table.js";
import limits from "./limits.json" with { type: "json" };
import { CASES, DARE, HIDDEN_COUNT, METHODS, alike, another, derive, fault } from "./maths.js";
import { T } from "./net.js";
import { NAMES, answerOf, bench, still } from "./picture.js";

const own = Object.fromEntries(Object.entries(limits.traits).map(([name, limit]) => [name, limit.default]));
const b = (...nodes) => h("b", {}, ...nodes);
const and = (list) => list.join(" and ");
const steps = (list) => `${list.length > 1 ? "steps" : "step"} ${and(list)}`;
const saying = (yes) => b(answerOf(yes));
const percent = (thousandths) => `${Math.round(thousandths / 10)}\u00A0%`;

/** How many of the planted steps a method names, of hidden sequences, in thousandths. */
const foundBy = ({ known }, method) => known.found[METHODS.indexOf(method)].reduce((a, v) => a + v, 0) / T;
/** How alike its pictures are once the weights are shuffled, on average. */
const likeness = ({ known, shuffle }, method) => known.shuffled[shuffle - 1][1 + METHODS.indexOf(method)] / 1000;

/** What the answer does if the chosen number moves. */
function columnWords(s) {
  const [t, turns] = [s.step, s.turns[s.step - 1]];
  const planted = s.planted.includes(t);
  if (turns.length) return [b(`Number ${t} decides: `), `the answer turns at ${and(turns.map((v) => fixed(v, 2)))}. Now it is `, saying(s.yes), "."];
  if (planted && s.task === "either" && !s.veiled && s.yes) return [b(`Number ${t} was planted, yet alone it changes nothing: `), "the other one is enough. Pull both below 0."];
  return [b(`Number ${t} alone turns nothing: `), "at any height the answer stays ", saying(s.yes), "."];
}

/** What the method says, beside what was planted. */
function methodWords(s) {
  if (s.shuffle) {
    const here = alike(s.bars, s.before);
    return [`Shuffled, it is right in ${percent(s.known.shuffled[s.shuffle - 1][0])}. `, ...s.method === "size"
      ? [b("This picture has not changed at all: "), "it never asked the network."]
      : [`${NAMES[s.method]}: `, b(here > 0.9 ? "nearly the same picture" : here > 0.4 ? "partly the same picture" : "another picture"), `, alike ${fixed(here, 2)} here and ${fixed(likeness(s, s.method), 2)} on average.`]];
  }
  const found = percent(foundBy(s, s.method));
  if (s.veiled) return [`${NAMES[s.method]} names ${steps(s.names)}. In hidden sequences it finds ${found} of the planted steps.`];
  if (!s.planted.length) return [`${NAMES[s.method]} names ${steps(s.names)}; nothing was planted.`];
  return [b(`${NAMES[s.method]} names ${steps(s.names)}`), s.hits === s.planted.length ? ", as planted. " : `; planted: ${and(s.planted)}. `, `In ${HIDDEN_COUNT} hidden sequences it finds `, b(found), "."];
}

const RULE = { one: "One counts: above 0 is yes.", sum: "Two count: a sum above 0 is yes.", either: "Two count: either above 0 is yes." };

/** What is to be seen now, in one sentence. */
function words(s) {
  if (s.asking) {
    return [`${RULE[s.task]} The network says `, saying(s.yes), `, and is ${s.right ? "right" : "wrong"}. Choose a method, look at its bars, and `, b(s.count > 1 ? "tap your two." : "tap your bet.")];
  }
  if (s.step === 0) return methodWords(s);
  return columnWords(s);
}

const QUESTION = {
  one: "Which of these 12 numbers decides the network’s answer?",
  sum: "Which two of these 12 numbers decide the network’s answer?",
  either: "Which two of these 12 numbers can decide the answer?",
};

/** What comes after a bet: the columns turn colour, and the planted steps stand there. */
function verdict(s, bet) {
  const hit = bet.filter((t) => s.planted.includes(t)).length;
  const first = !bet.length ? "" : hit === s.planted.length ? "Right. " : `You bet on ${and(bet)}. `;
  const turns = s.planted.filter((t) => s.turns[t - 1].length);
  if (!turns.length) return [first, b(`${and(s.planted)} were planted, and no column turns: `), "either is enough. Pull both below 0."];
  const wrong = s.hits === s.count ? `${NAMES[s.method]} names ${s.count > 1 ? "both" : "it"}. ` : `${NAMES[s.method]} stood at ${and(s.names)}. `;
  const way = s.x[turns[0] - 1] > 0 ? "below" : "above";
  return [first, b(`The answer rests on ${and(s.planted)}`), ": only there a column changes colour. ", s.count === 1 ? wrong : "", "Drag ", b(turns[0]), ` ${way} 0.`];
}
const reveal = (s, bet) => [
  { set: { step: s.planted[0] ?? 1 }, show: { floods: (s.ui.floods ?? 0) + 1, hint: true } }, { note: verdict(s, bet) },
];
const betOf = (painted) => painted.flatMap((is, t) => (is ? [t] : []));

const opening = {
  kind: "paint",
  ask: (s) => QUESTION[s.task],
  go: "Uncover",
  truth: (s) => Array.from({ length: T + 1 }, (_, t) => s.planted.includes(t)),
  reply: (s, said) => verdict(s, betOf(said)),
  story: (s, said) => reveal(s, betOf(said)),
};

const python = (s) => [
  "import numpy as np", "from rnnkit.explorers.evidence_bench import network", "",
  `net = network.shuffled(network.load()["${s.task}"][${["a", "b", "c"].indexOf(s.net)}], ${s.shuffle})`,
  `x = np.array(${inPython(s.inputs)})`,
  "marks = np.zeros(12)",
  `marks[np.array([${s.planted.join(", ")}], int) - 1] = 1  # the planted steps`,
  "",
  `found = network.METHODS["${s.method}"](net, x[:, None], marks[:, None]${s.method === "integrated" ? `, ${s.points}` : ""})[:, 0]`,
  "score = network.score(net, x[:, None], marks[:, None])[0]",
  "moved = network.moved(net, x, marks)  # (T, 17): the score with each number at 17 heights",
  "rows = np.stack([x, found, moved.min(1), moved.max(1)], 1)",
  "states = np.vstack([[score, found.sum(), score, score], rows])",
  "for row in states:",
  "    print(*(f\"{value:.3f}\" for value in row))",
  "",
].join("\n");

const rows = (s) => table(`Evidence Bench: the numbers, ${NAMES[s.method].toLowerCase()}, and from where to where the score goes if one number moves; above 0 is yes. Row 0: the score, and the sum`,
  ["step", "number", NAMES[s.method].toLowerCase(), "lowest score", "highest", "planted"],
  s.rows.map((values, t) => [t, ...values.map((v, k) => cell(`table:h:${t}:${k}`, s.asking && t && k > 1 ? "?" : fixed(v))),
    t === 0 ? "" : s.asking || s.veiled ? "?" : s.planted.includes(t) ? "yes" : "–"]));

/** The same numbers, but for one step. */
const put = (card, t, value) => ({ inputs: card.get("inputs").with(t - 1, Number(clamp(value, -1, 1).toFixed(2))) });

/** What one takes hold of: the steps below the columns, and the numbers in them; before the answer, the bet. */
const regionsOf = (card, s, bet) => (p) => {
  const across = { x: p.left, width: p.right - p.left };
  if (s.asking) {
    const at = clamp(s.ui.at ?? 1, 1, T);
    return [{ ...across, name: "bet", title: "your bet", looks: true, look: "rk-bets", value: at, low: 1, high: T, y: p.top - 4, height: p.bars + p.bar + 6 - p.top,
      says: `step ${at}, ${fixed(s.x[at - 1], 2)}${s.ui.painted?.[at] ? ", your bet" : ""}`, pull: () => undefined,
      tap: (x) => { bet(p.stepAt(x)); },
      keys: (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, Home: -T, End: T }[event.key];
        if (by) card.show({ at: clamp((card.ui.at ?? 1) + by, 1, T) }); // keys may come faster than pictures
        else if (event.key === " " || event.key === "Enter") bet(card.ui.at ?? 1);
        else return false;
        return true;
      } }];
  }
  const t = s.solo;
  let [from, held, value] = [0, t, 0];
  return [
    { ...across, name: "steps", title: "step", looks: true, look: "rk-scrub", value: s.step, low: 0, high: T, y: p.marks + 2, height: p.bars + p.bar - p.marks - 2,
      says: s.step ? `step ${s.step}: ${NAMES[s.method]} ${fixed(s.bars[s.step - 1], 2)}` : "the whole sequence", pull: (x) => ({ step: p.stepAt(x) }),
      keys: (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1 }[event.key];
        return by ? { step: clamp(s.step + by, 0, T) } : false;
      } },
    { ...across, name: "numbers", title: `number ${t}`, look: "rk-heights", value: s.x[t - 1], low: -1, high: 1, y: p.top - 4, height: p.tall + 8,
      says: `number ${t}, ${fixed(s.x[t - 1], 2)}, the answer is ${answerOf(s.yes)}`,
      down: (x, y) => {
        [from, held] = [y, p.stepAt(x)];
        value = card.get("inputs")[held - 1];
        card.set({ step: held });
      },
      tap: () => ({ step: held }),
      pull: (_, y) => put(card, held, value + 2 * (from - y) / p.tall),
      keys: (event, begins) => {
        const walk = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (walk) return { step: clamp(t + walk, 1, T) };
        const by = { ArrowUp: 0.05, ArrowDown: -0.05, PageUp: 0.5, PageDown: -0.5, Home: -2, End: 2 }[event.key];
        if (!by) return false;
        begins();
        return put(card, t, card.get("inputs")[t - 1] + (event.shiftKey ? 10 : 1) * by);
      } },
  ];
};

/** The methods, each with the share of planted steps that it finds, or how alike its pictures stay. */
function methods(card) {
  const head = make(h("p", { class: "rk-quiet" }));
  const list = make(h("div", { class: "rk-methods", role: "group", "aria-label": "Methods" }));
  const element = make(h("div", { class: "rk-method-side" }));
  element.append(head, list);
  const choose = (method) => () => {
    if (card.state().asking) { // another picture, and nothing is uncovered
      card.set({ method });
      return;
    }
    card.gesture();
    card.set({ method });
    card.note(methodWords(derive({ ...card.state(), method, ghost: null })));
  };
  return {
    element,
    refresh(s) {
      patch(head, s.asking ? [b("1. Choose a method."), " Its bars are below."] : [s.shuffle ? "Alike to before, on average (1 is the same)" : `Planted steps found, in ${HIDDEN_COUNT} hidden`]);
      patch(list, METHODS.map((method) => {
        const share = s.shuffle ? likeness(s, method) : foundBy(s, method) / 1000;
        return h("button", { type: "button", "data-method": method, "aria-pressed": String(method === s.method), onclick: choose(method) },
          h("span", {}, NAMES[method]), ...s.asking ? [] : [h("span", { class: "rk-share-of" }, s.shuffle ? fixed(share, 2) : percent(1000 * share)),
            h("i", { style: `width:${(100 * clamp(share, 0, 1)).toFixed(1)}%` })]);
      }));
    },
  };
}

const NOTES = {
  attention: "The weights of the states. Each remembers the steps before it.",
  gradient: "How fast the score moves with a tiny change of the number.",
  product: "The gradient times the number: a number near 0 gets nothing.",
  occlusion: "How far the score falls when the number is 0, one number at a time.",
  size: "A decoy: the numbers themselves. It never asks the network.",
};

/** What the method is; of integrated gradients, that the bars and the gap add up to what is explained. */
function noteOf(s) {
  if (s.asking && s.method === "size") return ["How large the number is, and whether it is above 0."]; // whether that is worth anything is the bet
  if (s.method === "occlusion" && s.task === "either") return ["How far the score falls at 0. In few hidden sequences both are above 0."];
  if (s.method !== "integrated") return [NOTES[s.method]];
  const [total, want] = [s.total, s.score - s.base].map((v) => Number(v.toFixed(2)));
  return ["Bars ", b(fixed(total, 2)), " + gap ", b(fixed(want - total, 2)), " = ", b(fixed(want, 2)), ": the score’s way from all zeros to here."];
}

function build(card) {
  const bar = player(card, { trait: "step", name: "step", last: () => T, pace: (t, s) => (t && s.turns[t - 1].length ? 1300 : 320) });
  const top = questions(card, bar);
  const uncover = (painted) => {
    card.show({ painted });
    if (!card.get("committed")) return top.answer(painted);
    const s = { ...card.state(), asking: false };
    card.show({ betting: false });
    card.intoView();
    return tell(card, bar, reveal(s, betOf(painted)));
  };
  const bet = (t) => {
    const s = card.state();
    const now = betOf(s.ui.painted ?? []).filter((one) => one !== t);
    const kept = (s.ui.painted?.[t] ? now : [...now, t]).slice(-s.count);
    const painted = Array.from({ length: T + 1 }, (_, k) => kept.includes(k));
    if (kept.length === s.count) uncover(painted);
    else card.show({ painted, at: t });
  };
  const picture = stage(card, "bench", (s, width) => bench(s, width, { regions: regionsOf(card, s, bet) }));
  const side = methods(card);

  const at = () => card.state().solo;
  const field = scrubField({ title: "The number", name: "x", limit: limits.traits.inputs, begin: () => card.gesture(), refuse: card.note,
    read: () => card.get("inputs")[at() - 1], write: (value) => card.set(put(card, at(), value)) });
  const label = make(h("label", { class: "rk-field rk-the-number" }));
  const name = make(h("span"));
  label.append(name, field.element);
  const points = traitField(card, "points", "points on the way", "points");
  const note = make(h("p", { class: "rk-quiet rk-what" }));
  const body = make(h("div", { class: "rk-body" }));
  const tools = make(h("div", { class: "rk-under-bench" }));
  tools.append(label, points.element, note);
  const betting = make(h("div", { class: "rk-betting" }));
  const ask = make(h("p", { class: "rk-quiet" }));
  betting.append(ask, top.form);

  const choices = [options(card, "task", "Task"), options(card, "net", "Network")];
  const again = make(h("button", { type: "button", "data-act": "again" }, "Another sequence"));
  again.addEventListener("click", () => {
    const seed = (card.ui.seed ?? 0) + 1;
    card.gesture(false);
    card.set({ committed: true, ...another(card.traits(), seed), step: T });
    card.show({ seed, betting: true, painted: null, dared: false, topic: null, hint: false, at: 1 });
    card.intoView();
  });
  const shuffle = make(h("button", { type: "button", "data-act": "shuffle" }, "Shuffle the weights"));
  shuffle.addEventListener("click", () => {
    const next = card.get("shuffle") ? 0 : 1 + (card.ui.shuffles ?? 0) % 5;
    card.gesture(false);
    card.set({ shuffle: next });
    card.show({ shuffles: (card.ui.shuffles ?? 0) + (next ? 1 : 0) });
    card.note(methodWords(derive({ ...card.state(), shuffle: next, ghost: null })));
  });
  const set = make(h("div", { class: "rk-choices" }));
  const titles = [make(h("span", { class: "rk-quiet" }, "Task")), make(h("span", { class: "rk-quiet" }))];
  choices.forEach((one, k) => {
    const row = make(h("div", { class: "rk-titled" }));
    row.append(titles[k], one.element);
    set.append(row);
  });
  set.append(again, shuffle);

  const below = [presets(card, bar), challenge(card)];
  const controls = { refresh(s) {
    patch(name, ["number ", b(s.solo)]);
    field.element.ariaLabel = `Number ${s.solo}`;
    label.hidden = s.asking;
    points.element.hidden = s.asking || s.method !== "integrated";
    betting.hidden = !s.asking;
    body.classList.toggle("rk-asks", s.asking);
    patch(ask, [b("2. Bet."), s.count > 1 ? " Tap two numbers, or" : " Tap a number, or"]);
    patch(note, noteOf(s));
    const right = s.shuffle ? s.known.shuffled[s.shuffle - 1][0] : s.known.right;
    patch(titles[1], [`Network: ${fixed(right / 10, 1)}\u00A0% right`]);
    shuffle.setAttribute("aria-pressed", String(s.shuffle > 0));
    for (const one of [set, ...below.map((part) => part.element)]) one.hidden = s.asking && !s.committed; // they tell what the bet is about
  } };
  const beside = make(h("div", { class: "rk-eb-side" }));
  beside.append(side.element, betting, set);
  body.append(picture.element, tools, beside);
  card.parts.push(top, picture, side, controls, field, points, ...choices, bar, ...below);
  return [top.element, body, bar.element, ...below.map((part) => part.element)];
}

const CLEAN = { net: "a", planted: [8, 1], inputs: [-0.6, -0.26, -0.96, 0.41, -0.45, -0.8, 0.66, 0.54, 0.98, -0.93, 0.66, 0.46] };
const SUM = { task: "sum", net: "b", planted: [2, 10], inputs: [-0.72, -0.91, -0.62, -0.48, -0.19, -0.25, -0.11, -0.14, -0.1, 0.51, -0.63, -0.27] };
const EITHER = { task: "either", net: "a", planted: [6, 10], inputs: [-0.6, 0.63, 0.99, 0, -0.03, 0.27, 0.14, 0.59, 0.81, 0.59, 0.18, -0.57] };

export const explorer = {
  slug: "evidence-bench",
  name: "Evidence Bench: what an answer rests on",
  limits, derive, words, table: rows, still, python, build,
  questions: [opening],
  heading: (s) => (s.ui.betting ? QUESTION[s.task] : explorer.presets.find((one) => one.name === s.ui.preset)?.ask
    ?? (s.veiled ? "No mark is shown. On which two does the yes rest?" : "Does the method show what the answer rests on?")),
  legend: "A column is coloured by the answer that the network would give if its number stood at that height and the others stayed: orange yes, blue no, the paler the less sure, a line where it turns. "
    + "The network is given a mark at the planted steps, which you are not; only the numbers there count. Below: what the method says of each number; outlined: what it names, as many as were planted, however small its bars; ✓ planted, ✗ not. "
    + "Dashed: before your edit or, if the weights are shuffled, with the trained ones, at their own scale. Shuffled weights are the same numbers in another order. Networks a, b and c differ by their first weights and their examples.",
  edited: (card) => {
    if (card.ui.betting) Object.assign(card.ui, { betting: false, painted: null });
    return { committed: true };
  },
  answered: (traits) => ({ step: traits.planted[0] || 1 }),
  answersLink: (found, before) => Object.keys(own).some((name) => name !== "step" && name !== "method" && !same(found[name], before[name])),
  keys: [["←", "one step back,"], ["→", "one step on,"], ["Space", "walk through the steps,"], ["R", "reset,"], ["Ctrl+Z", "undo."],
    ["Tab", "reaches the numbers, the steps, the methods and the fields:"], ["↑ ↓", "move the number,"], ["Shift", "ten times as far."]],
  base: own,
  switches: { painted: null, betting: false, hint: false },
  presets: [
    { name: "One number", ask: "Attention stands at 12. What does each method name?", set: { step: 9 },
      say: [b("Three methods name 12; the answer rests on 9."), " Choose Gradient, then Occlusion. Drag 9 above 0, then 12 wherever you like."] },
    { name: "Another seed", ask: "The same task, as often right. The same attention?", set: { net: "c", step: 9 },
      say: ["This network gives the same answers, and ", b("its attention stands at 9"), ", where network b’s stood at 12. What it attends to is the seed’s choice."] },
    { name: "A clean gradient", ask: "One tall bar. Does the answer rest on it?", set: { ...CLEAN, method: "gradient", step: 10 },
      say: [b("Number 10 has the only bar, and alone it turns nothing: "), "drag it from −1 to 1. A gradient tells of tiny changes; 8 decides."] },
    { name: "Sum of two", ask: "Two numbers are added up. Which does attention name?", set: { ...SUM, step: 2 },
      say: ["Attention names 11 and 12: ", b("the sum of 2 and 10 decides"), ". By then the state remembers both."] },
    { name: "Either is enough", ask: "Hide one number at a time. What do you find?", set: { ...EITHER, method: "occlusion", step: 6 },
      say: [b("Nothing: no column turns, no bar counts."), " 6 and 10 are planted, and either is enough. Drag both below 0."] },
    { name: "Shuffled", ask: "The weights are shuffled. Whose picture stays?", set: { shuffle: 1, method: "size" },
      say: ["The network is broken. ", b("This picture has not changed: it never asked the network."), " Look at the other methods."] },
  ],
  challenge: {
    goal: ["Either of two numbers is enough for a yes, and no mark is shown. Move at most two, until networks a, b and c all say no. Each is asked twice: with the other numbers as they are, and with their signs turned."],
    cases: CASES.length,
    start: { ...DARE },
    begin: ["Six hidden tests. Drag two numbers, then press Check. One at a time turns next to nothing; which method names the two?"],
    won: [b("All six. "), "Two moved together show what one at a time cannot."],
    check: fault,
    load: (k, { inputs }) => ({ net: CASES[k].net, ...inputs ? { inputs } : {} }),
    failed: (k, { t, want, got }) => [`Test ${k + 1}, step ${t}: `, want === "two" ? `${got} numbers were moved; two are enough.` : `network ${CASES[k].net} still says yes (score ${fixed(got, 2)}). The test is shown.`],
  },
};
