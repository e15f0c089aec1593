"""One file names the colours, and every text can be read on its ground."""

import re

import numpy as np
import pytest
from engines import ask

from rnnkit.explorers import EXPLORERS, page_style, page_tokens
from rnnkit.explorers.base import HERE, own_style

NAMED = re.compile(
    r"#(?:[0-9a-fA-F]{3}){1,2}\b|\b(?:rgb|hsl|lab|lch|oklch)a?\(|"
    r"[:\"'] *(?:black|white|red|green|blue|gray|grey|orange|yellow|purple)[;\"' ]*[;\"'}\n]"
)


def rgb(theme):
    blocks = re.findall(r"\{([^{}]*)\}", page_tokens())
    named = {}
    for block in blocks[: 1 if theme == "light" else 2]:
        named |= dict(re.findall(r"--rk-([a-z-]+): (#\w{6});", block))
    return {name: np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255 for name, code in named.items()}


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return np.dot([0.2126, 0.7152, 0.0722], linear)


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def ground(colours, value, strength):
    """What tint(value, strength) is in this theme."""
    said = ask("shared_draw.tint", value, strength)
    found = re.fullmatch(r"color-mix\(in srgb, var\(--rk-(\w+)\) (\d+)%, var\(--rk-page\)\)", said)
    if not found:
        assert said == "var(--rk-page)"
        return colours["page"]
    share = int(found[2]) / 100
    return share * colours[found[1]] + (1 - share) * colours["page"]


@pytest.mark.parametrize("suffix", ["js", "css", "py", "json"])
def test_one_file_names_the_colours(suffix):
    for path in HERE.rglob(f"*.{suffix}"):
        found = NAMED.search(path.read_text("utf-8"))
        assert path.name == "tokens.css" or not found, f"{path.name} names {found[0]}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_the_card(theme):
    colours = rgb(theme)
    for text in ("ink", "baseline", "yes", "no"):
        assert contrast(colours[text], colours["page"]) >= 4.5, text
    for text in ("ink", "baseline"):
        assert contrast(colours[text], colours["soft"]) >= 4.4, text
    for line in ("baseline", "input", "forget", "candidate", "output", "minus", "plus"):
        assert contrast(colours[line], colours["page"]) >= 3, line


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_every_pale_shade(theme):
    colours = rgb(theme)
    for value in np.linspace(-1, 1, 41):
        assert contrast(colours["ink"], ground(colours, float(value), 0.2)) >= 4.5, value


def test_every_style_closes_what_it_opens_and_stays_small():
    for path in HERE.rglob("*.css"):
        text = path.read_text("utf-8")
        assert text.count("{") == text.count("}") > 0, path.name
    for kind in EXPLORERS:
        assert len(page_style((kind,))) < 26_000, kind.slug


@pytest.mark.parametrize("kind", EXPLORERS, ids=lambda kind: kind.slug)
def test_an_explorers_rules_hold_in_its_own_places_alone(kind):
    """What a figure or another explorer of the page calls by the same name keeps its look."""
    selectors = [one for one in selectors_of(own_style(kind)) if not one.startswith("@")]
    outside = [one for one in selectors if f"[data-explorer={kind.slug}]" not in one and f".rk-{kind.slug}" not in one]
    assert selectors
    assert outside == []


def selectors_of(text: str) -> list[str]:
    """Every selector and at-rule of a style sheet, one by one; those within @keyframes left out."""
    text = re.sub(r"@keyframes [^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", text)
    heads = [head.strip() for head in re.findall(r"([^{}]+)\{", text)]
    return [one.strip() for head in heads for one in ([head] if head[0] == "@" else re.split(r",(?![^()]*\))", head))]


def test_every_style_of_a_property_exists():
    """A property that no one defines leaves a shape black."""
    defined = set(re.findall(r"(--rk-[\w-]+):", page_tokens() + page_style(EXPLORERS)))
    defined |= {"--rk-cols", *(f"--rk-{width}" for width in ("wide", "middle", "narrow"))}
    for path in [*HERE.rglob("*.css"), *HERE.rglob("*.js")]:
        used = set(re.findall(r"var\((--rk-[\w-]+)\)", path.read_text("utf-8")))
        assert used <= defined, path.name
