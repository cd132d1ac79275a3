"""Fine-tuning at providers apart from a run: all that a suite's systems need, at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.running.background import result_in_background
from harness.running.job import Job
from harness.systems.hosted import suite_orders, suite_tuner, together
from harness.systems.world import SystemWorld
from harness.training.hosted.ledger import Ledger
from harness.training.hosted.tuner import Order, Tell, TunedModel

__all__ = ["EndedJob", "cancel_all", "tune_all"]

_INTERRUPTED: Final = (
    "interrupted: what is ordered goes on at the provider; the same command waits for it, and with "
    "--cancel ends it"
)


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
    tuner = suite_tuner(world, Ledger.default(), tell=tell)

    async def tune(order: Order) -> TunedModel:
        return (await tuner.tune(order))[0]

    orders = suite_orders(job.systems, world)
    return result_in_background(lambda: together(orders, tune), _INTERRUPTED)


def cancel_all(job: Job, world: SystemWorld) -> tuple[EndedJob, ...]:
    """End the jobs that `tune_all` would wait for; raises `HarnessError` as `Tuner.cancel`."""
    tuner = suite_tuner(world, Ledger.default())

    async def cancel(order: Order) -> EndedJob:
        return EndedJob(order, *await tuner.cancel(order))

    orders = suite_orders(job.systems, world)
    return result_in_background(lambda: together(orders, cancel), _INTERRUPTED)
