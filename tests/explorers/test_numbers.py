"""Numbers as they are printed and read; scales and labels; markup."""

from decimal import Decimal

import numpy as np
import pytest
from engines import ask


def decimal(text):
    return Decimal(text.replace("−", "-"))


PRINT_SUMS = """(cases) => cases.map((terms) => {
    const { digits, exact } = shared_numbers.sumAsPrinted(terms, 3);
    const total = terms.reduce((sum, term) => sum + term, 0);
    const shown = [...terms, total, Math.tanh(total)].map((v) => shared_numbers.fixed(v, digits));
    return { digits, exact, shown };
})"""


def test_sums_add_up_as_printed():
    rng = np.random.default_rng(4)
    cases = [rng.uniform(-2, 2, rng.integers(2, 9)).tolist() for _ in range(4000)]
    found = ask(PRINT_SUMS, cases)
    wrong = 0
    for one in found:
        *terms, total, result = map(decimal, one["shown"])
        adds = sum(terms) == total
        bends = abs(Decimal(float(np.tanh(float(total)))) - result) <= Decimal(10) ** -one["digits"] / 2
        assert not one["exact"] or (adds and bends), one
        wrong += not one["exact"]
    assert wrong < len(cases) * 0.25
    assert {one["digits"] for one in found} == {3, 4, 5, 6}


def test_sums_take_no_more_decimals_than_they_need():
    found = ask(PRINT_SUMS, [[0.5, 0.25], [2, -2], [0.1, 0.2]])
    assert [one["digits"] for one in found] == [3, 3, 3]


def test_a_printed_factor_gives_the_printed_product():
    rng = np.random.default_rng(5)
    cases = [(round(w, 2), v, 3) for w, v in zip(rng.uniform(-9, 9, 4000), rng.uniform(-1, 1, 4000), strict=True)]
    code = """(cases) => cases.map(([w, v, digits]) => [shared_numbers.factorAsPrinted(w, v, digits),
        shared_numbers.fixed(w * v, digits)])"""
    for (w, _, digits), (factor, product) in zip(cases, ask(code, cases), strict=True):
        exact = Decimal(str(w)) * decimal(factor)
        assert abs(exact - decimal(product)) <= Decimal(10) ** -digits / 2, (w, factor, product)
    assert ask("() => shared_numbers.factorAsPrinted(0.3, 1, 3)") == "1"


@pytest.mark.parametrize(
    ("text", "value"),
    [("−2", -2), (" 0,75 ", 0.75), ("-.5", -0.5), ("1e1\n", 10), ("+3", 3), ("5.", 5), ("0,5", 0.5)],
)
def test_numbers_are_read_as_people_write_them(text, value):
    assert ask("shared_numbers.parse", text) == value


@pytest.mark.parametrize("text", ["2,0\t3", "1 2", "two", "", "--1", "1,2,3", "0x10", "1e", "Infinity", "NaN", "5-"])
def test_what_is_no_number_is_not_read_as_one(text):
    assert ask("(text) => Number.isNaN(shared_numbers.parse(text))", text)


@pytest.mark.parametrize(
    ("value", "digits", "text"), [(-0.0004, 3, "0.000"), (-0.5, 1, "−0.5"), (2, 3, "2.000"), (-0.0, 2, "0.00")]
)
def test_a_minus_is_true_and_never_before_zero(value, digits, text):
    assert ask("shared_numbers.fixed", value, digits) == text


def test_a_scale_and_its_inverse_undo_each_other():
    rng = np.random.default_rng(6)
    for low, high, start, end, value in rng.uniform(-9, 9, (100, 5)):
        code = "(a, b, c, d, v) => { const s = shared_plot.scale([a, b], [c, d]); return [s.back(s(v)), s(a), s(b)]; }"
        there = ask(code, low, high, start, end, value)
        assert np.abs(np.array(there) - [value, start, end]).max() < 1e-6


PLACE = """(labels, obstacles, room) => {
    const nodes = shared_plot.placeLabels(labels, obstacles, room);
    return nodes.map((node) => node && shared_plot.labelBox({ x: node.attributes.x, y: node.attributes.y,
        words: node.children[0], anchor: node.attributes["text-anchor"] }));
}"""


def meet(a, b):
    across = min(a["right"], b["right"]) - max(a["left"], b["left"])
    return across > 0.1 and min(a["bottom"], b["bottom"]) - max(a["top"], b["top"]) > 0.1


def test_placed_labels_keep_clear_of_everything():
    rng, room, placed = np.random.default_rng(7), {"left": 0, "right": 240, "top": 0, "bottom": 240}, 0
    for _ in range(200):
        spots = rng.uniform(0, 240, (8, 2)).round(1).tolist()
        labels = [{"x": x, "y": y, "words": "slope 0.51"} for x, y in spots[:4]]
        obstacles = [{"left": x - 9, "right": x + 9, "top": y - 9, "bottom": y + 9} for x, y in spots]
        boxes = [box for box in ask(PLACE, labels, obstacles, room) if box]
        placed += len(boxes)
        for k, box in enumerate(boxes):
            assert not any(meet(box, other) for other in [*obstacles, *boxes[k + 1 :]])
            assert box["left"] >= -0.1
            assert box["right"] <= 240.1
    assert placed > 500, "most of them do find a place"


def test_a_label_that_must_stand_does():
    everywhere = [{"left": 0, "right": 100, "top": 0, "bottom": 100}]
    room = {"left": 0, "right": 100, "top": 0, "bottom": 100}
    labels = [{"x": 50, "y": 50, "words": "a"}, {"x": 50, "y": 50, "words": "b", "must": True}]
    found = ask(PLACE, labels, everywhere, room)
    assert found[0] is None
    assert found[1] is not None


def test_text_and_attributes_are_escaped():
    nodes = """() => shared_node.toText([shared_node.h("p", { title: '"<&>', onclick: () => 1, hidden: true, id: null },
        '<img src=x onerror="alert(1)">', null, false, 0)])"""
    want = '<p title="&#34;&#60;&#38;&#62;" hidden="">&#60;img src=x onerror=&#34;alert(1)&#34;&#62;0</p>'
    assert ask(nodes) == want
