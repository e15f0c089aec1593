// Gate Lab: the words around the pictures, and how the card is put together.

import { mathText as m } from "../shared/draw.js";
import { scrubField } from "../shared/fields.js";
import { h, make, patch } from "../shared/node.js";
import { clamp, copy, fixed, inPython, same, short } from "../shared/numbers.js";
import { player } from "../shared/player.js";
import { questions } from "../shared/question.js";
import { stage } from "../shared/stage.js";
import { challenge, presets } from "../shared/stories.js";
import { cell, table } from "../shared/table.js";
import limits from "./limits.json" with { type: "json" };
import { GATES, HIDDEN, T, added, derive, fault, isHeld, kept, stores, sums } from "./maths.js";
import { conveyor, gateAt, lanes, lowOf, share, still, valueOf } from "./picture.js";

const own = Object.fromEntries(Object.entries(limits.traits).map(([name, limit]) => [name, limit.default]));
const numbers = Object.keys(own).filter((name) => !limits.traits[name].place);
const SNAP = 0.05;
const TWICE_MS = 350; // between the taps of a double tap
const PULL = 70; // px of a drag in the river that open a gate
const LONG = { f: "forget gate f", i: "input gate i", g: "candidate g", o: "output gate o", x: "input x" };
const trait = (k) => (k === "x" ? "inputs" : k);
const b = (...nodes) => h("b", {}, ...nodes);

/** A number for each step: `all`, but what `at` says for single steps. */
const lane = (all, at = {}) => Array.from({ length: T }, (_, n) => at[n + 1] ?? all);
const span = (from, to, v) => Object.fromEntries(Array.from({ length: to - from + 1 }, (_, n) => [from + n, v]));
const opened = (v) => lane(1, span(3, T, v));

/** What is to be seen now, in one sentence. */
function words(s) {
  const { step: t, read } = s;
  if (s.asking) return ["A value of 0.80 comes in at step 2. It is to be read at step 10."];
  if (t === 0) return ["Step 0: nothing has come in, ", m("c"), " and ", m("h"), " are 0."];
  if (s.playing || s.ui.moving) return [`Step ${t}: the forget gate lets ${fixed(kept(s, t), 2)} through, ${fixed(added(s, t), 2)} comes in: `, m("c"), ` = ${fixed(s.c[t], 2)}.`];
  const [first, , third] = stores(s).filter((k) => k < read);
  if (first === undefined) return [`Nothing comes into `, m("c"), ` before step ${read}.`];
  if (s.free) {
    const [along, whole] = [share(s.along[first]), share(s.whole[first])];
    if (along === whole) return [`Back from step ${read} to step ${first}, the gradient is `, b(`${whole} in all`), ", and all of it comes along ", m("c"), "."];
    return [`Back from step ${read} to step ${first}, the gradient is ${along} along `, m("c"), " alone, and ", b(`${whole} in all`), ": the difference comes through ", m("h"), " and the gates."];
  }
  const left = added(s, first) * s.along[first];
  if (third) return [m("c"), ` is ${fixed(s.c[read], 2)} at step ${read}, and `, m("h"), ` is ${fixed(s.h[read], 2)}. `, b(`Of the ${fixed(added(s, first), 2)} from step ${first}, ${share(left)} is left`), "."];
  return [`Of the ${fixed(added(s, first), 2)} from step ${first}, `, b(`${share(left)} is left at step ${read}`), `. The gradient passes the same gates on its way back: ${share(s.along[first])}.`];
}

