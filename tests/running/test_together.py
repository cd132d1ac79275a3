from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "reporting"))

from planted import planted_run

from harness.errors import RunError
from harness.running.folder import LoadedRun
from harness.running.together import together


def run(run_id: str, systems: int = 2, seed: int = 0, **changes: object) -> LoadedRun:
    made, _ = planted_run(questions=4, days=2, systems=systems, seed=seed)
    return replace(made, manifest=replace(made.manifest, run_id=run_id, **changes))  # type: ignore[arg-type]


def test_systems_stand_side_by_side_and_keep_their_answers() -> None:
    first, second = run("one", systems=2), run("two", systems=3, seed=1)
    both = together([first, second])
    names = [system.name for system in both.manifest.systems]
    assert names == ["base (one)", "rag (one)", "base (two)", "rag (two)", "fine-tuned"]
    assert both.manifest.planned == 16 + 24
    assert set(both.manifest.preparations) == set(names)
    assert [record.position for record in both.records] == list(range(40))
    for name, source, old in (("rag (two)", second, "rag"), ("fine-tuned", second, "fine-tuned")):
        answers = [record.answer for record in both.records if record.system == name]
        assert answers == [record.answer for record in source.records if record.system == old]
    assert both.notes[0].startswith("the answers come from 2 runs (one, two) that were not")


def test_one_run_is_left_as_it_is() -> None:
    alone = run("one")
    assert together([alone]) == alone


def test_other_prices_are_noted() -> None:
    prints = run("one").manifest.fingerprints
    second = run("two", fingerprints={**prints, "prices": "other"})
    assert any("all costs are by that of one" in n for n in together([run("one"), second]).notes)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"fingerprints": {"questions": "other"}}, "these differ: questions;"),
        ({"days": ()}, "these differ: days;"),
        ({"repeats": 2}, "these differ: repeats;"),
        ({"run_id": "one"}, "run one is named twice"),
    ],
)
def test_unlike_runs_are_refused(changes: dict[str, object], told: str) -> None:
    given = {"run_id": "two", **changes}
    with pytest.raises(RunError, match=told):
        together([run("one"), run(str(given.pop("run_id")), **given)])
