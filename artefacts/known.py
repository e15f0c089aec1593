"""What `make artefacts` makes: of each artefact its files, about how many CPU minutes, and the tests that check it.

``python3 make.py artefacts --check`` prints this table and runs the tests. They hold the committed files against their
scripts: a record names the scripts or settings that it was made with, and small runs land in their bands.
"""

import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SETS, EXPLORERS, RECORDS = "rnnkit/course/sets", "rnnkit/explorers", "rnnkit/records"


class Known(NamedTuple):
    """One artefact. ``tests``: pytest's arguments, a file and what to take of it."""

    files: tuple[str, ...]
    minutes: float  # of one CPU, as last measured
    tests: tuple[str, ...]


KNOWN = {
    "brackets": Known((f"{RECORDS}/brackets.json",), 1.5, ("tests/test_chapter_back.py",)),
    "building": Known((f"{RECORDS}/building.json",), 6.5, ("tests/test_building.py",)),
    "course_model": Known(
        ("solutions/ps5-applications/networks.json", f"{SETS}/ps5_applications/reference.json"),
        1,
        ("tests/test_course_ps5.py", "-k", "script or networks or stored"),
    ),
    "drift": Known((f"{RECORDS}/drift.json",), 3, ("tests/test_chapter_museum.py",)),
    "evidence": Known((f"{RECORDS}/evidence.json",), 3.5, ("tests/test_chapter_evidence.py",)),
    "evidence_bench": Known(
        (f"{EXPLORERS}/evidence_bench/networks.json",), 1, ("tests/explorers/test_evidence_bench.py",)
    ),
    "forecast": Known(
        (f"{RECORDS}/forecasts.json", f"{EXPLORERS}/forecast_bench/bench.json"), 8, ("tests/test_forecasts.py",)
    ),
    "gru_files": Known((f"{SETS}/ps4_gates/files.json",), 0.2, ("tests/test_course_ps4.py", "-k", "file")),
    "labels": Known((f"{RECORDS}/labels.json", f"{RECORDS}/tagger.json"), 20, ("tests/test_labels.py",)),
    "long_memory": Known((f"{RECORDS}/long_memory.json",), 40, ("tests/test_long_memory.py",)),
    "page": Known((f"{RECORDS}/page.json", f"{RECORDS}/code.safetensors"), 8.5, ("tests/test_chapter_page.py",)),
    "stream_desk": Known((f"{EXPLORERS}/stream_desk/network.json",), 1.5, ("tests/explorers/test_stream_desk.py",)),
    "text": Known((f"{RECORDS}/text.json", f"{EXPLORERS}/type_ahead/tunes.json"), 28, ("tests/test_text.py",)),
    "translate": Known((f"{RECORDS}/translate.json",), 16, ("tests/test_translate.py",)),
    "type_ahead": Known(
        (f"{EXPLORERS}/type_ahead/network.json", "artefacts/type_ahead/record.json"), 15, ("tests/test_artefacts.py",)
    ),
    "watched": Known((f"{RECORDS}/watched.json",), 1.5, ("tests/test_chapter_runs.py",)),
}


def there() -> list[str]:
    """The artefacts that have a script."""
    return sorted(path.parent.name for path in (ROOT / "artefacts").glob("*/__main__.py"))


def table() -> str:
    """A line of each artefact with a script: minutes, name, files."""
    lines = []
    for name in there():
        if name in KNOWN:
            files, minutes, _ = KNOWN[name]
            missing = "".join(f"; {file} is not there" for file in files if not (ROOT / file).is_file())
            lines.append(f"{minutes:6.1f} min  {name:15} {', '.join(files)}{missing}")
        else:
            lines.append(f"{'?':>6} min  {name:15} has no entry in artefacts/known.py")
    total = sum(known.minutes for known in KNOWN.values())
    return "\n".join([*lines, f"{total:6.1f} min of one CPU in all"])


def main() -> int:
    """Print the table; with --check, run the tests of all, or of those that are named after it."""
    print(table(), flush=True)
    if "--check" not in sys.argv[1:]:
        return 0
    import pytest

    names = [name for name in sys.argv[1:] if name in KNOWN] or [*KNOWN]
    failed = [name for name in names if pytest.main(["-q", "-n", "0", *KNOWN[name].tests])]
    print(f"failed: {', '.join(failed)}" if failed else f"checked: {', '.join(names)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
