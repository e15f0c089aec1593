"""Cell Race: a guess starts a race, which is watched, stopped, left and found again; the answer is dragged away."""

import json
import re

import pytest
from looks import COLLIDING
from shown import MODEL, act, answer, card_of, fields, first_field, press, said, settle, step_of
from test_touch import PHONE, Finger, middle

from rnnkit.explorers import CellRace, page_style, page_tokens
from rnnkit.explorers.base import engine

UPDATES = """() => document.querySelector('.rk-race svg').getAttribute('aria-label')
    .match(/after ([\\d,]+) updates/)?.[1]"""
OVER = "document.querySelector('[data-act=race]').textContent !== 'Stop'"
END = "RNN first, after 95 updates; GRU 161; LSTM 351."
RACE = """(settings) => { const race = cell_race_race.raceOf(settings);
    while (!race.done && race.n < settings.most) race.step();
    return JSON.stringify([race.n, race.nets.map(({ p, mean, right, solved }) =>
        [Array.from(p), mean, right, solved])]); }"""


@pytest.fixture
def open_card(visit, bare_page):
    """``open_card(**traits)`` gives the card on a page of its own; further ``options`` are the browser's."""

    def go(options=None, text="", **traits):
        url = bare_page("cell-race-own", CellRace(**{"committed": True} | traits), text=text)
        return card_of(visit(url, **options or {}))

    return go


def updates(card):
    """How many the picture shows."""
    return int((card.page.evaluate(UPDATES) or "0").replace(",", ""))


def race_on(card, guess="LSTM"):
    card.locator(f"[data-guess={guess}]").click()
    card.page.wait_for_function(f"Number(({UPDATES})()?.replace(',', '')) > 8")


def finish(card, seconds=40):
    card.page.wait_for_function(OVER, timeout=1000 * seconds)
    settle(card.page)


def test_a_guess_starts_the_race_and_its_end_answers(visit, bare_page):
    card = card_of(visit(bare_page("cell-race-ask", CellRace())))
    assert "name the first" in said(card)
    card.locator("[data-answer=LSTM]").click()
    finish(card)
    assert said(card).startswith(f"{END} You said LSTM.")
    assert card.locator(".rk-race-tried").count() == 3, "the board has it"
    press(card, "r")
    assert "Your guess?" not in said(card)


def test_a_race_is_the_same_to_the_last_digit_in_a_browser_and_in_the_build(visit, bare_page):
    """Two hundred updates: every parameter and loss, of ten letters, of adding, of a GRU whose z renews."""
    page = visit(bare_page("empty"))
    code = "\n".join(CellRace.scopes().values()).replace("const cell_race_race", "var cell_race_race")
    page.evaluate("(code) => (0, eval)(code)", code)  # a const would end with its eval
    for changed in ({}, {"task": "adding"}, {"z": "renews", "bias": 3.0, "word": "ABCD" * 5, "step": 20}):
        given = CellRace(**changed).traits_for_page() | {"most": 200}
        assert page.evaluate(RACE, given) == engine(CellRace).eval(f"({RACE})({json.dumps(given)})")


@pytest.mark.parametrize("rate", [1, 6])
def test_a_slower_machine_runs_the_same_race(open_card, rate):
    card = open_card()
    cdp = card.page.context.new_cdp_session(card.page)
    cdp.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    race_on(card)
    finish(card, 90)
    assert said(card).startswith(END)


def test_one_button_stops_it_and_starts_it_again(open_card):
    card = open_card()
    race_on(card)
    act(card, "race")
    stopped = updates(card)
    assert said(card) == f"Stopped at update {stopped}."
    card.page.wait_for_timeout(300)
    assert updates(card) == stopped
    assert card.locator(".rk-race-tried").count() == 0, "a stopped race is on no board"
    act(card, "race")
    finish(card)
    assert said(card).startswith(END)


def test_stepping_leaves_the_race_alone_and_an_edit_ends_it(open_card):
    card = open_card()
    race_on(card)
    before = updates(card)
    press(card, "ArrowLeft", "ArrowLeft")
    card.page.wait_for_function(f"Number(({UPDATES})().replace(',', '')) > {before + 10}")
    assert step_of(card) == 8
    press(card, "ArrowUp", on=first_field(card))
    card.page.wait_for_timeout(200)
    assert updates(card) == 0
    assert card.locator("[data-guess=RNN]").is_visible()
    act(card, "undo")
    assert card.locator("[data-act=race]").inner_text() == "Race"


