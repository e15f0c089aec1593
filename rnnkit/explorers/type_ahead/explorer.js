// Type Ahead: the words, and how the card is put together.

import { random } from "../compute/random.js";
import { bars } from "../shared/bars.js";
import { isCalm } from "../shared/card.js";
import { whenNeeded } from "../shared/data.js";
import { svg } from "../shared/draw.js";
import { editor } from "../shared/editor.js";
import { scrubField, traitField } from "../shared/fields.js";
import { tintBehind } from "../shared/heat.js";
import { h, make, patch } from "../shared/node.js";
import { count, fixed } from "../shared/numbers.js";
import { player } from "../shared/player.js";
import { questions } from "../shared/question.js";
import { stage } from "../shared/stage.js";
import { challenge, presets } from "../shared/stories.js";
import { wait } from "../shared/story.js";
import { cell, table } from "../shared/table.js";
import limits from "./limits.json" with { type: "json" };
import { HIDDEN, MOST, SLUG, about, continuation, decode, derive, drawn, encode, expects, fault, isShown, keyOf, likeliest, ranked } from "./maths.js";
import { gates, glyph, percent, signed, still, strip, unitTo } from "./picture.js";

const KEYS = [")", ",", ".", "␣", "'", "↵"]; // of the opening question
const MORE = [":", "+"]; // in the bars, where there is room
const WRITES_MS = 70;
const AHEAD = 32; // characters of what it would write
const NAMES = { " ": "space", "\n": "new line" };
const code = (text) => h("code", {}, glyph(text));
const character = (shown) => ({ "␣": " ", "↵": "\n" })[shown] ?? shown;

/** How well a unit follows something on unseen text, and how well it would follow labels that were moved along the text. */
function figure({ r, balanced_accuracy: right, rotated }, model) {
  if (right === undefined) return `correlation ${fixed(r, 2)} on unseen ${model}; with the labels moved along the text ${fixed(rotated.r, 2)}.`;
  return `right for ${fixed(100 * right, 0)}\u00A0% of unseen ${model}; with the labels moved along the text ${fixed(100 * rotated.balanced_accuracy, 0)}\u00A0%.`;
}

/** What a unit, counted from 0, follows. */
function followed(unit, model) {
  const { units, presets: named } = about(model);
  return Object.keys(named).find((what) => named[what].unit === unit) ?? units[unit]?.follows;
}

const ENDS = { "single quotes": "'", "brackets": ")", "place in the line": "\n", "indentation": "\n", "place in the bar": "|" };

/** What became of the character that ends what the unit follows, or else what changed most against the network left alone. */
function effect(s) {
  const end = ENDS[followed(s.unit - 1, s.model)];
  const k = end ? encode(end) : ranked(s.p).reduce((best, one) => (Math.abs(s.p[one] - s.pAlone[one]) > Math.abs(s.p[best] - s.pAlone[best]) ? one : best));
  return [code(decode(k)), ` goes from ${percent(s.pAlone[k])} to `, h("b", {}, percent(s.p[k])), "."];
}

/** The characters of the text that its network never read, each once. */
const unknown = (s) => {
  const { alphabet } = about(s.model);
  return alphabet ? [...new Set(s.text)].filter((letter) => !alphabet.includes(letter)).join("") : "";
};

/** What is to be seen now, in one sentence. */
function words(s) {
  if (s.waiting) return `${s.model === "tunes" ? "The network (60 kB)" : explorer.data} is on its way. You can type meanwhile.`;
  if (!isShown(s, s.step)) return "What it expects is hidden until you answer.";
  const [first, second] = ranked(s.p);
  if (s.playing) return ["It reads ", code(s.text[s.step - 1] ?? " "), " and keeps 96 numbers: one column."];
  if (s.held !== null && s.step >= s.since) return [`Unit ${s.unit} is held at ${signed(s.held)}: `, ...effect(s)];
  if (s.cut && s.step >= s.cut) return [`It has forgotten the first ${count(s.cut, "character")}: `, ...effect(s)];
  const after = s.step ? ["After ", code(s.text[s.step - 1])] : ["Before any character"];
  const likely = (p, k) => [code(decode(k)), ` ${percent(p[k])}`];
  const strange = unknown(s);
  if (strange) return ["It never read ", code([...strange].map(glyph).join("")), ", and takes each for the same symbol. ", ...after, " it expects ", ...likely(s.p, first), "."];
  const here = [...after, " it expects ", ...likely(s.p, first)];
  if (s.step === s.T || !isShown(s, s.T)) return [...here, " or ", ...likely(s.p, second), "."];
  const end = expects(s.states[s.T], s.temperature); // an edit leaves the caret where it was made
  const [one, two] = ranked(end);
  return [...here, " (at the caret); at the end, ", ...likely(end, one), " or ", ...likely(end, two), "."];
}

