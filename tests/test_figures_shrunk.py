"""A network in a page, as the build writes it: sizes, what is measured, and that no letter of it ends its script."""

import json
import re

import numpy as np
import pytest

import rnnkit
from rnnkit.data import Vocabulary
from rnnkit.deploy import Bundle, quantised
from rnnkit.figures import Shrunk

READS = Vocabulary(["</script> <to be>"])
V = len(READS)


def shrunk(text="to", passage="to be </script>", **more):
    rng = np.random.default_rng(0)
    layers = rnnkit.Embedding(V, 3, rng=rng), rnnkit.GRU(3, 4, rng=rng), rnnkit.Linear(4, V, rng=rng)
    return Shrunk(Bundle(rnnkit.Sequential(*layers), READS, {}), text, passage, "a < b", "look", (8, 4), 20, **more)


def test_sizes_are_those_of_packed_weights():
    weights, rows, biases = V * 3 + 12 * 3 + 12 * 4 + V * 4, V + 12 + 12 + V, 12 + 12 + V
    sizes = {bits: {way: one["bytes"] for way, one in ways.items()} for bits, ways in shrunk().results.items()}
    assert sizes == {
        "32": {"row": 4 * (weights + biases)},
        "8": {"row": weights + 4 * (rows + biases), "matrix": weights + 4 * (4 + biases)},
        "4": {"row": round(weights / 2 + 4 * (rows + biases)), "matrix": round(weights / 2 + 4 * (4 + biases))},
    }


def test_what_is_measured_is_the_models():
    one = shrunk()
    model, _ = quantised(one.bundle.model, 4)
    symbols = READS.encode(one.passage)
    loss, _ = rnnkit.softmax_cross_entropy(model(symbols[:-1, None]).h, symbols[1:, None])
    assert one.results["4"]["row"]["bits"] == pytest.approx(float(loss) / np.log(2), abs=1e-5)
    assert len(one.results["4"]["row"]["written"]) == 20


def test_nothing_of_the_network_ends_its_script():
    page = shrunk()._repr_html_()
    assert page.count("</script>") == page.count("<script") == 3
    data = json.loads(re.search(r'type="application/json">(.*?)</script>', page)[1])
    assert data["rest"]["passage"] == "to be </script>"
    assert data["network"]["items"][2:] == READS.items
    assert 'aria-label="a &lt; b"' in page


def test_another_seed_draws_another_text():
    assert shrunk().results["32"]["row"]["written"] != shrunk(seed=1).results["32"]["row"]["written"]


def test_what_is_empty_is_refused():
    with pytest.raises(ValueError, match="text or passage is empty"):
        shrunk(text="")
    with pytest.raises(ValueError, match="text or passage is empty"):
        shrunk(passage="t")
