// What an explorer computes with and is too large for its script, such as a trained network. In a notebook it comes with
// the widget. A published page has it in a script of its own (a script can be loaded from a file, too), which is asked
// for once the page is laid out and the card comes near, or as soon as the card is used.

const NEAR = "600px";
const [here, sources, asked, waiting] = [new Map(), new Map(), new Set(), new Map()];

/** An explorer's data, or null until it has come. */
export const dataOf = (slug) => here.get(slug) ?? null;

/** Where a page has it: a script beside that of the explorer, or, if that stands in the page, beside the page. */
export function comesFrom(slug, name, base) { sources.set(slug, { name, base }); }

/** Here it is. */
export function bring(slug, data) {
  here.set(slug, data);
  (waiting.get(slug) ?? []).forEach((tell) => tell(true));
  waiting.delete(slug);
}

function ask(slug) {
  if (asked.has(slug) || here.has(slug)) return;
  asked.add(slug);
  const script = document.createElement("script");
  const { name, base } = sources.get(slug);
  script.src = new URL(name, base);
  script.bring = (data) => bring(slug, data); // what the script calls
  script.addEventListener("error", () => {
    asked.delete(slug); // the next use asks again
    (waiting.get(slug) ?? []).forEach((tell) => tell(false));
  });
  document.head.append(script);
}

/**
 * Ask for the data when `card` is used and, if `soon`, as it comes near; tell(true) once it is here, tell(false) if it
 * cannot be had.
 */
export function whenNeeded(slug, card, tell, soon = true) {
  if (here.has(slug)) return () => {};
  const now = () => ask(slug);
  const uses = ["pointerdown", "focusin"];
  const later = () => requestAnimationFrame(() => setTimeout(now)); // the page's text comes first
  const near = (seen) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", later, { once: true });
    else later();
  };
  const watch = new IntersectionObserver(near, { rootMargin: NEAR });
  const leave = () => {
    watch.disconnect();
    uses.forEach((use) => card.removeEventListener(use, now));
    waiting.set(slug, (waiting.get(slug) ?? []).filter((one) => one !== told));
  };
  const told = (came) => {
    if (came) leave();
    tell(came);
  };
  waiting.set(slug, [...waiting.get(slug) ?? [], told]);
  if (soon) watch.observe(card);
  uses.forEach((use) => card.addEventListener(use, now));
  return leave;
}
