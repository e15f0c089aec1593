"""Each line of code and of output is a row of its own, so that phone.css can mark where a row goes on."""

import re

BLOCK = re.compile(r'(<div class="highlight"><pre>)(.*?)(</pre>)', re.S)


def split(block):
    text = block[2].removeprefix("<span></span>").replace("\n</span>", "</span>\n")  # an emphasised line ends inside
    rows = (f'<span class="rk-codeline">{line}</span>' if line else "" for line in text.split("\n"))
    return block[1] + "\n".join(rows) + block[3]


def add_rows(app, pagename, templatename, context, doctree):
    if "body" in context:
        context["body"] = BLOCK.sub(split, context["body"])


def setup(app):
    app.connect("html-page-context", add_rows)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
