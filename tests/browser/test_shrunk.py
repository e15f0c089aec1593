"""A network in the page: it asks for a guess, rounds, writes and measures as rnnkit does."""

import numpy as np
import pytest

import rnnkit
from rnnkit.data import Vocabulary
from rnnkit.deploy import Bundle
from rnnkit.explorers import page_tokens
from rnnkit.figures import Shrunk

TEXT = "def f(x):\n    return <x> & 'y'\n"
READS = Vocabulary([TEXT])


@pytest.fixture(scope="module")
def figure():
    V, rng = len(READS), np.random.default_rng(4)
    layers = rnnkit.Embedding(V, 4, rng=rng), rnnkit.GRU(4, 16, rng=rng), rnnkit.Linear(16, V, rng=rng)
    model = rnnkit.Sequential(*layers).to(dtype="float32")
    for name, a in model.params.items():
        model.params[name] = np.float32(3) * a
    return Shrunk(Bundle(model, READS, {}), "def f", TEXT * 10, "A field and a text.", "Look.", (8, 4, 2), 60)


@pytest.fixture(params=[(1280, "light"), (375, "dark")], ids=lambda p: p[1])
def page(request, visit, figure, tmp_path):
    width, theme = request.param
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    style = page_tokens() + "body { background: var(--rk-page); color: var(--rk-ink); } "
    style += "figure { margin: 0; container-type: inline-size; }"
    file, title = tmp_path / "page.html", "<title>A network</title>"
    text = f'<!doctype html><html lang="en" data-theme="{theme}"><head>{head}{title}<style>{style}</style>'
    file.write_text(f"{text}</head><body><main>{figure._repr_html_()}</main></body></html>", "utf-8")
    return visit(file.as_uri(), viewport={"width": width, "height": 900})


def choose(page, value):
    page.locator(f".rk-shrunk label[for$='-{value}']").click()


def measured(page, bits, by_row="true"):
    """What the page found, once it has read the passage in these bits."""
    page.wait_for_function(
        "([bits, byRow]) => { const d = document.querySelector('.rk-shrunk').dataset; "
        "return d.bits === bits && d.byRow === byRow; }",
        arg=[bits, by_row],
    )
    return page.evaluate("({ ...document.querySelector('.rk-shrunk').dataset })")


def written(page):
    return page.locator(".rk-said").text_content()


def test_a_guess_comes_first_and_nothing_is_told_before(page):
    small, ways = page.locator(".rk-shrunk small").nth(1), page.locator(".rk-way")
    assert not small.is_visible()
    assert not ways.is_visible()
    assert measured(page, "32")["bits"] == "32"  # the floats are measured before, and shown
    tops = [one.bounding_box()["y"] for one in page.locator(".rk-which").first.locator("label").all()]
    assert len({round(y) for y in tops}) == 1  # in one row, all alike
    facts = page.locator(".rk-facts")
    assert facts.is_visible()
    gap = page.locator(".rk-way").bounding_box()["y"] - facts.bounding_box()["y"] - facts.bounding_box()["height"]
    assert gap < 24  # no blank
    before = page.locator(".rk-shrunk").bounding_box()
    choose(page, 4)
    assert small.is_visible()
    assert ways.is_visible()
    assert "Your guess: 4." in page.locator(".rk-verdict").inner_text()
    assert page.locator(".rk-guess").inner_text().startswith("4")
    choose(page, 2)
    assert page.locator(".rk-guess").inner_text().startswith("4")
    assert page.locator(".rk-shrunk").bounding_box() == before  # nothing moved
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_it_writes_and_measures_what_rnnkit_does(page, figure):
    assert written(page) == "def f" + figure.results["32"]["row"]["written"]
    choose(page, 4)  # a guess
    for bits, ways in figure.results.items():
        choose(page, bits)
        for way, one in ways.items():
            if bits != "32":
                choose(page, way)
            found = measured(page, bits, "true" if way == "row" else "false")
            assert float(found["cost"]) == pytest.approx(one["bits"], abs=1e-6)
            assert float(found["off"]) < 2e-5
            assert written(page) == "def f" + one["written"]
        choose(page, "row")


def test_what_is_typed_is_gone_on_with_at_once(page):
    before = written(page)
    page.locator("textarea").fill("x\nret")
    after = written(page)
    assert after.startswith("ret")
    assert after != before
    page.locator("textarea").fill("")
    assert len(written(page)) > 3


def test_the_verdict_is_of_what_is_seen(page, figure):
    """Of this text, of these scales; and of a letter that the network does not know."""
    choose(page, 2)
    verdict = page.locator(".rk-verdict")
    for text in ("def f", "x"):
        page.locator("textarea").fill(text)
        same = len(written(page)) - len(page.locator(".rk-other").text_content()) - len(text)
        assert f"for {same} character" in verdict.inner_text()
    page.locator("textarea").fill("é")
    assert "It does not know “é”" in verdict.inner_text()
    for way in ("row", "matrix"):
        choose(page, way)
        near = 1.01 * figure.results["32"]["row"]["bits"]
        enough = [int(k) for k, ways in figure.results.items() if ways.get(way, ways["row"])["bits"] <= near]
        assert f"Down to {min(enough)} bits" in verdict.inner_text()
        assert ("one scale a matrix" in verdict.inner_text()) == (way == "matrix")


def test_where_the_text_parts_is_marked(page, figure):
    choose(page, 2)
    floats, two = (figure.results[k]["row"]["written"] for k in ("32", "2"))
    same = next(k for k, (a, b) in enumerate(zip(floats, two, strict=False)) if a != b)
    assert page.locator(".rk-other").text_content() == two[same:]
    assert f"for {same} characters" in page.locator(".rk-verdict").inner_text()
    choose(page, 32)
    assert page.locator(".rk-other").text_content() == ""


def test_keys_choose_and_targets_are_large(page):
    page.locator(".rk-which input").first.focus()
    page.keyboard.press("ArrowRight")
    assert "Your guess: 8." in page.locator(".rk-verdict").inner_text()
    for one in page.locator(".rk-which label").all():
        box = one.bounding_box()
        assert min(box["width"], box["height"]) >= 44


def test_paper_and_a_page_without_scripts_have_a_table(page, figure, visit):
    assert not page.locator("table").is_visible()
    page.emulate_media(media="print")
    assert page.locator("tbody tr:visible").count() == 4
    assert not page.locator(".rk-desk").is_visible()
    bare = visit(page.url, java_script_enabled=False)
    assert bare.locator("tbody tr:visible").count() == 4
    assert f"{figure.results['8']['row']['bits']:.2f}" in bare.locator("tbody tr").nth(1).inner_text()


def test_axe_finds_nothing(page):
    from test_access import violations

    assert violations(page) == {}
    choose(page, 2)
    assert violations(page) == {}
