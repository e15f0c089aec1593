"""Start a submission's kernel, with rnnkit loaded before a file or a cell of the student's can take its place."""

import os
import sys

from ipykernel.kernelapp import launch_new_instance

import rnnkit.course  # noqa: F401

if __name__ == "__main__":  # run with -P, so that so far nothing was looked for in the submission's folder
    os.environ.pop("RNNKIT_SEED", None)
    sys.path.insert(0, "")
    launch_new_instance()
