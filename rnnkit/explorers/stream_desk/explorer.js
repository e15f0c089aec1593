// Stream Desk: the words around the picture, and how the card is put together.

import { options, scrubField, traitField } from "../shared/fields.js";
import { h, make, patch } from "../shared/node.js";
import { clamp, fixed, inPython, same } from "../shared/numbers.js";
import { player } from "../shared/player.js";
import { questions } from "../shared/question.js";
import { stage } from "../shared/stage.js";
import { challenge, presets } from "../shared/stories.js";
import { cell, table } from "../shared/table.js";
import limits from "./limits.json" with { type: "json" };
import { CRASHES, MOST_AGAIN, MOST_SAVES, NAMES, ROWS, SHOWN, derive, fault, isOthers, multiplications, saves } from "./maths.js";
import { measure } from "./measure.js";
import { NONE, T } from "./net.js";
import { counted, desk, steps, still, tableOf } from "./picture.js";

const own = Object.fromEntries(Object.entries(limits.traits).map(([name, limit]) => [name, limit.default]));
const b = (...nodes) => h("b", {}, ...nodes);
const SERVERS = { reread: "Read all again", carry: "Carry the state", ten: "Carry ten at once" };
const [ANNA, BEN] = NAMES;

/** Where a guest sits as it happens. */
const seat = (s, u) => s.users[u].truth[s.at - 1];
const happening = (s) => (s.mishap === "swapped" ? "The server swaps their two states" : "The server loses their states");

/** What both guests are told at this symbol. */
function now(s) {
  const t = s.step;
  if (!t) return "Nothing is said yet. ";
  const wrong = SHOWN.filter((u) => s.users[u].say[t] !== s.users[u].truth[t]);
  if (!wrong.length) return `Symbol ${t}: both are told right. `;
  const told = (u) => {
    const say = s.users[u].say[t];
    return `${NAMES[u]} is told ${say === NONE ? "“which table?”" : tableOf(say)}${isOthers(s, u, say) ? `, ${NAMES[1 - u]}’s` : ""}`;
  };
  return `Symbol ${t}: ${wrong.map(told).join("; ")}. `;
}

/** What is to be seen now, in one or two sentences. */
function words(s) {
  const wrong = `${counted(s.wrong)} wrong ${s.wrong === 1 ? "answer" : "answers"} in all`;
  if (!s.keeps) return [b(now(s)), `No state is kept, so none can be lost: both texts are read again from the first letter, ${steps(s.steps[s.step])}. So far ${counted(s.step * (s.step + 1))}, where carrying takes ${counted(2 * s.step)}.`];
  if (!s.happens) return [b(now(s)), s.server === "ten" ? "Ten guests: ten steps at each symbol, a line as flat as for two." : "Nothing happened to the states. Two steps at each symbol."];
  if (s.mishap === "swapped") {
    const leaks = SHOWN.some((u) => s.users[u].say.some((say, t) => t >= s.at && say !== s.users[u].truth[t] && isOthers(s, u, say)));
    if (!s.wrong) return [b(now(s)), `A share of ${fixed(Math.max(...s.lost), 2)} went astray, and no answer shows it. Drag the states further.`];
    return [b(now(s)), `${wrong}; ${leaks ? "no changed weight, and no error message" : "yet nobody is told the other’s table"}${s.missing === "replayed" ? ": no state is missing, so nothing is read again" : ""}.`];
  }
  const read = s.again[0] + s.again[1];
  if (read || (s.missing === "replayed" && !s.wrong)) {
    const saved = saves(s);
    return [b(now(s)), `${counted(read)} symbols were read again, once; ${wrong}. `, saved ? `Each state was saved ${saved} ${saved === 1 ? "time" : "times"}.` : "The price: every text is kept, and a long one takes long."];
  }
  if (!s.wrong) return [b(now(s)), "What was lost is not missed: no answer is wrong."];
  const ends = SHOWN.map((u) => [NAMES[u], s.users[u].say.findLastIndex((say, t) => t > 0 && say !== s.users[u].truth[t])]).filter(([, t]) => t > 0)
    .map(([name, t]) => (t === T ? `${name}’s to the end` : `${name}’s up to symbol ${t}`));
  return [b(now(s)), `${wrong}: ${ends.join(", ")}. `, s.missing === "replayed" ? "A damaged state is not missing: nothing is read again." : "The weights are the same file."];
}

