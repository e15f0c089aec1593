"""The book's pages from navigation to a control that works, and what they weigh, from the server that compresses."""

import re
import threading
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import pages_report
from benchmarks.pages_browser import SCROLL, SHIFTS, Page
from benchmarks.pages_report import WEIGHT, Row, row
from benchmarks.pages_trace import summary
from server import BookServer

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
CARD = ".rk-mounted > .rk-card"
PRESSABLE = ":is(button, input, select, summary, [tabindex='0'])"


class Line(NamedTuple):
    """A way to the server, and the reader's processor and screen at its end."""

    name: str
    slowdown: int
    size: tuple[int, int]
    megabits: float | None = None
    round_trip: int = 0  # ms


LOCAL = Line(pages_report.LOCAL, 1, (1280, 900))
SLOW = Line(pages_report.SLOW, 4, (1280, 900), 1.6, 150)
PHONE = Line(pages_report.SLOW, 4, (375, 812), 1.6, 150)
LINES = (LOCAL, SLOW, PHONE)

# When control number `index` of the first card is there, `ready` says where. The first event that a real mouse or key
# causes keeps the picture as it was; `changed` is when a frame with another one has been painted.
FIRST_CONTROL = """(() => {{
    const [index, card] = [{index}, {card!r}];
    const picture = () => [...document.querySelectorAll(`${{card}} .rk-picture`)].map((n) => n.innerHTML).join();
    window.ready = new Promise((done) => {{
        const look = () => {{
            const control = [...document.querySelector(card)?.querySelectorAll({pressable!r}) ?? []]
                .filter((n) => n.getClientRects().length)[index];
            if (!control) return requestAnimationFrame(look);
            const {{ top, bottom }} = control.getBoundingClientRect();
            if (top < 80 || bottom > innerHeight) control.scrollIntoView({{ block: "center", behavior: "instant" }});
            const box = control.getBoundingClientRect();
            return done({{ x: box.x + box.width / 2, y: box.y + box.height / 2, tag: control.localName,
                name: (control.getAttribute("aria-label") ?? control.textContent).trim(), at: performance.now() }});
        }};
        requestAnimationFrame(look);
    }});
    window.changed = new Promise((done) => {{
        const {{ port1, port2 }} = new MessageChannel();
        port1.onmessage = () => done(performance.now());
        let before = null;
        const look = () => (picture() === before ? requestAnimationFrame(look) : port2.postMessage(0));
        const begin = (event) => {{
            if (!event.isTrusted || before !== null) return;
            before = picture();
            requestAnimationFrame(look);
        }};
        for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, begin, true);
    }});
}})()"""


def table_of_contents() -> list[str]:
    """The book's pages in reading order."""
    return re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text("utf-8"))


def with_a_card(names: list[str]) -> list[str]:
    return [name for name in names if 'class="rk-explorer"' in (HTML / f"{name}.html").read_text("utf-8")]


class Book:
    """The built book behind the server that compresses, opened in a browser."""

    def __init__(self, browser: Any, server: BookServer) -> None:
        self.browser, self.server = browser, server

    def open(self, name: str, line: Line, first: str) -> Page:
        """The page, on its way: navigation is committed, nothing more."""
        page = Page(self.browser, "about:blank", *line.size, first=first).go()
        page.throttle(line.slowdown)
        if line.megabits:
            rate = line.megabits * 1e6 / 8
            asked = {"latency": line.round_trip, "downloadThroughput": rate, "uploadThroughput": rate}
            page.cdp.send("Network.enable")
            page.cdp.send("Network.emulateNetworkConditions", {"offline": False, **asked})
        page.page.goto(f"{self.server.address}/{name}.html", wait_until="commit")
        return page

    def press(self, name: str, line: Line, index: int, patience: float) -> tuple[float, str]:
        """ms from navigation until a real press of this control has changed the picture, and what was pressed.

        Raises
        ------
        TimeoutError
            If nothing has changed so many ms after the press.
        """
        page = self.open(name, line, FIRST_CONTROL.format(index=index, card=CARD, pressable=PRESSABLE))
        try:
            control = page.page.evaluate("() => ready")
            where = {"x": control["x"], "y": control["y"], "button": "left", "clickCount": 1}
            for what in ("mousePressed", "mouseReleased"):
                page.cdp.send("Input.dispatchMouseEvent", {"type": what, **where})
            if control["tag"] == "input":
                for what in ("rawKeyDown", "keyUp"):
                    key = {"key": "ArrowUp", "code": "ArrowUp", "windowsVirtualKeyCode": 38}
                    page.cdp.send("Input.dispatchKeyEvent", {"type": what, **key})
            late = f"new Promise((done) => setTimeout(() => done(null), {patience}))"
            at = page.page.evaluate(f"() => Promise.race([changed, {late}])")
        finally:
            page.close()
        if at is None:
            raise TimeoutError(f"{name}: a press of {control['name']!r} changed no picture within {patience} ms")
        return at, f"{'arrow key' if control['tag'] == 'input' else 'click'}: {control['name']}"

    def first_working(self, name: str) -> int:
        """Which control of the page's first card is the first whose press changes the picture."""
        for index in range(20):
            try:
                self.press(name, LOCAL, index, patience=600)
            except TimeoutError:
                continue
            return index
        raise LookupError(f"{name}: none of the first card's controls changes its picture")

    def weight(self, name: str) -> tuple[float, int]:
        """kB over the wire once all of the page has been scrolled through, and of how many files."""
        page = Page(self.browser, f"{self.server.address}/{name}.html", first=SHIFTS)
        of: dict[str, str] = {}
        sizes: dict[str, float] = {}
        page.cdp.on("Network.requestWillBeSent", lambda e: of.update({e["requestId"]: e["request"]["url"]}))
        page.cdp.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}))
        page.cdp.send("Network.enable")
        page.go().page.evaluate(SCROLL)
        page.page.wait_for_load_state("networkidle")
        page.close()
        found = [size for key, size in sizes.items() if of[key].startswith("http")]
        return sum(found) / 1000, len(found)


def measure(browser: Any, loads: int) -> list[Row]:
    """Every page's weight, and of every page with a card the time to its first working control, on each line."""
    server = BookServer(HTML)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    book, names, rows = Book(browser, server), table_of_contents(), []
    for name in names:
        weight, files = book.weight(name)
        rows.append(row(WEIGHT, name, "gzipped", 1, summary([weight]), edit=f"{files} files"))
    ways = [(name, line, book.first_working(name)) for name in with_a_card(names) for line in LINES]
    times: dict[Any, list[float]] = {way: [] for way in ways}
    seen: dict[Any, str] = {}
    for turn in range(loads):
        print(f"== pages to a changed picture, round {turn + 1} of {loads}", flush=True)
        for way in ways:
            name, line, index = way
            ms, seen[way] = book.press(name, line, index, patience=20_000)
            times[way].append(ms)
    for way in ways:
        name, line, _ = way
        size = f"{line.size[0]} px"
        rows.append(row(line.name, name, size, line.slowdown, summary(times[way]), edit=seen[way]))
    server.shutdown()
    server.server_close()
    return rows
