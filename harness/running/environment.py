"""What else shapes a figure: the machine and the versions of the packages that compute it."""

from __future__ import annotations

import gc
import os
import platform
from contextlib import suppress
from importlib import metadata

_PACKAGES = (
    "ragft-harness",
    "datasets",
    "jsonschema-rs",
    "lancedb",
    "numpy",
    "peft",
    "pyarrow",
    "safetensors",
    "scipy",
    "sentence-transformers",
    "tokenizers",
    "torch",
    "transformers",
)


def package_versions() -> dict[str, str]:
    """Python's version and those of the installed packages that shape an answer or a figure."""
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def machine() -> dict[str, str]:
    """Processor, cores this process may use, memory, operating system."""
    return {
        "processor": _processor(),
        "cores": str(usable_cores()),
        "memory": _memory(),
        "os": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def usable_cores() -> int:
    """Cores this process may run on, which a container or a batch system may have bounded."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def forbid_core_files() -> None:
    """Have no core file written when this process crashes: it would have the environment in it."""
    with suppress(ImportError):  # not on Windows, which writes none
        import resource  # noqa: PLC0415  (as above)

        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))


def collect_seldom() -> None:
    """Look for garbage less often, in a process of our own.

    What is loaded here stays to the end: to go through it again and again takes a tenth of the time.
    """
    gc.set_threshold(50_000, 20, 50)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123  (no path of ours)
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return "unknown"
    return f"{size / 2**30:.1f} GiB"
