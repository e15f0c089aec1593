"""A new problem set that builds, checks and has its hints, to be rewritten into the one that is wanted."""

import re
from pathlib import Path

from rnnkit.course import sets
from rnnkit.course.build.source import CourseError

TEMPLATE = Path(__file__).parent / "template"
NAME = re.compile(r"ps(\d+)((?:-[a-z][a-z0-9]*)+)")


def new(root: Path, name: str) -> list[Path]:
    """Write the files of a set into the repository; what was written."""
    match = NAME.fullmatch(name)
    if not match:
        raise CourseError(f"expected a name such as ps9-attention, in small letters, but {name!r} came.")
    if not (root / "solutions").is_dir() or not (root / "rnnkit" / "course" / "sets").is_dir():
        raise CourseError(f"expected the repository in {root.resolve()}, but it is not there. Give --root.")
    texts, data = root / "solutions" / name, root / "rnnkit" / "course" / "sets" / sets.folder(name)
    for folder in (texts, data):
        if folder.exists():
            raise CourseError(f"expected a name that is free, but {folder} exists.")
    words = {"NUMBER": match[1], "WORDS": match[2].strip("-").replace("-", " "), "SET": name}
    files = {
        texts / f"{name}.md": _filled("set.md", words),
        texts / "wrong.yml": _filled("wrong.yml", words),
        texts / "unseen.yml": _filled("unseen.yml", words),
        data / "__init__.py": f'"""Problem set {match[1]}, {words["WORDS"]}: its exercises as data."""\n',
        data / "mean_over_time.py": _filled("exercise.txt", words),
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(files)


def _filled(file: str, words: dict[str, str]) -> str:
    text = (TEMPLATE / file).read_text(encoding="utf-8")
    for word, value in words.items():
        text = re.sub(rf"\b{word}\b", value, text)
    return text
