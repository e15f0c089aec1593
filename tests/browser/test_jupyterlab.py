"""Explorers in a live JupyterLab: keys reach them, traits are observed and linked, edits go both ways, two views."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from book_pages import PAGES, ROOT, frontmatter, sampled
from shown import card_of, cells, fields, first_field, press, settle, step_of

from rnnkit.explorers import EXPLORERS

SHOW = """\
import ipywidgets as w
import numpy as np
from rnnkit.explorers import {name}
one, slider, seen = {name}(committed=True), w.IntSlider(max=60), []
one.observe(lambda change: seen.append(change.new), "step")
link = w.link((one, "step"), (slider, "value"))
w.HBox([one, slider])"""
AGAIN = "one"
TELL = "print(one.step, slider.value, seen[-1], {trait}, flush=True)"
SET = "one.step = 1; {change}; print('set')"


def notebook(*sources):
    blank = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    cells = [{**blank, "id": f"cell-{k}", "source": source} for k, source in enumerate(sources)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(url, process, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            return urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            assert process.poll() is None, "jupyter lab ended before it answered"
            time.sleep(0.2)
    pytest.fail(f"jupyter lab did not answer within {seconds} s")


# Which number of an array the first field edits, where it is not the first one.
ENTRY = {"gate-lab": "one.step - 1", "evidence-bench": "one.step - 1"}


def edited(kind):
    """The first trait that is edited by a field: how Python reads the number in it, and how it sets it."""
    traits = kind.limits.traits.items()
    name = next(name for name, limit in traits if not {"letters", "choices"} & limit.keys() and not limit.get("whole"))
    if not kind.limits.traits[name].get("axes"):
        return f"one.{name}", f"one.{name} = 0.5"
    entry = ENTRY.get(kind.slug, 0)
    return f"np.ravel(one.{name})[{entry}]", f"a = np.array(one.{name}); a.flat[{entry}] = 0.5; one.{name} = a"


@pytest.fixture(scope="module")
def lab(browser, book_html, tmp_path_factory):
    """A JupyterLab with folders of its own, with a notebook for each explorer, and the pages of the book as notebooks.

    Its kernels run this very Python.
    """
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(book_html / "notebooks", folder / "root")
    for kind in EXPLORERS:
        trait, change = edited(kind)
        sources = SHOW.format(name=kind.__name__), AGAIN, TELL.format(trait=trait), SET.format(change=change)
        (folder / "root" / f"{kind.slug}.ipynb").write_text(notebook(*sources), encoding="utf-8")
    port = free_port()
    folders = {f"JUPYTER_{kind}_DIR": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    server = ["token=", "password=", f"root_dir={folder / 'root'}", "port_retries=0"]
    news = ["news_url=None", "check_for_updates_class=jupyterlab.NeverCheckForUpdate"]  # both would ask another host
    options = [*(f"--ServerApp.{o}" for o in server), *(f"--LabApp.{o}" for o in news)]
    with (folder / "lab.log").open("w") as log:
        process = subprocess.Popen(
            [*command, *options],
            env=os.environ | folders | {"PYTHONWARNINGS": "default"},
            stdout=log,
            stderr=log,
        )
        wait_for(f"http://127.0.0.1:{port}/api/status", process)
        yield f"http://127.0.0.1:{port}/lab/workspaces/{{}}/tree/{{}}.ipynb"
        process.terminate()
        process.wait(20)


def accept_dialogs(page):
    """Agree to what JupyterLab asks on a slow machine, such as with which kernel to go on. Returns what it said.

    If the list of kernels came after the notebook, it proposes none.
    """
    dialog, said = page.locator("dialog.jp-Dialog"), []
    while dialog.count():
        said.append(" ".join(dialog.last.inner_text().split()))
        kernel = dialog.last.locator("select", has=page.locator("option", has_text="Python 3 (ipykernel)"))
        if kernel.count():
            kernel.select_option(label="Python 3 (ipykernel)")
        dialog.last.locator(".jp-mod-accept").click()
        page.wait_for_timeout(500)
    return said


def go_to(page, url):
    """Open a notebook, and wait for its kernel: too early a run is forgotten, or is of the first cell alone."""
    page.goto(url)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status='idle']", timeout=60000)
    kernel, deadline, said = page.locator(".jp-Toolbar-kernelName").first, time.monotonic() + 120, []
    while "Python" not in kernel.inner_text():
        assert time.monotonic() < deadline, f"no kernel came within 120 s, and JupyterLab said {said}"
        said += accept_dialogs(page)
        page.wait_for_timeout(2000)
        if "Python" not in kernel.inner_text():
            kernel.dispatch_event("click")
            page.wait_for_timeout(500)


def run_cell(page, k):
    """Run a cell until it bears a new number: what is run before the kernel's session is there, JupyterLab forgets."""
    cell = page.locator(".jp-CodeCell").nth(k)
    prompt = cell.locator(".jp-InputPrompt").first
    before, deadline = prompt.inner_text(), time.monotonic() + 60
    while time.monotonic() < deadline:
        cell.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        for _ in range(20):
            page.wait_for_timeout(100)
            if prompt.inner_text() != before and re.search(r"\[\d+\]", prompt.inner_text()):
                return
    pytest.fail(f"cell {k} did not run within 60 s")


