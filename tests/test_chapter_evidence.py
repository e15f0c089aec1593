"""What the page on evidence claims, held against its cells; its methods on functions whose shares are known."""

import json
import re

import numpy as np
import pytest
import torch
from book_pages import ROOT, said

from artefacts.evidence import __main__ as make
from rnnkit.explorers import EvidenceBench
from rnnkit.explorers.evidence_bench import network as bench
from rnnkit.records import EVIDENCE, evidence

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "inside" / "evidence.md"
RECORD = json.loads(EVIDENCE.read_text("utf-8"))
TASKS = ("sum", "one", "either")


def shares(names, kind, method):
    """Of 100 planted steps, how many a method finds, by seed."""
    return [100 * hits.mean() for hits in names["SCORES"][kind][method][1]]


# The record.


def test_the_record_is_of_the_settings_of_the_script():
    assert RECORD["settings"] == make.settings()
    assert {kind: len(seeds) for kind, seeds in evidence().items()} == dict.fromkeys(make.KINDS, len(make.SEEDS))
    assert EVIDENCE.stat().st_size < 1e6


def test_the_pages_networks_are_the_records(names):
    """Rounded as they are written, and of the page's own kind: with attention, or with the last state alone."""
    assert list(names["KINDS"]) == list(make.KINDS)
    for kind, (task, looks) in make.KINDS.items():
        assert names["KINDS"][kind] == task
        for seed, model in enumerate(names["trained"][kind]):
            assert model.looks == looks
            for name, tensor in model.state_dict().items():
                assert make.rounded(tensor) == evidence()[kind][seed][name]


def test_a_network_trained_anew_learns_its_task(names):
    """A sixth of the updates of one seed; the record's have all of them."""
    model = make.train("one", seed=0, updates=350).double()
    v, marks, yes, _ = names["tests"]["one"]
    right = ((names["said"](model, v, marks) > 0) == yes).double().mean()
    assert right > 0.9, "five seeds have 0.95 to 1, a coin 0.5"


# The methods, on functions whose shares can be written down.


def test_of_a_line_all_methods_but_the_gradient_say_the_share(names):
    rng = np.random.default_rng(0)
    v, w = (torch.tensor(rng.normal(size=(5, n))) for n in (7, 1))

    def f(v):
        return (w * v).sum(0) + 3

    assert torch.allclose(names["gradient"](f, v), w.expand(5, 7))
    for method in ("times_input", "integrated", "occlusion"):
        assert torch.allclose(names[method](f, v), w * v), method
    assert torch.allclose(names["integrated"](f, v, points=1), w * v)


def test_of_a_product_only_integrated_gradients_are_complete(names):
    """z = v₁v₂: halves; the others count it twice, because each of the two brings all of it down."""
    v = torch.tensor([[2.0, -1.0], [3.0, 0.5], [9.0, 9.0]], dtype=torch.float64)

    def f(v):
        return v[0] * v[1]

    z = f(v)
    assert torch.allclose(names["integrated"](f, v), torch.stack([z / 2, z / 2, 0 * z]))
    for method in ("times_input", "occlusion"):
        assert torch.allclose(names[method](f, v).sum(0), 2 * z)


def test_a_step_that_saturates_has_no_slope_and_all_of_the_way(names):
    v = torch.full((1, 1), 50.0, dtype=torch.float64)
    assert names["times_input"](torch.tanh, v).abs().max() < 1e-12
    assert names["integrated"](lambda v: torch.tanh(v[0]), v, points=2000).item() == pytest.approx(1, abs=1e-3)


def test_permutation_gives_nothing_to_a_step_that_does_not_count(names):
    v = torch.tensor(np.random.default_rng(0).normal(size=(3, 40)))
    moved = names["permutation"](lambda v: v[1] ** 2, v, draws=20)
    assert (moved[[0, 2]] == 0).all()
    sent = (v[1][:, None] ** 2 - v[1][None] ** 2).abs().mean(1)  # over all sequences, its own among them
    assert moved[1].mean() == pytest.approx(sent.mean().item(), rel=0.1)


