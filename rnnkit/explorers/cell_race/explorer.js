// Cell Race: the words around the pictures, and how the card is put together.

import { traitField } from "../shared/fields.js";
import { h, make, patch } from "../shared/node.js";
import { clamp, fixed } from "../shared/numbers.js";
import { player } from "../shared/player.js";
import { questions } from "../shared/question.js";
import { stage } from "../shared/stage.js";
import { presets } from "../shared/stories.js";
import { cell, table } from "../shared/table.js";
import limits from "./limits.json" with { type: "json" };
import { arrivals, derive, winner } from "./maths.js";
import { CELLS, UNITS, netOf } from "./nets.js";
import { layout, race as track, rivers, share, still, thousands } from "./picture.js";
import { END } from "./race.js";
import { racer } from "./racer.js";
import { LETTERS, MOST, TASKS, numbersOf, ofLength } from "./tasks.js";

const CHART = 156; // px, the height of the race on a phone
const MIDDLE = 200; // and where the rivers stand below it
const SEVERAL = 5; // seeds
const NAMED = 8; // of more, only how many
const DRY = -2.5; // decades
const PYTHON_STEPS = 1000; // steps of training that a copied program runs, if no race was run
const b = (...nodes) => h("b", {}, ...nodes);
const list = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);

/** What a finished race adds to its order: only what just happened. */
function remark(s) {
  const [rnn, lstm, gru] = s.nets.map(({ solved }) => solved);
  if (s.task === "adding") return lstm && gru && !rnn ? " Halve the delay: does the RNN get there?" : "";
  if (s.z === "renews") return lstm && !gru && s.bias >= 2 ? " The same bias shuts this GRU's memory: here it lets go." : "";
  if (rnn && s.flows[0][0] < DRY) return " Yet the RNN's river is dry: small changes die out. Flip the first letter: does a big one?";
  if (s.T >= 30 && lstm && gru) return rnn ? ` So a simple RNN can keep a letter for ${s.T} steps.` : " One seed is one race: try the next.";
  if (s.bias >= 2 && s.T >= 20 && lstm && gru) return " Nothing is new but one number at the start: the gates' bias.";
  if (rnn && (!lstm || rnn < lstm) && (!gru || rnn < gru)) return " Now drag the answer away.";
  if (!lstm || gru && gru < lstm) return " An LSTM does not always win. Try another seed.";
  return "";
}

function verdict(s) {
  const home = arrivals(s.race);
  if (!home.length) return [`None came home in ${thousands(END)} updates. Try ${s.bias < 3 ? "a gate bias of 3" : "another seed"}.`];
  const order = home.slice(1).map(([i, at]) => `; ${CELLS[i]} ${thousands(at)}`).join("");
  const out = CELLS.filter((_, i) => !s.nets[i].solved);
  const first = CELLS[home[0][0]];
  const yours = s.ui.guess ? (s.ui.guess === first ? " You were right." : ` You said ${s.ui.guess}.`) : "";
  return [b(`${first} first`), `, after ${thousands(home[0][1])} updates${order}.${out.length ? ` Not home: ${list(out)}.` : ""}${yours}`, remark(s)];
}

/** While they race. */
function running(s) {
  if (s.race.calm && !s.race.fast) return ["They train. The end of the race is shown, not its course, because less motion is asked for."];
  if (s.race.fast) return [`Seed ${s.seed}. ${s.ui.left > 1 ? `${s.ui.left - 1} more after it.` : "The last one."}`];
  const home = arrivals(s.race).map(([i]) => CELLS[i]);
  if (home.length === 3) return ["All three are home."];
  if (home.length) return [`${list(home)} ${home.length > 1 ? "are" : "is"} home. ${list(CELLS.filter((one) => !home.includes(one)))} ${home.length > 1 ? "goes" : "go"} on.`];
  const lead = s.nets.reduce((best, one, i) => (one.mean < s.nets[best].mean ? i : best), 0);
  return s.nets[lead].mean < 0.8 * TASKS[s.task].chance ? [`${CELLS[lead]} leads. Whose river reaches step 1?`]
    : ["All three still guess. The gradient runs back from the answer: does it reach step 1?"];
}

