// Forecast Bench: the words around the pictures, and how the card is put together.

import { entryField, options, traitField } from "../shared/fields.js";
import { h, make, patch } from "../shared/node.js";
import { fixed } from "../shared/numbers.js";
import { player } from "../shared/player.js";
import { questions } from "../shared/question.js";
import { stage } from "../shared/stage.js";
import { challenge, presets } from "../shared/stories.js";
import { cell, table } from "../shared/table.js";
import limits from "./limits.json" with { type: "json" };
import { END, HIDDEN, STRETCH, derive, fault } from "./maths.js";
import { ahead, amount, board, chart, dayOf, decimals, lane, nameOf, still } from "./picture.js";

const own = Object.fromEntries(Object.entries(limits.traits).map(([name, limit]) => [name, limit.default]));

const inDays = (n) => (n === 1 ? "a day" : `${n} days`);
const count = (gains) => gains.filter((v) => v > 0).length;

/** What is to be seen now, in one sentence. */
function words(s) {
  if (s.asking) return ["One of the two is a trained network, the other one is cheap."];
  const [yours, its] = [s.board.yours.mae, s.board.network.mae];
  const lately = (v) => (v === 1 ? "yesterday" : `${v} days before`);
  if (s.slid !== null) {
    return [`Slid back by ${s.slide === 1 ? "a day" : `${s.slide} days`}, ${nameOf(s, "yours")} is off by `, h("b", {}, fixed(s.slid, 2)),
      s.slid === 0 ? ": it is the series itself, late. In its place it is off by " : "; in its place by ", h("b", {}, fixed(yours, 2)), ", the network by ", h("b", {}, fixed(its, 2)), "."];
  }
  if (s.split === "shuffled") {
    return ["Shuffled before the split, the like windows are off by ", h("b", {}, fixed(s.board.nearest.mae, 2)), "; split in time by ", h("b", {}, fixed(s.board.ordered.mae, 2)),
      `. Here they end ${s.windows.map((end) => `${inDays(Math.abs(end - s.origin))} ${end < s.origin ? "before" : "after"}`).join(" and ")} this one.`];
  }
  return [`${dayOf(s, s.step)}: ${amount(s, s.truth[s.step])}. ${s.horizon === 1 ? "The day" : `${lately(s.horizon)},`} ${s.horizon === 1 ? "before, " : ""}${nameOf(s, "yours")} said ${amount(s, s.said.yours[s.step])}, the network ${
    amount(s, s.said.network[s.step])}. So far the network was nearer on `, h("b", {}, `${count(s.gains.slice(0, s.step + 1))} of ${s.step + 1}`), " days."];
}

const opening = {
  kind: "choice",
  ask: () => "Two forecasts, made a day before, follow the temperature. Which one is the trained network?",
  options: ["A", "B"],
  right: () => "B",
  reply: () => "",
  story: (s, said) => [
    { show: { telling: true }, note: [said === "B" ? "Right. " : "No. ", "A has every wiggle, and each a day late: ", h("b", {}, "it is yesterday’s temperature"), ". Watch it slide back by a day."] },
    { wait: 1600 }, { glide: ["slide", 1], ms: 1400 },
    { show: { telling: false, hint: true }, note: ["A is the series itself, a day late. In its place it is off by ", h("b", {}, fixed(s.board.last.mae, 2)), " °C, the network, B, by ",
      h("b", {}, fixed(s.board.network.mae, 2)), `, and it was nearer on ${s.nearer} of ${STRETCH} days. Drag the origin, and `, h("b", {}, "h"), "."] },
  ],
};

const python = (s) => [
  "import numpy as np", "from rnnkit.explorers.forecast_bench import bench", "",
  `one, h = bench.load()["${s.series}"], ${s.horizon}`,
  `days = ${s.start} + np.arange(${STRETCH})  # of them, ${s.horizon} before: what was known`,
  "y, at = one.y, days - h",
  "",
  "xs = bench.inputs(y, one.first + np.arange(len(y)), one.scaling)  # level, change, calendar",
  "run = one.gru(xs[:, None])  # from day to day, from zeros",
  "network = y[at] + one.scaling.change * one.readout(run.h).h[at, 0, h - 1]",
  `yours = bench.mixed(one, at, h, [${s.mix.join(", ")}])`,
  `like = bench.nearest(one, at, h, "${s.split}")`,
  "states = np.stack([y[days], yours, network, like], 1)",
  "for row in states:",
  "    print(*(f\"{value:.3f}\" for value in row))",
  "print(np.abs(states[:, 1:] - states[:, :1]).mean(0).round(3))  # the mean absolute errors",
  "",
].join("\n");

const rows = (s) => table(`Forecast Bench: ${s.series}, ${ahead(s)} ahead${s.asking ? "" : `; mean absolute errors: ${["yours", "network", "last", "week", "ridge", "nearest"].map((name) => fixed(s.board[name].mae, 2)).join(", ")}`}`,
  ["day", "came", nameOf(s, "yours"), nameOf(s, "network"), "like windows"],
  s.rows.map((values, t) => [t, ...values.map((v, k) => cell(`table:h:${t}:${k}`, s.asking && k > 0 ? "?" : fixed(v, k ? 3 : decimals(s))))]));