def test_a_map_is_scored_by_its_largest_steps(names):
    m = np.array([[3.0, 1], [1, 2], [2, 3], [0, 4]])
    at = np.array([[0, 0], [2, 3]])
    assert names["found"](m, at).tolist() == [[True, False], [True, True]]
    assert names["alike"](m, 7 * m**3).tolist() == [pytest.approx(1), pytest.approx(1)]
    assert names["alike"](m, -m).tolist() == [pytest.approx(-1), pytest.approx(-1)]


# What is said.


def test_it_opens_with_a_choice_and_gives_nothing_away():
    head = PAGE.read_text("utf-8").partition("# What an answer rests on")[2].partition("```")[0]
    assert len(head.split()) < 70
    assert head.count("?") == 1
    assert not re.search(r"\$|attention|gradient|decoy|marked", head)


def test_the_chosen_sequences_mislead_and_are_said_to_be_chosen(page, names):
    v, marks, _, at = names["tests"]["sum"]
    trained = names["maps"](names["trained"]["sum"][0], v, marks)
    hits = {
        name: names["found"](m, at)[:, list(names["CHOSEN"].values())].sum(0).tolist() for name, m in trained.items()
    }
    assert hits["integrated"] == hits["gradient"] == hits["occlusion"] == [2, 2, 2]
    assert hits["attention"] == [1, 1, 1]
    assert hits["decoy"] == [0, 0, 0]
    assert said(page, "chosen to mislead")


def test_the_card_says_what_its_picture_and_its_cells_say(names):
    own, z, (a, b) = names["OWN"], float(names["Z"]), names["MARKED"]
    assert own[a] > z > 5 * np.abs(np.delete(own, a)).max(), "only one bar passes the dashed line"
    assert np.argsort(-np.abs(own))[:2].tolist() == [a, b] == [6, 18]
    assert -1 < own[b] < 0, "a little below 0"
    assert np.abs(names["RINGS"]).max() < 0.01, "rings at 0"
    turn = names["turn"]
    assert turn(b) == pytest.approx(100 / 3, abs=2.5), "every third answer"
    assert turn(a) > 40
    marks, many = names["MARK"].expand(-1, 3), names["SHOWN"].repeat(1, 3)
    many[b] = torch.tensor([0.0, -0.25, -0.4])
    yes = (names["said"](names["trained"]["sum"][0], many, marks) > 0).tolist()
    assert yes == [True, True, False], "set to 0 it turns nothing, and far enough below it does: the line is about 0"
    assert "set to 0" in names["CARD_SAYS"]["Scale"]
    assert turn(*names["UNMARKED"]) == max(turn(step) for step in names["UNMARKED"]) == 0
    assert list(names["CARD_SAYS"]) == ["Asked", "Method", "It says", "Scale", "Beside", "Removed"]
    assert f"step 19, {turn(b):.0f}" in names["CARD_SAYS"]["Removed"]


