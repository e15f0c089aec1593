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
import { NAMES, ahead, amount, board, chart, dayOf, decimals, lane, nameOf, rowsOf, still } from "./picture.js";

const own = Object.fromEntries(Object.entries(limits.traits).map(([name, limit]) => [name, limit.default]));

const inDays = (n) => (n === 1 ? "a day" : `${n} days`);
const count = (gains) => gains.filter((v) => v > 0).length;

/** What is to be seen now, in one sentence. */
function words(s) {
  if (s.asking) return ["One of the two is a trained network, the other one is cheap."];
  const the = (name) => (/^(last|28|season)/u.test(name) && name !== "last week" ? `the ${name}` : name);
  const lately = (v) => (v === 1 ? "yesterday" : `${v} days before`);
  if (s.slid !== null) {
    const [yours, its] = ["yours", "network"].map((who) => [h("b", {}, fixed(s.slid[who], 2)), ` instead of ${fixed(s.board[who].mae, 2)}`]);
    return [`Slid back by ${s.slide === 1 ? "a day" : `${s.slide} days`}, ${the(nameOf(s, "yours"))} is off by `, ...yours, s.slid.yours === 0 ? ": 0 is the mark of a copy. The network is off by " : ", the network by ", ...its,
      s.slid.network < s.board.network.mae ? ": it lags, too, and is no copy." : "."];
  }
  if (s.split === "shuffled") {
    return ["Shuffled before the split, the like windows are off by ", h("b", {}, fixed(s.board.nearest.mae, 2)), "; without those that share a day by ", h("b", {}, fixed(s.board.purged.mae, 2)),
      `. These end ${s.windows.map((end) => `${inDays(Math.abs(end - s.origin))} ${end < s.origin ? "before" : "after"}`).join(" and ")}.`];
  }
  return [`${s.series === "walk" ? "D" : ""}${dayOf(s, s.step).slice(s.series === "walk" ? 1 : 0)}: ${amount(s, s.truth[s.step])}. ${s.horizon === 1 ? "The day" : `${lately(s.horizon)},`} ${s.horizon === 1 ? "before, " : ""}${the(nameOf(s, "yours"))} said ${amount(s, s.said.yours[s.step])}, the network ${
    amount(s, s.said.network[s.step])}. So far the network was nearer on `, h("b", {}, `${count(s.gains.slice(0, s.step + 1))} of ${s.step + 1} days`), `; the errors are of all ${STRETCH}.`];
}

/** How far off the network is when it is slid back by its horizon. */
const lagOf = (s) => derive({ ...s, slide: s.horizon }).slid.network;

const opening = {
  kind: "choice",
  ask: () => "Two forecasts, made a day before, follow the temperature. Which one is the trained network?",
  options: ["A", "B"],
  right: () => "B",
  reply: () => "",
  story: (s, said) => [
    { show: { telling: true }, note: [said === "B" ? "Right. " : "No. ", "A has every wiggle, and each a day late: ", h("b", {}, "it is yesterday’s temperature"), ". Watch both slide back by a day."] },
    { wait: 1600 }, { glide: ["slide", 1], ms: 1400 },
    { show: { telling: false, hint: true }, note: ["A is the series itself, a day late: slid back it is off by 0.00. B lags as well, off by ", fixed(lagOf(s), 2), ", and is no copy. In place A is off by ", h("b", {}, fixed(s.board.last.mae, 2)), " °C, B by ",
      h("b", {}, fixed(s.board.network.mae, 2)), `, and nearer on ${s.nearer} of ${STRETCH} days. Drag the origin, and `, h("b", {}, "k"), "."] },
  ],
};

const python = (s) => [
  "import numpy as np", "from rnnkit.explorers.forecast_bench import bench", "",
  `one, k = bench.load()["${s.series}"], ${s.horizon}  # days ahead`,
  `days = ${s.start} + np.arange(${STRETCH})  # of them, ${s.horizon} before: what was known`,
  "y, at = one.y, days - k",
  "",
  "xs = bench.inputs(y, one.first + np.arange(len(y)), one.scaling)  # level, change, calendar",
  "run = one.gru(xs[:, None])  # from day to day, from zeros",
  "network = y[at] + one.scaling.change * one.readout(run.h).h[at, 0, k - 1]",
  `yours = bench.mixed(one, at, k, [${s.mix.join(", ")}])`,
  `like = bench.nearest(one, at, k, "${s.split}")`,
  "states = np.stack([y[days], yours, network, like], 1)",
  "for row in states:",
  "    print(*(f\"{value:.3f}\" for value in row))",
  "print(np.abs(states[:, 1:] - states[:, :1]).mean(0).round(3))  # the mean absolute errors",
  "",
].join("\n");

const rows = (s) => table(`Forecast Bench: ${s.series}, ${ahead(s)} ahead${s.asking ? "" : `; mean absolute errors: ${rowsOf(s).map((name) => `${name === "yours" ? nameOf(s, name) : NAMES[name]} ${fixed(s.board[name].mae, 2)}`).join(", ")}`}`,
  ["day", "came", nameOf(s, "yours"), nameOf(s, "network"), NAMES[s.split === "shuffled" ? "nearest" : "ordered"]],
  s.rows.map((values, t) => [t + 1, ...values.map((v, k) => cell(`table:h:${t}:${k}`, s.asking && k > 0 ? "?" : fixed(v, k ? 3 : decimals(s))))]));

