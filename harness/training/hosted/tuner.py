"""Having a model fine-tuned at its provider: examples up, a job, and the name of a new model.

Each step is looked for before it is taken and written down before the next one, in the ledger and in
names that the provider keeps. However a run ends, the next one goes on with the same job, which runs
at the provider meanwhile.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from harness.errors import ArtefactError
from harness.models.openai.endpoint import Endpoint
from harness.training.adapter import AdapterKey
from harness.training.examples import Example, chat_jsonl, examples_fingerprint
from harness.training.hosted.calls import Caller, CallFailedError, Retries, again
from harness.training.hosted.ledger import Entry, Ledger
from harness.training.hosted.provider import Job, Provider
from harness.transport.messages import one_line

__all__ = ["Order", "Pace", "Tell", "TunedModel", "Tuner", "hosted_settings"]

_GROWTH: Final = 1.5
_MINUTE: Final = 60.0
_NOT_FOUND: Final = 404
_CAME_TO_NOTHING: Final = frozenset({"failed", "cancelled"})

Tell = Callable[[Literal["state", "note"], str], None]
"""Told how an order stands: `state` until the next one, `note` to be kept."""


@dataclass(frozen=True, slots=True)
class Order:
    """One fine-tuning: what is learned on top of which model at which provider."""

    endpoint: Endpoint
    key: AdapterKey
    examples: tuple[Example, ...]
    epochs: int

    @classmethod
    def of(
        cls,
        endpoint: Endpoint,
        recipe: str,
        day: date | None,
        examples: tuple[Example, ...],
        *,
        epochs: int,
        seed: int,
    ) -> Order:
        """The order of these examples; its key covers the provider's url and the model's name."""
        base = json.dumps(["openai", endpoint.url, endpoint.model])
        key = AdapterKey(
            recipe=recipe,
            day=day,
            base=hashlib.sha256(base.encode()).hexdigest()[:16],
            data=examples_fingerprint(examples),
            settings=hosted_settings(epochs),
            seed=seed,
        )
        return cls(endpoint, key, examples, epochs)

    @property
    def name(self) -> str:
        """What it is called everywhere: ledger, uploaded file, job, and within the model's name."""
        return self.key.folder

    def described(self) -> dict[str, Any]:
        """For people who read the ledger."""
        return {
            "url": self.endpoint.url,
            "base": self.endpoint.model,
            "recipe": self.key.recipe,
            "day": self.key.day and self.key.day.isoformat(),
            "examples": len(self.examples),
            "epochs": self.epochs,
            "seed": self.key.seed,
        }