def test_five_things_are_not_shown_alone(page):
    table = PAGE.read_text("utf-8").partition("## What you may show")[2].partition("Say two things more")[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    assert [len(row) for row in rows] == [3] * 5
    assert [row[0].split()[1] for row in rows][:3] == ["attention", "a", "a"]
    assert all(re.search(r"\{ref\}`[^`]+ <cell-[a-z]+>`", row[1]) for row in rows)


def test_random_weights_leave_the_decoys_map_alone(names):
    for k in names["CHOSEN"].values():
        one = names["covered"](k)
        still = [name for name in one.maps if np.allclose(one.maps[name], one.others[name])]
        assert still == ["size alone"]
        assert list(one.maps).index("size alone") == 1, "the second row, as the alternative text says"


def test_the_networks_rest_on_what_was_planted(names):
    for kind, (others, marked) in names["rest"].items():
        assert max(others) <= 2, kind
        assert 45 < np.mean(marked) < 58, kind


def test_the_gap_closes_with_the_points(page):
    rows = {
        int(n): (float(a), float(b))
        for n, a, b in re.findall(r"^ *(\d+) points: (\S+), most +(\S+)$", page.printed, re.M)
    }
    (size,) = re.findall(r"mean size of z\(v\) - z\(0\): ([\d.]+)", page.printed)
    share = {n: gap / float(size) for n, (gap, _) in rows.items()}
    assert 0.15 < share[1] < 0.28, "a fifth"
    assert 0.005 < share[64] < 0.02, "about a hundredth"
    assert rows[64][1] > 2, "and much more in the worst"
    assert share[256] < 0.01
    assert "points=64" in PAGE.read_text("utf-8")


@pytest.mark.parametrize(("kind", "least"), [("sum", 85), ("one", 90), ("either", 75), ("sum, last", 70)])
def test_occlusion_permutation_and_integrated_gradients_find_most_with_every_seed(names, kind, least):
    for method in ("integrated", "occlusion", "permutation"):
        assert min(shares(names, kind, method)) > least, method


def test_three_methods_find_nine_of_ten_where_each_step_counts_by_itself(names):
    for method in ("integrated", "occlusion", "permutation"):
        assert min(min(shares(names, kind, method)) for kind in ("sum", "one")) > 89.5, method
    assert min(shares(names, "sum, last", "permutation")) > 88


def test_either_is_harder_than_sum_in_the_mean_and_not_for_attention_beside_one(page, names):
    for method in ("integrated", "occlusion", "permutation"):
        assert np.mean(shares(names, "either", method)) < np.mean(shares(names, "sum", method)), method
    either, one = (shares(names, task, "attention") for task in ("either", "one"))
    assert all(a > b for a, b in zip(either, one, strict=True)), "so no word of all methods"
    assert said(page, "less than on *sum*, in the mean over seeds")


def test_attention_scatters_over_seeds_and_the_others_do_not(names):
    for task in ("sum", "one"):
        looks = shares(names, task, "attention")
        assert max(looks) - min(looks) > 35
        for method in ("integrated", "occlusion", "permutation"):
            of = shares(names, task, method)
            assert max(of) - min(of) < 10, method
            assert min(of) > np.mean(looks) + 15, method
    assert min(shares(names, "sum", "attention")) == pytest.approx(33, abs=5), "a third"
    assert max(shares(names, "sum", "attention")) > 90, "nearly all"
    every = [x for task in TASKS for x in shares(names, task, "attention")]
    assert (round(min(every)), round(max(every))) == (6, 96), "what the table and the alternative text say"


def test_a_marked_number_near_0_is_found_by_those_who_ask_for_another(names):
    v, _, _, at = names["tests"]["sum"]
    small = np.abs(np.take_along_axis(v.numpy(), at, 0)) < 0.1
    found = {m: 100 * np.mean([h[small].mean() for h in names["SCORES"]["sum"][m][1]]) for m in names["METHODS"]}
    assert found["permutation"] > 90
    assert found["gradient"] > 80
    assert max(found["occlusion"], found["integrated"], found["gradient × input"]) < 75
    assert found["occlusion"] == pytest.approx(50, abs=12), "about half"
    for method in ("occlusion", "integrated"):
        missed = [~hits for hits in names["SCORES"]["sum"][method][1]]
        assert np.mean([small[m].mean() for m in missed]) > 0.5, "mostly numbers near 0"


def test_it_is_attention_that_misses_the_early_steps(names):
    places = {name: names["by_place"]("sum", name) for name in names["LINES"]}
    assert places["attention"][-1] - places["attention"][0] > 15
    assert all(min(row) > 70 for name, row in places.items() if name != "attention")
    first, second = names["first"], names["second"]
    assert (first <= second).all(), "in no network more of the first"
    assert [round(x) for x in (first.min(), first.max(), second.min(), second.max())] == [11, 95, 56, 100]
    for method in ("gradient", "integrated"):
        assert min(names["by_place"]("sum, last", method)) > 75, method


def chance_of_two(names):
    return 100 * 2 / names["T"]


def test_random_weights_find_little_and_the_decoy_nothing(page, names):
    for task in TASKS:
        chance = 100 * names["PLANTED"][task] / names["T"]
        random = {m: np.mean([100 * h.mean() for h in names["RANDOM"][task][m][1]]) for m in names["METHODS"]}
        assert max(one for m, one in random.items() if m != "gradient") < chance + 12, task
        assert random["gradient"] < 40 < min(shares(names, task, "gradient"))
        assert max(shares(names, task, "decoy")) < chance + 8
    (one,) = [x for x in shares({"SCORES": names["RANDOM"]}, "either", "gradient") if x > 20]
    assert one == pytest.approx(70, abs=5), "one of the three random networks has seven in ten"
    assert sum(x < one for x in shares(names, "either", "gradient")) >= 2, "more than some trained ones"
    bare = re.search(r"no marks: the same three\ngradient +(\d+) +(\d+) +(\d+)$", page.printed, re.M).groups()
    assert bare[1] == "12", "without them it finds 12"
    assert max(map(int, bare)) < chance_of_two(names) + 10


def test_what_is_said_of_the_controls(names):
    random = {name: one for name, (one, _) in names["likeness"].items()}
    assert random["decoy"] == pytest.approx(1)
    assert 0.3 < random["gradient × input"] < 0.55
    assert abs(random["gradient"]) < 0.15
    assert max(one for name, one in random.items() if name != "decoy") < 0.55
    four = [random[name] for name in ("gradient × input", "integrated", "occlusion", "permutation")]
    assert 0.27 < min(four) < max(four) < 0.45, "four more, at 0.3 to 0.4"
    v, marks, _, _ = names["tests"]["sum"]
    for method in ("gradient × input", "integrated", "occlusion"):
        own, other = (
            [names["METHODS"][method](lambda v, m=m: m(v, marks), v).detach().numpy() for m in models]
            for models in (names["trained"]["sum"], names["drawn"])
        )
        signed = [np.mean([names["alike"](a, b).mean() for a in own]) for b in other]
        assert np.allclose(signed, -0.42, atol=0.06), "with their signs about -0.4, with each of three"
    even = np.ones((24, 1))
    assert names["clean"](even**24) == names["clean"](even), "a power cleans no map that is even"
    assert all(seeds > 0.4 for _, seeds in names["likeness"].values())
    tidy = {name: np.mean([names["clean"](m) for m in own]) for name, (own, _) in names["SCORES"]["sum"].items()}
    assert tidy["decoy"] > min(tidy["attention"], tidy["gradient"]) - 0.05, "as clean as the others"


def test_captum_agrees_with_each_of_our_lines(names):
    assert set(names["apart"]) == set(names["METHODS"])
    assert max(names["apart"].values()) < 1e-9


def test_a_power_makes_a_map_cleaner_and_not_righter(page):
    rows = re.findall(r"^power (\d): clean (\S+), found (\S+)$", page.printed, re.M)
    assert float(rows[1][1]) > float(rows[0][1]) + 0.1
    assert rows[0][2] == rows[1][2]


def test_what_is_said_of_the_bench():
    """Its default sequence, whose steps are counted from 1; and what attention finds in sequences of our own."""
    card, nets = EvidenceBench(), bench.load()
    x, at = np.array(card.inputs)[:, None], int(card.planted[0])
    marks = np.zeros_like(x)
    marks[at - 1] = 1
    net = nets[card.task]["abc".index(card.net)]
    strongest = {name: int(abs(method(net, x, marks)[:, 0]).argmax()) + 1 for name, method in bench.METHODS.items()}
    asked = {name: strongest[name] for name in ("attention", "gradient", "product")}
    assert asked == dict.fromkeys(asked, 12)
    assert strongest["occlusion"] == strongest["integrated"] == at == 9
    heights = bench.moved(net, x[:, 0], marks[:, 0]) > 0
    assert len(set(heights[11].tolist())) == 1, "the answer stays"
    assert len(set(heights[8].tolist())) == 2
    text = PAGE.read_text("utf-8")
    for link in re.findall(r"<evidence-bench: ([^>]+)>", text):
        assert link.endswith("step=0"), "or it speaks of a column, and not of the method"
    broken = {m: EvidenceBench(method=m, shuffle=1) for m in ("gradient", "occlusion")}
    alike = {
        m: bench.alike(EvidenceBench(method=m).explained[:, None], one.explained[:, None])[0]
        for m, one in broken.items()
    }
    assert alike["gradient"] < 0, "another picture"
    assert 0.4 < alike["occlusion"] < 0.9, "alike in part on this one sequence"
    kept = json.loads((EvidenceBench.folder / "networks.json").read_text("utf-8"))["networks"]["one"][
        "abc".index(card.net)
    ]
    assert kept["shuffled"][0][1 + list(bench.METHODS).index("occlusion")] < 200, "and hardly on average"
    unseen, marked, _ = bench.sequences("one", 1000, np.random.default_rng(5))
    share = [float((bench.attention(n, unseen, marked).argmax(0) == marked.argmax(0)).mean()) for n in nets["one"]]
    assert share[1] < 0.15
    assert 0.4 < share[2] < 0.65
