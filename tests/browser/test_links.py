"""Links: copied, followed, from the text, unusable; and the copied Python."""

import re
import subprocess
import sys

import numpy as np
import pytest
from shown import card_of, cells, fields, first_field, number, open_fold, press, said, settle, state, step_of


def copied(card, name):
    """What a button of the fold copies, on a page without a clipboard."""
    card.get_by_role("button", name=name).click()
    area = card.get_by_label("Text to copy")
    area.wait_for()
    return area.input_value()


@pytest.fixture
def served(kind, visit, bare_page):
    """Over http, where there is a clipboard."""
    page = visit(bare_page(kind.slug, kind(committed=True), http=True))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return card_of(page)


def test_the_copied_link_restores_the_numbers(kind, served, visit):
    press(served, "PageDown", "ArrowDown", on=first_field(served))
    press(served, "Home", "ArrowRight")
    open_fold(served)
    served.get_by_role("button", name="Copy link").click()
    served.page.wait_for_function("document.querySelector('.rk-say').textContent.startsWith('Link copied')")
    link = served.page.evaluate("navigator.clipboard.readText()")
    assert f"#{kind.slug}=main;" in link
    assert len(link) < 400
    again = card_of(visit(link))
    open_fold(again)
    assert fields(again) == fields(served)
    assert step_of(again) == 1
    assert said(again) == "Restored from the link."
    assert cells(again) == cells(served)


def test_without_a_clipboard_the_text_is_shown_selected(kind, visit, bare_page):
    page = visit("about:blank")
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.goto(bare_page(kind.slug, kind(committed=True)))
    card = card_of(page)
    open_fold(card)
    assert copied(card, "Copy link").endswith(f"#{kind.slug}=main")
    area = card.get_by_label("Text to copy")
    assert area.evaluate("(a) => a === document.activeElement && a.selectionEnd - a.selectionStart === a.value.length")
    assert "press Ctrl+C" in said(card)


def test_the_copied_python_prints_the_numbers_shown(kind, visit, bare_page):
    page = visit("about:blank")
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.goto(bare_page(kind.slug, kind(committed=True)))
    card = card_of(page)
    press(card, "PageDown", "ArrowDown", on=first_field(card))
    open_fold(card)
    code = copied(card, "Copy as Python")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = [round(float(text), 3) for text in re.findall(r"-?\d+\.\d*", done.stdout)]
    shown = [number(text) for name, text in cells(card).items() if name.startswith("table:h")]
    assert len(shown) > 4
    assert any(np.allclose(printed[k : k + len(shown)], shown, atol=1e-9) for k in range(len(printed)))


TEXTS = [
    "<img src=x onerror=alert(1)>",
    "%3Cimg%20src=x%20onerror=alert(1)%3E",
    "~3Cimg",
    "~zz",
    "~0",
    "~e9",
    "~01",
    "é",
    "a b",
]
TEXTS += ["a=b", "~3cimg~20src=x", "%", "~7f", "a" * 401, "~3c" * 401, "~0a" * 2000]


def hostile(kind):
    others = ["step=-1", "step=2.5", "step=999", "__proto__=1", "constructor=1", "name=evil", "committed=1", "garbage"]
    texts = [name for name, limit in kind.limits.traits.items() if "letters" in limit]
    if texts:
        return [*(f"{texts[0]}={value}" for value in TEXTS), "held=1e999", "held=None", "held=", "cut=none", *others]
    numbers = next(name for name, limit in kind.limits.traits.items() if "axes" in limit)
    values = ["NaN", "Infinity", "1e999", "1,2,3/4,5,6", "", "0x10", "%", "1;1", "--1", "9" * 5000, "0," * 400 + "0"]
    values += ["<img src=x onerror=alert(1)>", "%3Cimg%20src=x%20onerror=alert(1)%3E", "0/" * 400 + "0"]
    return [*(f"{numbers}={value}" for value in values), *others]