def run_all(page):
    """Run all cells, and come back to the first: JupyterLab goes to the last, and takes away what is far from it.

    It is asked again until a cell bears a number or the kernel is busy: too early a run is forgotten, as of one cell.
    """
    prompts, deadline, said = page.locator(".jp-CodeCell .jp-InputPrompt"), time.monotonic() + 60, []
    busy = page.locator(".jp-Notebook-ExecutionIndicator[data-status='busy']")
    while not busy.count() and not re.search(r"\[(\d+|\*)\]", " ".join(prompts.all_inner_texts())):
        assert time.monotonic() < deadline, f"the notebook did not run within 60 s, and JupyterLab said {said}"
        said += accept_dialogs(page)
        page.locator(".lm-MenuBar-item", has_text="Run").first.click()
        page.locator(".lm-Menu-item", has_text="Run All Cells").first.click()
        page.wait_for_timeout(2000)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status='idle']", timeout=120000)
    page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")


def printed(page, k):
    run_cell(page, k)
    output = page.locator(".jp-CodeCell").nth(k).locator(".jp-OutputArea-output pre")
    output.wait_for(timeout=30000)
    return output.inner_text().strip()


def test_keys_and_edits_go_both_ways_and_two_views_agree(browser, lab, kind):
    context = browser.new_context(viewport={"width": 1600, "height": 1400})
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    go_to(page, lab.format(kind.slug, kind.slug))
    run_cell(page, 0)
    page.locator(".rk-card").first.wait_for(timeout=60000)
    card = card_of(page)
    assert card.bounding_box()["width"] > 300, "beside another widget it keeps its width"
    assert page.locator(".rk-still").count() == 0, "the live view wins over the published one"

    press(card, "Home", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft")
    assert card.evaluate("(card) => card === document.activeElement"), "the notebook took the keys"
    assert step_of(card) == 2
    field = first_field(card)
    press(card, "ArrowDown", "ArrowDown", on=field)
    number = float(field.get_attribute("aria-valuenow"))
    now = step_of(card)

    run_cell(page, 1)
    page.wait_for_function("document.querySelectorAll('.rk-card').length === 2", timeout=30000)
    other = card_of(page, 1)
    assert (fields(other), step_of(other)) == (fields(card), now), "shown once more, it is the same explorer"
    told = printed(page, 2).split()
    assert told[:3] == [str(now)] * 3
    assert float(told[3]) == pytest.approx(number)

    assert printed(page, 3) == "set"
    for k in (0, 1):
        view = f"document.querySelectorAll('.rk-where')[{k}].dataset.where === '1'"
        page.wait_for_function(view, timeout=10000)
        settle(page)
        assert float(first_field(card_of(page, k)).input_value()) == 0.5
    shown = {name: text for name, text in cells(card).items() if not name.startswith("table")}
    press(other, "ArrowRight")
    page.wait_for_function("document.querySelectorAll('.rk-where')[0].dataset.where === '2'")
    assert shown
    assert not errors
    context.close()


def follow_a_link(page):
    """A link of the text that sets an explorer does it, and the card says so in the link's words."""
    link = page.locator("a[href^='#'][href*='=main;']").first
    link.scroll_into_view_if_needed()
    words = " ".join(link.text_content().split())
    slug = link.get_attribute("href").split("=")[0][1:]
    link.click()
    page.wait_for_timeout(500)
    assert " ".join(page.locator(f".rk-{slug} .rk-say").first.inner_text().split()).startswith(f"“{words}”: ")


COMPUTING = [name for name in PAGES if "kernelspec" in frontmatter(name)]
DOWN = """() => {
    const panel = document.querySelector(".jp-WindowedPanel-outer");
    const from = panel.scrollTop;
    panel.scrollTop += 800;
    return panel.scrollTop === from;
}"""
PAINTED = "(all) => all.map((one) => [...one.querySelectorAll('svg')].filter((svg) => svg.checkVisibility()).length)"


def figures_on_the_way_down(page):
    """How many pictures each figure shows, from the top of the notebook to its end: JupyterLab draws what is near."""
    drawn, ended = set(), False
    page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
    while not ended:
        page.wait_for_timeout(100)
        drawn |= set(page.locator("figure[class='rk-figure']:has(svg)").evaluate_all(PAINTED))
        ended = page.evaluate(DOWN)
    return drawn


@pytest.mark.parametrize("name", sampled(COMPUTING, 0))
def test_a_page_lives_as_a_notebook(browser, lab, name):
    """All of it runs; links of the text set the explorers; a figure is drawn once."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    go_to(page, lab.format(name.replace("/", "-"), name))
    run_all(page)
    source = (ROOT / f"{name}.md").read_text("utf-8")
    if "from rnnkit.explorers" in source:
        page.wait_for_selector(".rk-card", timeout=60000)
    assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0

    if "{set}`" in source:
        follow_a_link(page)

    wanted = {1} if re.search(r"^(\w+ = )?Figure\(", source, re.M) else set()
    drawn, deadline = figures_on_the_way_down(page), time.monotonic() + 60
    while not drawn and wanted and time.monotonic() < deadline:  # a busy machine draws late
        drawn = figures_on_the_way_down(page)
    assert drawn == wanted
    assert not errors
    context.close()
