"""The least that a client can do: post a suite's questions, read the JSON, look at the clock.

On uvloop's loop where there is one. `fresh.run_bare` starts it, to be measured beside the harness.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench_suite import prompts


def main(suite: str, url: str, concurrency: str, streamed: str) -> None:
    """Ask all of them; print as JSON what it took, and [prompt, first token, all] in seconds."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        client = _Client(f"{url}/chat/completions", streamed=streamed == "streamed")
        runner.run(client.ask(iter(prompts(Path(suite))), int(concurrency)))
        loop = type(runner.get_loop()).__module__.partition(".")[0]
    told = {"cpu": sum(os.times()[:2]), "loop": loop, "clocked": client.clocked}
    json.dump(told, sys.stdout)


class _Client:
    def __init__(self, url: str, *, streamed: bool) -> None:
        self._url = url
        self._streamed = streamed
        self.clocked: list[tuple[str, float, float]] = []

    async def ask(self, asked: Iterator[str], concurrency: int) -> None:
        """All of them, so many at a time."""
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            await asyncio.gather(*(self._serve(session, asked) for _ in range(concurrency)))

    async def _serve(self, session: aiohttp.ClientSession, asked: Iterator[str]) -> None:
        read = self._read_stream if self._streamed else self._read_whole
        for prompt in asked:
            begin = time.perf_counter()
            async with session.post(self._url, json=self._body(prompt)) as response:
                first = await read(response)
            self.clocked.append((prompt, first - begin, time.perf_counter() - begin))

    async def _read_whole(self, response: aiohttp.ClientResponse) -> float:
        await response.json()
        return time.perf_counter()

    async def _read_stream(self, response: aiohttp.ClientResponse) -> float:
        first = 0.0
        async for line in response.content:
            if line.startswith(b"data: {"):
                first = first or time.perf_counter()
                json.loads(line.removeprefix(b"data: "))
        return first

    def _body(self, prompt: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": "stub",
            "messages": [{"role": "user", "content": prompt}],
            "max_tokens": 256,
            "temperature": 0.0,
            "seed": 0,
        }
        if self._streamed:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return body


def _loop_factory() -> Any:  # noqa: ANN401  (uvloop has no types here)
    try:
        import uvloop  # noqa: PLC0415  (not everywhere)
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


if __name__ == "__main__":
    main(*sys.argv[1:])
