"""A real Chromium, the book served over http, and a page that keeps what it asked for and what it complained of.

Where no browser can be had, these tests are skipped, and the summary says what went unchecked. With
RNNKIT_REQUIRE_BROWSER=1 (continuous integration sets it) that is an error.
"""

import functools
import http.server
import json
import os
import shutil
import threading
from pathlib import Path

import pytest
from sample import beyond_the_sample
from shown import card_of

from rnnkit.explorers import EXPLORERS, kit_script, page_data, page_script, page_style, page_tokens

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
HERE = Path(__file__).parent
CHAPTER = "chapters/math/forward.html"
SHIFTS = """
    window.layoutShift = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) layoutShift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    here = [item for item in items if item.path.parent == HERE]
    for item in beyond_the_sample(here):
        item.add_marker("heavy")


@pytest.fixture(scope="session")
def browser():
    """Chromium; without it a loud skip, or an error where one is required."""
    try:
        from playwright.sync_api import sync_playwright

        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        why = None if path else "no chromium on PATH"
    except ImportError as error:
        path, why = None, str(error)
    if why:
        if os.environ.get("RNNKIT_REQUIRE_BROWSER") == "1":
            pytest.fail(f"RNNKIT_REQUIRE_BROWSER=1, but there is no browser: {why}", pytrace=False)
        pytest.skip(f"no browser: {why}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def serve(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="session")
def book_url(book_html):
    server = serve(book_html)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def chapter_url(book_url):
    return f"{book_url}/{CHAPTER}"


@pytest.fixture(params=EXPLORERS, ids=lambda kind: kind.slug)
def kind(request):
    """Each explorer that is listed: whoever adds one adds no test."""
    return request.param


@pytest.fixture(scope="session")
def bare_page(tmp_path_factory):
    """A page of nothing but explorers: ``bare_page("two", Latch(), ...)`` gives its address.

    ``late`` is how many milliseconds the scripts come after the page; without it they are at its end. ``text`` stands
    below the explorers, ``above`` above them, and ``http`` asks for the address on a server.
    """
    folder = tmp_path_factory.mktemp("pages")
    server = serve(folder)

    def write(name, *explorers, text="", above="", theme="light", late=None, http=False):
        kinds = tuple(kind for kind in EXPLORERS if any(isinstance(one, kind) for one in explorers))
        style = page_tokens() + page_style(kinds) + "body { background: var(--rk-page); color: var(--rk-ink); }"
        sizes = '<meta name="viewport" content="width=device-width, initial-scale=1">'
        icon = '<link rel="icon" href="data:,">'
        head = f'<meta charset="utf-8">{sizes}{icon}<title>Explorers</title><style>{style}</style>'
        scripts = [kit_script(), *map(page_script, kinds)]
        for kind in kinds:
            for file, script in page_data(kind).items():
                (folder / file).write_text(script, encoding="utf-8")
        if late is None:
            code = "".join(f"<script>{script}</script>" for script in scripts)
        else:
            scripts[0] = scripts[0].replace("const rnnkitKit", "var rnnkitKit")  # or it would end with its eval
            code = f"<script>setTimeout(() => (0, eval)({json.dumps(chr(10).join(scripts))}), {late})</script>"
        body = f"<main><h1>Explorers</h1>{above}{''.join(e.to_html() for e in explorers)}{text}</main>{code}"
        opening, file = f'<!doctype html><html lang="en" data-theme="{theme}">', folder / f"{name}.html"
        file.write_text(f"{opening}<head>{head}</head><body>{body}</body></html>", encoding="utf-8")
        return f"http://127.0.0.1:{server.server_port}/{name}.html" if http else file.as_uri()

    yield write
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(browser):
    """``visit(url, **context options)`` gives a page; at the end no page may have complained or left this machine."""
    contexts, complaints, requests = [], [], []

    def go(url, *, theme="light", **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: m.type == "error" and complaints.append(f"{m.text} {m.location['url']}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("response", lambda r: r.status >= 400 and complaints.append(f"{r.status} {r.url}"))
        page.on("request", lambda request: requests.append(request.url))
        if options.get("java_script_enabled", True):
            page.add_init_script(SHIFTS)
            page.add_init_script(f"try {{ localStorage.mode = localStorage.theme = '{theme}'; }} catch {{}}")
        page.goto(url)
        page.wait_for_load_state("load")
        return page

    yield go
    for context in contexts:
        context.close()
    elsewhere = [url for url in requests if not url.startswith(("http://127.0.0.1:", "file:", "data:", "blob:"))]
    assert not elsewhere, f"requests to other hosts: {elsewhere}"
    assert not complaints, f"console errors: {complaints}"


@pytest.fixture
def card(kind, visit, bare_page):
    """The explorer as it is once its question is answered, on a page from a file."""
    return card_of(visit(bare_page(kind.slug, kind(committed=True))))


@pytest.fixture
def asking(kind, visit, bare_page):
    """The explorer as a reader meets it."""
    return card_of(visit(bare_page(f"{kind.slug}-asking", kind())))
