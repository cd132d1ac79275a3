"""The routes of the server, and what each answers."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web

from harness.errors import DataError, nearest
from harness.models.base import Generation, ModelError
from harness.models.lab.model import LabModel
from harness.serving.refusal import NOT_FOUND, RefusedError, error_body
from harness.serving.reply import Reply
from harness.serving.request import ChatRequest, chat_request
from harness.serving.worker import Worker

__all__ = ["application"]

_AT_FAULT: Final[Mapping[str, tuple[str, str | None]]] = {
    "context_length": ("messages", "context_length_exceeded"),
    "grammar": ("response_format", "unsupported_value"),
    "template": ("messages", None),
}
"""The field that a kind of `ModelError` is about, and a word for it."""


def application(models: Mapping[str, LabModel], worker: Worker) -> web.Application:
    """The server of these models, by the names they are asked for; `worker` computes."""
    service = _Service(models, worker)
    app = web.Application(middlewares=[_in_openais_shape])
    app.router.add_get("/health", _health)
    app.router.add_get("/v1/models", service.list)
    app.router.add_post("/v1/chat/completions", service.chat)
    return app


class _Service:
    def __init__(self, models: Mapping[str, LabModel], worker: Worker) -> None:
        self._models = models
        self._worker = worker
        self._since = int(time.time())

    async def list(self, _: web.Request) -> web.Response:
        """The models."""
        models = [
            {"id": name, "object": "model", "created": self._since, "owned_by": "harness"}
            for name in self._models
        ]
        return web.json_response({"object": "list", "data": models})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """A completion, streamed where that is asked for."""
        asked = chat_request(await request.read())
        model = self._models.get(asked.model)
        if model is None:
            raise RefusedError(
                f"no model {asked.model!r} here: {nearest(asked.model, self._models)}",
                param="model",
                code="model_not_found",
                status=NOT_FOUND,
            )
        reply = Reply(asked.model, model.fingerprint())
        if asked.stream:
            return await self._streamed(request, asked, model, reply)
        generation = await self._generate(asked, model, _nowhere)
        return web.json_response(reply.whole(generation))

    async def _streamed(
        self, request: web.Request, asked: ChatRequest, model: LabModel, reply: Reply
    ) -> web.StreamResponse:
        stream = _Stream(request, reply)
        try:
            generation = await self._generate(asked, model, stream.text)
        except RefusedError as error:
            if not stream.response.prepared:
                raise
            await stream.send(error.body())
            return stream.response
        await stream.end(generation, include_usage=asked.include_usage)
        return stream.response

    async def _generate(
        self, asked: ChatRequest, model: LabModel, deliver: Callable[[str], Awaitable[None]]
    ) -> Generation:
        def task(tell: Callable[[str], None]) -> Generation:
            return model.complete(
                asked.messages,
                max_tokens=asked.max_tokens or model.positions,
                enforced=asked.enforced,
                on_text=tell,
            )

        try:
            return await self._worker.run(task, deliver)
        except ModelError as error:
            param, code = _AT_FAULT.get(error.kind, (None, None))
            raise RefusedError(str(error), param=param, code=code) from error
        except (DataError, RecursionError) as error:  # a schema nested too deep to be read
            raise RefusedError(str(error), param="response_format") from error


class _Stream:
    """Server-sent events, which begin with the first token: until then a refusal has a status."""

    def __init__(self, request: web.Request, reply: Reply) -> None:
        self.response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-cache",
            }
        )
        self._request = request
        self._reply = reply

    async def text(self, piece: str) -> None:
        """What a token adds, which may be nothing."""
        await self._begin()
        if piece:
            await self.send(self._reply.chunk({"content": piece}))

    async def end(self, generation: Generation, *, include_usage: bool) -> None:
        """Why the text ends here, and what it took if that is wanted."""
        await self._begin()
        await self.send(self._reply.chunk({}, generation.finish_reason))
        if include_usage:
            await self.send(self._reply.usage(generation))
        await self._write("[DONE]")

    async def send(self, data: dict[str, Any]) -> None:
        """One event."""
        await self._write(json.dumps(data))

    async def _begin(self) -> None:
        if not self.response.prepared:
            await self.response.prepare(self._request)
            await self.send(self._reply.chunk({"role": "assistant", "content": ""}))

    async def _write(self, data: str) -> None:
        await self.response.write(f"data: {data}\n\n".encode())


async def _health(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _nowhere(_: str) -> None:
    """Where the pieces of an answer go that is sent as a whole."""


@web.middleware
async def _in_openais_shape(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except RefusedError as error:
        return web.json_response(error.body(), status=error.status)
    except web.HTTPException as error:
        message = f"{request.method} {request.path}: {error.status} {error.reason}"
        allow = {key: value for key, value in error.headers.items() if key == "Allow"}
        return web.json_response(error_body(message), status=error.status, headers=allow)