const opening = {
  kind: "choice",
  ask: (s) => (s.text.at(-1) === "'" ? "Then a closing quote. What will it expect next?" : `Then it reads ${glyph(s.text.at(-1) ?? "nothing")}. What will it expect next?`),
  options: KEYS,
  right: (s) => glyph(decode(likeliest(expects(s.states[s.T])))),
  reply: (s, said) => {
    const p = expects(s.states[s.T]);
    const [k, yours] = [likeliest(p), encode(character(said))];
    return [h("b", {}, "It says ", code(decode(k)), ` ${percent(p[k])}`), yours === k ? ", as you did. " : [". You said ", code(said), ` ${percent(p[yours])}. `],
      "All it has is the last column", ...followed(s.unit - 1, s.model) ? [`; there, unit ${s.unit} follows `, followed(s.unit - 1, s.model)] : [], ". ", h("b", {}, "Drag the scissors"), " past the last ", code("("), ": what happens to ", code(")"), "?"].flat();
  },
  story: (s) => [{ set: { step: s.T } }],
};

const setting = (name, text, what, ask, say, model = "code") => {
  const found = about(model).presets[what];
  return { name, ask, say,
    set: { model, text, step: text.length, cut: 0, held: null, since: 0, temperature: 1, ...found ? { unit: found.unit + 1 } : {} } };
};
const tune = (...of) => setting(...of, "tunes");
const down = h("b", {}, "drag the knob down");

const HEAD = "M:3/4\nK:G\n";
const LINE = "G2B2d2|c2AGF2|G2B2d2|A2G4|\n";

/** The presets, whose units the network names. */
export const stories = (model = "code") => (model === "tunes" ? [
  tune("Bar", `${HEAD}G2B2d2|c2A2`, "place in the bar", "Does it know how full the bar is?",
    ["Two beats of three are there. ", "Hold the unit elsewhere by its knob: when does the bar end?"]),
  tune("Metre", `${HEAD}G2B2d2`, "metre", "Does it still know the metre?",
    ["Three beats, and it wants ", code("|"), ". Now make the 3 of the first line a 4. What does it expect then?"]),
  tune("First bar", `${HEAD}G2B2d2|c2AGF2|`, "bar of the line", "Does it know the first bar by heart?",
    ["The third bar is the first one again. Press → and see what it writes: ", code("G2B2d2"), "?"]),
  tune("First line", `${HEAD}${LINE}`, "line", "Does it know the first line by heart?",
    ["The second line is the first one again. Press → and see what it writes."]),
  tune("No tune", "GGGGGGGGGGGG", "place in the bar", "What does it make of a text without bars?",
    ["No tune that it read begins so. When does it want a bar to end?"]),
] : [
  setting("Quotation marks", "f = open(path, 'rb", "single quotes", "Does it know that a quote is open?",
    ["One is. Now hold the unit low: ", down, ". What does it expect then?"]),
  setting("Brackets", "n = max(len(a), len(b)", "brackets", "Does it know that a bracket is still open?",
    ["One is. Now hold the unit low: ", down, ". What becomes of ", code(")"), "?"]),
  setting("Indentation", "class A:\n    def f(self):\n        if x:\n            for y in x:\n                print(y)\n", "indentation",
    "Does it know how deep the block is?", ["Hold the unit lower: ", down, ". Does the block end?"]),
  setting("Line", "# a long comment that does not end, so that one may see when the network wants", "place in the line",
    "Does it know how long the line is?", ["Make it believe that the line has just begun: ", down, ". What becomes of ", code("\n"), "?"]),
  setting("Nonsense words", "wug('florp", "single quotes", "Does it look words up?",
    ["Neither ", code("wug"), " nor ", code("florp"), " is a word. Type the quote: does it know what may follow?"]),
]);

