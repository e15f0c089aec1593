"""Type Ahead: what one types, accepts, holds, forgets and lets it write; its small form; and that it keeps up."""

import numpy as np
import pytest
from looks import LEAVING, SMALL_TARGETS, SMALL_TEXT
from shown import act, assert_states, card_of, cells, press, said, settle, step_of
from test_access import violations
from test_touch import PHONE, Finger

from rnnkit.explorers import TypeAhead
from rnnkit.explorers.type_ahead import network

LONG = "".join(f"def f{k}(x):\n    return [x, {k}]\n\n" for k in range(20))[:300]
OPENS = TypeAhead().text


@pytest.fixture
def open_(visit, bare_page):
    def go(one=None, name="type-ahead-own", **options):
        return card_of(visit(bare_page(name, one or TypeAhead(committed=True)), **options))

    return go


def text_of(card):
    settle(card.page)
    return card.locator("textarea").first.input_value()


def expected(card):
    """The rows of the bars: character and percent, as they stand."""
    settle(card.page)
    rows = "(rows) => rows.map((n) => [n.dataset.key, n.querySelector('.rk-percent').textContent])"
    return [
        (network.SYMBOLS[int(key)], float(p.split("\u00a0")[0]))
        for key, p in card.locator(".rk-rows button").evaluate_all(rows)
    ]


def assert_expects(card, one):
    """The bars are rnnkit's probabilities, to their last decimal; the likeliest is among them."""
    rows, p = expected(card), one.probabilities[one.step]
    for symbol, percent in rows:
        assert abs(percent - 100 * p[network.SYMBOLS.index(symbol)]) <= 0.05 + 1e-7
    assert network.SYMBOLS[p[:96].argmax()] in [symbol for symbol, _ in rows]


def end_of_text(card):
    card.locator("textarea").first.focus()
    card.page.keyboard.press("Control+End")
    settle(card.page)


def test_what_is_typed_is_read_and_the_bars_are_rnnkits(open_):
    card = open_()
    end_of_text(card)
    for k, key in enumerate([")", "Enter", "f", "o", "r", "Space", "i"]):
        card.page.keyboard.press(key)
        text = OPENS + ")\nfor i"[: 1 + k]
        assert text_of(card) == text
        assert_expects(card, TypeAhead(text=text, step=len(text)))
    shown = TypeAhead(text=text)
    assert assert_states(cells(card), shown.states) > 10


def test_typing_in_the_middle_reads_the_rest_anew(open_):
    card = open_()
    end_of_text(card)
    for _ in range(6):
        card.page.keyboard.press("ArrowLeft")
    card.page.keyboard.type("x")
    text, step = f"{OPENS[:-6]}x{OPENS[-6:]}", len(OPENS) - 5
    assert text_of(card) == text
    assert step_of(card) == step
    assert_expects(card, TypeAhead(text=text, step=step))


def test_the_caret_is_the_step(open_):
    card = open_()
    field = card.locator("textarea").first
    end_of_text(card)
    card.page.keyboard.press("ArrowLeft")
    card.page.keyboard.press("ArrowLeft")
    assert step_of(card) == len(OPENS) - 2
    press(card, "ArrowLeft")
    assert step_of(card) == len(OPENS) - 3
    field.focus()
    assert field.evaluate("(f) => f.selectionEnd") == len(OPENS) - 3


def test_an_expected_character_is_accepted_by_a_press_and_by_the_arrow(open_):
    card = open_()
    press(card, "End")
    symbol, _ = expected(card)[1]
    card.locator(".rk-rows button").nth(1).click()
    assert text_of(card) == f"{OPENS}{symbol}"
    end_of_text(card)
    best = max(expected(card), key=lambda row: row[1])[0]
    card.page.keyboard.press("ArrowRight")
    assert text_of(card) == f"{OPENS}{symbol}{best}"
    act(card, "undo")
    assert text_of(card) == f"{OPENS}{symbol}"


def test_the_opening_is_answered_by_a_key(open_):
    """The quote is typed by itself, and the bars appear."""
    card = open_(TypeAhead(), "type-ahead-ask")
    assert text_of(card) == OPENS[:-1]
    assert {row.split()[-1] for row in card.locator(".rk-rows button").all_inner_texts()} == {"?"}
    end_of_text(card)
    card.page.keyboard.press(")")
    assert text_of(card) == OPENS
    assert step_of(card) == len(OPENS)
    assert said(card).startswith("It says")
    assert_expects(card, TypeAhead(step=len(OPENS)))


