"""A cap on the computing time of one call, where the system has such a clock (not on Windows)."""

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator

SECONDS = 10  # of the processor's time
AGAIN = 0.25  # seconds after which one that was lost is raised again: Python drops it in a __del__ or a callback


class TooLong(BaseException):
    """Raised inside a call that computes for longer than the cap. No ``except Exception`` of a student's catches it."""


@contextlib.contextmanager
def capped(seconds: float) -> Iterator[None]:
    """Stop what runs inside after so many seconds of computing."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    inside = True

    def stop(*_: object) -> None:
        if inside:
            raise TooLong

    told = sys.unraisablehook

    def lost(what: "sys.UnraisableHookArgs") -> None:
        if what.exc_type is not TooLong:  # one that Python drops comes again, and nobody has to read of it
            told(what)

    sys.unraisablehook = lost
    previous = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, AGAIN)
    try:
        yield
    finally:
        inside = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)
        sys.unraisablehook = told
