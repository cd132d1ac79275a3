"""What a system is made of, as declared: frozen, checked, and written into the manifest."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, get_args

from harness.errors import ConfigError, nearest
from harness.models.specs import ModelSpec
from harness.retrieval.specs import EmbedderSpec, RerankerSpec
from harness.systems.base import Strategy
from harness.systems.function import AnswerFunction
from harness.systems.http.spec import HttpSpec
from harness.systems.recording import ReplaySpec
from harness.systems.refresh import NEVER, ON_CHANGE, Refresh
from harness.training.recipes import RECIPES
from harness.transport.limits import Limits

__all__ = ["Decoding", "RetrievalSpec", "SpecError", "SystemSpec", "TrainingSpec"]

Mode = Literal["bm25", "dense", "hybrid"]
Order = Literal["newest", "score"]
Superseded = Literal["keep", "delete"] | float
Decoding = Literal["free", "constrained"]

DEFAULT_MAX_TOKENS: Final = 160
_EXTERNAL: Final = ("function", "replay", "http")


class SpecError(ConfigError):
    """A system's parts are wrong or do not fit together; `problems` are (key, message)."""

    def __init__(self, name: str, problems: tuple[tuple[str, str], ...]) -> None:
        self.problems = problems
        listed = "; ".join(f"{key}: {message}" for key, message in problems)
        super().__init__(f"system {name!r}: {listed}")


@dataclass(frozen=True, slots=True)
class RetrievalSpec:
    """Which passages a question brings along, and how the index is kept.

    `embedder` is a `sentence-transformers` model or an endpoint (None: the built-in one). `recency`
    is what the newest candidate gains in relevance (the best has 1), one `half_life_days` older half
    of that, and so on; 0 ranks by relevance alone. With `rerank` its best candidates are judged
    again, and their new scores are the relevance beside which recency counts. `order` is that in
    which the best `passages` are shown.
    `superseded` says what happens to documents that a later one replaces: nothing ("keep"), or
    deletion from the index ("delete"), as its owner could do when told (the only use that any system
    makes of `Document.supersedes`); or which share of them, 0 to 1, is left in it by neglect.
    `refresh` counts from the run's first day. `show_days` says whether the prompt's passages carry
    their day of publication.
    """

    mode: Mode = "hybrid"
    embedder: str | EmbedderSpec | None = None
    passages: int = 4
    recency: float = 0.25
    half_life_days: float = 180.0
    order: Order = "newest"
    superseded: Superseded = "keep"
    refresh: Refresh = ON_CHANGE
    show_days: bool = True
    rerank: RerankerSpec | None = None

    @property
    def embedding(self) -> EmbedderSpec | None:
        """The embedder, described; None is the built-in one."""
        if isinstance(self.embedder, str):
            return EmbedderSpec("sentence-transformers", self.embedder)
        return self.embedder

    @property
    def superseded_share(self) -> float:
        """The share of superseded documents that is left in the index."""
        if isinstance(self.superseded, str):
            return 1.0 if self.superseded == "keep" else 0.0
        return self.superseded

    def check_keys(self) -> None:
        """Raise `ConfigError` where the key of an endpoint is missing or none."""
        for part in (self.embedding, self.rerank):
            if part is not None:
                part.key()

    def settings(self) -> dict[str, Any]:
        """A JSON-ready dictionary of what was declared, defaults included; nothing of keys."""
        found = _fields(self)
        found["embedder"] = self.embedding and self.embedding.settings()
        # Absent where there is none, so that runs from before there was one stay comparable.
        del found["rerank"]
        return found | ({} if self.rerank is None else {"rerank": self.rerank.settings()})


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """Which adapter is trained, and when.

    A recipe that tells facts tells those known on the day of training: each day of `as_of`, and
    after the last of them as `refresh` says; without `as_of`, from the run's first day on.
    `epochs` is how often a provider goes through the examples (None: as often as the recipe says).
    """

    recipe: str
    refresh: Refresh = NEVER
    as_of: tuple[date, ...] = ()
    seed: int = 0
    epochs: int | None = None

    def day(self, first: date, today: date) -> date | None:
        """The day up to which the adapter used on `today` knows facts; None when it knows none.

        `first` is the first day of the run.

        Raises:
            ConfigError: every day of `as_of` lies after `today`.
        """
        if not RECIPES[self.recipe].tells_facts:
            return None
        days = self.as_of or (first,)
        if today >= max(days) or not self.as_of:
            return self.refresh.day(max(days), today)
        trained = [day for day in days if day <= today]
        if not trained:
            raise ConfigError(f"an adapter as of {min(days)} knows the future of {today}")
        return max(trained)

    def first_day_on_or_after(self, first: date, changed: date) -> date | None:
        """The first training that can know what changed on that day; None when there is none."""
        if not RECIPES[self.recipe].tells_facts:
            return None
        days = self.as_of or (first,)
        fixed = [day for day in days if day >= changed]
        return min(fixed) if fixed else self.refresh.first_on_or_after(max(days), changed)


