"""python -m rnnkit.course: build the released problem sets, or prepare a course folder for nbgrader."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rnnkit.course import build, source


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m rnnkit.course", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(), help="the repository (default: here)")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("build", help="write exercises/ and the hints from solutions/")
    one.add_argument("sets", nargs="*", metavar="set", help="such as ps1-forward (default: all)")
    two = commands.add_parser("prepare", help="write a course folder: solution notebooks and nbgrader_config.py")
    two.add_argument("folder", type=Path, help="where your course lives")
    two.add_argument("--force", action="store_true", help="overwrite an nbgrader_config.py that you have edited")
    two.add_argument("sets", nargs="*", metavar="set", help="such as ps1-forward (default: all)")
    args = parser.parse_args(arguments)
    try:
        if args.command == "prepare" and args.force:
            (args.folder / build.CONFIG).unlink(missing_ok=True)
        for name in args.sets or source.problem_sets(args.root):
            written = (
                build.build(args.root, name)
                if args.command == "build"
                else [build.write_course(args.root, name, args.folder)]
            )
            for path in written:
                print(f"wrote {path}")
    except source.CourseError as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    if args.command == "prepare":
        if build.config_kept(args.root, args.folder):
            print(f"kept {args.folder / build.CONFIG}, which differs from the repository's; --force overwrites it")
        print(f"Next: cd {args.folder} and run nbgrader generate_assignment for each set.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
