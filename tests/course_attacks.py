"""Submissions that try to gain points, to harm others, or to stop the grading; each has no answer of its own."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

from course_notebooks import FULL, SET, right, submission

NOTHING = dict.fromkeys(FULL, 0.0)
MARK = "marked-by-the-test"  # in the name of every file that no submission may see

FILES = """
import os
seen = []
for folder, folders, files in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(folder, name) != "/proc" and name != "site-packages"]
    seen += [os.path.join(folder, name) for name in files if MARK in name]
print("seen:", seen, os.path.exists(COURSE), os.path.exists(FOLDER))
"""
PERSISTENCE = """
import os
CODE = "import rnnkit.course as c; c.check_hidden = c.check = lambda *a, **o: 4"
for folder in (FOLDER, os.path.expanduser("~/.ipython")):
    try:
        os.makedirs(f"{folder}/profile_default/startup", exist_ok=True)
        open(f"{folder}/profile_default/startup/00-marks.py", "w").write(CODE)
    except OSError as e:
        print(type(e).__name__)
for folder in __import__("sys").path:
    try:
        open(f"{folder}/sitecustomize.py", "w").write(CODE)
        print("wrote into", folder)
    except OSError as e:
        print(type(e).__name__)
"""
GRADEBOOK = """
import sqlite3
try:
    book = sqlite3.connect(GRADES)
    book.execute("UPDATE grade SET manual_score = 100")
    book.commit()
    print("wrote")
except Exception as e:
    print(type(e).__name__, e)
"""
NETWORK = """
import socket
try:
    print("connected", socket.create_connection(("127.0.0.1", PORT), timeout=2))
except OSError as e:
    print(type(e).__name__)
"""
PROCESSES = """
import os, time
started = 0
try:
    for _ in range(2000):
        if os.fork() == 0:
            time.sleep(1000)
        started += 1
except OSError as e:
    print(type(e).__name__)
print("started:", started)
"""
BOMB = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n"
MEMORY = """
import numpy as np
kept = []
try:
    while True:
        kept.append(np.ones(10**7))
except MemoryError:
    print("MemoryError after", len(kept) * 80, "MB")
del kept
"""
MEMORY_OF_MANY = """
import os, time
import numpy as np
for _ in range(5):
    if os.fork() == 0:
        try:
            kept = [np.ones(5 * 10**6) for _ in range(10)]  # 400 MB
            time.sleep(5)
        finally:
            os._exit(0)
print("killed:", sum(os.wait()[1] != 0 for _ in range(5)))
"""
ENDLESS_OUTPUT = 'while True:\n    print("x" * 1000)\n'
ONE_LARGE_OUTPUT = 'print("x" * 300_000_000)\n'
LARGE_FILES = """
import os
written = 0
for folder in (".", "/tmp", "/dev/shm", os.path.expanduser("~"), "/", "/dev"):
    try:
        with open(f"{folder}/large", "wb") as f:
            for _ in range(500):
                written += f.write(b"x" * 2**20)
    except OSError as e:
        print(folder, type(e).__name__)
print("written:", written >> 20, "MB")
"""
FILL_THE_SOCKETS = """
import os, time
folder = os.path.dirname(next(word for word in open("/proc/self/cmdline").read().split("\\0") if "kernel.json" in word))
for k in range(40):
    open(f"{folder}/{k}", "wb").write(b"x" * 2**20)
time.sleep(3)
"""
TERMINAL = """
import os
for fd in os.listdir("/proc/self/fd"):
    try:
        os.write(int(fd), b"SEEN ON THE TERMINAL\\n")
    except OSError:
        pass
"""
LOOP = """
import time
while True:
    try:
        time.sleep(1)
    except:
        pass
