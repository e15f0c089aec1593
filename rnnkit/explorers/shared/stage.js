// A picture in its place, and what one can take hold of in it: handles, regions and the drawn shapes themselves.
//
// draw(s, width) returns a picture: its size and nodes, and what can be gripped:
//   handles { name, trait, x, y, letter, title, pull(x, y) }   a knob of 44 px; pull gives the value for a place. A trait
//                                                              that may be none says by `value` where the knob stands;
//                                                              `moved(value)` gives the changes, `flat` lies sideways
//   regions { name, x, y, width, height, title, value, low, high, says, pull, tap?, keys? }   a slider over the picture
//   grips   { name: (x, y) => handle }                         a shape with data-grip, dragged as if by a handle
//   under   paint(context)                                     what is too much for shapes, on a canvas below them
// pull returns the value of the trait, or an object of changes.

import { svg } from "./draw.js";
import { canvas, paint, whenColoursChange } from "./heat.js";
import { h, patch } from "./node.js";
import { clamp, copy, fixed, same } from "./numbers.js";

const NEAR = { mouse: 24, touch: 30, pen: 24 };
const TAP = 5; // px that a finger may move in a tap

/** Set the number of a grip by hand: within its limits, in its decimals. */
function turn(card, grip, value) {
  const limit = card.explorer.limits.traits[grip.trait];
  const [low, high] = [grip.low ?? limit.low, grip.high ?? limit.high];
  const number = Number(clamp(value, low, high).toFixed(limit.decimals));
  card.set(grip.moved?.(number) ?? { [grip.trait]: number });
}

/** The arrow keys on a number: fine and, with Shift or the page keys, coarse steps. True if the key was one. */
function turnByKey(card, grip, event) {
  const { fine, coarse } = card.explorer.limits.traits[grip.trait];
  const by = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 1, PageDown: -1 }[event.key];
  const size = event.shiftKey || event.key.startsWith("Page") ? coarse : fine;
  if (by) turn(card, grip, (grip.value ?? card.get(grip.trait)) + by * size);
  else if (event.key === "Home" || event.key === "End") turn(card, grip, event.key === "Home" ? -Infinity : Infinity);
  else return false;
  return true;
}

function slider(card, grip, name) {
  const limit = card.explorer.limits.traits[grip.trait] ?? {};
  const value = grip.value ?? card.get(grip.trait);
  return {
    role: "slider", tabindex: 0, "data-grip": name, "aria-label": grip.title, "aria-valuenow": value,
    "aria-valuemin": grip.low ?? limit.low, "aria-valuemax": grip.high ?? limit.high,
    "aria-valuetext": grip.says ?? fixed(value, limit.decimals), "aria-orientation": grip.flat ? "horizontal" : null,
  };
}

function overlay(card, picture, on) {
  const regions = (picture.regions ?? []).map((region) => h("div", {
    class: `rk-region ${region.look ?? ""}`, ...slider(card, region, region.name), ...on,
    style: `left:${region.x}px;top:${region.y}px;width:${region.width}px;height:${region.height}px`,
  }));
  const handles = (picture.handles ?? []).map((handle) => h("div", {
    class: `rk-handle ${handle.look ?? ""}`, ...slider(card, handle, handle.name), "data-trait": handle.trait, ...on,
    style: `transform:translate(${handle.x - 22}px,${handle.y - 22}px)`,
  }, h("span", { class: "rk-math" }, handle.letter)));
  return h("div", { class: "rk-over" }, ...regions, ...handles);
}

