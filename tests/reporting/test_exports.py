from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import planting
import pytest
from planted import planted_run, with_texts
from planted_load import planted_load

from harness.errors import RunError
from harness.reporting.exports import write_csv
from harness.scoring.prices import PriceBook, TokenPrice
from harness.statistics import summarise
from harness.systems.base import Usage


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_figure_comes_out_as_it_went_in(tmp_path: Path) -> None:
    run, results = planted_run(questions=10, days=2, systems=3)
    figures, comparisons, answers = map(rows, write_csv(run, results, tmp_path / "new"))
    for system in results.systems:
        for name, estimate in system.metrics.items():
            (row,) = (
                r
                for r in figures
                if (r["system"], r["metric"], r["day"]) == (system.name, name, "")
            )
            assert (float(row["value"]) if row["value"] else None) == estimate.value
            assert int(row["n"]) == estimate.n
    assert len(comparisons) == len(results.comparisons)
    assert len(answers) == len(run.records)
    assert sum(row["right"] == "yes" for row in answers) == sum(s.right for s in results.scores)
    assert [row["text"] for row in answers] == [record.answer.text or "" for record in run.records]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1"])
def test_a_spreadsheet_takes_no_answer_for_a_formula(tmp_path: Path, text: str) -> None:
    run, results = planted_run(questions=2, days=1, systems=2)
    *_, answers = write_csv(with_texts(run, text), results, tmp_path)
    assert {row["text"] for row in rows(answers)} == {f"'{text}"}


@pytest.mark.parametrize("text", ['a,"b"\n\nc', "\x00\ud800", ""])
def test_any_text_makes_a_file_that_can_be_read(tmp_path: Path, text: str) -> None:
    run, results = planted_run(questions=2, days=1, systems=2)
    *_, answers = write_csv(with_texts(run, text), results, tmp_path)
    (read,) = {row["text"] for row in rows(answers)}
    assert read == text.replace("\x00", "␀").replace("\ud800", "\\ud800")


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    first = write_csv(*planted_run(), tmp_path / "a")
    second = write_csv(*planted_run(), tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_an_answer_that_was_not_scored_is_there(tmp_path: Path) -> None:
    run, results = planted_run(questions=2, days=1, systems=2)
    *_, answers = write_csv(run, replace(results, scores=()), tmp_path)
    assert [row["class"] for row in rows(answers)] == [""] * len(run.records)


def test_a_load_test_is_a_row_for_each_figure_of_each_step(tmp_path: Path) -> None:
    run, results = planted_run(questions=2, days=1, systems=2)
    test = planted_load(run.manifest, "rag", streamed=True)
    *_, path = write_csv(run, results, tmp_path, load=[test])
    assert path.name == "load.csv"
    found = rows(path)
    assert {row["rate"] for row in found} == {"", "0.2", "0.5", "1.5"}
    for step in test.steps:
        own = [r for r in found if (float(r["rate"]) if r["rate"] else None) == step.rate]
        assert {(r["backlog"], int(r["requests"])) for r in own} == {(step.verdict, step.requests)}
        read = {r["metric"]: float(r["value"]) if r["value"] else None for r in own}
        assert read["goodput"] == step.goodput.value
        assert read["latency_p95"] == step.latency["p95"].value
        assert read["ttft_p50"] == step.ttft["p50"].value
        assert len(read) == len(own) == 12


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="cannot be written"):
        write_csv(*planted_run(), tmp_path / "file")


def test_each_answer_has_its_whole_ledger(tmp_path: Path) -> None:
    run = planting.planted_run(planting.Script("search", "rag", {"current": 0.9}), groups=6, days=1)
    spent = Usage(100, 20, reasoning_tokens=5, cached_tokens=40, embedded_tokens=7)
    records = [replace(r, answer=replace(r.answer, usage=spent)) for r in run.records]
    run = replace(run, records=tuple(records))
    price = TokenPrice("*", 1_000.0, 1_000.0, "planted", date(2026, 1, 1))
    book = PriceBook("Planted", (price,)).with_models({}, embedders={"search": "words"})
    *_, answers = write_csv(run, summarise(run, book), tmp_path)
    first = rows(answers)[0]
    told = [first[f"{kind}_tokens"] for kind in ("cached", "reasoning", "embedded", "reranked")]
    assert told == ["40", "5", "7", "0"]
    assert float(first["usd"]) == pytest.approx(0.127)
    assert float(first["usd_least"]) == pytest.approx(0.087)  # cached tokens may be free
    assert "planted, 2026-01-01" in first["price"]
    assert first["energy_joules"] == ""
