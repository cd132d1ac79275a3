"""Fine-tuning at providers apart from a run: all that a suite's systems need, at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from harness.running.background import result_in_background
from harness.running.job import Job
from harness.systems.hosted import suite_orders, suite_tuner
from harness.systems.world import SystemWorld
from harness.training.hosted.ledger import Ledger
from harness.training.hosted.tuner import Order, Tell, TunedModel, Tuner

__all__ = ["EndedJob", "cancel_all", "tune_all"]

_INTERRUPTED: Final = (
    "interrupted: what is ordered goes on at the provider; the same command waits for it, and with "
    "--cancel ends it"
)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class EndedJob:
    """What became of an order that is no longer wanted.

    `job` is the provider's id, None where nothing was ordered; `state` is its word for the job's: one
    that has succeeded stays so.
    """

    order: Order
    job: str | None
    state: str


def tune_all(job: Job, world: SystemWorld, tell: Tell | None = None) -> tuple[TunedModel, ...]:
    """The models that the job's systems behind endpoints need, found or made.

    Raises:
        HarnessError: as `Tuner.tune`, once no other order is waited for.
        RunInterruptedError: Ctrl-C was pressed.
    """
    tuner = _tuner(job, world, tell)

    async def tune(order: Order) -> TunedModel:
        return (await tuner.tune(order))[0]

    return _on_each(suite_orders(job.systems, world), tune)


def cancel_all(job: Job, world: SystemWorld) -> tuple[EndedJob, ...]:
    """End the jobs that `tune_all` would wait for; raises `HarnessError` as `Tuner.cancel`."""
    tuner = _tuner(job, world, None)

    async def cancel(order: Order) -> EndedJob:
        return EndedJob(order, *await tuner.cancel(order))

    return _on_each(suite_orders(job.systems, world), cancel)


def _tuner(job: Job, world: SystemWorld, tell: Tell | None) -> Tuner:
    systems = [s.name for s in job.systems if s.training is not None and s.model.is_endpoint]
    return suite_tuner(systems, world, Ledger.default(), tell=tell)


def _on_each(
    orders: tuple[Order, ...], work: Callable[[Order], Coroutine[Any, Any, _T]]
) -> tuple[_T, ...]:
    """Do the work on all orders at once; then raise the first error, if any."""

    async def all_of_them() -> tuple[_T, ...]:
        outcomes = await asyncio.gather(*map(work, orders), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return tuple(outcome for outcome in outcomes if not isinstance(outcome, BaseException))

    return result_in_background(all_of_them, _INTERRUPTED)
