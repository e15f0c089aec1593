"""Each page that computes, as a notebook: its cells, no MyST in its text, and that it runs without the repository."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml
from book_pages import CONFIG, EXTENSIONS, LANDING, PAGES, ROOT, extension, sampled
from docutils import nodes
from nbclient import NotebookClient
from sphinx.errors import ExtensionError

from rnnkit.explorers import EXPLORERS

CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?::tags:[^\n]*\n\n?)?(.*?)^```$", re.M | re.S)
MYST = [r"\{[\w:-]+\}`", r"^:::", r"^```\{", r"^\([\w-]+\)=$", r"<details", r"</details", r"^:\w+:", r"^%", r"\.md[)#]"]
ADDRESS = "https://github.com/ada/recurrent"
BOOK = "https://ada.example/recurrent/"


def code_cells(name):
    """The cells of a page, without those that it shows in a longer fence."""
    text = re.sub(r"^````.*?^````$", "", (ROOT / f"{name}.md").read_text("utf-8"), flags=re.M | re.S)
    return [source.strip() for source in CELL.findall(text)]


@pytest.fixture(scope="module")
def notebooks(book_html):
    paths = {name: book_html / "notebooks" / f"{name}.ipynb" for name in PAGES}
    return {name: nbformat.read(path, as_version=4) for name, path in paths.items() if path.is_file()}


def prose(notebook):
    """The Markdown of a notebook, without fenced code and formulas."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.sub(r"\$\$.*?\$\$|(?<!\\)\$[^$]*\$", "", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), flags=re.S)


def test_every_page_that_computes_has_a_notebook_and_leads_to_it(notebooks, book_html):
    assert list(notebooks) == [name for name in PAGES if code_cells(name)]
    for name in PAGES:
        page = (book_html / f"{name}.html").read_text("utf-8")
        assert ("Download as notebook" in page) == (name in notebooks), name
    assert not (book_html / "notebooks" / f"{LANDING}.ipynb").exists()


def test_a_notebook_has_the_cells_of_its_page(notebooks):
    for name, notebook in notebooks.items():
        cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        assert cells == code_cells(name)
        assert not any(cell.get("outputs") for cell in notebook.cells)


def test_no_myst_is_left_in_a_notebook(notebooks):
    for name, notebook in notebooks.items():
        nbformat.validate(notebook)
        for pattern in MYST:
            found = re.search(pattern, prose(notebook), re.M)
            assert not found, f"{name}: {found}"


def test_links_of_a_notebook_lead_somewhere(notebooks):
    """To another host, to a heading of the notebook, or they set an explorer of it."""
    for name, notebook in notebooks.items():
        text = prose(notebook)
        headings = {line.lstrip("# ").replace(" ", "-") for line in re.findall(r"^#+ .*$", text, re.M)}
        for target in re.findall(r"\]\(([^)]*)\)", text):
            known = target.startswith("https://") or target[1:] in headings or re.match(r"#[\w-]+=\w+;", target)
            assert known, f"{name}: {target}"


def test_the_first_cell_says_what_to_install(notebooks):
    for notebook in notebooks.values():
        extras = re.search(r'`pip install "\.\[([\w,]+)\]"`', notebook.cells[0].source)
        assert "explorers" in extras[1].split(",") or not any("explorers" in cell.source for cell in notebook.cells[1:])


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The package as pip would install it: unpacked from its wheel, beside nothing of the repository."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    zipfile.ZipFile(next(folder.glob("*.whl"))).extractall(folder / "site")
    return folder / "site"


@pytest.mark.parametrize("name", sampled([name for name in PAGES if code_cells(name)], 1))
def test_a_notebook_runs_from_an_empty_folder(name, notebooks, installed, tmp_path):
    notebook = notebooks[name]
    before = f"import sys; sys.path[:] = [{str(installed)!r}, *(p for p in sys.path if p != {str(ROOT)!r})]"
    after = f"import rnnkit; assert rnnkit.__file__.startswith({str(installed)!r}), rnnkit.__file__"
    notebook.cells = [nbformat.v4.new_code_cell(before), *notebook.cells, nbformat.v4.new_code_cell(after)]
    here = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=here).execute()
    widgets = [
        output.data
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    ]
    shown = rf"^(?:{'|'.join(kind.__name__ for kind in EXPLORERS)})\("  # what a cell ends in
    assert len(widgets) == sum(len(re.findall(shown, c, re.M)) for c in code_cells(name))
    assert not list(tmp_path.iterdir())


PAGE = """\
---
needs: [text/first]
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {name: python3, display_name: Python 3, language: python}
---

(here)=
# Second

Cited {cite:p}`elman1990finding`, a {term}`cell`, {eq}`eq-one`, [](first.md), [below](part), `a_b` and 3 * 4_5.[^note]

$$
a = b
$$ (eq-one)

:::{note}
A note with **weight**.
:::

1. one
2. two
   - deep

| a | b |
|---|---|
| $x$ | `\\|` |

<details class="rk-fold">
<summary>A &lt; B?</summary>

```{code-cell} ipython3
:tags: [hide-input]
import rnnkit
```

</details>

(part)=
## A part

```{figure} dot.svg
:alt: A dot.

Its caption.
```

> quoted

It stands in {{ course }}.

[^note]: At the foot.
"""


