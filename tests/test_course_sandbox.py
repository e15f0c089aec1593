"""The sandbox: whether it can be had here and what is in the way, what holds in it, and what attacks come to."""

import contextlib
import csv
import os
import socket
import stat
from pathlib import Path

import psutil
import pytest
from course_attacks import MARK, NOTHING, Graded, attacks
from course_notebooks import FULL, ROOT, SET, right, set_jupyter_folders, submission, write

from rnnkit.course.__main__ import main
from rnnkit.course.build import release as build
from rnnkit.course.grading import cgroup, prepare, probe, sandbox
from rnnkit.course.grading.limits import MB, Limits, SandboxError

# --- the probe ----------------------------------------------------------------------------------------------------


@pytest.fixture
def bwrap(tmp_path, monkeypatch):
    """Puts a bwrap of its own first on PATH: what it says, and how it ends."""

    def put(said, code=1):
        program = tmp_path / "programs" / "bwrap"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit {code}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")

    return put


def settings(root, **values):
    for name, value in values.items():
        path = root / "proc" / "sys" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")
    return root


UID_MAP = "bwrap: setting up uid map: Permission denied"


@pytest.mark.parametrize(
    ("values", "cure"),
    [
        ({"kernel__apparmor_restrict_unprivileged_userns": 1}, "apparmor_parser -r /etc/apparmor.d/bwrap-userns"),
        ({"kernel__unprivileged_userns_clone": 0}, "sysctl -w kernel.unprivileged_userns_clone=1"),
        ({"user__max_user_namespaces": 0}, "sysctl -w user.max_user_namespaces="),
        ({"kernel__apparmor_restrict_unprivileged_userns": 0}, "ask who runs this machine"),
    ],
)
def test_forbidden_namespaces_are_told_with_what_to_allow(bwrap, tmp_path, values, cure):
    bwrap(UID_MAP)
    found = probe.probe(root=settings(tmp_path, **values), system="Linux")
    assert found.state == "forbidden"
    assert UID_MAP in found.text
    assert cure in found.text


def test_a_container_that_forbids_them_is_told_how_to_start_it(bwrap, tmp_path):
    bwrap("bwrap: Creating new namespace failed: Operation not permitted")
    (tmp_path / ".dockerenv").touch()
    found = probe.probe(root=tmp_path, system="Linux")
    assert (found.state, "--cap-add SYS_ADMIN" in found.text) == ("forbidden", True)


def test_missing_bubblewrap_is_told_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = probe.probe(system="Linux")
    assert found.state == "missing"
    assert "bwrap is not on PATH. Install it: sudo apt-get install bubblewrap" in found.text


@pytest.mark.parametrize(("system", "said"), [("Darwin", "this is macOS"), ("Windows", "this is Windows")])
def test_other_systems_are_sent_to_the_container_file(system, said):
    found = probe.probe(system=system)
    assert found.state == "unsupported"
    assert said in found.text
    assert (ROOT / "Containerfile").exists()


def test_the_container_file_copies_what_is_there_and_the_guide_runs_it():
    text, guide = ((ROOT / name).read_text(encoding="utf-8") for name in ("Containerfile", "book/instructors.md"))
    copied = [line.split()[1:-1] for line in text.splitlines() if line.startswith("COPY ")]
    names = {name for names in copied for name in names}
    assert {"rnnkit", "solutions", "constraints.txt", "pyproject.toml", build.CONFIG} <= names
    assert all((ROOT / name).exists() for name in names)
    assert "bubblewrap" in text
    assert probe.CONTAINER_FLAGS in guide


def test_an_old_bubblewrap_and_a_python_that_does_not_start_are_told_apart(bwrap, tmp_path):
    bwrap("bwrap: Unknown option --disable-userns")
    assert probe.probe(system="Linux").state == "old"
    (tmp_path / "programs" / "bwrap").write_text("#!/bin/sh\necho 'ImportError: no module named zmq' >&2\nexit 1\n")
    found = probe.probe(system="Linux")
    assert (found.state, "no module named zmq" in found.text) == ("broken", True)


def test_prepare_without_a_sandbox_refuses_and_writes_nothing(bwrap, tmp_path, capsys):
    bwrap(UID_MAP)
    folder = tmp_path / "course"
    assert main(["--root", str(ROOT), "prepare", str(folder), SET]) == 1
    said = capsys.readouterr().err
    assert "error: submissions have no sandbox here. bubblewrap is there and may not work." in said
    assert prepare.OPTION in said
    assert not folder.exists()


