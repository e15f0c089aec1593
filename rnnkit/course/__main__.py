"""python -m rnnkit.course: build the released problem sets, begin one, or prepare a course folder for nbgrader."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rnnkit.course.build import matrix, new, source
from rnnkit.course.build import release as build
from rnnkit.course.grading import prepare
from rnnkit.course.grading.limits import SandboxError


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m rnnkit.course", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(), help="the repository (default: here)")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("build", help="write exercises/ and the hints from solutions/")
    one.add_argument("sets", nargs="*", metavar="set", help="such as ps1-forward (default: all)")
    two = commands.add_parser("prepare", help="write a course folder: solution notebooks and nbgrader_config.py")
    two.add_argument("folder", type=Path, help="where your course lives, outside the repository; all that is required")
    two.add_argument("--force", action="store_true", help="overwrite an nbgrader_config.py that you have edited")
    two.add_argument(prepare.OPTION, action="store_true", dest="unprotected", help=prepare.HELP)
    two.add_argument("sets", nargs="*", metavar="set", help="such as ps1-forward (default: all)")
    three = commands.add_parser("new", help="begin a problem set that builds and checks, to be rewritten")
    three.add_argument("name", help="such as ps9-attention")
    four = commands.add_parser("hints", help="print how the hints fare on every wrong answer on record")
    four.add_argument("sets", nargs="*", metavar="set", help="such as ps1-forward (default: all)")
    four.add_argument("--all", action="store_true", help="what is said to the right ones too")
    args = parser.parse_args(arguments)
    actions = {"build": _build, "prepare": _prepare, "new": _new, "hints": _hints}
    try:
        actions[args.command](args)
    except (source.CourseError, SandboxError) as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    return 0


def _build(args: argparse.Namespace) -> None:
    for name in args.sets or source.problem_sets(args.root):
        _wrote(build.build(args.root, name))


def _new(args: argparse.Namespace) -> None:
    _wrote(new.new(args.root, args.name))
    print(f"Next: python -m rnnkit.course build {args.name}. The book's page on authoring says what to change.")


def _hints(args: argparse.Namespace) -> None:
    for name in args.sets or source.problem_sets(args.root):
        found = list(matrix.rows(args.root, name))
        for row in found:
            if row.verdict != "right" or args.all:
                print(f"{row.verdict}: {row.exercise} {row.id} ({row.kind}): {row.says}")
        print(f"\n{name}\n{matrix.table(found)}")


def _prepare(args: argparse.Namespace) -> None:
    names = args.sets or source.problem_sets(args.root)
    build.check_course(args.root, args.folder)
    print(prepare.check_sandbox(args.folder, args.unprotected))
    if args.force:
        (args.folder / build.CONFIG).unlink(missing_ok=True)
    for name in names:
        _wrote(build.write_course(args.root, name, args.folder))
    if build.config_kept(args.root, args.folder):
        print(f"kept {args.folder / build.CONFIG}, which differs from the repository's; --force overwrites it")
    elif args.unprotected:
        prepare.unprotect(args.folder / build.CONFIG)
    print(f"Next: cd {args.folder} and run nbgrader generate_assignment for each set.")


def _wrote(paths: list[Path]) -> None:
    for path in paths:
        print(f"wrote {path}")


if __name__ == "__main__":
    sys.exit(main())