/** Tell what the unit that is looked at follows. */
export function unitLine(s) {
  const { units, presets: named } = about(s.model);
  const [what, found] = [followed(s.look, s.model), Object.values(named).find((one) => one.unit === s.look)];
  const follows = what ? ["It follows ", h("b", {}, what), ": ", found ? figure(found, s.model) : `correlation ${fixed(Math.abs(units[s.look].r), 2)} on unseen ${s.model}.`]
    : units.length ? ["It follows nothing that we looked for."] : [];
  return [h("b", {}, `Unit ${s.look + 1}`), " colours the text: blue to −1, orange to +1. ", ...follows];
}

function numbers(s) {
  const row = (_, t) => {
    const p = expects(s.states[t], s.temperature);
    const known = isShown(s, t);
    const k = likeliest(p);
    return [t, t ? glyph(s.text[t - 1]) : "–", cell(`table:h:${t}:${s.look}`, known ? fixed(s.states[t].h[s.look]) : "?"),
      known ? glyph(decode(k)) : "?", known ? percent(p[k]) : "?"];
  };
  return table("Type Ahead: what it read, one unit, and what it expects",
    ["step", "character", `unit ${s.look + 1}`, "expects", "with"], Array.from({ length: s.T + 1 }, row));
}

const python = (s) => [
  "import numpy as np",
  "from rnnkit.cells import gru",
  `from rnnkit.explorers.type_ahead.network import ${s.model === "tunes" ? "TUNES, " : ""}encode, load`,
  "",
  `text, cut, temperature = ${JSON.stringify(s.text)}, ${s.cut}, ${s.temperature}`,
  `unit, held, since = ${s.unit}, ${s.held === null ? "None" : s.held}, ${s.since}`,
  `net = load(${s.model === "tunes" ? "TUNES" : ""})`,
  "p = {name.removesuffix(\"_l0\"): value for name, value in net.gru.params.items()}",
  "inputs = p[\"weight_ih\"].T + p[\"bias_ih\"]  # (V, 3H): of each symbol",
  "states = []",
  "for step, symbol in enumerate([None, *encode(text)]):",
  `    h = np.zeros(${s.H}) if step <= cut else gru.step(p, inputs[symbol], (states[-1],))[0][0]`,
  "    if held is not None and step >= since:",
  "        h[unit - 1] = held",
  "    states.append(h)",
  `states = np.array(states)  # (T + 1, ${s.H})`,
  "np.set_printoptions(threshold=1000)",
  "print(np.round(states[:, unit - 1], 3))",
  "",
].join("\n");

