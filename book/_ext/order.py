"""The order in which a page's scripts run: its explorers, then what the theme adds, which waits until the page is read.

An explorer's script stands behind its place in the text. What an extension gives to every page, scripts and styles,
goes from those on which nothing asks for it.
"""

import re

ASKED_BY = {  # a file's name, and what a page that needs it has in it
    r"sphinx-design|design-tabs": r'class="[^"]*\bsd-',
    r"togglebutton": r'class="[^"]*\b(?:toggle|dropdown)\b',
    r"copybutton|clipboard": r'class="[^"]*\bhighlight\b',
}
AT_ONCE = "documentation_options.js"  # a line of each page changes what it defines


def put_in_order(app, pagename, templatename, context, doctree):
    body = context.get("body", "")
    for kind in ("css_files", "script_files"):
        context[kind] = [file for file in context.get(kind, []) if needed(str(file.filename), body)]
    if pagename == "search":  # its scripts stand in its template and need the theme's at once
        return
    context["script_files"] = [waiting(file) for file in context["script_files"]]


def waiting(file):
    """The script, to run when the page has been read; one that waits already, and one without a file, as it is."""
    name = str(file.filename or "")
    if not name or name.endswith(AT_ONCE) or file.attributes.keys() & {"defer", "async"}:
        return file
    asked = {"defer": "defer", "fetchpriority": "low"}
    return type(file)(file.filename, priority=file.priority, **file.attributes, **asked)


def needed(name: str, body: str) -> bool:
    marks = [mark for files, mark in ASKED_BY.items() if re.search(files, name)]
    return all(re.search(mark, body) for mark in marks)


def setup(app):
    app.connect("html-page-context", put_in_order, priority=950)  # after every extension has added its files
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
