// Type Ahead: how the network reads a text, with a cut and a held unit; what it expects next, and what it would write.

import { blankGru, gruOf, gruStep, nextSymbol } from "../compute/gru.js";
import { dataOf } from "../shared/data.js";
import { clamp } from "../shared/numbers.js";
import limits from "./limits.json" with { type: "json" };

export const SLUG = "type-ahead";
export const MOST = limits.sizes.T[1]; // characters of the text
const [H, NEWLINE, OTHER, V] = [limits.traits.unit.high, 95, 96, 97];
const MEMORY = 6; // readings that are kept

export const encode = (letter) => (letter === "\n" ? NEWLINE : letter.charCodeAt(0) - 32);
export const decode = (symbol) => (symbol === NEWLINE ? "\n" : String.fromCharCode(symbol + 32));

/** Under which name the page has a model's network. */
export const keyOf = (model) => (model === "tunes" ? `${SLUG}-tunes` : SLUG);

const made = {}; // by model: { data, net }

/** A network of some letters and one symbol for all others, as one of V symbols: it neither knows those apart nor says them. */
function spread(net, alphabet) {
  const all = { ...net, ...blankGru(V, H), weightHh: net.weightHh, biasHh: net.biasHh };
  for (let k = 0; k < V; k++) {
    const at = alphabet.includes(decode(k)) ? alphabet.indexOf(decode(k)) : alphabet.length;
    all.columns.set(net.columns.subarray(at * 3 * H, (at + 1) * 3 * H), k * 3 * H);
    all.readout.set(net.readout.subarray(at * H, (at + 1) * H), k * H);
    all.bias[k] = net.bias[at];
  }
  return all;
}

/** The network of a model, "code" or "tunes"; until it has come, one that says nothing. */
export function network(model = "code") {
  const data = dataOf(keyOf(model));
  if (made[model]?.data !== data) {
    const net = data ? gruOf(data) : blankGru(V, H);
    made[model] = { data, net: data?.alphabet ? spread(net, data.alphabet) : net };
  }
  return made[model].net;
}

/** What is known of it: { units, presets, figures }. */
export const about = (model = "code") => dataOf(keyOf(model)) ?? { units: [], presets: {}, figures: null };

const start = (size) => ({ h: new Float64Array(size), r: null, z: null, n: null });

/** The changes { cut, hold: null or { unit, value, since } } of a reading; `unit` counts from 0. A state knows its network. */
function changed(net, state, { cut, hold }, t) {
  const one = t <= cut ? start(H) : state;
  one.net = net;
  if (hold && t >= hold.since) one.h[hold.unit] = hold.value;
  return one;
}

/** How many states two readings share. */
function shared(old, text, { cut, hold }) {
  let t = 0;
  while (t < text.length && text[t] === old.text[t]) t++;
  if (cut !== old.cut) t = Math.min(t, cut, old.cut);
  if (JSON.stringify(hold) !== JSON.stringify(old.hold)) {
    t = Math.min(t, (hold ? hold.since : Infinity) - 1, (old.hold ? old.hold.since : Infinity) - 1);
  }
  return Math.min(t + 1, old.states.length);
}

let memory = [];

/**
 * The states of a text, states[t] = { h, r, z, n } after t characters: zeros up to the cut, and one unit held. What an
 * earlier reading has computed is taken from there.
 */
export function read(text, changes = { cut: 0, hold: null }, gru = network()) {
  let [best, most] = [null, 0];
  for (const old of memory.filter((one) => one.gru === gru)) {
    const count = shared(old, text, changes);
    if (count > most) [best, most] = [old, count];
  }
  const states = best ? best.states.slice(0, most) : [changed(gru, start(H), changes, 0)];
  for (let t = states.length; t <= text.length; t++) {
    states.push(changed(gru, t <= changes.cut ? null : gruStep(gru, states[t - 1].h, encode(text[t - 1])), changes, t));
  }
  states.length = text.length + 1;
  if (!best || best.states.length !== states.length || most !== states.length) {
    memory = [{ gru, text, ...changes, states }, ...memory].slice(0, MEMORY);
  }
  return states;
}

