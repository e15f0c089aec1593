"""Number fields: what people type, paste, turn, scrub and scroll over, and what then stands in the explorer."""

import pytest
from shown import answer, fields, first_field, press, said, settle


@pytest.fixture
def field(card):
    return first_field(card)


def own(field):
    """The ends of its range."""
    return tuple(float(field.get_attribute(f"aria-value{end}")) for end in ("min", "max"))


def value(field):
    """What the explorer computes with, whatever is written in the field."""
    settle(field.page)
    return float(field.get_attribute("aria-valuenow"))


def written(field):
    return float(field.input_value().replace("−", "-"))


def type_over(field, keys):
    field.focus()
    field.page.keyboard.press("Control+A")
    field.page.keyboard.type(keys)


def paste(field, text):
    """All at once, as a paste comes."""
    field.focus()
    field.page.keyboard.press("Control+A")
    field.page.keyboard.insert_text(text)


def note_of(field):
    return said(field.page.locator(".rk-card"))


def test_a_comma_is_a_decimal_point(field):
    type_over(field, "0,5")
    assert value(field) == 0.5
    assert field.input_value() == "0,5", "nothing is rewritten while one types"
    field.page.keyboard.press("Tab")
    assert field.input_value() == "0.5"


@pytest.mark.parametrize(("text", "number"), [("−2", -2), (" 0,75 ", 0.75), ("-.5", -0.5), ("+1", 1), ("5e-1", 0.5)])
def test_a_pasted_number_is_taken_as_people_write_it(field, text, number):
    before, (low, high) = value(field), own(field)
    paste(field, text)
    field.page.keyboard.press("Enter")
    want = number if low <= number <= high else before
    assert (written(field), value(field)) == (want, want)


@pytest.mark.parametrize("text", ["2,0\t3", "1 2", "two", "--1", "1,2,3", "0x10", "999", "1e5", "-"])
def test_a_refused_entry_takes_back_the_number_from_before(field, text):
    before = value(field)
    paste(field, text)
    assert field.get_attribute("aria-invalid") == "true"
    field.page.keyboard.press("Tab")
    assert (written(field), value(field)) == (before, before)
    assert field.get_attribute("aria-invalid") is None
    low, high = (f"{end:g}".replace("-", "−") for end in own(field))
    assert f"needs a number from {low} to {high}; it stays {before:g}.".replace("-", "−") in note_of(field)


def test_a_refused_entry_undoes_what_its_beginning_set(field):
    """Of 1e5, the 1 was a number."""
    before = value(field)
    type_over(field, "1e5")
    field.page.keyboard.press("Tab")
    assert (written(field), value(field)) == (before, before)


def test_an_emptied_field_takes_back_its_number(field):
    before = value(field)
    field.focus()
    field.page.keyboard.press("Control+A")
    field.page.keyboard.press("Delete")
    field.page.keyboard.press("Tab")
    assert (written(field), value(field)) == (before, before)


def test_a_wrong_entry_says_so_until_it_is_right(field):
    field.fill("1000")
    assert field.get_attribute("aria-invalid") == "true"
    field.fill("1")
    assert field.get_attribute("aria-invalid") is None


def test_arrows_are_fine_and_with_shift_coarse(field):
    before = value(field)
    press(field.page.locator(".rk-card"), "ArrowDown", on=field)
    fine = before - value(field)
    press(field.page.locator(".rk-card"), "Shift+ArrowDown", on=field)
    coarse = before - fine - value(field)
    assert coarse == pytest.approx(10 * fine)
    assert 0.009 < fine < 0.11
    press(field.page.locator(".rk-card"), "PageUp", "ArrowUp", on=field)
    assert value(field) == pytest.approx(before)
    assert written(field) == value(field)


def test_arrows_stop_at_the_limit(field):
    low, high = own(field)
    field.fill(f"{high:g}")
    press(field.page.locator(".rk-card"), "ArrowUp", "PageUp", on=field)
    assert value(field) == high
    field.fill(f"{low:g}")
    press(field.page.locator(".rk-card"), "ArrowDown", on=field)
    assert value(field) == low


def drag(field, by):
    box = field.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = field.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + by / 2, y)
    mouse.move(x + by, y)
    mouse.up()
    settle(field.page)


def test_a_sideways_drag_scrubs_and_undo_takes_it_back(field):
    before = value(field)
    drag(field, -40)
    after = value(field)
    assert after < before
    drag(field, 40)
    assert value(field) == pytest.approx(before)
    for _ in range(2):
        field.page.locator("[data-act=undo]").click()
    assert value(field) == before


def test_a_click_writes_and_does_not_scrub(field):
    before = value(field)
    field.click()
    assert field.evaluate("(f) => f === document.activeElement && f.selectionEnd === f.value.length")
    assert value(field) == before
    drag(field, -40)
    assert value(field) == before, "in a field with the focus, a drag selects"


def test_the_wheel_scrolls_the_page_and_changes_no_number(kind, visit, bare_page):
    page = visit(bare_page(f"{kind.slug}-wheel", kind(committed=True), text="<p style='height: 2000px'></p>"))
    field = first_field(page.locator(".rk-card"))
    before = value(field)
    field.click()
    field.hover()
    for _ in range(3):
        page.mouse.wheel(0, 120)
        page.wait_for_timeout(50)
    page.wait_for_function("scrollY > 50")
    assert value(field) == before


def test_every_field_reaches_the_explorer(card):
    """Each one by itself, and no other field moves."""
    for name in fields(card):
        field = card.locator(f"input[data-field='{name}']:visible")
        if not field.count():
            continue
        before = fields(card)
        field.focus()
        card.page.keyboard.press("ArrowDown" if value(field) > own(field)[0] else "ArrowUp")
        after = fields(card)
        assert {key for key in after if after[key] != before.get(key)} == {name}


def test_what_was_typed_is_what_is_shown_after_leaving(field):
    type_over(field, "0.25")
    field.page.keyboard.press("Tab")
    assert field.input_value() == "0.25"
    assert value(field) == 0.25


def test_guesses_take_numbers_in_the_same_way(asking):
    """Where a question asks for numbers; the first that does."""
    card = asking
    if not card.locator(".rk-guess").count():
        answer(card)
        again = card.locator(".rk-again")
        if not again.count():
            pytest.skip("it never asks for a number")
        again.click()
        settle(card.page)
    guesses = card.locator(".rk-guess")
    card.locator(".rk-primary").click()
    assert "A prediction is a number" in said(card)
    assert guesses.first.is_visible()
    for k in range(guesses.count()):
        paste(guesses.nth(k), "−0,86")
    assert guesses.first.input_value() == "−0,86"
    card.locator(".rk-primary").click()
    assert "right" in said(card)
    assert not card.locator(".rk-guess").count() or not guesses.first.is_visible()
