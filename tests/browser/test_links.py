"""Copy link, copy as Python, and links that cannot be used."""

import re
import subprocess
import sys

import numpy as np
import pytest
from shown import card_of, cells, commit, number, step_of, wait_for_note

from rnnkit.explorers import StateStepper


def test_the_link_restores_the_state(visit, chapter_url):
    page = visit(chapter_url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    card = card_of(page)
    commit(card)
    card.get_by_label("Units H").select_option("3")
    card.get_by_label("Steps T").select_option("7")
    card.locator("[data-edit='W_hh[3,1]']").fill("-0.125")
    card.locator("[data-edit='x at step 6']").fill("0.75")
    card.get_by_label("Unit", exact=True).select_option("3")
    card.get_by_role("button", name="Last step").click()
    card.get_by_role("button", name="Copy link").click()
    wait_for_note(page, "Link copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert "#state-stepper=" in link
    assert len(link) < 400
    again = card_of(visit(link))
    assert "?" in cells(again).values(), "whoever opens it predicts first"
    commit(again)
    assert cells(again) == cells(card)
    assert again.locator(".rk-words").inner_text() == card.locator(".rk-words").inner_text()
    wait_for_note(again.page, "Restored from the link")
    assert again.evaluate("(card) => Math.abs(card.getBoundingClientRect().top) < 200"), "it scrolls into view"


BAD_LINKS = [
    "weight_hh=NaN,0/0,0",
    "weight_hh=Infinity,0/0,0",
    "weight_hh=1e999,0/0,0",
    "weight_hh=1,2,3/4,5,6",
    "weight_hh=1,2",
    "bias=1,2,3",
    "bias=100,0",
    "inputs=" + "/".join("0" * 13),
    "inputs=",
    "step=-1",
    "step=2.5",
    "step=99",
    "unit=0",
    "weight_ih=<img src=x onerror=alert(1)>",
    "weight_ih=%3Cimg%20src=x%20onerror=alert(1)%3E",
    "__proto__=1",
    "name=evil",
    "garbage",
    "weight_ih=" + "1" * 5000,
]


@pytest.mark.parametrize("bad", BAD_LINKS)
def test_an_unusable_link_falls_back_and_says_so(visit, bare_page, bad):
    page = visit(f"{bare_page('link', StateStepper())}#state-stepper=main;{bad}")
    card = card_of(page)
    wait_for_note(page, "The link cannot be used")
    assert "these are the explorer's own numbers" in card.locator(".rk-status").inner_text()
    plain = card_of(visit(bare_page("link", StateStepper())))
    assert cells(card) == cells(plain)
    assert page.locator("img").count() == 0


def test_a_link_on_a_live_page_throws_nothing_away(visit, bare_page):
    page = visit(bare_page("live", StateStepper()))
    card = card_of(page)
    commit(card)
    card.locator("[data-edit='W_hh[1,2]']").fill("0.25")
    before = cells(card)
    page.evaluate("location.hash = 'state-stepper=main;step=2.5'")
    wait_for_note(page, "The link cannot be used (step is no whole number): your numbers stay as they are.")
    assert cells(card) == before
    assert "The numbers are shown." in card.locator(".rk-reply").inner_text()
    page.evaluate("location.hash = 'state-stepper=main;bias=%2D0.5,0%3Bunit=2'")
    wait_for_note(page, "Restored from the link")
    assert number(cells(card)["sum:bias"]) == 0
    assert card.locator("[data-edit='b[1]']").input_value() == "-0.5"
    assert card.locator(".rk-reply").inner_text().strip() == "", "nothing is shown now"
    assert "?" in cells(card).values()


def test_a_link_moves_only_the_explorer_that_it_names(visit, bare_page):
    page = visit(f"{bare_page('named', StateStepper(name='a'), StateStepper(name='b'))}#state-stepper=b;step=4")
    assert [step_of(card_of(page, k)) for k in (0, 1)] == [2, 4]
    page.evaluate("location.hash = 'state-stepper=a;step=1'")
    page.wait_for_function("document.querySelector('.rk-card input[type=range]').value == 1")
    assert step_of(card_of(page, 1)) == 4


def test_without_a_clipboard_the_text_is_shown_selected(visit, bare_page):
    page = visit("about:blank")
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.goto(bare_page("clip", StateStepper()))
    card = card_of(page)
    card.get_by_role("button", name="Copy link").click()
    area = card.get_by_label("Text to copy")
    assert area.is_visible()
    assert area.input_value().endswith("#state-stepper=main")
    assert area.evaluate("(a) => a === document.activeElement")
    assert area.evaluate("(a) => a.selectionEnd - a.selectionStart === a.value.length")
    assert "press Ctrl+C" in card.locator(".rk-note").inner_text()


def test_the_copied_python_prints_the_numbers_shown(visit, chapter_url):
    page = visit(chapter_url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    card = card_of(page)
    commit(card)
    for name, value in (("Units H", "3"), ("Steps T", "8")):
        card.get_by_label(name).select_option(value)
    for name, value in (("W_hh[3,2]", "0.7"), ("b[3]", "-0.25"), ("x at step 7", "0.5")):
        card.locator(f"[data-edit='{name}']").fill(value)
    card.get_by_role("button", name="Copy as Python").click()
    wait_for_note(page, "Python copied")
    code = page.evaluate("navigator.clipboard.readText()")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = np.array([[float(v) for v in row.split()] for row in re.findall(r"[-\d. ]{5,}", done.stdout)])
    shown = cells(card)
    assert printed.shape == (9, 3)
    assert np.abs(printed - [[number(shown[f"heat:h:{t}:{j}"]) for j in range(3)] for t in range(9)]).max() < 1e-9
