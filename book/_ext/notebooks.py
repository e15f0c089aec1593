"""Each page that computes, as a notebook that runs in a plain JupyterLab, in Colab and on Binder.

The notebook has the page's cells and its text as plain Markdown (to_markdown.py), without outputs. It is written as
notebooks/<page>.ipynb beside the pages. Where the repository's address is given (`repository: url` in _config.yml), the
page links to Colab and Binder too. Both open the notebook from the branch that holds the published book, and there
Binder finds in binder/ what to install.
"""

import ast
import html
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import arc
import nbformat
import to_markdown
from docutils import nodes
from myst_nb.core.read import read_myst_markdown_notebook
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

EXTRAS = {  # that bring an import
    "captum": "inside",
    "httpx": "serve",
    "matplotlib": "figures",
    "onnx": "deploy",
    "onnxruntime": "deploy",
    "py_mini_racer": "explorers",
    "rnnkit.data.real": "apps",
    "rnnkit.deploy": "deploy",
    "rnnkit.deploy.process": "serve",
    "rnnkit.explorers": "explorers",
    "rnnkit.figures": "figures",
    "sacrebleu": "apps",
    "safetensors": "deploy",
    "sklearn": "apps",
    "tensorboard": "train",
    "torch": "torch",
    "websockets": "serve",
}
NEEDS_NONE = {"rnnkit", "numpy", *sys.stdlib_module_names}
GITHUB = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+?)/?(?:\.git)?")
FOLDED = {"hide-input", "remove-input", "hide-cell"}
INSTALL = """\
# Installs rnnkit where it is missing, as in Colab.
import importlib.util

if importlib.util.find_spec("rnnkit") is None:
    %pip install --quiet "{requirement}"
"""


def path_of(name: str) -> str:
    return f"notebooks/{name}.ipynb"


def source(app: Sphinx, name: str) -> nbformat.NotebookNode:
    text = Path(app.env.doc2path(name)).read_text("utf-8")
    return read_myst_markdown_notebook(text) if "```{code-cell}" in text else new_notebook()


def has_notebook(app: Sphinx, name: str) -> bool:
    """Pages that compute; the landing page is a way in, not a page to work with."""
    return name != app.config.root_doc and any(cell.cell_type == "code" for cell in source(app, name).cells)


def repository(app: Sphinx) -> str:
    """The address that _config.yml gives, or nothing."""
    url = str(app.config.html_theme_options.get("repository_url") or "")
    found = GITHUB.fullmatch(url)
    if url and not found:
        raise ExtensionError(f"repository: url: is {url}, expected https://github.com/<owner>/<name>, as Colab does.")
    return f"https://github.com/{found[1]}/{found[2]}" if found else ""


