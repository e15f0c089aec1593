"""Spectrum Scope's own ways: eigenvalues, the rim and both starts are dragged and moved by keys."""

import pytest
from shown import act, card_of, fields, press, said, settle
from test_touch import PHONE, Finger

from rnnkit.explorers import SpectrumScope


@pytest.fixture
def open_card(visit, bare_page):
    """``open_card(**traits)`` gives the card on a page of its own; ``touch`` on a phone."""

    def go(touch=False, **traits):
        url = bare_page("spectrum-scope-own", SpectrumScope(**{"committed": True} | traits))
        return card_of(visit(url, **PHONE) if touch else visit(url))

    return go


def grip(card, name):
    return card.locator(f"[data-grip={name}]")


def middle(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(card, name, across, down, touch=False):
    one, finger = grip(card, name), Finger(card.page, touch)
    one.scroll_into_view_if_needed()
    x, y = middle(one)
    finger.down(x, y)
    for part in (0.25, 0.5, 0.75, 1):
        finger.move(x + part * across, y + part * down)
    finger.up(x + across, y + down)
    settle(card.page)


def eigenvalues(card):
    """As the handles say them: 0.89, or 0.88 + 0.15 i."""
    texts = card.locator(".rk-eigenvalue").evaluate_all("(all) => all.map((n) => n.ariaValueText)")
    return [complex(text.replace(" ", "").replace("−", "-").replace("i", "j")) for text in texts]


@pytest.mark.parametrize("touch", [True, False], ids=["touch", "mouse"])
def test_a_dragged_pair_meets_on_the_axis_and_splits(open_card, touch):
    card = open_card(touch=touch, eigenvalues=[[0.5, -0.4]], lean=0)
    unit = card.locator(".rk-plane .rk-circle").bounding_box()["width"] / 2
    assert [v.imag for v in eigenvalues(card)] == [0.4, -0.4]
    drag(card, "eigen-0-0", 0, 0.4 * unit, touch)
    met = eigenvalues(card)
    assert met[0].imag == met[1].imag == 0
    assert met[0].real == pytest.approx(0.5, abs=0.03)
    drag(card, "eigen-0-0", 0.3 * unit, 0, touch)
    split = eigenvalues(card)
    assert split[0].imag == 0
    assert split[0].real - split[1].real == pytest.approx(0.3, abs=0.06)


def test_keys_move_an_eigenvalue_and_its_mirror(open_card):
    card = open_card()
    press(card, "ArrowLeft", "Shift+ArrowUp", on=grip(card, "eigen-0-0"))
    one, other = eigenvalues(card)
    assert one == pytest.approx(0.86 + 0.35j, abs=0.006)
    assert other == one.conjugate()


def test_the_rim_is_pulled_to_less_lean(open_card):
    card = open_card()
    grown = said(card)
    assert "11.3" in grown
    drag(card, "knob-lean", 0, 30)
    lean = float(fields(card)["lean"])
    assert 0 <= lean < 3.5
    assert card.locator(".rk-disc .rk-ghost").get_attribute("d"), "the ellipse of before stays"
    act(card, "undo")
    assert float(fields(card)["lean"]) == 4


@pytest.mark.parametrize("touch", [True, False], ids=["touch", "mouse"])
def test_both_starts_are_dragged(open_card, touch):
    card = open_card(touch=touch)

    def starts():
        return [grip(card, name).get_attribute("aria-valuetext") for name in ("knob-start", "knob-push")]

    before = starts()
    drag(card, "knob-push", 30, 20, touch)
    assert starts()[0] == before[0]
    assert starts()[1] != before[1]
    drag(card, "knob-start", -24, 8, touch)
    assert starts()[0] != before[0]


def test_keys_move_a_start(open_card):
    card = open_card()
    press(card, "ArrowRight", "Shift+ArrowUp", on=grip(card, "knob-start"))
    assert grip(card, "knob-start").get_attribute("aria-valuetext") == "h₁ 0.012, h₂ 0.025"


def test_until_the_answer_nothing_can_be_dragged(open_card):
    card = open_card(committed=False)
    assert card.locator(".rk-handle").count() == 0
    assert card.locator("[data-cell^=times]").inner_html() == "×?"
    press(card, "End")
    assert card.locator("[data-cell^=times]").inner_html() == "×?"
    card.locator("[data-answer='It only shrinks']").click()
    card.page.wait_for_function("document.querySelector('.rk-say').textContent.startsWith('Look again')", timeout=9000)
    assert "×11.3" in said(card)


def test_an_orthogonal_matrix_keeps_the_disc(open_card):
    card = open_card(activation="linear")
    act(card, "orthogonal")
    assert "W only turns" in said(card)
    press(card, "End")
    assert card.locator("[data-cell^=times]").inner_html() == "×1.00"
    assert [abs(v) for v in eigenvalues(card)] == pytest.approx([1, 1], abs=0.006)
