// Questions as data. Until one is answered, the picture withholds what answers it; then the answer plays.
//
//   { kind: "choice", options: [text], right(s) -> text }
//   { kind: "sign", names(s) -> [name], truth(s) -> [number] }
//   { kind: "number", names(s), truth(s), near, explain(s, guess, wrong) -> [sentence] }
//   { kind: "paint", go: text, truth(s) -> [boolean] }   painted into the picture (paint.js): ui.painted[k] for part k of
//                                                        the truth; the explorer puts the button, in `form`, behind it
// and each: ask(s), the question; reply(s, said, credit) -> nodes; story(s, said) -> acts that follow the answer.

import { numberField } from "./fields.js";
import { h, make, patch } from "./node.js";
import { fixed } from "./numbers.js";
import { tell } from "./story.js";

/** What each part of an answer is worth, from 0 to 1: a number far off but of the right sign earns half. */
export function credit(question, s, said) {
  if (question.kind === "choice") return [said === question.right(s) ? 1 : 0];
  if (question.kind === "paint") return question.truth(s).map((truth, k) => Number(Boolean(truth) === Boolean(said[k])));
  return question.truth(s).map((truth, k) => {
    const right = Math.sign(said[k]) === Math.sign(truth);
    if (question.kind === "sign") return right ? 1 : 0;
    return Math.abs(said[k] - truth) <= question.near ? 1 : right ? 0.5 : 0;
  });
}

/** "1 of 2 right", with halves where a sign alone is right. */
export function score(parts) {
  const sum = parts.reduce((a, b) => a + b, 0);
  return `${Number.isInteger(sum) ? sum : `${Math.floor(sum) || ""}½`} of ${parts.length} right`;
}

/** The first sentence about predicted numbers: what was said, what came, and the credit by part. */
export function compare(question, s, said, parts) {
  const worth = (part) => ["not its sign either", "its sign is right", "right"][2 * part];
  return question.names(s).map((name, k) => `${name}: you said ${fixed(said[k], 2)}, it is ${
    fixed(question.truth(s)[k], 2)}: ${worth(parts[k])}.`).join(" ");
}

/** The card's title, which is the question, and below it the answers or the sentence of what is seen. */
export function questions(card, player) {
  const list = card.explorer.questions;
  const title = make(h("div", { class: "rk-title", role: "heading", "aria-level": 2 }));
  const form = make(h("form", { class: "rk-form", novalidate: true }));
  const say = make(h("p", { class: "rk-say" }));
  const element = make(h("div", { class: "rk-top" }));
  element.append(title, form, say);
  let [said, fields, built] = [[], [], ""];

  const asked = () => (card.get("committed") ? list[card.ui.asking] ?? null : list[0]);
  const close = () => {
    card.show({ asking: null, shown: null });
    card.set({ committed: true });
  };
  function answer(given) {
    const [question, s] = [asked(), card.state()];
    const note = question.reply(s, given, credit(question, s, given));
    const detail = { explorer: card.explorer.slug, name: card.get("name"), question: list.indexOf(question) };
    card.root.dispatchEvent(new CustomEvent("rnnkit:answered", { bubbles: true, detail })); // progress.js of the book
    const acts = question.story?.(s, given) ?? [];
    close();
    card.stop();
    card.note(note);
    card.root.focus({ preventScroll: true }); // the button is gone
    card.intoView();
    tell(card, player, acts.length ? acts : [{ note }]);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = fields.map((field) => field.value());
    if (given.every(Number.isFinite)) answer(given);
    else card.note(`A prediction is a number for ${asked().names(card.state()).join(" and ")}.`);
  });
  const button = (text, onclick, more = {}) => h("button", { type: "button", onclick, ...more }, text);
  const skip = () => button("Skip", () => { close(); card.note(""); }, { class: "rk-small", "data-act": "skip" });

  function sign(name, k) {
    const choose = (value) => () => {
      said[k] = value;
      card.soon();
      if (asked().names(card.state()).every((_, j) => said[j])) answer(said);
    };
    const one = (text, value) =>
      button(text, choose(value), { "aria-pressed": String(said[k] === value), "data-sign": value });
    return h("span", { class: "rk-sign", role: "group", "aria-label": name },
      h("span", { class: "rk-math" }, name), one("yes", 1), one("no", -1));
  }
  function build(question, s) {
    if (question.kind === "choice") {
      return question.options.map((option) => button(option, () => answer(option), { "data-answer": option }));
    }
    if (question.kind === "paint") {
      const painted = card.ui.painted ?? [];
      const [words, look] = painted.some(Boolean) ? [question.go, "rk-primary"] : [`${question.go}, without a guess`, ""];
      return [button(words, () => answer(painted), { class: look, "data-answer": question.go })];
    }
    if (question.kind === "sign") return [...question.names(s).map(sign), skip()];
    return [h("span", { class: "rk-guesses" }), h("button", { type: "submit", class: "rk-primary" }, "Commit"), skip()];
  }

  return {
    element, form, answer,
    refresh(s) {
      const question = asked();
      const kind = question ? `${list.indexOf(question)} ${question.names?.(s).join()}` : "";
      if (kind !== built) {
        [said, fields, built] = [[], [], kind];
        form.replaceChildren();
      }
      patch(title, [question ? question.ask(s) : card.explorer.heading?.(s) ?? list[0].ask(s)]);
      form.hidden = !question;
      if (question?.kind !== "number" || !fields.length) patch(form, question ? build(question, s) : []);
      if (question?.kind === "number" && !fields.length) {
        fields = question.names(s).map((name) => numberField(name, (text) => card.note(text)));
        form.firstChild.replaceChildren(...fields.map((field) => field.element));
      }
      say.hidden = Boolean(question) && question.kind !== "paint" && !card.ui.note; // the picture asks
      patch(say, [card.ui.note || card.explorer.words(s)].flat());
      card.say(say.hidden ? title.textContent : say.textContent);
    },
  };
}
