"""A network in a page: page.js in V8 beside rnnkit, for every cell and number of bits; and what is refused."""

import base64
import itertools
import json
import re

import numpy as np
import pytest

import rnnkit
from rnnkit.data import Vocabulary
from rnnkit.deploy import Bundle, quantise, quantised, script, to_html, to_page

MiniRacer = pytest.importorskip("py_mini_racer").MiniRacer
READS = Vocabulary(["to be, or not to be"])
V = len(READS)
RUN = """function run(file, symbols, bits) {
  let net = unpack(JSON.parse(file)), out = [];
  if (bits) net = withBits(net, bits);
  let state = start(net), y;
  for (const symbol of symbols) { [y, state] = step(net, symbol, state); out.push(Array.from(y)); }
  return out;
}"""


@pytest.fixture(scope="module")
def v8():
    racer = MiniRacer()
    racer.eval("\n".join([script(), RUN]))
    return racer


def bundle(kind=rnnkit.GRU, seed=0, **options):
    rng = np.random.default_rng(seed)
    layers = rnnkit.Embedding(V, 3, rng=rng), kind(3, 5, rng=rng, **options), rnnkit.Linear(5, V, rng=rng)
    return Bundle(rnnkit.Sequential(*layers).to(dtype="float32"), READS, {})


SYMBOLS = READS.encode("be or to not be, not?")


def beside(v8, one, bits, *more):
    """What the page gives and what rnnkit gives, (T, V) each."""
    model = one.model if bits == 32 else quantised(one.model, bits)[0]
    ours = np.array(v8.call("run", to_page(one, *more), SYMBOLS.tolist(), 0 if more == (bits,) else bits))
    return ours, model(SYMBOLS[:, None]).h[:, 0]


KINDS = [(rnnkit.GRU, {}), (rnnkit.LSTM, {"num_layers": 2}), (rnnkit.RNN, {}), (rnnkit.GRU, {"bias": False})]


@pytest.mark.parametrize(("kind", "options"), KINDS)
@pytest.mark.parametrize("bits", [32, 8, 3])
def test_the_page_gives_what_rnnkit_gives(v8, kind, options, bits):
    ours, theirs = beside(v8, bundle(kind, **options), bits, bits)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert abs(theirs).max() > 0.1


@pytest.mark.parametrize("bits", range(2, 9))
def test_the_page_rounds_floats_as_quantise_does(v8, bits):
    """Floats travel, and the page makes whole numbers of them: the very ones, ties included."""
    one = bundle(seed=bits)
    one.model.params["2.weight"] = np.float32([[4, 2, -2, 1, 3]] * V)  # of 2 bits, halves are ties
    ours, theirs = beside(v8, one, bits, 32)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    whole = v8.eval(f"Array.from(quantise(unpack({to_page(one, 32)}).readout.weight, {bits}).rows)")
    assert list(whole) == quantise(one.model.params["2.weight"], bits).rows.ravel().tolist()


def test_one_scale_for_all_of_a_matrix(v8):
    one = bundle()
    found = v8.eval(f"Array.from(quantise(unpack({to_page(one, 32)}).readout.weight, 4, false).rows)")
    assert list(found) == quantise(one.model.params["2.weight"].reshape(1, -1), 4).rows.ravel().tolist()


def test_a_state_is_read_and_never_written(v8):
    v8.eval(f"var net = unpack({to_page(bundle(rnnkit.LSTM))}), begun = start(net), kept = step(net, 3, begun)[1];")
    before = v8.eval("JSON.stringify([begun, kept])")
    v8.eval("step(net, 4, kept); step(net, 5, begun)")
    assert v8.eval("JSON.stringify([begun, kept])") == before


def test_the_file_takes_a_byte_a_weight_or_four():
    one = bundle()
    weights = sum(a.size for a in one.model.params.values() if a.ndim == 2)
    sizes = {bits: json.loads(to_page(one, bits)) for bits in (8, 32)}
    for bits, file in sizes.items():
        matrices = [
            file["embedding"],
            file["readout"]["weight"],
            *(file["layers"][0][k] for k in ("weight_ih", "weight_hh")),
        ]
        assert sum(len(base64.b64decode(one["rows"])) for one in matrices) == weights * (1 if bits == 8 else 4)
    assert sizes[8]["items"][2:] == READS.items


def test_a_whole_page_holds_all_of_it_and_names_no_other_host():
    reads = Vocabulary(["</script> <b>"])
    layers = rnnkit.Embedding(len(reads), 3, rng=0), rnnkit.GRU(3, 4, rng=0), rnnkit.Linear(4, len(reads), rng=0)
    page = to_html(Bundle(rnnkit.Sequential(*layers), reads, {}), "A & B")
    assert "<title>A &amp; B</title>" in page
    assert page.count("</script>") == 2
    assert not re.search(r"https?://|\b(?:TITLE|NETWORK|SCRIPT)\b", page)
    file = json.loads(re.search(r'type="application/json">(.*?)</script>', page)[1])
    assert file["items"][2:] == reads.items


LIKE = {"rng": 0}
REFUSED = {
    "both ways": [
        rnnkit.Embedding(V, 3, **LIKE),
        rnnkit.GRU(3, 2, bidirectional=True, **LIKE),
        rnnkit.Linear(4, V, **LIKE),
    ],
    "ReLU": [
        rnnkit.Embedding(V, 3, **LIKE),
        rnnkit.RNN(3, 4, nonlinearity="relu", **LIKE),
        rnnkit.Linear(4, V, **LIKE),
    ],
    "learned": [
        rnnkit.Embedding(V, 3, **LIKE),
        rnnkit.GRU(3, 4, learned_state=True, **LIKE),
        rnnkit.Linear(4, V, **LIKE),
    ],
    "no readout": [rnnkit.Embedding(V, 3, **LIKE), rnnkit.GRU(3, V, **LIKE)],
    "no embedding": [rnnkit.GRU(V, 4, **LIKE), rnnkit.Linear(4, V, **LIKE)],
    "pooled": [rnnkit.Embedding(V, 3, **LIKE), rnnkit.GRU(3, 4, **LIKE), rnnkit.Last(), rnnkit.Linear(4, V, **LIKE)],
}


@pytest.mark.parametrize("layers", REFUSED.values(), ids=REFUSED)
def test_what_a_page_does_not_run_is_refused_by_name(layers):
    with pytest.raises(ValueError, match=r"the model is of \w+, .*expected Embedding, then GRU"):
        to_page(Bundle(rnnkit.Sequential(*layers), READS, {}))


def test_a_bundle_without_a_vocabulary_and_other_bits_are_refused():
    with pytest.raises(ValueError, match="the bundle reads by NoneType, expected a Vocabulary"):
        to_page(bundle()._replace(reads=None))
    for bits, call in itertools.product(
        (0, 1, 9, 16, 8.5), (lambda k: to_page(bundle(), k), lambda k: quantise(np.eye(2), k))
    ):
        with pytest.raises(ValueError, match="bits is"):
            call(bits)