/** The text, the colours behind it, and what the network would write. */
function writing(card, answer) {
  const changes = (text, caret) => {
    const at = Math.min(caret, text.length);
    const another = text[0] !== card.get("text")[0]; // of another text, the held unit is let go
    return { text, step: at, cut: Math.min(card.get("cut"), text.length), since: Math.min(card.get("since"), at),
      ...another ? { held: null } : {} };
  };
  const insert = (letters) => {
    const [text, at] = [card.get("text"), card.state().step];
    if (text.length + letters.length <= MOST) card.set(changes(text.slice(0, at) + letters + text.slice(at), at + letters.length));
  };
  const part = editor(card, {
    title: "Text that the network reads", limit: limits.traits.text, most: MOST,
    read: (s) => {
      const shown = s.text.slice(0, s.asking ? s.shown : s.T);
      const ends = !s.asking && !s.waiting && !s.ui.moving && s.step === s.T;
      return {
        text: shown, caret: Math.min(s.step, shown.length),
        letters: [...shown].map((_, k) => {
          const [t, gone] = [k + 1, k < s.cut];
          if (t > s.shown && s.small) return { look: "rk-later", style: "" };
          return gone ? { look: "rk-gone", style: "" } : { look: "", style: t <= s.shown && isShown(s, t) ? `background:${tintBehind(s.states[t].h[s.look])}` : "" };
        }),
        tail: ends && s.T ? [h("span", { class: "rk-ahead" }, continuation(s.states[s.T], s.hold, AHEAD))] : [],
      };
    },
    typed: (text, caret) => {
      if (card.ui.dared && text[0] !== card.get("text")[0]) card.show({ dared: false });
      card.set(changes(text, caret));
    },
    moved: (caret) => {
      card.stop();
      card.set({ step: caret });
    },
    key: (event, field) => {
      const s = card.state();
      if (event.key !== "ArrowRight" || s.asking || s.waiting || event.shiftKey || field.selectionStart < s.T) return false;
      take(likeliest(s.p));
      return true;
    },
    before: (letter) => {
      if (!card.state().asking) return false;
      answer(glyph(letter));
      return true;
    },
    refuse: () => {
      const { alphabet } = about(card.get("model"));
      card.note(alphabet ? ["It knows ", code([...alphabet].map(glyph).join("")), " and no other symbol. What no plain keyboard has is left out."]
        : "It knows the 95 characters of a plain keyboard and the new line; others are left out.");
    },
  });
  const take = (symbol) => {
    card.gesture(false);
    insert(decode(symbol));
  };
  return { ...part, take, insert };
}

