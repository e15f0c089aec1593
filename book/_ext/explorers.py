"""Explorers on the published page: classic scripts and one style in _static, on the pages that have an explorer.

The scripts are classic because a module cannot be loaded from a file: the kit, and one for each explorer of the page.
Each stands directly behind the first place that needs it, so that a card lives before the page below it has been read.
What an explorer computes with and is too large for its script lies beside it and is loaded when a card comes near.
The colours go to every page: figures use them too. The role {set}`text <latch: w=0.9>` is a link that sets an explorer
of the page to these values; values that the explorer would refuse are an error of the build.
"""

import re
import zlib
from pathlib import Path
from typing import Any

import traitlets
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole
from sphinx.util.osutil import relative_uri

from rnnkit.explorers import EXPLORERS, kit_script, page_data, page_script, page_style, page_tokens

KIT, STYLE, TOKENS = "rnnkit-kit.js", "rnnkit-explorers.css", "rnnkit-tokens.css"
MARK = re.compile(r'class="rk-explorer" data-explorer="([\w-]+)"')
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
BY_SLUG = {kind.slug: kind for kind in EXPLORERS}


def script_of(slug: str) -> str:
    return f"rnnkit-{slug}.js"


def write_assets(app: Sphinx) -> None:
    """Before the first page, which carries the files' checksums; in every build, because no page depends on them."""
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    files = {KIT: kit_script(), STYLE: page_style(EXPLORERS), TOKENS: page_tokens()}
    files |= {script_of(kind.slug): page_script(kind) for kind in EXPLORERS}
    for kind in EXPLORERS:
        files |= page_data(kind)
    for name, text in files.items():
        (static / name).write_text(text, encoding="utf-8")
    app.add_css_file(TOKENS)


def first_places(doctree: Any) -> dict[str, nodes.raw]:
    """The explorers of a page by their slugs, and the node that is the first to hold each."""
    found: dict[str, nodes.raw] = {}
    for node in doctree.findall(nodes.raw):
        for slug in MARK.findall(node.astext()):
            found.setdefault(slug, node)
    return found


def add_scripts(app: Sphinx, doctree: Any, docname: str) -> None:
    if app.builder.format != "html":
        return
    places = first_places(doctree)
    for slug, node in places.items():
        names = [*([KIT] if slug == next(iter(places)) else []), script_of(slug)]
        tags = "".join(f'<script fetchpriority="high" src="{address(app, docname, name)}"></script>' for name in names)
        node.parent.insert(node.parent.index(node) + 1, nodes.raw("", tags, format="html"))


def address(app: Sphinx, docname: str, name: str) -> str:
    """Of a file in _static as a page names it; another one as soon as the file changes."""
    version = zlib.crc32((Path(app.outdir) / "_static" / name).read_bytes())
    return f"{relative_uri(app.builder.get_target_uri(docname), f'_static/{name}')}?v={version:08x}"


def add_style(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    if doctree is not None and first_places(doctree):
        app.add_css_file(STYLE)


class SetExplorer(SphinxRole):
    """{set}`text <slug: trait=number; trait=row/row; trait=word>`."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        found = re.fullmatch(r"(.+?)\s*<([\w-]+):([^>]+)>", self.text, re.S)
        if found is None:
            why = "expected {set}`text <explorer: trait=value; ...>`"
        else:
            words, slug, assignments = found[1], found[2], re.sub(r"\s", "", found[3])
            why = wrong_values(slug, assignments)
        if why:
            message = self.inliner.reporter.error(f"{self.rawtext}: {why}", line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        address = f"#{slug}=main;{assignments}"
        return [nodes.reference(self.rawtext, words, refuri=address, internal=True, classes=["rk-set"])], []


def wrong_values(slug: str, assignments: str) -> str:
    """Why an explorer would refuse these values, or nothing."""
    if slug not in BY_SLUG:
        return f"there is no explorer {slug}, but {', '.join(BY_SLUG)}"
    limits = BY_SLUG[slug].limits.traits
    try:
        given = {key: value_of(limits[key], value) for key, value in (a.split("=") for a in assignments.split(";"))}
        BY_SLUG[slug](**given)
    except (KeyError, ValueError, traitlets.TraitError) as error:
        return str(error)
    return ""


def value_of(limit: dict[str, Any], text: str) -> Any:
    """What a link's text means for a trait with these limits, as shared/traits.js reads it."""
    if "choices" in limit:
        return text
    if "letters" in limit:
        return re.sub("~(..)", lambda found: chr(int(found[1], 16)), text)
    if limit.get("none") and text == "none":
        return None
    rows = [[int(v) if limit.get("whole") else float(v) for v in row.split(",")] for row in text.split("/")]
    return [rows[0][0], rows[0], rows][len(limit.get("axes", ()))]


def drop_widget_state(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """myst-nb embeds the state of every widget, the module's source once an instance; nothing reads it here."""
    scripts = context.get("script_files", [])
    context["script_files"] = [s for s in scripts if getattr(s, "attributes", {}).get("type") != WIDGET_STATE]


def no_icon(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """A page that names no icon is asked for one all the same, and the 404 is an error in its console."""
    if not context.get("favicon_url"):
        context["metatags"] = context.get("metatags", "") + '<link rel="icon" href="data:,">'


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("set", SetExplorer())
    app.connect("builder-inited", write_assets)
    app.connect("doctree-resolved", add_scripts)
    app.connect("html-page-context", add_style)
    app.connect("html-page-context", drop_widget_state, priority=900)  # after myst-nb has added it
    app.connect("html-page-context", no_icon)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
