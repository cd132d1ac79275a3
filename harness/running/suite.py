"""A suite: which questions are asked of which systems on which days, in one file.

`suite.toml`, every key that there is:

    title = "Software releases"                  # required
    description = "What this suite is about."
    days = [2025-08-22, 2026-08-22]              # required: evaluation days, as dates or texts
    default_days = [2026-08-22]                  # run when nothing is said; without it, all days
    systems = "systems.toml"                     # required: see harness.systems.config
    prices = "fixture:prices/default.toml"      # a price book; without one, costs are unknown
    repeats = 1                                  # how often each question is asked a day
    seed = 0                                     # of the plan, the sample and the resampling
    deadline = 120                               # seconds until a question has failed
    concurrency = 1                              # questions in flight for endpoints and async functions
    decoding = ["free", "constrained"]           # each system with each, unless systems are named
    gates = ["hybrid.stale_rate <= 10%"]         # or tables [[gates]]: see harness.running.gate_rows

    [world]
    facts = "fixture:releases/facts.csv"         # dated facts; see harness.world.loaders
    documents = "fixture:releases/documents.jsonl"

    [questions]                                  # required
    source = "fixture:releases/questions.jsonl"  # a file, or the name of a data set on the hub
    split = "train"                              # of a data set on the hub
    columns = { question = "prompt" }            # our column = yours; see harness.world.loaders

    [hygiene]                                    # after the run: what outdated documents cost
    system = "rag"                               # required: which system's index is swept
    shares = [0, 0.1, 0.25, 0.5]                 # required: shares of superseded documents left
    day = 2026-08-22                             # an evaluation day; without it, the run's last one
    limit = 200                                  # questions about facts that changed; without it, all

    [judge]                                      # of `harness quality`: see harness.running.judge_spec
    model = "judge-model"                        # required: what the endpoint calls it
    url = "https://judge.example/v1"             # an OpenAI-compatible endpoint; without one, OpenAI's
    key_env = "JUDGE_KEY"                        # the environment variable with its key
    enforce = "json_schema"                      # how it is asked for JSON, as for models
    embedder = "embedding-model"                 # there too, for metrics that compare meanings
    concurrency = 4                              # calls in flight

A path is relative to the file it stands in; `fixture:` means the shipped fixtures, and
`harness.systems.paths` says what it may lead to. Everything is checked when the suite is loaded,
before anything runs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

from harness.errors import ConfigError, located, nearest
from harness.running.gate_rows import GateRow, read_gate_rows
from harness.running.judge_spec import JUDGE_CONCURRENCY, JUDGE_KEYS, JudgeSpec
from harness.systems.locate import KeyPath, key_lines, nearest_line
from harness.systems.paths import FIXTURE, Reach
from harness.systems.spec import Decoding
from harness.world.question_rows import QUESTION_COLUMNS
from harness.world.question_source import is_hub_name

SUITE_FILE: Final = "suite.toml"

_PACKAGE = Path(__file__).resolve().parent.parent
_WHEEL = _PACKAGE / "_suites"
_CHECKOUT = _PACKAGE.parent

_KEYS: Final[Mapping[KeyPath, tuple[str, ...]]] = {
    (): (
        "title",
        "description",
        "days",
        "default_days",
        "systems",
        "prices",
        "repeats",
        "seed",
        "deadline",
        "concurrency",
        "decoding",
        "gates",
        "world",
        "questions",
        "hygiene",
        "judge",
    ),
    ("world",): ("facts", "documents"),
    ("questions",): ("source", "split", "columns"),
    ("questions", "columns"): QUESTION_COLUMNS,
    ("hygiene",): ("system", "shares", "day", "limit"),
    ("judge",): JUDGE_KEYS,
}

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class QuestionSource:
    """Where questions come from: a local file, or the name of a data set on the hub."""

    source: Path | str
    split: str = "train"
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HygienePlan:
    """Which shares of superseded documents are left in one system's index, and who asks about it.

    `day` None is the run's last day, `limit` None all questions about facts that changed.
    """

    system: str
    shares: tuple[float, ...]
    day: date | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """A checked `suite.toml`; all paths exist."""

    name: str
    path: Path
    title: str
    description: str
    days: tuple[date, ...]
    default_days: tuple[date, ...]
    systems: Path
    questions: QuestionSource
    facts: Path | None = None
    documents: Path | None = None
    prices: Path | None = None
    repeats: int = 1
    seed: int = 0
    deadline: float = 120.0
    concurrency: int = 1
    decoding: tuple[str, ...] = ()
    gates: tuple[GateRow, ...] = ()
    hygiene: HygienePlan | None = None
    judge: JudgeSpec | None = None


def load_suite(name_or_path: str | Path) -> Suite:
    """Read and check a built-in suite (by name), a folder with a `suite.toml`, or such a file.

    Raises `ConfigError` with file and line for what is wrong in it.
    """
    path = _find(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(located(path, None, f"cannot be read: {error}")) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(located(path, None, f"not TOML: {error}")) from error
    top = _Table(path, data, key_lines(text))
    days = top.days("days")
    world = top.table("world")
    questions = top.table("questions", required=True)
    return Suite(
        name=path.parent.name if path.name == SUITE_FILE else path.stem,
        path=path,
        title=top.required("title", str),
        description=top.get("description", str, ""),
        days=days,
        default_days=top.days("default_days", among=days),
        systems=top.file("systems", required=True),
        questions=QuestionSource(
            source=questions.source("source"),
            split=questions.get("split", str, "train"),
            columns=questions.table("columns").texts(),
        ),
        facts=world.file("facts"),
        documents=world.file("documents"),
        prices=top.file("prices"),
        repeats=top.at_least_one("repeats", 1),
        seed=top.get("seed", int, 0),
        deadline=float(top.at_least_one("deadline", 120)),
        concurrency=top.at_least_one("concurrency", 1),
        decoding=top.words("decoding", get_args(Decoding)),
        gates=read_gate_rows(path, text, data.get("gates", []), days),
        hygiene=_hygiene(top.table("hygiene"), days) if "hygiene" in data else None,
        judge=_judge(top.table("judge")) if "judge" in data else None,
    )


def _hygiene(table: _Table, days: tuple[date, ...]) -> HygienePlan:
    limit = table.get("limit", int, None)
    return HygienePlan(
        system=table.required("system", str),
        shares=table.shares("shares"),
        day=table.day("day", among=days),
        limit=limit if limit is None else table.at_least_one("limit", limit),
    )


def _judge(table: _Table) -> JudgeSpec:
    spec = JudgeSpec(
        model=table.required("model", str),
        url=table.get("url", str, None),
        key_env=table.get("key_env", str, None),
        enforce=table.get("enforce", str, None),
        embedder=table.get("embedder", str, None),
        concurrency=table.at_least_one("concurrency", JUDGE_CONCURRENCY),
    )
    for key, message in spec.problems():
        raise table.error(key, f"judge.{key}: {message}")
    return spec


def built_in_suites() -> dict[str, Path]:
    """The names of the suites that come with the harness, and their files."""
    if _WHEEL.is_dir():
        home = _WHEEL
    elif (_CHECKOUT / "pyproject.toml").is_file():
        home = _CHECKOUT / "suites"
    else:
        return {}
    return {file.parent.name: file for file in sorted(home.glob(f"*/{SUITE_FILE}"))}


def _find(name_or_path: str | Path) -> Path:
    built_in = built_in_suites()
    if str(name_or_path) in built_in:
        return built_in[str(name_or_path)]
    path = Path(name_or_path)
    if path.is_dir():
        path = path / SUITE_FILE
    if path.is_file():
        return path.resolve()
    raise ConfigError(
        f"no suite {str(name_or_path)!r}: neither a file, nor a folder with a {SUITE_FILE}, "
        f"nor built in ({nearest(str(name_or_path), built_in)})"
    )


class _Table:
    """A table of the file; unknown keys are refused at once."""

    def __init__(
        self, file: Path, data: Mapping[str, Any], lines: dict[KeyPath, int], path: KeyPath = ()
    ) -> None:
        self._file = file
        self._data = data
        self._lines = lines
        self._path = path
        for key in data:
            if key not in _KEYS[path]:
                raise self.error(key, f"unknown key {key!r}: {nearest(key, _KEYS[path])}")

    def get(self, key: str, kind: type[_T], default: _T | None) -> Any:  # noqa: ANN401  (by kind)
        """The value, or `default` where the key is missing."""
        value = self._data.get(key, default)
        wrong = isinstance(value, bool) and kind is not bool
        if value is not default and (wrong or not isinstance(value, kind)):
            raise self.error(key, f"{key} must be a {_WORDS[kind]}, not {value!r}")
        return value

    def required(self, key: str, kind: type[_T]) -> _T:
        value: _T | None = self.get(key, kind, None)
        if value is None:
            raise self.error(key, f"{key} is missing")
        return value

    def table(self, key: str, *, required: bool = False) -> _Table:
        data = self.required(key, dict) if required else self.get(key, dict, {})
        return _Table(self._file, data, self._lines, (*self._path, key))

    def file(self, key: str, *, required: bool = False) -> Any:  # noqa: ANN401  (None if allowed)
        """A path, relative to the file, that exists."""
        text = self.required(key, str) if required else self.get(key, str, None)
        return None if text is None else self._resolve(key, text)

    def source(self, key: str) -> Path | str:
        """A file as `file` has it, or the name of a data set, which is left as it is."""
        text = self.required(key, str)
        looks_like_a_file = text.startswith((FIXTURE, ".", "/")) or bool(Path(text).suffix)
        if looks_like_a_file or not is_hub_name(text):
            return self._resolve(key, text)
        return text

    def days(self, key: str, among: tuple[date, ...] | None = None) -> tuple[date, ...]:
        """The days under `key`; where `among` is given, all of them unless some are named."""
        if among is not None and key not in self._data:
            return among
        days = [self._day(key, value) for value in self.required(key, list)]
        if not days:
            raise self.error(key, f"{key} is empty")
        if len(set(days)) != len(days):
            raise self.error(key, f"{key} has a day twice")
        for day in days:
            if among is not None and day not in among:
                raise self.error(key, f"{key}: {day} is none of the days")
        return tuple(sorted(days))

    def day(self, key: str, among: tuple[date, ...]) -> date | None:
        """One of the days, or None where the key is missing."""
        if key not in self._data:
            return None
        day = self._day(key, self._data[key])
        if day not in among:
            raise self.error(key, f"{key}: {day} is none of the days")
        return day

    def shares(self, key: str) -> tuple[float, ...]:
        """Different numbers from 0 to 1, ascending."""
        values = self.required(key, list)
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise self.error(key, f"{key} must be shares from 0 to 1, and {value!r} is none")
        if not values or len(set(values)) < len(values):
            raise self.error(key, f"{key} must be a list of different shares, not {values!r}")
        return tuple(sorted(map(float, values)))

    def texts(self) -> Mapping[str, str]:
        """All of the table, which holds texts."""
        for key, value in self._data.items():
            if not isinstance(value, str):
                raise self.error(key, f"{self._path[-1]}.{key} must be a text, not {value!r}")
        return dict(self._data)

    def words(self, key: str, valid: Sequence[str]) -> tuple[str, ...]:
        """Different words of those that are valid."""
        words = self.get(key, list, [])
        for word in words:
            if word not in valid:
                raise self.error(key, f"{key}: unknown {word!r}: {nearest(str(word), valid)}")
        if len(set(words)) < len(words):
            raise self.error(key, f"{key} has a word twice")
        return tuple(words)

    def at_least_one(self, key: str, default: int) -> int:
        value: int = self.get(key, int, default)
        if value < 1:
            raise self.error(key, f"{key} must be at least 1, not {value}")
        return value

    def _resolve(self, key: str, text: str) -> Path:
        try:
            return Reach.of(self._file).file(text)
        except ConfigError as error:
            raise self.error(key, f"{key}: {error}") from error

    def _day(self, key: str, value: object) -> date:
        try:
            day = date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            day = None
        if type(day) is not date:
            raise self.error(key, f"{key}: {str(value)!r} is no day; write it as 2026-08-22")
        return day

    def error(self, key: str, message: str) -> ConfigError:
        """What is wrong with a key, with its line."""
        return ConfigError(
            located(self._file, nearest_line(self._lines, (*self._path, key)), message)
        )


_WORDS: Final[Mapping[type, str]] = {
    str: "text",
    int: "whole number",
    list: "list",
    dict: "table",
}
