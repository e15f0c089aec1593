// Presets, each a small story of its own; and challenges, whose hidden cases light lamps.

import { h, make, patch } from "./node.js";
import { copy } from "./numbers.js";
import { tell } from "./story.js";

/** A row of buttons: explorer.presets = [{ name, set: traits, play?, say?: nodes }]; each puts explorer.switches back. */
export function presets(card, player) {
  const element = make(h("div", { class: "rk-presets", role: "group", "aria-label": "Presets" }));
  const choose = (preset) => () => {
    card.gesture(false);
    card.set({ committed: true, ...copy(card.explorer.base ?? {}), ...copy(preset.set) });
    card.intoView();
    card.sayAgain();
    tell(card, player, [{ show: { ...card.explorer.switches, preset: preset.name, topic: preset.name } },
      ..."play" in preset ? [{ play: preset.play }] : [], { note: preset.say ?? "" }]);
  };
  return {
    element,
    refresh: () => patch(element, card.explorer.presets.map((preset) => h("button", {
      type: "button", onclick: choose(preset), "data-preset": preset.name,
      "aria-pressed": String(card.ui.preset === preset.name),
    }, preset.name))),
  };
}

/**
 * A goal that is reached by setting numbers: explorer.challenge = { goal, start: traits, begin: nodes, won: nodes, cases,
 * load(k, fault) -> traits that show hidden case k, check(traits, k) -> null or { t, want, got }, failed(k, fault) -> nodes }.
 */
export function challenge(card) {
  const dare = card.explorer.challenge;
  const element = make(h("div", { class: "rk-dare" }));
  const all = Array.from({ length: dare.cases }, (_, k) => k);
  function begin() {
    card.gesture(false);
    card.set({ committed: true, ...copy(dare.start) });
    card.show({ dared: true, topic: null, note: dare.begin, hint: true });
    card.intoView();
  }
  function check() {
    card.end();
    const faults = all.map((k) => dare.check(card.traits(), k));
    const first = faults.findIndex(Boolean);
    card.show({ lamps: faults.map((fault) => !fault), bad: faults[first] ?? null, ghost: null });
    card.ghost = null;
    if (first >= 0) card.set(dare.load(first, faults[first]));
    card.show({ note: first < 0 ? dare.won : dare.failed(first, faults[first]) });
    card.intoView();
  }
  const lamp = (k) => {
    const lit = card.ui.lamps?.[k];
    const state = lit === undefined ? "open" : lit ? "passed" : "failed";
    return h("span", { class: `rk-lamp rk-${state}`, role: "img", "aria-label": `hidden test ${k + 1}: ${state}` },
      { open: "", passed: "✓", failed: "✗" }[state]);
  };
  return {
    element,
    refresh: () => patch(element, [
      h("p", {}, h("b", {}, "Challenge. "), dare.goal),
      h("span", { class: "rk-lamps" }, ...all.map(lamp)),
      h("button", { type: "button", onclick: card.ui.dared ? check : begin, "data-act": "dare" },
        card.ui.dared ? "Check" : "Try it"),
    ]),
  };
}