/** Who was first on which seeds, as far as they can be named in a line. */
function firsts({ first, seeds }) {
  const all = CELLS.flatMap((one, i) => (first[i].length ? [`${one} on ${seeds > NAMED ? first[i].length : `seed${first[i].length > 1 ? "s" : ""} ${list(first[i])}`}`] : []));
  return all.length ? `First: ${all.join(", ")}.` : "None came home.";
}

const sizes = (s) => {
  const each = CELLS.map((one) => netOf(one, s.task).size);
  return ` About ${10 * Math.floor(each.reduce((sum, n) => sum + n, 0) / 30)} weights each (${list(CELLS.map((one) => UNITS[one]))} units), the same examples.`;
};

/** What is to be seen now, in one sentence. */
function words(s) {
  const what = s.task === "recall" ? "letter" : "number";
  const job = s.task === "recall" ? `They read ${s.T} letters, then name the first.` : `They read ${s.T} numbers, then add the two that are marked.`;
  if (s.asking) return [job, sizes(s)];
  if (s.racing) return running(s);
  if (!s.step && !s.ui.moving) return ["Step 0: nothing is read yet."];
  const at = s.step < s.T || s.ui.moving;
  if (s.view === "flip") {
    if (at) return [`Step ${s.step}: only the first ${what} was flipped. Of what it changed there is still: `, ...readout(s)];
    if (!s.race) return [`Nothing is learned yet. After ${s.T} steps there is still, of what the flip changed: `, ...readout(s)];
    const deaf = CELLS.filter((_, i) => s.flips[i].says[0].toFixed(1) === s.flips[i].says[1].toFixed(1));
    const right = CELLS.filter((_, i) => s.flips[i].right);
    return [`Only the first ${what} is flipped. `, b(right.length === 3 ? "All three answers follow." : right.length ? `${list(right)} ${right.length > 1 ? "follow" : "follows"}.` : "No answer follows."),
      deaf.length ? ` ${list(deaf)} ${deaf.length > 1 ? "do" : "does"} not notice.` : "", " Tap it again."];
  }
  if (at) return [`Back at step ${s.step} there is, of the gradient at the answer: `, ...readout(s)];
  if (s.race?.stopped) return [`Stopped at update ${thousands(s.race.n)}.`];
  if (!s.race) return [job, sizes(s), " ", b("Your guess?")];
  const seeds = s.board.find(({ T }) => T === s.T);
  if (s.race.fast && seeds?.seeds > 1) return [b(firsts(seeds)), ` Home: ${CELLS.map((one, i) => `${one} on ${seeds.home[i]}`).join(", ")} of ${seeds.seeds} seeds.`];
  return verdict(s);
}

const readout = (s) => [CELLS.map((one, i) => `${one} ${share(s.flows[i][Math.max(1, s.step) - 1])}`).join(", "), "."];

const opening = {
  kind: "choice",
  ask: () => "Which of the three learns this first?",
  options: CELLS,
  right: winner,
  reply: () => "",
  story: (s, said) => [{ show: { guess: said } }, { play: 0 }],
};

const python = (s) => [
  "import numpy as np",
  "from rnnkit.explorers.cell_race import nets",
  "",
  `task, word, seed, bias, z = "${s.task}", "${s.word}", ${s.seed}, ${s.bias}, "${s.z}"`,
  "three = nets.begin(task, seed, bias, z)  # an RNN of 25 units, an LSTM of 12, a GRU of 14: about as many numbers",
  `states = nets.rivers(three, task, word, flip=${s.flip})`,
  "np.set_printoptions(suppress=True, threshold=1000)",
  "print(np.round(states[1:], 3))  # (T, 6): the gradient at each step, by decades, and what a flip of the first changes",
  "",
  `home = nets.train(three, task, len(word), seed, rate=${s.rate}, clip=${s.clip}, updates=${s.race?.n ?? Math.ceil(PYTHON_STEPS / s.T)})`,
  "print(home)  # at which update each came home, 0 for not yet: like the page's, but not the same to the last digit",
  "",
].join("\n");

