"""What chapters/inside/reads-along.md says of what is forgotten, and of what a table already knows."""

import re

import pytest
from book_pages import ROOT, executed

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "inside" / "reads-along.md"


def test_a_forgotten_bracket_is_as_one_that_never_was():
    printed = executed(PAGE).printed
    whole, gone, never = (float(p) for p in re.findall(r"\) with (\d\.\d\d)", printed))
    assert whole > 4 * gone
    assert abs(gone - never) < 0.03


def test_a_table_of_five_characters_comes_near():
    printed = executed(PAGE).printed
    network, table = (float(re.search(rf"{name} +(\d\.\d\d)", printed)[1]) for name in ("network", "in a table"))
    assert network < table < 1.1 * network
