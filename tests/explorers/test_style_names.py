"""A page has the styles of all its explorers, so none may style what another one draws."""

import re
from pathlib import Path

import pytest

from rnnkit.explorers import EXPLORERS
from rnnkit.explorers import base as kit

CLASS = re.compile(r"rk-[a-z0-9-]+")
BOOK = Path(__file__).resolve().parents[2] / "book" / "_static"
BARE = re.compile(r"(?<![\w.-])\.(rk-[a-z0-9-]+)")  # of any element: not a.rk-set
MADE = re.compile(r'h\("(?:div|p|form|label|span|button|ul|ol|table)", \{[^{}]*?class: ["`]([^"`]*)')
SHARED = Path(kit.__file__).parent / "shared"
KNOWN = set(CLASS.findall("".join(file.read_text("utf-8") for file in SHARED.glob("*.css"))))


def selectors(kind):
    """What an explorer's style is about, without what it says of its own card alone."""
    text = re.sub(r"/\*.*?\*/", "", (kind.folder / "style.css").read_text("utf-8"), flags=re.S)
    several = [one for group in re.findall(r"([^{};]+)\{", text) for one in re.split(r",(?![^(]*\))", group)]
    return {one.strip() for one in several if not one.strip().startswith("@") and f"rk-{kind.slug}" not in one}


@pytest.mark.parametrize("kind", EXPLORERS, ids=lambda kind: kind.slug)
def test_no_explorer_styles_what_another_draws(kind):
    """A part of a picture has its class from the explorer or its name: stage(card, "flow") is rk-flow."""
    for other in EXPLORERS:
        if other is kind:
            continue
        source = "".join(file.read_text("utf-8") for file in other.folder.glob("*.js"))
        drawn = set(CLASS.findall(source)) | {f"rk-{name}" for name in re.findall(r'stage\(card, "([\w-]+)"', source)}
        for selector in selectors(kind):
            classes = set(CLASS.findall(selector))
            meets = classes & drawn and classes <= drawn | KNOWN
            assert not meets, f"{selector} of {kind.slug} meets {other.slug}"


def test_no_style_of_the_book_meets_a_part_of_a_card():
    """On a page of its own a card looks right, and in the book its parts stand in another grid."""
    styled = {name for file in BOOK.glob("*.css") for name in BARE.findall(file.read_text("utf-8"))}
    made = {kind.slug: set() for kind in EXPLORERS}
    for kind in EXPLORERS:
        for file in kind.folder.glob("*.js"):
            made[kind.slug].update(*(CLASS.findall(names) for names in MADE.findall(file.read_text("utf-8"))))
    assert "rk-beside" in styled
    assert {"rk-methods", "rk-choices", "rk-eb-side"} <= made["evidence-bench"]
    assert {slug: names & styled - KNOWN for slug, names in made.items() if names & styled - KNOWN} == {}
