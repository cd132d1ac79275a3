"""Which load tests may stand beside a run, and under which name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from harness.errors import RunError
from harness.running.load.beside import beside
from harness.running.manifest import Manifest, SystemManifest
from harness.systems.base import Preparation

DAYS = (date(2026, 2, 22), date(2026, 8, 22))
RAG = SystemManifest("rag", "rag", {}, {"prompt": "p1", "model": "m1"})
BASE = SystemManifest("base", "base", {}, {"prompt": "p1", "model": "m1"})
SHARED = {"questions": "q1", "facts": "f1", "corpus": "c1", "prices": "x1"}


def manifest(run_id: str, *systems: SystemManifest, **changes: object) -> Manifest:
    made = Manifest(
        run_id=run_id,
        suite="releases",
        title="Releases",
        created="2026-08-22T00:00:00+00:00",
        seed=1,
        days=DAYS,
        repeats=1,
        planned=0,
        systems=systems,
        fingerprints=SHARED,
        versions={"python": "3.11"},
        machine={"cores": "2"},
        settings={"suite": "releases", "limit": None},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


RUN = manifest("run-1", BASE, RAG)


def of_load(**changes: object) -> Manifest:
    return manifest("load-1", RAG, **{"days": DAYS[1:], **changes})


def with_prints(**changes: str) -> dict[str, str]:
    return SHARED | changes


def test_a_test_of_the_same_things_goes_by_its_systems_name() -> None:
    assert beside(of_load(), [RUN]) == ("rag", ())
    assert beside(of_load(fingerprints=with_prints(prices="x2")), [RUN]) == ("rag", ())


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (
            {"suite": "advisories"},
            r"unlike: suite \(releases in the run, advisories in the test\)\.",
        ),
        ({"days": (date(2026, 1, 1),)}, r"day \(2026-01-01 in the test; 2026-02-22, 2026-08-22 in"),
        ({"fingerprints": with_prints(corpus="c2")}, r"corpus \(c1 in the run, c2 in the test\)"),
        ({"fingerprints": with_prints(facts="f2")}, r"facts \(f1 in the run, f2 in the test\)"),
        ({"fingerprints": with_prints(questions="q2")}, r"questions \(q1 in the run, q2 in the"),
        (
            {"systems": (replace(RAG, fingerprints={"prompt": "p2", "adapter": "a1"}),)},
            r"rag's adapter \(none in the run, a1 in the test\); rag's model \(m1 in the run, none "
            r"in the test\); rag's prompt \(p1 in the run, p2",
        ),
        ({"systems": (replace(RAG, name="rap"),)}, r"is of 'rap', which is no system .* 'rag'\?"),
    ],
)
def test_what_makes_it_another_measurement_is_refused_by_name(
    changes: dict[str, object], named: str
) -> None:
    with pytest.raises(RunError, match=named):
        beside(of_load(**changes), [RUN])


def test_what_to_do_is_said() -> None:
    with pytest.raises(
        RunError, match=r"load-1 and run run-1 .* harness load releases --system rag"
    ):
        beside(of_load(suite="x"), [RUN])


def test_a_run_of_a_sample_may_have_fewer_questions() -> None:
    sampled = replace(RUN, settings={"suite": "releases", "limit": 10})
    name, notes = beside(of_load(fingerprints=with_prints(questions="q2")), [sampled])
    assert name == "rag"
    assert notes == ("the load test asked all questions of the suite, the run a sample of them",)


def test_another_machine_and_other_packages_are_noted() -> None:
    elsewhere = of_load(machine={"cores": "64", "os": "Linux"}, versions={"python": "3.12"})
    assert beside(elsewhere, [RUN])[1] == (
        "measured on another machine than the run (cores, os)",
        "measured with other versions than the run (python)",
    )


def test_an_index_of_that_day_alone_is_noted() -> None:
    def made(index: str) -> dict[str, object]:
        prepared = Preparation(DAYS[1], fingerprints={"index": index})
        return {"preparations": {"rag": (Preparation(DAYS[0]), prepared)}}

    run = manifest("run-1", RAG, **made("i1"))
    assert beside(of_load(**made("i1")), [run])[1] == ()
    (note,) = beside(of_load(**made("i2")), [run])[1]
    assert note.startswith("the index of that day is not the run's")


def test_of_several_runs_it_belongs_to_the_one_that_it_is_like() -> None:
    other = manifest("run-2", replace(RAG, fingerprints={"prompt": "p2", "model": "m1"}))
    assert beside(of_load(), [other, RUN]) == ("rag (run-1)", ())
    with pytest.raises(RunError, match="load-1 and run run-2 are unlike: rag's prompt"):
        beside(of_load(), [other])
