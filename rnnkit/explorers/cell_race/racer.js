// A race in the page: a few milliseconds of training in each frame, only while the card can be seen.

import { isCalm } from "../shared/card.js";
import { keyOf, record } from "./maths.js";
import { raceOf } from "./race.js";

const SLICE = 8; // ms of training a frame
const DRAWN = 30; // ms from picture to picture, at least
const SEEDS = 99;

/** How many updates a watched race may have made after so many seconds: sixty a second at first, then ever more. */
const due = (seconds) => (seconds < 3 ? 60 * seconds : 180 + 90 * (seconds - 3) + 40 * (seconds - 3) ** 2);

const settingsOf = ({ task, word, seed, bias, clip, rate, z }) => ({ task, word, seed, bias, clip, rate, z });

/** A part of the card that draws nothing, and shows its race as ui.race. */
export function racer(card) {
  let [race, settings, frame, clock, last, told, seen, over] = [null, null, 0, 0, null, 0, true, null];
  const say = () => card.show({ race });
  const watch = new IntersectionObserver((entries) => {
    seen = entries.at(-1).isIntersecting;
    if (seen && race && !frame) go();
  });
  watch.observe(card.root);

  function end(done) {
    cancelAnimationFrame(frame);
    frame = 0;
    race.stopped = !done;
    if (done) record(settings, race);
    race = null;
    card.soon();
    over?.(done);
    over = null;
  }
  function tick(now) {
    frame = 0;
    if (!race || !seen) return;
    clock += Math.min(100, now - (last ?? now)); // time in which nothing was seen does not count
    last = now;
    const most = race.fast || race.calm ? Infinity : due(clock / 1000);
    const from = performance.now();
    while (!race.done && race.n < most && performance.now() - from < SLICE) race.step();
    if (race.done || !race.calm && now - told > DRAWN) {
      told = now;
      say();
    }
    if (race.done) end(true);
    else frame = requestAnimationFrame(tick);
  }
  function go() {
    last = null;
    frame = requestAnimationFrame(tick);
  }
  const halt = () => { if (race) end(false); };
  const part = {
    /** Race by the present traits; the promise is true if it came to its end. */
    start(fast = false) {
      halt();
      settings = settingsOf(card.traits());
      race = Object.assign(raceOf(settings), { key: keyOf(settings), fast, calm: isCalm() });
      [clock, told] = [0, 0];
      say();
      go();
      return new Promise((done) => { over = done; });
    },
    stop() {
      card.show({ left: 0 });
      halt();
    },
    /** Race on so many seeds, one after another, as fast as the page allows. */
    async several(count) {
      for (let left = count; left > 0; left--) {
        card.show({ left });
        if (!(await part.start(true)) || !card.ui.left) return;
        if (left > 1) card.set({ seed: card.get("seed") % SEEDS + 1 });
      }
      card.show({ left: 0 });
    },
    refresh(s) {
      if (race && race.key !== s.key) part.stop(); // another setting is another race
    },
    leave() {
      watch.disconnect();
      halt();
    },
  };
  return part;
}
