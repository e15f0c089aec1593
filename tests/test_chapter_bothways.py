"""What chapters/gates/bothways.md says: its networks against Torch and arithmetic, its shares by their order."""

import re
from types import SimpleNamespace

import jupytext
import numpy as np
import pytest
import torch
from book_pages import ROOT

import rnnkit

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "gates" / "bothways.md"


def test_it_opens_with_a_guess_and_gives_nothing_away():
    cells = jupytext.read(PAGE).cells
    opening = cells[0].source.partition("# Both ways, and the last state")[2]
    shown = next(cell for cell in cells if "Guessed(" in cell.source)
    assert opening.count(".") + opening.count("?") <= 5
    assert not re.search(r"\$|bidirectional|copy|copies|half of|leak|knows", opening)
    between = [cell.source for cell in cells[1 : cells.index(shown)] if cell.cell_type == "markdown"]
    assert between == ["(cell-coin)="]


def test_each_screenful_of_it_has_something_to_do():
    text = (
        PAGE.read_text("utf-8")
        .partition("# Both ways, and the last state")[2]
        .partition("## What this does not show")[0]
    )
    parts = re.split(r"```\{(?:code-cell|literalinclude)\}.*?```|<details.*?</details>|\n#+ ", text, flags=re.S)
    assert max(len(part.split()) for part in parts) < 190


def test_the_coin_is_copied_and_never_forecast(names):
    one, both = names["told"][False], names["told"][True]
    assert np.abs(one - 0.5).max() < 0.06
    assert both[:-1].min() > 0.99
    assert abs(both[-1] - 0.5) < 0.06
    xs, targets = names["coins"](np.random.default_rng(0), 4000)
    assert (xs[1:].argmax(-1) == targets[:-1]).all()  # the answers stand in the window, but for the last
    assert targets.mean() == pytest.approx(0.5, abs=0.01)


def test_a_toss_that_is_turned_moves_the_answer_before_it_most(names):
    assert list(names["texts"]) == ["none", *names["TURNED"]]
    heard = {name: [a for a in text if a in "HT"] for name, text in names["texts"].items()}
    for name, t in names["TURNED"].items():
        assert [k for k in range(20) if heard[name][k] != heard["none"][k]] == [t]  # the letter turns, and no other
        both, one = names["moves"][name].T
        assert both.argmax() == t - 1, name
        assert both[t - 1] > 0.9
        assert both[np.arange(20) != t - 1].max() < 0.1
        assert (one[:t] == 0).all()
        assert one.max() < 0.1


def test_the_causality_test_is_passed_one_way_alone(names):
    xs = np.random.default_rng(1).uniform(size=(20, 5, 2))
    for kind in (rnnkit.RNN, rnnkit.LSTM, rnnkit.GRU):
        for layers in (1, 2):
            for both in (False, True):
                layer = kind(2, 8, num_layers=layers, bidirectional=both, rng=0)
                moved = names["moved_before"](layer, xs, np.random.default_rng(0))
                assert (moved > 0.01) == both
                assert both or moved == 0
    one_way = rnnkit.RNN(2, 8, rng=0)

    def early(xs):  # the answer at step 2 knows a little of step 3
        h = one_way(xs).h.copy()
        h[2] += 0.004 * xs[3, 0, 0]
        return SimpleNamespace(h=h)

    def mirrored(xs):  # a mean that does not see x turned to 1 - x
        return one_way(xs - (xs * (1 - xs)).mean(0))

    def summed(xs):  # of all steps, and taken off again: rounding alone is left
        return one_way(xs + xs.sum(0) - xs.sum(0))

    def scaled(xs):  # what the test cannot see: it was made of all steps before
        return one_way(xs - before)

    before = xs.mean(0)
    found = [names["moved_before"](model, xs, np.random.default_rng(2)) for model in (early, mirrored, summed, scaled)]
    assert 0 < found[0] < 0.01
    assert found[1] > 0.001
    assert 0 < found[2] < 1e-12
    assert found[3] == 0
    assert [names["judged"](far) for far in found] == [
        f"{found[0]:.0e}, it leaks",
        f"{found[1]:.0e}, it leaks",
        f"{found[2]:.0e}, no leak found",
        "0e+00, no leak found",
    ]


