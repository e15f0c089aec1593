// Number fields: typed, pasted, turned by arrow keys, scrubbed sideways; and matrices of them.

import { h, make, patch } from "./node.js";
import { clamp, copy, parse, short } from "./numbers.js";
import { sizesOf } from "./traits.js";

const SCRUB = 4; // px of a sideways drag for one fine step

const input = (title, more = {}) => make(h("input", {
  type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", "aria-label": title, ...more,
}));

/** A field for a guess: it has no value of its own to fall back on. */
export function numberField(name, refuse) {
  const field = input(name, { class: "rk-guess" });
  field.addEventListener("change", () => {
    if (field.value && Number.isNaN(parse(field.value))) refuse(`${name} needs a number.`);
  });
  const element = make(h("label", {}, h("span", { class: "rk-math" }, name)));
  element.append(field);
  return { element, value: () => parse(field.value) };
}

/**
 * A number that is typed, turned and scrubbed. `read`, `write(value)` and `limit` { low, high, fine, coarse, decimals };
 * `begin` is called once for each visit or drag. What ends as no number takes back the value from before.
 */
export function scrubField({ title, name, limit, read, write, begin, refuse }) {
  const element = input(title, {
    role: "spinbutton", "data-field": name, class: "rk-number", "aria-valuemin": limit.low, "aria-valuemax": limit.high,
    ...limit.decimals === 0 ? { inputmode: "numeric" } : {},
  });
  const usable = (value) => value >= limit.low && value <= limit.high && (limit.decimals > 0 || Number.isInteger(value));
  const put = (value) => write(Number(clamp(value, limit.low, limit.high).toFixed(limit.decimals)));
  const written = () => short(read(), 6);
  let [fresh, kept, drag, stale] = [true, 0, null, false];
  const first = () => {
    if (fresh) begin();
    fresh = false;
  };
  const show = () => {
    if (element.value !== written()) element.value = written();
    if (element.hasAttribute("aria-invalid")) element.removeAttribute("aria-invalid");
    stale = false;
  };
  element.addEventListener("focus", () => {
    [fresh, kept] = [true, read()];
    element.select();
  });
  element.addEventListener("input", () => {
    const value = parse(element.value);
    if (!usable(value)) return element.setAttribute("aria-invalid", "true");
    element.removeAttribute("aria-invalid");
    first();
    return write(value);
  });
  const settle = () => {
    if (!usable(parse(element.value))) {
      if (read() !== kept) write(kept);
      refuse(`${title} needs a number from ${short(limit.low)} to ${short(limit.high)}; it stays ${short(kept)}.`);
    }
    kept = read();
    show();
  };
  element.addEventListener("change", settle);
  element.addEventListener("blur", settle);
  element.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 1, ArrowDown: -1, PageUp: 1, PageDown: -1 }[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    first();
    put(read() + by * (event.shiftKey || event.key.startsWith("Page") ? limit.coarse : limit.fine));
    stale = true; // written with the frame: at once, it would cost a layout of its own
  });
  element.addEventListener("pointerdown", (event) => {
    if (!event.button && document.activeElement !== element) drag = { x: event.clientX, value: read(), moved: false };
  });
  element.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const by = Math.round((event.clientX - drag.x) / SCRUB);
    if (!by && !drag.moved) return;
    if (!drag.moved) {
      element.setPointerCapture(event.pointerId);
      element.blur();
      begin();
    }
    drag.moved = true;
    put(drag.value + by * limit.fine);
  });
  const drop = () => {
    if (drag?.moved) element.blur();
    drag = null;
  };
  element.addEventListener("pointerup", drop);
  element.addEventListener("dragstart", (event) => event.preventDefault()); // or the selected text would be dragged
  element.addEventListener("pointercancel", drop);
  const refresh = () => {
    if (stale || document.activeElement !== element) show();
    if (element.ariaValueNow !== String(read())) element.ariaValueNow = read();
    if (element.ariaValueMax !== String(limit.high)) element.ariaValueMax = limit.high;
  };
  return { element, refresh };
}

