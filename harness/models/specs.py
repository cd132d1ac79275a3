"""Which model: a small description, and the loader that turns it into a model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, get_args

from harness.errors import ConfigError, nearest
from harness.fixtures import fixture_path
from harness.models.base import LanguageModel
from harness.transport.keys import variable_problem
from harness.transport.target import Target
from harness.transport.urls import url_problem

Enforce = Literal["json_schema", "json_object", "vllm", "llama.cpp"]
"""How a server is asked to keep to a format; see `harness.models.openai.enforcement`."""

KINDS = ("lab", "transformers", "openai")
_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "lab": ("path", "adapter"),
    "transformers": ("path", "adapter", "device", "dtype", "batch"),
    "openai": ("name", "url", "key_env", "enforce", "temperature", "stream", "sunset"),
}


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """`kind` is `lab`, `transformers` or `openai`; the rest has a default that depends on it.

    `path` is a folder (or, for `transformers`, a name on the hub); None is the shipped lab model.
    `adapter` is a `peft` folder to merge in. `device` and `dtype` are torch's words. Up to `batch`
    prompts are continued together; an answer of several has no latency of its own.

    `openai` is any server that speaks OpenAI's chat completions: `name` is what it calls the model,
    `url` what it puts `/chat/completions` behind, `key_env` the environment variable that holds the
    key (the key itself stands nowhere), `enforce` how it is asked to keep to a format.
    `temperature` is 0 unless the server refuses that. With `stream = false` the answer comes in one
    piece: cheaper to read, and without the time of its first token. `sunset` is the day on which the provider has
    announced to withdraw the model.
    """

    kind: str = "lab"
    path: str | None = None
    adapter: Path | None = None
    device: str | None = None
    dtype: str | None = None
    batch: int | None = None
    name: str | None = None
    url: str | None = None
    key_env: str | None = None
    enforce: Enforce | None = None
    temperature: float | None = None
    stream: bool | None = None
    sunset: date | None = None

    @property
    def is_endpoint(self) -> bool:
        """Whether a server computes, so that whoever asks waits."""
        return self.kind == "openai"

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong, as (key, message)."""
        if self.kind not in KINDS:
            yield "kind", f"unknown model kind {self.kind!r}: {nearest(self.kind, KINDS)}"
            return
        fitting = _OPTIONS[self.kind]
        for option in dict.fromkeys(name for names in _OPTIONS.values() for name in names):
            if option not in fitting and getattr(self, option) is not None:
                yield option, _unfitting(self.kind, option)
        if self.batch is not None and self.batch < 1:
            yield "batch", f"must be at least 1, not {self.batch}"
        if self.is_endpoint:
            yield from _endpoint_problems(self)

    def settings(self) -> dict[str, Any]:
        """A JSON-ready dictionary of what was declared; no machine's paths, and no key."""
        found: dict[str, Any] = {"kind": self.kind}
        if self.path is not None:
            found["path"] = Path(self.path).name
        if self.batch is not None:
            found["batch"] = self.batch
        if self.is_endpoint:
            from harness.models.openai.endpoint import Endpoint  # noqa: PLC0415  (imports this)

            endpoint = Endpoint.of(self)
            found |= {"name": endpoint.model, "url": endpoint.url, "enforce": endpoint.enforce}
            found["temperature"] = endpoint.temperature
            if not endpoint.stream:  # absent where it streams, as before there was a choice
                found["stream"] = False
            if self.sunset is not None:
                found["sunset"] = self.sunset.isoformat()
        return found


def load_model(spec: ModelSpec, target: Target | None = None) -> LanguageModel:
    """Load what the description names; `target` is the server of an endpoint, for all who call it.

    Raises:
        ConfigError: an unknown kind, or an option the kind has not; the key of an endpoint is missing.
        ArtefactError: the model or the adapter is missing, damaged or does not fit.
        MissingExtraError: the kind needs packages that are not installed.
    """
    for key, message in spec.problems():
        raise ConfigError(f"{key}: {message}")
    if spec.kind == "lab":
        return _load_lab(spec)
    if spec.kind == "transformers":
        return _load_transformers(spec)
    return _load_openai(spec, target)


def _load_lab(spec: ModelSpec) -> LanguageModel:
    from harness.models.lab.model import LabModel  # noqa: PLC0415 - numpy, tokenizers and jinja2

    folder = Path(spec.path) if spec.path is not None else fixture_path("lab")
    return LabModel.load(folder, spec.adapter)


def _load_transformers(spec: ModelSpec) -> LanguageModel:
    from harness.models.transformers import TransformersModel  # noqa: PLC0415 - torch comes with it

    path = spec.path if spec.path is not None else str(fixture_path("lab"))
    return TransformersModel.load(
        path,
        spec.adapter,
        device=spec.device,
        dtype=spec.dtype or "float32",
        batch=spec.batch or 1,
    )


def _load_openai(spec: ModelSpec, target: Target | None) -> LanguageModel:
    from harness.models.openai.endpoint import Endpoint  # noqa: PLC0415 - imports this module
    from harness.models.openai.model import OpenAIModel  # noqa: PLC0415 - as above

    return OpenAIModel(Endpoint.of(spec), target)


def _unfitting(kind: str, option: str) -> str:
    if kind == "lab" and option in _OPTIONS["transformers"]:
        return (
            'the lab model runs on the processor in float32; for another, set kind = "transformers"'
        )
    return f'kind = "{kind}" has no such key: {nearest(option, _OPTIONS[kind])}'


def _endpoint_problems(spec: ModelSpec) -> Iterator[tuple[str, str]]:
    if not spec.name:
        yield "name", "missing: what the model is called at the endpoint"
    if spec.url is not None and (problem := url_problem(spec.url, "/chat/completions")):
        yield "url", problem
    if spec.key_env is not None and (problem := variable_problem(spec.key_env)):
        yield "key_env", problem
    words = get_args(Enforce)
    if spec.enforce is not None and spec.enforce not in words:
        yield "enforce", f"unknown word {spec.enforce!r}: {nearest(spec.enforce, words)}"
    if spec.temperature is not None and not 0 <= spec.temperature < math.inf:
        yield "temperature", f"must be 0 or more, not {spec.temperature}"
    if spec.sunset is not None and type(spec.sunset) is not date:
        yield "sunset", f"must be a day such as 2026-08-22, not {spec.sunset!r}"