const opening = {
  kind: "choice",
  ask: () => "To keep a value, should the forget gate be open or shut?",
  options: ["Open", "Shut"],
  right: () => "Open",
  reply: (s, said) => [b(said), ": the 0.80 comes in, and …"],
  story: (s, said) => {
    const flood = { flowing: true, turns: (s.ui.turns ?? 0) + 1 };
    const stays = [b("Open: the 0.80 is still 0.80 at step 10."), " A forget gate of 1 forgets nothing. ", b("Drag a bar"), " of ", m("f"), "."];
    const open = [{ set: { f: opened(1), step: 10 }, show: flood, wait: 1300 }, { note: stays }];
    if (said === "Open") return open;
    return [
      { set: { f: opened(0), step: 10 }, show: flood, wait: 1300 },
      { note: [b("Shut: the 0.80 stops at step 3."), " There is nothing to read. Now the same with an open gate …"], wait: 2600 },
      { gesture: true, set: { f: opened(1) }, show: { flowing: true }, wait: 1300 }, { note: stays },
    ];
  },
};

const python = (s) => [
  "import numpy as np", "from rnnkit.cells import lstm", "",
  `W = np.array(${inPython(s.weights)})  # rows i, f, g, o: of x, of h, bias`,
  `xs = np.array(${inPython(s.inputs)})`,
  `hand = np.array([${GATES.map((k) => inPython(s[k])).join(",\n                 ")}])  # (4, T): what a gate that is held gives`,
  `held = np.array(${s.free ? inPython(s.held) : `[${Array(4).fill(`${T} * [1.0]`).join(", ")}]`}) >= 0.5`,
  "share = np.clip(hand, 1e-300, 1 - 1e-16)",
  "sums = np.log(share) - np.log1p(-share)  # a gate that is held: no weights, and the bias whose sigmoid it is",
  "sums[2] = np.arctanh(np.clip(hand[2], -1 + 1e-16, 1 - 1e-16))",
  "", "def p(t):  # as rnnkit's step takes it; no input weights, because a_x comes ready",
  "    return {\"weight_hh\": np.where(held[:, t - 1], 0, W[:, 1])[:, None]}", "",
  "run = {0: ((np.zeros(1), np.zeros(1)), None)}  # (h, c) and the trace after step t",
  `for t in range(1, ${T + 1}):`,
  "    a_x = np.where(held[:, t - 1], sums[:, t - 1], W[:, 0] * xs[t - 1] + W[:, 2])",
  "    run[t] = lstm.step(p(t), a_x, run[t - 1][0])",
  "states = np.array([[c[0], h[0]] for (h, c), _ in run.values()])",
  "print(np.round(states, 3))  # (T + 1, 2): c and h after each step", "",
  `d_h, d_c, along = np.zeros(1), np.ones(1), 1.0  # of c at step ${s.read}`,
  `for t in range(${s.read}, 0, -1):`,
  "    _, (d_h, d_c) = lstm.step_backward(p(t), run[t][1], run[t - 1][0], (d_h, d_c))",
  "    along *= run[t][1].gates[1]",
  "    _, trace = run[t - 1]",
  "    whole = d_c + (d_h * trace.gates[3] * (1 - trace.tanh_c**2) if trace else 0)",
  "    print(t - 1, along, whole[0])  # along c alone, and in all", "",
].join("\n");

const rows = (s) => table(`Gate Lab: the gates, c and h after each step, and the gradient of c at step ${s.read}`,
  ["step", ...s.free ? [m("x")] : [], ...["f", "i", "g", "o", "c", "h"].map((k) => m(k)), "along c", "in all"],
  s.c.map((c, t) => {
    const known = t <= s.shown;
    return [t, ...s.free ? [t ? short(s.inputs[t - 1], 2) : "–"] : [], ...["f", "i", "g", "o"].map((k) => (t === 0 ? "–" : known ? fixed(s.gate[k][t], 2) : "?")),
      cell(`table:h:${t}:0`, known ? fixed(c) : "?"), cell(`table:h:${t}:1`, known ? fixed(s.h[t]) : "?"),
      ...[s.along, s.whole].map((values) => (t > s.read ? "–" : s.asking ? "?" : share(values[t])))];
  }));

const heldWith = (card, k, steps, is) => card.get("held").map((row, n) => (GATES[n] === k ? row.map((old, t) => (steps.includes(t + 1) ? is : old)) : row));

