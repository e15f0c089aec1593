// Reading progress, on the reader's own machine and only if they want it: pages read to their end, questions answered.
//
// Until it is switched on, nothing is stored. What is stored is { version, on, read: [page], answered: [question] } under
// one key of localStorage; whatever else is found there counts as nothing. The landing page has the switch and the map.
"use strict";

(() => {
  const KEY = "rnnkit-progress";
  const MOST = 5000; // entries of a list
  const MOST_BYTES = 1_000_000; // of a file
  const NAME = /^[\w./=#%~!*'()-]{1,300}$/;
  const page = document.currentScript.dataset.page;
  const root = new URL(document.documentElement.dataset.content_root ?? ".", location.href);
  const nothing = () => ({ on: false, read: [], answered: [] });

  // What is kept

  /** The state that a text holds, or null if it holds none. */
  function parse(text) {
    let found = null;
    try {
      found = JSON.parse(text);
    } catch {
      return null;
    }
    const isList = (list) => Array.isArray(list) && list.length <= MOST && list.every((one) => typeof one === "string" && NAME.test(one));
    if (found?.version !== 1 || typeof found.on !== "boolean" || !isList(found.read) || !isList(found.answered)) return null;
    return { on: found.on, read: [...new Set(found.read)], answered: [...new Set(found.answered)] };
  }
  const written = (state) => JSON.stringify({ version: 1, ...state }, null, 1);

  /** `fault` says why nothing can be kept, or what was found instead. */
  function load() {
    try {
      const text = localStorage.getItem(KEY);
      if (text === null) return nothing();
      return parse(text) ?? { ...nothing(), fault: "What was noted here cannot be read. Switch on to begin anew." };
    } catch {
      return { ...nothing(), fault: "This browser keeps nothing for this page, so nothing can be noted." };
    }
  }
  function save({ on, read, answered }) {
    try {
      localStorage.setItem(KEY, written({ on, read, answered }));
      return "";
    } catch {
      return "This browser keeps nothing for this page, so nothing can be noted.";
    }
  }
  function note(list, name) {
    const state = load();
    if (!state.on || state[list].includes(name) || state[list].length >= MOST) return;
    state[list].push(name);
    save(state);
    show();
  }

  // What is shown

  /** The page that an address of this book leads to, by its name in the table of contents. */
  function pageAt(href) {
    const url = new URL(href, location.href);
    const inside = url.origin === root.origin && url.pathname.startsWith(root.pathname);
    return inside ? url.pathname.slice(root.pathname.length).replace(/\.html$/, "") : null;
  }
  const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  function tick(link, isRead) {
    link.querySelector(".rk-tick-read")?.remove();
    if (!isRead) return;
    const mark = document.createElement("span");
    mark.className = "rk-tick-read";
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", "read");
    mark.textContent = "✓";
    link.append(mark);
  }

  function showStop(stop, { read, answered }) {
    const name = stop.dataset.page;
    const questions = Number(stop.dataset.questions);
    const given = Math.min(questions, answered.filter((one) => one.startsWith(`${name}#`)).length);
    const parts = [read.includes(name) ? "✓ read" : "", given ? `${given} of ${plural(questions, "question")} answered` : ""];
    const done = stop.querySelector(".rk-stop-done");
    done.textContent = parts.filter(Boolean).join(" · ");
    done.hidden = done.textContent === "";
  }

  function words(state) {
    if (state.fault) return state.fault;
    const kept = state.read.length + state.answered.length > 0;
    if (!state.on) return kept ? "Off. What was noted before is still here, until you erase it." : "Off. Nothing is stored.";
    const files = location.protocol === "file:" ? " This book is open from files: Firefox and Safari give each file a memory of "
      + "its own, and there it cannot work." : "";
    return `On, in this browser alone: ${plural(state.read.length, "page")} read, ${
      plural(state.answered.length, "question")} answered. Nothing leaves your machine.${files}`;
  }

  function show(said = "") {
    const state = load();
    for (const link of document.querySelectorAll(".bd-links a.internal")) tick(link, state.read.includes(pageAt(link.href)));
    for (const stop of document.querySelectorAll(".rk-stop")) showStop(stop, state);
    const panel = document.querySelector(".rk-progress");
    if (!panel) return;
    panel.hidden = false;
    const kept = state.read.length + state.answered.length > 0;
    const part = (name) => panel.querySelector(`[data-progress="${name}"]`);
    part("switch").setAttribute("aria-checked", String(state.on));
    part("words").textContent = said || words(state);
    part("export").hidden = !kept;
    part("erase").hidden = !kept && !state.on && !state.fault;
  }

  // What happens

  function watchTheEnd() {
    const article = document.querySelector("article.bd-article");
    if (!article || document.querySelector(".rk-progress")) return; // the landing page is not on its own map
    const end = article.appendChild(document.createElement("div"));
    new IntersectionObserver((seen) => {
      if (seen.some((one) => one.isIntersecting)) note("read", page);
    }).observe(end);
  }

  function wire(panel) {
    const part = (name) => panel.querySelector(`[data-progress="${name}"]`);
    const file = panel.querySelector("input");
    part("switch").addEventListener("click", () => {
      const state = load();
      show(save({ ...state, on: !state.on }));
    });
    part("export").addEventListener("click", () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([written(load())], { type: "application/json" }));
      link.download = "reading-progress.json";
      link.click();
      URL.revokeObjectURL(link.href);
    });
    part("erase").addEventListener("click", () => {
      try {
        localStorage.removeItem(KEY);
      } finally {
        part("switch").focus();
        show("Erased. Nothing is stored.");
      }
    });
    part("import").addEventListener("click", () => file.click());
    file.addEventListener("change", async () => {
      const [chosen] = file.files;
      const came = chosen && chosen.size <= MOST_BYTES ? parse(await chosen.text()) : null;
      file.value = "";
      if (!came) {
        show("This file holds no reading progress. Nothing has changed.");
        return;
      }
      const state = load();
      const both = (list) => [...new Set([...state[list], ...came[list]])].slice(0, MOST);
      show(save({ on: true, read: both("read"), answered: both("answered") }));
    });
  }

  document.addEventListener("rnnkit:answered", ({ detail }) => {
    note("answered", `${page}#${detail.explorer}=${encodeURIComponent(detail.name)}/${detail.question}`);
  });
  addEventListener("storage", ({ key }) => { if (key === KEY || key === null) show(); });
  addEventListener("pageshow", () => show()); // after Back, too
  watchTheEnd();
  document.querySelectorAll(".rk-progress").forEach(wire);
  show();
})();
