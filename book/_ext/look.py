"""The book's own styles for every page. Their colours come from tokens.css, which the explorers' extension brings."""

import shutil
from pathlib import Path

STATIC = Path(__file__).resolve().parents[1] / "_static"
STYLES = ("book.css", "phone.css", "print.css")


def copy(app):
    """In every build: as one of Sphinx's static files it would stay as it was while no page is outdated."""
    if app.builder.format == "html":
        static = Path(app.outdir) / "_static"
        static.mkdir(parents=True, exist_ok=True)
        for name in STYLES:
            shutil.copy2(STATIC / name, static)


def setup(app):
    for name in STYLES:
        app.add_css_file(name)
    app.connect("builder-inited", copy)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
