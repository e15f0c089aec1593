"""The container's file and the compose file: linted, and what they say is what the server understands."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rnnkit.deploy.__main__ import options

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "chapters" / "deployment" / "container"
FILE, COMPOSE = FOLDER / "Containerfile", FOLDER / "compose.yaml"
HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")


def linted(path):
    if not HADOLINT:
        pytest.skip("no hadolint: install the extra dev")
    return subprocess.run([HADOLINT, "--no-color", str(path)], capture_output=True, text=True, check=False)


def test_the_containers_file_has_no_fault():
    done = linted(FILE)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_linter_finds_what_it_should(tmp_path):
    (tmp_path / "Containerfile").write_text(FILE.read_text().replace("3.12-slim-bookworm", "latest"))
    done = linted(tmp_path / "Containerfile")
    assert done.returncode != 0
    assert "DL3007" in done.stdout


def test_what_is_copied_exists():
    copied = re.findall(r"^COPY (.+) \S+$", FILE.read_text(), re.M)
    assert all((ROOT / name).exists() for names in copied for name in names.split())


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load(COMPOSE.read_text())["services"]


@pytest.fixture(scope="module")
def arguments(services):
    """What the server is started with."""
    entry = json.loads(re.search(r"^ENTRYPOINT (.+)$", FILE.read_text(), re.M)[1])
    assert entry[:3] == ["python", "-m", "rnnkit.deploy"]
    return options().parse_args([*entry[3:], *services["server"]["command"]])


def test_the_server_understands_how_it_is_started(services, arguments):
    assert arguments.redis == "redis://redis:6379/0"
    assert "redis" in services
    assert services["server"]["volumes"][0].split(":")[-2:] == [str(arguments.bundle), "ro"]
    assert f"EXPOSE {arguments.port}\n" in FILE.read_text()
    assert f"127.0.0.1:{arguments.port}/healthz" in FILE.read_text()
    assert services["server"]["ports"] == [f"127.0.0.1:{arguments.port}:{arguments.port}"]


def test_the_end_comes_after_the_grace(services, arguments):
    assert int(services["server"]["stop_grace_period"].removesuffix("s")) > arguments.grace


def test_it_is_nobody_and_may_nothing(services):
    assert re.search(r"^USER [1-9]\d*$", FILE.read_text(), re.M)
    server = services["server"]
    assert server["read_only"]
    assert server["cap_drop"] == ["ALL"]
    assert (FOLDER / server["build"]["context"]).resolve() == ROOT
    assert ROOT / server["build"]["dockerfile"] == FILE


def test_redis_evicts_the_sessions_that_were_used_longest_ago(services):
    command = services["redis"]["command"]
    assert command[command.index("--maxmemory-policy") + 1] == "allkeys-lru"
