"""The parts of a system as `systems.toml` declares them: model, retrieval, training, limits, recording, endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, TypeVar

from harness.errors import ConfigError, nearest
from harness.models.specs import KINDS, ModelSpec
from harness.retrieval.specs import EmbedderSpec, RerankerSpec
from harness.systems.declared import Declared, day_of
from harness.systems.http.spec import PATH_KEYS, HttpSpec
from harness.systems.locate import KeyPath
from harness.systems.recording import ReplaySpec
from harness.systems.refresh import ON_CHANGE, Refresh
from harness.systems.spec import RetrievalSpec, TrainingSpec
from harness.transport.limits import Limits

__all__ = [
    "read_http",
    "read_limits",
    "read_model",
    "read_replay",
    "read_retrieval",
    "read_training",
]

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
_T = TypeVar("_T")


def read_model(declared: Declared, value: object, where: KeyPath) -> ModelSpec:
    """What stands under `model`: a kind, or a table."""
    if isinstance(value, str):
        value = {"kind": value}
    if not isinstance(value, dict):
        declared.report(where, f"model must be a kind or a table, not {value!r}")
        return ModelSpec()
    values = declared.checked(value, _MODEL_TYPES, where)
    kind = values.get("kind", "lab")
    if kind not in KINDS:
        declared.report((*where, "kind"), f"unknown model kind {kind!r}: {nearest(kind, KINDS)}")
    adapter = declared.found(declared.reach.directory, values, "adapter", where)
    weights = partial(declared.reach.model, on_hub=kind != "lab")
    path = declared.found(weights, values, "path", where)
    sunset = day_of(values.get("sunset"))
    return ModelSpec(**{**values, "path": path, "adapter": adapter, "sunset": sunset})


def read_retrieval(declared: Declared, value: Mapping[str, Any], where: KeyPath) -> RetrievalSpec:
    """The table `retrieval`."""
    fields = declared.checked(value, _RETRIEVAL_TYPES, where)
    if "refresh" in fields:
        fields["refresh"] = _refresh(declared, fields["refresh"], (*where, "refresh"))
    if "superseded" in fields:
        fields["superseded"] = _superseded(declared, fields["superseded"], (*where, "superseded"))
    if "embedder" in fields:
        fields["embedder"] = _embedder(declared, fields["embedder"], (*where, "embedder"))
    if "rerank" in fields:
        rerank = declared.checked(fields["rerank"], _RERANK_TYPES, (*where, "rerank"))
        fields["rerank"] = _kinded(declared, RerankerSpec, rerank, (*where, "rerank"))
    return RetrievalSpec(**fields)


def read_training(
    declared: Declared, value: Mapping[str, Any], where: KeyPath
) -> TrainingSpec | None:
    """The table `training`; None where it has no recipe."""
    fields = declared.checked(value, _TRAINING_TYPES, where)
    if "recipe" not in fields:
        declared.report(where, "training: recipe is missing")
        return None
    if "as_of" in fields:
        fields["as_of"] = declared.days(fields["as_of"], (*where, "as_of"))
    if "refresh" in fields:
        fields["refresh"] = _refresh(declared, fields["refresh"], (*where, "refresh"))
    return TrainingSpec(**fields)


def read_limits(declared: Declared, value: Mapping[str, Any], where: KeyPath) -> Limits:
    """The table `limits`."""
    return Limits(**declared.checked(value, _LIMITS_TYPES, where))


def read_replay(declared: Declared, value: object, where: KeyPath) -> ReplaySpec | None:
    """What stands under `replay`: a file, or a table; None where there is nothing to read."""
    if isinstance(value, str):
        path = declared.file({"replay": value}, "replay", where[:-1])
        return None if path is None else ReplaySpec(path)
    if not isinstance(value, dict):
        declared.report(where, f"replay must be a file or a table, not {value!r}")
        return None
    values = declared.checked(value, _REPLAY_TYPES, where)
    if "path" not in value:
        declared.report(where, "replay: path is missing")
    path = declared.file(values, "path", where)
    columns = values.get("columns", {})
    texts = declared.checked(columns, dict.fromkeys(columns, str), (*where, "columns"))
    return None if path is None else ReplaySpec(path, texts, values.get("epoch"))


def read_http(declared: Declared, value: Mapping[str, Any], where: KeyPath) -> HttpSpec | None:
    """The table `http`; None where it has no url."""
    values = declared.checked(value, _HTTP_TYPES, where)
    if "url" not in value:
        declared.report(where, "http: url is missing")
    for name in ("headers", "query"):
        table = values.get(name, {})
        values[name] = declared.checked(table, dict.fromkeys(table, str), (*where, name))
    body = values.get("body")
    if isinstance(body, str):
        values["body"] = declared.file(values, "body", where)
    elif body is not None and not isinstance(body, dict):
        declared.report((*where, "body"), f"body must be a file or a table, not {body!r}")
    return HttpSpec(**values) if "url" in values else None


def _embedder(declared: Declared, value: object, where: KeyPath) -> str | EmbedderSpec | None:
    if isinstance(value, str):
        return declared.found(declared.reach.model, {where[-1]: value}, where[-1], where[:-1])
    if not isinstance(value, dict):
        declared.report(where, f"embedder must be a name or a table, not {value!r}")
        return None
    return _kinded(declared, EmbedderSpec, declared.checked(value, _EMBEDDER_TYPES, where), where)


def _kinded(
    declared: Declared, part: type[_T], fields: Mapping[str, Any], where: KeyPath
) -> _T | None:
    if "kind" not in fields:
        declared.report(where, f"{where[-1]}: kind is missing")
        return None
    if fields["kind"] == "sentence-transformers" and "name" in fields:
        fields = {**fields, "name": declared.found(declared.reach.model, fields, "name", where)}
    return part(**fields)


def _refresh(declared: Declared, text: str, where: KeyPath) -> Refresh:
    try:
        return Refresh.parse(text)
    except ConfigError as error:
        declared.report(where, f"{'.'.join(where[-2:])}: {error}")
        return ON_CHANGE


def _superseded(declared: Declared, value: object, where: KeyPath) -> str | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        declared.report(where, f"superseded must be keep, delete or a share, not {value!r}")
        return "keep"
    return value
