import { goOn, unpack, withBits } from "../deploy/page.js";

// A network that writes for a second, as fast as this machine can, while the reader watches.

const SOURCE = document.currentScript.textContent;
const figure = document.currentScript.closest(".rk-running");
const { network, rest } = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
const [typed, said, verdict, ruler] = ["textarea", ".rk-said", ".rk-verdict", ".rk-ruler"].map((at) => figure.querySelector(at));
const [guesses, units] = [".rk-guesses", ".rk-units"].map((at) => figure.querySelector(at));
const still = matchMedia("(prefers-reduced-motion: reduce)");
const LINES = 8;
const [FRAME, ALL] = [12, 1000]; // milliseconds of computing in a frame, and in all
const FULL = 5000; // letters of the text that are kept

const net = unpack(network);
const own = net.layers[0].weight_hh.width;
const made = { [own]: net };
const found = {};
let [guess, running] = [null, 0];

const text = (model) => goOn(model, typed.value, rest);

/** The network with so many units: its own, or one with weights that are drawn, in eight bits as well. */
function withUnits(H) {
  const V = net.items.length;
  const E = net.embedding.width;
  const numbers = (n) => Float32Array.from({ length: n }, () => (2 * Math.random() - 1) / Math.sqrt(H));
  const matrix = (rows, width) => ({ width, rows: numbers(rows * width), scales: new Float32Array(rows).fill(1) });
  const layer = { cell: "gru", weight_ih: matrix(3 * H, E), weight_hh: matrix(3 * H, H), bias_ih: numbers(3 * H), bias_hh: numbers(3 * H) };
  made[H] ??= withBits({ items: net.items, embedding: matrix(V, E), layers: [layer], readout: { weight: matrix(V, H), bias: numbers(V) } }, 8);
  return made[H];
}

/** The last lines of what was written; what was typed in bold, as long as it is in sight. */
function tell(written) {
  const begun = document.createElement("b");
  if (written.length < FULL) begun.textContent = typed.value.split("\n").at(-1);
  const lines = written.split("\n");
  if (lines.length > LINES) begun.textContent = "";
  said.replaceChildren(begun, lines.slice(-LINES).join("\n"));
}

/** What it writes at once, before it is timed. */
function write() {
  let out = "";
  for (const item of text(net)) {
    out += item;
    if (out.length === rest.length || out.split("\n").length > LINES) break;
  }
  tell(out);
}

const at = (speed) => `${100 * Math.min(1, Math.max(0, (Math.log10(speed) - rest.low) / (rest.high - rest.low)))}%`;

/** A speed in two digits: a clock tells no more. */
function digits(speed) {
  const unit = 10 ** (Math.floor(Math.log10(speed)) - 1);
  return (unit * Math.round(speed / unit)).toLocaleString("en");
}

function put(name, text_) {
  let mark = ruler.querySelector(`.${name}`);
  if (!mark) {
    mark = document.createElement("div");
    mark.className = name;
    mark.append(document.createElement(name === "rk-guessed" ? "span" : "i"));
    ruler.append(mark);
  }
  mark.firstChild.textContent = text_;
  return mark;
}

/** Writes for a second of computing, with a mark that moves. */
function run(H) {
  const mine = ++running;
  const letters = text(withUnits(H));
  const mark = put(`rk-of-${H}`, H);
  mark.classList.add("rk-mine");
  mark.classList.toggle("rk-high", Object.keys(made).indexOf(String(H)) % 2 === 1); // two that are near keep apart
  ruler.querySelectorAll(".rk-mine").forEach((one) => one.classList.toggle("rk-on", one === mark));
  let [count, spent, written] = [0, 0, ""];
  const frame = () => {
    if (mine !== running) return;
    const began = performance.now();
    while (performance.now() - began < FRAME) {
      for (let k = 0; k < 8; k++) written += letters.next().value;
      count += 8;
    }
    spent += performance.now() - began;
    written = written.slice(-FULL);
    const speed = 1000 * count / spent;
    mark.style.left = at(speed);
    if (!still.matches || spent >= ALL) tell(written);
    if (spent >= ALL) done(H, speed);
    else {
      if (!still.matches) verdict.innerHTML = `<b>${count.toLocaleString("en")}</b> characters so far …`;
      requestAnimationFrame(frame);
    }
  };
  requestAnimationFrame(frame);
}

function done(H, speed) {
  found[H] = speed;
  figure.dataset.speeds = JSON.stringify(found);
  const beside = H === own ? `Your guess: ${Number(guess).toLocaleString("en")}.`
    : `The one of ${own} units is ${(found[own] / speed).toFixed(1)} times as fast. These weights are drawn: what they write means nothing.`;
  verdict.innerHTML = `<b>${digits(speed)}</b> characters a second, on this machine. ${beside}`;
}

/** A page of its own, in one file: the network, and the program that stands between two marks of this script. */
function save() {
  const program = SOURCE.split("// the program\n")[1];
  const begun = typed.value.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const words = { TITLE: "A network in one file", BEGINNING: begun, NETWORK: JSON.stringify(network).replaceAll("<", "\\u003c"), SCRIPT: program };
  const page = rest.template.replace(/TITLE|BEGINNING|NETWORK|SCRIPT/g, (word) => words[word]);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([page], { type: "text/html" }));
  link.download = "network.html";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

guesses.addEventListener("change", ({ target }) => {
  if (guess === null) {
    guess = target.value;
    target.nextElementSibling.classList.add("rk-guess");
    put("rk-guessed", "your guess").style.left = at(Number(guess));
    figure.classList.add("rk-told");
  }
  units.querySelector("input").checked = true;
  run(own);
});
units.addEventListener("change", ({ target }) => run(Number(target.value)));
typed.addEventListener("input", () => {
  running++; // a run that is under way ends
  write();
});
figure.querySelector("button").addEventListener("click", save);
verdict.textContent = "It has written this already, with the machine that you sit at. How fast can it write? Press your guess, and it writes for a second.";
write();
