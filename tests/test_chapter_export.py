"""What the page of exporting says, held against its cells: what comes back, by sizes, and by PyTorch."""

import re

import jupytext
import numpy as np
import onnxruntime
import pytest
import torch
from book_pages import ROOT, said

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "deployment" / "export.md"


def test_it_opens_with_a_choice_and_one_question():
    cells = jupytext.read(PAGE).cells
    opening = cells[0].source.partition("# Exporting to ONNX")[2]
    assert opening.count(".") + opening.count("?") <= 5
    assert opening.count("?") == 1
    assert not re.search(r"\$|error|lost|dropped|frozen", opening)
    assert next(cell.source for cell in cells[1:] if cell.cell_type == "markdown") == "(cell-sent)="


def test_seven_steps_come_back_whatever_more_is_sent_and_they_are_right(page, names):
    came = names["came"]
    assert came.pop(5) == "an error"
    assert {T: tuple(shape) for T, shape in came.items()} == dict.fromkeys((7, 8, 9, 12), (7, 3))
    assert said(page, "What does come back is right")
    xs = np.random.default_rng(0).normal(size=(9, 3, 5)).astype("float32")
    cell, wanted = names["loop"].cell, torch.nn.LSTM(5, 4)
    wanted.load_state_dict({f"{k}_l0": a for k, a in cell.state_dict().items()})
    ys = onnxruntime.InferenceSession(names["exported"]).run(["h"], {"xs": xs})[0]
    np.testing.assert_allclose(ys, wanted(torch.tensor(xs))[0].numpy(force=True)[:7], rtol=0, atol=1e-6)


def test_one_step_in_a_loop_is_the_whole(page):
    gaps = page.printed.split("\n")[-1].split()
    assert len(gaps) == 9
    assert max(map(float, gaps)) < 1e-6
    assert page.names["h"].shape == (5, 4)


def test_onnxruntime_says_the_same_and_pieces_make_the_whole(page, names):
    assert "xs    ['T', 'N', 98]\n0.h_0 [1, 'N', 96]\nh     ['T', 'N', 98]\n0.h_n [1, 'N', 96]\n" in page.printed
    assert said(page, "Cut a file of three thousand letters")
    assert len(names["unseen"]) == 3000
    (gap,) = re.findall(r"rnnkit, less onnxruntime: (\S+)", page.printed)
    assert float(gap) < 1e-4
    handed, zeros = np.array(list(names["calls"].values())).T
    loss, _ = names["rnnkit"].softmax_cross_entropy(
        names["model"](names["xs"]).h[:-1, 0], names["reads"].encode(names["unseen"])[1:]
    )
    assert handed == pytest.approx(names["bits_per_character"](loss), abs=1e-5)
    assert list(zeros) == sorted(zeros)
    assert zeros[0] > handed[0] + 0.1
    assert zeros[-1] > 5


def test_lengths_keep_the_padding_out(page):
    rows = [list(map(float, row.split())) for row in re.findall(r"^lengths=\w+ +(.*)$", page.printed, re.M)]
    assert max(rows[0]) < 1e-4
    assert min(rows[1][:2]) > 0.1
    assert rows[1][2] < 1e-4
    assert said(page, "Only the longest line is right without lengths.")


def test_what_an_exporter_freezes(page, names):
    whole, started, loop, ours = names["back"].values()
    fits = {(9, 3): (9, 3), (5, 3): (5, 3), (7, 5): (7, 5)}
    assert {k: tuple(v) for k, v in whole.items()} == fits == {k: tuple(v) for k, v in ours.items()}
    assert (started[7, 5], loop[5, 3]) == ("an error", "an error")
    assert tuple(loop[9, 3]) == (7, 3)
    assert said(page, "of nine steps two are dropped *without a word*")
    assert "out: [7, 'N', 4]" in page.printed  # the sign that was there
    assert "Whole, N free: exported" in page.printed
    for kind in ("Whole", "Loop"):
        assert f"{kind}, T free: your code specialized it to be a constant (7)" in page.printed
        assert f"{kind}, AUTO, nine steps: Guard failed: xs.size()[0] == 7" in page.printed
