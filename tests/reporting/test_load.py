"""What is printed of a load test whose steps are planted."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import queues
from rich.console import Console

from harness.reporting.load import load_table
from harness.reporting.load_words import clause, notes, sentence
from harness.running.load.folder import LoadedTest
from harness.running.load.lag import Lag
from harness.running.load.sample import SHED, Sample, Step
from harness.running.manifest import Manifest, SystemManifest
from harness.scoring.limits import LatencyLimits
from harness.statistics.load_figures import LoadFigures, load_figures


def view(
    *steps: Step, limits: LatencyLimits | None = None, place: str = "worker", name: str = "rag"
) -> LoadFigures:
    limits = limits or LatencyLimits(total=4.0)
    manifest = Manifest(
        run_id="load",
        suite="planted",
        title="Planted",
        created="2026-08-22T00:00:00+00:00",
        seed=1,
        days=(date(2026, 8, 22),),
        repeats=1,
        planned=0,
        systems=(SystemManifest(name, "rag", {}, {}),),
        fingerprints={},
        versions={},
        machine={},
        settings={
            "arrivals": "poisson",
            "place": place,
            "workers": 1 if place == "worker" else None,
        },
    )
    return load_figures(LoadedTest(manifest, steps, ("a note",)), limits)


def alone() -> Step:
    samples = tuple(Sample(0, i, "q", float(i), 0.0, 1.0) for i in range(20))
    return Step(0, "closed", None, None, 20.0, "", Lag(2000, 0.0, 0.001, 0.01), samples)


def queue(rate: float, n: int = 2000, number: int = 1) -> Step:
    return queues.step(n, rate, np.random.default_rng(number), number=number)


def printed(of: LoadFigures) -> str:
    file = io.StringIO()
    Console(file=file, width=80, no_color=True).print(load_table(of))
    return file.getvalue()


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_the_table_has_a_row_a_rate_in_order_and_fits_80_columns() -> None:
    shown = view(alone(), queue(1.5, 500, 2), queue(0.3), queue(0.1, 3000, 3))
    text = printed(shown)
    assert max(map(len, text.splitlines())) <= 80
    rates = [row[0] for row in rows(text) if row and row[0] in {"one", "0.1", "0.3", "1.5"}]
    assert rates == ["one", "0.1", "0.3", "1.5"]
    assert "rag on 2026-08-22, 1 worker: poisson arrivals, open loop" in " ".join(text.split())
    for heading in ("answered", "p50", "p95", "queue", "within", "client", "backlog"):
        assert heading in text
    assert [row[-1] for row in rows(text) if row and row[0] in rates] == [
        "closed",
        "holds",
        "holds",
        "grows",
    ]


def test_p99_is_a_column_only_where_some_step_has_enough_requests() -> None:
    assert "p99" in printed(view(queue(0.1, 3000)))
    assert "p99" not in printed(view(queue(0.1, 500)))


def test_waiting_inside_an_endpoint_is_no_column() -> None:
    shown = view(queue(0.3), place="loop")
    assert "queue" not in printed(shown)
    assert any("what they wait for in it" in note for note in notes(shown))


def test_the_sentence_says_what_is_held_and_where_it_saturates() -> None:
    said = sentence(view(queue(0.3), queue(0.7, 3000, 2), queue(1.5, 500, 3)))
    assert said.startswith("rag holds 0.3 requests a second: ")
    assert "of them are answered with all of it within 4 s." in said
    assert "It saturates between 0.7 and 1.5 requests a second; when more came" in said
    assert sentence(view(queue(0.3))).endswith("No rate up to 0.3 saturates it.")
    assert "saturates below 1.5 requests" in sentence(view(queue(1.5, 500)))


def test_a_rate_that_gains_nothing_says_so() -> None:
    at = np.arange(400) / 10
    totals = np.random.default_rng(1).uniform(0.1, 0.2, 400)
    slow = queues.made_of(at, totals, 10.0, seconds=40.0)
    fast = queues.made_of(at / 2, totals * 3, 20.0, seconds=20.0, number=2)
    said = sentence(view(slow, fast, limits=LatencyLimits(total=0.3)))
    assert "It saturates between 10 and 20 requests a second: from there on fewer" in said


def test_a_client_that_cannot_keep_up_is_not_taken_for_the_system() -> None:
    step = replace(queue(1.5, 500), lag=Lag(1000, 0.5, 20.0, 30.0))
    assert "It, or the client, saturates below 1.5 requests" in sentence(view(step))


def test_a_rate_that_is_not_held_beyond_doubt_is_not_said_to_be() -> None:
    said = sentence(view(queue(0.3), limits=LatencyLimits(total=0.5)))
    assert said.startswith("rag holds none of these rates beyond doubt: 90% of the requests")
    assert "--requests" not in said
    hopeful = sentence(view(queue(0.6, 100), limits=LatencyLimits(total=4.0)))
    assert "more --requests may show one" in hopeful


def test_without_limits_to_be_answered_is_enough() -> None:
    shown = view(queue(0.3), limits=LatencyLimits())
    assert "within" not in printed(shown)
    assert " of them are answered. " in sentence(shown)


def test_what_a_reader_must_know_is_in_the_notes() -> None:
    at = [i / 10 for i in range(400)]
    totals = list(np.random.default_rng(1).uniform(0.1, 0.2, 400))
    failures = {100: "timeout", 200: "timeout", 300: SHED}
    lag = Lag(4000, 0.0, 0.05, 0.5)
    late = queues.made_of(at, totals, 10.0, seconds=40.0, failures=failures, lag=lag)
    told = list(notes(view(alone(), late, queue(0.8, 500, 2))))
    assert told[0] == "a note"
    assert any(note.startswith("the client was the bottleneck at 10 a second") for note in told)
    assert "3 of 400 requests failed at 10 a second: 1 shed, 2 timeout" in told
    (short,) = [note for note in told if "slows its neighbours" in note]
    assert short.startswith("no percentile is shown at 0.8 a second")
    assert int(short.rsplit("--requests ", 1)[1]) > 500


def test_a_warm_up_says_what_went_with_it() -> None:
    at = [i / 10 for i in range(400)]
    totals = [3.0] * 20 + list(np.random.default_rng(1).uniform(0.1, 0.2, 380))
    (note,) = [
        note
        for note in notes(view(queues.made_of(at, totals, 10.0, seconds=40.0)))
        if note.startswith("cut off")
    ]
    assert "requests at 10 a second (slowest 3.00 s)" in note


def test_what_a_system_does_not_tell_is_not_judged() -> None:
    shown = view(queue(0.3), limits=LatencyLimits(ttft=0.5))
    assert "unknown" in printed(shown)
    assert any("does not tell its first token" in note for note in notes(shown))


def test_an_upper_bound_among_the_failed_is_infinite() -> None:
    at = [i / 10 for i in range(400)]
    totals = list(np.random.default_rng(1).uniform(0.1, 0.2, 400))
    failures = dict.fromkeys(range(0, 400, 25), "timeout")
    text = printed(view(queues.made_of(at, totals, 10.0, seconds=40.0, failures=failures)))
    assert "\N{INFINITY}" in text


def test_in_brief_a_test_is_a_clause_with_the_same_figures() -> None:
    both = view(queue(0.3), queue(0.7, 3000, 2), queue(1.5, 500, 3))
    assert clause(both) == "rag holds 0.3 requests a second and saturates between 0.7 and 1.5"
    calm = view(queue(0.3), limits=LatencyLimits(total=0.5))
    assert clause(calm) == (
        "rag holds none of these rates beyond doubt and is not saturated up to 0.3"
    )


def test_a_note_that_was_kept_with_the_test_is_not_cut_short() -> None:
    long = "the last step was not finished; its 120 requests are not counted, and more"
    shown = replace(view(queue(0.3)), notes=(long,))
    assert next(iter(notes(shown))) == long


def test_tokens_that_were_estimated_are_said_to_be() -> None:
    step = queue(0.3, 100)
    samples = tuple(replace(s, decode=0.5, counted=i % 4 != 0) for i, s in enumerate(step.samples))
    told = list(notes(view(replace(step, samples=samples))))
    assert "the tokens of 25 answers were estimated: the time for each token hangs on that" in told


@pytest.mark.parametrize("name", ["rag\x1b[31m", "ra\ng", "[red]rag[/red]"])
def test_a_name_cannot_command_the_terminal(name: str) -> None:
    shown = view(queue(0.3), name=name)
    assert "\x1b" not in printed(shown) + sentence(shown)
    assert "\n" not in sentence(shown)
    if "[red]" in name:
        assert name in printed(shown)


def test_long_times_are_in_seconds() -> None:
    step = queue(0.3)
    slow = replace(step, samples=tuple(replace(s, total=100 * s.total) for s in step.samples))
    assert " s " in printed(view(slow))
    assert " ms " in printed(view(step)).replace("lag ms", "")
