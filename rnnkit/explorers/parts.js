// The parts that every explorer is made of: fields, the player bar, the prediction, pictures in their places.

const PLAY_MS = 900;
const MOVE_MS = 150;
const ICONS = {
  first: "M6 5v14M19 5l-9 7 9 7z", back: "M17 5l-10 7 10 7z", play: "M7 4l13 8-13 8z", pause: "M8 5v14M16 5v14",
  forward: "M7 5l10 7-10 7z", last: "M18 5v14M5 5l9 7-9 7z",
};

function dom(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "html") element.innerHTML = value; // only ever text of ours, numbers formatted
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const icon = (name) => `<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="${ICONS[name]}"/></svg>`;

/** Put a picture in its place; what carries data-move glides from where it was, if the picture kept its size. */
function draw(place, html) {
  if (place.drawn === html) return;
  const moving = () => new Map([...place.querySelectorAll("[data-move]")].map((node) => [node.dataset.move, node]));
  const spot = (node) => ["x", "y", "cx", "cy"].map((name) => Number(node.getAttribute(name) ?? 0));
  const size = () => place.querySelector("svg")?.getAttribute("viewBox");
  const [before, sizeBefore] = [moving(), size()];
  place.innerHTML = place.drawn = html;
  if (size() !== sizeBefore || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const [name, node] of moving()) {
    if (!before.has(name)) continue;
    const [from, to] = [spot(before.get(name)), spot(node)];
    const [dx, dy] = [from[0] - to[0] + from[2] - to[2], from[1] - to[1] + from[3] - to[3]];
    if (!dx && !dy) continue;
    const path = [{ transform: `translate(${dx}px, ${dy}px)` }, { transform: "none" }];
    node.animate(path, { duration: MOVE_MS, easing: "ease-out" });
  }
}

function panel(title) {
  const [head, body] = [dom("div", { class: "rk-panel-head" }, title), dom("div", { class: "rk-panel-body" })];
  return { element: dom("section", { class: "rk-panel" }, head, body), head, body };
}

/** A native list of 1 to `most`. */
function choice(title, most, chosen) {
  const select = dom("select", { "aria-label": title, onchange: () => chosen(Number(select.value)) });
  const refresh = (value, count = most) => {
    const options = Array.from({ length: count }, (_, k) => new Option(k + 1, k + 1));
    if (select.length !== count) select.replaceChildren(...options);
    select.value = value;
  };
  return { element: dom("label", { class: "rk-choice" }, title, select), refresh };
}

function player(card) {
  const go = (step) => card.set({ playing: false, step: Math.max(0, Math.min(card.state().T, step)) });
  const toggle = () => {
    const [s, playing] = [card.state(), !card.model.get("playing")];
    card.set({ playing, ...(playing && s.step === s.T ? { step: 0 } : {}) });
  };
  const button = (name, title, onclick) =>
    dom("button", { type: "button", "aria-label": title, title, html: icon(name), onclick });
  const by = (steps) => () => go(card.state().step + steps);
  const play = button("play", "Play", toggle);
  const scrub = () => go(Number(slider.value));
  const slider = dom("input", { type: "range", min: 0, step: 1, "aria-label": "Step", oninput: scrub });
  const place = dom("output", { class: "rk-step" });
  const element = dom("div", { class: "rk-player" },
    dom("div", { class: "rk-buttons" },
      button("first", "First step", () => go(0)), button("back", "One step back", by(-1)), play,
      button("forward", "One step forward", by(1)), button("last", "Last step", () => go(card.state().T))),
    slider, place);
  const advance = (s) => card.set(s.step < s.T ? { step: s.step + 1, playing: s.step + 1 < s.T } : { playing: false });
  let timer = 0;
  const refresh = (s) => {
    const playing = Boolean(card.model.get("playing"));
    slider.max = s.T;
    slider.value = s.step;
    slider.setAttribute("aria-valuetext", `step ${s.step} of ${s.T}`);
    place.textContent = `t = ${s.step} of ${s.T}`;
    play.innerHTML = icon(playing ? "pause" : "play");
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
    clearTimeout(timer);
    // One time-out a step, not an interval: a second view of the same model restarts the wait, and skips no step.
    if (playing) timer = setTimeout(() => advance(s), PLAY_MS);
  };
  return { element, refresh, go, toggle, stop: () => clearTimeout(timer) };
}

/** The question, hidden answer first: it is shown once the reader has committed to a number, or asks to see it. */
function prediction(card, explorer) {
  const [old, said] = [dom("span", { hidden: "" }, "For the numbers before your change: "), dom("span")];
  const reply = dom("p", { class: "rk-reply", role: "status" }, old, said);
  const [question, hint] = ["rk-question", "rk-hint"].map((name) => dom("p", { class: name }));
  const fields = dom("span", { class: "rk-guesses" });
  const inputs = () => [...fields.querySelectorAll("input")];
  let [names, judged, shown] = ["", null, false]; // `judged`: the numbers that the reply speaks of
  const say = (lines, about = null) => {
    said.replaceChildren(...lines.map((line) => dom("span", {}, `${line} `)));
    judged = about;
    old.hidden = true;
  };
  const commit = (event) => {
    event.preventDefault();
    const [s, guess] = [card.state(), inputs().map((field) => field.valueAsNumber)];
    if (!guess.every(Number.isFinite)) {
      say([`A prediction is a number for ${explorer.asked(s).join(" and ")}.`]);
      return;
    }
    say(explorer.judge(s, guess), explorer.numbers(s));
    card.set({ committed: true, step: s.asked });
    card.root.focus({ preventScroll: true });
  };
  const skip = () => {
    say(["The numbers are shown."]);
    card.set({ committed: true });
    card.root.focus({ preventScroll: true });
  };
  const again = () => {
    card.set({ committed: false, playing: false, step: Math.min(card.state().step, card.state().asked - 1) });
    inputs().forEach((field) => { field.value = ""; });
    queueMicrotask(() => inputs()[0].focus()); // after the form is back
  };
  const form = dom("form", { class: "rk-form", novalidate: "", onsubmit: commit }, fields,
    dom("button", { type: "submit", class: "rk-primary" }, "Commit"),
    dom("button", { type: "button", onclick: skip }, "Show me without predicting"));
  const more = dom("button", { type: "button", onclick: again }, "Predict again");
  const refresh = (s) => {
    question.textContent = explorer.question(s);
    hint.textContent = explorer.hint(s);
    [form.hidden, more.hidden] = [s.committed, !s.committed];
    const renamed = names !== explorer.asked(s).join();
    if (shown && !s.committed || renamed && !s.committed) say([]); // it would speak of what is not there
    old.hidden = judged === null || judged === explorer.numbers(s);
    shown = s.committed;
    if (!renamed) return;
    names = explorer.asked(s).join();
    const field = (name) => dom("label", {}, name, numberField({}, (text) => say([text])));
    fields.replaceChildren(...explorer.asked(s).map(field));
  };
  const element = dom("div", { class: "rk-predict" }, question, hint, form,
    dom("div", { class: "rk-answer" }, more, reply));
  return { element, refresh };
}
