"""What the page on watching a run claims, held against what its cells compute; and that its runs are its script's."""

import json
import re

import numpy as np
import pytest
from book_pages import ROOT

from artefacts.watched import __main__ as make
from rnnkit.metrics import calibration_error
from rnnkit.records import WATCHED, watched

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "inside" / "runs.md"
FAULTS = {"drift": "date", "cleaned labels": "said", "a window of 8": "lag", "a clerk's mistake": "answer"}


def test_the_record_has_every_run_and_is_light():
    names = make.of_the_page()
    record = watched()
    assert list(record) == list(names["ALL"])
    assert WATCHED.stat().st_size < 1e6
    assert json.loads(WATCHED.read_text("utf-8"))["cpu_seconds"] < 300
    size = sum(a.size for a in names["network"](0).params.values())
    for name, runs in record.items():
        assert len(runs) == (make.SEEDS if name in names["RUNS"] else make.CONTROL_SEEDS)
        for run in runs:
            assert run.curve[-1, 0] == names["UPDATES"]
            assert run.along.shape == (len(run.curve), names["T"])
            assert run.weights.shape == (size,)


def test_a_run_begins_as_the_record_has_it():
    """The first looks of one run, trained again; digits differ between processors, and the page's cells make it."""
    names, known = make.of_the_page(), watched()["a window of 8"][1]
    found = make.watched(names, "a window of 8", 1, updates=60)
    assert np.allclose([loss for _, loss in found["curve"][:2]], known.curve[:2, 1], atol=0.02)
    assert np.allclose(found["along"][0], known.along[0], rtol=0.05, atol=1e-9)


def test_it_opens_with_a_bet_and_no_formula():
    head = PAGE.read_text("utf-8").partition("# Watching a run")[2].partition("A loss is a mean over rows")[0]
    prose = re.sub(r"```.*?```", "", head, flags=re.S)
    assert len(prose.split()) < 60
    assert "$" not in prose
    assert "Views(" in head


def test_pictures_show_more_than_their_numbers(names):
    """By date E lies below the band in each month; by what it said the sound run bends, as C and D do."""
    for one in names["LOOKS"]["cleaned labels"]:
        means, chance = names["residuals"](one)
        assert (means < -chance).all()
    for name in ("sound", "drift", "a clerk's mistake"):
        for one in names["LOOKS"][name]:
            _, off = names["by_said"](one)
            assert off[0] > 0.03
            assert off[-1] < -0.015
    for one in names["LOOKS"]["sound"]:
        means, chance = names["residuals"](one)
        assert (np.abs(means) > chance).mean() < 0.1


def test_each_number_finds_its_own_fault_and_no_other(names):
    matrix = names["matrix"]
    assert names["OWN"] == FAULTS
    for view in ("date", "said", "lag", "answer"):
        sound = matrix["sound"][view]
        spread = np.ptp(sound)
        for name, found in matrix.items():
            away = np.abs(found[view] - sound.mean())
            if FAULTS.get(name) == view:
                assert away.min() > 1.5 * spread, (name, view)
            else:
                assert np.abs(found[view].mean() - sound.mean()) < 1.5 * spread, (name, view)


def test_the_curves_end_at_one_height(names):
    ends = [found["loss"] for found in names["matrix"].values()]
    assert np.ptp([of.mean() for of in ends]) < 0.025
    assert np.ptp(ends) < 0.06
    first = watched()["sound"][0].curve[0, 1]
    assert first > 2 * np.max(ends)
    assert names["lower"]["drift"] == pytest.approx(0.5, abs=0.2)
    assert all(0.04 <= share <= 0.7 for share in names["lower"].values())


def test_a_drift_leaves_the_mean_label_as_it_is(names):
    """The law: over the year the labels of a colour are drawn as without a drift, and in a month they are not."""
    shares = []
    for drift in (0, 0.95):
        _, label, facts = names["rows"](np.random.default_rng(0), 200_000, drift=drift)
        off = label != facts["colour"]
        shares.append([off.mean(), off[facts["date"] < 0.1].mean(), off[facts["date"] > 0.9].mean()])
    (year, *_), (again, first, last) = shares
    assert year == pytest.approx(0.12, abs=0.003)
    assert again == pytest.approx(year, abs=0.003)
    assert first < 0.03
    assert last > 0.2


def test_dates_dealt_anew_have_no_trend(names):
    trends, worse = names["trends"], names["worse"]
    assert max(trends["as they are"]) < -0.14
    assert np.abs(trends["dealt anew"]).max() < 0.05
    assert np.mean(worse["the year"]) == pytest.approx(0.145, abs=0.01)
    assert np.mean(worse["its last month"]) > 0.22
    first = [one["right"][one["date"] < 1 / 12].mean() for one in names["LOOKS"]["drift"]]
    assert np.mean(first) == pytest.approx(0.95, abs=0.015)  # "nineteen of twenty"


def test_what_was_cleaned_is_dealt_back_by_lot(names):
    of = ("sound", "cleaned labels")
    rows = {name: np.array([names["calibrated"][name, seed] for seed in range(3)]) for name in of}
    said, power, lot, luck = rows["cleaned labels"].mean(0)
    assert said > 2 * rows["sound"][:, 0].mean()
    assert said > power > 0.5 * said  # "less than half"
    assert lot < 0.5 * said
    assert lot == pytest.approx(rows["sound"][:, 2].mean(), abs=0.012)
    assert luck < 0.7 * lot
    wrong = [np.mean([1 - one["right"].mean() for one in names["LOOKS"][name]]) for name in ("sound", "cleaned labels")]
    assert wrong[1] < wrong[0]  # as many right, or more: its rows have fewer random labels


