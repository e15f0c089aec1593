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

const near = { rootMargin: "100% 0px" }; // a screen above and below what is seen
const idle = globalThis.requestIdleCallback ?? ((then) => setTimeout(then, 200));

function isSeen(el) {
  const { top, bottom } = el.getBoundingClientRect();
  return top < innerHeight && bottom > 0;
}

/**
 * Mount an explorer wherever the page has it; two of one name get different ones, so that a link means one of them.
 * What is seen comes at once, the others when their place is near, or as soon as somebody may go there: by Tab, by a link.
 * When all else is loaded and the browser has nothing to do, the rest comes too, so that a screen reader's list of
 * headings and a search in the page find it.
 */
export function mountAll(explorer) {
  const [waiting, taken, link] = [new Map(), new Set(), `#${explorer.slug}=`];
  const come = (el) => {
    const traits = waiting.get(el);
    if (!waiting.delete(el)) return;
    watch.unobserve(el);
    el.classList.remove("rk-waiting");
    mount(explorer, { model: new PageModel(traits), el });
  };
  const all = () => [...waiting.keys()].forEach(come);
  const linked = () => { if (location.hash.startsWith(link)) all(); };
  const watch = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) come(target);
  }, near);
  const collect = () => {
    const places = `.rk-explorer[data-explorer="${explorer.slug}"]:not(.rk-waiting, .rk-mounted)`;
    for (const el of document.querySelectorAll(places)) {
      const traits = JSON.parse(el.dataset.traits);
      const base = traits.name;
      for (let k = 2; taken.has(traits.name); k++) traits.name = `${base}-${k}`;
      taken.add(traits.name);
      waiting.set(el, traits);
      el.classList.add("rk-waiting");
      watch.observe(el);
    }
    linked();
    [...waiting.keys()].filter(isSeen).forEach(come);
  };
  const rest = () => idle(() => {
    if (!waiting.size) return;
    come(waiting.keys().next().value);
    rest();
  });

  collect();
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", collect); // what stands below the script
  if (document.readyState === "complete") rest();
  else addEventListener("load", rest);
  // in the first phase of an event, so that the cards that it brings hear it as well
  addEventListener("hashchange", linked, true);
  addEventListener("click", (event) => { if (event.target.closest?.(`a[href^="${link}"]`)) all(); }, true);
  addEventListener("keydown", (event) => { if (event.key === "Tab") all(); }, true);
}
