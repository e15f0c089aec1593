"""State Stepper in a live JupyterLab: the keys reach it, and its traits reach Python and other widgets."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

SHOW = """\
import ipywidgets as w
from rnnkit.explorers import StateStepper
stepper = StateStepper()
slider = w.IntSlider(max=5)
link = w.link((stepper, "step"), (slider, "value"))
w.HBox([stepper, slider])"""
TELL = "print(stepper.step, slider.value, stepper.weight_hh[1][0], stepper.committed)"
KERNEL_IS_THERE = "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
SET = "stepper.step, stepper.weight_hh = 4, [[1, 0], [0, 1]]; print('set')"


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


@pytest.fixture
def lab(browser, tmp_path):
    """A JupyterLab with folders of its own; its kernels run this very Python."""
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "stepper.ipynb").write_text(notebook(SHOW, TELL, SET, TELL), encoding="utf-8")
    port = free_port()
    folders = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    server = ["token=", "password=", f"root_dir={tmp_path / 'root'}", "port_retries=0"]
    news = ["news_url=None", "check_for_updates_class=jupyterlab.NeverCheckForUpdate"]  # both would ask another host
    app = "expose_app_in_browser=True"  # for KERNEL_IS_THERE
    options = [*(f"--ServerApp.{o}" for o in server), *(f"--LabApp.{o}" for o in (*news, app))]
    with (tmp_path / "lab.log").open("w") as log:
        process = subprocess.Popen(
            [*command, *options],
            env=os.environ | folders | {"PYTHONWARNINGS": "default"},
            stdout=log,
            stderr=log,
        )
        wait_for(f"http://127.0.0.1:{port}/api/status", process)
        yield f"http://127.0.0.1:{port}/lab/tree/stepper.ipynb"
        process.terminate()
        process.wait(20)


def run_cell(page, k):
    """Run a cell until it bears a number: what is run before the kernel's session is there, JupyterLab forgets."""
    cell = page.locator(".jp-CodeCell").nth(k)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        cell.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        for _ in range(20):
            page.wait_for_timeout(100)
            if not re.search(r"\[\s*\]", cell.locator(".jp-InputPrompt").first.inner_text()):
                return
    pytest.fail(f"cell {k} did not run within 60 s")


def printed(page, k):
    output = page.locator(".jp-CodeCell").nth(k).locator(".jp-OutputArea-output pre")
    output.wait_for(timeout=30000)
    return output.inner_text().strip()


def test_keys_reach_it_and_its_step_reaches_python(browser, lab):
    context = browser.new_context(viewport={"width": 1500, "height": 1000})
    page = context.new_page()
    page.goto(lab)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60000)
    page.wait_for_function(KERNEL_IS_THERE, timeout=60000)  # else JupyterLab asks which one to take
    run_cell(page, 0)
    card = page.locator(".rk-card").first
    card.wait_for(timeout=60000)
    assert card.bounding_box()["width"] > 300, "beside another widget it keeps its width"
    assert page.locator(".rk-still").count() == 0, "the live view wins over the published one"

    card.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    assert card.evaluate("(card) => card === document.activeElement"), "the notebook took the keys"
    card.locator("[data-edit='W_hh[2,1]']").fill("-1.5")
    run_cell(page, 1)
    assert printed(page, 1) == "4 4 -1.5 False"

    card.get_by_role("button", name="First step").click()
    run_cell(page, 2)
    assert printed(page, 2) == "set"
    page.wait_for_function("document.querySelector('.rk-step').textContent === 't = 4 of 5'")
    assert card.locator("[data-edit='W_hh[2,2]']").input_value() == "1"
    card.get_by_role("button", name="Show me without predicting").click()
    run_cell(page, 3)
    assert printed(page, 3) == "4 4 0.0 True"
    context.close()
