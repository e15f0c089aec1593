"""No page asks another host for anything: Thebe is dropped, and a script or a style from elsewhere fails the build."""

import re
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError

REMOTE = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["'](?:https?:)?//[^"']+""", re.I)
HARMLESS = re.compile(r"""\brel=["'](?:canonical|license)["']""", re.I)


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


def refuse_remote(app, exception):
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        found = [tag for tag in REMOTE.findall(page.read_text("utf-8")) if not HARMLESS.search(tag)]
        if found:
            raise ExtensionError(f"{page.name} loads from another host: {found[0]}. Serve the file with the book.")


def setup(app):
    app.connect("html-page-context", without_thebe, priority=900)
    app.connect("doctree-resolved", without_thebe_config, priority=900)
    app.connect("build-finished", refuse_remote)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
