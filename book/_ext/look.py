"""book.css, front.css and progress.js for every page. Colours come from tokens.css, which the explorers bring."""

import shutil
from pathlib import Path

STATIC = Path(__file__).resolve().parents[1] / "_static"
STYLES = ("book.css", "front.css")
PROGRESS = "progress.js"


def copy(app):
    """In every build: as one of Sphinx's static files it would stay as it was while no page is outdated."""
    if app.builder.format == "html":
        static = Path(app.outdir) / "_static"
        static.mkdir(parents=True, exist_ok=True)
        for name in (*STYLES, PROGRESS):
            shutil.copy2(STATIC / name, static)


def add_progress(app, pagename, templatename, context, doctree):
    if doctree is not None:
        app.add_js_file(PROGRESS, loading_method="defer", **{"data-page": pagename})


def setup(app):
    for name in STYLES:
        app.add_css_file(name)
    app.connect("builder-inited", copy)
    app.connect("html-page-context", add_progress)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