/** The changes that set bar k to `value` at these steps; a gate that follows the weights is held there. */
function put(card, k, steps, value) {
  const v = Number(clamp(value, lowOf(k), 1).toFixed(2));
  const name = trait(k);
  card.show({ bar: k });
  const changes = { [name]: card.get(name).map((old, n) => (steps.includes(n + 1) ? v : old)) };
  return k === "x" || card.get("by") === "hand" ? changes : { ...changes, held: heldWith(card, k, steps, 1) };
}

/** The same by hand, in twentieths; one looks at the step that one changes. */
const drag = (card, k, steps, value) => ({ ...put(card, k, steps, Math.round(value / SNAP) * SNAP), step: steps.at(-1) });

/** A lane: a tap sets a bar, a drag up or down moves it, a drag sideways paints; arrows walk the steps and move it. */
const laneOf = (card, s) => {
  let [way, from, last] = [null, [0, 0], 1];
  return (k, p) => {
    const t = Math.max(1, s.step);
    const hides = s.asking && k === "f" && t > s.shown;
    const free = () => ({ held: heldWith(card, k, [last], 0), step: last });
    return {
      name: `lane-${k}`, title: LONG[k], look: "rk-lane", value: Number(valueOf(s, k, t).toFixed(4)), low: lowOf(k), high: 1,
      says: `step ${t}, ${hides ? "not known yet" : fixed(valueOf(s, k, t), 2)}${k !== "x" && isHeld(s, k, t) ? ", held by hand" : ""}`,
      x: p.left, y: p.top, width: T * p.column, height: 44,
      down: (x, y) => {
        [way, from, last] = [null, [x, y], Math.max(1, p.stepAt(x))];
        card.show({ scale: s.scale });
      },
      tap: (x, y) => {
        const again = card.ui.tapped?.on === `${k} ${last}` && performance.now() - card.ui.tapped.at < TWICE_MS;
        card.ui.tapped = { at: performance.now(), on: `${k} ${last}` };
        return again && s.free && k !== "x" ? free() : drag(card, k, [last], p.valueAt(y));
      },
      pull: (x, y) => {
        way ??= Math.abs(x - from[0]) > Math.abs(y - from[1]) ? "paint" : "move";
        const to = way === "paint" ? Math.max(1, p.stepAt(x)) : last;
        const steps = Array.from({ length: Math.abs(to - last) + 1 }, (_, n) => last + n * (Math.sign(to - last) || 1));
        last = to;
        return drag(card, k, steps, p.valueAt(y));
      },
      keys: (event, begins) => {
        const walk = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (walk) {
          card.show({ bar: k });
          return { step: clamp(t + walk, 1, T) };
        }
        const by = { ArrowUp: SNAP, ArrowDown: -SNAP, PageUp: 10 * SNAP, PageDown: -10 * SNAP, Home: -9, End: 9 }[event.key];
        if (by) {
          begins();
          return drag(card, k, [t], valueOf(card.state(), k, t) + (event.shiftKey ? 10 : 1) * by);
        }
        if (event.key !== "Delete" || !s.free || k === "x") return false;
        begins();
        last = t;
        return free();
      },
    };
  };
};

