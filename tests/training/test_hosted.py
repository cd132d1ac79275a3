"""Fine-tuning at a provider: one job an order, whatever goes wrong on the way, and what is said then."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from harness.errors import ArtefactError, ConfigError, HarnessError, RunError
from harness.training.examples import Example, chat_jsonl
from harness.training.hosted.ledger import Ledger
from harness.training.hosted.tuner import Order, TunedModel, Tuner

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))

from tune_once import COMMAND, EXAMPLES, PACE, order
from tuning_server import CREATED, SECONDS, Failure, TuningServer, When

KEY = "sk-planted-0123456789-secret"
CREATE, UPLOAD = "POST /fine_tuning/jobs", "POST /files"
JOB = "GET /fine_tuning/jobs/{id}"
NAME = re.compile(r"facts-2025-01-01-[0-9a-f]{16}")


@pytest.fixture(autouse=True)
def planted_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED_KEY", KEY)


@pytest.fixture
def server() -> Iterator[TuningServer]:
    with TuningServer(key=KEY) as running:
        yield running


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


def tune(ledger: Ledger, wanted: Order, said: list[str] | None = None) -> tuple[TunedModel, bool]:
    return asyncio.run(tuner(ledger, said).tune(wanted))


def tuner(ledger: Ledger, said: list[str] | None = None) -> Tuner:
    told = [] if said is None else said

    def tell(_kind: str, text: str) -> None:
        told.append(text)

    return Tuner(ledger, cancel_command=COMMAND, tell=tell, pace=PACE)


def test_a_model_is_made_of_the_examples_and_found_again(
    server: TuningServer, ledger: Ledger
) -> None:
    server.states = ("queued", "running", "succeeded")
    said: list[str] = []
    wanted = order(server.url)
    model, found = tune(ledger, wanted, said)
    (job,) = server.jobs.values()
    (file,) = server.files.values()
    assert (model.name, found) == (f"ft:small-1:us:{wanted.name}", False)
    assert (model.recipe, model.day, model.examples) == ("facts", date(2025, 1, 1), 2)
    assert (model.seconds, model.tokens) == (SECONDS, job["trained_tokens"])
    assert (job["seed"], job["hyperparameters"]) == (7, {"n_epochs": 3})
    assert NAME.fullmatch(wanted.name)
    assert file["filename"] == f"{wanted.name}.jsonl"
    assert [text.split(" min")[0] for text in said if " min" in text] == ["queued, 0", "running, 0"]
    before = len(server.steps)
    assert tune(ledger, wanted) == (model, True)
    assert len(server.steps) == before, "what is in the ledger is not asked for"


def test_examples_are_chats_a_line_with_the_same_content() -> None:
    lines = chat_jsonl(EXAMPLES).decode("ascii").splitlines()
    turns = [[(t["role"], t["content"]) for t in json.loads(line)["messages"]] for line in lines]
    assert turns == [[("user", e.prompt), ("assistant", e.answer)] for e in EXAMPLES]


def test_whatever_determines_what_is_learned_makes_another_order(server: TuningServer) -> None:
    one = order(server.url)
    others = [
        order(server.url, seed=8),
        order(server.url, epochs=4),
        order(server.url, recipe="behaviour", day=None),
        order(server.url, examples=(Example("Python?", "4", "fact"),)),
        order(f"{server.url}/other"),
        replace(one, key=replace(one.key, base="another")),
    ]
    assert len({o.name for o in (one, *others)}) == 7


@pytest.mark.parametrize("labelled", [True, False])
def test_a_lost_ledger_is_no_second_bill(
    server: TuningServer, ledger: Ledger, labelled: bool
) -> None:
    server.labelled = labelled
    server.page = 1
    for seed in (1, 2, 3):  # others' jobs, on pages of their own
        tune(ledger, order(server.url, seed=seed))
    model, _ = tune(ledger, order(server.url, seed=1))
    assert tune(Ledger(ledger.folder / "new"), order(server.url, seed=1)) == (model, True)
    assert (server.created, len(server.files)) == (3, 3)


def test_a_server_that_knows_no_pages_is_not_asked_for_ever(
    server: TuningServer, ledger: Ledger
) -> None:
    page = {"data": [{"id": "ftjob-x", "status": "running"}], "has_more": True}
    server.failing["GET /fine_tuning/jobs"] = [(200, page)] * 3
    tune(ledger, order(server.url))
    assert server.steps.count("GET /fine_tuning/jobs") == 2


def test_a_file_that_was_deleted_at_the_provider_is_uploaded_again(
    server: TuningServer, ledger: Ledger
) -> None:
    server.failing[CREATE] = [(400, "not today")]
    with pytest.raises(ConfigError, match="not today"):
        tune(ledger, order(server.url))
    assert ledger.read(order(server.url).name).file == "file-1", "known before there is a job"
    server.files.clear()
    tune(ledger, order(server.url))
    assert server.steps.count(UPLOAD) == 2
    server.failing[CREATE] = [(400, "not today")]
    with pytest.raises(ConfigError):
        tune(ledger, order(server.url, seed=1))
    tune(ledger, order(server.url, seed=1))
    assert server.steps.count(UPLOAD) == 3, "one that is there is not"


@pytest.mark.parametrize("step", ["GET /files", UPLOAD, "GET /fine_tuning/jobs", CREATE, JOB])
@pytest.mark.parametrize("failure", [(429, "slow down"), (503, "no"), "drop before", "drop after"])
def test_a_call_that_may_help_is_made_again_and_makes_nothing_twice(
    server: TuningServer, ledger: Ledger, step: str, failure: Failure
) -> None:
    server.failing[step] = [failure, failure]
    model, _ = tune(ledger, order(server.url))
    assert (server.created, len(server.files)) == (1, 1)
    assert model.name == server.jobs["ftjob-1"]["fine_tuned_model"]


REFUSALS = [
    (
        "GET /files",
        (401, f"wrong key: {KEY}"),
        ConfigError,
        "look at the environment variable PLANT",
    ),
    ("GET /files", (403, "no"), ConfigError, "the key is refused"),
    ("GET /files", (404, "no"), ConfigError, "nothing is there; look at url"),
    (UPLOAD, (413, "too large"), ConfigError, r"refused; look at what it says.*413.*too large"),
    (CREATE, (400, "small-1 cannot\nbe tuned"), ConfigError, "'small-1' .*cannot be tuned"),
    (CREATE, (404, "no such model"), ConfigError, "at the model's name 'small-1'"),
    (
        CREATE,
        (429, {"error": {"code": "insufficient_quota", "message": "insufficient_quota: pay"}}),
        RunError,
        "the quota is used up; raise it",
    ),
    (CREATE, (302, "elsewhere"), ConfigError, "no fine-tuning API is there; look at url"),
]


@pytest.mark.parametrize(("step", "failure", "error"), [(s, f, (k, m)) for s, f, k, m in REFUSALS])
def test_a_refusal_is_one_line_and_not_tried_again(
    server: TuningServer,
    ledger: Ledger,
    step: str,
    failure: tuple[int, object],
    error: tuple[type[HarnessError], str],
) -> None:
    kind, message = error
    server.failing[step] = [failure]
    with pytest.raises(kind, match=message) as refused:
        tune(ledger, order(server.url))
    text = str(refused.value)
    assert text.startswith(f"{server.url}: ")
    assert "\n" not in text
    assert KEY not in text
    assert server.steps.count(step) == 1
    assert server.created == 0
    tune(ledger, order(server.url))
    assert (server.created, len(server.files)) == (1, 1)


def test_a_server_that_fails_on_and_on_is_given_up_and_later_gone_on_with(
    server: TuningServer, ledger: Ledger
) -> None:
    server.failing[CREATE] = [(500, "no")] * 4
    with pytest.raises(RunError, match=r"the server failed; later the same .*; tried 4 times$"):
        tune(ledger, order(server.url))
    tune(ledger, order(server.url))
    assert (server.created, len(server.files)) == (1, 1)


def test_a_server_that_is_not_there_is_one_line(ledger: Ledger) -> None:
    with pytest.raises(RunError, match="no answer came; does the server run") as refused:
        tune(ledger, order("http://127.0.0.1:9/v1"))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "reply", ["text", {"data": 3}, {"data": [1]}, {"data": [{"filename": "x"}], "has_more": True}]
)
def test_a_server_without_such_an_api_is_named(
    server: TuningServer, ledger: Ledger, reply: object
) -> None:
    server.failing["GET /files"] = [(200, [reply] if reply == "text" else reply)]
    with pytest.raises(ConfigError, match="no fine-tuning API is there; look at url"):
        tune(ledger, order(server.url))


@pytest.mark.parametrize(
    "reply",
    [{}, {"id": "j"}, {"id": "j", "status": 3}, {"id": "j", "status": "succeeded"}],
)
def test_a_job_that_is_none_is_refused(
    server: TuningServer, ledger: Ledger, reply: dict[str, object]
) -> None:
    server.failing[JOB] = [(200, reply)]
    with pytest.raises(ConfigError, match="no fine-tuning API is there"):
        tune(ledger, order(server.url))


def test_a_job_that_failed_says_why_and_the_next_run_has_another(
    server: TuningServer, ledger: Ledger
) -> None:
    empty = order(server.url, examples=())
    for number in (1, 2):
        said = (
            rf"job ftjob-{number} at .* has failed \(invalid_training_file: no examples in it\): m"
        )
        with pytest.raises(ArtefactError, match=said) as failed:
            tune(ledger, empty)
        assert "\n" not in str(failed.value)
    assert (server.created, len(server.files)) == (2, 1)


def test_a_job_that_somebody_cancelled_is_said_and_the_next_run_has_another(
    server: TuningServer, ledger: Ledger
) -> None:
    server.states = ("running", "cancelled")
    with pytest.raises(
        ArtefactError, match=r"ftjob-1 at .* was cancelled: if that was not on purpo"
    ):
        tune(ledger, order(server.url))
    server.states = ("succeeded",)
    tune(ledger, order(server.url))
    assert server.created == 2


def test_a_job_under_another_key_is_said(server: TuningServer, ledger: Ledger) -> None:
    server.states = ("running", "cancelled")
    with pytest.raises(ArtefactError, match="cancelled"):
        tune(ledger, order(server.url))
    path = ledger.path(order(server.url).name)
    path.write_text(path.read_text().replace("cancelled", "running").replace("ftjob-1", "ftjob-9"))
    with pytest.raises(ArtefactError, match=r"does not know the job ftjob-9: is the key.*delete"):
        tune(ledger, order(server.url))


def test_tokens_and_times_that_a_provider_does_not_tell_are_not_made_up(
    server: TuningServer, ledger: Ledger
) -> None:
    server.failing[JOB] = [
        (200, {"id": "ftjob-1", "status": "succeeded", "fine_tuned_model": "ft:mine"})
    ]
    model, _ = tune(ledger, order(server.url))
    assert (model.name, model.tokens) == ("ft:mine", None)
    entry = ledger.read(order(server.url).name)
    assert entry.created == CREATED, "the job said so when it was created"
    assert model.seconds == 0, "seen from here it was over before that"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"state": "succeeded"}'])
def test_a_damaged_ledger_is_named(server: TuningServer, ledger: Ledger, text: str) -> None:
    tune(ledger, order(server.url))
    ledger.path(order(server.url).name).write_text(text)
    with pytest.raises(ArtefactError, match=r"\.json: damaged.*; delete it"):
        tune(ledger, order(server.url))


def test_a_ledger_that_cannot_be_written_is_one_line(server: TuningServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="file"):
        tune(Ledger(tmp_path / "file"), order(server.url))
    assert server.created == 0


def test_interrupted_the_job_goes_on_and_the_next_run_waits_for_it(ledger: Ledger) -> None:
    asked: Future[None] = Future()

    async def at(step: str, when: When) -> None:
        if (step, when) == (JOB, "after") and not asked.done():
            asked.set_result(None)

    said: list[str] = []

    async def interrupted(wanted: Order) -> None:
        task = asyncio.create_task(tuner(ledger, said).tune(wanted))
        await asyncio.wrap_future(asked)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with TuningServer(states=("running",), at=at) as server:
        wanted = order(server.url)
        asyncio.run(interrupted(wanted))
        assert said[-1] == (
            f"the job ftjob-1 at {server.url} goes on, and the next run waits for the same one; "
            f"to end it: {COMMAND}"
        )
        assert server.jobs["ftjob-1"]["status"] == "running"
        server.states = ("succeeded",)
        assert tune(ledger, wanted)[0].name == server.jobs["ftjob-1"]["fine_tuned_model"]
        assert server.created == 1


def test_a_job_is_cancelled_when_asked_for_and_another_made_later(
    server: TuningServer, ledger: Ledger
) -> None:
    wanted = order(server.url)
    cancel = tuner(ledger).cancel
    assert asyncio.run(cancel(wanted)) == (None, "not ordered")
    server.states = ("running",)
    server.failing[JOB] = [(500, "no")] * 4
    with pytest.raises(RunError):
        tune(ledger, wanted)
    server.failing["POST /fine_tuning/jobs/{id}/cancel"] = ["drop after"]
    assert asyncio.run(cancel(wanted)) == ("ftjob-1", "cancelled")
    assert server.jobs["ftjob-1"]["status"] == "cancelled"
    assert asyncio.run(cancel(wanted)) == ("ftjob-1", "cancelled")
    server.states = ("succeeded",)
    assert tune(ledger, wanted)[1] is False
    assert server.created == 2
    assert asyncio.run(cancel(wanted)) == ("ftjob-2", "succeeded")
    assert tune(ledger, wanted)[1] is True


def test_a_job_is_cancelled_also_where_the_ledger_is_lost(
    server: TuningServer, ledger: Ledger, tmp_path: Path
) -> None:
    server.failing[JOB] = [(500, "no")] * 4
    with pytest.raises(RunError):
        tune(ledger, order(server.url))
    cancel = tuner(Ledger(tmp_path / "new")).cancel
    server.states = ("running",)
    assert asyncio.run(cancel(order(server.url))) == ("ftjob-1", "cancelled")


def test_the_key_is_in_no_file_and_no_word(server: TuningServer, ledger: Ledger) -> None:
    said: list[str] = []
    server.states = ("running", "succeeded")
    echo = {"id": "ftjob-1", "status": "failed", "error": {"code": KEY, "message": f"key {KEY}"}}
    server.failing[JOB] = [(200, echo)]
    with pytest.raises(ArtefactError, match=r"\[key\]: key \[key\]"):
        tune(ledger, order(server.url), said)
    tune(ledger, order(server.url), said)
    assert said
    written = "".join(p.read_text() for p in ledger.folder.iterdir()) + "".join(said)
    assert KEY not in written


def test_a_key_that_is_missing_is_said_before_anything_is_asked(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLANTED_KEY")
    with pytest.raises(ConfigError, match="set the environment variable PLANTED_KEY"):
        tune(ledger, order("http://10.0.0.1/v1"))
