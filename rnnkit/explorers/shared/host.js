// The published page's stand-in for a kernel: a model that keeps traits and says when they change.

import { mount } from "./mount.js";
import { same } from "./numbers.js";

class PageModel {
  constructor(traits) {
    this.traits = traits;
    this.listeners = new Map();
  }
  get(name) { return this.traits[name]; }
  set(name, value) {
    if (same(this.traits[name], value)) return;
    this.traits[name] = value;
    [...this.listeners.get(`change:${name}`) ?? []].forEach((listener) => listener());
  }
  on(event, listener) { this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]); }
  off(event, listener) {
    this.listeners.set(event, (this.listeners.get(event) ?? []).filter((one) => one !== listener));
  }
  save_changes() {}
}

/** Mount an explorer wherever the page has it; two of one name get different ones, so that a link means one of them. */
export function mountAll(explorer) {
  const taken = new Set();
  for (const el of document.querySelectorAll(`.rk-explorer[data-explorer="${explorer.slug}"]`)) {
    const traits = JSON.parse(el.dataset.traits);
    const base = traits.name;
    for (let k = 2; taken.has(traits.name); k++) traits.name = `${base}-${k}`;
    taken.add(traits.name);
    mount(explorer, { model: new PageModel(traits), el });
  }
}