function build(card) {
  const bar = player(card, { trait: "step", name: "day", last: () => END, pace: () => 70 });
  const tall = () => (card.width >= 900 ? 388 : card.width >= 640 ? 270 : 216);
  const pictures = [
    stage(card, "daily", (s, width) => chart(s, width, tall())),
    stage(card, "won", (s, width) => lane(s, width)),
    stage(card, "scores", (s, width) => board(s, width, card.width >= 640 ? 26 : 19)),
  ];
  const set = make(h("div", { class: "rk-set" }));
  const choices = [options(card, "series", "Series"), options(card, "split", "Split of the windows")];
  const shares = ["last value", "last week", "28-day mean"].map((title, k) => {
    const field = entryField(card, "mix", k, 0);
    const element = make(h("label", { class: "rk-field" }, title));
    element.append(field.element);
    return { ...field, element };
  });
  const fields = [["horizon", "horizon"], ["stretch", "stretch"], ["slide", "slide back"]].map(([name, title]) => traitField(card, name, title, title));
  const told = () => make(h("span", { class: "rk-told" }));
  const [rest, where] = [told(), told()];
  const controls = { refresh(s) {
    patch(rest, [`Your mix; left for the year’s mean: ${fixed(s.left, 2)}`]);
    patch(where, ["How the like windows are split:"]);
  } };
  set.append(choices[0].element, rest, ...shares.map((one) => one.element), ...fields.map((one) => one.element), where, choices[1].element);
  const body = make(h("div", { class: "rk-body" }));
  body.append(...pictures.map((one) => one.element), set);
  const top = questions(card, bar);
  const below = [presets(card, bar), challenge(card)];
  card.parts.push(top, ...pictures, controls, ...choices, ...shares, ...fields, bar, ...below);
  return [top.element, body, bar.element, ...below.map((part) => part.element)];
}

const base = { ...own, step: 84 };

export const explorer = {
  slug: "forecast-bench",
  name: "Forecast Bench: a network, and what it has to beat",
  limits, derive, words, table: rows, still, python, build, base,
  questions: [opening],
  heading: (s) => explorer.presets.find((one) => one.name === s.ui.preset)?.ask
    ?? (s.ui.telling ? opening.ask(s) : s.ui.dared && !s.ui.linked ? "Can a mix of what is free beat what is free?" : "What is a forecast worth that follows the curve?"),
  legend: "Thick: the series, thin from the origin on, where no forecaster knew it. Dashed: your mix; green: the network, a GRU that reads the series day by day; both as they were said h days before, and from the origin on for the h days ahead. "
    + "Below, day by day, by how much the network was nearer, orange, or farther off, blue. MAE: the mean absolute error of 13 weeks. MASE: that, divided by the naive forecast’s error in the year before: of ridership last week’s value, else the last. "
    + "Like windows: what came after the two windows of 28 days that are most like the last 28. Dotted and thin: before your edit.",
  edited: () => ({ committed: true, slide: 0 }),
  keys: [["←", "one day back,"], ["→", "one day on,"], ["Space", "play,"], ["R", "reset,"], ["Ctrl+Z", "undo."], ["Tab", "reaches the horizon, the origin and the fields:"],
    ["↑ ↓ ← →", "move them."]],
  presets: [
    { name: "A day late", ask: "Slide it back by a day. What is left of the forecast?", set: { slide: 1 } },
    { name: "A week ahead", ask: "Does what tracks a day ahead track a week ahead?", set: { horizon: 7 }, play: 0 },
    { name: "Ridership", ask: "The week repeats itself. When does last week’s value fail?", set: { series: "ridership", stretch: 2, mix: [0, 1, 0] }, play: 0 },
    { name: "A walk", ask: "No one can foretell a random walk. What has the network learned?", set: { series: "walk" } },
    { name: "A leak", ask: "Two weeks ahead, and as sure as tomorrow?", set: { horizon: 14, stretch: 3, split: "shuffled", step: 56 } },
    { name: "A walk, foretold", ask: "No one can foretell a random walk. How does this model do it?", set: { series: "walk", horizon: 14, split: "shuffled", step: 56 } },
  ],
  challenge: {
    goal: ["Temperature, 3 days ahead or 7. Mix a forecast from three shares whose error is a twentieth less than that of the last value and of last week’s, on all six hidden stretches."],
    cases: 6,
    start: { ...base, horizon: 7, step: END },
    begin: ["Six hidden stretches. Set your mix, then press Check."],
    won: h("b", {}, "All six. This, too, costs nothing, and a network has to beat it."),
    check: fault,
    load: (k) => ({ ...HIDDEN[k], step: END }),
    failed: (k, { t, want, got }) => [`Test ${k + 1}, step ${t}: your mix is off by ${fixed(got, 2)}; less than ${fixed(want, 2)} is asked for. The stretch is shown.`],
  },
};
