"""python -m rnnkit.deploy serve BUNDLE: a server for a file of save_bundle, which prints its address."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rnnkit import checks
from rnnkit.deploy.bundle import load_bundle
from rnnkit.deploy.limits import Limits
from rnnkit.deploy.manual import LIMITS, MANUAL
from rnnkit.deploy.sessions import MemoryStore, RedisStore
from rnnkit.extras import needed


def options() -> argparse.ArgumentParser:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m rnnkit.deploy", description=__doc__)
    command = parser.add_subparsers(dest="command", required=True).add_parser(
        "serve",
        help="serve a bundle",
        description="Serve a bundle of save_bundle, until SIGTERM or SIGINT.",
        epilog=MANUAL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("bundle", type=Path, help="what save_bundle wrote")
    command.add_argument("--host", default="127.0.0.1", help="what it listens on (default: this machine alone)")
    command.add_argument("--port", type=int, default=8000, help="0: a free one (default: 8000)")
    command.add_argument("--redis", metavar="URL", help="where sessions are kept (default: in memory)")
    command.add_argument("--keep", type=int, default=4, help="states a session keeps (default: 4)")
    command.add_argument(
        "--secret", type=Path, metavar="FILE", help="of 16 bytes or more; seals packed states (default: unsigned)"
    )
    command.add_argument("--batch", type=int, default=0, help="users a step is computed for together (default: 0)")
    command.add_argument("--wait", type=float, default=0.0, metavar="MS", help="that a step waits for other users'")
    for name, value in Limits._field_defaults.items():
        command.add_argument(f"--{name}", type=type(value), default=value, help=f"{LIMITS[name]} (default: {value})")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    args = options().parse_args(arguments)
    try:
        return _serve(args)
    except (ValueError, OSError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _serve(args: argparse.Namespace) -> int:
    limits = Limits(*(getattr(args, name) for name in Limits._fields)).checked()
    bundle = load_bundle(args.bundle)
    for package in ("fastapi", "uvicorn", "websockets", "prometheus_client"):
        needed(package, "the server")
    from rnnkit.deploy.server import application, serve

    store = RedisStore(args.redis, limits.kept) if args.redis else MemoryStore(limits.sessions, limits.kept)
    secret = args.secret.read_bytes().strip() if args.secret else b""
    if args.secret and not secret:
        raise checks.wrong(f"{args.secret} is empty", "a secret of 16 bytes or more")
    app = application(bundle, store, limits, args.batch, args.wait / 1000, args.keep, secret)
    serve(app, args.host, args.port, args.bundle.name)
    return 0


if __name__ == "__main__":
    if "OMP_NUM_THREADS" not in os.environ:  # NumPy has read it already; small products are slower on two threads
        os.execve(sys.executable, sys.orig_argv, os.environ | {"OMP_NUM_THREADS": "1"})
    sys.exit(main())