def build(folder, address, book):
    """A book of four pages with this book's own settings, and these addresses."""
    config = CONFIG | {"repository": {"url": address}, "bibtex_bibfiles": [str(ROOT / "book" / "references.bib")]}
    config |= {"execute": {"execute_notebooks": "off"}, "html": CONFIG["html"] | {"baseurl": book}}
    config["sphinx"] = CONFIG["sphinx"] | {
        "local_extensions": dict.fromkeys(CONFIG["sphinx"]["local_extensions"], str(EXTENSIONS))
    }
    chapters = [{"file": f"text/{name}"} for name in ("first", "second", "sources")]
    files = {
        "_config.yml": yaml.safe_dump(config),
        "_toc.yml": yaml.safe_dump({"format": "jb-book", "root": "text/start", "chapters": chapters}),
        "text/start.md": "# Start\n\n```{course-map}\n```\n",
        "text/first.md": "# First\n\n:::{glossary}\ncell\n  A function.\n:::\n",
        "text/second.md": PAGE,
        "text/sources.md": "---\nneeds: [text/second]\n---\n\n# Sources\n\n```{bibliography}\n```\n",
        "text/dot.svg": '<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>',
    }
    (folder / "text").mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    program = Path(sys.executable).with_name("jupyter-book")
    command = [str(program), "build", str(folder), "-W", "-n", "--keep-going", "-q"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def addressed(tmp_path_factory):
    """A small book that has an address, and whose repository has one."""
    folder = tmp_path_factory.mktemp("addressed")
    code, said = build(folder, ADDRESS, BOOK)
    assert code == 0, said
    return folder / "_build" / "html"


@pytest.mark.slow
def test_with_an_address_a_page_leads_to_colab_and_binder(addressed):
    page = (addressed / "text" / "second.html").read_text("utf-8")
    assert re.search(r'What needs this page: <a [^>]*href="sources.html">Sources</a>', page)
    path, where = "notebooks/text/second.ipynb", "ada/recurrent"
    assert f'href="https://colab.research.google.com/github/{where}/blob/gh-pages/{path}"' in page
    assert f'href="https://mybinder.org/v2/gh/{where}/gh-pages?urlpath=lab%2Ftree%2F{path.replace("/", "%2F")}"' in page
    assert re.search(rf'in a clone of <a [^>]*href="{ADDRESS}">the repository</a>', page)
    wanted = (addressed / "binder" / "requirements.txt").read_text("utf-8").split("\n")
    assert f"rnnkit @ git+{ADDRESS}" in wanted
    assert (addressed / path).is_file()


@pytest.mark.slow
def test_without_an_address_there_are_no_such_links(tmp_path):
    code, said = build(tmp_path, "", "")
    assert code == 0, said
    html = tmp_path / "_build" / "html"
    page = (html / "text" / "second.html").read_text("utf-8")
    assert "Download as notebook" in page
    assert not re.search(r"colab|binder", page)
    assert "It stands in a copy of the course, the folder" in page
    assert not (html / "binder").exists()
    assert "](http" not in (html / "notebooks" / "text" / "second.ipynb").read_text("utf-8")


@pytest.mark.slow
def test_with_an_address_a_notebook_links_to_the_book(addressed):
    notebook = nbformat.read(addressed / "notebooks" / "text" / "second.ipynb", as_version=4)
    assert f"rnnkit @ git+{ADDRESS}" in notebook.cells[1].source
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for expected in (
        f"This page needs [First]({BOOK}text/first.html).",
        f"[Elman, 1990]({BOOK}text/sources.html#id",
        f"[cell]({BOOK}text/first.html#term-cell)",
        f"[(1)]({BOOK}text/second.html#equation-eq-one)",
        "[below](#A-part)",
        "`a_b` and 3 \\* 4_5.<sup>1</sup>",
        "$$\na = b \\tag{1}\n$$",
        "> **Note**\n> \n> A note with **weight**.",
        "1. one\n2. two\n   \n   - deep",
        "| a | b |\n|---|---|\n| $x$ | `\\|` |",
        "---\n\n**A < B?**",
        f"![A dot.]({BOOK}_images/dot.svg)\n\nIts caption.",
        "> quoted",
        "<sup>1</sup> At the foot.",
    ):
        assert expected in text, text
    hidden = [cell for cell in notebook.cells if cell.metadata.get("tags") == ["hide-input"]]
    assert [cell.metadata.jupyter.source_hidden for cell in hidden] == [True]


@pytest.mark.slow
def test_a_need_that_is_no_page_fails_the_build(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "PAGE", PAGE.replace("[text/first]", "[text/frist]"))
    code, said = build(tmp_path, "", "")
    assert code != 0
    assert "text/second needs text/frist, which is not in the table of contents" in said


def test_what_a_notebook_cannot_show_is_an_error():
    document = nodes.document(None, None)
    document += nodes.sidebar()
    with pytest.raises(ExtensionError, match="a notebook cannot show a sidebar yet"):
        extension("to_markdown").blocks(document, None)


def test_extras_are_what_the_cells_import():
    extras = extension("notebooks").extras
    cells = ["import numpy as np, os", "from rnnkit.figures import Figure\nimport torch.nn"]
    assert extras(cells) == ["figures", "torch"]
    with pytest.raises(ExtensionError, match="imports pandas"):
        extras(["import pandas"])