def test_a_bar_answers_the_opening(open_):
    card = open_(TypeAhead(), "type-ahead-ask")
    card.locator(".rk-rows button").first.click()
    assert step_of(card) == len(OPENS)
    assert not card.locator(".rk-form").is_visible()


def test_a_held_unit_shows_what_it_would_expect_and_write_left_alone(open_):
    card = open_(TypeAhead(committed=True, text="n = max(len(a), len(b)", step=22, unit=91))
    alone = dict(expected(card))
    written = card.locator(".rk-ahead").text_content()
    press(card, "Home", on=card.locator("[data-grip=held]"))
    held = TypeAhead(text="n = max(len(a), len(b)", step=22, unit=91, held=-1, since=22)
    assert_expects(card, held)
    assert assert_states(cells(card), held.states) > 10
    ghosts = card.locator(".rk-rows .rk-ghost").evaluate_all("(all) => all.map((n) => parseFloat(n.style.width))")
    assert len(ghosts) == card.locator(".rk-rows button").count()
    for (symbol, _), ghost in zip(expected(card), ghosts, strict=True):
        if symbol in alone:
            assert ghost == pytest.approx(alone[symbol], abs=0.11)
    left_alone = card.locator(".rk-unheld").text_content().removeprefix("left alone: ")
    assert left_alone == written.replace("\n", "↵")
    card.page.keyboard.press("Escape")
    card.locator("[data-act=free]").click()
    assert dict(expected(card)) == alone
    assert card.locator(".rk-unheld").inner_text() == "→ takes what it would write"


def test_rows_stay_while_the_knob_is_dragged(open_):
    card = open_(TypeAhead(committed=True, text="n = max(len(a), len(b)", step=22, unit=91))
    box, finger = card.locator("[data-grip=held]").bounding_box(), Finger(card.page, False)
    before = [symbol for symbol, _ in expected(card)]
    x, y = box["x"] + 22, box["y"] + 22
    finger.down(x, y)
    for by in range(20, 240, 20):
        finger.move(x, y + by)
        now = [symbol for symbol, _ in expected(card)]
        for symbol in set(now) & set(before):
            assert now.index(symbol) == before.index(symbol)
        before = now
    finger.up(x, y + 240)


def test_the_scissors_make_it_forget(open_):
    card = open_(TypeAhead(committed=True, step=len(OPENS)))
    press(card, *["ArrowRight"] * 6, on=card.locator("[data-grip=cut]"))
    assert "forgotten the first 6 characters" in said(card)
    assert card.locator(".rk-gone").inner_text() == OPENS[:6]
    one = TypeAhead(step=len(OPENS), cut=6)
    assert_expects(card, one)
    assert assert_states(cells(card), one.states) > 10


def test_it_writes_on_until_it_is_touched(open_):
    card = open_()
    card.locator("[data-act=continue]").click()
    card.page.wait_for_function("document.querySelector('textarea').value.length > " + str(len(OPENS) + 4))
    act(card, "back")
    text = text_of(card)
    card.page.wait_for_timeout(400)
    assert text_of(card) == text
    assert text.startswith(OPENS)
    assert card.locator("[data-act=continue]").inner_text() == "Continue"


def test_it_stops_where_the_text_is_full(open_):
    card = open_(TypeAhead(committed=True, text="x" * 397, step=397))
    card.locator("[data-act=continue]").click()
    card.page.wait_for_function("document.querySelector('textarea').value.length === 400")
    card.page.wait_for_function("document.querySelector('[data-act=continue]').textContent === 'Continue'")
    end_of_text(card)
    card.page.keyboard.type("y")
    assert len(text_of(card)) == 400


def test_pointing_at_a_unit_shows_its_colours_and_its_gates(open_):
    card = open_()
    card.locator(".rk-gates summary").click()
    box = card.locator("[data-grip=cells]").bounding_box()
    card.page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] - 4)
    settle(card.page)
    assert card.locator(".rk-unit b").first.inner_text() == "Unit 96"
    assert card.get_by_role("img", name="Gates of unit 96").count() == 1
    card.page.mouse.move(0, 0)
    settle(card.page)
    assert card.locator(".rk-unit b").first.inner_text() == f"Unit {TypeAhead().unit}"


ODD = ["“quoted”\tand…", "héllo", "a\r\nb", "x" * 500, "<img src=x onerror=alert(1)>", "日本語"]


