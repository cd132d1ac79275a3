"""A server on this machine that plays an OpenAI-compatible endpoint as a test scripts it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from aiohttp import web
from threaded import Threaded

Play = Callable[["Call"], Awaitable[web.StreamResponse]]


@dataclass
class Call:
    """One request: what was sent, and from which socket."""

    request: web.Request
    body: dict[str, Any]
    raw: bytes = b""
    peer: object = field(init=False)

    def __post_init__(self) -> None:
        assert self.request.transport is not None
        self.peer = self.request.transport.get_extra_info("peername")

    @property
    def prompt(self) -> str:
        text: str = self.body["messages"][-1]["content"]
        return text

    def header(self, name: str) -> str | None:
        return self.request.headers.get(name)


class Loopback(Threaded):
    """Answers the first call as the first play says, and so on; the last play answers the rest."""

    paths: ClassVar = ("/chat/completions",)

    def __init__(self, *plays: Play) -> None:
        self.plays = plays
        self.calls: list[Call] = []
        super().__init__()

    async def serve(self) -> None:
        application = web.Application()
        for path in self.paths:
            application.router.add_route("*", f"/v1{path}", self._answer)
        runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        self.started.set_result(None)
        await self.stop.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        is_json = request.content_type == "application/json"
        call = Call(request, json.loads(raw) if is_json else {}, raw)
        self.calls.append(call)
        return await self.play(call)(call)

    def play(self, _: Call) -> Play:
        """What the latest call gets."""
        return self.plays[min(len(self.calls), len(self.plays)) - 1]


def chunk(
    content: str | None = None, *, finish: str | None = None, **delta: object
) -> dict[str, Any]:
    """A chunk of a completion as OpenAI sends it."""
    said = delta if content is None else {"content": content, **delta}
    return {"choices": [{"index": 0, "delta": said, "finish_reason": finish}]}


def usage(prompt: int, completion: int) -> dict[str, Any]:
    """The last chunk, where it was asked for."""
    counts = {"prompt_tokens": prompt, "completion_tokens": completion}
    return {"choices": [], "usage": counts | {"total_tokens": prompt + completion}}


async def begin(call: Call) -> web.StreamResponse:
    """The head of a stream."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await response.prepare(call.request)
    return response


async def send(response: web.StreamResponse, *data: object) -> None:
    """Events: dictionaries as JSON, texts as they are."""
    for item in data:
        text = item if isinstance(item, str) else json.dumps(item)
        await response.write(f"data: {text}\n\n".encode())


def stream(*data: object, done: bool = True) -> Play:
    """Events, one after the other; a number is a pause of so many seconds."""

    async def play(call: Call) -> web.StreamResponse:
        response = await begin(call)
        for item in data:
            if isinstance(item, float):
                await asyncio.sleep(item)
            else:
                await send(response, item)
        if done:
            await send(response, "[DONE]")
        return response

    return play


def says(text: str) -> Play:
    """A plain answer, counted."""
    return stream(chunk("", role="assistant"), chunk(text), chunk(finish="stop"), usage(9, 2))


def status(
    number: int, message: object = "no", headers: dict[str, str] | None = None, **more: object
) -> Play:
    """A refusal in OpenAI's form, or a body of one's own."""

    async def play(_: Call) -> web.StreamResponse:
        body = {"error": {"message": message, **more}} if isinstance(message, str) else message
        return web.json_response(body, status=number, headers=headers)

    return play


def whole(body: str, content_type: str = "application/json") -> Play:
    """A body that is no stream."""

    async def play(_: Call) -> web.StreamResponse:
        return web.Response(text=body, content_type=content_type)

    return play


def drops(*data: object) -> Play:
    """Events, or nothing at all, and then no connection."""

    async def play(call: Call) -> web.StreamResponse:
        response = web.StreamResponse()
        if data:
            response = await begin(call)
            await send(response, *data)
        assert call.request.transport is not None
        call.request.transport.close()
        return response

    return play