@dataclass(frozen=True, slots=True)
class SystemSpec:
    """One system. `strategy` says which of the parts it has; a part that does not fit is refused.

    `base` has neither retrieval nor an adapter, `rag` retrieval, `fine-tuned` an adapter, `hybrid`
    both. An adapter comes from `training` or is given as `model.adapter`; a model behind an endpoint
    is fine-tuned by its provider, or has been, which its name then says. With `decoding` free the
    prompt asks for a question's format, constrained the decoder enforces it. `external` is a function
    (a callable or `module:function`, looked for in `folder` too), a file of recorded answers, or an
    HTTP endpoint. `limits` are those of the server, or the function, that is asked; no answer depends
    on them.
    """

    name: str
    strategy: Strategy
    model: ModelSpec = field(default_factory=ModelSpec)
    retrieval: RetrievalSpec | None = None
    training: TrainingSpec | None = None
    prompt: Path | None = None
    max_tokens: int = DEFAULT_MAX_TOKENS
    decoding: Decoding = "free"
    function: AnswerFunction | str | None = None
    replay: ReplaySpec | None = None
    http: HttpSpec | None = None
    folder: Path | None = None
    limits: Limits | None = None

    def __post_init__(self) -> None:
        if self.strategy in {"rag", "hybrid"} and self.retrieval is None:
            object.__setattr__(self, "retrieval", RetrievalSpec())
        problems = tuple(_problems(self))
        if problems:
            raise SpecError(self.name, problems)

    def settings(self) -> dict[str, Any]:
        """A JSON-ready dictionary of what was declared, defaults included; no machine's paths."""
        if self.strategy == "external":
            if self.replay is not None:
                return self.replay.settings()
            if self.http is not None:
                return self.http.settings()
            what = self.function if isinstance(self.function, str) else _name(self.function)
            return {"function": what}
        # Absent where it is free, so that runs from before there was a choice stay comparable.
        decoding = {} if self.decoding == "free" else {"decoding": self.decoding}
        return {
            "model": self.model.settings(),
            "adapter": self.model.adapter.name if self.model.adapter else None,
            "retrieval": self.retrieval and self.retrieval.settings(),
            "training": self.training and _fields(self.training),
            "prompt": self.prompt.name if self.prompt else "built-in",
            "max_tokens": self.max_tokens,
            **decoding,
        }


def _problems(spec: SystemSpec) -> Iterator[tuple[str, str]]:
    """What is wrong, as (key, message): values first, then parts that do not fit the strategy."""
    yield from _one_of("strategy", spec.strategy, get_args(Strategy))
    yield from _one_of("decoding", spec.decoding, get_args(Decoding))
    if spec.max_tokens < 1:
        yield "max_tokens", f"must be at least 1, not {spec.max_tokens}"
    if spec.retrieval is not None:
        yield from _retrieval_problems(spec.retrieval)
    if spec.training is not None:
        yield from _training_problems(spec.training)
    if spec.limits is not None:
        yield from _limits_problems(spec, spec.limits)
    if spec.strategy == "external":
        yield from _external_problems(spec)
    else:
        yield from _local_problems(spec)


def _retrieval_problems(retrieval: RetrievalSpec) -> Iterator[tuple[str, str]]:
    for key, words in (
        ("mode", get_args(Mode)),
        ("order", get_args(Order)),
    ):
        yield from _one_of(f"retrieval.{key}", getattr(retrieval, key), words)
    yield from _retrieval_numbers(retrieval)
    if retrieval.embedding is not None:
        if retrieval.mode == "bm25":
            yield "retrieval.embedder", 'is not used with mode = "bm25"'
        for key, message in retrieval.embedding.problems():
            yield f"retrieval.embedder.{key}", message
    if retrieval.rerank is not None:
        yield from _rerank_problems(retrieval.rerank, retrieval.passages)


def _retrieval_numbers(retrieval: RetrievalSpec) -> Iterator[tuple[str, str]]:
    if isinstance(retrieval.superseded, str):
        yield from _one_of("retrieval.superseded", retrieval.superseded, ("keep", "delete"))
    elif not 0 <= retrieval.superseded <= 1:
        yield "retrieval.superseded", f"must be a share from 0 to 1, not {retrieval.superseded}"
    if retrieval.passages < 1:
        yield "retrieval.passages", f"must be at least 1, not {retrieval.passages}"
    if not 0 <= retrieval.recency < math.inf:
        yield "retrieval.recency", f"must be 0 or more, not {retrieval.recency}"
    if not 0 < retrieval.half_life_days < math.inf:
        yield "retrieval.half_life_days", f"must be more than 0, not {retrieval.half_life_days}"


