"""The order in which a page's scripts run: its explorers, what the theme adds, MathJax. None holds up the text.

An explorer's script stands behind its place in the text. The theme's wait until the page has been read, and MathJax
until they have run. A script that an extension gives to every page goes from those on which nothing asks for it.
"""

import re

ASKED_BY = {  # a file's name, and what a page that needs it has in it
    r"sphinx-design|design-tabs": r'class="[^"]*\bsd-',
    r"togglebutton": r'class="[^"]*\b(?:toggle|dropdown)\b',
    r"copybutton|clipboard": r'class="[^"]*\bhighlight\b',
}
AT_ONCE = "documentation_options.js"  # a line of each page changes what it defines
MATHJAX = """\
addEventListener("DOMContentLoaded", () => {{
      document.head.append(Object.assign(document.createElement("script"), {{ src: "{address}" }}));
    }});"""


def put_in_order(app, pagename, templatename, context, doctree):
    body = context.get("body", "")
    for kind in ("css_files", "script_files"):
        context[kind] = [file for file in context.get(kind, []) if needed(str(file.filename), body)]
    if pagename == "search":  # its scripts stand in its template and need the theme's at once
        return
    mathjax = app.config.mathjax_path
    for file in context["script_files"]:
        name = str(file.filename or "")
        if name.endswith(mathjax):
            context["mathjax_script"] = MATHJAX.format(address=context["pathto"](name, 1))
        elif name and not name.endswith(AT_ONCE) and not file.attributes.keys() & {"defer", "async"}:
            file.attributes.update(defer="defer", fetchpriority="low")
    context["script_files"] = [file for file in context["script_files"] if not str(file.filename).endswith(mathjax)]


def needed(name: str, body: str) -> bool:
    marks = [mark for files, mark in ASKED_BY.items() if re.search(files, name)]
    return all(re.search(mark, body) for mark in marks)


def setup(app):
    app.connect("html-page-context", put_in_order, priority=950)  # after every extension has added its files
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