@pytest.mark.parametrize("pasted", ODD, ids=range(len(ODD)))
def test_whatever_is_pasted_is_a_text_that_it_knows(open_, pasted):
    card = open_(TypeAhead(committed=True, text="", step=0))
    card.locator("textarea").first.focus()
    card.page.keyboard.insert_text(pasted)
    text = text_of(card)
    assert_expects(card, TypeAhead(text=text, step=step_of(card)))
    assert card.locator("img[src]").count() == 0
    if pasted.startswith("“"):
        assert text == '"quoted"    and...'


def test_a_hostile_link_is_a_text(visit, bare_page):
    url = bare_page("type-ahead-own", TypeAhead(committed=True))
    escaped = "~3cimg~20src~3dx~20onerror~3dalert~281~29~3e"
    card = card_of(visit(f"{url}#type-ahead=main;text={escaped};step=28"))
    assert card.locator("textarea").first.input_value() == "<img src=x onerror=alert(1)>"
    assert card.page.locator("img").count() == 0
    assert_expects(card, TypeAhead(text="<img src=x onerror=alert(1)>", step=28))


@pytest.mark.parametrize("width", [1280, 375, 320])
def test_the_letters_below_stand_where_the_field_has_them(open_, width):
    """The field and what is drawn below it wrap alike: the same height at every size, but for what it would write."""
    card = open_(TypeAhead(committed=True, text=LONG, step=300), viewport={"width": width, "height": 900})
    heights = """(card) => [...card.querySelectorAll(".rk-sheet > *")].map((n) => n.scrollHeight)"""
    for text in ("a" * 300, LONG, "word " * 60, "\n\n\n", "x", " " * 200 + "y"):
        card.locator("textarea").first.fill(text)
        settle(card.page)
        below, field = card.evaluate(heights)
        tail = card.locator(".rk-ahead").inner_text().count("\n") + 3
        assert below >= field - 1
        assert below <= field + 26 * tail
    assert card.locator("textarea").first.evaluate("(f) => parseFloat(getComputedStyle(f).fontSize)") >= 16


def test_on_a_phone_the_text_and_the_bars_are_in_view_together(open_):
    for one in (TypeAhead(committed=True), TypeAhead(small=True)):
        card = open_(one, f"type-ahead-phone-{one.small}", **PHONE)
        boxes = [card.locator(at).first.bounding_box() for at in (".rk-editor", ".rk-bars")]
        assert boxes[1]["y"] + boxes[1]["height"] - boxes[0]["y"] < 500


FRAME_AFTER_A_KEY = """(card) => new Promise((done) => {
    const field = card.querySelector("textarea"), where = card.querySelector(".rk-where");
    field.addEventListener("input", () => {
        requestAnimationFrame(() => setTimeout(() => done(Number(where.dataset.where))));
    }, { once: true, capture: true });
})"""


def test_a_key_is_drawn_in_the_next_frame_at_300_characters(open_):
    """However long a frame takes: that is make bench-pages' to say."""
    card = open_(TypeAhead(committed=True, text=LONG, step=300))
    end_of_text(card)
    for length in range(301, 306):
        drawn = f"() => ({{ step: ({FRAME_AFTER_A_KEY})(document.querySelector('.rk-card')) }})"
        frame = card.page.evaluate_handle(drawn)
        card.page.keyboard.type("a")
        assert frame.evaluate("(f) => f.step") == length


def test_the_small_form_types_by_itself_until_it_is_touched(open_):
    card = open_(TypeAhead(small=True), "type-ahead-small")
    card.page.wait_for_function("document.querySelectorAll('[data-cell^=\"x:\"]').length > 2")
    card.locator("textarea").click()
    settle(card.page)
    press(card, "x", on=card.locator("textarea"))
    text = text_of(card)
    card.page.wait_for_timeout(500)
    assert text_of(card) == text
    assert "x" in text


def test_the_small_form_ends_with_its_whole_text(open_):
    card = open_(TypeAhead(small=True), "type-ahead-small")
    all_read = f"document.querySelectorAll('[data-cell^=\"x:\"]').length === {len(OPENS)}"
    card.page.wait_for_function(all_read, timeout=6000)
    settle(card.page)
    assert_expects(card, TypeAhead(step=len(OPENS)))


def test_where_less_motion_is_asked_for_the_small_form_types_nothing(open_):
    card = open_(TypeAhead(small=True), "type-ahead-small", reduced_motion="reduce")
    before = text_of(card), cells(card)
    card.page.wait_for_timeout(600)
    assert (text_of(card), cells(card)) == before
    assert len([name for name in before[1] if name.startswith("x:")]) == len(OPENS)


