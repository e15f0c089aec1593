// The published page's stand-in for a kernel: a model that keeps traits and says when they change.

class PageModel {
  constructor(traits) {
    this.traits = traits;
    this.listeners = new Map();
  }
  get(name) { return this.traits[name]; }
  set(name, value) {
    if (JSON.stringify(this.traits[name]) === JSON.stringify(value)) return;
    this.traits[name] = value;
    (this.listeners.get(`change:${name}`) ?? []).forEach((listener) => listener());
  }
  on(event, listener) { this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]); }
  off(event, listener) {
    this.listeners.set(event, (this.listeners.get(event) ?? []).filter((one) => one !== listener));
  }
  save_changes() {}
}

/** Mount every explorer of the page; two of one name get different ones, so that a link means one of them. */
function mountAll(explorers) {
  const taken = new Set();
  for (const el of document.querySelectorAll(".rk-explorer[data-traits]")) {
    const traits = JSON.parse(el.dataset.traits);
    const slug = el.dataset.explorer;
    const base = traits.name;
    for (let k = 2; taken.has(`${slug}=${traits.name}`); k++) traits.name = `${base}-${k}`;
    taken.add(`${slug}=${traits.name}`);
    mount(explorers[slug], { model: new PageModel(traits), el });
  }
}
