"""The joiner of the modules: what it makes of them, and what it refuses."""

import pytest
from engines import slug
from py_mini_racer import MiniRacer

from rnnkit.explorers import EXPLORERS, kit_script, page_script
from rnnkit.explorers.base import KIT
from rnnkit.explorers.modules import join


def written(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder


def value_of(scopes, expression):
    engine = MiniRacer()
    engine.eval("\n".join(scopes.values()))
    return engine.eval(expression)


def test_names_that_two_files_share_stay_apart(tmp_path):
    written(
        tmp_path,
        a="const own = 1;\nexport const one = () => own;\n",
        b='import { one as first } from "./a.js";\nconst own = 2;\nexport function sum() { return own + first(); }\n',
    )
    assert value_of(join([tmp_path / "b.js"], tmp_path), "b.sum()") == 3


def test_each_file_comes_once_and_after_what_it_imports(tmp_path):
    written(
        tmp_path,
        a="export const one = 1;\n",
        b='import { one } from "./a.js";\nexport const two = one + 1;\n',
        c='import { one } from "./a.js";\nimport { two } from "./b.js";\nexport const three = one + two;\n',
    )
    scopes = join([tmp_path / "c.js", tmp_path / "a.js"], tmp_path)
    assert list(scopes) == ["a", "b", "c"]
    assert value_of(scopes, "c.three") == 3


def test_numbers_of_a_json_file_are_read(tmp_path):
    folder = tmp_path / "latch"
    folder.mkdir()
    (folder / "limits.json").write_text('{ "w": [1, 2] }')
    written(folder, a='import limits from "./limits.json" with { type: "json" };\nexport const last = limits.w[1];\n')
    assert value_of(join([folder / "a.js"], tmp_path), "latch_a.last") == 2


def test_a_circle_is_refused_by_its_names(tmp_path):
    written(
        tmp_path,
        a='import { two } from "./b.js";\nexport const one = 1;\n',
        b='import { one } from "./a.js";\nexport const two = 2;\n',
    )
    with pytest.raises(ValueError, match=r"a\.js → b\.js → a\.js import each other in a circle\. Move what"):
        join([tmp_path / "a.js"], tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "export default 1;",
        "export { one };",
        "export let one = 1;",
        'import "./b.js";',
        'import * as b from "./b.js";',
        'import { one } from "d3";',
        'export * from "./b.js";',
    ],
)
def test_a_line_that_it_cannot_read_is_refused(tmp_path, line):
    written(tmp_path, a=f"const one = 1;\n{line}\n", b="export const one = 1;\n")
    with pytest.raises(ValueError, match=r"a\.js has the line .* but the joiner reads named imports"):
        join([tmp_path / "a.js"], tmp_path)


def test_a_comment_goes_and_its_lookalike_in_a_text_stays(tmp_path):
    written(tmp_path, a='// gone\n/** gone\n * too */\nexport const kept = "; // kept";  // gone as well\n')
    scopes = join([tmp_path / "a.js"], tmp_path)
    assert "gone" not in scopes["a"]
    assert value_of(scopes, "a.kept") == "; // kept"


def test_page_scripts_are_classic_and_leave_one_global_name():
    page = MiniRacer()
    page.eval('var document = { readyState: "complete", querySelectorAll: () => [] }, location = { hash: "" };')
    page.eval("var IntersectionObserver = class {}, addEventListener = () => {}, requestIdleCallback = () => {};")
    before = page.eval("Object.keys(globalThis).join()")
    page.eval(kit_script())
    for kind in EXPLORERS:
        page.eval(page_script(kind))
    assert page.eval("Object.keys(globalThis).join()") == before
    assert page.eval(f"typeof {KIT}.shared_mount.mount") == "function"
    assert page.eval("typeof shared_mount") == "undefined"


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_scripts_stay_small(kind):
    sizes = len(kit_script().encode()), len(page_script(kind).encode())
    assert max(sizes) < 60_000


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_a_page_script_brings_nothing_of_the_kit_again(kind):
    assert "function makeCard" in kit_script()
    assert "function makeCard" not in page_script(kind)


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_the_notebooks_module_has_one_export_alone(kind):
    lines = [line for line in kind._esm.splitlines() if line.startswith(("import", "export"))]
    assert len(lines) == 1
    assert lines[0].startswith("export default { render:")