/** The river: sideways one walks through time; a mouse can pull the blades of a gate open. The way back starts where one says. */
const riverOf = (card, s) => (p) => {
  let [way, from, gate] = [null, [0, 0], null];
  const range = { x: p.left, width: T * p.column, looks: true, look: "rk-scrub", high: T };
  return [
    { ...range, name: "river", title: "step", value: s.step, low: 0, y: 0, height: p.shown + 16,
      says: s.step > s.shown ? `step ${s.step}` : `step ${s.step}: c ${fixed(s.c[s.step], 2)}, h ${fixed(s.h[s.step], 2)}`,
      down: (x, y) => {
        const k = matchMedia("(pointer: fine)").matches && !s.asking ? gateAt(p, y) : null;
        [way, from, gate] = [null, [x, y], k && { k, t: Math.max(1, p.stepAt(x)) }];
      },
      pull: (x, y) => {
        const [across, up] = [Math.abs(x - from[0]), from[1] - y];
        if (way === null && Math.max(across, Math.abs(up)) > 4) {
          way = gate && Math.abs(up) > across ? "open" : "walk";
          if (way === "open") {
            card.gesture();
            card.show({ scale: s.scale });
            gate.v = valueOf(s, gate.k, gate.t);
          }
        }
        return way === "open" ? drag(card, gate.k, [gate.t], gate.v + up / PULL) : { step: p.stepAt(x) };
      },
      keys: () => false },
    ...s.asking ? [] : [{ ...range, name: "back", title: "step that the way back starts at", value: s.read, low: 1, y: p.back - p.R, height: 2 * p.R,
      says: `from c at step ${s.read}; at step 1, ${share(s.along[1])} along c, ${share(s.whole[1])} in all`,
      pull: (x) => ({ read: Math.max(1, p.stepAt(x)) }),
      keys: (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1 }[event.key];
        return by ? { read: clamp(s.read + by, 1, T) } : false;
      } }],
  ];
};

/** The bar of the step that is looked at, in the lane that was touched last: { k, t }. */
const barOf = (s) => ({ k: s.ui.bar && (s.free || s.ui.bar !== "x") ? s.ui.bar : "f", t: Math.max(1, s.step) });

/** That bar as a field; and the two equations of the step that is looked at. */
function equations(card) {
  const bar = () => barOf(card.state());
  const limit = { get low() { return lowOf(bar().k); }, high: 1, fine: SNAP, coarse: 10 * SNAP, decimals: 2 };
  const field = scrubField({
    title: "The bar", name: "bar", limit, begin: () => card.gesture(), refuse: card.note,
    read: () => Number(valueOf(card.state(), bar().k, bar().t).toFixed(4)),
    write: (value) => card.set(put(card, bar().k, [bar().t], value)),
  });
  const label = make(h("label", { class: "rk-field rk-one-bar" }));
  const name = make(h("span"));
  label.append(name, field.element);
  const [first, second] = [make(h("div", { class: "rk-equation" })), make(h("div", { class: "rk-equation" }))];
  const element = make(h("div", { class: "rk-equations" }));
  element.append(label, first, second);
  return {
    element,
    refresh(s) {
      const [t, { k, t: at }] = [Math.max(1, s.step), barOf(s)];
      const { c, h: shown } = sums(s, t);
      const n = (v, { digits }) => fixed(v, digits);
      const is = (of) => (of.exact ? "=" : "≈");
      patch(name, [m(k, at)]);
      field.element.ariaLabel = `${LONG[k]}, step ${at}`;
      field.element.ariaValueMin = lowOf(k);
      patch(first, [h("span", {}, m("c", t), " ="), h("span", {}, m("f", t), " · ", m("c", t - 1), " + ", m("i", t), " · ", m("g", t)),
        h("span", {}, `= ${n(s.gate.f[t], c)} · ${n(s.c[t - 1], c)} + ${n(s.gate.i[t], c)} · ${n(s.gate.g[t], c)}`),
        h("span", {}, `${is(c)} ${n(kept(s, t), c)} + ${n(added(s, t), c)}`), h("span", {}, `${is(c)} `, b(n(s.c[t], c)))]);
      patch(second, [h("span", {}, m("h", t), " ="), h("span", {}, m("o", t), " · tanh ", m("c", t)),
        h("span", {}, `= ${n(s.gate.o[t], shown)} · ${n(s.tanhC[t], shown)}`), h("span", {}, `${is(shown)} `, b(n(s.h[t], shown)))]);
      element.hidden = s.asking;
      field.refresh();
    },
  };
}

const COLUMNS = [["x", "weight of x"], ["h", "weight of h"], ["b", "bias"]];

