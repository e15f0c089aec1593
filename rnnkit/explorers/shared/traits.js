// An explorer's limits, in the page: the same limits.json is read by rnnkit/explorers/traits.py.

import { copy, same } from "./numbers.js";

const LINK_LENGTH = 4000;
const isList = (value) => Array.isArray(value);

/** The letters of the shapes and what they stand for here: { H: 2, I: 1, T: 5 }; a matrix gives them. */
export function sizesOf(limits, traits) {
  const sizes = {};
  for (const [name, { axes = [] }] of Object.entries(limits.traits)) {
    axes.forEach((letter, k) => { sizes[letter] ??= k === 0 ? traits[name].length : traits[name][0]?.length ?? 0; });
  }
  return sizes;
}

const shaped = (value, [rows, cols]) => value.length === rows
  && (cols === undefined || value.every((row) => isList(row) && row.length === cols));

/** Why these matrices do not fit each other, or nothing. */
export function misfit(limits, traits) {
  const sizes = sizesOf(limits, traits);
  for (const [letter, [low, high]] of Object.entries(limits.sizes)) {
    if (!(sizes[letter] >= low && sizes[letter] <= high)) return `${letter} is not ${low} to ${high}`;
  }
  for (const [name, { axes }] of Object.entries(limits.traits)) {
    if (axes && !shaped(traits[name], axes.map((letter) => sizes[letter]))) {
      return `${name} is not ${axes.map((letter) => sizes[letter]).join(" × ")} numbers`;
    }
  }
  return "";
}

/** Why these traits cannot be used, or nothing. */
export function check(limits, traits) {
  const why = misfit(limits, traits);
  if (why) return why;
  const sizes = sizesOf(limits, traits);
  for (const [name, { low, high, whole }] of Object.entries(limits.traits)) {
    const most = sizes[high] ?? high;
    const numbers = [traits[name]].flat(2);
    if (whole && !numbers.every(Number.isInteger)) return `${name} is no whole number`;
    if (!numbers.every((v) => v >= low && v <= most)) return `${name} holds a number beyond ${low} to ${most}`;
  }
  return "";
}

/** What differs from the explorer's own traits, readable: #state-stepper=name;weight_hh=2,0/-2,0;step=3 */
export function encodeLink(explorer, name, traits, own) {
  const written = (value) => (isList(value) ? value.map(String).join(isList(value[0]) ? "/" : ",") : String(value));
  const changed = Object.keys(explorer.limits.traits).filter((key) => !same(traits[key], own[key]));
  return `#${[`${explorer.slug}=${encodeURIComponent(name)}`,
    ...changed.map((key) => `${key}=${written(traits[key])}`)].join(";")}`;
}

/** The traits of a link, or a sentence that says why it is unusable. Nothing of the link's text is ever shown. */
export function decodeLink(explorer, hash, own) {
  const traits = copy(own);
  const number = (word) => (/^-?\d{1,3}(\.\d{1,20})?(e-\d{1,3})?$/.test(word) ? Number(word) : NaN);
  if (hash.length > LINK_LENGTH) return "it is too long";
  let parts = [];
  try {
    parts = decodeURIComponent(hash.slice(hash.split(";", 1)[0].length)).split(";").slice(1);
  } catch {
    return "a percent sign in it starts no character";
  }
  for (const part of parts) {
    const [key, value = ""] = part.split("=", 2);
    if (!Object.hasOwn(explorer.limits.traits, key)) return "it names something that this explorer does not have";
    const rows = value.split("/").map((row) => row.split(",").map(number));
    if (rows.flat().some(Number.isNaN)) return `${key} holds something that is no number`;
    const { axes = [] } = explorer.limits.traits[key];
    if (axes.length === 0 && rows.flat().length !== 1) return `${key} is one number`;
    traits[key] = [rows.flat()[0], rows.flat(), rows][axes.length];
  }
  return check(explorer.limits, traits) || traits;
}