const HEADS = [...CELLS.map((one) => `${one} back`), ...CELLS.map((one) => `${one} flip`)];

/** Before they learn, each by decades; and, once they have raced, the same after it. */
function rows(s) {
  const after = s.race && !s.racing ? CELLS.map((one) => `${one} raced`) : [];
  return table("Cell Race: decades of the gradient at the answer, and of a flip's change at step 1, before they learn; raced: the one that is drawn, after it", ["step", s.task === "recall" ? "letter" : "number", ...HEADS, ...after],
    Array.from({ length: s.T }, (_, k) => [k + 1, s.task === "recall" ? s.word[k] : fixed(numbersOf(s.T)[k], 2),
      ...[...s.before.gradient, ...s.before.flip].map((flow, j) => cell(`table:h:${k + 1}:${j}`, s.asking ? "?" : fixed(flow[k]))),
      ...after.map((__, i) => fixed(s.flows[i][k]))]));
}

function build(card) {
  card.show({ live: true, guess: null });
  const engine = racer(card);
  const bar = player(card, { trait: "step", name: "step", last: (s) => s.T, pace: (t, s) => clamp(1200 / s.T, 30, 120) });
  const go = { play: () => engine.start() };
  const top = questions(card, go);
  const flipNow = () => {
    const flips = card.get("view") === "flip";
    card.set({ view: "flip", ...flips ? { flip: card.get("flip") % 3 + 1 } : {} });
    bar.play(0);
    return true;
  };
  const stretch = (to) => {
    const T = clamp(to, 2, MOST);
    return { word: ofLength(card.get("word"), T), step: T };
  };
  const lanes = stage(card, "rivers", (s, width) => rivers(s, width, { stretch, flip: flipNow }));
  let ask = [0, 0];
  const chart = stage(card, "race", (s, width, whole) => {
    const picture = track(s, width, whole >= 900 ? layout(whole).height : whole >= 640 ? MIDDLE : CHART);
    ask = picture.ask;
    return picture;
  });
  const [course, guess, acts, views, turn, numbers, body] = ["course", "guess", "acts", "views", "turn", "numbers", "body"].map((name) => make(h("div", { class: `rk-race-${name}` })));
  const button = (text, onclick, more = {}) => h("button", { type: "button", onclick, ...more }, text);
  const begin = (said) => () => {
    card.stop();
    card.show({ guess: said, note: "" });
    card.set({ step: card.get("word").length, view: "gradient" });
    card.root.focus({ preventScroll: true }); // the button is gone
    engine.start();
  };
  const next = () => {
    card.gesture(false);
    card.set({ seed: card.get("seed") % limits.traits.seed.high + 1 });
  };
  const press = (s) => () => {
    if (s.racing) return engine.stop();
    if (s.race?.done) next();
    return begin(null)();
  };
  const several = (s) => () => {
    if (s.race?.done) next();
    card.show({ guess: null, note: "" });
    engine.several(SEVERAL);
  };
  const look = (view) => () => {
    if (view === "flip") return flipNow();
    card.stop();
    card.note("");
    return card.set({ view, step: card.get("word").length });
  };
  const choose = (z) => () => {
    card.gesture();
    card.set({ z });
  };
  const fields = [["bias", "bias of the gates that keep", "gate bias"], ["seed", "seed", "seed"], ["rate", "learning rate", "rate"], ["clip", "clip at; 0 is off", "clip, 0: off"]]
    .map(([name, title, label]) => traitField(card, name, title, label));
  const task = { refresh: (s) => { if (s.asking) card.ui.note ||= words(s); } }; // the question is about a task
  const controls = { refresh(s) {
    const open = !s.asking && !s.race;
    course.style.setProperty("--rk-ask-top", `${Math.round(ask[0])}px`);
    course.style.setProperty("--rk-ask-foot", `${Math.round(ask[1])}px`);
    guess.hidden = !open && !s.asking;
    patch(guess.lastChild, open ? [...CELLS.map((one) => button(one, begin(one), { "data-guess": one })), button("Just race", begin(null), { "data-guess": "" })] : []);
    patch(acts, [button(s.racing ? "Stop" : s.race?.done ? "Next seed" : "Race", press(s), { class: "rk-primary", "data-act": "race", disabled: s.asking }),
      button("Five seeds", several(s), { "data-act": "several", disabled: s.asking || s.racing })]);
    patch(views, [["gradient", "← gradient"], ["flip", "flip the first →"]].map(([view, text]) => button(text, look(view), { "aria-pressed": String(s.view === view), disabled: s.asking })));
    patch(turn.lastChild, limits.traits.z.choices.map((one) => button(one, choose(one), { "aria-pressed": String(s.z === one) })));
  } };
  guess.append(top.form, make(h("div", { role: "group", "aria-label": "Your guess" })));
  turn.append(make(h("span", {}, "GRU's z = 1")), make(h("div", { class: "rk-options", role: "group", "aria-label": "What the GRU's z does at 1" })));
  course.append(guess, chart.element);
  numbers.append(...fields.map((field) => field.element), turn);
  body.append(course, acts, lanes.element, views, numbers);
  const row = presets(card, go);
  card.parts.push(task, engine, top, chart, controls, lanes, ...fields, bar, row);
  return [top.element, body, bar.element, row.element];
}