const swapped = {
  kind: "choice",
  ask: (s) => `${ANNA} sits at ${tableOf(seat(s, 0))}, ${BEN} at ${tableOf(seat(s, 1))}. ${happening(s)}. What is ${ANNA} told?`,
  options: ["Her own table", "Ben’s table", "“Which table?”"],
  right: (s) => {
    const say = s.users[0].say[s.at];
    return swapped.options[say === s.users[0].truth[s.at] ? 0 : say === NONE ? 2 : 1];
  },
  reply: (s, said) => verdict(s, said),
  story: (s, said) => [
    { set: { step: Math.max(0, s.at - 30) } }, { note: verdict(s, said) }, { play: Math.max(0, s.at - 30) }, { note: verdict(s, said) },
  ],
};

function verdict(s, said) {
  const first = said === swapped.right(s) ? "Right. " : `You said “${said.replaceAll(/[“”]/g, "")}”. `;
  const say = s.users[0].say[s.at];
  if (isOthers(s, 0, say)) return [first, b(`${ANNA} is told ${tableOf(say)}, which is ${BEN}’s: `), "all that the network knows of a guest is the state. No weight has changed. Drag the states back."];
  return [first, b(`${ANNA} is told ${say === NONE ? "“which table?”" : tableOf(say)}. `), "All that the network knows of a guest is the state; no weight has changed."];
}

const python = (s) => [
  "import numpy as np", "from rnnkit.explorers.stream_desk import network", "",
  "desk = network.load()",
  `h, steps = network.serve(desk, at=${s.at}, lost=${inPython(s.lost)}, mishap="${s.mishap}", missing="${s.missing}", every=${s.every}, server="${s.server}")`,
  "guests = desk.guests.values()",
  "truth = np.stack([np.r_[network.NONE, network.named(text)] for text in list(guests)[:2]], 1)",
  "leads = network.lead(network.scores(desk.net, h), truth)  # (T + 1, 2)",
  `thousands = network.multiplications(steps, ${s.server === "ten" ? "len(guests)" : "2"}) / 1000`,
  "states = np.column_stack([leads, thousands])",
  "for t in range(0, network.T + 1, 20):",
  "    print(t, *(f\"{value:.3f}\" for value in states[t]))",
  "",
].join("\n");

const rows = (s) => table(`Stream Desk: the leads of ${ANNA}’s and ${BEN}’s own tables (below 0, another one is told), and thousands of multiplications at this symbol, for ${s.count} guests`,
  ["symbol", `${ANNA}’s lead`, `${BEN}’s lead`, "1,000 ×", `${ANNA} is told`, `${BEN} is told`],
  s.rows.map((values, k) => {
    const t = ROWS[k];
    const hidden = s.asking && t >= s.at;
    return [t, ...values.map((v, j) => cell(`table:h:${t}:${j}`, hidden ? "?" : fixed(v))), ...SHOWN.map((u) => (hidden ? "?" : tableOf(s.users[u].say[t])))];
  }));

