"""`systems.toml`: systems declared in a few lines each, checked before anything runs.

    [systems.base]
    strategy = "base"

    [systems.rag]
    strategy = "rag"
    retrieval = { passages = 4, order = "newest", superseded = "keep", refresh = "on-change" }

    [systems.fine-tuned]
    strategy = "fine-tuned"
    training = { recipe = "facts", as_of = 2025-08-22 }      # or [2025-02-22, 2025-08-22]

    [systems.retrained]
    strategy = "fine-tuned"
    training = { recipe = "facts", refresh = "every 90 days" }   # or "on-change", "never"

    [systems.hybrid]
    strategy = "hybrid"
    training = { recipe = "behaviour" }

    [systems.hosted]
    strategy = "rag"
    model = { kind = "openai", name = "small-model", url = "http://127.0.0.1:8000/v1" }
    limits = { concurrency = 8, requests_per_minute = 500, tokens_per_minute = 200_000 }

    [systems.hosted-tuned]                   # fine-tuned by the provider
    strategy = "fine-tuned"
    model = { kind = "openai", name = "small-model", sunset = 2027-10-01 }
    training = { recipe = "facts", epochs = 2 }

    [systems.searching]
    strategy = "rag"
    [systems.searching.retrieval]
    embedder = { kind = "openai", name = "text-embedding-3-small" }    # or the name of a model
    rerank = { kind = "endpoint", name = "reranker", url = "http://127.0.0.1:8001/v1" }

    [systems.mine]
    strategy = "external"
    function = "my_module:answer"

    [systems.yesterday]
    strategy = "external"
    replay = "answers.jsonl"             # or .csv, .parquet, .eval: see harness.systems.answer_rows

    [systems.theirs]
    strategy = "external"
    replay = { path = "theirs.csv", columns = { question_id = "id", text = "output" } }

    [systems.ours]                       # any HTTP endpoint: see harness.systems.http.spec
    strategy = "external"
    [systems.ours.http]
    url = "https://rag.example/api/ask"
    key_env = "OURS_KEY"
    body = { question = "{{ question }}", today = "{{ today }}" }      # or a template's file
    text = "$.answer.text"
    passages = "$.sources[*]"
    passage_text = "$.content"

A part that is left out has the defaults of `harness.systems.spec`. Other keys: `model` (a kind, or a
table of kind and what `ModelSpec` has for it), `prompt` (a template file), `max_tokens`, `decoding`
(`free`, or `constrained`: the decoder enforces the question's format). Systems that ask one server
share its limits. Paths are relative to the file; `harness.systems.paths` says where they may lead to.
What is wrong is reported all at once, with file, line, key and valid words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from harness.errors import ConfigError, located, nearest
from harness.models.specs import KINDS, ModelSpec
from harness.retrieval.specs import EmbedderSpec, RerankerSpec
from harness.systems.http.spec import PATH_KEYS, HttpSpec
from harness.systems.locate import KeyPath, key_lines, nearest_line
from harness.systems.paths import Reach
from harness.systems.recording import ReplaySpec
from harness.systems.refresh import ON_CHANGE, Refresh
from harness.systems.spec import (
    DEFAULT_MAX_TOKENS,
    RetrievalSpec,
    SpecError,
    SystemSpec,
    TrainingSpec,
)
from harness.transport.limits import Limits

__all__ = ["load_systems"]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TYPES: Final[Mapping[str, type]] = {
    "strategy": str,
    "model": object,  # a kind or a table
    "retrieval": dict,
    "training": dict,
    "prompt": str,
    "max_tokens": int,
    "decoding": str,
    "function": str,
    "replay": object,  # a file or a table
    "http": dict,
    "limits": dict,
}
_RETRIEVAL_TYPES: Final[Mapping[str, type]] = {
    "mode": str,
    "embedder": object,  # a name or a table
    "passages": int,
    "recency": float,
    "half_life_days": float,
    "order": str,
    "superseded": object,  # a word or a share
    "refresh": str,
    "show_days": bool,
    "rerank": dict,
}
_EMBEDDER_TYPES: Final[Mapping[str, type]] = {
    "kind": str,
    "name": str,
    "url": str,
    "key_env": str,
    "dimensions": int,
    "batch": int,
}
_RERANK_TYPES: Final[Mapping[str, type]] = {
    "kind": str,
    "name": str,
    "url": str,
    "key_env": str,
    "candidates": int,
}
_TRAINING_TYPES: Final[Mapping[str, type]] = {
    "recipe": str,
    "refresh": str,
    "as_of": object,  # a day or a list of days
    "seed": int,
    "epochs": int,
}
_REPLAY_TYPES: Final[Mapping[str, type]] = {
    "path": str,
    "columns": dict,
    "epoch": int,
}
_HTTP_TYPES: Final[Mapping[str, type]] = {
    "url": str,
    "method": str,
    "key_env": str,
    "key_header": str,
    "headers": dict,
    "query": dict,
    "body": object,  # a file or a table
    **dict.fromkeys(PATH_KEYS, str),
}
_MODEL_TYPES: Final[Mapping[str, type]] = {
    "kind": str,
    "path": str,
    "adapter": str,
    "device": str,
    "dtype": str,
    "batch": int,
    "name": str,
    "url": str,
    "key_env": str,
    "enforce": str,
    "temperature": float,
    "stream": bool,
    "sunset": object,  # a day
}
_LIMITS_TYPES: Final[Mapping[str, type]] = {
    "concurrency": int,
    "requests_per_minute": float,
    "tokens_per_minute": float,
    "request_seconds": float,
    "outage_seconds": float,
}
_WORDS: Final[Mapping[type, str]] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    dict: "a table",
    bool: "true or false",
}

_MAY_BE_SECRET: Final = frozenset({"key_env", "url"})

_T = TypeVar("_T")


def load_systems(path: Path, suite: Path | None = None) -> tuple[SystemSpec, ...]:
    """Read and check the file; systems come in its order.

    `suite` is the folder of the suite that names it; without one, it is its own.

    Raises:
        ConfigError: the file cannot be read, or something in it is wrong; one line a problem.
    """
    # Raised here, where nothing of the file is at hand: what is wrong may be a key that stands in it.
    specs, problems = _read(path, Reach.of(path, suite))
    if problems:
        raise ConfigError("\n".join(message for _, message in sorted(problems)))
    return specs


def _read(path: Path, reach: Reach) -> tuple[tuple[SystemSpec, ...], list[tuple[int, str]]]:
    """What is declared, and what is wrong with it: (line, message)."""
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        return (), [(0, located(path, None, f"cannot be read: {error}"))]
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return (), [(0, located(path, None, f"not TOML: {error}"))]
    reader = _Reader(path, key_lines(text), reach)
    return reader.systems(data), reader.problems


@dataclass
class _Reader:
    """Turns tables into specs and collects what is wrong with them, by line."""

    path: Path
    lines: dict[KeyPath, int]
    reach: Reach
    problems: list[tuple[int, str]] = field(default_factory=list)

    def systems(self, data: Mapping[str, Any]) -> tuple[SystemSpec, ...]:
        top = self._checked(data, {"systems": dict}, ())
        tables = top.get("systems", {})
        if not tables and not self.problems:
            self._report(("systems",), "declares no system; write [systems.NAME] and its strategy")
        specs = [self._system(name, table) for name, table in tables.items()]
        return tuple(spec for spec in specs if spec is not None)

    def _system(self, name: str, table: object) -> SystemSpec | None:
        where: KeyPath = ("systems", name)
        before = len(self.problems)
        if not isinstance(table, dict):
            self._report(where, f"system {name!r} must be a table, not {table!r}")
            return None
        if not _NAME.fullmatch(name):
            self._report(where, f"{name!r} is no name: use letters, digits, '.', '_' and '-'")
        values = self._checked(table, _TYPES, where)
        if "strategy" not in table:
            self._report(where, f"system {name!r}: strategy is missing")
        model = self._model(values.get("model", "lab"), (*where, "model"))
        retrieval = self._part(RetrievalSpec, values, "retrieval", _RETRIEVAL_TYPES, where)
        training = self._part(TrainingSpec, values, "training", _TRAINING_TYPES, where)
        limits = self._part(Limits, values, "limits", _LIMITS_TYPES, where)
        replay = self._replay(values["replay"], (*where, "replay")) if "replay" in values else None
        http = self._http(values["http"], (*where, "http")) if "http" in values else None
        if len(self.problems) > before:
            return None
        try:
            return SystemSpec(
                name=name,
                strategy=values["strategy"],
                model=model,
                retrieval=retrieval,
                training=training,
                prompt=self._file(values, "prompt", where),
                max_tokens=values.get("max_tokens", DEFAULT_MAX_TOKENS),
                decoding=values.get("decoding", "free"),
                function=values.get("function"),
                replay=replay,
                http=http,
                folder=self.path.parent,
                limits=limits,
            )
        except SpecError as error:
            for key, message in error.problems:
                self._report((*where, *key.split(".")), f"{key}: {message}")
            return None

    def _model(self, value: object, where: KeyPath) -> ModelSpec:
        if isinstance(value, str):
            value = {"kind": value}
        if not isinstance(value, dict):
            self._report(where, f"model must be a kind or a table, not {value!r}")
            return ModelSpec()
        values = self._checked(value, _MODEL_TYPES, where)
        kind = values.get("kind", "lab")
        if kind not in KINDS:
            self._report((*where, "kind"), f"unknown model kind {kind!r}: {nearest(kind, KINDS)}")
        adapter = self._found(self.reach.directory, values, "adapter", where)
        weights = partial(self.reach.model, on_hub=kind != "lab")
        path = self._found(weights, values, "path", where)
        sunset = _day(values.get("sunset"))
        return ModelSpec(**{**values, "path": path, "adapter": adapter, "sunset": sunset})

    def _replay(self, value: object, where: KeyPath) -> ReplaySpec | None:
        if isinstance(value, str):
            path = self._file({"replay": value}, "replay", where[:-1])
            return None if path is None else ReplaySpec(path)
        if not isinstance(value, dict):
            self._report(where, f"replay must be a file or a table, not {value!r}")
            return None
        values = self._checked(value, _REPLAY_TYPES, where)
        if "path" not in value:
            self._report(where, "replay: path is missing")
        path = self._file(values, "path", where)
        columns = values.get("columns", {})
        texts = self._checked(columns, dict.fromkeys(columns, str), (*where, "columns"))
        return None if path is None else ReplaySpec(path, texts, values.get("epoch"))

    def _http(self, value: Mapping[str, Any], where: KeyPath) -> HttpSpec | None:
        values = self._checked(value, _HTTP_TYPES, where)
        if "url" not in value:
            self._report(where, "http: url is missing")
        for name in ("headers", "query"):
            table = values.get(name, {})
            values[name] = self._checked(table, dict.fromkeys(table, str), (*where, name))
        body = values.get("body")
        if isinstance(body, str):
            values["body"] = self._file(values, "body", where)
        elif body is not None and not isinstance(body, dict):
            self._report((*where, "body"), f"body must be a file or a table, not {body!r}")
        return HttpSpec(**values) if "url" in values else None

    def _part(
        self,
        part: type[_T],
        values: Mapping[str, Any],
        key: str,
        types: Mapping[str, type],
        where: KeyPath,
    ) -> _T | None:
        if key not in values:
            return None
        fields = self._checked(values[key], types, (*where, key))
        if part is TrainingSpec and "recipe" not in fields:
            self._report((*where, key), "training: recipe is missing")
            return None
        if "as_of" in fields:
            fields["as_of"] = self._days(fields["as_of"], (*where, key, "as_of"))
        if "refresh" in fields:
            fields["refresh"] = self._refresh(fields["refresh"], (*where, key, "refresh"))
        if "superseded" in fields:
            fields["superseded"] = self._superseded(
                fields["superseded"], (*where, key, "superseded")
            )
        if "embedder" in fields:
            fields["embedder"] = self._embedder(fields["embedder"], (*where, key, "embedder"))
        if "rerank" in fields:
            rerank = self._checked(fields["rerank"], _RERANK_TYPES, (*where, key, "rerank"))
            fields["rerank"] = self._kinded(RerankerSpec, rerank, (*where, key, "rerank"))
        return part(**fields)

    def _embedder(self, value: object, where: KeyPath) -> str | EmbedderSpec | None:
        if isinstance(value, str):
            return self._found(self.reach.model, {where[-1]: value}, where[-1], where[:-1])
        if not isinstance(value, dict):
            self._report(where, f"embedder must be a name or a table, not {value!r}")
            return None
        return self._kinded(EmbedderSpec, self._checked(value, _EMBEDDER_TYPES, where), where)

    def _kinded(self, part: type[_T], fields: Mapping[str, Any], where: KeyPath) -> _T | None:
        if "kind" not in fields:
            self._report(where, f"{where[-1]}: kind is missing")
            return None
        if fields["kind"] == "sentence-transformers" and "name" in fields:
            fields = {**fields, "name": self._found(self.reach.model, fields, "name", where)}
        return part(**fields)

    def _refresh(self, text: str, where: KeyPath) -> Refresh:
        try:
            return Refresh.parse(text)
        except ConfigError as error:
            self._report(where, f"{'.'.join(where[-2:])}: {error}")
            return ON_CHANGE

    def _superseded(self, value: object, where: KeyPath) -> str | float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if not isinstance(value, str):
            self._report(where, f"superseded must be keep, delete or a share, not {value!r}")
            return "keep"
        return value

    def _days(self, value: object, where: KeyPath) -> tuple[date, ...]:
        days = [_day(day) for day in (value if isinstance(value, list) else [value])]
        wrong = [day for day in days if not isinstance(day, date) or isinstance(day, datetime)]
        if wrong or not days or len(set(days)) < len(days):
            message = f"must be a day such as 2026-08-22, or a list of such days, not {value!r}"
            self._report(where, f"as_of {message}")
            return ()
        return tuple(sorted(day for day in days if isinstance(day, date)))

    def _checked(
        self, table: Mapping[str, Any], types: Mapping[str, type], where: KeyPath
    ) -> dict[str, Any]:
        """The keys that are known and of the right type; the others are reported."""
        good: dict[str, Any] = {}
        for key, value in table.items():
            if key not in types:
                self._report((*where, key), f"unknown key {key!r}: {nearest(key, types)}")
                continue
            wanted = types[key]
            if wanted is float and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)  # noqa: PLW2901  (TOML's 1 is a number too)
            wrong = isinstance(value, bool) and wanted not in {bool, object}
            if wrong or not isinstance(value, wanted):
                told = "" if key in _MAY_BE_SECRET else f", not {table[key]!r}"
                self._report((*where, key), f"{key} must be {_WORDS[wanted]}{told}")
            else:
                good[key] = value
        return good

    def _file(self, values: Mapping[str, Any], key: str, where: KeyPath) -> Path | None:
        return self._found(self.reach.file, values, key, where)

    def _found(
        self, find: Callable[[str], _T], values: Mapping[str, Any], key: str, where: KeyPath
    ) -> _T | None:
        """What is found at the path under `key`; None where there is no such key, or nothing."""
        if key not in values:
            return None
        try:
            return find(values[key])
        except ConfigError as error:
            self._report((*where, key), f"{key}: {error}")
            return None

    def _report(self, where: KeyPath, message: str) -> None:
        line = nearest_line(self.lines, where)
        self.problems.append((line or 0, located(self.path, line, message)))


def _day(value: object) -> object:
    """The day that a text names; anything else as it is."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value
