"""The check of the JavaScript, with the project's own settings: it finds each fault, and lets what is right pass."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OXLINT = Path(sys.executable).parent / "oxlint"
RIGHT = {
    "shared/limits.json": '{ "units": 4 }',
    "shared/numbers.js": 'import limits from "./limits.json" with { type: "json" };\n'
    "export const fits = (n) => n <= limits.units;\n"
    "export const squash = (a) => Math.tanh(a);\n",
    "stepper.js": 'import { fits, squash } from "./shared/numbers.js";\n'
    "export default { render: ({ el }) => { el.textContent = fits(3) ? String(squash(1)) : document.title; } };\n",
}
# What stands in the place of what, and what is said of it.
FAULTS = {
    "a misspelt name": ("fits(3)", "fits(three)", "'three' is not defined"),
    "a misspelt global": ("document.title", "documnet.title", "'documnet' is not defined"),
    "a name that is not exported": ("fits, squash }", "fits, squash, squish }", 'named import "squish" not found'),
    "a default that is not exported": ("import { fits", "import all, { fits", "No default export found"),
    "a member that is not exported": (
        'import { fits, squash } from "./shared/numbers.js";',
        'import * as numbers from "./shared/numbers.js"; const { fits } = numbers, squash = numbers.squish;',
        '"squish" not found in imported namespace',
    ),
    "an unused import": ("String(squash(1))", "'1'", "'squash' is imported but never used"),
    "an unused variable": ("export default", "const spare = 1;\nexport default", "'spare' is declared but never used"),
    "unreachable code": ("el.textContent", "return;\nel.textContent", "Unreachable code"),
    "a loose comparison": ("fits(3)", "(fits(3) == 1)", "Expected ==="),
    "the same key twice": ("export default {", "export default { render: null,", "Duplicate key"),
    "a cycle of imports": ("limits.units;", 'limits.units;\nimport "../stepper.js";', "Dependency cycle"),
}


def lint(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    command = [OXLINT, "--config", ROOT / ".oxlintrc.json", "--deny-warnings", "--format=unix", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={})
    return done.returncode, done.stdout


def test_modules_that_are_right_pass(tmp_path):
    code, said = lint(tmp_path, RIGHT)
    assert code == 0, said


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(tmp_path, fault):
    right, wrong, words = FAULTS[fault]
    files = {name: text.replace(right, wrong) for name, text in RIGHT.items()}
    assert files != RIGHT
    code, said = lint(tmp_path, files)
    assert code == 1
    assert words in said