def test_prepare_goes_on_without_a_sandbox_if_told_so_in_words(bwrap, tmp_path, capsys):
    bwrap(UID_MAP)
    folder = tmp_path / "course"
    arguments = ["--root", str(ROOT), "prepare", prepare.OPTION, str(folder), SET]
    assert main(arguments) == 0
    assert "No sandbox: each submission can read and change whatever you can" in capsys.readouterr().out
    assert prepare.UNPROTECTED in (folder / build.CONFIG).read_text(encoding="utf-8")


def test_the_repositorys_own_configuration_has_the_sandbox():
    assert prepare.PROTECTED in (ROOT / build.CONFIG).read_text(encoding="utf-8")


# --- control groups, on trees of files ------------------------------------------------------------------------------


def tree(root, *folders, **files):
    for folder in folders:
        (root / folder).mkdir(parents=True)
    for name, text in files.items():
        (root / name).write_text(text)
    return root


def test_version_1_gets_a_group_for_each_controller(tmp_path):
    root = tree(tmp_path, "memory/session", "pids", own="4:memory:/session\n8:pids:/elsewhere\n0::/\n")
    group = cgroup.create("g", Limits(total=7 * MB, processes=5), root, root / "own")
    assert group.kind == "version 1"
    assert group.folders == (root / "memory/session/g", root / "pids/g")
    assert (root / "memory/session/g/memory.limit_in_bytes").read_text() == str(7 * MB)
    assert (root / "pids/g/pids.max").read_text() == "13"


def test_version_2_gets_one_group_beside_the_own_one(tmp_path):
    root = tree(tmp_path, "slice/session", own="0::/slice/session\n")
    (root / "slice/cgroup.controllers").write_text("memory pids")
    group = cgroup.create("g", Limits(total=7 * MB, processes=5), root, root / "own")
    assert (group.kind, group.folders) == ("version 2", (root / "slice/g",))
    assert (root / "slice/g/memory.max").read_text() == str(7 * MB)
    assert (root / "slice/cgroup.subtree_control").read_text() == "+memory +pids"


def test_without_control_groups_the_command_stays_as_it_is(tmp_path):
    group = cgroup.create("g", Limits(), tmp_path, tmp_path / "own")
    assert (group.kind, group.enter(["bwrap"])) == ("none", (["bwrap"], {}))
    assert "watched four times a second" in probe._holds(group, Limits())


# --- the sandbox itself ---------------------------------------------------------------------------------------------


def test_a_course_inside_python_is_refused(works, monkeypatch):
    folder = sandbox.programs()[0]
    found = probe.probe(course=folder / "course")
    assert (found.state, "Move the course to another place" in found.text) == ("broken", True)
    with pytest.raises(SandboxError, match="which every submission reads"):
        probe.require(folder / "another course")


def test_no_more_than_python_and_this_package_can_be_read():
    for folder in sandbox.programs():
        assert not ROOT.is_relative_to(folder)
    assert ROOT / "rnnkit" in sandbox.programs()


MEMORY = 1300  # MB
ENDLESS = ("bomb", "endless-output", "large-output", "loop", "terminal")  # the others get all the time that they need


@pytest.fixture(scope="module")
def graded(works, tmp_path_factory):
    folder, jupyter = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("jupyter")
    with pytest.MonkeyPatch.context() as monkeypatch, socket.create_server(("127.0.0.1", 0)) as server:
        set_jupyter_folders(monkeypatch, jupyter)
        monkeypatch.setenv("RNNKIT_SEED", str(folder))  # also marks the processes of this course's kernels
        build.write_course(ROOT, SET, folder)
        build.nbgrader(folder, "generate_assignment", SET)
        (folder / f"{MARK}.txt").touch()
        (jupyter / f"{MARK}.txt").touch()
        hostile = attacks(folder, jupyter / "ipythondir", server.getsockname()[1])
        everyone = hostile | {"zz-blank": submission({}), "zz-right": submission(right())}
        for student, nb in everyone.items():
            write(folder / "submitted" / student / SET / f"{SET}.ipynb", nb)
        (folder / "submitted" / "zz-right" / SET / f"{MARK}-as-well.txt").touch()
        memory, others = f"--ExecuteSubmission.memory_mb={MEMORY}", ",".join(sorted({*everyone} - {*ENDLESS}))
        hurry = ("--ExecuteSubmission.timeout=4", f"--CourseDirectory.student_id_exclude={others}")
        said = build.nbgrader(folder, "autograde", SET, memory, *hurry)
        said += build.nbgrader(folder, "autograde", SET, memory)
        server.settimeout(0.1)
        connections = []
        with contextlib.suppress(TimeoutError):
            connections.append(server.accept())
    assert not (jupyter / "ipythondir").exists()
    return Graded(folder, said, connections)


