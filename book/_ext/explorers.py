"""Explorers on the published page: one classic script and one style in _static, on the pages that have an explorer.

The script is classic because a module cannot be loaded from a file. The colours go to every page: figures use them too.
"""

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from rnnkit.explorers import EXPLORERS, page_script, page_style, page_tokens

SCRIPT, STYLE, TOKENS = "rnnkit-explorers.js", "rnnkit-explorers.css", "rnnkit-tokens.css"
MARK = 'class="rk-explorer"'
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"


def write_assets(app: Sphinx) -> None:
    """Before the first page, which carries the files' checksums; in every build, because no page depends on them."""
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    for name, text in ((SCRIPT, page_script(EXPLORERS)), (STYLE, page_style()), (TOKENS, page_tokens())):
        (static / name).write_text(text, encoding="utf-8")
    app.add_css_file(TOKENS)


def add_assets(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    if doctree is None or not any(MARK in node.astext() for node in doctree.findall(nodes.raw)):
        return
    app.add_css_file(STYLE)
    app.add_js_file(SCRIPT, loading_method="defer")


def drop_widget_state(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """myst-nb embeds the state of every widget, the module's source once an instance; nothing reads it here."""
    scripts = context.get("script_files", [])
    context["script_files"] = [s for s in scripts if getattr(s, "attributes", {}).get("type") != WIDGET_STATE]


def no_icon(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """A page that names no icon is asked for one all the same, and the 404 is an error in its console."""
    if not context.get("favicon_url"):
        context["metatags"] = context.get("metatags", "") + '<link rel="icon" href="data:,">'


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", write_assets)
    app.connect("html-page-context", add_assets)
    app.connect("html-page-context", drop_widget_state, priority=900)  # after myst-nb has added it
    app.connect("html-page-context", no_icon)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
