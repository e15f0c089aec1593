"""A network that runs in the page: it asks for a guess, writes for a second, and leaves in one file."""

import json
import re

import numpy as np
import pytest

import rnnkit
from rnnkit.data import Vocabulary
from rnnkit.deploy import Bundle
from rnnkit.explorers import page_tokens
from rnnkit.figures import Running

TEXT = "def f(x):\n    return <x> & 'y'\n"
READS = Vocabulary([TEXT])


@pytest.fixture(scope="module")
def figure():
    V, rng = len(READS), np.random.default_rng(4)
    layers = rnnkit.Embedding(V, 4, rng=rng), rnnkit.GRU(4, 16, rng=rng), rnnkit.Linear(16, V, rng=rng)
    model = rnnkit.Sequential(*layers).to(dtype="float32")
    for name, a in model.params.items():
        model.params[name] = np.float32(3) * a
    return Running(Bundle(model, READS, {}), "def f", "A field and a text.", "Look.", (32, 512), 60)


@pytest.fixture(params=[(1280, "light"), (320, "dark")], ids=lambda p: p[1])
def page(request, visit, figure, tmp_path):
    width, theme = request.param
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    style = page_tokens() + "body { background: var(--rk-page); color: var(--rk-ink); } "
    style += "figure { margin: 0; container-type: inline-size; }"
    file, title = tmp_path / "page.html", "<title>A network</title>"
    text = f'<!doctype html><html lang="en" data-theme="{theme}"><head>{head}{title}<style>{style}</style>'
    file.write_text(f"{text}</head><body><main>{figure._repr_html_()}</main></body></html>", "utf-8")
    return visit(file.as_uri(), viewport={"width": width, "height": 900})


def speeds(page, units):
    """What the page found, once a network with so many units has run."""
    text = f"JSON.parse(document.querySelector('.rk-running').dataset.speeds ?? '{{}}')['{units}'] > 0"
    page.wait_for_function(text, timeout=20_000)
    return json.loads(page.evaluate("document.querySelector('.rk-running').dataset.speeds"))


def written(page):
    return page.locator(".rk-said:not(.rk-still)").text_content()


def test_it_writes_what_rnnkit_does_before_it_is_timed(page, figure):
    assert written(page) == "def f" + figure.written
    page.locator("textarea").fill("x\nret")
    assert written(page).startswith("ret")


def test_a_guess_comes_first_and_then_a_second_is_watched(page):
    box, units = page.locator(".rk-running").bounding_box(), page.locator(".rk-units")
    assert not units.is_visible()
    assert page.locator(".rk-mine").count() == 0
    page.locator(".rk-guesses label").nth(1).click()
    found = speeds(page, 16)["16"]
    verdict = page.locator(".rk-verdict").inner_text()
    assert "Your guess: 1,000." in verdict
    said = int(re.search(r"([\d,]+)\s+characters a second", verdict)[1].replace(",", ""))
    assert said == pytest.approx(found, rel=0.06)  # in two digits
    at = float(page.locator(".rk-mine").evaluate("one => parseFloat(one.style.left)"))
    assert at == pytest.approx(min(100, 100 * (np.log10(found) - 2) / 4), abs=0.1)
    assert units.is_visible()
    assert page.locator(".rk-running").bounding_box() == box  # nothing moved
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_a_larger_network_is_slower_and_its_mark_stands_beside(page):
    page.locator(".rk-guesses label").first.click()
    speeds(page, 16)
    page.locator(".rk-units label").last.click()
    found = speeds(page, 512)
    assert found["512"] < found["16"] / 3  # a ratio: 8,192 times the products of the matrix of states
    assert "what they write means nothing" in page.locator(".rk-verdict").inner_text()
    assert page.locator(".rk-mine").count() == 2
    assert page.locator(".rk-mine.rk-on").inner_text() == "512"


def test_typing_ends_a_run(page):
    page.locator(".rk-guesses label").first.click()
    page.locator("textarea").fill("def f")
    before = written(page)
    page.wait_for_timeout(300)
    assert written(page) == before
    assert page.locator(".rk-running").get_attribute("data-speeds") is None


def test_it_is_saved_as_a_page_that_runs(page, visit, tmp_path):
    with page.expect_download() as download:
        page.locator(".rk-running button").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "network.html"
    own = visit(path.as_uri())
    assert own.locator("textarea").input_value() == "def f"  # it opens with what was typed
    assert own.locator("output").text_content().startswith("def f")
    assert re.search(r"[\d,]+ characters a second", own.locator("#speed").inner_text())
    file = json.loads(own.locator("#network").text_content())
    assert file["items"][2:] == READS.items
    assert "scales" in file["embedding"]


def test_keys_choose_and_targets_are_large(page):
    page.locator(".rk-guesses input").first.focus()
    page.keyboard.press("Space")
    speeds(page, 16)
    page.locator(".rk-units input").first.focus()
    page.keyboard.press("ArrowRight")
    speeds(page, 32)
    for one in page.locator(".rk-which label, .rk-running button").all():
        box = one.bounding_box()
        assert min(box["width"], box["height"]) >= 44


def test_paper_and_a_page_without_scripts_have_the_text(page, figure, visit):
    assert not page.locator(".rk-still").is_visible()
    page.emulate_media(media="print")
    assert page.locator(".rk-still").is_visible()
    assert not page.locator(".rk-desk").is_visible()
    bare = visit(page.url, java_script_enabled=False)
    assert bare.locator(".rk-still").text_content() == "def f" + figure.written


def test_axe_finds_nothing(page):
    from test_access import violations

    assert violations(page) == {}
    page.locator(".rk-guesses label").first.click()
    speeds(page, 16)
    assert violations(page) == {}