def test_rounding_is_that_of_the_numbers_and_nan_is_no_pass(names):
    """A layer that rounds as single numbers do passes, and a single leak is found; who answers NaN is told so."""
    xs = np.random.default_rng(1).uniform(size=(20, 5, 2)).astype(np.float32)
    one_way, both = (rnnkit.RNN(2, 8, bidirectional=way, dtype=np.float32, rng=0) for way in (False, True))

    def rounded(xs):
        return SimpleNamespace(h=one_way(xs).h + xs.sum() * np.float32(1e-7))

    found = [names["moved_before"](model, xs, np.random.default_rng(2)) for model in (rounded, both)]
    assert {far.dtype for far in found} == {np.dtype(np.float32)}
    assert 1e-9 < found[0] < 1e-5
    assert [names["judged"](far).partition(", ")[2] for far in found] == ["no leak found", "it leaks"]
    for steps in (slice(None), slice(-1, None)):  # all answers, or the last alone

        def failed(xs, steps=steps):
            h = one_way(xs).h.copy()
            h[steps] = np.nan
            return SimpleNamespace(h=h)

        with pytest.raises(ValueError, match="not finite"):
            names["moved_before"](failed, xs, np.random.default_rng(2))


def test_what_one_way_can_know_of_a_peak(names):
    """⅞, by counting: bet on the height after a rise, and say no after a fall."""
    rng = np.random.default_rng(0)
    before, x, after = rng.uniform(size=(3, 1_000_000))
    peak = (x > before) & (x > after)
    assert np.mean(peak == ((x > before) & (x > 0.5))) == pytest.approx(7 / 8, abs=2e-3)
    assert np.mean(peak == 0) == pytest.approx(2 / 3, abs=2e-3)
    rise = x > before
    assert np.mean((peak == (x > 0.5))[rise]) == pytest.approx(3 / 4, abs=2e-3)
    one, both, late = (np.array(v) for v in names["found"].values())
    assert 0.85 < one.min() <= one.max() < 7 / 8 + 0.005
    assert min(both.min(), late.min()) > 0.94
    assert abs(both.mean() - late.mean()) < 0.03  # "as good as"


def test_late_answers_are_the_same_answers_a_step_later(names):
    xs, peak = names["peaks"](np.random.default_rng(0), 5)
    shifted, late = names["late"](np.random.default_rng(0), 5)
    assert (late == peak[:-1]).all()
    assert (shifted == xs[1:]).all()


def test_boxes_are_where_a_half_has_read_everything(names):
    """By what moves a state: of each sequence, the letters that the two halves have read at a step."""
    lengths = names["LENGTHS"]
    mask = np.arange(6)[:, None] < lengths
    layer, xs = rnnkit.RNN(1, 3, bidirectional=True, rng=0), np.random.default_rng(0).normal(size=(6, 4, 1))
    read = np.zeros((2, 6, 4), int)
    for t in range(6):
        other = xs.copy()
        other[t] += 1
        moved = np.abs(layer(other, mask=mask).h - layer(xs, mask=mask).h).reshape(6, 4, 2, 3).max(-1) > 0
        read += moved.transpose(2, 0, 1)
    front, back = read
    for n, L in enumerate(lengths):
        assert list(front[:L, n]) == list(range(1, L + 1))
        assert list(back[:L, n]) == list(range(L, 0, -1))
        assert (front[L - 1, n], back[0, n]) == (L, L)
    boxed = int((front[5] == lengths).sum() + (back[5] == lengths).sum())
    assert boxed == 1  # "One of eight": y[-1]


def test_six_ways_to_take_a_vector(names):
    first, last = np.array(list(names["ends"].values())).T
    assert len(names["ends"]) == 6
    assert first[-1] > 0.97
    assert last[-1] > 0.97
    assert last[[2, 4]].min() > 0.97  # Last has the last letter
    assert first[[0, 1, 2, 3]].max() < 0.45
    assert 0.35 < first[4] < 0.7
    assert last[1] < 0.35  # with a mask a padded output is 0
    assert last[1] < last[0] < 1


def test_the_last_letter_is_learned_behind_the_padding_in_the_end(names):
    """The two rows of y[-1] without a mask, with four times the updates."""
    for name in ("one way, y[-1]", "both ways, y[-1]"):
        first, last = names["learned"](*names["TAKEN"][name], 0, 1000)
        assert last > 0.99
        assert first < 0.35


def test_last_and_final_are_those_of_rnnkit(names):
    rng, lengths = np.random.default_rng(0), np.array([5, 2, 3])
    h, mask = rng.normal(size=(5, 3, 4)), np.arange(5)[:, None] < lengths
    assert (names["last"](h, mask) == rnnkit.Last()(h, mask=mask).h).all()
    assert (names["final"](h, mask) == rnnkit.Final(bidirectional=True)(h, mask=mask).h).all()


