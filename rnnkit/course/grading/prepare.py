"""What `prepare` does about the sandbox: refuse a course that has none, unless told to go on in so many words."""

from pathlib import Path

from rnnkit.course.grading.limits import SandboxError
from rnnkit.course.grading.probe import probe

OPTION = "--run-submissions-unprotected"
HELP = "go on without a sandbox: each submission can then read and change whatever you can, the gradebook included"
PROTECTED, UNPROTECTED = "c.ExecuteSubmission.unprotected = False", "c.ExecuteSubmission.unprotected = True"


def check_sandbox(course: Path, unprotected: bool) -> str:
    """What a submission will be held to, as a sentence.

    Raises
    ------
    SandboxError
        If there is no sandbox, and ``unprotected`` does not say that none is wanted.
    """
    if unprotected:
        return "No sandbox: each submission can read and change whatever you can, the gradebook included."
    found = probe(course=course)
    if found.state != "works":
        raise SandboxError(f"submissions have no sandbox here. {found.text}\nTo do without: {OPTION} ({HELP}).")
    return found.text


def unprotect(config: Path) -> None:
    """Say in a course's configuration that submissions run without a sandbox."""
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace(PROTECTED, UNPROTECTED), encoding="utf-8")
