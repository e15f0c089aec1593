"""The landing page's map: the directive {course-map}.

The map is made of the table of contents: a page that is listed stands on it, with its question, its explorers as they
look before the question is answered, and its problem set. Nothing stands on it that is not in the book.
"""

from html import escape
from pathlib import Path

import arc
import nbformat
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx


class course_map(nodes.General, nodes.Element):
    """Stands in a page until every page has been read."""


class CourseMap(Directive):
    def run(self) -> list[nodes.Node]:
        return [course_map()]


def stop(app: Sphinx, origin: str, name: str) -> str:
    """One page on the map."""
    page = arc.page(app, name)
    words = escape(page.description) or "".join(o["question"] for o in page.openings[:1])
    questions = sum(opening["questions"] for opening in page.openings)
    pictures = "".join(
        f'<div class="rk-still-of" data-explorer="{o["slug"]}">{o["wide"]}{o["narrow"]}</div>' for o in page.openings
    )
    stills = f'<div class="rk-stills">{pictures}</div>' if pictures else ""
    links = [
        f'<a href="{set_address(app, origin, one)}" download>{escape(set_title(app, one))}</a>' for one in page.sets
    ]
    sets = "".join(f'<p class="rk-stop-set">{link}</p>' for link in links)
    return (
        f'<li class="rk-stop{" rk-pictured" if pictures else ""}" data-page="{name}" data-questions="{questions}">'
        f'<div class="rk-stop-words"><p class="rk-stop-title">'
        f'<a href="{arc.address(app, origin, name)}">{escape(page.title)}</a></p>'
        f'<p class="rk-stop-ask">{words}</p>{sets}<p class="rk-stop-done" hidden></p></div>'
        f"{stills}</li>"
    )


def set_file(name: str) -> str:
    return f"exercises/{name}/{name}.ipynb"


def set_address(app: Sphinx, origin: str, name: str) -> str:
    return arc.file_address(app, origin, f"_downloads/{app.env.dlfiles[set_file(name)][1]}")


def set_title(app: Sphinx, name: str) -> str:
    """The first heading of the notebook."""
    first = nbformat.read(Path(app.srcdir) / set_file(name), as_version=4).cells[0].source
    return str(first.splitlines()[0].lstrip("# "))


def draw(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(course_map)):
        doctree.next_node(nodes.title)["classes"].append("rk-landing")
        shown = ""
        for caption, names in arc.parts(app):
            stops = "".join(stop(app, docname, name) for name in names)
            kind = "" if "rk-pictured" in stops else ' class="rk-plain"'
            shown += f'<section class="rk-part"><h3>{escape(caption)}</h3><ol{kind}>{stops}</ol></section>'
        node.replace_self(nodes.raw("", f'<div class="rk-map-of-book full-width">{shown}</div>', format="html"))


def anew(app: Sphinx, env: object) -> list[str]:
    """The landing page shows every other, so it is written whenever one may have changed."""
    return [app.config.root_doc]


def setup(app: Sphinx) -> dict[str, object]:
    app.add_node(course_map)
    app.add_directive("course-map", CourseMap)
    app.connect("doctree-resolved", draw)
    app.connect("env-updated", anew)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
