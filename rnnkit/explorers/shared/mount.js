// An explorer put into a page or a notebook: its parts, the fold at its foot, its link, its picture for paper.

import { makeCard } from "./card.js";
import { dataOf, whenNeeded } from "./data.js";
import { svg } from "./draw.js";
import { h, make, patch, toText } from "./node.js";
import { decodeLink, encodeLink } from "./traits.js";

const STILL_WIDTHS = [720, 320];

/** The picture for paper and for pages without scripts, as markup: wide, narrow, and the table. */
export function still(explorer, traits, committed = true) {
  const s = explorer.derive({ ...traits, committed, playing: false, ghost: null, ui: {} });
  const picture = (width) => svg(explorer.still(s, width), { class: `rk-svg rk-${width > 500 ? "wide" : "narrow"}` });
  const [wide, narrow] = STILL_WIDTHS.map((width) => toText([picture(width)]));
  return { wide, narrow, table: toText([explorer.table(s)]) };
}

/** What a reader meets: the first question as markup, the still picture that withholds its answer, how many questions. */
export function opening(explorer, traits) {
  const s = explorer.derive({ ...traits, committed: false, playing: false, ghost: null, ui: {} });
  const { wide, narrow } = still(explorer, traits, false);
  return { wide, narrow, question: toText([explorer.questions[0].ask(s)].flat()), questions: explorer.questions.length };
}

/** Copy, or, where the browser has no clipboard (a page from a file), show the text selected. */
async function copyText(card, area, text, done) {
  try {
    await navigator.clipboard.writeText(text);
    card.note(done);
  } catch {
    area.hidden = false;
    area.value = text;
    area.focus();
    area.select();
    card.note("This page has no clipboard: the text is selected, press Ctrl+C (⌘C).");
  }
}

/** Rarely used, and folded away: the keys, the link, the code, the table. Drawn while it is open. */
function foot(card) {
  const { explorer } = card;
  const area = make(h("textarea", { class: "rk-text", readonly: true, "aria-label": "Text to copy", hidden: true }));
  area.addEventListener("blur", () => { area.hidden = true; });
  const link = () => location.href.split("#")[0] + encodeLink(explorer, card.get("name"), card.traits(), card.own);
  const button = (text, onclick) => h("button", { type: "button", onclick }, text);
  const twin = make(h("div", { class: "rk-twin", tabindex: 0, role: "group", "aria-label": "Table" }));
  const keys = explorer.keys.map(([key, what]) => h("span", {}, h("kbd", {}, key), ` ${what}`));
  const element = make(h("details", { class: "rk-more" }, h("summary", {}, "Legend, keys, link, code, table"),
    h("p", { class: "rk-keys" }, explorer.legend),
    h("p", { class: "rk-keys" }, ...keys),
    h("p", { class: "rk-row" },
      button("Copy link", () => copyText(card, area, link(), "Link copied: it restores these numbers.")),
      button("Copy as Python", () => copyText(card, area, explorer.python(card.state()), "Python copied: it prints these states.")))));
  element.append(area, twin);
  element.addEventListener("toggle", card.soon);
  return { element, refresh: (s) => { if (element.open) patch(twin, [explorer.table(s)]); } };
}

/**
 * If a link names this explorer, take the numbers from it, or say why not; a bad link changes nothing. `came` is the link
 * of the text that was followed: the card says what it did, and leads back there.
 */
function restore(card, hash, kept, came = null) {
  const mine = `#${card.explorer.slug}=${encodeURIComponent(card.get("name"))}`;
  if (hash.split(";")[0] !== mine) return;
  const found = decodeLink(card.explorer, hash, card.own);
  if (typeof found === "string") {
    card.note(`The link cannot be used (${found}): ${kept}.`);
  } else {
    // whoever opens a copied link predicts first, unless its numbers are beside the question
    const answered = Boolean(came || card.get("committed") || card.explorer.answersLink?.(found, card.own));
    card.gesture(false);
    card.set({ ...found, committed: answered });
    const back = h("button", { type: "button", class: "rk-inline", onclick: () => came.focus() }, "back to the text");
    const told = () => [h("b", {}, `“${came.textContent}”: `), ...[card.explorer.words(card.state())].flat(), " ", back];
    card.show({ linked: Boolean(came), topic: null, note: came ? told() : "Restored from the link." });
    if (came) card.root.focus({ preventScroll: true }); // the next Tab is in the card
  }
  card.intoView();
}

/** The level of a heading inside the section where the explorer stands. */
const levelAt = (el) => Number(el.closest("section")?.querySelector("h1, h2, h3, h4")?.tagName[1] ?? 1) + 1;

/** Put an explorer into `el`, live in a notebook or on a page: the same function, anywidget's interface. */
export function mount(explorer, { model, el }) {
  const root = make(h("div", {
    class: `rk-card rk-${explorer.slug}`, role: "group", tabindex: -1, "aria-label": explorer.name,
    "data-lm-suppress-shortcuts": true,
  }));
  const card = makeCard(explorer, model, root);
  root.append(...explorer.build(card), card.speaker);
  if (!explorer.isSmall?.(card)) {
    const last = foot(card);
    card.parts.push(last);
    root.append(last.element);
  }
  root.querySelector(".rk-title")?.setAttribute("aria-level", levelAt(el));

  const kept = "your numbers stay as they are";
  const onHash = () => restore(card, location.hash, kept);
  const onClick = (event) => { // a link of the text leaves the address, and so the Back button, alone
    const link = event.target.closest?.(`a[href^="#${explorer.slug}="]`);
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    restore(card, link.hash, kept, link);
  };
  const waits = explorer.data && !dataOf(explorer.slug);
  root.classList.toggle("rk-loading", Boolean(waits));
  const lost = `${explorer.data} could not be loaded.`;
  const onData = (came) => {
    root.classList.toggle("rk-loading", !came);
    if (came) card.begin();
    if (!came || card.ui.note === lost) card.note(came ? "" : lost);
    card.soon();
  };
  const unneeded = waits ? whenNeeded(explorer.slug, root, onData, explorer.needs?.(card) ?? true) : () => {};
  const onPrint = () => {
    if (explorer.data && !dataOf(explorer.slug)) return; // the page's own picture stays
    redrawStill(el, explorer, card.get("committed") ? card.traits() : card.own);
  };
  const onShow = () => card.soon(); // after Back, a browser may have filled the fields
  const heard = [["hashchange", onHash], ["click", onClick], ["beforeprint", onPrint], ["pageshow", onShow]];
  el.classList.add("rk-explorer", "rk-mounted");
  el.dataset.explorer = explorer.slug;
  el.append(root);
  card.width = root.offsetWidth;
  const watch = new ResizeObserver(() => {
    if (card.width !== root.offsetWidth) card.soon();
    card.width = root.offsetWidth;
  });
  watch.observe(root);
  card.update();
  heard.forEach((a) => addEventListener(...a));
  restore(card, location.hash, "these are the explorer's own numbers");
  return () => {
    card.leave();
    unneeded();
    watch.disconnect();
    heard.forEach((a) => removeEventListener(...a));
  };
}

/** The still picture for paper, from these numbers; Explorer.still in Python writes the same figure. */
function redrawStill(el, explorer, traits) {
  const place = el.querySelector(".rk-still");
  if (!place) return; // a notebook has none
  const { wide, narrow, table } = still(explorer, traits);
  place.innerHTML = `${wide}${narrow}${place.querySelector("figcaption").outerHTML}${table}`;
}