/** What one takes hold of: the symbols, the states, and the moment at which it happens. */
const waysOf = (card, s) => ({
  regions(p) {
    const last = s.asking ? s.at - 1 : T;
    const scrub = { name: "symbols", title: "symbol", looks: true, look: "rk-scrub", value: s.step, low: 0, high: last, x: p.left, y: p.plot - 4, width: p.right - p.left, height: p.tall + 30,
      says: `symbol ${s.step}, ${steps(s.steps[s.step])}`, pull: (x) => ({ step: Math.min(last, p.stepAt(x)) }),
      keys: (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageUp: 10, PageDown: -10, Home: -T, End: T }[event.key];
        return by ? { step: clamp(s.step + by * (event.shiftKey ? 10 : 1), 0, last) } : false;
      } };
    if (s.asking || !s.keeps) return [scrub];
    const [one, two] = SHOWN.map((u) => p.strip(u));
    const share = Math.max(...card.get("lost"));
    let [from, u, start, was] = [[0, 0], 0, [0, 0], s.mishap];
    const part = (value) => Number(clamp(value, 0, 1).toFixed(2));
    const put = (value) => ({ lost: SHOWN.map(() => part(value)) });
    const states = { name: "states", title: `states, ${s.mishap} by`, look: "rk-desk-states", value: share, low: 0, high: 1, x: one.x, y: one.y - 8, width: one.width, height: two.y + two.height + 16 - one.y,
      says: `${s.mishap} by ${fixed(share, 2)} before symbol ${s.at}`,
      down: (x, y) => {
        if (card.get("step") < card.get("at")) card.set({ at: Math.max(1, card.get("step")), lost: [0, 0] }); // it happens where one looks
        [from, u, start, was] = [[x, y], Number(y > (one.y + two.y + two.height) / 2), card.get("lost"), card.get("mishap")];
      },
      tap: () => undefined,
      pull: (x, y) => { // up or down the two are swapped, sideways the one that is held is lost
        const [dx, dy] = [Math.abs(x - from[0]) / (0.6 * one.width), Math.abs(y - from[1]) / (two.y - one.y)];
        const moved = (before, by) => part(before + (before > 0.5 ? -by : by));
        if (dx > dy) return { mishap: "lost", lost: SHOWN.map((v) => (was === "lost" ? v === u ? moved(start[v], dx) : start[v] : v === u ? part(dx) : 0)) };
        return { mishap: "swapped", ...put(was === "swapped" ? moved(Math.max(...start), dy) : dy) };
      },
      keys: (event, begins) => {
        const by = { ArrowUp: 0.05, ArrowRight: 0.05, ArrowDown: -0.05, ArrowLeft: -0.05, PageUp: 0.5, PageDown: -0.5, Home: -1, End: 1 }[event.key];
        if (!by && event.key !== "Delete") return false;
        begins();
        if (event.key === "Delete") return { mishap: "lost", lost: [1, 1] };
        return put(Math.max(...card.get("lost")) + (event.shiftKey ? 10 : 1) * by);
      } };
    return [scrub, states];
  },
  handles: (p, x) => (s.asking || !s.keeps ? [] : [{ name: "at", trait: "at", title: "Symbol at which it happens", letter: s.mishap === "swapped" ? "⇅" : "✕", x, y: 14, flat: true, look: "rk-desk-moment",
    says: `before symbol ${s.at}`, pull: (at) => Math.max(1, p.stepAt(at)) }]),
});

/** The servers, each with what one symbol of one guest costs it: a chooser that is a price list. */
function servers(card) {
  const head = make(h("p", { class: "rk-quiet" }));
  const list = make(h("div", { class: "rk-desk-servers", role: "group", "aria-label": "How the server works" }));
  const foot = make(h("p", { class: "rk-quiet rk-desk-note" }));
  const time = make(h("button", { type: "button", "data-act": "time" }, "Time it on this machine"));
  const element = make(h("div", { class: "rk-desk-prices" }));
  element.append(head, list, time, foot);
  let running = false;
  const start = () => {
    if (running) return;
    running = true;
    card.show({ timed: "running" });
    measure((times) => {
      running = false;
      card.show({ times, timed: "done" });
    });
  };
  time.addEventListener("click", () => {
    if (!card.state().asking) start();
  });
  const choose = (server) => () => {
    if (card.state().asking) return; // a bet comes first
    card.gesture();
    card.set({ server });
  };
  const ms = (value) => (value >= 0.1 ? `${fixed(value, 2)} ms` : `${fixed(1000 * value, 1)} µs`);
  return {
    element, time,
    refresh(s) {
      const [t, found] = [Math.max(1, s.step), s.ui.times];
      const one = { reread: t, carry: 1, ten: 1 };
      const times = found && { reread: found.unit * t, carry: found.carry, ten: found.ten };
      patch(head, [`Symbol ${t}, for one guest`]);
      patch(list, Object.entries(SERVERS).map(([server, name]) => h("button", { type: "button", "data-server": server, "aria-pressed": String(server === s.server), "aria-disabled": String(s.asking && server !== s.server), onclick: choose(server) },
        h("span", { class: "rk-desk-name" }, name), h("span", { class: "rk-desk-time" }, times ? ms(times[server]) : ""),
        h("b", { class: "rk-desk-cost" }, steps(one[server])), h("span", { class: "rk-desk-times" }, `${counted(multiplications(one[server], 1))}\u00A0×`))));
      time.setAttribute("aria-disabled", String(s.asking || s.ui.timed === "running"));
      patch(foot, [s.asking ? "Answer first. Then choose a server, time it, and drag the states." : s.ui.timed === "running" ? "Measuring…" : found ? "×: multiplications. Times: medians, on your machine, in this page." : "×: multiplications."]);
    },
  };
}

