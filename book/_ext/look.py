"""book.css for every page. Its colours come from tokens.css, which the explorers' extension brings."""

import shutil
from pathlib import Path

STYLE = Path(__file__).resolve().parents[1] / "_static" / "book.css"


def copy(app):
    """In every build: as one of Sphinx's static files it would stay as it was while no page is outdated."""
    if app.builder.format == "html":
        static = Path(app.outdir) / "_static"
        static.mkdir(parents=True, exist_ok=True)
        shutil.copy2(STYLE, static)


def setup(app):
    app.add_css_file(STYLE.name)
    app.connect("builder-inited", copy)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