def test_luck_is_nearly_half_of_the_sound_runs_error_and_little_of_the_cleaned_ones(names):
    for (name, seed), (error, luck) in names["lucky"].items():
        assert error == names["calibrated"][name, seed][0]
        assert (0.4 < luck / error < 0.5) if name == "sound" else (luck < error / 7)


def test_luck_goes_with_more_rows_and_the_sound_runs_error_stays(names):
    rng, model = np.random.default_rng(3), names["loaded"]("sound", 0)
    p, labels = [], []
    for _ in range(20):
        xs, label, _ = names["rows"](rng, 6000)
        p.append(names["softmax"](model(xs).h))
        labels.append(label)
    p, labels = np.concatenate(p), np.concatenate(labels)
    error, luck = calibration_error(p, labels), calibration_error(p, names["drawn"](p, rng))
    assert luck < error / 10
    assert error > 0.8 * names["lucky"]["sound", 0][0]


def test_random_labels_leave_88_of_100(names):
    most = {name: 1 - names["ALL"][name][0].get("by_lot", 0.12) for name in names["FIVE"]}
    assert most.pop("a window of 8") == 0.9
    assert set(most.values()) == {0.88}


def test_labels_drawn_from_what_is_said_are_calibrated(names):
    p = np.random.default_rng(0).dirichlet(np.ones(4), 50_000)
    assert calibration_error(p, names["drawn"](p, np.random.default_rng(1))) < 0.01
    assert calibration_error(p, np.random.default_rng(1).integers(4, size=50_000)) > 0.2


def test_a_window_lets_nothing_past_eight_steps(names):
    for name in ("a window of 8", "a window, one mark"):
        for run in watched()[name]:
            # the last step is 19, and windows begin at 0, 8 and 16
            assert (run.along[:, :4] > 0).all()
            assert (run.along[:, 4:] == 0).all()


def test_the_gradient_neither_convicts_nor_acquits(names):
    right, moments = names["far_right"], names["moments"]
    assert min(right["sound"]) > 0.8
    assert max(right["a window of 8"]) < 0.35
    assert min(right["a window, one mark"]) > 0.8  # knows, and nothing arrives
    assert max(right["few far rows"]) < 0.5  # does not know, and it arrives
    assert max(right["gates half open"]) < 0.35
    far = {name: {when: found[:, -1] for when, found in of.items()} for name, of in moments.items()}
    sound, few, half = (far[name] for name in ("sound", "few far rows", "gates half open"))
    assert few["30 to 90"].min() > sound["30 to 90"].min()
    assert sorted(few["last 150"] > 5e-3) == [False, False, True]  # a thousandth with two seeds
    third = few["last 150"].max() / sound["last 150"]
    assert 0.45 < third.min() < third.max() < 0.77  # half to three quarters
    assert few["last 150"].min() > 8e-4
    assert half["first"].max() < 3e-5 < 8e-3 < sound["first"].min()  # the first update convicts it
    assert 0.01 < half["30 to 90"].min() < half["30 to 90"].max() < 0.03
    assert half["30 to 90"].max() < sound["30 to 90"].min()
    assert half["last 150"].max() < 2.5e-3 < sound["last 150"].min()


def test_lower_layers_get_less(names):
    assert all(one[0] < 0.5 * one[1] < 0.25 for one in names["layers"])


def test_the_clerk_is_found_and_in_the_sound_run_no_one(names):
    one = names["LOOKS"]["a clerk's mistake"][0]
    assert set(one["clerk"][names["fullest"](one)[:8]]) == {7}
    assert min(names["shares"]["a clerk's mistake"]) > 0.6
    assert max(names["shares"]["sound"]) < 0.2
    for one in names["LOOKS"]["a clerk's mistake"]:
        there = names["fullest"](one)
        assert set(one["label"][there]) == {3}
        assert set(one["says"][there]) == {1}


def test_the_board_tells_the_scale_and_not_the_harm(names):
    boards, missed = names["boards"], names["missed"]
    shut = {
        scale: np.mean([boards[scale, seed][1][:, [0, -1]].sum(1) for seed in range(3)], 0) for scale in names["SCALES"]
    }
    assert shut[1][0] < 0.02 < shut[10][0] < shut[30][0]
    assert shut[30][-1] > 0.4
    assert np.mean(missed[30]) < np.mean(missed[1]) + 0.02  # "no more errors"
    for losses, bins in boards.values():
        assert losses.shape == (6,)
        assert bins.shape == (7, 20)
        assert np.allclose(bins.sum(1), 1, atol=0.02)
        assert losses[-1] < 0.8 < 0.9 < losses[0] + 0.1


def test_the_projector_shows_what_is_known(names):
    points, _, _ = names["clouds"]["sound"]
    assert points.shape == (400, 16)
    assert np.abs(points.mean(0)).max() < 1e-9
    several = [names["agree"](*names["projected"](name, 1, 3000)) for name in ("sound", "a window of 8")]
    assert several[0] > 0.7
    assert several[1] < 0.4
    near = names["agree"](*names["projected"]("sound", 0, 3000))
    assert near < 0.6 < 0.8 < names["far_right"]["sound"][0], "near is not known"


def test_two_faults_at_once_are_seen_each_by_its_view(page):
    assert float(re.search(r"by date: +(\S+)", page.printed)[1]) < -0.12
    assert float(re.search(r"by answer: +(\S+)", page.printed)[1]) > 2
    assert re.search(r"clerks, surest: ([\d ]+)", page.printed)[1].split().count("7") >= 5
