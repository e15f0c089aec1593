// What Stream Desk shows, from its traits: what two guests are told at every symbol, and what it costs.

import { ANSWER, GUESTS, H, NONE, STEP, T, TEN, codes, scores, step } from "./net.js";

export const NAMES = Object.keys(GUESTS);
export const SHOWN = [0, 1]; // the guests whose states the reader can take hold of
export const ROWS = Array.from({ length: T / 20 + 1 }, (_, k) => 20 * k); // the symbols whose numbers are written out
const STEPS = Array.from({ length: T + 1 }, (_, t) => t);

/** Keep what `make` gives for the last few keys. */
function remembered(make, most) {
  const known = new Map();
  return (key, ...given) => {
    if (!known.has(key)) known.set(key, make(key, ...given));
    if (known.size > most) known.delete(known.keys().next().value);
    return known.get(key);
  };
}

/** The table that was named last after each symbol: the digit of a "table 4", NONE before the first. */
function named(text) {
  let now = NONE;
  return [NONE, ...Array.from(text, (letter, t) => {
    if (letter >= "0" && letter <= "9" && text.slice(0, t).endsWith("table ")) now = Number(letter);
    return now;
  })];
}

/** The states after symbols `from` + 1 to T, behind those that are given. */
function goOn(symbols, states) {
  const all = [...states];
  while (all.length <= T) all.push(step(all.at(-1), symbols[all.length - 1]));
  return all;
}

/** A guest who never lost a state. */
export const guest = remembered((u) => {
  const [text, symbols] = [GUESTS[NAMES[u]], codes(GUESTS[NAMES[u]])];
  const states = goOn(symbols, [new Float64Array(H)]);
  return { name: NAMES[u], text, symbols, truth: named(text), states, scores: states.map(scores) };
}, TEN);

/** Whether the server sees that a guest's state is missing: only if all of it is gone. */
const missed = ({ mishap, lost }, u) => mishap === "lost" && lost[u] === 1;
const replayed = (traits, u) => traits.missing === "replayed" && missed(traits, u);

/** How many symbols are read again for each guest, because its state was missing. */
export const again = (traits) => SHOWN.map((u) => (traits.server !== "reread" && replayed(traits, u) ? (traits.at - 1) % traits.every : 0));

/** How often each state is saved. */
export const saves = ({ every }) => Math.floor((T - 1) / every);

/** The states and answers of the two guests, when something happens before symbol `at`. */
const happened = remembered((_, traits) => SHOWN.map((u) => {
  const [own, other] = [guest(u), guest(1 - u)];
  const part = traits.lost[u];
  if (!part || replayed(traits, u)) return own;
  const [mine, yours] = [own.states[traits.at - 1], other.states[traits.at - 1]];
  const after = mine.map((v, j) => (1 - part) * v + (traits.mishap === "swapped" ? part * yours[j] : 0));
  const states = goOn(own.symbols, [...own.states.slice(0, traits.at - 1), after]);
  states[traits.at - 1] = mine; // symbol at − 1 was answered before it happened
  return { ...own, states, scores: states.map(scores) };
}), 24);

/** What is told: the highest score. */
export const best = (of) => of.indexOf(Math.max(...of));

/** How far the score of what is right lies above the highest other one; below 0 it is not told. */
const lead = (of, right) => of[right] - Math.max(...of.filter((_, k) => k !== right));

const answers = remembered((key, traits) => happened(key, traits).map((one) => {
  const say = one.scores.map(best);
  return { ...one, say, lead: one.scores.map((of, t) => lead(of, one.truth[t])), wrong: say.filter((k, t) => t && k !== one.truth[t]).length };
}), 24);

const key = ({ at, lost, mishap, missing }) => [at, lost, mishap, missing].join(" ");
const SAFE = { at: 1, lost: [0, 0], mishap: "swapped", missing: "zeros" };

/** How many symbols are read at each symbol, for all guests that this server has. */
function work(traits) {
  if (traits.server === "reread") return STEPS.map((t) => 2 * t);
  const steps = STEPS.map((t) => (t ? (traits.server === "ten" ? TEN : 2) : 0));
  steps[traits.at] += again(traits).reduce((a, b) => a + b, 0);
  return steps;
}

export const guestsOf = ({ server }) => (server === "ten" ? TEN : 2);
/** Multiplications of the network's equations: one answer a guest, none at symbol 0. */
export const multiplications = (steps, guests) => (steps ? steps * STEP + guests * ANSWER : 0);

/** Everything that is seen, from the traits. */
export function derive(traits) {
  const { ui = {} } = traits;
  const keeps = traits.server !== "reread";
  const users = answers(...keeps ? [key(traits), traits] : [key(SAFE), SAFE]);
  const steps = work(traits);
  const count = guestsOf(traits);
  return {
    ...traits, ui, users, steps, count, keeps, asking: !traits.committed,
    wrong: users[0].wrong + users[1].wrong, again: again(traits),
    happens: keeps && SHOWN.some((u) => traits.lost[u] > 0),
    shown: traits.playing || ui.moving ? traits.step : T,
    rows: ROWS.map((t) => [users[0].lead[t], users[1].lead[t], multiplications(steps[t], count) / 1000]),
  };
}

/** Whose table it is that guest u is told: the other's, if that is what the other had when it happened. */
export const isOthers = (s, u, said) => s.mishap === "swapped" && said !== NONE && said === s.users[1 - u].truth[s.at - 1];

/** Stretches of symbols with one answer: { from, to, say, bad }. */
export function stretches({ say, truth }, last) {
  const list = [];
  for (let t = 1; t <= last; t++) {
    const bad = say[t] !== truth[t];
    const before = list.at(-1);
    if (before?.say === say[t] && before.bad === bad) before.to = t;
    else list.push({ from: t - 1, to: t, say: say[t], bad });
  }
  return list;
}

// The challenge: both states are gone at a symbol that is not known before. Few saves, few symbols read again, no wrong answer.
export const MOST_AGAIN = 16;
export const MOST_SAVES = 14;
export const CRASHES = [18, 55, 97, 144, 191, 240];

/** What does not hold if both states are lost before the k-th hidden symbol, or null. */
export function fault(traits, k) {
  const t = CRASHES[k];
  const crash = { ...traits, mishap: "lost", lost: [1, 1], at: t };
  if (traits.server === "reread") return t - 1 > MOST_AGAIN ? { t, want: "read", got: t - 1 } : null;
  if (saves(traits) > MOST_SAVES) return { t, want: "saves", got: saves(traits) };
  const [read] = again(crash);
  if (read > MOST_AGAIN) return { t, want: "read", got: read };
  const { wrong } = derive({ ...crash, committed: true });
  return wrong ? { t, want: "right", got: wrong } : null;
}
