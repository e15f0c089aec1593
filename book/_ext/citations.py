"""One kind of label: an entry of the bibliography bears the very words by which the text cites it."""

from collections.abc import Iterator
from typing import Any

from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinxcontrib.bibtex.style.referencing import PersonStyle
from sphinxcontrib.bibtex.style.template import join, year


class AuthorYearLabels(BaseLabelStyle):
    """As sphinxcontrib-bibtex's reference style author_year writes them."""

    person = PersonStyle()  # the template's names ask their style for it

    def format_labels(self, sorted_entries: list[Any]) -> Iterator[str]:
        template = join(sep=", ")[self.person.author_or_editor_or_title(full=False), year]
        seen: dict[str, str] = {}
        for entry in sorted_entries:
            label = template.format_data({"entry": entry, "style": self}).render_as("text")
            if label in seen:
                both = f"{entry.key} and {seen[label]} are both cited as {label}"
                raise ExtensionError(f"{both}. Give their years letters in references.bib.")
            seen[label] = entry.key
            yield label


class AuthorYearStyle(PlainStyle):
    default_label_style = AuthorYearLabels


def setup(app: Sphinx) -> dict[str, object]:
    register_plugin("pybtex.style.formatting", "author_year", AuthorYearStyle)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
