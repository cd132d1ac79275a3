"""The runner: carries out a plan day by day and journals every answer as it arrives.

A day begins when all answers of the day before are in: every system is prepared, alone and in
turn, in the first worker (its times are the ones that are kept), then in the others, which find
the artefacts already made. Then tasks are handed out in the plan's order. Each worker has one
question at a time, so an answer's latency, measured inside the worker, is never that of a queue. A
server that is asked from here has as many in flight as its limits say.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO

from harness.errors import BudgetReachedError, RunError, RunInterruptedError, TargetError
from harness.running.arms import Arm, failed
from harness.running.budget import Budget
from harness.running.cache import AnswerCache, answer_key
from harness.running.folder import RunFolder
from harness.running.lag import LagMeter
from harness.running.plan import Task
from harness.running.progress import Phase, Progress, ProgressCallback
from harness.running.queue import TaskQueue
from harness.running.record import Record
from harness.running.roster import Roster
from harness.running.workers import Seat, default_workers
from harness.systems.base import Answer
from harness.transport.deadline import deadline
from harness.transport.target import Target
from harness.world.questions import QuestionSet

_SYNC_SECONDS = 1.0
_WORKER_LOG = "workers.log"


@dataclass(frozen=True, slots=True)
class Options:
    """How a plan is carried out; none of it may change an answer.

    `workers` is the number of processes for local systems (None: `default_workers`), `deadline` the
    seconds after which a question has failed (None: never). Answers that are in `cache` are not asked
    for again; `budget` bounds what is spent on those that are.
    """

    workers: int | None = None
    deadline: float | None = 120.0
    cache: AnswerCache | None = None
    budget: Budget | None = None
    decided: Callable[[Record], bool] | None = None


class Runner:
    """One session of a run: call `run` once.

    Its systems must be those of the manifest: `run` fills in fingerprints that are not known yet
    and raises `RunError` naming what differs from those that are.
    """

    def __init__(
        self,
        folder: RunFolder,
        plan: Sequence[Task],
        questions: QuestionSet,
        arms: Sequence[Arm],
        *,
        options: Options | None = None,
        progress: ProgressCallback | None = None,
    ) -> None:
        self._folder = folder
        self._questions = questions
        self._options = options or Options()
        self._callback = progress
        self._total = len(plan)
        done = folder.done
        self._plan = plan
        self._pending: Sequence[int] = range(len(plan))  # positions in the plan
        if done:
            self._pending = [task.position for task in plan if task.key not in done]
        needed = {task.system for task in self._tasks()}
        self._in_workers = [a for a in arms if a.place == "worker" and a.name in needed]
        self._in_loop = [a for a in arms if a.place == "loop" and a.name in needed]
        self._deaths = 0
        self._failed = 0
        self._answered = 0
        self._answering = 0.0
        self._draining = False
        self._over_budget = False
        self._decided = False
        self._cacheable = {arm.name for arm in arms if arm.cacheable}
        self._main: asyncio.Task[None] | None = None
        self._lag = LagMeter()

    def interrupt(self) -> None:
        """Stop: the first time when what is in flight has been saved, the second time at once.

        Not thread-safe; from another thread go through `loop.call_soon_threadsafe`.
        """
        if self._draining and self._main is not None:
            self._main.cancel()
            return
        self._draining = True
        self._tell("note", message="finishing what is in flight; interrupt again to stop at once")

    async def run(self) -> None:
        """Answer all that is missing. What was answered is journalled, however this ends.

        Raises:
            RunInterruptedError: after `interrupt`; the run can be resumed.
            TargetError: a server is down, refuses the key, or has no such model.
            BudgetReachedError: the next answer may not have fitted into the budget.
            RunError: systems that are not those of the manifest, that cannot be prepared, whose
                workers keep dying; a full disk.
        """
        self._main = asyncio.current_task()
        self._tell("start")
        try:
            with (self._folder.path / _WORKER_LOG).open("ab") as log:
                await self._run(log)
        except asyncio.CancelledError:
            if not self._draining:
                raise
        except TargetError as error:
            if not len(self._folder):
                raise
            raise TargetError(f"{error}; {self._kept()}") from error
        finally:
            self._forget_empty_log()
            if self._deaths:
                self._folder.note(f"{self._deaths} worker processes died and were replaced")
            self._folder.sync()
            self._tell("end")
        self._keep_lag()
        if self._over_budget:
            raise BudgetReachedError(self._bound_reached())
        if self._decided and len(self._folder) < self._total:
            self._folder.note(
                f"stopped when all gates were decided, after {len(self._folder)} of {self._total} "
                "answers: the gates allow for that, the intervals of other figures do not"
            )
        elif self._draining and len(self._folder) < self._total:
            raise RunInterruptedError(f"interrupted: {self._kept()}")
        if self._pending or self._folder.manifest.finished is None:
            self._folder.update(finished=_now())

    def _keep_lag(self) -> None:
        lag = self._lag.lag([arm.name for arm in self._in_loop])
        if lag is not None:
            self._folder.update(loop_lag=(*self._folder.manifest.loop_lag, lag))

    def _kept(self) -> str:
        return (
            f"{len(self._folder)} of {self._total} answers are kept; "
            f"go on with: harness resume {self._folder.path}"
        )

    def _bound_reached(self) -> str:
        budget = self._options.budget
        assert budget is not None  # noqa: S101  (else nothing is over it)
        missing = Counter(
            task.system for task in self._tasks() if task.key not in self._folder.done
        )
        listed = ", ".join(f"{name} {count}" for name, count in sorted(missing.items()))
        return (
            f"stopped at the budget: ${budget.spent:.4g} of ${budget.usd:.4g} are spent, and an "
            f"answer has cost up to ${budget.dearest:.2g}; missing are {listed}; "
            f"{self._kept()} --budget USD"
        )

    async def _run(self, log: IO[bytes]) -> None:
        if not self._pending:
            return
        size = self._options.workers or default_workers()
        seats = [
            Seat(self._in_workers, log, self._worker_died)
            for _ in range(size if self._in_workers else 0)
        ]
        for arm in self._in_loop:
            if arm.target is not None:
                arm.target.note = self._note
        roster = Roster(self._folder, [*self._in_workers, *self._in_loop], seats)
        sync = asyncio.create_task(self._keep_syncing())
        try:
            await roster.make()
            # A resumed run begins with its first day again: what a system is on one day may
            # depend on the days before. Artefacts that exist are reused.
            last = self._plan[self._pending[-1]].day  # the plan has its days in order
            for day in sorted(day for day in self._folder.manifest.days if day <= last):
                await self._prepare(roster, day)
                with self._lag:
                    await self._answer_all(roster, day)
                if self._draining:
                    break
            await roster.retire()
        finally:
            sync.cancel()
            await asyncio.wait([sync])
            await roster.close()
        if not sync.cancelled():
            sync.result()  # a disk that was full while nothing was appended

    async def _prepare(self, roster: Roster, day: date) -> None:
        for arm in roster.arms:
            if self._draining:
                return
            self._tell("prepare", day=day, system=arm.name)
            await roster.prepare(arm, day)
        await roster.follow(day)

    async def _answer_all(self, roster: Roster, day: date) -> None:
        for_workers, queues = self._queues(day)
        started, before = time.perf_counter(), self._answering

        def ticking() -> None:
            self._answering = before + time.perf_counter() - started

        await _drained(
            *(self._serve_seat(for_workers, seat, ticking) for seat in roster.seats),
            *(
                self._serve(waiting, self._in_this_loop(roster), ticking)
                for waiting, places in queues
                for _ in range(min(places, len(waiting)))
            ),
        )

    def _tasks(self) -> Iterator[Task]:
        """Those that were missing at the start, in the plan's order."""
        return (self._plan[position] for position in self._pending)

    def _queues(self, day: date) -> tuple[TaskQueue, list[tuple[TaskQueue, int]]]:
        """The day's tasks in the plan's order: the workers', and each target's with how many may be in flight."""
        targets = {arm.name: arm.target for arm in self._in_loop}
        for_workers = TaskQueue(self._plan)
        queues: dict[Target | None, TaskQueue] = {}
        for task in self._tasks():
            if task.day != day:
                continue
            if task.system in targets:
                queues.setdefault(targets[task.system], TaskQueue(self._plan)).put(task)
            else:
                for_workers.put(task)
        return for_workers, [
            (queue, 1 if target is None else target.limits.concurrency)
            for target, queue in queues.items()
        ]

    async def _serve(
        self,
        tasks: TaskQueue,
        answer: Callable[[Task], Awaitable[Answer]],
        ticking: Callable[[], None],
    ) -> None:
        while tasks and not self._draining:
            task = tasks.take()
            try:
                if not self._take_cached(task) and not await self._take(task, answer):
                    self._draining = self._over_budget = True
                    return
            except Exception:
                self._draining = True  # the others save what they have in flight
                raise
            ticking()
            self._tell("answer", day=task.day, system=task.system)

    async def _serve_seat(self, tasks: TaskQueue, seat: Seat, ticking: Callable[[], None]) -> None:
        """As `_serve`, several questions at once where a system takes them.

        A budget has each asked alone: what one costs must be known before the next is asked.
        """
        batches = {arm.name: arm.batch for arm in self._in_workers}
        if self._options.budget is not None or max(batches.values(), default=1) == 1:
            await self._serve(tasks, self._in_seat(seat), ticking)
            return
        while tasks and not self._draining:
            group = tasks.take_together(batches)
            try:
                await self._take_together(group, seat)
            except Exception:
                self._draining = True  # the others save what they have in flight
                raise
            ticking()
            for task in group:
                self._tell("answer", day=task.day, system=task.system)

    async def _take_together(self, group: Sequence[Task], seat: Seat) -> None:
        """Ask what is in no cache, and keep what is answered."""
        missing = [task for task in group if not self._take_cached(task)]
        if not missing:
            return
        started = _now()
        answers = await seat.answers(
            missing[0].system,
            [self._questions[task.question_id] for task in missing],
            missing[0].day,
            self._options.deadline,
        )
        for task, answer in zip(missing, answers, strict=True):
            self._keep_in_cache(task, self._keep(task, started, answer))

    async def _take(self, task: Task, answer: Callable[[Task], Awaitable[Answer]]) -> bool:
        """Ask, and keep what is answered; False where that may not fit into the budget."""
        budget = self._options.budget
        if budget is not None and not await budget.admit():
            return False
        record: Record | None = None
        try:
            started = _now()
            record = self._keep(task, started, await answer(task))
        finally:
            if budget is not None:
                budget.settle(record)
        self._keep_in_cache(task, record)
        return True

    def _keep_in_cache(self, task: Task, record: Record) -> None:
        cache = self._options.cache
        if cache is not None and task.system in self._cacheable:
            cache.keep(self._cache_key(task), record.answer)

    def _take_cached(self, task: Task) -> bool:
        """Keep the answer that was given before, if there is one."""
        cache = self._options.cache
        if cache is None or task.system not in self._cacheable:
            return False
        found = cache.find(self._cache_key(task))
        if found is not None:
            self._keep(task, _now(), found, cached=True)
        return found is not None

    def _cache_key(self, task: Task) -> str:
        manifest = self._folder.manifest
        (system,) = (one for one in manifest.systems if one.name == task.system)
        (prepared,) = (p for p in manifest.preparations[task.system] if p.day == task.day)
        question = self._questions[task.question_id]
        return answer_key(
            system.fingerprints, prepared.fingerprints, question, task.day, task.repeat
        )

    def _in_seat(self, seat: Seat) -> Callable[[Task], Awaitable[Answer]]:
        return lambda task: seat.answer(
            task.system, self._questions[task.question_id], task.day, self._options.deadline
        )

    def _in_this_loop(self, roster: Roster) -> Callable[[Task], Awaitable[Answer]]:
        seconds = self._options.deadline

        async def answer(task: Task) -> Answer:
            try:
                with deadline(seconds):
                    question = self._questions[task.question_id]
                    return await roster.ask(task.system, question, task.day)
            except TimeoutError:
                return failed("timeout", f"no answer in {seconds:g} s", seconds or 0.0)

        return answer

    def _keep(self, task: Task, started: str, answer: Answer, *, cached: bool = False) -> Record:
        record = Record(
            system=task.system,
            question_id=task.question_id,
            day=task.day,
            repeat=task.repeat,
            position=task.position,
            started=started,
            answer=answer,
            cached=cached,
        )
        try:
            self._folder.append(record)
        except (TypeError, ValueError) as error:
            wrong = failed("invalid_answer", f"the answer cannot be recorded: {error}")
            record = replace(record, answer=wrong)
            self._folder.append(record)
        self._answered += 1
        self._failed += record.answer.failure is not None
        if self._options.decided is not None and self._options.decided(record):
            self._draining = self._decided = True
        return record

    async def _keep_syncing(self) -> None:
        try:
            while not self._draining:
                await asyncio.sleep(_SYNC_SECONDS)
                await asyncio.to_thread(self._folder.sync)
                if self._options.cache is not None:
                    self._options.cache.sync()
        except RunError:
            self._draining = True
            raise

    def _worker_died(self, message: str) -> None:
        self._deaths += 1
        self._note(message)

    def _note(self, message: str) -> None:
        self._tell("note", message=message)

    def _forget_empty_log(self) -> None:
        log: Path = self._folder.path / _WORKER_LOG
        if log.exists() and not log.stat().st_size:
            log.unlink()

    def _tell(
        self, phase: Phase, *, day: date | None = None, system: str = "", message: str = ""
    ) -> None:
        if self._callback is None:
            return
        done = len(self._folder)
        each = self._answering / self._answered if self._answered else None
        self._callback(
            Progress(
                phase,
                done,
                self._total,
                failed=self._failed,
                day=day,
                system=system,
                remaining=each * (self._total - done) if each is not None else None,
                message=message,
            )
        )


async def _drained(*work: Awaitable[None]) -> None:
    """Wait for all of it, then raise the first error, if any."""
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
