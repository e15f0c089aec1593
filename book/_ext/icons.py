"""The theme's icons, as a small style sheet: the rules and the glyphs of those icons alone that the book names.

The theme draws its icons with Font Awesome. It comes as a script of 1.5 MB that replaces each icon, and beneath it as
1,900 rules and three fonts, of which the book needs some thirty glyphs. They go into icons.css, the fonts as data
inside it, so that an icon is there with the page's first frame, from a file too.
"""

import base64
import importlib
import re
import shutil
from io import BytesIO
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FACES = {  # a font's file, and the family and weight by which the theme's rules ask for it
    "fa-solid-900.ttf": ("Font Awesome 6 Free", 900),
    "fa-regular-400.ttf": ("Font Awesome 6 Free", 400),
    "fa-brands-400.ttf": ("Font Awesome 6 Brands", 400),
}
RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"([^"]+)"\}')
FACE = re.compile(r"@font-face\{[^}]*fontawesome[^}]*\}")
SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=[^*]*\*/")
UNUSED = ("scripts/fontawesome.js*", "vendor/fontawesome", "styles/*.map", "scripts/*.map", "styles/theme.css")
HEAD = """\
/* Font Awesome Free 6 by @fontawesome - https://fontawesome.com - a part of its icons, the fonts under another name.
   Licences: icons CC BY 4.0, fonts SIL OFL 1.1, code MIT. Copyright Fonticons, Inc. */
"""


def theme() -> Path:
    """The theme's static files as it was installed: those of the built book may have been lightened already."""
    package = Path(importlib.import_module("pydata_sphinx_theme").__file__).parent
    return package / "theme" / "pydata_sphinx_theme" / "static"


def character(escape: str) -> str:
    """What a CSS string of one character says: \\f107 and \\30 with a space behind it are codes, \\@ is an @."""
    code = escape.removeprefix("\\").strip()
    return chr(int(code, 16)) if escape.startswith("\\") and re.fullmatch(r"[\da-f]+", code) else code


def glyphs(css: str) -> dict[str, str]:
    """The theme's icons by name: {"fa-bars": "\\uf0c9", ...}."""
    return {name: character(text) for names, text in RULE.findall(css) for name in re.findall(r"fa-[\w-]+", names)}


def without_icons(css: str) -> str:
    return SOURCE_MAP.sub("", FACE.sub("", RULE.sub("", css)))


def named(out: Path) -> set[str]:
    """Words like fa-bars in the pages, and in the scripts that may add icons to them."""
    scripts = out.glob("_static/**/*.js")
    texts = [path.read_text("utf-8") for path in (*out.rglob("*.html"), *scripts)]
    return {word for text in texts for word in re.findall(r"\bfa-[\w-]+", text)}


def drawn_by_styles(out: Path) -> set[str]:
    """Characters that a style sheet itself puts beside a title or a link: those of Unicode's private area are icons."""
    texts = [path.read_text("utf-8") for path in out.glob("_static/**/*.css") if path.name != "icons.css"]
    found = {match for text in texts for match in re.findall(r"[\ue000-\uf8ff]|\\[ef][0-9a-f]{3}\b", text)}
    return {character(text) for text in found}


def part_of(font: Path, characters: set[str]) -> bytes:
    """The font with these characters alone as WOFF; nothing if it has none of them. It loses its reserved name."""
    face = TTFont(font)
    kept = {ord(character) for character in characters} & set(face.getBestCmap())
    if not kept:
        return b""
    options = subset.Options(notdef_outline=True, layout_features=[], hinting=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=kept)
    cutter.subset(face)
    face["name"].names = []
    face.flavor, stream = "woff", BytesIO()
    face.save(stream)
    return stream.getvalue()


def icon_style(icons: dict[str, str], characters: set[str]) -> str:
    """icons.css: the fonts of these characters, and the rules of these names."""
    faces = []
    for file, (family, weight) in FACES.items():
        if font := part_of(theme() / "vendor" / "fontawesome" / "webfonts" / file, characters):
            data = f'url("data:font/woff;base64,{base64.b64encode(font).decode()}")'
            faces.append(f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: {data}; }}')
    rules = [f'.{name}::before {{ content: "\\{ord(character):x}"; }}' for name, character in sorted(icons.items())]
    return HEAD + "\n".join([*faces, *rules, ""])


def lighten(app, exception):
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    css = (theme() / "styles" / "pydata-sphinx-theme.css").read_text("utf-8")
    (static / "styles" / "pydata-sphinx-theme.css").write_text(without_icons(css), "utf-8")
    for pattern in UNUSED:
        for path in static.glob(pattern):
            remove(path)
    every, names = glyphs(css), named(out)
    icons = {name: character for name, character in every.items() if name in names}
    (static / "styles" / "icons.css").write_text(icon_style(icons, {*icons.values(), *drawn_by_styles(out)}), "utf-8")


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def setup(app):
    app.connect("build-finished", lighten)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