function build(card) {
  const small = card.get("small");
  card.explorer = Object.create(explorer, { presets: { get: () => stories(card.get("model")) } });
  const bar = player(card, { trait: "step", name: "character", last: (s) => Math.min(s.T, s.waiting ? s.T : s.hiddenFrom - 1),
    pace: (t, s) => Math.min(160, 2400 / s.T) });
  const top = questions(card, bar);
  const text = writing(card, top.answer);
  const expected = bars(card, {
    read: (s) => {
      const rows = small ? 4 : card.width < 560 ? 6 : 8;
      const known = !s.asking && isShown(s, s.step);
      const best = [...s.p.keys()].filter((k) => k !== 96).toSorted((a, b) => Math.max(s.p[b], s.pAlone[b]) - Math.max(s.p[a], s.pAlone[a]));
      const aim = encode(")"); // of the challenge
      if (s.ui.dared && best.indexOf(aim) >= rows) best.splice(rows - 1, 0, aim);
      const keys = known ? best.slice(0, rows).toSorted((a, b) => s.pAlone[b] - s.pAlone[a])
        : [...s.model === "tunes" ? "|2G\nABdc" : [...KEYS, ...MORE]].map((key) => encode(character(key))).slice(0, rows);
      return {
        head: "Next character", note: known ? (s.altered ? "mark: left alone" : "press one") : s.asking ? "hidden" : "", keys,
        share: (k) => (known ? s.p[k] : null), was: s.altered ? (k) => s.pAlone[k] : null, keep: Boolean(s.ui.held),
        look: (k) => ({ glyph: glyph(decode(k)), name: NAMES[decode(k)] ?? decode(k) }), rest: `the other ${(about(s.model).alphabet?.length ?? 97) - keys.length} symbols`,
      };
    },
    choose: (k) => {
      const s = card.state();
      if (s.asking) top.answer(glyph(decode(k)));
      else if (!s.waiting) text.take(k);
    },
  });
  const picture = stage(card, "states", (s, width, whole) => strip({ ...s, small }, width, whole >= 640));
  if (small) return buildSmall(card, bar, text, expected, picture);

  const unheld = make(h("p", { class: "rk-unheld" }));
  const unit = make(h("p", { class: "rk-unit" }));
  const run = make(h("div", { class: "rk-run" }));
  const fold = make(h("details", { class: "rk-all rk-gates" }, h("summary", {}, "Gates of this unit")));
  const plot = make(h("div"));
  fold.append(plot, make(h("p", { class: "rk-quiet" }, h("b", {}, "z"), " near 1 keeps the old value, near 0 takes the candidate ", h("b", {}, "n"),
    "; ", h("b", {}, "r"), " lets the old state into the candidate; ", h("b", {}, "h"), " is the unit's value.")));
  fold.addEventListener("toggle", card.soon);
  const letGo = () => {
    card.gesture(false);
    card.set({ held: null });
    card.root.focus({ preventScroll: true }); // the button is gone
  };
  const free = make(h("button", { type: "button", class: "rk-small rk-free", "data-act": "free", onclick: letGo }, "let it go"));
  const go = make(h("button", { type: "button", class: "rk-primary", "data-act": "continue" }, "Continue"));
  go.addEventListener("click", () => proceed(card, text));
  const fields = [traitField(card, "temperature", "temperature", "temperature"), traitField(card, "cut", "characters forgotten", "forget first")];
  const chooser = scrubField({ title: "unit", name: "unit", limit: limits.traits.unit, read: () => card.get("unit"), refuse: card.note,
    write: (value) => card.set(unitTo(card.state(), value)), begin: () => card.gesture(false) });
  run.append(go, ...fields.map((field) => field.element));
  const choose = make(h("label", { class: "rk-field" }, h("span", { class: "rk-math" }, "unit")));
  choose.append(chooser.element);
  const details = {
    refresh(s) {
      patch(unit, unitLine(s));
      free.hidden = s.held === null;
      const ends = !s.asking && !s.waiting && s.altered && s.step === s.T;
      patch(unheld, ends ? [`left alone: ${continuation(s.alone[s.T], null, AHEAD).replaceAll("\n", "↵")}`]
        : [h("span", { class: "rk-by-key" }, s.step === s.T && !s.asking ? "→ takes what it would write" : "")]);
      go.textContent = isWriting(card) ? "Stop" : "Continue";
      go.disabled = s.asking || s.waiting;
      if (fold.open) patch(plot, [svg(gates(s, plot.clientWidth, card.width >= 640))]);
    },
  };
  const body = make(h("div", { class: "rk-body" }));
  const left = make(h("div", { class: "rk-text-side" }));
  left.append(text.element, unheld);
  const right = make(h("div", { class: "rk-bars-side" }));
  right.append(expected.element);
  const below = make(h("div", { class: "rk-state-side" }));
  const state = make(h("div", { class: "rk-state" }));
  state.append(free, picture.element);
  const line = make(h("div", { class: "rk-unit-row" }));
  line.append(choose, unit);
  below.append(line, state, bar.element);
  body.append(left, right, below, run, fold);
  const rows = [presets(card, bar), challenge(card)];
  const asked = new Map(); // by network: a card of tunes asks for its own, and for that of code once it is wanted
  const other = {
    refresh(s) {
      rows[1].element.hidden = s.model === "tunes";
      card.root.classList.toggle("rk-loading", s.waiting);
      card.root.classList.toggle("rk-ta-tunes", s.model === "tunes");
      const byMount = s.model !== "tunes" && card.own.model !== "tunes";
      if (!s.waiting || byMount || asked.has(s.model)) return;
      const tell = (came) => card.note(came ? "" : "The network could not be loaded.");
      asked.set(s.model, whenNeeded(keyOf(s.model), card.root, tell));
    },
    leave: () => asked.forEach((leave) => leave()),
  };
  card.parts.push(other, top, text, expected, picture, details, ...fields, chooser, bar, ...rows);
  return [top.element, body, ...rows.map((row) => row.element)];
}

const isWriting = (card) => card.ui.writing !== undefined && card.ui.writing === card.ui.token;

/** Write on, each character drawn by its probability, until it is stopped or the text is full. */
async function proceed(card, text) {
  if (isWriting(card)) {
    card.stop();
    card.show({ writing: undefined });
    return;
  }
  card.gesture(false);
  const token = card.ui.token;
  card.show({ writing: token, seed: (card.ui.seed ?? 0) + 1 }); // the same writing on every machine, another at each press
  const next = random(card.ui.seed);
  card.set({ step: card.get("text").length });
  while (card.ui.token === token && card.get("text").length < MOST) {
    const s = card.state();
    const symbol = drawn(s.p, next());
    text.insert(decode(symbol));
    if (isCalm()) {
      if (symbol === encode("\n")) break;
    } else await wait(WRITES_MS);
  }
  if (card.ui.token === token) card.show({ writing: undefined });
}

