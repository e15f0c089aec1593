"""Join JavaScript modules into one script that runs in a notebook, on a page and from a file.

A relative import fails in a notebook, where the code comes as one blob, and a module's script fails on a page that is
opened from a file. So the sources are modules, for people and for the linter, and what is shipped is their join: each
file once, after the files that it imports, in a scope of its own.
"""

import json
import re
from pathlib import Path

IMPORT = re.compile(r'^import (?:(?P<whole>\w+)|\{(?P<names>[^}]*)\}) from "(?P<path>\.[^"]+)"[^;\n]*;\n', re.M)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class)\*? (\w+))", re.M)
OTHER = re.compile(r"^(?:import|export)\b.*", re.M)
COMMENT = re.compile(r"^\s*(?://.*|/\*\*(?:.|\n)*?\*/)\n", re.M)  # whole lines
REMARK = re.compile(r"(?<=[;{},)(]) +// [^\"'`\n]*$", re.M)  # at a line's end: a quote in it could be a text's
BLANK = re.compile(r"^\s+", re.M)  # no source has a text that goes over several lines


def variable(path: Path, root: Path) -> str:
    """The name under which a file's exports stand in the script: shared/draw.js is shared_draw."""
    return re.sub(r"\W", "_", path.relative_to(root).with_suffix("").as_posix())


def join(entries: list[Path], root: Path) -> dict[str, str]:
    """The scopes of these files and of all that they import, by their names, each after those that it needs.

    A circle or a line that cannot be read is an error.
    """
    scopes: dict[Path, str] = {}
    for entry in entries:
        _add(entry.resolve(), root.resolve(), scopes, ())
    return {variable(path, root.resolve()): text for path, text in scopes.items()}


def _add(path: Path, root: Path, scopes: dict[Path, str], above: tuple[Path, ...]) -> None:
    if path in above:
        circle = " → ".join(p.name for p in (*above[above.index(path) :], path))
        raise ValueError(f"{circle} import each other in a circle. Move what both need to a third file.")
    if path in scopes:
        return
    text, name = path.read_text("utf-8"), variable(path, root)
    if path.suffix == ".json":
        scopes[path] = f"const {name} = {json.dumps(json.loads(text), separators=(',', ':'))};"
        return
    taken = []
    for found in IMPORT.finditer(text):
        source = (path.parent / found["path"]).resolve()
        _add(source, root, scopes, (*above, path))
        names = found["whole"] or f"{{{found['names'].replace(' as ', ': ')}}}"
        taken.append(f"const {names} = {variable(source, root)};")
    body = EXPORT.sub("", IMPORT.sub("", text))
    if left := OTHER.search(body):
        raise ValueError(f"{path.name} has the line {left[0]!r}, but the joiner reads named imports and exports alone.")
    exports = ", ".join(EXPORT.findall(text))
    head, body = "\n".join(taken), BLANK.sub("", REMARK.sub("", COMMENT.sub("", body)))
    scopes[path] = f"const {name} = (() => {{\n{head}\n{body}return {{ {exports} }};\n}})();"
