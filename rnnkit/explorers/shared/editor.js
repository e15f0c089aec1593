// A text that one writes in, with colours behind it and what may come after it: a real text field, whose letters are
// drawn below it in the same places.

import { h, make, patch } from "./node.js";

const BURST_MS = 1200; // faster letters are one edit
const TYPED = { "\u201C": "\"", "\u201D": "\"", "\u2018": "'", "\u2019": "'", "\u2013": "-", "\u2014": "-", "\u2026": "...",
  "\u00A0": " ", "\t": "    ", "\r": "" }; // what phones and pasted pages make of plain characters

/** A text as the letters allow it: quotes that a phone has turned are turned back, other letters are left out. */
export function plain(text, letters, most) {
  const one = new RegExp(`^${letters}$`);
  return [...text].map((letter) => TYPED[letter] ?? letter).join("").split("").filter((letter) => one.test(letter)).join("")
    .slice(0, most);
}

/**
 * read(s) → { text, caret, letters: [{ look, style }], tail: nodes, still } with a style for each letter; typed(text,
 * caret) and moved(caret) tell what the reader did; key(event) is true if the key is taken; `before(letter)` may take a
 * letter that would be typed for itself; refuse(kept) is told when letters were left out or replaced.
 */
export function editor(card, { title, limit, most, read, typed, moved, key, before, refuse }) {
  const below = make(h("pre", { "aria-hidden": "true" }));
  const field = make(h("textarea", { "aria-label": title, spellcheck: "false", autocapitalize: "off", autocomplete: "off",
    autocorrect: "off", rows: 1 }));
  const sheet = make(h("div", { class: "rk-sheet" }));
  const element = make(h("div", { class: "rk-editor" }));
  sheet.append(below, field);
  element.append(sheet);
  let [last, shown, at, told] = [0, null, -1, -1];

  /** Scroll to the line of the caret. */
  function show(place) {
    if (element.scrollHeight <= element.clientHeight) return;
    const range = document.createRange();
    let [node, left] = [below.firstChild, place];
    while (node.nextSibling && left >= node.textContent.length) [node, left] = [node.nextSibling, left - node.textContent.length];
    const [words, from] = [node.firstChild ?? node, Math.min(left, node.textContent.length)];
    range.setStart(words, from); // with a letter: behind a newline, an empty range has no place
    range.setEnd(words, Math.min(from + 1, node.textContent.length));
    const [line, frame] = [range.getBoundingClientRect(), element.getBoundingClientRect()];
    if (line.bottom > frame.bottom - 6) element.scrollTop += line.bottom - frame.bottom + 6;
    else if (line.top < frame.top + 6) element.scrollTop -= frame.top - line.top + 6;
  }

  field.addEventListener("beforeinput", (event) => {
    const letter = event.inputType === "insertLineBreak" ? "\n" : event.data?.[0];
    if (letter && before(letter)) event.preventDefault();
  });
  field.addEventListener("input", () => {
    const kept = plain(field.value, limit.letters, most);
    const after = field.value.length - field.selectionEnd;
    const now = performance.now();
    if (now - last > BURST_MS) card.gesture(false);
    else card.stop();
    last = now;
    if (kept === field.value) card.note("");
    else refuse(kept); // a gesture clears notes
    told = Math.max(0, kept.length - after);
    typed(kept, told);
  });
  const caret = () => {
    if (document.activeElement !== field || field.selectionEnd === shown?.caret) return;
    told = field.selectionEnd;
    moved(told);
  };
  field.addEventListener("focus", () => field.setSelectionRange(shown.caret, shown.caret));
  ["keyup", "pointerup"].forEach((event) => field.addEventListener(event, caret));
  field.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && /^[zy]$/i.test(event.key)) { // the browser knows only what was typed
      event.preventDefault();
      event.stopPropagation();
      if (event.key.toLowerCase() === "y" || event.shiftKey) card.redo();
      else card.undo();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (key(event, field)) event.preventDefault();
  });

  return {
    element,
    focus: () => field.focus({ preventScroll: true }),
    refresh(s) {
      shown = read(s);
      const { text, letters, tail } = shown;
      const runs = [];
      letters.forEach(({ look, style }, t) => {
        const run = runs.at(-1);
        if (run && run.look === look && run.style === style) run.words += text[t];
        else runs.push({ look, style, words: text[t] });
      });
      patch(below, [...runs.map((run) => h("span", { class: run.look, style: run.style }, run.words)), ...tail,
        "\u200B"]); // a newline at the end is a line
      const changed = field.value !== text;
      if (changed) field.value = text;
      if (changed || shown.caret !== told) field.setSelectionRange(shown.caret, shown.caret); // a held arrow key is ahead
      told = shown.caret;
      if (changed || at !== shown.caret) queueMicrotask(() => show(shown.caret)); // after the other parts: one layout
      at = shown.caret;
    },
  };
}
