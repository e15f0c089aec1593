"""Reading progress: off until asked for, seen on the map and in the contents, carried by a file, erased; harmless."""

import json
import re

import pytest
from book_pages import LANDING, PAGES
from shown import answer, card_of

KEY = "rnnkit-progress"
KEPT = f"localStorage.getItem({KEY!r})"
END = "document.querySelector('article.bd-article > :last-child').scrollIntoView()"
PANEL = ".rk-progress"


@pytest.fixture
def landing(book_url):
    return f"{book_url}/{LANDING}.html"


def words(page):
    return page.locator(f"{PANEL} [role=status]").inner_text()


def press(page, name):
    page.locator(f"{PANEL} [data-progress={name}]").click()


def switch_on(page):
    press(page, "switch")
    page.wait_for_function(KEPT)


def read(page, url):
    """Go to the end of a page, and again, in case what comes late has moved it."""
    page.goto(url)
    page.wait_for_load_state("load")
    for _ in range(6):
        page.evaluate(END)
        page.wait_for_timeout(100)


def answer_all(page):
    """Answer the first question of each explorer of a page that asks one; returns how many there are."""
    places, asked = page.locator(".rk-explorer"), 0
    for k in range(places.count()):
        places.nth(k).scroll_into_view_if_needed()
        page.wait_for_function(f"document.querySelectorAll('.rk-explorer')[{k}].querySelector('.rk-card')")
        if not json.loads(places.nth(k).get_attribute("data-traits"))["committed"]:
            answer(places.nth(k).locator(".rk-card"))
            asked += 1
    return asked


def kept(page):
    return json.loads(page.evaluate(KEPT))


def test_nothing_is_stored_until_it_is_asked_for(visit, landing, book_url):
    page = visit(landing)
    assert page.locator(f"{PANEL} [role=switch]").get_attribute("aria-checked") == "false"
    assert words(page) == "Off. Nothing is stored."
    for name in PAGES:
        read(page, f"{book_url}/{name}.html")
        answer_all(page)
    assert page.evaluate(KEPT) is None


def test_every_page_counts_as_read_at_its_end_and_is_ticked(visit, landing, book_url):
    page = visit(landing, viewport={"width": 1280, "height": 500})
    switch_on(page)
    for k, name in enumerate(PAGES, start=1):
        read(page, f"{book_url}/{name}.html")
        page.wait_for_function(f"({KEPT} ?? '').includes({json.dumps(name)})")
        assert page.locator(".bd-links .rk-tick-read").count() == k
    page.goto(landing)
    assert page.locator(".rk-stop-done:visible", has_text="✓ read").count() == len(PAGES)
    assert words(page).startswith(f"On, in this browser alone: {len(PAGES)} pages read, 0 questions answered.")


def test_a_page_is_not_read_at_its_beginning(visit, landing, book_url):
    page = visit(landing, viewport={"width": 1280, "height": 500})
    switch_on(page)
    name = next(name for name in PAGES if name.startswith("chapters/"))
    page.goto(f"{book_url}/{name}.html")
    page.wait_for_timeout(500)
    assert kept(page)["read"] == []


def test_answered_questions_are_counted_on_the_map(visit, landing, book_url):
    page = visit(landing)
    switch_on(page)
    asked = page.locator(".rk-stop").evaluate_all(
        "(all) => all.map((n) => [n.dataset.page, Number(n.dataset.questions)])"
    )
    for name, questions in asked:
        if not questions:
            continue
        page.goto(f"{book_url}/{name}.html")
        answered = answer_all(page)
        assert len(kept(page)["answered"]) == answered
        page.goto(landing)
        done = page.locator(f".rk-stop[data-page='{name}'] .rk-stop-done").inner_text()
        assert f"{answered} of {questions} question" in done
        press(page, "erase")
        switch_on(page)


def test_skipping_a_question_does_not_count(visit, landing, book_url):
    page = visit(landing)
    switch_on(page)
    page.goto(f"{book_url}/{next(name for name in PAGES if name.startswith('chapters/'))}.html")
    card_of(page)
    for skip in page.locator("[data-act=skip]:visible").all():
        skip.click()
    assert kept(page)["answered"] == []


