"""From a problem set's source to what students get: the release notebook, and the hints inside the package."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rnnkit.course.build import source
from rnnkit.course.build.source import CourseError
from rnnkit.course.build.verify import verify
from rnnkit.course.hints import corpus

CONFIG = "nbgrader_config.py"


def build(root: Path, name: str) -> list[Path]:
    """Check the corpus, then write the release notebook and the hints. Running it again changes nothing."""
    nb = source.notebook(root, name)
    return write(root, name, nb, verify(name, source.answers(root, name, nb)))


def write(root: Path, name: str, nb: Any, wrong: corpus.Corpus) -> list[Path]:
    """The release notebook of a source notebook, and the hints of wrong answers, without a look at either."""
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        write_course(root, name, course, nb)
        nbgrader(course, "generate_assignment", name, "--no-db")
        release = json.loads((course / "exercises" / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    texts = {
        root / "exercises" / name / f"{name}.ipynb": as_text(normal(release)),
        corpus.file(root / "rnnkit" / "course" / "sets", name): corpus.dump(wrong),
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(texts)


def check_course(root: Path, course: Path) -> None:
    """Refuse a course folder that students' work would be published from, or that is none."""
    if course.exists() and not course.is_dir():
        raise CourseError(f"expected a folder for your course, but {course} is a file. Name another place.")
    if course.resolve().is_relative_to(root.resolve()):
        raise CourseError(
            f"expected a folder outside the repository, but {course} is in it. It fills with students' work and marks: "
            "name a place beside the repository, such as ../course."
        )


def write_course(root: Path, name: str, course: Path, nb: Any = None) -> list[Path]:
    """Write a problem set's solution notebook, and nbgrader's configuration if there is none; what was written."""
    if not (root / CONFIG).exists():
        raise CourseError(f"expected {CONFIG} in {root.resolve()}, but there is none. Give --root.")
    nb = source.notebook(root, name) if nb is None else nb
    path = course / "solutions" / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_text(normal(nb)), encoding="utf-8")
    if not (course / CONFIG).exists():
        shutil.copyfile(root / CONFIG, course / CONFIG)
        return [path, course / CONFIG]
    return [path]


def config_kept(root: Path, course: Path) -> bool:
    """Whether the course folder has an nbgrader_config.py of its own, which is left as it is."""
    return (course / CONFIG).exists() and (course / CONFIG).read_bytes() != (root / CONFIG).read_bytes()


def nbgrader(course: Path, *arguments: str) -> str:
    """Run nbgrader in a course folder, with this interpreter's programs first on PATH (it calls alembic)."""
    if not shutil.which("jupyter-nbconvert", path=str(Path(sys.executable).parent)):
        raise CourseError("expected nbgrader beside this Python, but it is missing. Run: pip install nbgrader")
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CourseError(f"nbgrader {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def normal(nb: Any) -> Any:
    """A notebook without what changes from run to run or from machine to machine."""
    for cell in nb["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    nb["metadata"] = {"kernelspec": dict(source.KERNEL)}
    nb["nbformat"], nb["nbformat_minor"] = 4, 5
    return nb


def as_text(nb: Any) -> str:
    for cell in nb["cells"]:
        cell["source"] = _lines(cell["source"])
    return json.dumps(nb, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _lines(text: str | list[str]) -> list[str]:
    return ("".join(text) if isinstance(text, list) else text).splitlines(keepends=True)
