"""The sample of `make test`: every check meets every page and a few explorers, and each variant has its turn."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from book_pages import PAGES
from sample import FEW, beyond_the_sample

from rnnkit.explorers import EXPLORERS


def item(check, **params):
    return SimpleNamespace(path=Path("test_a.py"), originalname=check, callspec=SimpleNamespace(params=params))


@pytest.fixture
def items():
    return [item(f"check {k}", name=name, width=width) for k in range(9) for name in PAGES for width in (375, 1440)]


def test_each_check_keeps_one_variant_of_each_subject(items):
    aside = [id(one) for one in beyond_the_sample(items)]
    kept = [(one.originalname, one.callspec.params["name"]) for one in items if id(one) not in aside]
    assert len(kept) == len(set(kept)) == len(items) / 2


def test_both_variants_have_their_turn(items):
    widths = [one.callspec.params["width"] for one in beyond_the_sample(items)]
    assert 0.25 < widths.count(375) / len(widths) < 0.75


def test_what_is_about_no_subject_stays():
    assert list(beyond_the_sample([item("check", width=375), item("check", width=1440)])) == []


def test_a_check_meets_a_few_explorers_and_an_explorer_most_checks():
    items = [
        item(f"check {k}", kind=kind, width=width) for k in range(40) for kind in EXPLORERS for width in (375, 768)
    ]
    aside = {id(one) for one in beyond_the_sample(items)}
    kept = [(one.originalname, one.callspec.params["kind"]) for one in items if id(one) not in aside]
    assert len(kept) == len(set(kept)) == 40 * min(FEW, len(EXPLORERS))
    met = [sum(kind is one for _, one in kept) for kind in EXPLORERS]
    assert min(met) > 0.7 * len(kept) / len(EXPLORERS)