function build(card) {
  const bar = player(card, { trait: "step", name: "symbol", last: (s) => (s.asking ? s.at - 1 : T), pace: (t, s) => (s.happens && (t === s.at - 1 || t === s.at) ? 600 : 10) });
  const top = questions(card, bar);
  const picture = stage(card, "desk", (s, width) => desk(s, width, waysOf(card, s)));
  const prices = servers(card);

  const shares = SHOWN.map((u) => {
    const field = scrubField({ title: `Share of ${NAMES[u]}’s state that goes`, name: NAMES[u], limit: limits.traits.lost, begin: () => card.gesture(), refuse: card.note,
      read: () => card.get("lost")[u], write: (value) => card.set({ lost: card.get("lost").with(u, value) }) });
    const label = make(h("label", { class: "rk-field" }));
    const name = make(h("span"));
    label.append(name, field.element);
    return { ...field, element: label, name };
  });
  const at = traitField(card, "at", "Symbol at which it happens", "at symbol");
  const every = traitField(card, "every", "Symbols between two saves", "saved every");
  const tools = make(h("div", { class: "rk-desk-tools" }));
  const choices = [options(card, "mishap", "What happens to the states"), options(card, "missing", "If a state is missing")];
  const titled = choices.map((one, k) => {
    const row = make(h("div", { class: "rk-desk-titled" }));
    row.append(make(h("span", { class: "rk-quiet" }, ["The states are", "A missing state is"][k])), one.element);
    return row;
  });
  tools.append(...shares.map((one) => one.element), at.element, every.element);
  const fold = make(h("details", { class: "rk-all" }, h("summary", {}, "Set by numbers what happens to the states")));
  const set = make(h("div", { class: "rk-desk-set" }));
  set.append(...titled, tools);
  fold.append(set);

  const controls = { refresh(s) {
    shares.forEach((one, u) => patch(one.name, [`${s.mishap} of ${NAMES[u]}’s`]));
    fold.classList.toggle("rk-away", s.asking);
    if (s.ui.dared) fold.open = true; // the challenge is solved there
  } };
  const body = make(h("div", { class: "rk-body" }));
  const beside = make(h("div", { class: "rk-desk-beside" }));
  beside.append(prices.element);
  body.append(picture.element, beside);
  const below = [presets(card, bar), challenge(card)];
  card.parts.push(top, picture, prices, controls, ...shares, at, every, ...choices, bar, ...below);
  return [top.element, body, bar.element, fold, ...below.map((part) => part.element)];
}

const LOSE = { mishap: "lost", step: 140 };

