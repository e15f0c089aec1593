"""Paper: light from every theme, the still picture in the card's place, the reader's numbers, and the table's."""

import pytest
from looks import UNREADABLE
from shown import assert_states, card_of, cells, fields, first_field, open_fold, press, settle

from rnnkit.explorers import EXPLORERS

FORMS = ("wide", "narrow")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paper_is_white_and_its_text_can_be_read(kind, visit, bare_page, theme):
    page = visit(bare_page(f"{kind.slug}-{theme}", kind(), theme=theme), viewport={"width": 720, "height": 3000})
    card = card_of(page)
    page.emulate_media(media="print")
    assert not card.is_visible()
    assert page.locator(".rk-still").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(UNREADABLE, ".rk-still") == []


def test_paper_from_the_systems_dark_is_white_too(kind, visit, bare_page):
    page = visit(bare_page(f"{kind.slug}-dark", kind(), theme="dark"), color_scheme="dark")
    card_of(page)
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(18, 20, 23)"
    page.emulate_media(media="print")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"


def still_cells(page, part):
    texts = "(nodes) => nodes.map((n) => [n.dataset.cell, n.dataset.h ?? n.textContent])"
    return dict(page.locator(f".rk-still {part} [data-cell]").evaluate_all(texts))


@pytest.mark.parametrize("form", FORMS)
def test_paper_equals_the_table_equals_the_screen(kind, visit, bare_page, form):
    one = kind(committed=True)
    page = visit(bare_page(kind.slug, one))
    card = card_of(page)
    press(card, "End")
    open_fold(card)
    screen, paper, table = cells(card), still_cells(page, f".rk-{form}"), still_cells(page, "table")
    assert {name: text for name, text in screen.items() if name.startswith("table:")} == table
    common = paper.keys() & screen.keys()
    assert len(common) >= 10
    assert {name: paper[name] for name in common} == {name: screen[name] for name in common}
    for found in (screen, paper, table):
        assert assert_states(found, one.states) >= 10


def test_the_reader_prints_their_own_numbers(kind, card):
    page = card.page
    press(card, "PageDown", on=first_field(card))
    press(card, "End")
    open_fold(card)
    page.pdf()
    want = {name: text for name, text in cells(card).items() if name.startswith("table:")}
    assert still_cells(page, "table") == want
    assert want != {name: text for name, text in still_cells_of(kind).items() if name.startswith("table:")}
    assert page.locator(".rk-still figcaption").inner_text() == kind.caption
    assert page.locator(".rk-still .rk-wide").count() == page.locator(".rk-still .rk-narrow").count() == 1


def still_cells_of(kind):
    """The cells of the default's table, from rnnkit."""
    states = kind().states
    flat = states.shape[1] == 1
    return {
        f"table:h:{t}" + ("" if flat else f":{j}"): f"{states[t, j]:.3f}".replace("-", "−")
        for t in range(len(states))
        for j in range(states.shape[1])
    }


def test_before_the_answer_paper_shows_the_opening_numbers(asking):
    """A reader who has moved nothing prints what the page was written with."""
    before = still_cells(asking.page, "table")
    asking.page.pdf()
    assert still_cells(asking.page, "table") == before
    assert "?" not in before.values()


def test_every_listed_explorer_prints_on_one_page(visit, bare_page):
    page = visit(bare_page("print-all", *(kind() for kind in EXPLORERS)), viewport={"width": 720, "height": 900})
    card_of(page)
    page.emulate_media(media="print")
    settle(page)
    assert page.locator(".rk-still:visible").count() == len(EXPLORERS)
    for still in page.locator(".rk-still").all():
        short = still.locator("tbody tr").count() <= 12
        assert still.locator("table").is_visible() == short, "a long table is for those who hear the page"
        assert still.evaluate("(n) => n.scrollWidth <= n.clientWidth + 1")


def test_fields_are_not_printed(card):
    assert fields(card)
    card.page.emulate_media(media="print")
    assert card.page.locator("input:visible, button:visible").count() == 0
