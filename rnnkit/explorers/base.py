"""What every explorer shares on the Python side: one joined ES module, the still picture, and two ways to be shown."""

import json
from difflib import get_close_matches
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets as t
from py_mini_racer import MiniRacer

HERE = Path(__file__).parent
SHARED = ("core.js", "draw.js", "fields.js", "parts.js", "shell.js")
TOKENS = ("tokens.css",)
PICTURES = ("pictures.css",)
STYLES = (*PICTURES, "shell.css")
EXPORT = "export default { render: (at) => mount(it, at) };"
START = 'if (document.readyState === "loading") addEventListener("DOMContentLoaded", go); else go();'


def read(names: tuple[str, ...]) -> str:
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


class Explorer(anywidget.AnyWidget):
    """An interactive picture that computes in the page; the base of all explorers.

    A subclass names its JavaScript files, whose last one defines ``explorer``, and its synced traits. It is an
    ipywidget: traits can be observed, linked and laid out. Published without a kernel, it is shown as HTML that
    a script of the page mounts; with scripts off and on paper, as a still picture and a table.
    """

    slug: ClassVar[str]
    files: ClassVar[tuple[str, ...]]
    caption: ClassVar[str]

    name = t.Unicode("main", help="tells explorers of one page apart in the links that they copy").tag(sync=True)
    playing = t.Bool(False, help="whether it moves on by itself").tag(sync=True)
    committed = t.Bool(False, help="whether the answer to the opening question is shown").tag(sync=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "files" in cls.__dict__:  # and not when anywidget makes a subclass of its own to hold its traits
            cls._esm = f"{read(SHARED)}\nconst it = {cls.module()};\n{EXPORT}\n"
            cls._css = read((*TOKENS, *STYLES))
        super().__init_subclass__(**kwargs)

    def __init__(self, **traits: Any) -> None:
        for name in traits:
            if not self.has_trait(name):
                own = sorted(self.traits_for_page())
                near = get_close_matches(name, own, 1)
                hint = f"Did you mean {near[0]}?" if near else f"It has {', '.join(own)}."
                raise TypeError(f"{type(self).__name__} has no trait {name}. {hint}")
        super().__init__(**traits)

    @classmethod
    def module(cls) -> str:
        """This explorer's JavaScript as one expression, so that two of them can share a page's script."""
        return f"(() => {{\n{read(cls.files)}\nreturn explorer;\n}})()"

    def traits_for_page(self) -> dict[str, Any]:
        """The traits that are this explorer's own, as the page's script needs them."""
        return {key: getattr(self, key) for key in self.keys if not key.startswith("_") and key not in BARE}

    @property
    def heights(self) -> tuple[int, int]:
        """The card's height in px on a wide and on a narrow page, kept free until the script has mounted it."""
        raise NotImplementedError

    def still(self) -> str:
        """The still picture, in a wide and a narrow form, its caption and its table, as an HTML figure."""
        wide, narrow = self._drawn()
        return (
            f'<figure class="rk-still">{wide["picture"]}{narrow["picture"]}'
            f"<figcaption>{escape(self.caption)}</figcaption>{wide['table']}</figure>"
        )

    def to_svg(self) -> str:
        """The still picture as an SVG file that stands alone, in the light colours on white."""
        opening, rest = self._drawn()[0]["picture"].split(">", 1)
        own = "svg { background: var(--rk-page); font-family: sans-serif; }"
        return f'{opening} xmlns="http://www.w3.org/2000/svg"><style>{read((*TOKENS, *PICTURES))}{own}</style>{rest}\n'

    def _drawn(self) -> list[dict[str, str]]:
        """Picture and table of the present traits, wide and narrow, by the lines that draw them in the page."""
        drawn = _engine(self.module()).call("still", self.traits_for_page())
        return [dict(one) for one in drawn]

    def to_html(self) -> str:
        """What a page without a kernel shows; the page's own script mounts it."""
        traits = escape(json.dumps(self.traits_for_page(), separators=(",", ":")))
        wide, narrow = self.heights
        return (
            f'<div class="rk-explorer" data-explorer="{self.slug}" data-traits="{traits}" '
            f'style="--rk-height-wide: {wide}px; --rk-height-narrow: {narrow}px">{self.still()}</div>'
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        return {**data, "text/html": self.to_html()}, metadata


STILL = "var still = (traits) => STILL_WIDTHS.map((width) => it.still(traits, width));"
BARE = frozenset(anywidget.AnyWidget.class_trait_names(sync=True))


@cache
def _engine(module: str) -> MiniRacer:
    """V8 with the pictures' functions in it: the build draws with the lines that the page draws with."""
    engine = MiniRacer()
    engine.eval(f"{read(SHARED)}\nconst it = {module};\n{STILL}")
    return engine


def page_script(kinds: tuple[type[Explorer], ...]) -> str:
    """One classic script for a published page, which works from a file too: the shared parts, the explorers, a host."""
    table = ",\n".join(f'"{kind.slug}": {kind.module()}' for kind in kinds)
    go = f"const go = () => mountAll({{{table}}});\n{START}"
    return f'(() => {{\n"use strict";\n{read((*SHARED, "host.js"))}\n{go}\n}})();\n'


def page_style() -> str:
    """The style of all explorers of a published page."""
    return read(STYLES)


def page_tokens() -> str:
    """The colours of the whole book, as CSS custom properties."""
    return read(TOKENS)
