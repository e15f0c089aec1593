// State Stepper: the words, the controls and the checks around the pictures of state_stepper_view.js.

const NUMBER_LIMIT = 99;
const SIZES = { H: 4, I: 4, T: 12 };
const MATRICES = ["weight_ih", "weight_hh", "bias", "inputs"];
const LETTERS = { weight_ih: "W_ih", weight_hh: "W_hh", bias: "b" };

const math = (letter, sub = "", index = "") =>
  `<span class="rk-math"><var>${letter}</var>${sub && `<sub>${sub}</sub>`}</span>${index}`;
const count = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
const at1 = (...indices) => `[${indices.map((i) => i + 1).join(",")}]`;

/** Why these matrices do not fit each other, or nothing. */
function fits(traits) {
  const { weight_ih: W, weight_hh: U, bias: b, inputs: x } = traits;
  const [H, I, T] = [b.length, x[0]?.length ?? 0, x.length];
  const shaped = (m, rows, cols) => m.length === rows && m.every((row) => row.length === cols);
  if (H < 1 || H > SIZES.H) return `b has ${H} numbers, and there are 1 to ${SIZES.H} units`;
  if (T < 1 || T > SIZES.T || I < 1 || I > SIZES.I || !shaped(x, T, I)) {
    return `x is not 1 to ${SIZES.T} steps of 1 to ${SIZES.I} numbers`;
  }
  if (!shaped(W, H, I)) return `W_ih is not ${H} rows of ${I}`;
  if (!shaped(U, H, H)) return `W_hh is not ${H} rows of ${H}`;
  return "";
}

/** Why these traits cannot be used, or nothing. The page's own twin of StateStepper's checks in Python. */
function check(traits) {
  const misfit = fits(traits);
  if (misfit) return misfit;
  const [H, T] = [traits.bias.length, traits.inputs.length];
  const numbers = MATRICES.flatMap((name) => traits[name].flat());
  if (!numbers.every((v) => Math.abs(v) <= NUMBER_LIMIT)) return `a number lies beyond ±${NUMBER_LIMIT}`;
  if (!(traits.step >= 0 && traits.step <= T)) return `there is no step ${traits.step}`;
  if (!(traits.unit >= 1 && traits.unit <= H)) return `there is no unit ${traits.unit}`;
  return "";
}

/** The sum of one unit, term by term, as table rows: weight × value = product. */
function arithmetic(s) {
  const [t, j] = [s.step, s.unit - 1];
  const known = t > 0 && visible(s, t)[j] !== null;
  const x = t > 0 ? s.inputs[t - 1] : s.inputs[0].map(() => null);
  const before = t > 0 ? visible(s, t - 1) : s.bias.map(() => null);
  const terms = [
    ...x.map((v, i) => [math("W", "ih", at1(j, i)), s.weight_ih[j][i], math("x", s.I > 1 ? i + 1 : ""), v]),
    ...before.map((v, k) => [math("W", "hh", at1(j, k)), s.weight_hh[j][k], math("h", k + 1), v]),
  ];
  const shown = (value) => (t === 0 ? "–" : number(value));
  const cell = (name, text) => `<td data-cell="sum:${name}">${text}</td>`;
  const rows = terms.map(([weight, w, value, v], k) => `<tr><th scope="row">${weight} · ${value}</th>`
    + `${cell(`weight:${k}`, fixed(w))}<td class="rk-sign">×</td>${cell(`value:${k}`, shown(v))}`
    + `<td class="rk-sign">=</td>${cell(`product:${k}`, shown(known ? w * v : null))}</tr>`);
  const total = (name, head, value) =>
    `<tr><th scope="row" colspan="4">${head}</th><td class="rk-sign">=</td>${cell(name, value)}</tr>`;
  const a = known ? s.sums[t - 1][j] : null;
  const from = t === 0 ? "Step 0 is the start: nothing has been read, and h is 0."
    : `At step ${t}: x is its input, h on the right is what step ${t - 1} left.`;
  const bias = total("bias", math("b", "", at1(j)), fixed(s.bias[j]));
  return `<p class="rk-hint">${from}</p><table class="rk-sum"><tbody>${rows.join("")}${bias}</tbody>`
    + `<tbody class="rk-total">${total("a", `the sum, ${math("a", j + 1)}`, shown(a))}`
    + `${total("h", `${math("h", j + 1)} = tanh(${math("a", j + 1)})`, number(visible(s, t)[j]))}</tbody></table>`;
}