@pytest.mark.parametrize("width", [1280, 375, 320])
def test_the_small_form_is_whole_at_every_width(open_, width):
    card = open_(
        TypeAhead(small=True), "type-ahead-small", viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    assert card.evaluate(LEAVING) == []
    assert card.evaluate(SMALL_TARGETS) == []
    assert card.evaluate(SMALL_TEXT) == []
    assert violations(card.page) == {}
    assert card.page.evaluate("layoutShift") < 0.05


def test_reset_after_the_answer_shows_what_was_asked(open_):
    card = open_(TypeAhead(), "type-ahead-ask")
    card.page.locator(".rk-form button").first.click()
    settle(card.page)
    act(card, "reset")
    assert text_of(card) == OPENS
    assert step_of(card) == len(OPENS)


def test_a_link_to_another_text_opens_without_the_question(visit, bare_page):
    url = bare_page("type-ahead-link", TypeAhead())
    page = visit(url)
    card_of(page)
    page.evaluate("location.hash = '#type-ahead=main;text=lambda;step=6;cut=2'")
    settle(page)
    assert page.locator("textarea").first.input_value() == "lambda"
    assert page.locator("[data-act=continue]").is_enabled()
    assert page.locator(".rk-gone").inner_text() == "la"


def test_undo_takes_back_a_character_that_a_key_accepted(open_):
    card = open_()
    end_of_text(card)
    card.page.keyboard.press("ArrowRight")
    assert len(text_of(card)) == len(OPENS) + 1
    card.page.keyboard.press("Control+z")
    assert text_of(card) == OPENS


def test_another_text_lets_the_held_unit_go(open_):
    card = open_(TypeAhead(committed=True, held=-1, since=3), "type-ahead-held")
    field = card.locator("textarea").first
    field.focus()
    card.page.keyboard.press("Control+a")
    card.page.keyboard.type("w")
    settle(card.page)
    assert card.locator("[data-act=free]").is_hidden()


def test_a_refusal_is_gone_with_the_next_plain_letter(open_):
    card = open_()
    card.page.wait_for_timeout(1300)  # a new gesture takes back what was said, and not what it is told
    card.locator("textarea").first.fill("\u4f60")
    settle(card.page)
    assert "95 characters" in said(card)
    end_of_text(card)
    card.page.keyboard.type("a")
    settle(card.page)
    assert "95 characters" not in said(card)


METRE = "M:3/4\nK:G\nG2B2d2"


@pytest.fixture
def tune(visit, bare_page):
    def go(text, **options):
        one = TypeAhead(model="tunes", text=text, step=len(text))
        card = card_of(visit(bare_page("type-ahead-of-tunes", one, http=True), **options))
        card.page.wait_for_selector(".rk-card:not(.rk-loading)")
        settle(card.page)
        return card

    return go


def test_what_the_tunes_network_never_read_is_told(tune):
    card = tune(METRE)
    assert "never read" not in said(card)
    end_of_text(card)
    card.page.keyboard.type("Hx9?G")
    settle(card.page)
    assert "It never read Hx9?" in said(card)
    card.page.keyboard.insert_text("\u00fc")
    settle(card.page)
    assert "95 characters" not in said(card)
    assert "It knows" in said(card)
    assert "CDEFGABcdefg" in said(card)


def test_after_an_edit_it_says_what_stands_at_the_end(tune):
    card = tune(METRE)
    assert "at the end" not in said(card)
    card.locator("textarea").first.focus()
    card.page.keyboard.press("Control+Home")
    for key in ("ArrowRight", "ArrowRight", "Delete", "4"):
        card.page.keyboard.press(key)
    four = METRE.replace("3", "4", 1)
    assert text_of(card) == four
    p = TypeAhead(model="tunes", text=four).probabilities[-1]
    first, second = np.argsort(-p[:96])[:2]
    likely = [f"{network.SYMBOLS[k]} {100 * p[k]:.1f}" for k in (first, second)]
    assert "After 4 it expects" in said(card)
    assert said(card).endswith(f"at the end, {likely[0]}\u00a0% or {likely[1]}\u00a0%.")


@pytest.mark.parametrize("width", [1200, 375])
def test_the_first_line_of_a_tune_is_whole(tune, width):
    """The metre stands in it, and is to be edited."""
    card = tune("M:3/4\nK:G\nG2B2d2|c2AGF2|G2B2d2|A2G4|\n", viewport={"width": width, "height": 900})
    assert card.locator(".rk-editor").first.evaluate("(node) => node.scrollTop") == 0
