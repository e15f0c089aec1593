// What every explorer shares around its parts: the card, the keyboard, the link, the clipboard.

const LINK_LENGTH = 4000;
const STILL_WIDTHS = [640, 300];

/** What differs from the explorer's own state, readable: #state-stepper=name;weight_hh=2,0/-2,0;step=3 */
function encodeLink(explorer, name, traits, own) {
  const text = (value) => (Array.isArray(value) ? value.map(String).join("/") : String(Number(value)));
  const told = explorer.traits.filter((key) => key !== "committed"); // whoever opens it predicts first
  const changed = told.filter((key) => JSON.stringify(traits[key]) !== JSON.stringify(own[key]));
  const parts = changed.map((key) => `${key}=${text(traits[key])}`);
  return `#${[`${explorer.slug}=${encodeURIComponent(name)}`, ...parts].join(";")}`;
}

/** The traits of a link, or a sentence that says why it is unusable. Nothing of the link's text is ever shown. */
function decodeLink(explorer, hash, own) {
  const traits = clone(own);
  const integer = (values) => (values.length === 1 && Number.isInteger(values[0]) ? values[0] : NaN);
  const number = (text) => (/^-?\d{1,3}(\.\d{1,20})?(e-\d{1,3})?$/.test(text) ? Number(text) : NaN);
  if (hash.length > LINK_LENGTH) return "it is too long";
  let parts = [];
  try {
    parts = decodeURIComponent(hash.slice(hash.split(";", 1)[0].length)).split(";").slice(1);
  } catch {
    return "a percent sign in it starts no character";
  }
  for (const part of parts) {
    const [key, value = ""] = part.split("=", 2);
    if (!explorer.traits.includes(key)) return "it names something that this explorer does not have";
    const rows = value.split("/").map((row) => row.split(",").map(number));
    if (rows.flat().some(Number.isNaN)) return `${key} holds something that is no number`;
    if (typeof own[key] === "boolean") traits[key] = rows[0][0] === 1;
    else if (!Array.isArray(own[key])) traits[key] = integer(rows.flat());
    else traits[key] = Array.isArray(own[key][0]) ? rows : rows.flat();
    if (Number.isNaN(traits[key])) return `${key} is no whole number`;
  }
  return explorer.check(traits) || traits;
}

/** Copy, or, where the browser has no clipboard (a page from a file), show the text selected. */
async function copyText(card, text, done) {
  try {
    await navigator.clipboard.writeText(text);
    card.note(done);
  } catch {
    card.text.hidden = false;
    card.text.value = text;
    card.text.focus();
    card.text.select();
    card.note("This page has no clipboard: the text is selected, press Ctrl+C (⌘C).");
  }
}

function listen(card, controls) {
  const keys = {
    ArrowLeft: () => controls.go(card.state().step - 1), ArrowRight: () => controls.go(card.state().step + 1),
    Home: () => controls.go(0), End: () => controls.go(card.state().T), " ": controls.toggle, r: card.reset,
  };
  card.root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [target, key] = [event.target, event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!(key in keys)) return;
    event.stopPropagation(); // a notebook would take the arrow for itself
    if (target.matches("input[type=number], textarea, select")) return;
    if (key === " " && target.matches("button, summary")) return;
    if (key !== " " && key !== "r" && target.matches("input[type=range]")) return;
    event.preventDefault();
    keys[key]();
  });
  card.picture.addEventListener("click", (event) => {
    const hit = event.target.closest("[data-step]");
    if (hit) controls.go(Number(hit.dataset.step));
  });
}

function cardParts(explorer) {
  const part = (name, tag = "div", more = {}) => dom(tag, { class: `rk-${name}`, ...more });
  const root = part("card", "div", {
    tabindex: 0, role: "group", "aria-label": explorer.title,
    "aria-keyshortcuts": "ArrowLeft ArrowRight Home End Space R",
    "data-lm-suppress-shortcuts": "true",
  });
  const text = part("text", "textarea", { readonly: "", "aria-label": "Text to copy", hidden: "" });
  text.addEventListener("blur", () => { text.hidden = true; });
  return {
    root, text, picture: part("picture"), panels: part("panels"), controls: part("controls"), twin: part("twin"),
    words: part("words", "p"), message: part("note", "p"),
  };
}

/** The traits and the ways to change them, as the parts of an explorer see them. */
function makeCard(explorer, model) {
  const traits = () => Object.fromEntries(explorer.traits.map((key) => [key, model.get(key)]));
  const card = { ...cardParts(explorer), model, traits, own: clone(traits()), marked: null };
  let last = null;
  card.fits = () => explorer.fits(traits()) === "";
  card.state = () => { // a kernel sends traits one by one: until they fit each other, the last that did hold
    if (card.fits() || !last) last = traits();
    return explorer.derive({ ...last, marked: card.marked });
  };
  card.note = (text) => { card.message.textContent = text; };
  card.set = (changes) => {
    if ("step" in changes && changes.step !== model.get("step")) card.marked = null;
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
  };
  card.reset = () => {
    card.set({ ...clone(card.own), playing: false, committed: model.get("committed") });
    card.marked = null;
    queueMicrotask(() => card.note("Back to the numbers it opened with.")); // after what the update has to say
  };
  return card;
}

