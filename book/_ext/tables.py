"""Tables that a phone can stack: each cell carries the name of its column, and phone.css sets rows below one another.

A row that is laid out as a block is no row to a screen reader any more, so each part says what it is.
"""

import re

from bs4 import BeautifulSoup

TABLE = re.compile(r'<table class="table">.*?</table>', re.S)
ROLES = {"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "th": "columnheader", "td": "cell"}


def labelled(found):
    soup = BeautifulSoup(found[0], "html.parser")
    heads = [head.get_text(" ", strip=True) for head in soup.select("thead th")]
    for name, role in ROLES.items():
        for part in soup.find_all(name):
            part["role"] = role
    for row in soup.select("tbody tr"):
        for head, cell in zip(heads, row.find_all("td"), strict=False):  # a cell may go over columns
            cell["data-head"] = head
    return str(soup)


def label_tables(app, pagename, templatename, context, doctree):
    if "body" in context:
        context["body"] = TABLE.sub(labelled, context["body"])


def setup(app):
    app.connect("html-page-context", label_tables)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
