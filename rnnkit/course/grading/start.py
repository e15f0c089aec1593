"""Start a submission's kernel, with rnnkit loaded before a file or a cell of the student's can take its place."""

import os

from ipykernel.kernelapp import launch_new_instance

import rnnkit.course  # noqa: F401

if __name__ == "__main__":
    os.environ.pop("RNNKIT_SEED", None)
    launch_new_instance()
