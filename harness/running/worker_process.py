"""What runs inside a worker process: systems are made, prepared and asked, one request at a time.

Requests come on standard input, replies go to standard output, each a pickle behind its length.
What a system prints goes to standard error instead, which the runner keeps in a file.
"""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import queue
import struct
import sys
import threading
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from harness.errors import HarnessError
from harness.running.arms import Arm, ask, build
from harness.running.environment import forbid_core_files
from harness.systems.base import Answer, Preparation, System
from harness.transport.keys import without_secrets
from harness.world.questions import Question

HEADER: Final = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request led to: its value, or the message of the error it raised."""

    value: Any = None
    error: str = ""


class _Host:
    """The systems of this process. Its methods are the requests."""

    def __init__(self) -> None:
        self._systems: dict[str, System] = {}

    async def make(self, arms: Sequence[Arm]) -> dict[str, dict[str, str]]:
        for arm in arms:
            self._systems[arm.name] = build(arm)
        return {name: dict(system.fingerprint()) for name, system in self._systems.items()}

    async def prepare(self, system: str, day: date) -> Preparation:
        preparation = await self._systems[system].prepare(day)
        # what lives until the next day is none of the collector's business while latency is measured
        gc.collect()
        gc.freeze()
        return preparation

    async def answer(self, system: str, questions: Sequence[Question], day: date) -> list[Answer]:
        asked = self._systems[system]
        return await asyncio.gather(*(ask(asked, question, day) for question in questions))

    async def close(self) -> None:
        for system in self._systems.values():
            await system.close()


def main() -> None:
    """Serve requests until `close`, or until the runner is gone."""
    forbid_core_files()
    requests, replies = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, inbox), daemon=True).start()
    asyncio.run(_serve(inbox, replies))
    sys.stderr.flush()
    # threads that a library left behind must not keep a worker that is done
    os._exit(0)


def _listen(requests: int, inbox: queue.SimpleQueue[bytes]) -> None:
    while (request := _read(requests)) is not None:
        inbox.put(request)
    # The runner is gone, even if it was killed: nobody waits for what is being computed.
    os._exit(1)


def _read(pipe: int) -> bytes | None:
    header = _read_exactly(pipe, HEADER.size)
    return None if header is None else _read_exactly(pipe, HEADER.unpack(header)[0])


def _read_exactly(pipe: int, size: int) -> bytes | None:
    parts = []
    while size:
        part = os.read(pipe, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


async def _serve(inbox: queue.SimpleQueue[bytes], replies: int) -> None:
    host = _Host()
    method = ""
    while method != "close":
        method, arguments = pickle.loads(inbox.get())  # noqa: S301  (the runner's own pipe)
        reply = await _carry_out(host, method, arguments)
        data = pickle.dumps(reply, pickle.HIGHEST_PROTOCOL)
        rest = memoryview(HEADER.pack(len(data)) + data)
        while rest:
            rest = rest[os.write(replies, rest) :]


async def _carry_out(host: _Host, method: str, arguments: tuple[Any, ...]) -> Reply:
    try:
        return Reply(await getattr(host, method)(*arguments))
    except HarnessError as error:
        if error.__cause__ is not None:
            _log_traceback()
        return Reply(error=without_secrets(str(error)))
    except Exception as error:  # noqa: BLE001  (foreign code: the runner says where it happened)
        _log_traceback()
        return Reply(error=without_secrets(f"{type(error).__name__}: {error}"))


def _log_traceback() -> None:
    sys.stderr.write(without_secrets(traceback.format_exc()))