/** The table twin of the heat map. */
function table(s) {
  const letters = [math("t"), ...s.inputs[0].map((_, i) => math("x", s.I > 1 ? i + 1 : "")),
    ...s.bias.map((_, j) => math("h", j + 1))];
  const heads = letters.map((letter) => `<th scope="col">${letter}</th>`).join("");
  const rows = s.states.map((_, t) => {
    const x = (t === 0 ? s.inputs[0].map(() => null) : s.inputs[t - 1])
      .map((v, i) => (v === null ? "<td>–</td>" : `<td data-cell="table:x:${t}:${i}">${short(v)}</td>`));
    const h = visible(s, t).map((v, j) => `<td data-cell="table:h:${t}:${j}">${number(v)}</td>`);
    return `<tr${t === s.step ? ' class="rk-row-now"' : ""}><th scope="row">${t}</th>${x.join("")}${h.join("")}</tr>`;
  });
  return '<table class="rk-table"><caption>Input and state after each step</caption>'
    + `<thead><tr>${heads}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

/** The picture for paper and for pages without scripts: everything shown, at the last step. */
function still(traits, width) {
  const s = derive({ ...traits, step: traits.inputs.length, committed: true, marked: null });
  const inside = (text, x, y) => text.replace("<svg ", `<svg x="${x}" y="${y}" `);
  const top = timeline(s, width);
  const [own, h] = top.match(/viewBox="0 0 (\d+) (\d+)"/).slice(1).map(Number);
  const beside = width >= 500;
  const w = Math.max(own, beside ? 560 : 300); // a short sequence is narrower than what stands below it
  const more = beside ? inside(rolled(s), w / 2 - 260, h + 36) + inside(plane(s), w / 2 + 20, h + 16)
    : inside(rolled(s), (w - 240) / 2, h + 16) + inside(plane(s), (w - 240) / 2, h + 232);
  const below = h + (beside ? 272 : 488);
  const [numbers, high] = weights(s, w / 2, below, w);
  const title = `A simple recurrent network over ${count(s.T, "step")}: unrolled, with h as a heat map; rolled; `
    + "the path of h; its weights";
  const body = inside(top, (w - own) / 2, 0) + more + numbers;
  const picture = svg(w, below + high + 12, title, words(s), body, beside ? "wide" : "narrow");
  return { picture, table: table(s) };
}

/** What the reader's prediction gives away, in sentences; `guess` has one number for each asked unit.
 *  Each unit is judged by itself: what is said of the wrong ones is not said of a right one. */
function judge(s, guess) {
  const [truth, x] = [s.states[s.asked], s.inputs[s.asked - 1]];
  const close = (values, j) => Math.abs(guess[j] - values[j]) <= 0.05;
  const units = guess.map((_, j) => j);
  const wrong = units.filter((j) => !close(truth, j));
  const right = units.filter((j) => close(truth, j)).map(unitName);
  const near = (values) => wrong.every((j) => close(values, j));
  const alone = s.bias.map((b, j) => Math.tanh(dot(s.weight_ih[j], x) + b));
  const off = guess.map((g, j) => fixed(Math.abs(g - truth[j]))).join(" and ");
  const list = (values) => guess.map((_, j) => fixed(values[j])).join(" and ");
  const said = `You said ${list(guess)}; the network gave ${list(truth)}: off by ${off}.`;
  if (!wrong.length) return [said, "That is right to 0.05."];
  const half = right.length > 0;
  const told = half ? [said, `${right.join(" and ")} is right to 0.05.`] : [said];
  const yours = half ? `Your ${wrong.map(unitName).join(" and ")} is` : "Your numbers are";
  if (near(guess.map((_, j) => x[Math.min(j, s.I - 1)]))) {
    return [...told, `${yours} the input itself. h is no copy of the input: `
      + "each unit takes tanh of its weighted input plus its weighted memory."];
  }
  if (near(alone)) {
    return [...told, `${yours} tanh(W_ih x + b). ${half ? "It leaves" : "They leave"} out `
      + `W_hh times the state after step ${s.asked - 1}.`];
  }
  if (guess.some((g) => Math.abs(g) > 1)) {
    return [...told, "tanh never leaves the range from −1 to 1, so neither does h."];
  }
  return [...told, `Step ${s.asked} in the sum below shows each term${half ? ` of ${wrong.map(unitName)[0]}` : ""}.`];
}

function python(s) {
  const floats = (values) => `[${values.map((v) => (Number.isInteger(v) ? v.toFixed(1) : String(v))).join(", ")}]`;
  const matrix = (name, rows) => `np.array([${rows.map(floats).join(", ")}]),  # ${name}`;
  return [
    "import numpy as np",
    "from rnnkit.cells import rnn",
    "from rnnkit.unroll import unroll",
    "",
    "p = {",
    `    "weight_ih": ${matrix("(H, I)", s.weight_ih)}`,
    `    "weight_hh": ${matrix("(H, H)", s.weight_hh)}`,
    `    "bias_ih": np.array(${floats(s.bias)}),  # the explorer's one b; torch keeps two and adds them`,
    `    "bias_hh": np.zeros(${s.H}),`,
    "}",
    `xs = np.array([${s.inputs.map(floats).join(", ")}])[:, None]  # (T, 1, I)`,
    `(h,), trace = unroll(rnn, p, xs, (np.zeros((1, ${s.H})),))`,
    "print(np.round(h[:, 0], 3))  # (T + 1, H), row t is the state after step t",
    "",
  ].join("\n");
}

