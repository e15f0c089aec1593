// What Cell Race shows, from the traits and from the races that have been run.

import { clamp } from "../shared/numbers.js";
import { CELLS } from "./nets.js";
import { beginners, flipped, kept, raceOf } from "./race.js";

const WORK = 6000; // steps of a sequence, over all updates, that a picture for paper may cost
const REMEMBERED = 60;

const setting = ({ task, bias, clip, rate, z }) => [task, bias, clip, rate, z].join(" ");
export const keyOf = (s) => [setting(s), s.word.length, s.seed].join(" ");

/** Keep what `make` gives for the last few keys. */
function remembered(make, most = 4) {
  const known = new Map();
  return (key, ...given) => {
    if (!known.has(key)) known.set(key, make(...given));
    if (known.size > most) known.delete(known.keys().next().value);
    return known.get(key);
  };
}

const startOf = remembered(beginners);
const startFlips = remembered((s, start) => start.map((one) => flipped(one, s).flow));
const partial = remembered((s) => {
  const race = raceOf(s);
  while (!race.done && race.n * s.word.length < WORK) race.step();
  return kept(race);
});

const finished = new Map(); // races of this page, by their keys
const board = new Map(); // by setting and length: when each came home, for each seed

/** Keep a race that has run to its end, for its picture and for the board. */
export function record(s, race) {
  const place = `${setting(s)} ${s.word.length}`;
  finished.set(keyOf(s), kept(race));
  if (finished.size > REMEMBERED) finished.delete(finished.keys().next().value);
  if (!board.has(place)) board.set(place, new Map());
  board.get(place).set(s.seed, race.nets.map(({ solved }) => ({ solved })));
}

/** Who is home, in the order of arrival: [index of the cell, update]. */
export const arrivals = ({ nets }) => nets.map(({ solved }, i) => [i, solved]).filter(([, solved]) => solved).toSorted((a, b) => a[1] - b[1]);

/** The board of a setting: { T, seeds, home: [of each cell, on how many seeds it came home], first: [on which it was the first] }. */
function boardOf(s) {
  const [own, rows] = [setting(s), []];
  board.forEach((seeds, place) => {
    const cut = place.lastIndexOf(" ");
    if (place.slice(0, cut) !== own) return;
    const all = [...seeds].map(([seed, nets]) => ({ seed, nets, first: arrivals({ nets })[0]?.[0] }));
    rows.push({ T: Number(place.slice(cut + 1)), seeds: all.length, home: CELLS.map((_, i) => all.filter(({ nets }) => nets[i].solved).length),
      first: CELLS.map((_, i) => all.filter((one) => one.first === i).map(({ seed }) => seed)) });
  });
  return rows;
}

/** The curves of the last races of the same setting and length, on other seeds. */
const othersOf = (s) => [...finished].filter(([key]) => key !== s.key && key.slice(0, key.lastIndexOf(" ")) === s.key.slice(0, s.key.lastIndexOf(" ")))
  .slice(-8).map(([, { rows }]) => rows);

/** With the race that a picture for paper shows: one that has been run, or its beginning, as long as there is time for. */
export function settled(s) {
  if (s.asking) return s;
  const race = finished.get(s.key) ?? partial(s.key, s);
  const home = race.nets.map(({ solved }) => Number(solved > 0));
  return withRace({ ...s, board: race.done ? [{ T: s.T, seeds: 1, home, first: CELLS.map((_, i) => (arrivals(race)[0]?.[0] === i ? [s.seed] : [])) }] : [] }, race);
}

/** Who comes home first; in a page, where nothing may take long, only if that race has been run. */
export function winner(s) {
  const race = finished.get(keyOf(s)) ?? (globalThis.document ? null : partial(keyOf(s), s));
  return race && arrivals(race).length ? CELLS[arrivals(race)[0][0]] : null;
}

function withRace(s, race) {
  const nets = race?.nets ?? s.start;
  const flips = s.view === "flip" ? nets.map((one) => flipped(one, s)) : null;
  return { ...s, race, nets, flips, racing: Boolean(race) && !race.done && !race.stopped,
    flows: nets.map((one, i) => (flips ? flips[i].flow : one.flow)) };
}

/** Everything that is seen, from the traits. Until the question is answered the rivers are withheld. */
export function derive(traits) {
  const { word, ui = {} } = traits;
  const T = word.length;
  const key = keyOf(traits);
  const begins = [traits.task, traits.bias, traits.z, T, traits.seed].join(" ");
  const start = startOf(begins, traits);
  const s = { ...traits, ui, T, key, start, step: clamp(traits.step, 0, T), asking: !traits.committed };
  const before = { gradient: start.map(({ flow }) => flow), flip: startFlips(`${begins} ${word} ${traits.flip}`, s, start) };
  const race = ui.race?.key === key ? ui.race : ui.live ? finished.get(key) : null;
  const { ghost } = traits;
  return withRace({ ...s, before, board: ui.live ? boardOf(s) : [], others: ui.live ? othersOf(s) : [],
    ghostBoard: ghost && setting(ghost) !== setting(s) ? boardOf(ghost) : [] }, race ?? null);
}
