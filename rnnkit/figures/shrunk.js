import { goOn, softmax, start, step, unpack, withBits } from "../deploy/page.js";

// A network that goes on with what is typed. The page has its floats; it rounds them and runs them.

const figure = document.currentScript.closest(".rk-shrunk");
const { network, rest } = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
const { passage, temperature, length, noise, found } = rest;
const [typed, said, verdict] = ["textarea", ".rk-said", ".rk-verdict"].map((at) => figure.querySelector(at));
const [bitsRow, waysRow] = figure.querySelectorAll(".rk-which");
const LINES = 8; // that it writes at most
const NEAR = 0.01; // of the bits a character of floats: less does not count

const net = unpack(network);
const number = new Map(net.items.map((item, k) => [item, k]));
const encode = (text) => Array.from(text, (letter) => number.get(letter) ?? 1);
const made = {};
let [guess, bits, byRow, waiting] = [null, "32", true, null];

/** The network in so many bits, rounded when it is first asked for. */
function rounded(k, row) {
  if (k === "32") return net;
  made[`${k} ${row}`] ??= withBits(net, Number(k), row);
  return made[`${k} ${row}`];
}

/** What it writes after a text, drawn by the same noise for all numbers of bits. */
function written(model, text) {
  let out = "";
  for (const item of goOn(model, text, { temperature, noise })) {
    out += item;
    if (out.length === length || out.split("\n").length > LINES) return out;
  }
}

function write() {
  const text = typed.value;
  const now = written(rounded(bits, byRow), text);
  const then = bits === "32" ? now : written(net, text);
  let same = 0;
  while (same < now.length && now[same] === then[same]) same++;
  const last = document.createElement("b");
  last.textContent = text.split("\n").at(-1);
  const other = document.createElement("span");
  other.className = "rk-other";
  for (const piece of now.slice(same).split(/(\s+)/)) {
    if (!piece.trim()) other.append(piece);
    else other.append(Object.assign(document.createElement("u"), { textContent: piece }));
  }
  said.replaceChildren(last, now.slice(0, same), other);
  return same === now.length ? null : same;
}

const tell = (name, text) => { figure.querySelector(`[data-fact=${name}]`).textContent = text; };
const minus = (text) => text.replace("-", "\u2212");

/** Reads the passage: bits a character, and how far the last logits are from rnnkit's. */
function measure() {
  const [model, symbols] = [rounded(bits, byRow), encode(passage)];
  const ours = found[bits][byRow || bits === "32" ? "row" : "matrix"];
  let [y, state, cost] = [null, start(model), 0];
  for (let t = 0; t + 1 < symbols.length; t++) {
    [y, state] = step(model, symbols[t], state);
    cost -= Math.log2(softmax(y)[symbols[t + 1]]);
  }
  const off = ours[2].reduce((most, one, k) => Math.max(most, Math.abs(one - y[k])), 0);
  const [digits, power] = off.toExponential(0).split("e");
  tell("size", Math.round(ours[0] / 1000));
  tell("bits", (cost / (symbols.length - 1)).toFixed(3));
  tell("off", off === 0 ? "0" : `${digits} × 10${[...minus(power)].map((one) => "⁰¹²³⁴⁵⁶⁷⁸⁹"["0123456789".indexOf(one)] ?? "⁻").join("")}`);
  Object.assign(figure.dataset, { bits, byRow, cost: cost / (symbols.length - 1), off });
}

/** What a character of the passage costs in so many bits, by rnnkit's figures. */
const costs = (k) => ((!byRow && found[k].matrix) || found[k].row)[1];

/** What became of the guess. */
function judged() {
  const enough = Object.keys(found).filter((k) => costs(k) <= costs("32") * (1 + NEAR)).map(Number);
  const least = Math.min(...enough);
  return `Your guess: ${guess}. Down to ${least} bits${byRow ? "" : ", one scale a matrix,"} a character costs at most ${100 * NEAR}\u00a0% more.`;
}

/** The first letter that was typed and that the network does not know. */
const unknown = () => Array.from(typed.value).find((letter) => !number.has(letter));

function show(measures = true) {
  const [at, strange] = [write(), unknown()];
  figure.classList.toggle("rk-told", guess !== null);
  for (const small of bitsRow.querySelectorAll("small")) {
    const more = costs(small.closest("label").previousElementSibling.value) - costs("32");
    small.textContent = `+${more.toFixed(2)}`.replace("+-", "\u2212");
  }
  const lacks = strange && `It does not know “${strange}”, and reads it as any other letter.`;
  if (guess === null) {
    verdict.textContent = lacks ?? "This is what it writes with 32 bits a weight. Which is the fewest with which it still writes as well? Press your guess.";
    return;
  }
  const where = at === null ? "The same text as with 32 bits." : `The same text as with 32 for ${at} character${at === 1 ? "" : "s"}, then another (blue, dotted).`;
  verdict.textContent = `${judged()} ${lacks ?? (bits === "32" ? "" : where)}`;
  if (!measures) return;
  clearTimeout(waiting);
  waiting = setTimeout(measure, 50); // the text comes first
}

bitsRow.addEventListener("change", ({ target }) => {
  bits = target.value;
  if (guess === null && bits !== "32") {
    guess = bits;
    target.nextElementSibling.classList.add("rk-guess");
  }
  show();
});
waysRow.addEventListener("change", ({ target }) => {
  byRow = target.value === "row";
  show();
});
typed.addEventListener("input", () => show(false));
show();
(window.requestIdleCallback ?? setTimeout)(() => { // the floats, once the page has come
  if (guess === null) measure();
});
