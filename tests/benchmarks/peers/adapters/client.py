"""The user's own application, for tools that score answers but leave the asking to their user.

It is the client that their documentation calls, `openai.AsyncOpenAI`, with its default retries, and a
semaphore for the questions in flight.
"""

from __future__ import annotations

import asyncio
from typing import Self

import openai
from job import Job

_PATIENCE_SECONDS = 120


class Application:
    """Answers one prompt after the other, so many at a time."""

    def __init__(self, job: Job) -> None:
        self._client = openai.AsyncOpenAI(
            base_url=job.url, api_key="none", timeout=_PATIENCE_SECONDS
        )
        self._places = asyncio.Semaphore(job.concurrency)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def answer(self, prompt: str) -> str:
        """The text of the answer; empty once the client has given up."""
        asked = {"role": "user", "content": prompt}
        async with self._places:
            try:
                completion = await self._client.chat.completions.create(
                    model="stub", messages=[asked], max_tokens=256
                )
            except openai.OpenAIError:
                return ""
        return completion.choices[0].message.content or ""
