"""Pages of explorers in headless Chromium: how one is opened, edited like a reader would, and recorded."""

import json
import random
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from rnnkit.explorers import kit_script, page_data, page_script, page_style, page_tokens
from rnnkit.explorers.base import Explorer

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
TRACED = ["-*", "devtools.timeline", "disabled-by-default-devtools.timeline", "input", "input.scrolling"]
DRAG, KEY = "drag", "key"
EVENT = {DRAG: "pointermove", KEY: "keydown"}  # what a trace calls them
FIELD = ".rk-card input[data-field]"  # turned by keys, and dragged sideways where there is no handle
HANDLE = ".rk-card .rk-handle"
WALK = 8  # an edit is a step of a walk, so many out and as many back
PIXELS = {HANDLE: (2, 14), FIELD: (4,)}  # of a step: the finest that a value follows; some move by whole columns
ARROWS = {1: ("ArrowUp", 38), -1: ("ArrowDown", 40)}
REST = 0.03  # seconds after an edit, times the throttling: more than a frame, at no fixed place in the next one

BUSY = """() => {
    const from = performance.now();
    let sum = 0;
    for (let k = 0; k < 2e6; k++) sum += Math.tanh(k % 7);
    return performance.now() - from;
}"""
SHIFTS = """
    window.layoutShift = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) layoutShift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
"""
SCROLL = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    for (let y = 0; y < document.documentElement.scrollHeight; y += 600) {
        scrollTo(0, y);
        await frame();
        await frame();
    }
    await new Promise((done) => setTimeout(done, 500));
    return layoutShift;
}"""
WHEN_USABLE = """
    window.usable = new Promise((done) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => done(performance.now()); // after the frame in which the control was found
        const look = () => {
            const found = document.querySelector(".rk-mounted .rk-card :is(button, input, select, [tabindex='0'])");
            if (found) port2.postMessage(0);
            else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    });
"""
AT_ONCE = """async ([kind, at, way, walk, px, count, rest]) => {
    const [real, spent] = [window.requestAnimationFrame, []];
    const card = document.querySelector(".rk-card");
    let due = [];
    window.requestAnimationFrame = (callback) => due.push(callback);
    const offset = (k) => walk - Math.abs(k % (2 * walk) - walk);
    try {
        for (let k = 1; k <= count; k++) {
            const up = way * (offset(k) - offset(k - 1)) > 0;
            const [x, y] = at ? [at[0] + way * px * offset(k), at[1] + way * px * offset(k)] : [];
            const event = kind === "key"
                ? new KeyboardEvent("keydown", { key: up ? "ArrowUp" : "ArrowDown", bubbles: true, cancelable: true })
                : new PointerEvent("pointermove", { clientX: x, clientY: y, pointerId: 1, pointerType: "mouse",
                    isPrimary: true, buttons: 1, bubbles: true });
            const target = kind === "key" ? document.activeElement
                : document.elementFromPoint(...at).closest(".rk-picture, input");
            const from = performance.now();
            target.dispatchEvent(event);
            const now = due;
            due = [];
            now.forEach((callback) => callback(performance.now()));
            card.getBoundingClientRect();
            spent.push(performance.now() - from);
            await new Promise((done) => setTimeout(done, rest));
        }
    } finally {
        window.requestAnimationFrame = real;
        due.forEach((callback) => real(callback));
    }
    return spent;
}"""


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium, or one sentence and exit 1."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sys.exit("bench-pages needs playwright, which is not installed: pip install playwright")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        sys.exit("bench-pages needs Chromium, but there is none on the PATH: install your system's package chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def bare(path: Path, *explorers: Explorer, kinds: tuple[type[Explorer], ...]) -> str:
    """Write a page of nothing but explorers, each with a line of text below that a shift would move; its address."""
    own = "body { margin: 16px; background: var(--rk-page); font-family: system-ui, sans-serif; }"
    style = f"{page_tokens()}{page_style(kinds)}{own}"
    head = (
        '<meta charset="utf-8"><title>Explorers</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style>'
    )
    body = "".join(f"{e.to_html()}<p>What stands below.</p>" for e in explorers)
    scripts = "".join(f"<script>{script}</script>" for script in (kit_script(), *map(page_script, kinds)))
    page = f"<main><h1>Explorers</h1>{body}</main>{scripts}"
    for name, script in (file for kind in kinds for file in page_data(kind).items()):
        (path.parent / name).write_text(script, "utf-8")
    path.write_text(f'<!doctype html><html lang="en"><head>{head}</head><body>{page}</body></html>', "utf-8")
    return path.as_uri()


class Page:
    """An open page, its throttling, and its edits."""

    def __init__(self, browser: Any, url: str, width: int = 1280, height: int = 900, first: str = "") -> None:
        self.browser, self.context = browser, browser.new_context(viewport={"width": width, "height": height})
        self.page, self.rate = self.context.new_page(), 1
        self.cdp = self.context.new_cdp_session(self.page)
        if first:
            self.page.add_init_script(first)
        self.url = url

    def go(self) -> "Page":
        self.page.goto(self.url)
        self.page.wait_for_load_state("load")
        self.page.wait_for_function("!document.querySelector('.rk-waiting')")
        return self

    def close(self) -> None:
        self.context.close()

    def throttle(self, rate: int) -> None:
        self.rate = rate
        self.cdp.send("Emulation.setCPUThrottlingRate", {"rate": rate})

    def rest(self) -> None:
        time.sleep(self.rate * (REST + random.random() / 60))

    def has(self, kind: str) -> bool:
        """Whether there is a control of this kind whose value follows."""
        try:
            with self.hold(kind):
                return True
        except LookupError:
            return False

    def _controls(self, kind: str) -> tuple[str, Any]:
        handles = self.page.locator(f"{HANDLE}:visible")
        if kind == DRAG and handles.count():
            return HANDLE, handles
        return FIELD, self.page.locator(f"{FIELD}:visible")

    @contextmanager
    def hold(self, kind: str, turn: int = 0) -> Iterator["Grip"]:
        """Take one of the controls of this kind whose value follows: another one each turn."""
        what, controls = self._controls(kind)
        count = controls.count()
        for pixels, k in product(PIXELS[what], range(count)):
            control = controls.nth((turn + k) % count)
            control.scroll_into_view_if_needed()
            grip = Grip(self, kind, control, pixels)
            if grip.follows:
                break
            grip.drop()
        else:
            raise LookupError(f"The page has {count} controls for a {kind}, but none whose value follows it.")
        yield grip
        grip.drop()

    def edits(self, kind: str, count: int, warm: int, turn: int) -> list[dict[str, Any]]:
        """The trace of so many edits, after some that warm it up."""
        with self.hold(kind, turn) as grip:
            grip.edit(warm)
            self.browser.start_tracing(page=self.page, categories=TRACED)
            grip.edit(count)
            return list(json.loads(self.browser.stop_tracing())["traceEvents"])

    def edits_at_once(self, kind: str, count: int, warm: int, turn: int) -> list[float]:
        """The second method: ms of each edit, its redraw and its layout, all in one task."""
        with self.hold(kind, turn) as grip:
            whole = -(-(warm + count) // (2 * WALK)) * 2 * WALK  # walks, so that the value is back in the end
            given = [kind, grip.at, grip.way, WALK, grip.pixels, whole, 1e3 * REST * self.rate]
            return list(self.page.evaluate(AT_ONCE, given)[warm : warm + count])

    def profile(self, kind: str, count: int, warm: int, turn: int) -> dict[str, Any]:
        """V8's sampled profile of so many edits."""
        with self.hold(kind, turn) as grip:
            grip.edit(warm)
            self.cdp.send("Profiler.enable")
            self.cdp.send("Profiler.setSamplingInterval", {"interval": 100})
            self.cdp.send("Profiler.start")
            grip.edit(count)
            return dict(self.cdp.send("Profiler.stop")["profile"])