export const explorer = {
  slug: "stream-desk",
  name: "Stream Desk: a state for each guest",
  limits, derive, words, table: rows, still, python, build,
  questions: [swapped],
  heading: (s) => explorer.presets.find((one) => one.name === s.ui.preset)?.ask ?? (s.ui.dared ? "How often must a state be saved?" : "The weights stay the same. What do the states decide?"),
  legend: "At each symbol the network says at which table a guest sits: what was said last after “table”. Dark: a wrong answer. The line below: the lead, which is the score of the right answer less the highest other one; below the grey line, another one is told. Dashed: before your edit. "
    + "A state is 24 numbers, blue below zero, orange above. One step reads one symbol for one guest: 1,776 multiplications, and 264 for the answer; exp and tanh are not counted. The network is a GRU with 5,171 weights of eight bits, trained on made-up guests. "
    + "Circles, if you time it: how long it took on your machine to read 40, 80 to 240 symbols again, for two guests; a step is as high as their median.",
  edited: () => ({ committed: true }),
  answered: () => ({}),
  answersLink: (found, before) => Object.keys(own).some((name) => name !== "step" && !same(found[name], before[name])),
  keys: [["←", "one symbol back,"], ["→", "one on,"], ["Space", "play,"], ["R", "reset,"], ["Ctrl+Z", "undo."],
    ["Tab", "reaches the moment, the symbols, the states and the fields:"], ["↑ ↓", "swap the states more or less,"], ["Delete", "loses them,"], ["Shift", "ten times as far."]],
  base: own,
  presets: [
    { name: "Swap them", ask: "Two states change places. Who notices?", set: { step: 140 },
      say: [b("Nobody: no error, no state missing. "), "Ben’s next “table” repairs his; Anna is told 7 to the end."] },
    { name: "Lose Ben’s", ask: "Ben’s state is gone. What is he told?", set: { ...LOSE, lost: [0, 1] },
      say: [b("“Which table?”, until he names one again at symbol 199. "), "The weights are the same file."] },
    { name: "Read it again", ask: "Ben’s state is gone. What does it cost to get it back?", set: { ...LOSE, lost: [0, 1], missing: "replayed" },
      say: [b("119 symbols, read once: a spike, and no wrong answer. "), "The price: every text is kept, or the client sends it again."] },
    { name: "Save it", ask: "Both are gone, but each was saved every 16 symbols. What is read again?", set: { ...LOSE, missing: "replayed", every: 16 },
      say: [b("7 symbols for each: "), "those since the last save, at 112. Drag the moment: never more than 15."] },
    { name: "Keep no state", ask: "A server that keeps nothing can lose nothing. What does it pay?", set: { server: "reread", step: 240 },
      say: [b("240 steps a guest at symbol 240, where a carried state takes 1. "), "57,840 steps in all, instead of 480."] },
    { name: "Ten guests", ask: "Ten guests instead of two. What grows?", set: { server: "ten", lost: [0, 0], step: 240 },
      say: [b("The work by five, as the guests did, and not with the texts. "), "Each weight is fetched once for all ten. Does that pay for so small a network? Press “Time it on this machine”, more than once."] },
  ],
  challenge: {
    goal: [`At six hidden symbols the server crashes, and both states are gone. Save each state at most ${MOST_SAVES} times, and let no crash cost a guest more than ${MOST_AGAIN} symbols read again, or one wrong answer.`],
    cases: CRASHES.length,
    start: { ...LOSE, lost: [1, 1], missing: "replayed", server: "carry", every: 60, at: 120, step: 140 },
    begin: ["Six hidden crashes. Change “saved every”, then press Check."],
    won: [b("All six. "), "A save every 16 or 17 symbols: the longest replay is bounded, whenever it crashes."],
    check: fault,
    load: (k) => ({ mishap: "lost", lost: [1, 1], at: CRASHES[k], step: Math.min(T, CRASHES[k] + 20) }),
    failed: (k, { t, want, got }) => [`Test ${k + 1}, step ${t}: `, want === "saves" ? `each state is saved ${got} times; ${MOST_SAVES} are allowed.`
      : want === "read" ? `${got} symbols are read again for each guest; ${MOST_AGAIN} are allowed.` : `${got} wrong answers.`, " The test is shown."],
  },
};
