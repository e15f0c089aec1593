"""What every explorer shares on the Python side: its joined script, its still picture, and two ways to be shown."""

import hashlib
import json
import re
from collections import Counter
from difflib import get_close_matches
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets as t
from py_mini_racer import MiniRacer

from rnnkit.explorers.modules import join, variable
from rnnkit.explorers.traits import Limits

HERE = Path(__file__).parent
SHARED = HERE / "shared"
KIT = "rnnkitKit"  # the one global name

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
FRAMES = re.compile(r"(@keyframes [^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\})")  # whose from and to are no selectors
RULE = re.compile(r"((?:^|[{};])\s*)([^@{};\s][^{};]*?)\s*\{")  # a rule's selectors
COMMA = re.compile(r",(?![^()]*\))")  # between two selectors, and not between what :is() holds


def read(*paths: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


class Explorer(anywidget.AnyWidget):
    """An interactive picture that computes in the page; the base of all explorers.

    A subclass names its folder, in which explorer.js exports ``explorer``, style.css styles it and limits.json says
    what its traits may be. What is too large for a script, such as a trained network, it names as ``data``: a JSON file
    of the folder, which a page loads when a card comes near, and a notebook with the widget. ``more`` names further
    files by a word; the explorer asks for them by its slug and this word.

    It is an ipywidget: traits can be observed, linked and laid out. Published without a kernel, it is shown as HTML
    that a script of the page mounts; with scripts off and on paper, as a still picture and a table.
    """

    slug: ClassVar[str]
    folder: ClassVar[Path]
    limits: ClassVar[Limits]
    caption: ClassVar[str]
    data: ClassVar[str] = ""
    more: ClassVar[dict[str, str]] = {}

    name = t.Unicode("main", help="tells explorers of one page apart in the links that they copy").tag(sync=True)
    playing = t.Bool(False, help="whether it moves on by itself").tag(sync=True)
    committed = t.Bool(False, help="whether the opening question is answered").tag(sync=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "folder" in cls.__dict__:  # and not when anywidget makes a subclass of its own to hold its traits
            cls._fits = t.validate(*cls.limits.traits)(_fits)  # traitlets' validate knows no wildcard
            render = f"export default {{ render: (at) => shared_mount.mount({cls.variable()}, at) }};"
            cls._esm = "\n".join([*cls.scopes().values(), *cls.brings(), render, ""])
            cls._css = read(SHARED / "tokens.css") + page_style((cls,))
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
    def scopes(cls) -> dict[str, str]:
        """The joined modules of this explorer and of the kit that it uses."""
        return join([SHARED / "mount.js", cls.folder / "explorer.js"], HERE)

    @classmethod
    def variable(cls) -> str:
        """Where the joined script holds the explorer."""
        return f"{variable(cls.folder / 'explorer.js', HERE)}.explorer"

    @classmethod
    def its_data(cls) -> dict[str, str]:
        """What it computes with, each file on one line: what it names as ``data`` by its slug, and ``more``."""
        files = ({cls.slug: cls.data} if cls.data else {}) | {
            f"{cls.slug}-{key}": file for key, file in cls.more.items()
        }
        return {
            key: json.dumps(json.loads(read(cls.folder / file)), separators=(",", ":")) for key, file in files.items()
        }

    @classmethod
    def brings(cls) -> list[str]:
        """The calls that hand a joined script the data, if the explorer has any."""
        return [f"shared_data.bring({json.dumps(key)}, {text});" for key, text in cls.its_data().items()]

    @t.observe(t.All)
    def _stay_inside(self, change: Any) -> None:
        """A shorter sequence or fewer units take the step and the unit along."""
        if change["name"] in self.limits.traits:
            for name, value in self.limits.inside({key: getattr(self, key) for key in self.limits.traits}).items():
                setattr(self, name, value)

    def traits_for_page(self) -> dict[str, Any]:
        """The traits that are this explorer's own, as the page's script needs them."""
        return {key: getattr(self, key) for key in self.keys if not key.startswith("_") and key not in BARE}

    def still(self) -> str:
        """The still picture, in a wide and a narrow form, its caption and its table, as an HTML figure."""
        drawn = self._drawn()
        return (
            f'<figure class="rk-still">{drawn["wide"]}{drawn["narrow"]}'
            f"<figcaption>{escape(self.caption)}</figcaption>{drawn['table']}</figure>"
        )

    def opening(self) -> dict[str, Any]:
        """What a reader meets: ``question``, the first one as markup; ``wide`` and ``narrow``, the still picture that
        withholds its answer; ``questions``, how many there are."""
        return dict(engine(type(self)).call("opening", self.traits_for_page()))

    def to_svg(self) -> str:
        """The still picture as an SVG file that stands alone, in the light colours on white."""
        opening, rest = self._drawn()["wide"].split(">", 1)
        style = read(SHARED / "tokens.css", SHARED / "pictures.css", self.folder / "style.css")
        own = "svg { background: var(--rk-page); font-family: sans-serif; }"
        return f'{opening} xmlns="http://www.w3.org/2000/svg"><style>{style}{own}</style>{rest}\n'

    def _drawn(self) -> dict[str, str]:
        """The pictures and the table of the present traits, by the lines that draw them in the page."""
        return dict(engine(type(self)).call("still", self.traits_for_page()))

    def to_html(self) -> str:
        """What a page without a kernel shows; the page's own script mounts it."""
        traits = escape(json.dumps(self.traits_for_page(), separators=(",", ":")))
        heights = "; ".join(f"--rk-{width}: {height}px" for width, height in self.heights().items())
        return (
            f'<div class="rk-explorer" data-explorer="{self.slug}" data-traits="{traits}" '
            f'style="{heights}">{self.still()}</div>'
        )

    def heights(self) -> dict[str, int]:
        """How high the card is, in px, in a wide, a middle and a narrow place: what the page keeps free for it."""
        return self.limits.height

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        return {**data, "text/html": self.to_html()}, metadata


def _fits(one: Explorer, proposal: Any) -> Any:
    """Each trait against the others; held notifications let several change at once."""
    name, value = proposal["trait"].name, proposal["value"]
    one.limits.check({key: getattr(one, key) for key in one.limits.traits} | {name: value}, name)
    return value


BARE = frozenset(anywidget.AnyWidget.class_trait_names(sync=True))


ENGINES: dict[str, MiniRacer] = {}


def engine(kind: type[Explorer]) -> MiniRacer:
    """V8 with an explorer in it, one for each kind: the build draws with the lines that the page draws with."""
    if kind.slug not in ENGINES:
        racer = ENGINES[kind.slug] = MiniRacer()
        asked = "".join(f"var {name} = (traits) => shared_mount.{name}(it, traits); " for name in ("still", "opening"))
        racer.eval("\n".join([*kind.scopes().values(), *kind.brings(), f"var it = {kind.variable()};", asked]))
    return ENGINES[kind.slug]


def kit() -> dict[str, str]:
    """The kit's modules that mounting needs or that three explorers use; what fewer use comes with their scripts."""
    shared = join(sorted(SHARED.glob("*.js")), HERE)
    needed = join([SHARED / "mount.js", SHARED / "host.js"], HERE)
    uses = Counter(name for path in HERE.glob("*/explorer.js") for name in join([path], HERE))
    return {name: text for name, text in shared.items() if name in needed or uses[name] > 2}


def kit_script() -> str:
    """What all explorers share, as a classic script for a published page: one more works from a file, too."""
    scopes = kit()
    exports = f"return {{ {', '.join(scopes)} }};"
    return "\n".join(['"use strict";', f"const {KIT} = (() => {{", *scopes.values(), exports, "})();", ""])


def page_script(kind: type[Explorer]) -> str:
    """A classic script for a published page, to come after the kit: it mounts this explorer wherever it stands.

    It may stand behind the first place of the explorer: what the page has below comes as soon as it is there.
    """
    shared = kit()
    own = [text for name, text in kind.scopes().items() if name not in shared]
    go = f"shared_host.mountAll({kind.variable()});"
    from_ = [
        f"shared_data.comesFrom({json.dumps(key)}, {_address(name, text)});"
        for key, (name, text) in zip(kind.its_data(), page_data(kind).items(), strict=True)
    ]
    taken = f"const {{ {', '.join(shared)} }} = {KIT};"
    return "\n".join(['(() => {\n"use strict";', taken, *own, *from_, go, "})();", ""])


def page_data(kind: type[Explorer]) -> dict[str, str]:
    """The names and texts of the scripts that bring an explorer's data to a page; they lie beside the page's own."""
    return {
        f"rnnkit-{key}-data.js": f"document.currentScript.bring({text});\n" for key, text in kind.its_data().items()
    }


def _address(name: str, text: str) -> str:
    """Beside this very script, or, if it stands in the page, beside the page; another text has another address."""
    version = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f'"{name}?v={version}", document.currentScript?.src || document.baseURI'


def page_style(kinds: tuple[type[Explorer], ...]) -> str:
    """The style of these explorers on a published page: what they share, and each one's own within its places."""
    return read(SHARED / "pictures.css", SHARED / "card.css") + "".join(own_style(kind) for kind in kinds)


def own_style(kind: type[Explorer]) -> str:
    """An explorer's style.css with each rule kept to the explorer's places, at the weight that it has in the file.

    Class names are short, and pages have figures and other explorers that use the same ones. A rule that names the
    card's own class already says where it holds.
    """
    place, own = f":where([data-explorer={kind.slug}])", f".rk-{kind.slug}"

    def within(rule: re.Match[str]) -> str:
        selectors = (one.strip() for one in COMMA.split(rule[2]))
        return rule[1] + ", ".join(one if own in one else f"{place} {one}" for one in selectors) + " {"

    text = COMMENT.sub("", read(kind.folder / "style.css"))
    return "".join(part if part.startswith("@keyframes") else RULE.sub(within, part) for part in FRAMES.split(text))


def page_tokens() -> str:
    """The colours of the whole book, as CSS custom properties."""
    return read(SHARED / "tokens.css")