class Grip:
    """A handle in a hand, or a field with the focus. Its value walks a few steps out and back, away from its limit."""

    def __init__(self, page: Page, kind: str, control: Any, pixels: int) -> None:
        self.page, self.kind, self.control, self.pixels = page, kind, control, pixels
        self.done, self.way, self.follows = 0, 1, True
        self.at: list[float] | None = None
        if kind == DRAG:
            box = control.bounding_box()
            self.at = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
            self._mouse("mouseMoved", 0, buttons=0)
            self._mouse("mousePressed", 0)
            self.way = next((way for way in (1, -1) if self._follows(way)), 0)
            self.follows = self.way != 0
        else:
            control.focus()
            low, now, high = (float(control.get_attribute(f"aria-value{end}") or 0) for end in ("min", "now", "max"))
            self.way = 1 if high - now >= now - low else -1
        self.page.rest()

    def _follows(self, way: int) -> bool:
        """Whether the value is another one at the start, in the middle and at the end of the walk."""
        seen = set()
        for step in (0, WALK // 2, WALK):
            self._mouse("mouseMoved", way * step * self.pixels)
            self.page.rest()
            seen.add(self.control.get_attribute("aria-valuenow"))
        self._mouse("mouseMoved", 0)
        self.page.rest()
        return len(seen) == 3

    def edit(self, count: int) -> None:
        """So many edits, each with a frame of its own."""
        for _ in range(count):
            before, after = (WALK - abs(k % (2 * WALK) - WALK) for k in (self.done, self.done + 1))
            self.done += 1
            if self.kind == DRAG:
                self._mouse("mouseMoved", self.way * self.pixels * after)
                self.page.rest()
            else:
                key, code = ARROWS[self.way * (after - before)]
                named = {"key": key, "code": key, "windowsVirtualKeyCode": code}
                self.page.cdp.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **named})
                self.page.rest()
                self.page.cdp.send("Input.dispatchKeyEvent", {"type": "keyUp", **named})

    def drop(self) -> None:
        """Walk back, and let go."""
        self.edit(-self.done % (2 * WALK))
        if self.kind == DRAG:
            self._mouse("mouseMoved", 1)
            self._mouse("mouseMoved", 0)
            self._mouse("mouseReleased", 0, buttons=0)
        else:
            self.control.blur()
        self.page.rest()

    def _mouse(self, what: str, by: float, buttons: int = 1) -> None:
        x, y = self.at or [0, 0]
        button = "left" if buttons or what == "mouseReleased" else "none"
        where = {"type": what, "x": x + by, "y": y + by, "button": button, "buttons": buttons}
        self.page.cdp.send("Input.dispatchMouseEvent", where | ({"clickCount": 1} if what != "mouseMoved" else {}))
