// An explorer's limits, in the page: the same limits.json is read by rnnkit/explorers/traits.py.

import { copy, same } from "./numbers.js";

const LINK_LENGTH = 4000;
const NONE = "none"; // how a link writes null
const ESCAPED = /^(?:\w|~[0-9a-f]{2})*$/;
const isList = (value) => Array.isArray(value);
const isOf = (letters, text) => new RegExp(`^(?:${letters})*$`).test(text);

/** A text as a link holds it: letters, digits and _ as they are, ~28 for a bracket; nothing that links give a meaning. */
export const escapeText = (text) => text.replace(/\W/g, (letter) => `~${letter.charCodeAt(0).toString(16).padStart(2, "0")}`);
const unescapeText = (text) => text.replace(/~(..)/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));

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
  for (const [name, { low, high, whole, none, letters, choices }] of Object.entries(limits.traits)) {
    if (choices) {
      if (!choices.includes(traits[name])) return `${name} is none of ${choices.join(", ")}`;
      continue;
    }
    if (letters) {
      if (typeof traits[name] !== "string" || !isOf(letters, traits[name])) return `${name} holds a letter that it may not have`;
      continue;
    }
    if (none && traits[name] === null) continue;
    const most = sizes[high] ?? high;
    const numbers = [traits[name]].flat(2);
    if (whole && !numbers.every(Number.isInteger)) return `${name} is no whole number`;
    if (!numbers.every((v) => v >= low && v <= most)) return `${name} holds a number beyond ${low} to ${most}`;
  }
  return "";
}

const written = (value) => {
  if (isList(value)) return value.map(String).join(isList(value[0]) ? "/" : ",");
  return value === null ? NONE : typeof value === "string" ? escapeText(value) : String(value);
};

/** What differs from the explorer's own traits, readable: #state-stepper=name;weight_hh=2,0/-2,0;step=3 */
export function encodeLink(explorer, name, traits, own) {
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
    const [key, ...rest] = part.split("=");
    const value = rest.join("=");
    if (!Object.hasOwn(explorer.limits.traits, key)) return "it names something that this explorer does not have";
    const { axes = [], letters, none, choices } = explorer.limits.traits[key];
    if (choices) {
      traits[key] = value;
      continue;
    }
    if (letters) {
      if (!ESCAPED.test(value)) return `${key} is not written as links write a text`;
      traits[key] = unescapeText(value);
      continue;
    }
    if (none && value === NONE) {
      traits[key] = null;
      continue;
    }
    const rows = value.split("/").map((row) => row.split(",").map(number));
    if (rows.flat().some(Number.isNaN)) return `${key} holds something that is no number`;
    if (axes.length === 0 && rows.flat().length !== 1) return `${key} is one number`;
    traits[key] = [rows.flat()[0], rows.flat(), rows][axes.length];
  }
  return check(explorer.limits, traits) || traits;
}
