"""A provider on this machine that fine-tunes: it learns the examples by heart and answers with them.

It speaks the files, fine-tuning and chat parts of OpenAI's API. What goes wrong is injected: `failing`
holds replies that come instead of the next ones, `at` is awaited before and after each request is
carried out.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from aiohttp import web
from loopback import Call, begin, chunk, send, usage
from threaded import Threaded

CREATED, SECONDS = 1_800_000_000, 90
When = Literal["before", "after"]
Hook = Callable[[str, When], Awaitable[None]]
Failure = tuple[int, object] | Literal["drop before", "drop after"]

_TODAY = re.compile(r"Today is \S+\n\n")


class TuningServer(Threaded):
    """`steps` are the requests as they came, such as `POST /files`; ids are taken out of them.

    A job is in one of `states` each time it is asked after, and stays in the last one.
    """

    def __init__(
        self,
        *,
        key: str | None = None,
        models: tuple[str, ...] = ("small-1",),
        states: tuple[str, ...] = ("succeeded",),
        at: Hook | None = None,
    ) -> None:
        self.key = key
        self.models = models
        self.states = states
        self.at = at
        self.files: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.steps: list[str] = []
        self.asked: list[str] = []
        self.failing: dict[str, list[Failure]] = defaultdict(list)
        self.labelled = True  # whether it keeps the metadata of jobs
        self.page = 100
        self._answers: dict[str, dict[str, str]] = {}
        self._looks: dict[str, int] = defaultdict(int)
        super().__init__()

    async def serve(self) -> None:
        application = web.Application(client_max_size=1 << 28)
        for method, path, play in (
            ("GET", "/files", self._list_files),
            ("POST", "/files", self._upload),
            ("GET", "/files/{id}", self._file),
            ("GET", "/fine_tuning/jobs", self._list_jobs),
            ("POST", "/fine_tuning/jobs", self._create),
            ("GET", "/fine_tuning/jobs/{id}", self._job),
            ("POST", "/fine_tuning/jobs/{id}/cancel", self._cancel),
        ):
            application.router.add_route(method, f"/v1{path}", self._step(f"{method} {path}", play))
        application.router.add_post("/v1/chat/completions", self._chat)
        runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        self.started.set_result(None)
        await self.stop.wait()
        await runner.cleanup()

    @property
    def created(self) -> int:
        """How many jobs were ever created."""
        return len(self.jobs)

    def _step(
        self, name: str, play: Callable[[web.Request], Awaitable[dict[str, Any]]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            self.steps.append(name)
            if (refusal := self._refused(request)) is not None:
                return refusal
            failure = self.failing[name].pop(0) if self.failing[name] else None
            if isinstance(failure, tuple):
                return _error(*failure)
            if self.at is not None:
                await self.at(name, "before")
            if failure == "drop before":
                return _dropped(request)
            try:
                body = await play(request)
            except web.HTTPException as refusal_:
                return _error(refusal_.status, refusal_.reason)
            if self.at is not None:
                await self.at(name, "after")
            return _dropped(request) if failure == "drop after" else web.json_response(body)

        return handle

    def _refused(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization")
        if self.key is None or given == f"Bearer {self.key}":
            return None
        return _error(401, f"Incorrect API key provided: {given}")

    async def _list_files(self, request: web.Request) -> dict[str, Any]:
        return self._paged(request, self.files)

    async def _upload(self, request: web.Request) -> dict[str, Any]:
        form = await request.post()
        part = form["file"]
        assert form["purpose"] == "fine-tune"
        assert isinstance(part, web.FileField)
        with part.file as file:
            content = file.read()
        id_ = f"file-{len(self.files) + 1}"
        self.files[id_] = {
            "object": "file",
            "id": id_,
            "filename": part.filename,
            "bytes": len(content),
            "purpose": "fine-tune",
            "status": "processed",
        }
        self._answers[id_] = learned(content)
        return self.files[id_]

    async def _file(self, request: web.Request) -> dict[str, Any]:
        return _found(self.files, request)

    async def _list_jobs(self, request: web.Request) -> dict[str, Any]:
        return self._paged(request, self.jobs)

    async def _create(self, request: web.Request) -> dict[str, Any]:
        body = await request.json()
        if body["model"] not in self.models:
            raise web.HTTPBadRequest(reason=f"Model {body['model']} cannot be fine-tuned")
        if body["training_file"] not in self.files:
            raise web.HTTPBadRequest(reason=f"No such file: {body['training_file']}")
        id_ = f"ftjob-{len(self.jobs) + 1}"
        self.jobs[id_] = {
            "object": "fine_tuning.job",
            "id": id_,
            "model": body["model"],
            "training_file": body["training_file"],
            "hyperparameters": body["hyperparameters"],
            "seed": body["seed"],
            "user_provided_suffix": body["suffix"],
            "metadata": body["metadata"] if self.labelled else None,
            "status": "validating_files",
            "created_at": CREATED,
            "finished_at": None,
            "fine_tuned_model": None,
            "trained_tokens": None,
            "error": None,
        }
        return self.jobs[id_]

    async def _job(self, request: web.Request) -> dict[str, Any]:
        job = _found(self.jobs, request)
        if job["status"] not in {"succeeded", "failed", "cancelled"}:
            looks = self._looks[job["id"]]
            self._looks[job["id"]] += 1
            self._enter(job, self.states[min(looks, len(self.states) - 1)])
        return job

    async def _cancel(self, request: web.Request) -> dict[str, Any]:
        job = _found(self.jobs, request)
        if job["status"] in {"succeeded", "failed", "cancelled"}:
            raise web.HTTPBadRequest(reason=f"Job has already {job['status']}")
        self._enter(job, "cancelled")
        return job

    def _enter(self, job: dict[str, Any], state: str) -> None:
        answers = self._answers[job["training_file"]]
        if state == "succeeded" and not answers:
            state = "failed"
            error = {"code": "invalid_training_file", "message": "no examples\nin it"}
            job["error"] = error | {"param": "training_file"}
        job["status"] = state
        if state == "succeeded":
            words = sum(len(f"{asked} {said}".split()) for asked, said in answers.items())
            job["trained_tokens"] = words * job["hyperparameters"]["n_epochs"]
            job["fine_tuned_model"] = f"ft:{job['model']}:us:{job['user_provided_suffix']}"
        if state in {"succeeded", "failed", "cancelled"}:
            job["finished_at"] = CREATED + SECONDS

    def _paged(self, request: web.Request, objects: dict[str, dict[str, Any]]) -> dict[str, Any]:
        newest = list(reversed(objects.values()))
        after = request.query.get("after")
        start = 1 + [o["id"] for o in newest].index(after) if after else 0
        page = newest[start : start + min(self.page, int(request.query["limit"]))]
        more = start + len(page) < len(newest)
        return {"object": "list", "data": page, "has_more": more}

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refused(request)) is not None:
            return refusal
        call = Call(request, await request.json())
        name = call.body["model"]
        self.asked.append(name)
        tuned = [job for job in self.jobs.values() if job["fine_tuned_model"] == name]
        if not tuned and name not in self.models:
            return _error(404, f"The model {name} does not exist")
        answers = self._answers[tuned[0]["training_file"]] if tuned else {}
        text = answers.get(_TODAY.sub("", call.prompt), "I don't know.")
        response = await begin(call)
        await send(response, chunk(text), chunk(finish="stop"), usage(100, 10), "[DONE]")
        return response


def learned(content: bytes) -> dict[str, str]:
    """Answers by what was asked, the day of asking aside."""
    answers = {}
    for line in content.decode().splitlines():
        user, assistant = json.loads(line)["messages"]
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        answers[_TODAY.sub("", user["content"])] = assistant["content"]
    return answers


def _found(objects: dict[str, dict[str, Any]], request: web.Request) -> dict[str, Any]:
    id_ = request.match_info["id"]
    if id_ not in objects:
        raise web.HTTPNotFound(reason=f"No such object: {id_}")
    return objects[id_]


def _error(status: int, message: object) -> web.Response:
    body = {"error": {"message": message}} if isinstance(message, str) else message
    return web.json_response(body, status=status)


def _dropped(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()
