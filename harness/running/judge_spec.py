"""Which judge: an OpenAI-compatible endpoint, and an embedder there for what compares meanings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, cast

from harness.errors import ConfigError
from harness.models.specs import Enforce, ModelSpec
from harness.retrieval.specs import EmbedderSpec

__all__ = ["JUDGE_CONCURRENCY", "JUDGE_KEYS", "JudgeSpec", "judge_from_settings"]

JUDGE_KEYS: Final = ("model", "url", "key_env", "enforce", "embedder", "concurrency")
"""What a suite's table `[judge]` may have."""
JUDGE_CONCURRENCY: Final = 4


@dataclass(frozen=True, slots=True)
class JudgeSpec:
    """`model` is the name at `url` (as for models of kind `openai`), the key in the variable `key_env`.

    `embedder` is the name of an embedder there: without one, the relevancy of answers is not judged and their
    correctness by their claims alone. `concurrency` calls are in flight at a time.
    """

    model: str
    url: str | None = None
    key_env: str | None = None
    enforce: str | None = None
    embedder: str | None = None
    concurrency: int = JUDGE_CONCURRENCY

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong, as (key, message)."""
        for key, message in self.model_spec().problems():
            yield ("model" if key == "name" else key), message
        if self.concurrency < 1:
            yield "concurrency", f"must be at least 1, not {self.concurrency}"

    def model_spec(self) -> ModelSpec:
        """The model as an endpoint that is asked for whole answers, at temperature 0."""
        return ModelSpec(
            "openai",
            name=self.model,
            url=self.url,
            key_env=self.key_env,
            enforce=cast(Enforce | None, self.enforce),  # another word is a problem, and told
            stream=False,
        )

    def embedder_spec(self) -> EmbedderSpec | None:
        """The embedder as an endpoint; None where there is none."""
        if self.embedder is None:
            return None
        return EmbedderSpec("openai", self.embedder, self.url, self.key_env)

    def settings(self) -> dict[str, Any]:
        """A JSON-ready dictionary of what was declared; no key is in it."""
        return {key: value for key, value in asdict(self).items() if value is not None}


def judge_from_settings(settings: Mapping[str, Any], where: str) -> JudgeSpec:
    """The judge that `JudgeSpec.settings` told; raises `ConfigError` where it is none."""
    try:
        return JudgeSpec(**settings)
    except TypeError as error:
        raise ConfigError(f"{where}: no judge: {error}") from error
