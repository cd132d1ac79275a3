"""What the plugin is told: by a marker, the command line, the environment, an ini file, or nobody.

Each option of the command line has an ini key and an environment variable of the same name:
`--harness-seed=7`, `harness_seed = 7`, `HARNESS_SEED=7`. The first that says something wins.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pytest

from harness.errors import nearest

__all__ = ["INCONCLUSIVE", "Settings", "add_options", "from_command_line", "read_settings"]

INCONCLUSIVE: Final = ("fail", "warn", "pass")
_TRUE: Final = ("1", "true", "yes", "on")
_FALSE: Final = ("0", "false", "no", "off")
_LAST: Final = "last"


@dataclass(frozen=True, slots=True)
class Settings:
    """The options as they hold for a session; a marker may say otherwise for its test."""

    run: Path | None
    systems: tuple[str, ...] | None
    limit: int | None
    seed: int | None
    out: Path | None
    resume: bool
    dry_run: bool
    only: bool
    skip: bool
    per_question: bool
    inconclusive: str
    baseline: Path | None
    allow_different: tuple[str, ...]
    save: str | None
    autosave: bool
    compare: str | None
    compare_fail: tuple[str, ...]
    storage: str
    json: Path | None
    html: Path | None


@dataclass(frozen=True, slots=True)
class _Option:
    """One option: how it is written on the command line, and what a text given for it means."""

    name: str
    help: str
    read: Callable[[str], Any]
    metavar: str = ""
    kind: Literal["value", "flag", "bare", "repeated"] = "value"
    default: Any = None
    also: str = ""  # another environment variable that says it

    @property
    def flag(self) -> str:
        return f"--harness-{self.name.replace('_', '-')}"

    @property
    def key(self) -> str:
        return f"harness_{self.name}"


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(","))))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.replace(";", "\n").splitlines())))


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("is no whole number") from None


def _count(text: str) -> int:
    number = _whole(text)
    if number < 1:
        raise ValueError("must be at least 1")
    return number


def _choice(text: str) -> str:
    if text not in INCONCLUSIVE:
        raise ValueError(nearest(text, INCONCLUSIVE))
    return text


def _flag(text: str) -> bool:
    if text.lower() not in (*_TRUE, *_FALSE):
        raise ValueError("write true or false")
    return text.lower() in _TRUE


_OPTIONS: Final = (
    _Option("run", "judge this finished run; run nothing", Path, "DIR"),
    _Option("systems", "only these systems", _names, "A,B"),
    _Option("limit", "ask only N questions a day", _count, "N"),
    _Option("seed", "seed of plan and resampling", _whole, "N"),
    _Option("out", "folder for new runs (default: runs)", Path, "DIR"),
    _Option("resume", "go on with the last run that was broken off", _flag, kind="flag"),
    _Option("dry_run", "say what would be asked and cost; ask nothing", _flag, kind="flag"),
    _Option("only", "skip all tests but those of the harness", _flag, kind="flag"),
    _Option("skip", "skip the tests of the harness", _flag, kind="flag"),
    _Option("per_question", "a test for each question, not a subtest", _flag, kind="flag"),
    _Option(
        "inconclusive",
        "fail, warn or pass: what an inconclusive gate does to its test (default: warn at the end)",
        _choice,
        "WORD",
        default="warn",
    ),
    _Option("baseline", "the run that gates call baseline", Path, "DIR"),
    _Option("allow_different", "what may differ from the baseline", _names, "A,B", default=()),
    _Option("save", "save the run in the history under this name", str, "NAME"),
    _Option("autosave", "save the run under the name of its suite", _flag, kind="flag"),
    _Option(
        "compare",
        "compare with a saved run, which gates call baseline then (default: the last)",
        str,
        "NUM|GLOB",
        kind="bare",
    ),
    _Option(
        "compare_fail",
        "fail when this is not kept: right_rate:2pp (of each system), or a whole gate; repeatable",
        _lines,
        "EXPR",
        kind="repeated",
        default=(),
    ),
    _Option(
        "storage",
        "where saved runs lie (default: history)",
        str,
        "DIR|URL",
        default="history",
        also="HARNESS_HISTORY",
    ),
    _Option("json", "write figures, gates and comparisons as JSON", Path, "PATH"),
    _Option("html", "write the report", Path, "PATH"),
)


def add_options(parser: pytest.Parser) -> None:
    """Add the `harness` option group, and the ini keys."""
    group = parser.getgroup("harness", "harness: RAG, fine-tuned and hybrid systems under gates")
    for option in _OPTIONS:
        parser.addini(option.key, f"as {option.flag}", default="")
        if option.kind == "flag":
            group.addoption(option.flag, action="store_true", default=None, help=option.help)
            continue
        more: dict[str, Any] = {}
        if option.kind == "bare":
            more = {"nargs": "?", "const": _LAST}
        elif option.kind == "repeated":
            more = {"action": "append"}
        group.addoption(option.flag, metavar=option.metavar, default=None, help=option.help, **more)


def from_command_line(config: pytest.Config) -> None:
    """Refuse at once what is wrong on the command line; raises `pytest.UsageError`."""
    for option in _OPTIONS:
        _given(option, config)
    if config.getoption("--harness-only") and config.getoption("--harness-skip"):
        raise pytest.UsageError("--harness-only and --harness-skip leave no test: give one of them")


def read_settings(config: pytest.Config, environ: Mapping[str, str] = os.environ) -> Settings:
    """All options; raises `pytest.UsageError` saying where a wrong one was given."""
    values = {option.name: _resolved(option, config, environ) for option in _OPTIONS}
    settings = Settings(**values)
    if settings.compare_fail and settings.compare is None and settings.baseline is None:
        raise pytest.UsageError(
            "--harness-compare-fail needs a run to compare with: --harness-compare or --harness-baseline"
        )
    if settings.compare is not None and settings.baseline is not None:
        raise pytest.UsageError(
            "--harness-compare and --harness-baseline both name the baseline: give one of them"
        )
    return settings


def _resolved(option: _Option, config: pytest.Config, environ: Mapping[str, str]) -> Any:  # noqa: ANN401  (any option)
    given = _given(option, config)
    if given is not None:
        return given
    for variable in filter(None, (option.key.upper(), option.also)):
        if text := environ.get(variable, "").strip():
            return _read(option, text, f"${variable}")
    if text := str(config.getini(option.key)).strip():
        return _read(option, text, f"{config.inipath}: {option.key}")
    return False if option.kind == "flag" else option.default


def _given(option: _Option, config: pytest.Config) -> Any:  # noqa: ANN401  (any option)
    value = config.getoption(option.flag)
    if value is None or isinstance(value, bool):
        return value
    if option.kind == "repeated":
        return tuple(part for text in value for part in _read(option, text, option.flag))
    return _read(option, value, option.flag)


def _read(option: _Option, text: str, where: str) -> Any:  # noqa: ANN401  (any option)
    try:
        return option.read(text)
    except ValueError as error:
        raise pytest.UsageError(f"{where}: {text!r}: {error}") from None
