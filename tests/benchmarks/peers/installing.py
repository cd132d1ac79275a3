"""Installs each tool into an environment of its own, below a folder that the user names."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from peers.tools import Tool

_OURS: Final = ("PYTHONPATH", "PYTHONHOME", "PIP_CONSTRAINT", "VIRTUAL_ENV")
"""What the harness's own environment says, and a tool in another is not to hear."""
_DONE: Final = "installed"
_VERSION: Final = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"


class InstallError(Exception):
    """A tool is not to be had here; the message says why in a line."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A tool that can be run: the interpreter of its adapter, and the adapter's environment."""

    tool: Tool
    python: Path
    environment: dict[str, str]
    version: str


def install(tool: Tool, home: Path) -> Installed:
    """Have the tool in `home`, unless it is there already; raises `InstallError`."""
    local = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    if tool.installer is None:
        return Installed(tool, Path(sys.executable), local, "of this checkout")
    foreign = {name: value for name, value in local.items() if name not in _OURS}
    place = home / tool.name
    if tool.installer == "npm":
        return _with_npm(tool, place, foreign)
    python = place / "bin" / "python"
    if not (place / _DONE).exists():
        _carry_out([sys.executable, "-m", "venv", "--clear", str(place)], foreign)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _carry_out([*pip, *tool.packages], foreign)
        (place / _DONE).touch()
    name = re.split(r"[\[<>=!~ ]", tool.packages[0], maxsplit=1)[0]
    version = _carry_out([str(python), "-c", _VERSION, name], foreign).strip()
    return Installed(tool, python, foreign, version)


def _with_npm(tool: Tool, place: Path, environment: dict[str, str]) -> Installed:
    (name,) = tool.packages
    if not (place / _DONE).exists():
        npm = shutil.which("npm")
        if npm is None:
            raise InstallError("npm is not there")
        place.mkdir(parents=True, exist_ok=True)
        quiet = ["--no-audit", "--no-fund", "--loglevel", "error"]
        _carry_out([npm, "install", *quiet, "--prefix", str(place), name], environment)
        (place / _DONE).touch()
    modules = place / "node_modules"
    about = json.loads((modules / name / "package.json").read_text(encoding="utf-8"))
    program = {"PEER_PROGRAM": str(modules / ".bin" / name)}
    return Installed(tool, Path(sys.executable), environment | program, about["version"])


def _carry_out(command: list[str], environment: dict[str, str]) -> str:
    """What it prints; raises `InstallError` with the last line it says where it fails."""
    done = subprocess.run(  # noqa: S603  (our own list)
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise InstallError(f"{' '.join(command[1:4])} failed: {lines[-1]}")
    return done.stdout