def _rerank_problems(rerank: RerankerSpec, passages: int) -> Iterator[tuple[str, str]]:
    for key, message in rerank.problems():
        yield f"retrieval.rerank.{key}", message
    if rerank.candidates < passages:
        yield "retrieval.rerank.candidates", f"must be at least passages, which is {passages}"


def _training_problems(training: TrainingSpec) -> Iterator[tuple[str, str]]:
    yield from _one_of("training.recipe", training.recipe, RECIPES)
    recipe = RECIPES.get(training.recipe)
    if recipe is not None and not recipe.tells_facts:
        if training.as_of:
            yield "training.as_of", f"recipe {recipe.name!r} tells no facts, so it has no day"
        if training.refresh != NEVER:
            yield "training.refresh", f"recipe {recipe.name!r} tells no facts to refresh"
    if training.as_of and training.refresh == ON_CHANGE:
        yield "training.as_of", 'fixes a day, so refresh cannot be "on-change"'
    if training.epochs is not None and training.epochs < 1:
        yield "training.epochs", f"must be at least 1, not {training.epochs}"


def _limits_problems(spec: SystemSpec, limits: Limits) -> Iterator[tuple[str, str]]:
    for key, message in limits.problems():
        yield f"limits.{key}", message
    if spec.function is not None and limits.request_seconds is not None:
        yield "limits.request_seconds", "a function is called once; see deadline in suite.toml"
    if spec.function is not None and limits.outage_seconds != Limits().outage_seconds:
        yield "limits.outage_seconds", "a function is not waited for: what it raises is its answer"
    if spec.function is None and spec.http is None and not spec.model.is_endpoint:
        yield "limits", "only what asks a server or a function has limits"


def _local_problems(spec: SystemSpec) -> Iterator[tuple[str, str]]:
    for key, message in spec.model.problems():
        yield f"model.{key}", message
    for key in _EXTERNAL:
        if getattr(spec, key) is not None:
            yield key, f'needs strategy = "external", not {spec.strategy!r}'
    if spec.retrieval is not None and spec.strategy in {"base", "fine-tuned"}:
        yield "retrieval", f"strategy {spec.strategy!r} has no retrieval; see rag and hybrid"
    adapted = spec.training is not None or spec.model.adapter is not None
    if adapted and spec.strategy in {"base", "rag"}:
        key = "training" if spec.training is not None else "model.adapter"
        yield key, f"strategy {spec.strategy!r} has no adapter; see fine-tuned and hybrid"
    if not spec.model.is_endpoint:  # such a model may have been tuned before
        if not adapted and spec.strategy in {"fine-tuned", "hybrid"}:
            yield "training", f"missing: strategy {spec.strategy!r} needs a recipe or model.adapter"
        if spec.training is not None and spec.training.epochs is not None:
            yield "training.epochs", 'goes with kind = "openai"; here the recipe says how often'
    if spec.training is not None and spec.model.adapter is not None:
        yield "model.adapter", "cannot be given beside training, which makes its own adapter"


def _external_problems(spec: SystemSpec) -> Iterator[tuple[str, str]]:
    if sum(getattr(spec, key) is not None for key in _EXTERNAL) != 1:
        yield "strategy", "'external' needs exactly one of function, replay and http"
    if spec.replay is not None:
        yield from ((f"replay.{key}", message) for key, message in spec.replay.problems())
    if spec.http is not None:
        yield from ((f"http.{key}", message) for key, message in spec.http.problems())
    parts = {
        "retrieval": spec.retrieval is not None,
        "training": spec.training is not None,
        "prompt": spec.prompt is not None,
        "model": spec.model != ModelSpec(),
        "max_tokens": spec.max_tokens != DEFAULT_MAX_TOKENS,
        "decoding": spec.decoding != "free",
    }
    for key, given in parts.items():
        if given:
            yield key, "an external system looks after this itself"


def _one_of(key: str, word: str, valid: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    if word not in valid:
        yield key, f"unknown word {word!r}: {nearest(str(word), valid)}"


def _fields(part: RetrievalSpec | TrainingSpec) -> dict[str, Any]:
    found = {name: _plain(getattr(part, name)) for name in part.__slots__}
    if found.get("epochs", 0) is None:
        del found["epochs"]  # as `decoding` above
    return found


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [str(day) for day in value]
    return str(value) if isinstance(value, Refresh) else value


def _name(function: object) -> str:
    return f"{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', function)}"
