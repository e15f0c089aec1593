"""Number fields of State Stepper: what people type, paste and scroll over, and what then stands in the model."""

import pytest
from shown import card_of, cells, commit, number


@pytest.fixture
def field(chapter):
    chapter.context.grant_permissions(["clipboard-read", "clipboard-write"])
    card = card_of(chapter)
    commit(card)
    return card.locator("[data-edit='W_hh[1,1]']")


def weight(field):
    """W_hh[1,1] as the page computes with it: the second weight of unit 1's sum."""
    return number(cells(card_of(field.page))["sum:weight:1"])


def note(field):
    return field.page.locator(".rk-note").inner_text()


def type_over(field, keys):
    field.click()
    field.page.keyboard.press("Control+A")
    field.page.keyboard.type(keys)


def paste(field, text):
    field.page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    field.click()
    field.page.keyboard.press("Control+A")
    field.page.keyboard.press("Control+V")


def test_a_refused_entry_takes_back_the_number_from_before_the_first_key(field):
    for before, typed in ((99, "1e5"), (-4, "123"), (7, "5-")):
        type_over(field, str(before))
        field.page.keyboard.press("Enter")
        type_over(field, typed)
        field.page.keyboard.press("Tab")
        assert (float(field.input_value()), weight(field)) == (before, before), typed
        assert f"it stays {str(before).replace('-', '−')}." in note(field)


def test_a_comma_is_a_decimal_point(field):
    type_over(field, "0,5")
    assert (field.input_value(), weight(field)) == ("0.5", 0.5)


@pytest.mark.parametrize(("text", "value"), [("−2", -2), (" 0,75 ", 0.75), ("-.5", -0.5), ("1e1\n", 10), ("+3", 3)])
def test_a_pasted_number_is_taken_as_people_write_it(field, text, value):
    paste(field, text)
    assert (float(field.input_value()), weight(field)) == (value, value)


@pytest.mark.parametrize("text", ["2,0\t3", "1 2", "1\n2", "two", "", "--1", "1,2,3", "0x10"])
def test_what_is_not_one_number_is_not_pasted(field, text):
    before = (field.input_value(), weight(field))
    paste(field, text)
    assert (field.input_value(), weight(field)) == before
    assert "What you pasted is not one number" in note(field)


def test_a_pasted_number_beyond_the_limit_is_refused_like_a_typed_one(field):
    paste(field, "100")
    assert field.get_attribute("aria-invalid") == "true"
    field.page.keyboard.press("Tab")
    assert (field.input_value(), weight(field)) == ("2", 2)


def test_the_wheel_scrolls_and_changes_no_number(field):
    page = field.page
    field.click()
    field.hover()
    top = page.evaluate("scrollY")
    for _ in range(3):
        page.mouse.wheel(0, 120)
        page.wait_for_timeout(60)
    page.wait_for_function(f"scrollY > {top} + 50")
    assert (field.input_value(), weight(field)) == ("2", 2)


def test_a_wrong_entry_says_so_to_assistive_technology_until_it_is_right(field):
    field.fill("100")
    assert field.get_attribute("aria-invalid") == "true"
    field.fill("10")
    assert field.get_attribute("aria-invalid") is None


def test_the_predictions_fields_take_numbers_in_the_same_way(chapter):
    chapter.context.grant_permissions(["clipboard-read", "clipboard-write"])
    guess = card_of(chapter).locator(".rk-guesses input")
    type_over(guess.nth(0), "0,86")
    paste(guess.nth(1), "−0,889")
    assert [guess.nth(k).input_value() for k in (0, 1)] == ["0.86", "-0.889"]
    card_of(chapter).get_by_role("button", name="Commit").click()
    assert "That is right to 0.05." in card_of(chapter).locator(".rk-reply").inner_text()