/** A part of the card that shows a picture. */
export function stage(card, name, draw) {
  const element = document.createElement("div");
  element.className = `rk-picture rk-${name}`;
  let [picture, width, held, fresh] = [null, 0, null, true];
  let unwatch = null;

  const place = (event) => {
    const rect = element.getBoundingClientRect();
    return [event.clientX - rect.left, event.clientY - rect.top];
  };
  const find = (key) => [...(picture.handles ?? []), ...(picture.regions ?? [])].find((one) => one.name === key);
  const take = (grip, value) => {
    if (value === undefined) return;
    if (typeof value === "object") card.set(value);
    else turn(card, grip, value);
  };

  /** What is only looked at leaves the numbers alone; either way, the last sentence has had its time. */
  function begun(grip) {
    if (grip.looks) {
      card.stop();
      card.note("");
    } else card.gesture(grip.ghost !== false);
  }
  function begin(event) {
    if (event.button || !event.isPrimary) return;
    const [x, y] = place(event);
    const far = (one) => Math.hypot(one.x - x, one.y - y);
    const [nearest] = (picture.handles ?? []).toSorted((a, b) => far(a) - far(b));
    const key = event.target.closest("[data-grip]")?.dataset.grip;
    const grip = nearest && far(nearest) <= NEAR[event.pointerType] ? nearest
      : find(key) ?? (event.pointerType === "touch" ? null : picture.grips?.[key]?.(x, y)); // a finger there scrolls the page
    if (!grip) return;
    element.setPointerCapture(event.pointerId);
    begun(grip);
    const relative = grip.letter || grip.relative; // what is grabbed beside its middle does not jump
    const offset = relative ? [x - grip.x, y - grip.y] : [0, 0];
    held = { id: event.pointerId, grip, moved: false, from: [x, y], before: copy(card.traits()), offset };
    card.show({ held: grip.trait ?? grip.name });
    grip.down?.(x, y);
    if (!grip.tap && !relative) take(grip, grip.pull(x, y));
  }
  function move(event) {
    if (held && event.pointerId !== held.id) return; // a second finger
    const [x, y] = place(event);
    if (!held) {
      if (event.pointerType === "mouse" && picture?.hover) hover(picture.hover(x, y));
      return;
    }
    if (!held.moved && Math.hypot(x - held.from[0], y - held.from[1]) < (held.grip.tap ? TAP : 1)) return;
    held.moved = true;
    take(held.grip, held.grip.pull(x - held.offset[0], y - held.offset[1]));
  }
  function end(event) {
    if (held?.id !== event.pointerId) return;
    const { grip, moved, before } = held;
    held = null;
    card.show({ held: null });
    if (event.type === "pointercancel" && !same(before, card.traits())) { // the browser has taken the gesture for itself
      if (grip.looks) card.set(before);
      else card.undo();
    }
    if (event.type === "pointerup" && !moved && grip.tap) take(grip, grip.tap(...place(event)));
  }
  const hover = (at) => { if (!same(card.ui.hover ?? null, at)) card.show({ hover: at }); };

  function onkeydown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const grip = find(event.currentTarget.dataset.grip);
    const begins = () => {
      if (fresh) begun(grip);
      fresh = false;
    };
    const keyed = grip.keys ? grip.keys(event, begins) : (() => {
      if (!/^(Arrow|Page|Home|End)/.test(event.key)) return false;
      begins();
      return turnByKey(card, grip, event);
    })();
    if (!keyed) return;
    event.preventDefault();
    event.stopPropagation();
    if (typeof keyed === "object") card.set(keyed);
  }
  const onfocus = (event) => { // one ghost a visit, not one a key
    fresh = true;
    if (event.currentTarget.matches(":focus-visible")) card.show({ focus: event.currentTarget.dataset.grip });
  };
  const onblur = () => card.show({ focus: null });
  const on = { onkeydown, onfocus, onblur };

  element.addEventListener("pointerdown", begin);
  element.addEventListener("pointermove", move);
  element.addEventListener("pointerup", end);
  element.addEventListener("dragstart", (event) => event.preventDefault()); // or a selected letter would be dragged
  element.addEventListener("pointercancel", end);
  element.addEventListener("pointerleave", () => hover(null));
  const watch = new ResizeObserver(([entry]) => {
    if (entry.contentRect.width === width) return;
    width = entry.contentRect.width;
    card.soon();
  });
  watch.observe(element);

  return {
    element,
    refresh(s) {
      width ||= element.clientWidth || 320;
      picture = draw(s, width, card.width);
      const under = picture.under ? [canvas(picture)] : [];
      patch(element, [svg(picture), overlay(card, picture, on), ...under]);
      if (!picture.under) return;
      paint(element.lastChild, picture.under);
      unwatch ??= whenColoursChange(card.soon);
    },
    leave: () => {
      watch.disconnect();
      unwatch?.();
    },
  };
}
