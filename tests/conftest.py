"""What all test files share: the built book, which tests are slow, and what the summary adds."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[1]
NOTE = ROOT / "_build" / "tested.json"  # of the book that the tests built; make.py deletes it when it builds another


def sources() -> str:
    """A hash of every file that git does not ignore, except the tests: what the book is made of."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".", ":!tests"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    digest = hashlib.sha256()
    for path in (ROOT / name for name in sorted(listed.split("\0"))):
        if path.is_file():
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def build_book() -> str:
    """Every page anew, warnings are errors, cells executed (or from the cache). Returns what a failed build said."""
    command, env = [sys.executable, "make.py", "book", "--all"], os.environ | {"PYTHONWARNINGS": "default"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"{done.stdout[-4000:]}\n{done.stderr[-8000:]}"


@pytest.fixture(scope="session")
def book_html(testrun_uid) -> Path:
    """The built book's html folder. The first worker of a run builds it, unless the same sources have been built."""
    NOTE.parent.mkdir(exist_ok=True)
    with FileLock(NOTE.with_suffix(".lock")):
        note = json.loads(NOTE.read_text()) if NOTE.exists() else {"sources": None}
        if note.get("run") != testrun_uid:
            wanted = sources()
            if note["sources"] != wanted or note["error"]:
                note = {"sources": wanted, "error": build_book()}
            NOTE.write_text(json.dumps(note | {"run": testrun_uid}))
    assert not note["error"], f"the book does not build:\n{note['error']}"
    return ROOT / "_build" / "html"


@pytest.fixture(scope="module")
def page(request):
    """The page that a test file is about, its PAGE, with all cells run."""
    from book_pages import executed

    return executed(request.module.PAGE)


@pytest.fixture(scope="module")
def names(page):
    """What the cells of that page leave behind."""
    return page.names


@pytest.fixture(scope="session")
def works():
    """Skips, loudly, where there is no sandbox."""
    from rnnkit.course.grading import probe

    found = probe.probe()
    if found.state != "works":
        pytest.skip(f"no sandbox: {found.state}. {found.text}")


def pytest_collection_modifyitems(items):
    """A test that wants the book or a browser is slow, whatever it does with it; those of one page stand together.

    Those that want the book stand first: each worker begins with its own part of the list, so that one of them alone
    waits for the book while the others test.
    """
    for item in items:
        if {"book_html", "browser"} & set(item.fixturenames):
            item.add_marker(pytest.mark.slow)
    first = {}
    places = {item: first.setdefault(chapter_of(item) or item.nodeid, k) for k, item in enumerate(items)}
    items.sort(key=lambda item: ("book_html" not in item.fixturenames, places[item]))


def chapter_of(item):
    """The chapter whose cells a test may run: what they leave is kept by each worker for itself."""
    if named := re.fullmatch(r"test_chapter_(\w+)", item.path.stem):
        return named[1].replace("_", "-")
    given = item.callspec.params if hasattr(item, "callspec") else {}
    if item.path.stem == "test_ledgers" and "row" in given:
        return Path(given["row"]["page"]).name
    return given["path"].stem if item.path.stem == "test_chapters" and "path" in given else None


UNCHECKED = {
    "no browser: ": "No explorer was seen in a browser: mounting, keyboard, numbers after edits, links, print, scripts "
    "off, accessibility and JupyterLab are unchecked. Install Debian's package chromium, or any Chromium on PATH; "
    "RNNKIT_REQUIRE_BROWSER=1 makes this an error.",
    "no sandbox: ": "No submission was run in a sandbox: what attacks come to is unchecked.",
    "no redis: ": "No session was kept outside the server: what kill -9, a restart and a lost store come to is "
    "unchecked. Install Debian's package redis-server.",
    "no ordinary user: ": "The sandbox was tried as root alone: what it holds for an ordinary user is unchecked.",
}


def pytest_terminal_summary(terminalreporter):
    """What tests tell, and what was skipped for want of a program: from the reports, which workers send as well."""
    for report in terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", []):
        for name, text in report.user_properties:
            if name == "told":
                terminalreporter.write_line(text)
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])]
    for start, text in UNCHECKED.items():
        why = next((reason for reason in reasons if start in reason), None)
        if why:
            terminalreporter.section("NOT A FULL RUN", sep="!", red=True, bold=True)
            terminalreporter.write_line(f"{why}. {text}")