const own = Object.fromEntries(Object.entries(limits.traits).map(([name, limit]) => [name, limit.default]));
const word = (T) => ({ word: ofLength(own.word, T), step: T });
const preset = (name, ask, T, set = {}) => ({ name, ask, say: "", set: { ...word(T), ...set } });

export const explorer = {
  slug: "cell-race",
  name: "Cell Race: an RNN, an LSTM and a GRU learn to remember",
  limits, derive, words, table: rows, still, python, build,
  questions: [opening],
  heading: (s) => explorer.presets.find((one) => one.name === s.ui.preset)?.ask ?? opening.ask(),
  legend: `RNN ${UNITS.RNN} units, LSTM ${UNITS.LSTM}, GRU ${UNITS.GRU}: ${list(CELLS.map((one) => netOf(one, "recall").size))} numbers to learn. Batches of 16, the same for all three; Adam; at most `
    + `${thousands(END)} updates. Home: the smoothed loss is under a tenth of what guessing has. Right, in adding: within 0.1. Gate bias: of the LSTM's f and the GRU's z, at the start. `
    + "Rivers: the gradient at h (of the LSTM at c), over its size at the answer, or what a flip of the first input changes there, over what it changes at step 1; a shade for each factor of 10, a thread for less than 10⁻⁴. "
    + `Beads: before they learned. Below a river: on how many seeds that were tried it came home, at each delay. Flipped, ${LETTERS[0]} becomes ${LETTERS[1]}, or a first number of 0.2 becomes 0.8. Dashed: before your edit.`,
  edited: (card) => {
    card.ui.guess = null;
    return { committed: true };
  },
  keys: [["←", "step back,"], ["→", "step on,"], ["Space", "play,"], ["R", "reset,"], ["Ctrl+Z", "undo."],
    ["Tab", "reaches the answer, the first letter and the fields:"], ["← →", "move the answer,"], ["Space", "flips the letter;"], ["↑ ↓", "change a number,"], ["Shift", "five or ten times as much."]],
  base: own,
  presets: [
    preset("10 letters", "Which of the three learns this first?", 10),
    preset("20 letters", "Twenty letters. Who is first now?", 20),
    preset("20, bias 3", "Bias 3: the gates begin by keeping nearly all. Who is first?", 20, { bias: 3 }),
    preset("20, z turned", "Bias 3 again, but this GRU's z lets the new in. Who is first?", 20, { bias: 3, z: "renews" }),
    preset("30, bias 3", "Thirty letters. Can a simple RNN do that?", 30, { bias: 3 }),
    preset("Adding", "Add the two marked numbers of twenty. Who is first?", 20, { task: "adding" }),
  ],
};
