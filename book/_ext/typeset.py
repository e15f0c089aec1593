"""Formulas typeset by the build: MathJax runs once, here, in V8, and pages carry its SVG instead of its script.

So a formula stands where it belongs from the first frame, with scripts off and on paper too. Beside each picture stands
its MathML, which screen readers read. The shapes of letters stand once a page, behind its text. MathJax's own files
come with the package sphinx-mathjax-offline.
"""

import functools
import html
import importlib
import re
from pathlib import Path

from py_mini_racer import MiniRacer
from sphinx.errors import ExtensionError

COMPONENTS = ("loader", "core", "adaptors/liteDOM", "input/tex-full", "output/svg", "output/svg/fonts/tex")
MACHINE = """
const { adaptors, handlers, input, output, a11y, mathjax } = MathJax._;
const lite = adaptors.liteAdaptor.liteAdaptor();
a11y["assistive-mml"].AssistiveMmlHandler(handlers.html_ts.RegisterHTMLHandler(lite));
const tex = new input.tex_ts.TeX({ packages: ["base", "ams", "boldsymbol", "mathtools", "newcommand"] });
const svg = new output.svg_ts.SVG({ fontCache: "global", font: new output.svg.fonts.tex_ts.TeXFont() });
const page = mathjax.mathjax.document("", { InputJax: tex, OutputJax: svg });
const typeset = (source, display) => lite.outerHTML(page.convert(source, { display }));
const shapes = () => lite.innerHTML(svg.fontCache.getCache());
const style = () => lite.textContent(svg.styleSheet(page));
"""
PLACE = re.compile(r'(<(span|div)\b[^>]*\bclass="math notranslate nohighlight[^"]*"[^>]*>)(.*?)(</\2>)', re.S)
FORMULA = re.compile(
    r"\\\((?P<inline>.*?)\\\)|\\\[(?P<display>.*?)\\\]|(?P<block>\\begin\{(\w+\*?)\}.*?\\end\{\4\})", re.S
)
SHAPE = re.compile(r'<path id="([^"]+)"[^>]*(?:/>|></path>)')
SPARED = re.compile(r' (?:data-c|data-mml-node(?!="m(?:table|error)")|xmlns(?::xlink)?|focusable)="[^"]*"')  # by a page
STYLE = "mathjax.css"


@functools.cache
def machine() -> MiniRacer:
    racer = MiniRacer()
    racer.eval("var global = this, MathJax = {}; var console = { log() {}, warn() {}, error() {} };")
    files = Path(importlib.import_module("sphinx-mathjax-offline").__file__).parent / "static" / "mathjax"
    for name in (*COMPONENTS, "a11y/assistive-mml"):
        racer.eval((files / f"{name}.js").read_text("utf-8"))
    racer.eval(MACHINE)
    return racer


def formula(source: str, display: bool) -> str:
    """A formula as SVG and MathML.

    Raises
    ------
    ExtensionError
        If TeX does not understand it.
    """
    drawn = str(machine().call("typeset", source.strip(), display))
    if wrong := re.search(r'data-mjx-error="([^"]*)"', drawn):
        raise ExtensionError(f"MathJax cannot typeset {source.strip()!r}: {html.unescape(wrong[1])}")
    return SPARED.sub("", drawn).replace("xlink:href", "href")


def typeset_places(text: str) -> str:
    """A page's HTML, its formulas typeset."""

    def one(found: re.Match[str]) -> str:
        display = found["inline"] is None
        return formula(html.unescape(found["inline"] or found["display"] or found["block"]), display)

    def place(found: re.Match[str]) -> str:
        opening, _, inside, closing = found.groups()
        return opening + FORMULA.sub(one, inside) + closing

    text = PLACE.sub(place, text)
    used = set(re.findall(r'href="#(MJX-[^"]+)"', text))
    if not used or 'id="rk-shapes"' in text:
        return text
    drawn = "".join(shape[0] for shape in SHAPE.finditer(machine().eval("shapes()")) if shape[1] in used)
    return text.replace("</body>", f'<svg id="rk-shapes" style="display: none"><defs>{drawn}</defs></svg>\n</body>')


def typeset_pages(app, exception):
    if exception or app.builder.format != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        before = path.read_text("utf-8")
        after = typeset_places(before)
        if after != before:
            path.write_text(after, "utf-8")


def write_style(app):
    static = Path(app.outdir) / "_static"
    if app.builder.format == "html":
        static.mkdir(parents=True, exist_ok=True)
        (static / STYLE).write_text(machine().eval("style()"), "utf-8")
        app.add_css_file(STYLE)


def drop_script(app, pagename, templatename, context, doctree):
    """Sphinx adds MathJax to each page that has a formula."""
    kept = [file for file in context["script_files"] if "mathjax" not in f"{file.filename} {file.attributes}".lower()]
    context["script_files"] = kept


def setup(app):
    app.connect("builder-inited", write_style)
    app.connect("html-page-context", drop_script, priority=900)
    app.connect("build-finished", typeset_pages, priority=400)  # before the icons are counted
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