def slope(loss, layer, name, *given, eps=1e-5):
    """By central differences: of the loss, along all numbers at once of one weight of a layer."""
    kept, ends = layer.params[name].copy(), []
    for step in (eps, -eps):
        layer.params[name] = kept + step
        ends.append(loss(*given))
    layer.params[name] = kept
    return (ends[0] - ends[1]) / (2 * eps)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_two_layers_are_one_that_goes_both_ways(names, kind):
    """Forwards and backwards, with a mask and without."""
    rng = np.random.default_rng(0)
    xs, mask = rng.normal(size=(5, 3, 2)), np.arange(5)[:, None] < np.array([5, 2, 3])
    whole = getattr(rnnkit, kind)(2, 4, bidirectional=True, rng=0)
    front, back = (getattr(rnnkit, kind)(2, 4) for _ in range(2))
    for name in front.params:
        front.params[name], back.params[name] = whole.params[name], whole.params[f"{name}_reverse"]

    def along(there, d_y):
        return (names["both_ways"](front, back, xs, there)[0] * d_y).sum()

    for there in (None, mask):
        y, runs = names["both_ways"](front, back, xs, there)
        run, d_y = whole(xs, mask=there), rng.normal(size=y.shape)
        assert np.allclose(y, run.h, atol=1e-12)
        d_xs, (d_front, d_back) = names["both_ways_backward"](front, back, runs, d_y)
        expected = whole.backward(run, d_y)
        assert np.allclose(d_xs, expected.xs, atol=1e-12)
        d_both = d_front | {f"{name}_reverse": d for name, d in d_back.items()}
        assert d_both.keys() == expected.params.keys()
        assert all(np.allclose(d, expected.params[name], atol=1e-12) for name, d in d_both.items())
        for layer, d_params in ((front, d_front), (back, d_back)):
            for name, d in d_params.items():
                measured = slope(along, layer, name, there, d_y)
                assert measured == pytest.approx(d.sum(), rel=1e-6, abs=1e-8)


def test_both_ways_are_those_of_the_flag(page):
    (off,) = re.findall(r"^bidirectional=\w+: off by (.*)$", page.printed, re.M)
    assert float(off) < 1e-12


def test_sequential_refuses_the_fifth_way():
    with pytest.raises(ValueError, match=r"Last after a bidirectional layer"):
        rnnkit.Sequential(rnnkit.RNN(4, 12, bidirectional=True), rnnkit.Last())


def test_packed_torch_ends_where_final_does(page):
    rows = dict(re.findall(r"^(packed|padded): off by (.*)$", page.printed, re.M))
    packed, padded = ([float(v) for v in rows[name].split()] for name in ("packed", "padded"))
    assert packed == [0, 0, 0, 0]
    assert padded[0] == 0 < min(padded[1:])  # the first sequence fills its row


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_the_table_of_right_ways_is_right(kind):
    """Both rows of it, in rnnkit and in Torch, on a ragged batch, two layers."""
    lengths, rng = np.array([5, 2, 3]), np.random.default_rng(0)
    xs, mask = rng.normal(size=(5, 3, 2)), np.arange(5)[:, None] < lengths
    for both in (False, True):
        layer = getattr(rnnkit, kind)(2, 4, num_layers=2, bidirectional=both, rng=0)
        run = layer(xs, mask=mask)
        theirs = getattr(torch.nn, kind)(2, 4, 2, bidirectional=both, dtype=torch.float64)
        theirs.load_state_dict({name: torch.tensor(a) for name, a in layer.params.items()})
        packed = torch.nn.utils.rnn.pack_padded_sequence(torch.tensor(xs), torch.tensor(lengths), enforce_sorted=False)
        h_n = theirs(packed)[1]
        h_n = (h_n[0] if kind == "LSTM" else h_n).detach()
        pool = rnnkit.Final(bidirectional=True) if both else rnnkit.Last()
        expected = torch.cat([h_n[-2], h_n[-1]], 1) if both else h_n[-1]
        assert np.allclose(pool(run.h, mask=mask).h, expected.numpy(), atol=1e-12)
        if not both:
            assert np.allclose(run.state[0][-1], expected.numpy(), atol=1e-12)


def test_the_first_exercise_has_its_answer(page):
    printed = re.findall(r"^(mean .*|one way|both ways): (\S+), (.+)$", page.printed, re.M)
    rows = {name: (float(far), words) for name, far, words in printed}
    assert {name: words for name, (_, words) in rows.items()} == {
        "one way": "no leak found",
        "both ways": "it leaks",
        "mean of all steps": "it leaks",
        "mean so far": "no leak found",
        "mean of all, changes": "no leak found",
    }
    assert rows["mean of all steps"][0] > 1e-3
    assert rows["mean so far"][0] == 0 < rows["mean of all, changes"][0] < 1e-12


def test_the_second_exercise_has_its_answer(page):
    rows = {
        (int(k), half): [float(v) for v in row.split()]
        for k, half, row in re.findall(r"^([12]) (front|end) (.*)$", page.printed, re.M)
    }
    assert len(rows) == 4
    assert rows[1, "front"] == [0, 0, 0, 0]
    for off in (rows[1, "end"], rows[2, "front"], rows[2, "end"]):
        assert off[0] == 0 < min(off[1:])
