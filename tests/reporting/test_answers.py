from __future__ import annotations

import base64
import json
import random
import zlib
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from planted import planted_run, with_texts

from harness.reporting.answers import LENGTHS, answers_tables, fitted, pack
from harness.reporting.sections.context import Context
from harness.reporting.sections.explorer import LISTED, _sentence, brief, explorer
from harness.running.folder import LoadedRun
from harness.statistics.results import Results


def context_of(run: LoadedRun, results: Results) -> Context:
    return Context(run, results, (), None)


def unpacked(text: str) -> dict[str, Any]:
    tables: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(text)))
    return tables


def test_every_answer_comes_out_as_it_went_in() -> None:
    run, results = planted_run(questions=30, days=3, systems=5)
    tables = unpacked(fitted(context_of(run, results))[1])
    texts, answers = tables["texts"], tables["answers"]
    found: dict[tuple[str, str, str, int], tuple[Any, ...]] = {}
    place = 0
    for question, day, repeat, _, size in tables["cases"]:
        for at in range(place, place + size):
            key = (
                tables["systems"][answers["system"][at]][0],
                tables["questions"][question][0],
                tables["days"][day],
                repeat,
            )
            passages = [tables["passages"][p][2] for p in answers["passages"][at]]
            label = tables["classes"][answers["class"][at]][0]
            found[key] = (texts[answers["text"][at]], label, bool(answers["right"][at]), passages)
        place += size
    assert len(found) == len(run.records)
    scores = {(s.system, s.question_id, s.day.isoformat(), s.repeat): s for s in results.scores}
    for record in run.records:
        failure, score = record.answer.failure, scores[record.key]
        text = f"{failure.kind}: {failure.message}" if failure else record.answer.text
        passages = [passage.text for passage in record.answer.passages]
        assert found[record.key] == (text, score.freshness.label, score.right, passages)


def test_equal_texts_and_passages_stand_once() -> None:
    run, results = planted_run(questions=30, days=3, systems=5)
    tables = answers_tables(context_of(with_texts(run, "the same"), results))
    assert len(tables["passages"]) == 1
    assert tables["texts"].count("the same") == 1


def test_long_texts_are_cut_until_they_fit() -> None:
    run, results = planted_run(questions=40, days=3, systems=3)
    rng = random.Random(0)
    records = tuple(
        replace(r, answer=replace(r.answer, failure=None, text=rng.randbytes(600).hex()))
        for r in run.records
    )
    context = context_of(replace(run, records=records), results)
    whole = len(pack(answers_tables(context)))
    tables, packed = fitted(context, most_bytes=whole // 2)
    assert len(packed) <= whole // 2
    assert len(tables["answers"]["text"]) == len(records)
    (cut,) = {text for text in tables["texts"] if text.startswith("the first")}
    assert cut in {f"the first {lengths.answer} of 1,200 characters" for lengths in LENGTHS[1:]}


@pytest.mark.parametrize("most", [1, 7, 100, 449, 450])
def test_of_a_run_too_large_whole_questions_are_kept(most: int) -> None:
    run, results = planted_run(questions=30, days=3, systems=5)
    tables = answers_tables(context_of(run, results), most=most)
    kept = len(tables["answers"]["text"])
    assert kept + tables["left_out"] == len(run.records) == 450
    assert kept <= max(most, 15)
    per_question = Counter(question for question, *_ in tables["cases"])
    assert set(per_question.values()) == {3}
    said = "" if most == 450 else f"{kept} of the run's 450 answers are in this file"
    assert _sentence(kept, tables["left_out"]).startswith(said)
    ids = [question[0] for question in tables["questions"]]
    assert ids == sorted(ids)


def test_the_page_lists_the_first_answers_of_whole_questions() -> None:
    run, results = planted_run(questions=30, days=3, systems=3)
    section = explorer(context_of(run, results))
    assert section
    (block,) = section.blocks
    assert block.kind == "explorer"
    assert LISTED <= block.listed < LISTED + 3
    assert block.total == 270
    assert [len(case.answers) for case in block.cases] == [3] * 67


def test_a_run_without_records_has_no_list() -> None:
    run, results = planted_run(questions=2, days=1, systems=2)
    assert explorer(context_of(replace(run, records=()), results)) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [("", ""), (" a\n b\t", "a b"), ("x" * 120, "x" * 120), ("x" * 121, "x" * 120 + "…")],
)
def test_the_beginning_of_an_answer_is_one_line(text: str, line: str) -> None:
    assert brief(text) == line
