// What happens by itself: the answer to a question plays, a preset is shown. Any touch of the reader ends it.

import { isCalm } from "./card.js";
import { clamp } from "./numbers.js";

export const wait = (ms) => new Promise((done) => { setTimeout(done, isCalm() ? 0 : ms); });

/** Move one number from where it is to `to`, slowest at both ends. */
function glide(card, name, to, ms, token) {
  const [from, start] = [card.get(name), performance.now()];
  return new Promise((done) => {
    const tick = (now) => {
      if (card.ui.token !== token) return done();
      const k = isCalm() ? 1 : clamp((now - start) / ms, 0, 1);
      card.set({ [name]: Number((from + (to - from) * k * k * (3 - 2 * k)).toFixed(3)) });
      return k < 1 ? requestAnimationFrame(tick) : done();
    };
    tick(start);
  });
}

/**
 * Tell a story: acts are { play: from }, { wait: ms }, { glide: [name, to], ms }, { set: traits }, { note: nodes },
 * { show: ui } and { gesture: true } (from here on, a ghost of these numbers).
 */
export async function tell(card, player, acts) {
  card.stop();
  let token = card.ui.token;
  for (const act of acts) {
    if (card.ui.token !== token) return;
    if (act.gesture) {
      card.gesture();
      token = card.ui.token;
    }
    if (act.set) card.set(act.set);
    if (act.show) card.show(act.show);
    if ("note" in act) card.note(act.note);
    if (act.wait) await wait(act.wait);
    if (act.glide) await glide(card, ...act.glide, act.ms, token);
    if ("play" in act && !(await player.play(act.play))) return;
  }
}