def test_an_unusable_link_changes_nothing_and_says_so(kind, visit, bare_page):
    page = visit(bare_page(kind.slug, kind(committed=True)))
    card = card_of(page)
    press(card, "PageDown", on=first_field(card))
    press(card, "End")
    before = state(card)
    for rest in hostile(kind):
        page.evaluate("(hash) => { location.hash = hash; }", f"#{kind.slug}=main;{rest}")
        page.wait_for_function("document.querySelector('.rk-say').textContent.startsWith('The link cannot be used')")
        assert said(card).endswith("your numbers stay as they are."), rest
        assert state(card) == before, rest
        assert page.locator("img").count() == 0
        page.evaluate("() => { location.hash = ''; }")
        press(card, "ArrowLeft", "ArrowRight")
        assert not said(card).startswith("The link")


def test_a_bad_link_opens_with_the_explorers_own_numbers(kind, visit, bare_page):
    url = bare_page(kind.slug, kind(committed=True))
    plain = state(card_of(visit(url)))
    card = card_of(visit(f"{url}#{kind.slug}=main;step=2.5"))
    assert said(card) == "The link cannot be used (step is no whole number): these are the explorer's own numbers."
    assert state(card) == plain


def test_a_link_moves_only_the_explorer_that_it_names(kind, visit, bare_page):
    url = bare_page(f"{kind.slug}-ab", kind(name="a", committed=True), kind(name="b", committed=True))
    page = visit(f"{url}#{kind.slug}=b;step=1")
    start = kind().step
    assert [step_of(card_of(page, k)) for k in (0, 1)] == [start, 1]
    page.evaluate(f"location.hash = '{kind.slug}=a;step=0'")
    settle(page)
    assert [step_of(card_of(page, k)) for k in (0, 1)] == [0, 1]
    page.evaluate("location.hash = 'somewhere-else'")
    settle(page)
    assert [step_of(card_of(page, k)) for k in (0, 1)] == [0, 1]


@pytest.fixture
def linked(kind, visit, bare_page):
    """A text below the card with two links that set it."""
    numbers = [name for name, limit in kind.limits.traits.items() if "low" in limit and "axes" not in limit]
    name = next(name for name in numbers if name != "unit")
    links = "".join(f'<p><a href="#{kind.slug}=main;{name}={value}">set it to {value}</a></p>' for value in (1, 2))
    tall = "<p style='height: 1200px'></p>"
    page = visit(bare_page(f"{kind.slug}-links", kind(), text=tall + links))
    card_of(page)
    return page, name


def value_of(card, name):
    if name == "step":
        return step_of(card)
    return float(fields(card)[name].replace("−", "-"))


def test_a_link_of_the_text_sets_it_and_says_so(linked):
    page, name = linked
    card = card_of(page)
    page.get_by_text("set it to 1").click()
    assert value_of(card, name) == 1
    assert said(card).startswith("“set it to 1”: ")
    assert not card.locator(".rk-form").is_visible(), "whoever follows the text has no prediction to make"
    page.wait_for_function("document.querySelector('.rk-card').getBoundingClientRect().top > -10")
    page.get_by_role("button", name="back to the text").click()
    assert page.evaluate("document.activeElement.textContent") == "set it to 1"


def test_a_link_of_the_text_works_twice(linked):
    page, name = linked
    card = card_of(page)
    page.get_by_text("set it to 2").click()
    press(card, "r")
    assert value_of(card, name) != 1
    page.get_by_text("set it to 1").click()
    assert value_of(card, name) == 1
    press(card, "r")
    page.get_by_text("set it to 1").click()
    assert value_of(card, name) == 1
    assert said(card).startswith("“set it to 1”: ")


def test_a_link_of_the_text_can_be_undone(linked):
    page, _ = linked
    card = card_of(page)
    before = fields(card)
    page.get_by_text("set it to 1").click()
    settle(page)
    if fields(card) == before:
        pytest.skip("it changed the place alone")
    card.locator("[data-act=undo]").click()
    assert fields(card) == before