"""


def in_first_cell(code: str, answers: dict[str, str] | None = None) -> dict:
    """A submission with a cell of its own before all others."""
    nb = submission(answers or {})
    cell = {"cell_type": "code", "id": "own", "metadata": {}, "source": code, "outputs": [], "execution_count": None}
    nb["cells"].insert(0, cell)
    return nb


def change_checks(change: Callable[[dict], None]) -> dict:
    """A submission whose check cells were changed: their type, their tags, what nbgrader knows of them."""
    nb = submission({})
    for cell in nb["cells"]:
        if cell["id"].endswith("-check"):
            change(cell)
    return nb


def as_markdown(cell: dict) -> None:
    for key in ("outputs", "execution_count"):
        cell.pop(key, None)
    cell["cell_type"] = "markdown"


def skipped(cell: dict) -> None:
    cell["metadata"]["tags"] = ["skip-execution"]


def forged(cell: dict) -> None:
    """With the output of full marks, as if it had been run."""
    points = f"{FULL[cell['id'].removesuffix('-check')]:g}"
    data = {"text/plain": points}
    cell["outputs"] = [{"output_type": "execute_result", "execution_count": 9, "metadata": {}, "data": data}]
    cell["execution_count"] = 9
    skipped(cell)


def attacks(course: Path, ipython: Path, port: int) -> dict[str, dict]:
    """By student; ``course``, ``ipython`` and ``port`` are what an attacker would have to know."""
    names = {"COURSE": str(course), "GRADES": str(course / "gradebook.db"), "FOLDER": str(ipython)}
    places = "".join(f"{name} = {value!r}\n" for name, value in (names | {"PORT": port, "MARK": MARK}).items())
    first = {
        "bomb": BOMB,
        "endless-output": ENDLESS_OUTPUT,
        "exit": "import os\nos._exit(0)",
        "files": FILES,
        "gradebook": GRADEBOOK,
        "hide-results": 'get_ipython().ast_node_interactivity = "none"',
        "kill-all": "import os\nos.kill(-1, 9)",
        "large-files": LARGE_FILES,
        "large-output": ONE_LARGE_OUTPUT,
        "loop": LOOP,
        "memory": MEMORY,
        "memory-of-many": MEMORY_OF_MANY,
        "network": NETWORK,
        "persistence": PERSISTENCE,
        "processes": PROCESSES,
        "sockets": FILL_THE_SOCKETS,
        "terminal": TERMINAL,
    }
    return {name: in_first_cell(places + code) for name, code in first.items()} | {
        "checks-as-text": change_checks(as_markdown),
        "checks-forged": change_checks(forged),
        "checks-skipped": change_checks(skipped),
    }


def printed(path: Path) -> str:
    """All that a graded notebook printed and showed as an error."""
    nb = json.loads(path.read_text(encoding="utf-8"))
    outputs = [output for cell in nb["cells"] for output in cell.get("outputs", [])]
    return "\n".join("".join(o.get("text", [])) + "\n".join(o.get("traceback", [])) for o in outputs)


def right_with_a_helper() -> tuple[dict, str]:
    """Right answers, one of which lies in a file beside the notebook; and that file."""
    answers = right()
    code = answers["count_parameters"]
    return submission(answers | {"count_parameters": "from helper import count_parameters"}), code


class Graded:
    """A course in which everyone's submission was graded, the hostile ones first."""

    def __init__(self, folder: Path, said: str, connections: list) -> None:
        self.folder, self.said, self.connections = folder, said, connections

    def scores(self, student: str) -> dict[str, float | None]:
        query = """
            SELECT base_cell.name, grade.auto_score, grade.manual_score FROM grade
            JOIN base_cell ON base_cell.id = grade.cell_id
            JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
            JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
            WHERE submitted_assignment.student_id = ?
        """
        with sqlite3.connect(self.folder / "gradebook.db") as connection:
            rows = connection.execute(query, (student,)).fetchall()
        assert all(manual is None for _, _, manual in rows)
        return {name.removesuffix("-check"): score for name, score, _ in rows if name.endswith("-check")}

    def printed(self, student: str) -> str:
        return printed(self.folder / "autograded" / student / SET / f"{SET}.ipynb")
