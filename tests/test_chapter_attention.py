"""What chapters/inside/attention.md says: what attention's strongest step counts for, and an answer with two legs."""

import re

import jupytext
import numpy as np
import pytest
from book_pages import ROOT
from test_chapters import links

from artefacts.evidence import __main__ as make
from rnnkit.explorers import EvidenceBench
from rnnkit.explorers.evidence_bench import network as bench
from rnnkit.records import evidence

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "inside" / "attention.md"
BEFORE = PAGE.with_name("evidence.md")
TASKS = ("sum", "one", "either")


def cells(page):
    return [cell.source for cell in jupytext.read(page).cells if cell.cell_type == "code"]


def test_attention_has_the_tasks_the_networks_and_the_methods_of_the_page_before(names):
    """Its cells repeat those of evidence.md, to the letter; the weights are the record's."""
    starts = ("import numpy as np\nimport torch", "def sequences", "class Reader", "def gradient", "def replaced")
    for start in starts:
        (mine,), (theirs,) = ([cell for cell in cells(page) if cell.startswith(start)] for page in (PAGE, BEFORE))
        assert mine == theirs, start
    assert names["tests"].keys() == names["PLANTED"].keys() == set(TASKS)
    for task in TASKS:
        for seed, model in enumerate(names["trained"][task]):
            for name, tensor in model.state_dict().items():
                assert make.rounded(tensor) == evidence()[task][seed][name]


def turning(card):
    """The numbers that turn the answer at some height, counted from 1."""
    net = bench.load()[card.task]["abc".index(card.net)]
    yes = bench.moved(net, np.array(card.inputs), card.marks) > 0
    return [t + 1 for t, heights in enumerate(yes) if heights.any() and not heights.all()]


def test_attention_opens_with_a_bet_and_gives_nothing_away(names):
    first, second = jupytext.read(PAGE).cells[:2]
    opening = first.source.partition("# Is attention an explanation?")[2]
    assert "EvidenceBench(inputs=READ, step=0, **CHOSEN)" in second.source
    assert opening.count("?") == 1
    assert opening.count(".") + opening.count("?") <= 5
    assert not re.search(r"\$|\b[1-9]|held|before|later|remember", opening)
    card = EvidenceBench(inputs=names["READ"], step=0, **names["CHOSEN"])
    assert not card.committed
    assert turning(card) == [2, 10], "of all columns these two change colour"
    assert np.sort(np.argsort(card.explained)[-2:] + 1).tolist() == [11, 12], "attention stands at"
    assert card.explained[1] < 0.01
    assert card.inputs[1] + card.inputs[9] < 0 > card.states[0, 0], "its answer is right"


def test_of_two_legs_the_second_turns_the_answer():
    """The link to the card: 6 below 0 turns nothing, nor does 10 alone, and both do."""
    ((words, _, values),) = links(PAGE)
    assert "6 below 0, then 10" in words
    card = EvidenceBench(**values)
    assert card.states[0, 0] > 0
    assert turning(card) == []
    for steps, yes in (((6,), True), ((10,), True), ((6, 10), False)):
        inputs = [-0.5 if t + 1 in steps else x for t, x in enumerate(values["inputs"])]
        assert (EvidenceBench(**values | {"inputs": inputs}).states[0, 0] > 0) == yes


def mean(names, task, key):
    return np.mean([row[key] for row in names["looked"][task]])


def test_permuted_weights_keep_four_answers_in_five_and_turn_more_than_one_at_random(names):
    for task in TASKS:
        assert 10 < mean(names, task, "permuted") < 27
        assert mean(names, task, "permuted") > 5 * mean(names, task, "any hidden")
        assert mean(names, task, "most hidden") < mean(names, task, "permuted")


def test_where_attention_misses_nothing_counts(names):
    for task in TASKS:
        assert sum(row["missed"] for row in names["looked"][task]) <= 2, task
        assert sum(row["misses"] for row in names["looked"][task]) > 80
    for task in ("sum", "one"):
        missed, later, _ = np.sum(names["many"][task], 0)
        assert later > 0.9 * missed, "mostly later"
    at = names["redrawn_at"]
    assert [round(at[k] / 10) for k in ("last mark", "at random", "strongest, no mark")] == [4, 0, 0]
    assert names["pooled"]["misses"] > 300
    missed = [row[0] for row in names["many"]["sum"]]
    assert sum(n == 0 for n in missed) == 1, "one of five looks at a marked number every time"
    assert max(missed) == pytest.approx(1200, abs=100), "another misses in three of five"
    for no_mark, _, turned in (row for rows in names["many"].values() for row in rows):
        assert turned <= no_mark / 100, "fewer than one answer in a hundred, in each network"


@pytest.mark.heavy
def test_of_twenty_thousand_sequences_a_thousandth_turns_where_attention_misses(names):
    """The page has two thousand a network. With ten times as many most of the fifteen networks have such an answer."""
    rng = np.random.default_rng(77)
    rows = [names["misses"](model, task, rng, 20_000) for task in TASKS for model in names["trained"][task]]
    total, _, turned = np.sum(rows, 0)
    assert total > 100_000
    assert 0.5e-3 < turned / total < 1.5e-3
    assert 8 <= sum(row[2] > 0 for row in rows) <= 14, "so it is not none"
    assert rows[4][0] == 0, "one of the five on sum never misses"


def test_one_at_a_time_turns_next_to_nothing_and_the_right_pair_always(names):
    most = names["most"]
    assert len(most["one"]) == 5
    assert max(most["one"]) <= 6
    assert min(most["pair"]) == 100
    assert min(most["is planted"]) >= 98
    assert max(most["p"]) < 1e-4
    assert names["both"].sum() > 60


def test_a_map_that_is_scaled_by_its_own_largest_hides_how_small_it_is(names):
    alone = names["alone"]
    chance = 100 * 2 / names["T"]
    for name in ("gradient", "occlusion", "permutation"):
        found, size = alone[name]
        assert found > 3 * chance
        assert size < 1e-3
    whole, gap = np.mean(names["gaps"], 0)
    assert 0.35 < gap / whole < 0.7, "about half of the change was missed"
