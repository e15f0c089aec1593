"""The sample of `make test`: a check meets a few pages and explorers; each of them, and each variant, has its turn."""

import doctest
from pathlib import Path
from types import SimpleNamespace

import pytest
import sample
from book_pages import PAGES
from sample import EXPLORERS_MET, PAGES_MET, beyond_the_sample

from rnnkit.explorers import EXPLORERS


def item(check, **params):
    return SimpleNamespace(path=Path("test_a.py"), originalname=check, callspec=SimpleNamespace(params=params))


@pytest.fixture
def items():
    return [item(f"check {k}", name=name, width=width) for k in range(9) for name in PAGES for width in (375, 1440)]


def kept(items, about):
    aside = {id(one) for one in beyond_the_sample(items)}
    return [(one.originalname, one.callspec.params[about]) for one in items if id(one) not in aside]


def test_each_check_keeps_one_variant_of_each_page_that_it_meets(items):
    met = kept(items, "name")
    assert len(met) == len(set(met)) == 9 * min(PAGES_MET, len(PAGES))


def test_both_variants_have_their_turn(items):
    widths = [one.callspec.params["width"] for one in beyond_the_sample(items)]
    assert 0.25 < widths.count(375) / len(widths) < 0.75


def test_what_is_about_no_subject_stays():
    assert list(beyond_the_sample([item("check", width=375), item("check", width=1440)])) == []


CHECKS = 200  # so many that each subject is met nearly as often as any other


@pytest.mark.parametrize(("about", "all_", "most"), [("kind", EXPLORERS, EXPLORERS_MET), ("name", PAGES, PAGES_MET)])
def test_a_check_meets_a_few_and_each_of_them_many_checks(about, all_, most):
    items = [
        item(f"check {k}", **{about: one}, width=width) for k in range(CHECKS) for one in all_ for width in (375, 768)
    ]
    met = kept(items, about)
    assert len(met) == len(set(met)) == CHECKS * min(most, len(all_))
    times = [sum(one == other for _, other in met) for one in all_]
    assert min(times) > 0.5 * len(met) / len(all_)


def test_examples_in_docstrings_run():
    assert doctest.testmod(sample).failed == 0
