"""One connection of a stub server: as much HTTP/1.1 as it needs, with as little work as can be."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from stub_plan import Behaviour, Fate, answer_text, fate, prompt_hash
from stub_replies import refusal, reply, stream, whole
from stub_truth import DROPPED, GONE, Served, Truth

_CHAT: Final = b"POST /v1/chat/completions "
_BLANK: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_STATUSES: Final = {"failed": 500, "limited": 429}
_TOO_MANY: Final = 429


@dataclass(slots=True)
class _Call:
    """A request that is being answered."""

    arrival: float
    prompt: str
    attempt: int
    prompt_tokens: int
    streamed: bool
    counted: bool
    first_token: float | None = None


class StubProtocol(asyncio.Protocol):
    """Answers a connection's requests one after the other."""

    def __init__(self, behaviour: Behaviour, truth: Truth, loop: asyncio.AbstractEventLoop) -> None:
        self._behaviour = behaviour
        self._truth = truth
        self._loop = loop
        self._received = b""
        self._busy = False
        self._call: _Call | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _: Exception | None) -> None:
        self._received = b""
        if self._timer is not None:
            self._timer.cancel()
        if self._call is not None:
            self._end(self._call, GONE)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self._received += data
        if not self._busy:
            self._take(now)

    def _take(self, now: float) -> None:
        """Begin with the next request, if all of it has come by `now`."""
        received = self._received
        head = received.find(_BLANK)
        if head < 0:
            return
        begin = head + len(_BLANK)
        length = _LENGTH.search(received, 0, begin)
        end = begin + int(length[1]) if length else begin
        if len(received) < end:
            return
        self._received = received[end:]
        self._busy = True
        if received.startswith(_CHAT):
            self._chat(received[begin:end], now)
        else:
            method, target, _ = received[:head].decode("latin-1").split(" ", 2)
            self._control(method, target)

    def _chat(self, body: bytes, now: float) -> None:
        try:
            asked = json.loads(body)
            prompt = asked["messages"][-1]["content"]
            name = prompt_hash(prompt)
        except (ValueError, LookupError, TypeError, AttributeError):
            self._tell(refusal(400, "no chat completion is asked for"))
            return
        call = _Call(
            arrival=now,
            prompt=name,
            attempt=self._truth.arrive(name),
            prompt_tokens=len(prompt) // 4,
            streamed=asked.get("stream") is True,
            counted=bool((asked.get("stream_options") or {}).get("include_usage")),
        )
        self._call = call
        told = fate(self._behaviour, prompt, name, call.attempt)
        if self._behaviour.hold:
            self._truth.when_released(lambda: self._begin(call, told))
        else:
            self._begin(call, told)

    def _begin(self, call: _Call, told: Fate) -> None:
        if self._call is not call:
            return  # its client has gone while it was held
        if told.outcome == "refused":
            self._refuse(call, self._behaviour.refusal)
        elif told.outcome in _STATUSES:
            self._refuse(call, _STATUSES[told.outcome])
        elif told.outcome == "dropped":
            self._later(told.seconds, self._drop, call)
        else:
            self._answer(call, told)

    def _answer(self, call: _Call, told: Fate) -> None:
        behaviour, broken = self._behaviour, told.outcome == "broken"
        text = answer_text(behaviour, call.prompt)
        if not call.streamed:
            body = whole(text, behaviour.tokens, call.prompt_tokens)
            events = [body[: len(body) // 2], b""] if broken else [body]
            seconds = told.seconds + behaviour.gap * (behaviour.tokens - 1)
            self._later(seconds, self._speak, call, events, broken)
            return
        events = stream(text, behaviour.tokens, call.prompt_tokens, counted=call.counted)
        if behaviour.gap == 0 and not broken:
            events = [b"".join(events)]
        self._later(told.seconds, self._speak, call, events, broken)

    def _speak(self, call: _Call, events: Sequence[bytes], broken: bool) -> None:
        self._transport.write(events[0])
        call.first_token = time.perf_counter()
        if broken:
            self._drop(call)
        else:
            self._go_on(call, events, 1, self._loop.time())

    def _go_on(self, call: _Call, events: Sequence[bytes], place: int, begin: float) -> None:
        """Write the events from `place` on, each when its time after `begin` has come."""
        if place == len(events):
            self._end(call, 200)
            return
        due = begin + place * self._behaviour.gap
        self._timer = self._loop.call_at(due, self._write, call, events, place, begin)

    def _write(self, call: _Call, events: Sequence[bytes], place: int, begin: float) -> None:
        self._transport.write(events[place])
        self._go_on(call, events, place + 1, begin)

    def _refuse(self, call: _Call, status: int) -> None:
        wait = b"Retry-After: %g\r\n" % self._behaviour.retry_after
        self._transport.write(refusal(status, "planned", wait if status == _TOO_MANY else b""))
        self._end(call, status)

    def _drop(self, call: _Call) -> None:
        self._transport.close()
        self._end(call, DROPPED)

    def _end(self, call: _Call, status: int) -> None:
        self._call = self._timer = None
        now = time.perf_counter()
        self._truth.served.append(
            Served(call.arrival, call.first_token, now, status, call.prompt, call.attempt)
        )
        self._rest()

    def _control(self, method: str, target: str) -> None:
        """What whoever measures asks."""
        truth = self._truth
        match method, target:
            case "GET", "/truth":
                self._tell(_json([served.to_dict() for served in truth.served]))
            case "GET", "/state":
                self._tell(_json(truth.state._asdict()))
            case "POST", "/release":
                truth.release()
                self._tell(_json(truth.state._asdict()))
            case _:
                self._tell(refusal(404, f"nothing is at {target}"))

    def _tell(self, response: bytes) -> None:
        self._transport.write(response)
        self._rest()

    def _rest(self) -> None:
        """Ready for the next request, which may have come already."""
        self._busy = False
        if self._received:
            self._loop.call_soon(self._take_next)

    def _take_next(self) -> None:
        if not self._busy:
            self._take(time.perf_counter())

    def _later(self, seconds: float, then: Callable[..., None], *arguments: Any) -> None:  # noqa: ANN401  (as call_later)
        if seconds > 0:
            self._timer = self._loop.call_later(seconds, then, *arguments)
        else:
            then(*arguments)


def _json(data: object) -> bytes:
    return reply(200, json.dumps(data).encode())