def test_exported_and_imported_it_is_the_same(visit, landing, book_url, tmp_path):
    page = visit(landing)
    switch_on(page)
    read(page, f"{book_url}/{PAGES[0]}.html")
    page.goto(landing)
    with page.expect_download() as told:
        press(page, "export")
    file = tmp_path / "progress.json"
    told.value.save_as(file)
    before = kept(page)
    assert json.loads(file.read_text("utf-8")) == before
    assert before["read"] == [PAGES[0]]

    other = visit(landing)
    assert other.evaluate(KEPT) is None
    other.locator(f"{PANEL} input").set_input_files(file)
    other.wait_for_function(KEPT)
    assert kept(other) == before


def test_one_button_erases_it(visit, landing):
    page = visit(landing)
    switch_on(page)
    press(page, "erase")
    assert page.evaluate(KEPT) is None
    assert words(page) == "Erased. Nothing is stored."
    assert page.locator(f"{PANEL} [role=switch]").get_attribute("aria-checked") == "false"


def test_switched_off_it_notes_nothing_more(visit, landing, book_url):
    page = visit(landing)
    switch_on(page)
    press(page, "switch")
    read(page, f"{book_url}/{PAGES[0]}.html")
    assert kept(page)["on"] is False
    assert PAGES[0] not in kept(page)["read"]


HOSTILE = [
    "not JSON",
    "null",
    "[]",
    '{"version": 1}',
    '{"version": 2, "on": true, "read": [], "answered": []}',
    '{"version": 1, "on": "yes", "read": [], "answered": []}',
    '{"version": 1, "on": true, "read": ["<img src=x onerror=alert(1)>"], "answered": []}',
    '{"version": 1, "on": true, "read": {"length": 3}, "answered": []}',
    '{"version": 1, "on": true, "read": [1, null], "answered": [{}]}',
    '{"__proto__": {"on": true}, "version": 1, "read": [], "answered": []}',
    json.dumps({"version": 1, "on": True, "read": ["a"] * 100_000, "answered": []}),
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_stored_wrongly_counts_as_nothing(visit, landing, text, tmp_path):
    page = visit(landing)
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, text])
    page.reload()
    assert words(page) == "What was noted here cannot be read. Switch on to begin anew."
    assert page.locator(".rk-stop-done:visible").count() == 0
    file = tmp_path / "progress.json"
    file.write_text(text)
    page.locator(f"{PANEL} input").set_input_files(file)
    page.wait_for_function(f"document.querySelector('{PANEL} [role=status]').textContent.startsWith('This file holds')")
    switch_on(page)
    page.wait_for_function(f"document.querySelector('{PANEL} [role=status]').textContent.startsWith('On')")
    assert kept(page) == {"version": 1, "on": True, "read": [], "answered": []}


def test_unknown_pages_and_too_many_answers_do_not_show(visit, landing):
    state = {"version": 1, "on": True, "read": ["no/such"], "answered": [f"{PAGES[0]}#x=main/{k}" for k in range(99)]}
    page = visit(landing)
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, json.dumps(state)])
    page.reload()
    for text in page.locator(".rk-stop-done:visible").all_inner_texts():
        given, all_of_them = re.search(r"(\d+) of (\d+)", text).groups()
        assert given == all_of_them
    assert page.locator(".bd-links .rk-tick-read").count() == 0


def test_a_browser_that_keeps_nothing_says_so(visit, landing):
    page = visit(landing)
    refuse = f"(key) => {{ if (key === {KEY!r}) throw new DOMException('', 'QuotaExceededError'); }}"
    page.add_init_script(f"Storage.prototype.setItem = {refuse}")
    page.reload()
    press(page, "switch")
    assert words(page) == "This browser keeps nothing for this page, so nothing can be noted."
    assert page.locator(f"{PANEL} [role=switch]").get_attribute("aria-checked") == "false"


def test_from_files_it_works_and_says_where_it_does_not(visit, book_html):
    page = visit((book_html / f"{LANDING}.html").as_uri())
    switch_on(page)
    assert "Firefox and Safari give each file a memory of its own" in words(page)
    read(page, (book_html / f"{PAGES[0]}.html").as_uri())
    page.wait_for_selector(".bd-links .rk-tick-read")
    assert page.locator(".bd-links .rk-tick-read").count() == 1
