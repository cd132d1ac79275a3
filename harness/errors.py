"""The exception tree. Every error says what was wrong, where, and what to do.

    HarnessError
    ├── ConfigError        a file or an argument the user wrote is wrong (file, line, key)
    ├── DataError          a row of facts, documents or questions is wrong (file, line)
    ├── ArtefactError      a model, adapter, index or run folder is missing, damaged or does not fit
    ├── RunError           a run cannot start, go on or be read
    │   ├── RunInterruptedError  it was stopped on purpose and can be resumed
    │   ├── BudgetReachedError   it has spent what it may, and can be resumed with more
    │   └── TargetError          a server cannot be asked: down, key refused, no such model
    └── MissingExtraError  an optional dependency is not installed

The command line prints the message of a `HarnessError` in one line and exits with 2 (130 where it was
interrupted, 3 where the budget was reached); anything else is a defect.
"""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Iterable
from pathlib import Path


class HarnessError(Exception):
    """The base of all errors that a user can cause or mend."""


class ConfigError(HarnessError):
    """Something the user wrote (a TOML file, an option, an argument) is wrong."""


class DataError(HarnessError):
    """A row of a data file is wrong."""


class ArtefactError(HarnessError):
    """A model, adapter, index or other artefact is missing, damaged or does not fit."""


class RunError(HarnessError):
    """A run cannot start, cannot go on, or its folder cannot be read."""


class RunInterruptedError(RunError):
    """A run was stopped on purpose (Ctrl-C); what was answered is kept and it can be resumed."""


class BudgetReachedError(RunError):
    """A run stopped because the next answer may not have fitted into its budget."""


class TargetError(RunError):
    """To go on asking a server is no use: it is down, refuses the key, or has no such model."""


class MissingExtraError(HarnessError):
    """An optional dependency is needed and not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs packages that are not installed: pip install 'ragft-harness[{extra}]'"
        )


def require_extra(what: str, extra: str, *packages: str) -> None:
    """Raise `MissingExtraError` when one of the packages that `what` needs is not installed."""
    if any(importlib.util.find_spec(package) is None for package in packages):
        raise MissingExtraError(what, extra)


def located(path: Path | str, line: int | None, message: str) -> str:
    """Prefix `message` with `path:line:` the way compilers do."""
    return f"{path}:{line}: {message}" if line is not None else f"{path}: {message}"


def first_line(error: BaseException) -> str:
    """The first line of what an error of another library says; its type where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def nearest(word: str, valid: Iterable[str]) -> str:
    """Say which words are valid, nearest first: `did you mean 'x'? valid: a, b`."""
    words = sorted(valid)
    close = difflib.get_close_matches(word, words, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}valid: {', '.join(words)}"