/** The weights of the four gates, and what gives gates back to them. */
function weights(card) {
  const element = make(h("div", { class: "rk-weights" }));
  const head = [h("span", {}), h("span", {}, "times ", m("x")), h("span", {}, "times ", m("h")), h("span", {}, "plus")];
  const grid = make(h("div", { class: "rk-weight-grid" }, ...head));
  const fields = ["f", "i", "g", "o"].flatMap((k) => {
    const r = GATES.indexOf(k);
    grid.append(make(h("span", {}, m(k))));
    return COLUMNS.map(([name, title], column) => {
      const field = scrubField({
        title: `${LONG[k]}, ${title}`, name: `${k} ${name}`, limit: limits.traits.weights, begin: () => card.gesture(), refuse: card.note,
        read: () => card.get("weights")[r][column],
        write: (value) => card.set({ weights: card.get("weights").map((row, n) => (n === r ? row.with(column, value) : row)) }),
      });
      grid.append(field.element);
      return field;
    });
  });
  const release = make(h("button", { type: "button", class: "rk-small", "data-act": "release" }, "Release the gates held by hand"));
  release.addEventListener("click", () => {
    if (!card.get("held").flat().some((v) => v >= 0.5)) return;
    card.gesture();
    card.set({ held: copy(own.held) });
  });
  element.append(grid, release);
  return {
    element,
    refresh(s) {
      element.hidden = !s.free;
      fields.forEach((field) => field.refresh());
      release.setAttribute("aria-disabled", String(!s.held.flat().some((v) => v >= 0.5)));
    },
  };
}

function build(card) {
  const bar = player(card, { trait: "step", name: "step", last: (s) => s.shown, pace: () => 420 });
  const river = stage(card, "conveyor", (s, width) => conveyor(s, width, { river: riverOf(card, s) }));
  const gates = stage(card, "lanes", (s, width) => lanes(s, width, { lane: laneOf(card, s) }));
  const [sum, net] = [equations(card), weights(card)];
  const body = make(h("div", { class: "rk-body" }));
  const stays = make(h("div", { class: "rk-stays" })); // on a phone, while one edits weights
  stays.append(river.element);
  body.append(stays, gates.element, sum.element, net.element);
  const top = questions(card, bar);
  const below = [presets(card, bar), challenge(card)];
  card.parts.push({ refresh: (s) => { card.root.classList.toggle("rk-weighted", s.free); } }, top, river, gates, sum, net, bar, ...below);
  return [top.element, body, bar.element, ...below.map((part) => part.element)];
}

const hold = { f: opened(1) };
const knocks = { i: lane(0, { 3: 1 }), g: lane(0, { 3: 0.8, 7: 0.8 }) };
const START = [[0, 0, 0], [0, 0, 0], [3, 0, 0], [0, 0, 4]]; // of the challenge

