"""OpenAI's fine-tuning API: files and jobs, each findable by a name of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from harness.errors import ConfigError
from harness.training.hosted.calls import Caller, CallFailedError

__all__ = ["Job", "Provider"]

_PURPOSE: Final = "fine-tune"
_PAGE: Final = 100
_LABEL: Final = "harness"
"""The key of a job's metadata under which our name for it stands."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the provider tells of it; times in seconds since 1970, None where it does not say.

    `model` is the name of the fine-tuned model, `tokens` how many are billed, `problem` why it failed.
    """

    id: str
    state: str
    model: str | None = None
    tokens: int | None = None
    created: float | None = None
    finished: float | None = None
    problem: str = ""

    @property
    def is_over(self) -> bool:
        """Whether its state is the last one."""
        return self.state in {"succeeded", "failed", "cancelled"}


class Provider:
    """Files and jobs of one provider. Each method is one call, a search one a page."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def has_file(self, file: str) -> bool:
        """Whether an uploaded file is still there."""
        try:
            path = f"/files/{quote(file, safe='')}"
            await self._caller.call("GET", path, f"asking after the file {file}")
        except CallFailedError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return False
        return True

    async def find_file(self, name: str, size: int) -> str | None:
        """The id of an uploaded file with that name and as many bytes."""
        doing = "looking for the uploaded examples"
        async for file in self._pages("/files", doing, purpose=_PURPOSE):
            same = file.get("filename") == name and file.get("bytes") == size
            if same and file.get("status") != "error":
                return self._id(file, doing)
        return None

    async def upload(self, name: str, data: bytes) -> str:
        """Upload training examples; the file's id."""
        from aiohttp import FormData  # noqa: PLC0415  (slow, and only endpoints need it)

        form = FormData({"purpose": _PURPOSE})
        form.add_field("file", data, filename=name, content_type="application/jsonl")
        doing = "uploading the examples"
        return self._id(await self._caller.call("POST", "/files", doing, data=form), doing)

    async def find_job(self, name: str, file: str | None) -> Job | None:
        """A job of that name, or one that learns from that file, unless it came to nothing.

        A server that keeps no metadata is still known by the file, whose name is ours.
        """
        doing = "looking for the fine-tuning job"
        found = None
        async for data in self._pages("/fine_tuning/jobs", doing):
            label = data.get("metadata")
            named = isinstance(label, Mapping) and label.get(_LABEL) == name
            if not named and (file is None or data.get("training_file") != file):
                continue
            job = self._job(data, doing)
            if job.state == "succeeded":
                return job
            if not job.is_over:
                found = job
        return found

    async def create_job(self, name: str, file: str, *, epochs: int, seed: int) -> Job:
        """Have the endpoint's model fine-tuned; `name` has at most 64 letters, digits and dashes."""
        model = self._caller.endpoint.model
        doing = f"having {model!r} fine-tuned"
        body = {
            "model": model,
            "training_file": file,
            "seed": seed,
            "suffix": name,
            "metadata": {_LABEL: name},
            "hyperparameters": {"n_epochs": epochs},
        }
        return self._job(
            await self._caller.call("POST", "/fine_tuning/jobs", doing, json=body), doing
        )

    async def job(self, job: str) -> Job:
        """How a job stands."""
        doing = f"asking after the job {job}"
        path = f"/fine_tuning/jobs/{quote(job, safe='')}"
        return self._job(await self._caller.call("GET", path, doing), doing)

    async def cancel(self, job: str) -> Job:
        """End a job; a provider refuses that for one that is over."""
        doing = f"cancelling the job {job}"
        path = f"/fine_tuning/jobs/{quote(job, safe='')}/cancel"
        return self._job(await self._caller.call("POST", path, doing), doing)

    async def _pages(self, path: str, doing: str, **query: str) -> AsyncIterator[Mapping[str, Any]]:
        """All objects of a list, the newest first."""
        seen: set[str] = set()
        after: dict[str, str] = {}
        while True:
            params = {**query, "limit": str(_PAGE), **after}
            page = await self._caller.call("GET", path, doing, params=params)
            objects = page.get("data")
            if not isinstance(objects, list) or not all(isinstance(o, Mapping) for o in objects):
                raise self._bad(doing, "no list")
            for item in objects:
                yield item
            last = self._id(objects[-1], doing) if objects else ""
            # A server that knows no pages gives the first again and again.
            if not page.get("has_more") or not last or last in seen:
                return
            seen.add(last)
            after = {"after": last}

    def _job(self, data: Mapping[str, Any], doing: str) -> Job:
        state = data.get("status")
        if not isinstance(state, str) or not state:
            raise self._bad(doing, "a job without a status")
        job = Job(
            id=self._id(data, doing),
            state=state,
            model=_text(data.get("fine_tuned_model")),
            tokens=_count(data.get("trained_tokens")),
            created=_count(data.get("created_at")),
            finished=_count(data.get("finished_at")),
            problem=_problem(data.get("error")),
        )
        if job.state == "succeeded" and job.model is None:
            raise self._bad(doing, "a finished job without a fine_tuned_model")
        return job

    def _id(self, data: Mapping[str, Any], doing: str) -> str:
        found = _text(data.get("id"))
        if found is None:
            raise self._bad(doing, "an object without an id")
        return found

    def _bad(self, doing: str, what: str) -> CallFailedError:
        url = self._caller.endpoint.url
        return CallFailedError(
            ConfigError(f"{url}: {doing}: no fine-tuning API is there; look at url ({what})")
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _problem(error: object) -> str:
    """Code and message of a job's error; empty where there is none."""
    if not isinstance(error, Mapping):
        return ""
    parts = [error.get(name) for name in ("code", "message")]
    return ": ".join(part for part in parts if isinstance(part, str) and part)
