"""Outputs never older than the code: pages are executed again when rnnkit or a pinned version has changed.

myst-nb's cache is keyed on the source of the cells alone, so that a page would go on showing what an older rnnkit
computed. Here the cache's folder bears a hash of everything that an output can depend on, and a change of the hash
makes every page outdated.
"""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def fingerprint() -> str:
    files = [*sorted((ROOT / "rnnkit").rglob("*")), *sorted((ROOT / "book" / "_ext").glob("*.py"))]
    digest = hashlib.sha256((ROOT / "constraints.txt").read_bytes())
    for path in files:
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def place_cache(app, config):
    cache = Path(app.outdir).parent / ".jupyter_cache" / fingerprint()
    cache.parent.mkdir(parents=True, exist_ok=True)
    config.nb_execution_cache_path = str(cache)


def outdated(app, env, added, changed, removed):
    before = getattr(env, "rnnkit_fingerprint", None)
    env.rnnkit_fingerprint = fingerprint()
    return [] if before == env.rnnkit_fingerprint else sorted(env.found_docs)


def setup(app):
    app.connect("config-inited", place_cache)
    app.connect("env-get-outdated", outdated)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