export const explorer = {
  slug: "gate-lab",
  name: "Gate Lab: the gates of one LSTM unit",
  limits, derive, words, table: rows, still, python, build,
  questions: [opening],
  heading: (s) => explorer.presets.find((one) => one.name === s.ui.preset)?.ask
    ?? (s.ui.dared && !s.ui.linked ? "Can the weights keep the first 1 and ignore the second?" : "What becomes of a value in the cell?"),
  legend: "The river is c: as wide as |c|, orange with + above 0, blue with − below. The blades of f narrow it, those of i let in what g offers (paler where it joins), those of o let out tanh c as h. "
    + "The way back: ∂c/∂c at each earlier step, by decades, with lines at 1 and at 0.1; filled, along c alone; outlined, in all, through h and the gates as well (dashed: below 0). Dashed in the river: before your edit. A dot in a lane: held by hand.",
  edited: (card) => {
    Object.assign(card.ui, { flowing: false, turns: (card.ui.turns ?? 0) + 1 });
    return { committed: true };
  },
  answersLink: (found, before) => numbers.some((name) => !same(found[name], before[name])),
  keys: [["←", "step back,"], ["→", "step on,"], ["Space", "play,"], ["R", "reset,"], ["Ctrl+Z", "undo."],
    ["Tab", "reaches the river, the way back, the lanes and the fields:"], ["↑ ↓", "move a bar,"], ["Shift", "ten times as much;"],
    ["Delete", "or a double tap gives a gate back to the weights."]],
  base: own,
  switches: { flowing: true, bar: null },
  presets: [
    { name: "Hold", ask: "What keeps the 0.80 for eight steps?", set: hold,
      say: ["A forget gate of 1 forgets nothing: 0.80 came in, 0.80 is left, and the gradient comes back whole. ", b("Drag a bar"), " of ", m("f"), "."] },
    { name: "Leak", ask: "Half open: how much is left after eight steps?", set: { f: opened(0.5) },
      say: ["Half is lost at every step: ", b("0.003 of the 0.80 is left."), " A gate is a share, not a switch, and the gradient leaks with it: 0.004."] },
    { name: "Overwrite", ask: "How does the new replace the old?", set: { f: lane(1, { 6: 0 }), i: lane(0, { 2: 1, 6: 1 }), g: lane(0, { 2: 0.8, 6: -0.6 }), step: 6 },
      say: ["At step 6 the old 0.80 stops at ", m("f"), ", and −0.60 comes in at ", m("i"), ". ", b("Step 10 reads the new one."), " What if ", m("f"), " stays open there?"] },
    { name: "Run away", ask: "Without a forget gate, as in 1997: where does c go?", set: { f: lane(1), i: lane(1), g: lane(0.8), o: lane(1) },
      say: [m("c"), " climbs to 8.00, and ", m("h"), " is stuck at 1.00. ", b("Draw along the lane of f"), ", at half its height."] },
    { name: "Count", ask: "Five a, then five b. Who knows how many?", set: { i: lane(1), g: lane(1, span(6, T, -1)), o: lane(1), step: 5 },
      say: ["+1 for each a, −1 for each b: ", b(m("c"), " counts to 5.00 and back to 0.00."), " ", m("h"), " hardly shows it: 0.76 after one a, 1.00 after five."] },
    { name: "First 1 only", ask: "The same 0.80 knocks twice. Who turns the second away?", set: { ...knocks, step: 7 },
      say: ["At step 7 the same 0.80 is offered again, but ", m("i"), " is 0: ", b(m("c"), " stays 0.80."), " Who sets ", m("i"), "? The weights: try the challenge."] },
    { name: "By weights", ask: "The forget gate is half open. Does the number stay, or only that one came?", set: { by: "weights" },
      say: [m("h"), " has ", m("g"), " offer it anew, up to ", m("c"), " ≈ 1 whether 0.5 or 1 came in: ", b("a yes stays, the number goes."), " From step 10 back to step 2: 0.004 along ", m("c"), ", ", b("0.10 in all"), " (the outline)."] },
  ],
  challenge: {
    goal: ["Keep the first 1 and ignore the second: find weights with which ", m("c"), " at step 10 is still what the first 1 left, and 0 if none came."],
    cases: HIDDEN.length,
    start: { ...own, by: "weights", weights: START, inputs: HIDDEN[0], step: 7 },
    begin: ["Two 1s, at steps 3 and 7. Edit the weights, then press Check: this input and five hidden ones. ", m("i"), " can look at ", m("x"), ", and at ", m("h"), ": is something stored already?"],
    won: [b("All six."), " ", m("i"), " looks at ", m("h"), ", and shuts once something is stored. Weights alone do it."],
    check: (traits, k) => fault({ ...traits, by: "weights" }, HIDDEN[k]),
    load: (k, { t }) => ({ by: "weights", inputs: copy(HIDDEN[k]), step: t }),
    failed: (k, { t, want, got }) => [`Test ${k + 1}, step ${t}: `, ...{
      free: ["a gate is held by hand; the weights must do it."],
      more: [m("c"), ` should be at least 0.40 in size after the first 1, and is ${fixed(got, 2)}. The test is shown.`],
      nothing: [m("c"), ` should be 0, for no 1 came, and is ${fixed(got, 2)}. The test is shown.`],
    }[want] ?? [m("c"), ` should still be ${fixed(want, 2)}, and is ${fixed(got, 2)}. The test is shown.`]],
  },
};
