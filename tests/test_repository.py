"""The repository itself: what must not be in it, and that what it says of itself is so."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def files():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_no_notebook_has_outputs(files):
    for path in (f for f in files if f.suffix == ".ipynb"):
        for cell in json.loads(path.read_text())["cells"]:
            assert not cell.get("outputs") and cell.get("execution_count") is None, path.name  # noqa: PT018


def test_no_path_of_a_machine_and_no_registry(files):
    found = re.compile(r"(?<![\w.])/(?:root|home/[a-z]+|work)/|pypi\.org|pythonhosted|npmjs\.org|deb\.debian")
    for path in (f for f in files if f.suffix not in (".png", ".safetensors") and f != Path(__file__).resolve()):
        assert not found.search(path.read_text("utf-8")), path.relative_to(ROOT)


def test_no_file_is_empty(files):
    assert not [f.relative_to(ROOT) for f in files if f.stat().st_size == 0]


def test_every_citation_has_its_entry_and_every_entry_is_cited(files):
    entries = set(re.findall(r"^@\w+\{(\S+),", (ROOT / "book" / "references.bib").read_text(), re.M))
    text = "\n".join(f.read_text() for f in files if f.suffix == ".md" and f.parts[-2] != "exercises")
    cited = {key.strip() for keys in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text) for key in keys.split(",")}
    claims = yaml.safe_load((ROOT / "book" / "claims.yml").read_text("utf-8"))
    assert cited.union(*(row.get("source", []) for row in claims)) == entries


@pytest.mark.slow
def test_readme_programs_print_what_the_readme_says():
    """The second goes on where the first ends; another processor's rounding may cost its training a string or two."""
    readme = (ROOT / "README.md").read_text()
    found = re.findall(r"```python\n(.*?)```\s*```(?:text)?\n(.*?)```", readme, re.S)
    (first, output), (second, trained) = found
    assert len(first.split("\n")) - first.count("\n\n") - 1 == 6  # lines of code
    program = [sys.executable, "-c", first + second]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(output)
    right = re.search(r"[\d.]+", done.stdout.removeprefix(output))[0]
    assert done.stdout == output + trained.replace("1.0", right)
    assert float(right) >= 0.98


def test_every_path_that_is_named_exists(files):
    """In comments, docstrings, pages and programs: a path, its beginning, or what is built of a page. ps9: any set."""
    names = {str(f.relative_to(ROOT)) for f in files}
    there = names | {str(parent) for name in names for parent in Path(name).parents}
    tops = "|".join(sorted({name.split("/")[0] for name in names if "/" in name and name[0] != "."}))
    named = re.compile(rf"(?<![\w./-])(?:{tops})/[\w./-]*\w")
    missing = []
    for path in (f for f in files if f.suffix not in (".png", ".ipynb", ".json", ".safetensors", ".svg")):
        for name in named.findall(path.read_text("utf-8")):
            source = re.sub(r"\.(html|ipynb)$", "", name) + ".md"
            if source not in there and not re.search(r"/ps[N9]\b|/ps9_", name) and not begins(name, there):
                missing.append(f"{path.relative_to(ROOT)}: {name}")
    assert missing == []


def begins(name, there):
    return any(path.startswith(name) for path in there)


def test_make_py_says_which_python_it_needs(tmp_path):
    """The check stands before anything that an old Python could not read."""
    source = (ROOT / "make.py").read_text()
    old = source.replace("sys.version_info < (3, 11)", "sys.version_info < (99, 0)")
    assert old != source
    (tmp_path / "make.py").write_text(old)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "make.py"), "book"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed, but this is" in done.stderr


def test_make_py_names_an_unknown_command():
    done = subprocess.run([sys.executable, "make.py", "bake"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "bake" in done.stderr


def test_every_make_target_is_a_command_of_make_py():
    targets = re.search(r"\.PHONY: (.*)", (ROOT / "Makefile").read_text())[1].split()
    usage = (ROOT / "make.py").read_text().split('"""')[1]
    assert {"book", "serve", "test"} <= set(targets)
    assert all(f"make.py {name}" in usage for name in targets)


def test_no_two_test_files_have_one_name():
    """pytest imports them by their names alone."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names))
