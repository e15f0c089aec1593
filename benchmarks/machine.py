"""On what the figures were taken: the processor, the BLAS, the versions, and how many cores really work."""

import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def processor() -> str:
    """The processor's model, as its maker names it.

    Examples
    --------
    >>> processor() != ""
    True
    """
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and (model := re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.M)):
        return " ".join(model[1].split())
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return platform.processor() or platform.machine()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gpu() -> str | None:
    """The first CUDA device's name, or None."""
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else None


def slug(name: str) -> str:
    """A name as a file's name.

    Raises
    ------
    ValueError
        If nothing is left of it.

    Examples
    --------
    >>> slug("AMD EPYC(TM) 9654")
    'amd-epyc-tm-9654'
    """
    short = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not short:
        raise ValueError(f"name is {name!r}, expected a letter or a digit: it becomes a file's name.")
    return short


def describe() -> dict[str, Any]:
    """Processor, cores, versions and libraries; no name of the machine, and no path."""
    import torch
    from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    loaded = [pool for pool in threadpool_info() if pool["user_api"] == "blas" and "numpy" in pool["filepath"]]
    return {
        "processor": processor(),
        "cores": cores(),
        "gpu": gpu(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "numpy_blas": f"{blas['name']} {blas['version']}",
        "numpy_blas_kernels": ", ".join(pool.get("architecture", "unknown") for pool in loaded) or "unknown",
        "torch_blas": "MKL"
        if torch.backends.mkl.is_available()  # type: ignore[no-untyped-call]
        else "without MKL",
        "torch_onednn": torch.backends.mkldnn.is_available(),  # type: ignore[no-untyped-call]
        "torch_instructions": torch.backends.cpu.get_cpu_capability(),
    }


def busy(product: Callable[[], object], seconds: float = 0.3) -> float:
    """How many cores a product keeps busy: processor time over time on the clock."""
    product()
    started, used = time.perf_counter(), time.process_time()
    while time.perf_counter() - started < seconds:
        product()
    return (time.process_time() - used) / (time.perf_counter() - started)


def cores_at_work() -> dict[str, float]:
    """What the thread settings really do: how many cores NumPy's and Torch's matrix products keep busy."""
    import torch

    a = np.random.default_rng(0).standard_normal((1000, 1000), np.float32)
    b = torch.tensor(a)
    return {"numpy": round(busy(lambda: a @ a), 2), "torch": round(busy(lambda: b @ b), 2)}
