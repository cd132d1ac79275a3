"""What is measured: the system protocol, its answers, and what keeping it up to date costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, Protocol, get_args

from harness.retrieval.base import Passage

if TYPE_CHECKING:
    from harness.world.questions import Question

Strategy = Literal["base", "rag", "fine-tuned", "hybrid", "external"]
Stage = Literal["connect", "retrieve", "first_token", "decode"]

STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
"""The stages of an answer's service time; a `Timing` has the seconds of each under its name."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer; `counted` is False when the model's were estimated, not reported.

    `reasoning_tokens` are among the completion's, `cached_tokens` among the prompt's. For its
    retrieval, servers embedded and reranked so many more; None where they did not tell.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    counted: bool = True
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    embedded_tokens: int | None = 0
    reranked_tokens: int | None = 0


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds per stage of one answer, measured from the intended start.

    `queue` is spent waiting in the client, `connect` making a connection (0 where an open one was
    used), `retrieve` searching, `first_token` in the model until the first token (prefill), `decode`
    from the first token to the last; None where a system does not tell. `total` is all of it.
    """

    queue: float = 0.0
    retrieve: float | None = None
    first_token: float | None = None
    decode: float | None = None
    total: float = 0.0
    connect: float | None = None

    @property
    def service(self) -> float:
        """Seconds without the client's queue."""
        return self.total - self.queue

    @property
    def other(self) -> float:
        """Seconds of the service that no stage covers: all of it where no stage is told."""
        return self.service - sum(getattr(self, stage) or 0.0 for stage in STAGES)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer: `kind` is a stable word (timeout, refused, error ...)."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a system, or its failure; `attempts` is the number of calls that it took.

    `batch` answers were computed together, this one included: then the timing is that of all of them,
    and so is `energy_joules`, None where the machine does not tell (`harness.energy`) or is not ours.
    """

    text: str | None
    passages: tuple[Passage, ...] = ()
    usage: Usage = field(default_factory=Usage)
    timing: Timing = field(default_factory=Timing)
    finish_reason: str = "stop"
    failure: Failure | None = None
    attempts: int = 1
    batch: int = 1
    energy_joules: float | None = None


@dataclass(frozen=True, slots=True)
class Preparation:
    """What bringing a system up to date for a day cost, and until when it knows the world.

    Seconds and joules are what the work took when it was really done; `reused` says that an artefact
    with the same fingerprint was taken instead, and they then repeat what making it once took.
    `documents` were written into the index and `removed` deleted from it; a server embedded
    `embedded_tokens` for that (None: it did not tell). `energy_joules` is None where the machine does
    not tell (`harness.energy`). The index holds what was published by
    `index_as_of`, the adapter was told the facts of `adapter_as_of`; None: it has no such part.
    `index_bytes` is what its files take; None without one, and in a run from before this was kept.
    """

    day: date
    index_seconds: float = 0.0
    documents: int = 0
    training_seconds: float = 0.0
    examples: int = 0
    tokens: int = 0
    reused: bool = False
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    removed: int = 0
    energy_joules: float | None = None
    index_as_of: date | None = None
    adapter_as_of: date | None = None
    embedded_tokens: int | None = 0
    index_bytes: int | None = None

    @property
    def as_of(self) -> date | None:
        """The latest day that any part knows; None when none is ever brought up to date."""
        days = [day for day in (self.index_as_of, self.adapter_as_of) if day is not None]
        return max(days, default=None)


class System(Protocol):
    """One configuration under measurement.

    Life: `prepare(day)`, then any number of `answer(question, day)`, then the next day, then `close`.
    An instance is used by one process; several workers each make their own.
    """

    @property
    def name(self) -> str:
        """Unique in a run."""
        ...

    @property
    def strategy(self) -> Strategy:
        """Which of the article's architectures it is."""
        ...

    def fingerprint(self) -> Mapping[str, str]:
        """Fingerprints of all that shapes an answer: model, adapter, prompt, index settings."""
        ...

    async def prepare(self, day: date) -> Preparation:
        """Re-index and retrain as the refresh policy says, from what was visible on `day`."""
        ...

    async def answer(self, question: Question, day: date) -> Answer:
        """Answer; a failure is an `Answer` with `failure`, never an exception."""
        ...

    async def close(self) -> None:
        """Release what the system holds."""
        ...
