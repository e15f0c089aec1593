"""Reading progress on every page, and the directive {progress} with its switch.

progress.js keeps it, on the reader's own machine and only if they ask for it.
"""

import shutil
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

SCRIPT, STYLE = "progress.js", "front.css"
STATIC = Path(__file__).resolve().parents[1] / "_static"
PANEL = """\
<div class="rk-progress full-width" role="region" aria-label="Reading progress" hidden>
<button type="button" role="switch" aria-checked="false" data-progress="switch">Keep my progress</button>
<p data-progress="words" role="status"></p>
<button type="button" data-progress="export">Export</button>
<button type="button" data-progress="import">Import</button>
<button type="button" data-progress="erase">Erase all</button>
<input type="file" accept=".json,application/json" aria-label="A file of exported progress" hidden>
</div>"""


class Progress(Directive):
    def run(self) -> list[nodes.Node]:
        return [nodes.raw("", PANEL, format="html")]


def copy(app: Sphinx) -> None:
    """In every build: as Sphinx's static files they would stay as they were while no page is outdated."""
    if app.builder.format == "html":
        static = Path(app.outdir) / "_static"
        static.mkdir(parents=True, exist_ok=True)
        for name in (SCRIPT, STYLE):
            shutil.copy2(STATIC / name, static)


def add_script(app: Sphinx, pagename: str, templatename: str, context: dict[str, object], doctree: object) -> None:
    if doctree is not None:
        app.add_js_file(SCRIPT, loading_method="defer", **{"data-page": pagename})


def setup(app: Sphinx) -> dict[str, object]:
    app.add_directive("progress", Progress)
    app.add_css_file(STYLE)
    app.connect("builder-inited", copy)
    app.connect("html-page-context", add_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