@dataclass(frozen=True, slots=True)
class TunedModel:
    """A model that its provider fine-tuned, and what that took.

    `name` is what the endpoint calls it. `tokens` are those that the provider bills, None where it
    does not say. `seconds` run from the job's creation to its end, the provider's queue included.
    """

    name: str
    key: AdapterKey
    examples: int
    tokens: int | None
    seconds: float

    @property
    def recipe(self) -> str:
        """The name of the recipe."""
        return self.key.recipe

    @property
    def day(self) -> date | None:
        """The day up to which it has seen facts; None when it has seen none."""
        return self.key.day

    @property
    def where(self) -> str:
        """What a user finds it by: its name at the endpoint."""
        return self.name

    def fingerprint(self) -> str:
        """Of what determined it, and of the name that came out."""
        text = f"{self.key.fingerprint()} {self.name}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a job is asked after, and failed calls are made again.

    It is asked after at once, then after `first_seconds`, and each time half as long again after that,
    up to `longest_seconds`. Who waits for hours bears more failures (`waiting`, two minutes
    of them) than who begins (`beginning`).
    """

    first_seconds: float = 1.0
    longest_seconds: float = 60.0
    beginning: Retries = field(default_factory=Retries)
    waiting: Retries = field(default_factory=lambda: Retries(attempts=10))


def hosted_settings(epochs: int) -> str:
    """The fingerprint of what a provider is told about how to train."""
    return hashlib.sha256(json.dumps({"n_epochs": epochs}).encode()).hexdigest()[:16]


class Tuner:
    """Places orders, or finds what came of them.

    `cancel_command` is what a user types to end a job that is no longer wanted.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        cancel_command: str,
        tell: Tell | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._ledger = ledger
        self._command = cancel_command
        self._tell = tell or (lambda _kind, _text: None)
        self._pace = pace or Pace()

    async def tune(self, order: Order) -> tuple[TunedModel, bool]:
        """The model that came of an order, and whether it was there already; else wait for it.

        Several processes may ask at once: one has the model made, the others wait for it.

        Raises:
            ArtefactError: the job failed or was cancelled, or the provider does not know it.
            ConfigError: the provider refuses the key, the model or the examples.
            RunError: it cannot be reached, or its quota is used up.
        """
        entry = self._ledger.read(order.name)
        if entry.state == "succeeded":
            return _tuned(order, entry), True
        async with self._ledger.held(order.name, lambda: self._wait_for_other(order)):
            entry = self._ledger.read(order.name)
            if entry.state == "succeeded":
                return _tuned(order, entry), True
            async with _provider(order) as provider:
                if entry.job is None or entry.state in _CAME_TO_NOTHING:
                    entry = await self._placed(order, entry, provider)
                found = entry.state == "succeeded"
                if not found:
                    entry = await self._finished(order, entry, provider)
        return _tuned(order, entry), found

    async def cancel(self, order: Order) -> tuple[str | None, str]:
        """End the order's job unless it is over; its id (None: there is no job) and its state.

        Raises:
            HarnessError: as `tune`.
        """
        entry = self._ledger.read(order.name)
        async with _provider(order) as provider:

            async def find_and_end() -> Job | None:
                job = (
                    await provider.find_job(order.name, entry.file)
                    if entry.job is None
                    else await provider.job(entry.job)
                )
                return job if job is None or job.is_over else await provider.cancel(job.id)

            job = await again(find_and_end, self._pace.beginning)
        if job is None:
            return None, "not ordered"
        self._keep(order, _of_job(entry, job))
        return job.id, job.state

    async def _placed(self, order: Order, entry: Entry, provider: Provider) -> Entry:
        """The examples uploaded and a job created, each unless it is there."""
        name, data = f"{order.name}.jsonl", chat_jsonl(order.examples)
        self._tell("state", f"uploading {len(order.examples):,} examples")

        async def find_or_upload() -> str:
            if entry.file is not None and await provider.has_file(entry.file):
                return entry.file
            found = await provider.find_file(name, len(data))
            return found if found is not None else await provider.upload(name, data)

        file = await again(find_or_upload, self._pace.beginning)
        self._keep(order, Entry(file=file))

        async def find_or_create() -> Job:
            found = await provider.find_job(order.name, file)
            if found is not None:
                return found
            return await provider.create_job(
                order.name, file, epochs=order.epochs, seed=order.key.seed
            )

        job = await again(find_or_create, self._pace.beginning)
        return self._keep(order, _of_job(Entry(file=file), job))

    async def _finished(self, order: Order, entry: Entry, provider: Provider) -> Entry:
        """The job over. Interrupted, it goes on at the provider, and the user is told so."""
        known = entry.job
        assert known is not None, "it was placed"  # noqa: S101
        where = f"the job {known} at {order.endpoint.url}"
        self._tell("note", f"fine-tuning {order.endpoint.model}: {where}, {order.name}")
        pause = self._pace.first_seconds
        try:
            while True:
                job = await self._asked(order, known, provider)
                entry = self._keep(order, _of_job(entry, job))
                if job.is_over:
                    break
                self._tell("state", _progress(order, entry))
                await asyncio.sleep(pause)
                pause = min(self._pace.longest_seconds, pause * _GROWTH)
        except asyncio.CancelledError:
            self._tell(
                "note",
                f"{where} goes on, and the next run waits for the same one; "
                f"to end it: {self._command}",
            )
            raise
        if job.state != "succeeded":
            raise ArtefactError(_came_to_nothing(where, job))
        return entry

    async def _asked(self, order: Order, job: str, provider: Provider) -> Job:
        try:
            return await again(lambda: provider.job(job), self._pace.waiting)
        except CallFailedError as error:
            if error.status != _NOT_FOUND:
                raise
        raise ArtefactError(
            f"{order.endpoint.url} does not know the job {job}: is the key one of another project? "
            f"To have a new one, delete {self._ledger.path(order.name)}"
        )

    def _keep(self, order: Order, entry: Entry) -> Entry:
        self._ledger.write(order.name, entry, order.described())
        return entry

    def _wait_for_other(self, order: Order) -> None:
        self._tell("note", f"waiting for another process, which has {order.name} fine-tuned")


@asynccontextmanager
async def _provider(order: Order) -> AsyncIterator[Provider]:
    """The order's provider; a call that failed for good becomes its error."""
    try:
        async with Caller(order.endpoint) as caller:
            yield Provider(caller)
    except CallFailedError as error:
        raise error.error from None


def _of_job(entry: Entry, job: Job) -> Entry:
    """What the provider says; the times that it leaves out are those at which we saw it."""
    now = time.time()
    created = job.created or entry.created or now
    return Entry(
        file=entry.file,
        job=job.id,
        state=job.state,
        model=job.model,
        tokens=job.tokens,
        created=created,
        finished=(job.finished or now) if job.is_over else None,
    )


def _tuned(order: Order, entry: Entry) -> TunedModel:
    assert entry.model is not None  # noqa: S101  (`Provider` refuses a finished job without)
    seconds = max(0.0, (entry.finished or 0.0) - (entry.created or 0.0))
    return TunedModel(entry.model, order.key, len(order.examples), entry.tokens, seconds)


def _progress(order: Order, entry: Entry) -> str:
    state = (entry.state or "").replace("_", " ")
    minutes = max(0.0, time.time() - (entry.created or time.time())) / _MINUTE
    return f"{state}, {minutes:.0f} min: fine-tuning of {order.endpoint.model}"


def _came_to_nothing(where: str, job: Job) -> str:
    why = f" ({one_line(job.problem)})" if job.problem else ""
    advice = "mend what it says" if job.state == "failed" else "if that was not on purpose"
    verb = "has failed" if job.state == "failed" else f"was {job.state}"
    return f"{where} {verb}{why}: {advice}, then run again for a new one"