function foot(card, explorer) {
  const button = (title, onclick) => dom("button", { type: "button", onclick }, title);
  const here = () => location.href.split("#")[0];
  const link = () => here() + encodeLink(explorer, card.model.get("name"), card.traits(), card.own);
  const code = () => explorer.python(card.state());
  const keys = ["←", "→", "step,", "Home", "End", "Space", "play,", "R", "reset"]
    .map((word) => (/^(step,|play,|reset)$/.test(word) ? word : `<kbd>${word}</kbd>`)).join(" ");
  return dom("div", { class: "rk-foot" },
    button("Reset", card.reset),
    button("Copy link", () => copyText(card, link(), "Link copied: it restores this state.")),
    button("Copy as Python", () => copyText(card, code(), "Python copied: it prints these states.")),
    dom("p", { class: "rk-keys", html: `Keys, while this card has the focus: ${keys}` }), card.text);
}

/** If the page's address names this explorer, take the state from it, or say why not; a bad link changes nothing. */
function restore(card, explorer, kept) {
  const mine = `#${explorer.slug}=${encodeURIComponent(card.model.get("name"))}`;
  if (location.hash.split(";")[0] !== mine) return;
  const found = decodeLink(explorer, location.hash, card.own);
  const unusable = typeof found === "string";
  if (!unusable) card.set(found);
  const text = unusable ? `The link cannot be used (${found}): ${kept}.` : "Restored from the link.";
  setTimeout(() => card.note(text), 100); // later than the mount, or a screen reader would not hear it
  card.root.scrollIntoView({ block: "start" });
}

/** The still picture for paper, from these numbers; Explorer.still in Python writes the same figure. */
function redrawStill(el, explorer, traits) {
  const place = el.querySelector(".rk-still");
  if (!place) return; // a notebook has none
  const [wide, narrow] = STILL_WIDTHS.map((width) => explorer.still(traits, width));
  place.innerHTML = `${wide.picture}${narrow.picture}${place.querySelector("figcaption").outerHTML}${wide.table}`;
}

/** Put an explorer into `el`, live in a notebook or on a page: the same function, anywidget's interface. */
function mount(explorer, { model, el }) {
  const card = makeCard(explorer, model);
  const [controls, asking] = [player(card), prediction(card, explorer)];
  const updateParts = explorer.build(card);
  const status = dom("div", { class: "rk-status", role: "status", "aria-live": "polite" }, card.words, card.message);
  card.root.append(asking.element,
    dom("div", { class: "rk-body" },
      dom("div", { class: "rk-view" }, card.picture, controls.element, status), card.controls, card.panels),
    dom("details", { class: "rk-details" }, dom("summary", {}, "The same as a table"), card.twin),
    foot(card, explorer));
  listen(card, controls);

  let size = explorer.size(card.state());
  const update = () => {
    if (!card.fits()) return;
    const s = card.state();
    if (explorer.size(s) !== size) card.note(`${explorer.size(s)} now.`); // and no note of what was before
    size = explorer.size(s);
    asking.refresh(s);
    controls.refresh(s);
    draw(card.picture, explorer.picture(s, Math.min(720, card.picture.clientWidth || 640)));
    if (card.words.textContent !== explorer.words(s)) card.words.textContent = explorer.words(s);
    draw(card.twin, explorer.table(s));
    updateParts(s);
  };
  let waiting = false;
  const soon = () => { // several traits that change together are one change
    if (!waiting) queueMicrotask(() => { waiting = false; update(); });
    waiting = true;
  };
  const watched = [...explorer.traits, "playing"].map((key) => `change:${key}`);
  watched.forEach((event) => model.on(event, soon));
  const watch = new ResizeObserver(soon);
  const onLink = () => restore(card, explorer, "your numbers stay as they are");
  const onPrint = () => redrawStill(el, explorer, model.get("committed") ? card.state() : card.own);
  el.classList.add("rk-explorer", "rk-mounted");
  el.append(card.root);
  update();
  watch.observe(card.picture);
  addEventListener("hashchange", onLink);
  addEventListener("beforeprint", onPrint);
  restore(card, explorer, "these are the explorer's own numbers");
  return () => {
    controls.stop();
    watch.disconnect();
    removeEventListener("hashchange", onLink);
    removeEventListener("beforeprint", onPrint);
    watched.forEach((event) => model.off(event, soon));
  };
}
