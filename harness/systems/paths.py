"""Where the files of a suite may lie: the one place that decides what its paths can reach.

A suite may come from somebody else, and what it reads it can send away: a prompt template goes to the
server that the suite names. So its paths, symbolic links followed, lead to files

- in the folder of `suite.toml` or of the file that names them,
- in the git repository around it, where none of the names on the way begins with a dot (`.env`,
  `.git/config`, `.ssh`): data that several suites share, and what comes with the suite;
- in the folders of the environment variable `HARNESS_ALLOW_OUTSIDE`, which only who runs it can set,
- among the shipped fixtures (`fixture:releases/facts.csv`).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import ArtefactError, ConfigError
from harness.fixtures import fixture_path

__all__ = ["ALLOW_OUTSIDE", "FIXTURE", "Reach"]

ALLOW_OUTSIDE: Final = "HARNESS_ALLOW_OUTSIDE"
"""Folders that suites may read besides their own, written as in `PATH`."""

FIXTURE: Final = "fixture:"

_HUB_NAME: Final = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reach:
    """What the paths in a file can reach; they are relative to `folder`, in which it lies."""

    folder: Path
    suite: Path

    @classmethod
    def of(cls, file: Path, suite: Path | None = None) -> Reach:
        """That of a file of the suite in the folder `suite`; without one, of a suite by itself."""
        folder = file.resolve().parent
        return cls(folder, folder if suite is None else suite.resolve())

    def file(self, text: str) -> Path:
        """The file that `text` names.

        Raises:
            ConfigError: there is none, or the suite may not read it.
        """
        path = self._place(text)
        if not path.is_file():
            raise ConfigError(f"there is no file {text!r} beside it")
        return path

    def directory(self, text: str) -> Path:
        """The folder that `text` names; what lies in it may not lead out either.

        Raises:
            ConfigError: there is none, or the suite may not read it.
        """
        path = self._place(text)
        if not path.is_dir():
            raise ConfigError(f"there is no folder {text!r}")
        for entry in path.rglob("*"):
            if entry.is_symlink():
                self._check(_resolved(entry), f"{text}/{entry.relative_to(path)}")
        return path

    def model(self, text: str, *, on_hub: bool = True) -> str:
        """The folder that `text` names, as a path, or else (`on_hub`) the name of a model on the hub.

        Raises:
            ConfigError: it is neither, or the suite may not read it.
        """
        if not on_hub or text.startswith(FIXTURE) or self._place(text).is_dir():
            return str(self.directory(text))
        if not _HUB_NAME.fullmatch(text) or Path(text).exists():
            raise ConfigError(
                f"there is no folder {text!r} beside it, and it is no name on the hub"
            )
        return text

    def _place(self, text: str) -> Path:
        if text.startswith(FIXTURE):
            try:
                return fixture_path(text.removeprefix(FIXTURE))
            except ArtefactError as error:
                raise ConfigError(str(error)) from error
        if "://" in text:  # not told: a url may hold a password
            raise ConfigError("must be a path, not a URL; download the file first")
        path = _resolved(self.folder / text)
        self._check(path, text)
        return path

    def _check(self, path: Path, text: str) -> None:
        if not any(
            path.is_relative_to(folder) for folder in (self.folder, self.suite, *_allowed())
        ):
            repository = _repository(self.suite)
            if repository is None or not path.is_relative_to(repository):
                raise ConfigError(_refusal(text, "leads out of the suite's folder", path))
            if any(part.startswith(".") for part in path.relative_to(repository).parts):
                raise ConfigError(_refusal(text, "leads to what is hidden", path))


def _refusal(text: str, what: str, path: Path) -> str:
    return (
        f"{text!r} {what}, and a suite may come from somebody else; move what it needs into its "
        f"folder, or allow it to read that one: {ALLOW_OUTSIDE}={path.parent}"
    )


def _resolved(path: Path) -> Path:
    try:
        path = path.resolve()
        path.exists()  # it raises where none can be
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, too long, a NUL
        raise ConfigError("is no path that can be followed") from error
    return path


def _allowed() -> list[Path]:
    folders = os.environ.get(ALLOW_OUTSIDE, "").split(os.pathsep)
    return [Path(folder).resolve() for folder in folders if folder]


def _repository(folder: Path) -> Path | None:
    """The git repository around a folder; one that is somebody's home is no project."""
    for place in (folder, *folder.parents):
        if (place / ".git").exists():
            home = Path(os.path.expanduser("~"))  # noqa: PTH111  (raises nothing without a home)
            return None if home.resolve().is_relative_to(place) else place
    return None