/** A field for a trait that is one number, under its letter; its upper limit may be a size. */
export function traitField(card, name, title, symbol) {
  const limit = card.explorer.limits.traits[name];
  const most = () => sizesOf(card.explorer.limits, card.traits())[limit.high] ?? limit.high;
  const field = scrubField({
    title, name, limit: { ...limit, get high() { return most(); } }, read: () => card.get(name),
    write: (value) => card.set({ [name]: value }), begin: () => card.gesture(), refuse: card.note,
  });
  const element = make(h("label", { class: "rk-field" }, symbol));
  element.append(field.element);
  return { ...field, element };
}

/** A matrix or vector trait as a grid of fields, with its own reset. A vector is a column. */
export function matrix(card, name, symbol) {
  const { limits } = card.explorer;
  const limit = limits.traits[name];
  const legend = make(h("legend", {}, symbol));
  const grid = make(h("div", { class: "rk-grid-fields" }));
  const back = make(h("button", { type: "button", class: "rk-small", "aria-label": `Reset ${limit.symbol}` }, "reset"));
  const element = make(h("fieldset", { class: "rk-matrix" }));
  element.append(legend, grid, back);
  back.addEventListener("click", () => {
    card.gesture();
    card.set({ [name]: copy(card.own[name]) });
    card.note(`${limit.symbol} is back to what it was at first.`);
  });
  let [fields, size] = [[], ""];
  const build = (rows, cols) => {
    fields = Array.from({ length: rows * cols }, (_, k) => entryField(card, name, Math.floor(k / cols), k % cols));
    grid.style.setProperty("--rk-cols", cols);
    grid.replaceChildren(...fields.map((field) => field.element));
  };
  return {
    element,
    refresh(s) {
      const sizes = sizesOf(limits, s);
      const [rows, cols = 1] = limit.axes.map((letter) => sizes[letter]);
      if (size !== `${rows} ${cols}`) build(rows, cols);
      size = `${rows} ${cols}`;
      fields.forEach((field) => field.refresh());
      const original = card.own[name];
      back.hidden = original.length !== rows || (original[0].length ?? 1) !== cols;
    },
  };
}

/** A field for one entry of a matrix, or of a vector if it has one axis; named from 1, as in the equations. */
export function entryField(card, name, r, c) {
  const limit = card.explorer.limits.traits[name];
  const flat = limit.axes.length === 1;
  const title = `${limit.symbol}[${flat ? r + 1 : `${r + 1},${c + 1}`}]`;
  return scrubField({
    title, name: title, limit, begin: () => card.gesture(), refuse: card.note,
    read: () => (flat ? card.get(name)[r] : card.get(name)[r]?.[c]) ?? 0,
    write: (value) => {
      const rows = copy(card.get(name));
      if (flat) rows[r] = value;
      else rows[r][c] = value;
      card.set({ [name]: rows });
      card.explorer.written?.(card, title, value);
    },
  });
}

/** A trait that is one of a few words: a button for each. */
export function options(card, name, title) {
  const element = make(h("div", { class: "rk-options", role: "group", "aria-label": title }));
  const choose = (value) => () => {
    card.gesture();
    card.set({ [name]: value });
  };
  return {
    element,
    refresh: (s) => patch(element, card.explorer.limits.traits[name].choices.map((value) =>
      h("button", { type: "button", "aria-pressed": String(value === s[name]), onclick: choose(value) }, value))),
  };
}

/** A native list of low to high. */
export function choice(title, low, high, chosen) {
  const select = make(h("select", { "aria-label": title, autocomplete: "off" }));
  select.addEventListener("change", () => chosen(Number(select.value)));
  const element = make(h("label", { class: "rk-choice" }, title));
  element.append(select);
  return {
    element,
    refresh(value, most = high) {
      patch(select, Array.from({ length: most - low + 1 }, (_, k) => h("option", { value: low + k }, low + k)));
      select.value = value;
    },
  };
}

