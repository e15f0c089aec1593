"""What the theme leaves for people who listen, or who use the keyboard: mended in the page that is written.

Sphinx has no event for a page that has been rendered, so the renderer is wrapped. UNMENDED names what axe finds and we
do not mend: the rule, what marks the place in the markup, and why; the tests read it here.
"""

import re
import shutil
from pathlib import Path

SCRIPT, STYLE = "access.js", "access.css"
STATIC = Path(__file__).resolve().parents[1] / "_static"
UNMENDED = [
    # an experimental rule, which reads "f" and "5.9 %" as one word; the name is "f, 5.9 %", so that one hears two
    ("label-content-name-mismatch", " data-key="),
]

MENDS = [
    # a list may hold list items alone; docutils gives its entries a role that is deprecated
    (r'role="doc-biblioentry"', 'role="listitem"'),
    # the captions of the contents would be headings above the page's own
    (r'<p aria-level="2" class="caption" role="heading">', '<p class="caption">'),
    # a name has to hold the words that are seen
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    (r'(<button class="btn search-button-field[^"]*") title="Search" aria-label="Search"', r"\1"),
    # everything stands in a landmark
    (r'<div id="pst-primary-sidebar" ', '<div id="pst-primary-sidebar" role="region" aria-label="Book" '),
    # an icon says nothing: the control around it has a name, and the title of an icon would be part of what is seen
    (r'(<i class="theme-switch [^>]*?) *title="[^"]*"', r"\1"),
    (r'<(i|span) class="([^"]*\bfa-[^"]*)"(?![^>]*aria-hidden)', r'<\1 aria-hidden="true" class="\2"'),
]


def mend(page):
    for pattern, better in MENDS:
        page = re.sub(pattern, better, page)
    return page


def wrap_renderer(app):
    if app.builder.format == "html":
        render = app.builder.templates.render
        app.builder.templates.render = lambda template, context: mend(render(template, context))


def copy(app):
    """In every build: as one of Sphinx's static files it would stay as it was while no page is outdated."""
    if app.builder.format == "html":
        static = Path(app.outdir) / "_static"
        static.mkdir(parents=True, exist_ok=True)
        for name in (SCRIPT, STYLE):
            shutil.copy2(STATIC / name, static)


def setup(app):
    app.add_css_file(STYLE)
    app.add_js_file(SCRIPT, loading_method="defer")
    app.connect("builder-inited", wrap_renderer)
    app.connect("builder-inited", copy)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
