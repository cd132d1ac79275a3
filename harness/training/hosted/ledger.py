"""What was ordered at providers: on disk before the next step, so that nothing is paid for twice.

One JSON file an order, named by all that determines what is learned, with the ids under which the
provider knows it. It belongs to no run. Whoever loses it finds file and job at the provider again.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from harness.errors import ArtefactError, RunError
from harness.training.store import cache_folder

__all__ = ["Entry", "Ledger"]


@dataclass(frozen=True, slots=True)
class Entry:
    """How far an order is; None is not known yet.

    `file` and `job` are the provider's ids, `state` is its word for the job's, `model` the name of
    the fine-tuned model, `tokens` how many are billed; times in seconds since 1970.
    """

    file: str | None = None
    job: str | None = None
    state: str | None = None
    model: str | None = None
    tokens: int | None = None
    created: float | None = None
    finished: float | None = None

    def __post_init__(self) -> None:
        if self.state == "succeeded" and not self.model:
            raise ValueError("a model that was made and has no name")


@dataclass(frozen=True, slots=True)
class Ledger:
    """The entries in a folder, by name."""

    folder: Path

    @classmethod
    def default(cls) -> Ledger:
        """That of this user."""
        return cls(cache_folder() / "hosted")

    def path(self, name: str) -> Path:
        """The file of an entry."""
        return self.folder / f"{name}.json"

    def read(self, name: str) -> Entry:
        """The entry; an empty one where there is none.

        Raises:
            ArtefactError: it is damaged.
            RunError: it cannot be read.
        """
        path = self.path(name)
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            return Entry(**{field.name: data[field.name] for field in fields(Entry)})
        except FileNotFoundError:
            return Entry()
        except OSError as error:
            raise RunError(f"{path}: {error.strerror or error}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ArtefactError(
                f"{path}: damaged: {error!r}; delete it: file and job are found at the provider again"
            ) from error

    def write(self, name: str, entry: Entry, order: Mapping[str, Any]) -> None:
        """Keep an entry, all or nothing; `order` says for people what it is about.

        Raises:
            RunError: the disk is full, or the folder cannot be written.
        """
        path = self.path(name)
        draft = path.with_name(f".{path.name}.new")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with draft.open("w", encoding="utf-8") as file:
                file.write(json.dumps({**order, **asdict(entry)}, indent=2) + "\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            known = f"; the job {entry.job} is found at the provider again" if entry.job else ""
            raise RunError(f"{path}: {error.strerror or error}{known}") from error

    @asynccontextmanager
    async def held(self, name: str, waiting: Callable[[], None]) -> AsyncIterator[None]:
        """Have an order to oneself; `waiting` is called where another process has it.

        Raises:
            RunError: the folder cannot be written.
        """
        from filelock import AsyncFileLock, Timeout  # noqa: PLC0415  (needed here only)

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = AsyncFileLock(self.folder / f"{name}.lock")
            try:
                await lock.acquire(blocking=False)
            except Timeout:
                waiting()
                await lock.acquire(poll_interval=0.5)
        except OSError as error:
            raise RunError(f"{self.folder}: {error.strerror or error}") from error
        try:
            yield
        finally:
            await lock.release()