/** The landing page's form: the text, the strip, the bars, one line. At first sight it types by itself. */
function buildSmall(card, bar, text, expected, picture) {
  card.root.classList.add("rk-brief");
  const title = make(h("div", { class: "rk-title", role: "heading", "aria-level": 2 }, "Type some Python. A network reads along."));
  const say = make(h("p", { class: "rk-say" }));
  const parts = [title, text.element, picture.element, expected.element, say];
  const line = { refresh: (s) => {
    patch(say, [card.ui.note || words(s)].flat());
    card.say(say.textContent);
  } };
  const first = new IntersectionObserver((seen) => {
    if (!seen.some((one) => one.isIntersecting) || card.state().waiting) return;
    first.disconnect();
    if (!isCalm() && card.own.text === card.get("text")) bar.play(0);
  }, { threshold: 0.5 });
  card.parts.push(text, picture, expected, line, { refresh: (s) => {
    if (!s.waiting && !first.started) first.observe(card.root);
    first.started ||= !s.waiting;
  }, element: null, leave: () => first.disconnect() });
  return parts;
}

export const explorer = {
  slug: SLUG,
  name: "Type Ahead: a network that reads along",
  data: "The network (100 kB)",
  needs: (card) => card.get("model") !== "tunes", // a card of tunes asks for its own network, and for this one when it is used
  limits, derive, words, table: numbers, still, python, build,
  isSmall: (card) => card.get("small"),
  questions: [opening],
  heading: (s) => (s.ui.dared && !s.ui.topic && !s.ui.linked ? "Can you make it close a bracket that was never opened?"
    : stories(s.model).find((one) => one.name === s.ui.topic)?.ask ?? `What does it keep of the ${s.model === "tunes" ? "tune" : "text"}?`),
  legend: "The colour behind a character: the unit's value after it, orange above 0, blue below; the depth is the root of the "
    + "value. Each column of the strip is all that the network keeps after a character. A ring or a mark: what it would be "
    + "without the cut, the held unit and the temperature. A preset's unit is the best of 96 on "
    + "one half of the unseen text, and its figure is of the other half. With the labels moved along the text, to eight places, the best of 96 is chosen and measured in the same way.",
  edited: () => ({ committed: true }),
  answered: (own) => ({ step: own.text.length }),
  answersLink: (found, own) => found.text !== own.text || found.cut > 0 || found.held !== null,
  keys: [["→", "at the end of the text takes the likeliest character."], ["Tab", "reaches the scissors, the strip, the knob:"],
    ["← →", "move the scissors, or through the text,"], ["↑ ↓", "choose a unit, or hold it;"], ["Space", "reads the text anew,"],
    ["R", "reset,"], ["Ctrl+Z", "undo."]],
  get presets() { return stories(); },
  challenge: {
    goal: ["Hold one unit so that the network wants to close a bracket that was never opened: ", code(")"), " must be the likeliest character after each of six lines in which none is open."],
    cases: HIDDEN.length,
    start: { text: HIDDEN[0], step: HIDDEN[0].length, cut: 0, held: null, since: 0, temperature: 1, unit: 1 },
    begin: ["The first of the six lines: no bracket is open. Choose a unit in the strip or by its number, hold it by its knob, then press Check."],
    won: h("b", {}, "All six: that unit is how it knows that a bracket is open."),
    check: (traits, k) => fault(traits, k),
    load: (k) => ({ text: HIDDEN[k], step: HIDDEN[k].length, since: HIDDEN[k].length, cut: 0 }),
    failed: (k, { t, got, unit }) => [`Test ${k + 1}, step ${t}: `, code(")"), " should be the likeliest, but it is ", code(got), ". The test is shown. ",
      followed(unit - 1, "code") === "brackets" ? "This unit does follow brackets: hold it elsewhere." : "Seek a unit that follows brackets: the line above the strip says what one follows."],
  },
};
