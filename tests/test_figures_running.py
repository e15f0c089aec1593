"""A network that runs in a page, as the build writes it: in eight bits, and no letter of it ends its script."""

import json
import re

import numpy as np
import pytest

import rnnkit
from rnnkit.data import Vocabulary
from rnnkit.deploy import Bundle, stream, to_page
from rnnkit.deploy.quantised import quantised
from rnnkit.figures import Running

READS = Vocabulary(["</script> <to be>"])
V = len(READS)


def running(text="to </", **more):
    rng = np.random.default_rng(0)
    layers = rnnkit.Embedding(V, 3, rng=rng), rnnkit.GRU(3, 4, rng=rng), rnnkit.Linear(4, V, rng=rng)
    bundle = Bundle(rnnkit.Sequential(*layers), READS, {})
    return Running(bundle, text, "a < b", "look", (8,), 20, **more), bundle


def test_nothing_of_the_network_ends_its_script():
    figure, bundle = running()
    page = figure._repr_html_()
    assert page.count("</script>") == page.count("<script") == 3
    data = json.loads(re.search(r'type="application/json">(.*?)</script>', page, re.S)[1])
    assert data["network"] == json.loads(to_page(bundle))
    assert 'aria-label="a &lt; b"' in page


def test_it_writes_with_eight_bits_what_is_likeliest_with_the_noise():
    figure, bundle = running()
    step, noise = stream(quantised(bundle.model.to(dtype="float32"))[0]), figure.noise
    state = step.start()
    for number in READS.encode("to </"):
        y, state = step(np.array([number]), state)
    first = y[0, 2:] / 0.5 + noise[2:V]
    assert figure.written[0] == READS.items[first.argmax()]
    assert running(seed=1)[0].written != figure.written


def test_what_is_empty_is_refused():
    with pytest.raises(ValueError, match="text is empty"):
        running(text="")