/** The numbers of a network with more or fewer units: a new unit sees its input with weight 1, and nothing else. */
function resizeUnits(s, H) {
  const grown = (row, length) => Array.from({ length }, (_, k) => row[k] ?? 0);
  return {
    weight_ih: Array.from({ length: H }, (_, j) => s.weight_ih[j] ?? grown([1], s.I)),
    weight_hh: Array.from({ length: H }, (_, j) => grown(s.weight_hh[j] ?? [], H)),
    bias: grown(s.bias, H),
    unit: Math.min(s.unit, H),
  };
}

const resizeSteps = (s, T) => ({
  inputs: Array.from({ length: T }, (_, t) => s.inputs[t] ?? s.inputs[0].map(() => 0)),
  step: Math.min(s.step, T),
});

function edit(card, name, r, c, value) {
  const rows = clone(card.model.get(name));
  if (name === "bias") rows[c] = value;
  else rows[r][c] = value;
  const T = card.model.get("inputs").length;
  card.marked = { weight_ih: "ih", weight_hh: "hh", bias: "b" }[name] ?? null;
  card.set({ [name]: rows });
  card.note(name === "inputs" ? `x at step ${r + 1} is now ${short(value)}; steps ${r + 1} to ${T} are computed anew.`
    : `${LETTERS[name]}${name === "bias" ? at1(c) : at1(r, c)} is now ${short(value)}, at all ${T} steps.`);
}

/** The number fields of all matrices, made anew when H, I or T changes. */
function grids(card, s) {
  const inputTitle = (t, i) => `x at step ${t + 1}${s.I > 1 ? `, ${i + 1}` : ""}`;
  const field = (name, legend, rows, cols, title, inSteps = false) => numberGrid({
    legend, rows, cols, title, inSteps, limit: NUMBER_LIMIT,
    read: (r, c) => (name === "bias" ? card.model.get(name)[c] : card.model.get(name)[r][c]),
    write: (r, c, value) => edit(card, name, r, c, value),
    refuse: (text) => card.note(text),
  });
  return [
    field("weight_ih", math("W", "ih"), s.H, s.I, (r, c) => `W_ih${at1(r, c)}`),
    field("weight_hh", math("W", "hh"), s.H, s.H, (r, c) => `W_hh${at1(r, c)}`),
    field("bias", math("b"), 1, s.H, (r, c) => `b${at1(c)}`),
    field("inputs", `${math("x")} at each step`, s.T, s.I, inputTitle, true),
  ];
}

function build(card) {
  const units = choice("Units H", SIZES.H, (H) => card.set(resizeUnits(card.state(), H)));
  const steps = choice("Steps T", SIZES.T, (T) => card.set(resizeSteps(card.state(), T)));
  const unit = choice("Unit", SIZES.H, (value) => card.set({ unit: value }));
  const titles = ["Term by term", "Path of h₁ and h₂", "Rolled: the same cell, once"];
  const [sum, path, loop] = titles.map(panel);
  sum.head.append(unit.element);
  const fields = dom("div", { class: "rk-grids" });
  card.panels.append(sum.element, path.element, loop.element);
  card.controls.append(dom("div", { class: "rk-choices" }, units.element, steps.element), fields);
  let [made, size] = [[], ""];
  return (s) => {
    if (size !== `${s.H} ${s.I} ${s.T}`) {
      size = `${s.H} ${s.I} ${s.T}`;
      made = grids(card, s);
      fields.replaceChildren(...made.map((grid) => grid.element));
    }
    made.forEach((grid) => grid.refresh());
    units.refresh(s.H);
    steps.refresh(s.T);
    unit.refresh(s.unit, s.H);
    draw(sum.body, arithmetic(s));
    draw(path.body, plane(s));
    draw(loop.body, rolled(s));
  };
}

const explorer = {
  slug: "state-stepper",
  title: "State Stepper",
  traits: [...MATRICES, "step", "unit", "committed"],
  derive, fits, check, words, table, still, judge, python, build,
  picture: timeline,
  numbers: (s) => JSON.stringify(MATRICES.map((name) => s[name])),
  size: (s) => [count(s.H, "unit"), count(s.T, "step")].join(", "),
  question: (s) => `What will h be after the ${["first", "second", "third"][s.asked - 1]} step?`,
  hint: (s) => `The network reads ${s.inputs.map((x) => x.map(short).join(",")).join(" ")}; h lies between −1 and 1.`,
  asked: (s) => s.bias.slice(0, 2).map((_, j) => unitName(j)),
};
