"""A page shows lines of its own cells, above them or below: the option that names a line is not taken for that line.

``:start-at: 'def f'`` in a page that includes itself is the first line of the page with these words in it, where the
include stands before the cell. Then the option would be shown as if it were code.
"""

import re

from sphinx.directives import code

OPTION = re.compile(r":(?:start|end)-(?:at|after|before): ")


class Reader(code.LiteralIncludeReader):
    """Sphinx's, with such options left blank, so that lines keep their numbers."""

    def read_file(self, filename, location=None):
        lines = super().read_file(filename, location)
        return ["\n" if OPTION.match(line) else line for line in lines]


def setup(app):
    code.LiteralIncludeReader = Reader
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
