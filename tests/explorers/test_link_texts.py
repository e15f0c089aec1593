"""Links as texts: every state makes the way there and back, and noise never becomes a state."""

import numpy as np
import pytest
from book_pages import extension
from engines import ask, plain, random_traits, slug

from rnnkit.explorers import EXPLORERS

ENCODE = "(name, traits, own) => shared_traits.encodeLink(it, name, traits, own)"
DECODE = "(hash, own) => shared_traits.decodeLink(it, hash, own)"


def own_of(kind):
    return plain({name: getattr(kind(), name) for name in kind.limits.traits})


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_every_state_makes_the_way_there_and_back(kind):
    rng, own = np.random.default_rng(2), own_of(kind)
    for _ in range(50):
        want = plain(random_traits(kind, rng))
        link = ask(ENCODE, "a name; with=signs", want, own, kind=kind)
        assert link.startswith(f"#{kind.slug}=a%20name%3B%20with%3Dsigns;")
        first, rest = link.split(";", 1)
        for text in (link, f"{first};{rest.replace(';', '%3B').replace('-', '%2D').replace('/', '%2F')}"):
            assert ask(DECODE, text, own, kind=kind) == want
    assert ask(ENCODE, "main", own, own, kind=kind) == f"#{kind.slug}=main"


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_the_book_reads_a_link_as_the_page_does(kind):
    """Every kind of trait: numbers, matrices, texts, words to choose from; it refuses what the explorer refuses."""
    book, rng, limits = extension("explorers"), np.random.default_rng(4), kind.limits.traits
    for _ in range(50):
        want = plain(random_traits(kind, rng))
        link = ask(ENCODE, "main", want, own_of(kind), kind=kind)
        pairs = dict(one.split("=", 1) for one in link.split(";")[1:])
        assert {name: book.value_of(limits[name], text) for name, text in pairs.items()} == {n: want[n] for n in pairs}
        assert book.wrong_values(kind.slug, link.split(";", 1)[1]) == ""
    for name, limit in limits.items():
        if "choices" in limit:
            assert f"{name} expects" in book.wrong_values(kind.slug, f"{name}=none-of-them")


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_noise_is_refused_or_is_a_state_that_fits(kind):
    rng, own, refused = np.random.default_rng(3), own_of(kind), 0
    alphabet = list("0123456789.,-/;=eNaIinfwghtstp_%<>&\"'")
    for _ in range(500):
        name = rng.choice(list(kind.limits.traits))
        noise = "".join(rng.choice(alphabet, int(rng.integers(1, 40))))
        found = ask(DECODE, f"#{kind.slug}=main;{name}={noise}", own, kind=kind)
        if isinstance(found, str):
            refused += 1
            assert noise not in found or len(noise) < 3, "a link's text is never shown"
        else:
            kind(**found)
    assert refused > 400


WHY = {
    "zzz=1": "it names something that this explorer does not have",
    "__proto__=1": "it names something that this explorer does not have",
    "constructor=1": "it names something that this explorer does not have",
    "name=evil": "it names something that this explorer does not have",
    "committed=1": "it names something that this explorer does not have",
    "step=2.5": "step is no whole number",
    "step=-1": "step holds a number beyond 0 to",
    "step=999": "step holds a number beyond 0 to",
    "step=1,2": "step is one number",
    "step=": "step holds something that is no number",
    "step=NaN": "step holds something that is no number",
    "step=1e3": "step holds something that is no number",
    "step=0x1": "step holds something that is no number",
    "step=%": "a percent sign in it starts no character",
    "step=<img src=x onerror=alert(1)>": "step holds something that is no number",
    "step=" + "1" * 5000: "it is too long",
}


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
@pytest.mark.parametrize("rest", WHY, ids=lambda rest: rest[:20])
def test_a_link_is_refused_for_what_is_wrong_with_it(kind, rest):
    assert ask(DECODE, f"#{kind.slug}=main;{rest}", own_of(kind), kind=kind).startswith(WHY[rest])
