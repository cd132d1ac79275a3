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
from pathlib import Path
from typing import Any, Final

from harness.errors import ConfigError, located
from harness.systems.config_parts import (
    read_http,
    read_limits,
    read_model,
    read_replay,
    read_retrieval,
    read_training,
)
from harness.systems.declared import Declared
from harness.systems.locate import KeyPath, key_lines
from harness.systems.paths import Reach
from harness.systems.spec import DEFAULT_MAX_TOKENS, SpecError, SystemSpec

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
_PARTS: Final[Mapping[str, Callable[[Declared, Any, KeyPath], Any]]] = {
    "model": read_model,
    "retrieval": read_retrieval,
    "training": read_training,
    "limits": read_limits,
    "replay": read_replay,
    "http": read_http,
}


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
    declared = Declared(path, key_lines(text), reach)
    return _systems(declared, data), declared.problems


def _systems(declared: Declared, data: Mapping[str, Any]) -> tuple[SystemSpec, ...]:
    top = declared.checked(data, {"systems": dict}, ())
    tables = top.get("systems", {})
    if not tables and not declared.problems:
        declared.report(("systems",), "declares no system; write [systems.NAME] and its strategy")
    specs = [_system(declared, name, table) for name, table in tables.items()]
    return tuple(spec for spec in specs if spec is not None)


def _system(declared: Declared, name: str, table: object) -> SystemSpec | None:
    where: KeyPath = ("systems", name)
    before = len(declared.problems)
    if not isinstance(table, dict):
        declared.report(where, f"system {name!r} must be a table, not {table!r}")
        return None
    if not _NAME.fullmatch(name):
        declared.report(where, f"{name!r} is no name: use letters, digits, '.', '_' and '-'")
    values = declared.checked(table, _TYPES, where)
    if "strategy" not in table:
        declared.report(where, f"system {name!r}: strategy is missing")
    parts = {
        key: read(declared, values[key], (*where, key))
        for key, read in _PARTS.items()
        if key in values
    }
    if len(declared.problems) > before:
        return None
    try:
        return SystemSpec(
            name=name,
            strategy=values["strategy"],
            prompt=declared.file(values, "prompt", where),
            max_tokens=values.get("max_tokens", DEFAULT_MAX_TOKENS),
            decoding=values.get("decoding", "free"),
            function=values.get("function"),
            folder=declared.path.parent,
            **parts,
        )
    except SpecError as error:
        for key, message in error.problems:
            declared.report((*where, *key.split(".")), f"{key}: {message}")
        return None
