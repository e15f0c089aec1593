"""Words between pages: what this page needs and what needs it, said once in the frontmatter of the one that needs.

`needs: [chapters/math/forward]` puts a line under the page's title and one at the foot of the other. A name that is not
in the table of contents is an error of the build, and so are pages that need each other in a circle. The page's
`description` also becomes that of its HTML.
"""

from html import escape
from typing import Any

import arc
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError


def fault(needs: dict[str, list[str]]) -> str:
    """Why these needs cannot be, or nothing: an unknown name, or a circle. Keys are all pages there are."""
    for name, wanted in needs.items():
        for other in wanted:
            if other not in needs:
                return f"{name} needs {other}, which is not in the table of contents. Pages are named as in _toc.yml."
    left = dict(needs)
    while free := [name for name, wanted in left.items() if not set(wanted) & set(left)]:
        for name in free:
            del left[name]
    return f"pages need each other in a circle: {', '.join(left)}." if left else ""


def check(app: Sphinx, env: Any) -> list[str]:
    """Before a page is written; those that name others are written anew, since a title may have changed."""
    needs = {name: arc.needs(app, name) for name in arc.order(app)}
    if why := fault(needs):
        raise ExtensionError(why)
    return sorted({name for one, wanted in needs.items() if wanted for name in (one, *wanted)})


def line(app: Sphinx, origin: str, words: str, names: list[str], kind: str) -> nodes.paragraph:
    paragraph = nodes.paragraph("", words, classes=["rk-between", kind])
    for k, name in enumerate(names):
        paragraph += nodes.Text(", " if k else "")
        address = arc.address(app, origin, name)
        paragraph += nodes.reference("", arc.title(app, name), refuri=address, internal=True)
    paragraph += nodes.Text(".")
    return paragraph


def say(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    pages, section = arc.order(app), doctree.next_node(nodes.section)
    if docname not in pages or section is None:
        return
    if wanted := arc.needs(app, docname):
        section.insert(1, line(app, docname, "This page needs ", wanted, "rk-needs"))
    if wanting := [name for name in pages if docname in arc.needs(app, name)]:
        section += line(app, docname, "What needs this page: ", wanting, "rk-needed")


def describe(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    if doctree is not None and (words := arc.description(app, pagename)):
        context["metatags"] = context.get("metatags", "") + f'<meta name="description" content="{escape(words)}">'


def setup(app: Sphinx) -> dict[str, object]:
    app.connect("env-updated", check)
    app.connect("doctree-resolved", say)
    app.connect("html-page-context", describe)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