function build(card) {
  const bar = player(card, { trait: "step", name: "day", first: 1, last: () => END, pace: () => 70 });
  const tall = () => (card.width >= 900 ? 424 : card.width >= 640 ? 270 : 216);
  const pictures = [
    stage(card, "daily", (s, width) => chart(s, width, tall())),
    stage(card, "won", (s, width) => lane(s, width)),
    stage(card, "scores", (s, width) => board(s, width, card.width >= 640 ? 20 : 18)),
  ];
  const set = make(h("div", { class: "rk-set" }));
  const choices = [options(card, "series", "Series"), options(card, "split", "Split of the windows")];
  const shares = ["last value", "last week", "28-day mean"].map((title, k) => {
    const field = entryField(Object.create(card, { note: { value: (note) => card.note(note.replace(/mix\[\d\]/u, title)) } }), "mix", k, 0);
    field.element.ariaLabel = title;
    const element = make(h("label", { class: "rk-field" }, title));
    element.append(field.element);
    return { ...field, element };
  });
  const fields = [["horizon", "horizon"], ["stretch", "stretch"], ["slide", "slide back"]].map(([name, title]) => traitField(card, name, title, title));
  const told = () => make(h("span", { class: "rk-told" }));
  const [rest, where] = [told(), told()];
  const controls = { refresh(s) {
    set.inert = s.asking; // until the answer, nothing that one sets may tell it
    patch(rest, [s.whole > 1 ? h("b", {}, `Your mix is divided by its sum, ${fixed(s.whole, 2)}`) : `Your mix; left for the season’s mean: ${fixed(s.left, 2)}`]);
    patch(where, [s.split === "ordered" ? "Like windows: of the year before, not drawn" : "Like windows: from anywhere, drawn at the foot"]);
  } };
  shares.forEach((one) => one.element.classList.add("rk-fb-mix"));
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
    ?? (s.ui.telling ? opening.ask(s) : s.ui.dared && !s.ui.linked ? "Can a mix of two cheap forecasts beat both?" : "What is a forecast worth that follows the curve?"),
  legend: "Thick: the series, thin from the origin on, where no forecaster knew it. Dashed: your mix; green: the network, a GRU that reads the series day by day; both as they were said k days before, and from the origin on for the k days ahead. Black dots: every seventh day of the series. "
    + "Below, day by day, by how much the network was nearer, orange, or farther off, blue. MAE: the mean absolute error of 13 weeks. MASE: that, divided by the error, in the year before the test, of the value m days before. "
    + "28-day mean: of the last 28 days, for your mix alone. Season’s mean: 12 years’ of the day, and of the weekday. Damped: plus what is left by then of today’s distance from it. Damped week: the median of the last few of that weekday, plus what is left of today’s distance from its own. Regression: linear, on 28 days and the calendar. "
    + "Like windows: what came after the two windows of 28 days that are most like the last 28; ordered: of the year before the test, as far as it was known. Trees are not computed here: their errors are the record’s. A bar with two cuts is longer than it is drawn. Dotted and thin: before your edit.",
  edited: () => ({ committed: true, slide: 0 }),
  answered: () => ({ committed: false }),
  keys: [["←", "one day back,"], ["→", "one day on,"], ["Space", "play,"], ["R", "reset,"], ["Ctrl+Z", "undo."], ["Tab", "reaches the horizon, the origin and the fields:"],
    ["↑ ↓ ← →", "move them."]],
  presets: [
    { name: "A day late", ask: "Slide both back by a day. Which one is a copy?", set: { slide: 1 } },
    { name: "A week ahead", ask: "Does what tracks a day ahead track a week ahead?", set: { horizon: 7 }, play: 0 },
    { name: "Ridership", ask: "The week repeats itself. When does last week’s value fail?", set: { series: "ridership", stretch: 2, mix: [0, 1, 0] }, play: 0 },
    { name: "A walk", ask: "No one can foretell a random walk. What has the network learned?", set: { series: "walk" } },
    { name: "A leak", ask: "Two weeks ahead, and as sure as tomorrow?", set: { horizon: 14, stretch: 3, split: "shuffled", step: 56 } },
    { name: "A walk, foretold", ask: "No one can foretell a random walk. How does this model do it?", set: { series: "walk", horizon: 14, split: "shuffled", step: 56 } },
  ],
  challenge: {
    goal: ["Temperature, 2 days ahead, in the year before the test. Mix the last value with the season’s mean, so that in each of three stretches the error is a fiftieth less than that of each of the two."],
    cases: 6,
    start: { ...base, horizon: 2, stretch: 0, step: END },
    begin: ["Six comparisons, two in each stretch from −2 to 0. Set your mix, then press Check."],
    won: h("b", {}, "All six, in the year that you tuned by. Now set the stretch to 4, and look at the test once."),
    check: fault,
    load: (k) => ({ ...HIDDEN[k].traits, step: END }),
    failed: (k, { want, got }) => [`Test ${k + 1}, stretch ${fixed(HIDDEN[k].traits.stretch, 0)}: your mix is off by ${fixed(got, 2)}; less than ${fixed(want, 2)} is asked for: a fiftieth less than the ${NAMES[HIDDEN[k].naive]}. The stretch is shown.`],
  },
};