ATTACKS = sorted(attacks(Path("/"), Path("/"), 0))


@pytest.mark.slow
@pytest.mark.parametrize("student", ATTACKS)
def test_an_attack_gains_nothing_and_is_graded(graded, student):
    assert graded.scores(student) == NOTHING


@pytest.mark.slow
def test_whoever_comes_after_the_attacks_has_their_own_marks(graded):
    assert graded.scores("zz-blank") == NOTHING
    assert graded.scores("zz-right") == FULL


@pytest.mark.slow
def test_no_file_of_others_is_seen(graded):
    assert "seen: [] False False" in graded.printed("files")


@pytest.mark.slow
def test_nothing_can_be_left_for_others(graded):
    assert "wrote into" not in graded.printed("persistence")
    assert "OSError" in graded.printed("persistence")


@pytest.mark.slow
def test_the_gradebook_cannot_be_opened(graded):
    assert "OperationalError unable to open database file" in graded.printed("gradebook")


@pytest.mark.slow
def test_there_is_no_network(graded):
    assert "ConnectionRefusedError" in graded.printed("network")
    assert not graded.connections


@pytest.mark.slow
def test_processes_are_counted_for_root_as_well(graded):
    said = graded.printed("processes")
    assert "BlockingIOError" in said
    assert int(said.partition("started: ")[2].split()[0]) < Limits.processes


@pytest.mark.slow
def test_memory_ends_in_an_exception_that_python_can_catch(graded):
    said = graded.printed("memory")
    assert 0 < int(said.partition("MemoryError after ")[2].split()[0]) < MEMORY


@pytest.mark.slow
def test_memory_of_many_processes_is_held_together(graded):
    said = graded.printed("memory-of-many")
    killed = int((said.partition("killed: ")[2] or "0").split()[0])
    assert 0 < killed < 5 or f"its processes held more than {MEMORY + 512} MB" in said, said


@pytest.mark.slow
def test_written_files_are_limited(graded):
    said = graded.printed("large-files")
    assert 0 < int(said.partition("written: ")[2].split()[0]) <= 4 * Limits.disk // MB


@pytest.mark.slow
def test_output_is_limited_and_none_reaches_the_terminal(graded):
    for student in ("endless-output", "large-output", "terminal"):
        path = graded.folder / "autograded" / student / SET / f"{SET}.ipynb"
        assert path.stat().st_size < 6 * MB
    assert "SEEN ON THE TERMINAL" not in graded.said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("student", "said"),
    [
        ("exit", "The notebook was stopped in this cell: the kernel ended"),
        ("loop", "the cell did not end in time and could not be interrupted"),
        ("sockets", "it filled the folder that is there for its sockets"),
        ("checks-skipped", "has to end in exactly one result, but it has 0: 0 points"),
    ],
)
def test_what_stopped_a_submission_is_told_in_it(graded, student, said):
    assert said in graded.printed(student)


@pytest.mark.slow
def test_nothing_is_left_running(graded):
    def seed(process):
        try:
            return process.environ().get("RNNKIT_SEED")
        except psutil.Error:
            return None

    assert not [process for process in psutil.process_iter() if seed(process) == str(graded.folder)]


@pytest.mark.slow
def test_the_export_of_a_class_with_attacks_is_that_of_the_marks(graded):
    build.nbgrader(graded.folder, "export", "--CheckedExport.count_ungraded_as_zero=True")
    with open(graded.folder / "grades.csv", encoding="utf-8") as f:
        rows = {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(f)}
    assert rows == dict.fromkeys(ATTACKS, 0.0) | {"zz-blank": 0.0, "zz-right": 20.0}
