"""What the page of serving under load says: its queue by lines of our own, and its cells, which run a server."""

import re

import jupytext
import numpy as np
import pytest
import yaml
from book_pages import ROOT, said

from rnnkit.deploy.limits import Limits

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "deployment" / "operating.md"


def test_it_opens_with_a_choice_and_one_question():
    cells = jupytext.read(PAGE).cells
    opening = cells[0].source.partition("# Serving under load")[2]
    assert opening.count(".") + opening.count("?") <= 5
    assert opening.count("?") == 1
    assert not re.search(r"\$|longer|nothing", opening)
    first = next(cell for cell in cells[1:] if cell.cell_type == "markdown")
    assert first.source == "(cell-queue)="


def test_the_queue_is_that_of_one_server(names):
    """Tick by tick, in milliseconds: who is in it, who computes, and until when."""
    come = np.floor(1000 * names["COME"]).astype(int)
    for name, places in names["PLACES"].items():
        line, left, waits, k = [], 0, {}, 0
        for now in range(300_000):
            left = max(left - 1, 0)
            if not left and line:
                first = line.pop(0)
                waits[first], left = now - come[first], 100
            while k < len(come) and come[k] == now:
                if not left:
                    waits[k], left = 0, 100
                elif len(line) < places:
                    line.append(k)
                k += 1
        theirs = names["queues"][name]
        assert abs(len(waits) - np.isfinite(theirs).sum()) <= 12, name
        assert np.mean(list(waits.values())) == pytest.approx(1000 * np.nanmean(theirs), rel=0.05, abs=5), name


def test_a_longer_queue_answers_no_more(page):
    answered, refused, middle, most = np.array([page.names["rates"](w) for w in page.names["queues"].values()]).T
    assert said(page, "with none it stands idle between two messages, and refuses half")
    assert refused[0] / (answered + refused)[0] == pytest.approx(0.5, abs=0.03)
    assert said(page, "From five on it answers nearly all it can.")
    assert (answered[2:] > 9.3).all()
    assert answered.max() < 10.01
    assert said(page, "Ten a second, and twenty in it: so each stays for two seconds.")
    stays = 0.1 + np.nanmean(page.names["queues"]["20"][400:])
    assert stays == pytest.approx(2, abs=0.3)
    assert said(page, "Without a limit the wait grows as long as the rush lasts.")
    thirds = [part.mean() for part in np.array_split(page.names["queues"]["no limit"], 3)]
    assert thirds[0] < thirds[1] < thirds[2]
    assert refused[-1] == 0
    assert most[-1] > 5 * most[3]
    assert (middle[:3] < 0.5).all()


def test_the_oldest_session_is_told(page):
    statuses = re.findall(r"user \d: (\d+)", page.printed)
    assert statuses == ["410", "200", "200", "200"]


def test_a_short_queue_says_no_at_once(page):
    counts = {answer.status_code for answer in page.names["answers_of"]}
    assert counts == {200, 503}
    assert page.names["busy"].headers["retry-after"] == "1"
    assert said(page, "one may compute and one wait")
    assert "at most 2 may compute or wait at once" in page.printed


def test_wrong_and_slow_clients_are_answered(page):
    assert [status for status, _ in re.findall(r"^(422|413) (.*)$", page.printed, re.M)] == ["422"] * 4 + ["413"]
    seconds = float(re.search(r"closed after ([\d.]+) s", page.printed)[1])
    assert seconds >= 0.9  # --read 1; a busy machine takes longer


def test_the_table_has_the_options_that_there_are():
    options = re.findall(r"^\| .* \| `--(\w+)` \| .* \|$", PAGE.read_text("utf-8"), re.M)
    assert set(options) <= set(Limits._fields)
    assert len(options) == 7


def test_a_step_together_costs_less_a_user(names):
    assert names["us"][16] < names["us"][1]
    assert names["saved"] < 0.6 * names["message"]  # "the step is not what a message costs"


def test_the_stream_is_told_and_the_server_goes(page):
    assert "'status': 503, 'step': 24}" in page.printed
    assert "and it is gone" in page.printed
    assert "rnnkit_evicted 1.0" in page.printed


def test_the_size_of_a_state(page):
    assert said(page, "$16 + 8 + 4 + 4 \\cdot 96$ bytes")
    assert page.names["size"] == 16 + 8 + 4 + 4 * page.names["H"]


def test_eight_bits_of_weights_may_be_batched_and_of_states_may_not(page):
    moved = page.names["moved"]
    assert moved["floats"] < 3e-5
    assert moved["eight bits, one scale"] > 30 * moved["floats"]
    assert moved["eight bits, one each"] < 3e-5
    assert said(page, "So states in eight bits are **not batched across users by one scale**.")
    assert said(page, "With a scale for each row of the batch Ben moves her as little as with floats.")
    begun, there = page.names["begun"], page.names["there"]
    one, many = (page.names[f"by_{way}"] for way in ("one_scale", "scale_each"))
    pair = page.names["joined"]([begun, there])
    same = lambda states: all(map(np.array_equal, sum(many(states), ()), sum(one(states), ())))  # noqa: E731
    assert same(begun)
    assert not same(pair)


def test_what_is_said_of_a_cluster_is_what_the_files_and_the_tests_hold(page):
    """The other bullets: away and lost in test_deploy_server_process, other weights in test_deploy_server."""
    compose = yaml.safe_load((PAGE.parent / "container" / "compose.yaml").read_text())["services"]["server"]
    assert said(page, "**The grace period** is longer than `--grace`: 15 seconds and 10 in `compose.yaml`.")
    assert compose["stop_grace_period"] == "15s"
    assert compose["command"][compose["command"].index("--grace") + 1] == "10"
    assert "No cluster was tried here." in page.prose
