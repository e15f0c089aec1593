"""No page asks another host for anything: MathJax is served from the book itself, Thebe is dropped.

MathJax's files come with the package sphinx-mathjax-offline; of its 24 MB, what a page can ask for is copied. The
build fails on a script or a style sheet from elsewhere.
"""

import importlib
import re
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError

MATHJAX = ["tex-chtml.js", "input/tex/extensions", "output/chtml/fonts"]
REMOTE = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["'](?:https?:)?//[^"']+""", re.I)
HARMLESS = re.compile(r"""\brel=["'](?:canonical|license)["']""", re.I)


def configure(app, config):
    config.mathjax_path = "mathjax/tex-chtml.js"
    # the menu's speech engine is 20 MB that nobody asked for; screen readers read the MathML that stands beside
    config.mathjax3_config = {"options": {"enableMenu": False}}


def without_thebe(app, pagename, templatename, context, doctree):
    """sphinx-thebe adds itself to every page of a Jupyter Book, used or not."""

    def is_thebe(file):
        return "thebe" in f"{getattr(file, 'filename', '')} {getattr(file, 'attributes', '')}".lower()

    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context.get(kind, []) if not is_thebe(file)]


def without_thebe_config(app, doctree, docname):
    for node in list(doctree.findall(nodes.raw)):
        if "x-thebe-config" in node.astext() or node.astext().startswith("<script>kernelName"):
            node.parent.remove(node)


def copy_mathjax(app, exception):
    if exception or app.builder.format != "html":
        return
    package = importlib.import_module("sphinx-mathjax-offline").__file__
    source, target = Path(package).parent / "static" / "mathjax", Path(app.outdir) / "_static" / "mathjax"
    for name in MATHJAX:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, dirs_exist_ok=True)
        else:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target / name)


def refuse_remote(app, exception):
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        found = [tag for tag in REMOTE.findall(page.read_text("utf-8")) if not HARMLESS.search(tag)]
        if found:
            raise ExtensionError(f"{page.name} loads from another host: {found[0]}. Serve the file with the book.")


def setup(app):
    app.connect("config-inited", configure)
    app.connect("html-page-context", without_thebe, priority=900)
    app.connect("doctree-resolved", without_thebe_config, priority=900)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", refuse_remote)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