/** How likely each symbol is after a state. */
export const expects = (state, temperature = 1) => nextSymbol(state.net, state.h, temperature);

/** The likeliest symbol that one can type. */
export const likeliest = (p) => p.reduce((best, value, k) => (value > p[best] && k !== OTHER ? k : best), 0);

/** The symbols that one can type, the likeliest first. */
export const ranked = (p) => [...p.keys()].filter((k) => k !== OTHER).toSorted((a, b) => p[b] - p[a]);

/** A symbol drawn by its probability; `share` is from 0 to 1. */
export function drawn(p, share) {
  let left = share * (1 - p[OTHER]);
  return [...p.keys()].find((k) => k !== OTHER && (left -= p[k]) < 0) ?? likeliest(p);
}

const continued = new WeakMap(); // by state: what it writes, and under which hold

/** What it writes by always taking the likeliest character: to the end of the line, or so many of them. */
export function continuation(state, hold, most) {
  const how = `${hold?.unit} ${hold?.value} ${most}`;
  const known = continued.get(state);
  if (known?.how === how) return known.text;
  let [h, text] = [state.h, ""];
  const { net } = state;
  while (text.length < most && !text.endsWith("\n")) {
    const symbol = likeliest(nextSymbol(net, h));
    text += decode(symbol);
    h = gruStep(net, h, symbol).h;
    if (hold) h[hold.unit] = hold.value;
  }
  continued.set(state, { how, text });
  return text;
}

/**
 * Everything that the card shows, from the traits. `states` are as the reader changed them, `alone` those of the network
 * left alone. The state from step `hiddenFrom` on is withheld; what the text holds is shown up to `shown`.
 */
export function derive(traits) {
  const { model = "code", text, held, temperature, ui = {} } = traits;
  const T = text.length;
  const waiting = !dataOf(keyOf(model));
  const hiddenFrom = waiting ? 0 : traits.committed ? Infinity : Math.max(T, 1);
  const step = clamp(traits.step, 0, Math.min(T, waiting ? T : hiddenFrom - 1));
  const unit = clamp(traits.unit, 1, H);
  const [cut, since] = [clamp(traits.cut, 0, T), clamp(traits.since, 0, T)];
  const hold = held === null ? null : { unit: unit - 1, value: held, since };
  const alone = read(text, undefined, network(model));
  const states = cut || hold ? read(text, { cut, hold }, network(model)) : alone;
  const altered = Boolean(cut || hold || temperature !== 1);
  const asking = !traits.committed && !waiting;
  const shown = ui.moving ? step : Math.min(T, asking ? hiddenFrom - 1 : T);
  const p = expects(states[step], temperature);
  return { ...traits, model, ui, T, H, waiting, asking, hiddenFrom, step, shown, unit, cut, since, hold, states, alone, altered, p,
    pAlone: altered ? expects(alone[step]) : p, look: clamp(ui.hover?.unit ?? unit, 1, H) - 1 };
}

export const isShown = (s, t) => t < s.hiddenFrom;

// The challenge: hold one unit so that a closing bracket is the likeliest character where no bracket is open.
export const HIDDEN = ["x = value", "    return result", "for line in lines", "del items", "w = left + right", "state = True"];

/** What the network expects at the end of hidden text k instead of a closing bracket, or null. */
export function fault({ unit, held }, k) {
  const text = HIDDEN[k];
  const hold = held === null ? null : { unit: unit - 1, value: held, since: text.length };
  const p = expects(read(text, { cut: 0, hold }).at(-1));
  const got = decode(likeliest(p));
  return got === ")" ? null : { t: text.length, want: ")", got, unit };
}
