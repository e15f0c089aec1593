// A card: the traits, the ways to change them, and one redraw for all changes of a frame.

import { copy, same } from "./numbers.js";
import { misfit } from "./traits.js";

const SPEAK_MS = 600;
const MOST_UNDONE = 50;
const CLEAR = { note: "", bad: null, preset: null, lamps: null, linked: false };

export const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** `el` and `model` as anywidget gives them. Parts are added to `card.parts`: { element, refresh(s) }. */
export function makeCard(explorer, model, root) {
  const names = Object.keys(explorer.limits.traits);
  const numbers = names.filter((name) => !explorer.limits.traits[name].place); // what undo and ghosts are about
  const [done, undone] = [[], []];
  const card = { explorer, model, root, parts: [], ui: {}, ghost: null, width: 0 };
  let [ghost, ghostOf] = [null, null]; // what the ghost looked like, once for each
  let [last, waiting, unsaved, speaking, wanted, spoken] = [null, 0, false, 0, null, ""];

  const pick = (keys) => Object.fromEntries(keys.map((key) => [key, model.get(key)]));
  card.traits = () => pick(names);
  card.own = copy(card.traits());
  const asked = !model.get("committed");
  card.get = (name) => model.get(name);
  card.fits = () => misfit(explorer.limits, card.traits()) === "";

  /** Everything that is drawn, from the traits; until traits that come one by one fit, the last ones that did. */
  card.state = () => {
    if (card.fits() || !last) last = card.traits();
    const shared = { ui: card.ui, committed: Boolean(model.get("committed")), playing: Boolean(model.get("playing")) };
    if (card.ghost !== ghostOf) ghost = (ghostOf = card.ghost) && explorer.derive({ ...last, ...ghostOf, ...shared, ui: {} });
    return explorer.derive({ ...last, ...shared, ghost: ghost && same(pick(numbers), card.ghost) ? null : ghost });
  };

  card.update = () => {
    cancelAnimationFrame(waiting);
    waiting = 0;
    if (unsaved) model.save_changes();
    unsaved = false;
    if (!card.fits()) return;
    const s = card.state();
    card.parts.forEach((part) => part.refresh(s));
  };
  card.soon = () => { waiting ||= requestAnimationFrame(card.update); };

  card.set = (changes) => {
    for (const [key, value] of Object.entries(changes)) {
      if (!same(model.get(key), value)) model.set(key, value);
    }
    unsaved = true;
    card.soon();
  };
  /** What is not a trait: which handle is held, what was said, how far a move has come. */
  card.show = (changes) => {
    Object.assign(card.ui, changes);
    card.soon();
  };
  card.note = (note) => card.show({ note });

  /** A new gesture: whatever runs by itself stops, and the numbers of before stay as a ghost and can be had back. */
  card.gesture = (leavesGhost = true) => {
    const before = copy(pick(numbers));
    card.end();
    if (!done.length || !same(done.at(-1), before)) done.push(before);
    if (done.length > MOST_UNDONE) done.shift();
    undone.length = 0;
    card.ghost = leavesGhost ? before : null;
    card.show({ ...CLEAR, hint: false, asking: null });
  };
  const swap = (from, to) => {
    const now = copy(pick(numbers));
    while (from.length && same(from.at(-1), now)) from.pop();
    if (!from.length) return false;
    card.stop();
    to.push(now);
    card.ghost = now;
    card.show(CLEAR);
    card.set(from.pop());
    return true;
  };
  card.undo = () => swap(done, undone);
  card.redo = () => swap(undone, done);
  card.canUndo = () => done.some((one) => !same(one, pick(numbers)));
  card.canRedo = () => undone.length > 0;
  card.reset = () => {
    card.gesture(false);
    const seen = asked && card.get("committed") ? explorer.answered?.(card.own) : {};
    card.set({ ...copy(card.own), ...seen, playing: false });
    card.show({ ...explorer.switches, dared: false, topic: null, note: "Back to the numbers it opened with." });
  };

  card.stop = () => {
    card.ui.token = {};
    if (model.get("playing")) card.set({ playing: false });
    card.show({ moving: false, fraction: 0, telling: false });
  };

  /** What runs by itself comes to its end at once: no replay stops half-way. */
  card.end = () => {
    const playing = model.get("playing");
    card.stop();
    card.set(explorer.edited?.(card, playing) ?? {});
  };

  /** What is about to move has to be seen: below the top of the page, above its bottom. */
  card.intoView = () => {
    const { top } = root.getBoundingClientRect();
    const bottom = Math.max(...[...root.querySelectorAll(".rk-picture")].map((one) => one.getBoundingClientRect().bottom));
    if (top < 60 || bottom > innerHeight) root.scrollIntoView({ block: "start", behavior: isCalm() ? "auto" : "smooth" });
  };

  /** One voice for the whole card, and only once things have come to rest. */
  card.speaker = document.createElement("p");
  card.speaker.className = "rk-unseen";
  card.speaker.setAttribute("role", "status");
  card.say = (text) => {
    if (text === wanted) return;
    if (wanted === null) spoken = text; // what it opens with is read in its place
    wanted = text;
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      if (wanted !== spoken) card.speaker.textContent = wanted;
      spoken = wanted;
    }, SPEAK_MS);
  };

  /** What is said next is said even if it was the last thing said: the reader has asked for it. */
  card.sayAgain = () => { wanted = spoken = ""; };

  /** What is said next is what the card opens with. */
  card.begin = () => { wanted = null; };

  const watched = [...names, "playing", "committed"].map((name) => `change:${name}`);
  const onChange = () => card.soon();
  watched.forEach((event) => model.on(event, onChange));
  card.leave = () => {
    cancelAnimationFrame(waiting);
    clearTimeout(speaking);
    card.ui.token = {};
    watched.forEach((event) => model.off(event, onChange));
    card.parts.forEach((part) => part.leave?.());
  };
  return card;
}