def extras(sources: Iterable[str]) -> list[str]:
    """The extras of rnnkit that these cells import, in alphabetical order."""
    found = set()
    for text in sources:
        for node in ast.walk(ast.parse(text)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                known = [one for one in EXTRAS if name == one or name.startswith(one + ".")]
                if not known and name.split(".")[0] not in NEEDS_NONE:
                    raise ExtensionError(f"a cell imports {name}: say in book/_ext/notebooks.py which extra brings it.")
                found |= {EXTRAS[one] for one in known}
    return sorted(found)


def requirement(wanted: list[str], url: str) -> str:
    named = f"rnnkit[{','.join(wanted)}]" if wanted else "rnnkit"
    return f"{named} @ git+{url}" if url else named


def opening(app: Sphinx, name: str, wanted: list[str]) -> list[nbformat.NotebookNode]:
    """What this is, and what to install."""
    url, home = repository(app), app.config.html_baseurl
    title = app.config.html_title
    book = f"[{title}]({home})" if home else title
    text = f"*A page of {book}, by {app.config.author}. Text: CC BY 4.0; code: MIT.*\n\n"
    if url:
        text += f"It needs Python 3.11 or newer and [rnnkit]({url}). Where that is missing, the next cell installs it."
        return [new_markdown_cell(text), new_code_cell(INSTALL.format(requirement=requirement(wanted, url)).strip())]
    local = f".[{','.join(wanted)}]" if wanted else "."
    text += f'It needs Python 3.11 or newer and `rnnkit`. In a copy of the course: `pip install "{local}"`.'
    return [new_markdown_cell(text)]


def convert(app: Sphinx, name: str, doctree: nodes.document) -> nbformat.NotebookNode:
    """The notebook of a page whose references are resolved."""
    given = source(app, name).cells
    home = app.config.html_baseurl and (app.config.html_baseurl.rstrip("/") + "/", app.builder.get_target_uri(name))
    cells = opening(app, name, extras(cell.source for cell in given if cell.cell_type == "code"))
    text: list[str] = []

    def flush() -> None:
        if text:
            cells.append(new_markdown_cell("\n\n".join(text)))
            text.clear()

    for block in to_markdown.blocks(doctree, home):
        if isinstance(block, int):
            flush()
            tags = list(given[block].metadata.get("tags", []))
            folded = {"jupyter": {"source_hidden": True}} if FOLDED & set(tags) else {}
            cells.append(new_code_cell(given[block].source, metadata={**({"tags": tags} if tags else {}), **folded}))
        else:
            if block.startswith("#"):
                flush()
            text.append(block)
    flush()
    for k, cell in enumerate(cells):
        cell.id = f"cell-{k}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    nbformat.validate(notebook)
    return notebook


def write(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    if doctree is None or not has_notebook(app, pagename):
        return
    target = Path(app.outdir) / path_of(pagename)
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(convert(app, pagename, doctree), target)
    links = elsewhere(app, pagename)
    context["body"] = re.sub(r"(</h1>)", lambda found: found[1] + links, context["body"], count=1)


def elsewhere(app: Sphinx, name: str) -> str:
    """The line below the title that leads to the notebook."""
    links = [(arc.file_address(app, name, path_of(name)), "Download as notebook", " download")]
    if url := repository(app):
        links += [(colab(url, app.config.notebooks_branch, name), "Open in Colab", "")]
        links += [(binder(url, app.config.notebooks_branch, name), "Open on Binder", "")]
    shown = "".join(f'<a href="{html.escape(href)}"{more}>{words}</a>' for href, words, more in links)
    return f'<nav class="rk-elsewhere" aria-label="This page elsewhere">{shown}</nav>'


def colab(url: str, branch: str, name: str) -> str:
    return url.replace("github.com", "colab.research.google.com/github", 1) + f"/blob/{branch}/{path_of(name)}"


def binder(url: str, branch: str, name: str) -> str:
    path = quote(f"lab/tree/{path_of(name)}", safe="")
    return url.replace("github.com", "mybinder.org/v2/gh", 1) + f"/{branch}?urlpath={path}"


def write_binder(app: Sphinx, exception: Exception | None) -> None:
    """What Binder installs for all of the notebooks."""
    if exception or app.builder.format != "html" or not (url := repository(app)):
        return
    folder = Path(app.outdir) / "binder"
    folder.mkdir(exist_ok=True)
    texts = [cell.source for name in arc.order(app) for cell in source(app, name).cells if cell.cell_type == "code"]
    (folder / "requirements.txt").write_text(f"jupyterlab\n{requirement(extras(texts), url)}\n", encoding="utf-8")
    (folder / "runtime.txt").write_text("python-3.11\n", encoding="utf-8")


def name_course(app: Sphinx, config: Config) -> None:
    """What {{ course }} in a page stands for: where the files are that its commands need."""
    url = repository(app)
    words = f"a clone of [the repository]({url})" if url else "a copy of the course, the folder that `make.py` is in"
    config.myst_substitutions = dict(config.myst_substitutions or {}) | {"course": words}


def setup(app: Sphinx) -> dict[str, object]:
    app.add_config_value("notebooks_branch", "gh-pages", "html")
    app.connect("config-inited", name_course)
    app.connect("html-page-context", write)
    app.connect("build-finished", write_binder)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