def test_out_of_sight_it_waits(open_card):
    card = open_card(text="<p style='height: 4000px'></p>")
    race_on(card)
    card.page.evaluate("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
    card.page.wait_for_timeout(200)
    before = updates(card)
    card.page.wait_for_timeout(700)
    assert updates(card) == before
    card.page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    finish(card)
    assert said(card).startswith(END)


def test_a_card_that_leaves_trains_no_more(visit, bare_page):
    page = visit(bare_page("empty"))
    traits = CellRace(committed=True).traits_for_page()
    page.evaluate(MODEL, [CellRace._esm, traits, page_tokens() + page_style((CellRace,))])
    card = card_of(page)
    race_on(card)
    page.evaluate("views[0].leave()")
    page.wait_for_timeout(200)  # a frame that was begun may end
    before = updates(card)
    page.wait_for_timeout(300)
    assert updates(card) == before


def test_where_less_motion_is_asked_for_the_end_is_shown_at_once(open_card):
    card = open_card({"reduced_motion": "reduce"})
    card.page.evaluate(
        f"""() => {{ window.seen = new Set();
        new MutationObserver(() => seen.add(({UPDATES})())).observe(document.querySelector(".rk-race"),
            {{ childList: true, subtree: true, attributes: true }}); }}"""
    )
    card.locator("[data-guess=LSTM]").click()
    settle(card.page)
    assert "less motion" in said(card)
    finish(card)
    assert said(card).startswith(END)
    seen = [int(one or "0") for one in card.page.evaluate("[...seen]")]
    assert set(seen) <= {0, 412}


def test_what_was_raced_is_found_again(open_card):
    card = open_card()
    race_on(card)
    finish(card)
    press(card, "ArrowUp", on=first_field(card))
    assert card.locator("[data-guess=RNN]").is_visible()
    act(card, "undo")
    assert said(card).startswith(END[:20])
    assert not card.locator("[data-guess=RNN]").is_visible()


def test_next_seed_and_five_seeds_fill_the_board(open_card):
    card = open_card(word="ABCD", step=4)
    act(card, "race")
    finish(card)
    act(card, "race")
    assert fields(card)["seed"] == "2"
    finish(card)
    act(card, "several")
    finish(card, 60)
    card.page.wait_for_function("document.querySelector('.rk-say').textContent.includes('of 7 seeds')", timeout=60000)
    assert fields(card)["seed"] == "7"
    first = re.match(r"First: (.*)\. Home: RNN on 7, LSTM on 7, GRU on 7 of 7 seeds\.", said(card))[1]
    assert sorted(int(seed) for seed in re.findall(r"\d+", first)) == list(range(1, 8)), "each seed has its winner"
    assert card.locator(".rk-race-old").count() == 3 * 6, "the curves of the others stay"


@pytest.mark.parametrize("touch", [True, False], ids=["touch", "mouse"])
def test_the_answer_is_dragged_away(open_card, touch):
    card = open_card(PHONE if touch else None)
    chip = card.locator("[data-grip=answer]")
    chip.scroll_into_view_if_needed()
    wall, (x, y) = card.locator(".rk-race-wall"), middle(chip)
    first, lane = wall.bounding_box()["x"], card.locator(".rk-race-ground").first.bounding_box()
    finger = Finger(card.page, touch)
    finger.down(x, y)
    for part in (0.25, 0.5, 0.75, 1):
        finger.move(x + part * lane["width"] / 4, y)
    finger.up(x + lane["width"] / 4, y)
    settle(card.page)
    assert chip.get_attribute("aria-valuenow") == "20"
    assert wall.bounding_box()["x"] - first == pytest.approx(lane["width"] / 4, abs=1)
    assert step_of(card) == 20
    press(card, "Home", on=chip)
    assert chip.get_attribute("aria-valuenow") == "2"
    press(card, "End", on=chip)
    assert chip.get_attribute("aria-valuenow") == "40"
    press(card, "ArrowLeft", "PageDown", on=chip)
    assert chip.get_attribute("aria-valuenow") == "34"


@pytest.mark.parametrize("how", ["tap", "key", "button"])
def test_a_flipped_letter_travels(open_card, how):
    card = open_card()
    race_on(card)
    finish(card)
    first = card.locator("[data-grip=flip]")
    press(card, "ArrowLeft")
    if how == "tap":
        first.click()
    elif how == "key":
        press(card, "Enter", on=first)
    else:
        card.get_by_role("button", name="flip the first").click()
    card.page.wait_for_function("document.querySelector('.rk-where').dataset.where === '5'")
    assert card.get_by_text("C → D").count() == 0, "no answer before the end"
    card.page.wait_for_function("document.querySelector('.rk-say').textContent.includes('All three answers follow.')")
    assert card.get_by_text("C → D ✓").count() == 3
    press(card, "Space", on=first)
    card.page.wait_for_function("document.querySelector('.rk-say').textContent.includes('All three answers follow.')")
    assert card.get_by_text("C → A ✓").count() == 3


@pytest.mark.parametrize("width", [343, *(pytest.param(width, marks=pytest.mark.heavy) for width in (688, 1100))])
def test_no_label_meets_another_while_they_race(visit, bare_page, width):
    """Looked at again and again, on ten letters, on numbers, with the shortest delay and in both views."""
    for changed in ({}, {"word": "AB", "step": 2}, {"task": "adding"}, {"word": "ABCD" * 10, "step": 40, "bias": 3.0}):
        url = bare_page(f"cell-race-look-{width}", CellRace(committed=True, **changed))
        card, found = card_of(visit(url, viewport={"width": width + 16, "height": 900})), {}
        press(card, "End")
        race_on(card)
        for _ in range(14):
            settle(card.page)
            if bad := card.evaluate(COLLIDING):
                found[updates(card)] = bad
            card.page.wait_for_timeout(250)
        if card.locator("[data-act=race]").inner_text() == "Stop":
            act(card, "race")
        card.get_by_role("button", name="flip the first").click()
        press(card, "End")
        if bad := card.evaluate(COLLIDING):
            found["flip"] = bad
        assert not found, changed


def test_an_answer_by_any_way_ends_the_question(visit, bare_page):
    card = card_of(visit(bare_page("cell-race-answer", CellRace())))
    answer(card)
    assert card.locator("[data-act=race]").inner_text() == "Stop"
    assert "rk-primary" in card.locator("[data-act=race]").get_attribute("class")
