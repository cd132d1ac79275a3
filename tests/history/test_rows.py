from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import snapshot
from planting import Script, planted_run

from harness.history.files import DamagedError, decode, encode
from harness.history.rows import digest, from_table, to_table
from harness.history.snapshot import take
from harness.scoring.prices import PriceBook
from harness.scoring.score import PartScore
from harness.statistics.summary import summarise

SCRIPT = Script(
    "rag", "rag", {"current": 0.5, "stale": 0.2, "failed": 0.1, "mixed": 0.1}, valid=0.7
)


def test_a_run_comes_back_as_it_was_scored() -> None:
    run = planted_run(SCRIPT, groups=20, days=2)
    results = summarise(run, PriceBook.empty())
    kept = take(run, results)
    _, data = encode(kept, "2026-01-01T00:00:00+00:00")
    back = decode(data)
    assert back == kept
    assert tuple(one.score for one in back.answers) == results.scores
    assert back.figures["rag"]["right_rate"] == results["rag"].metrics["right_rate"]
    labels = {one.score.freshness.label for one in back.answers}
    assert labels >= {"current", "stale", "failed", "mixed"}
    assert any(one.score.strictness.violations for one in back.answers)


def test_the_same_run_gives_the_same_bytes() -> None:
    kept = snapshot({"rag": [True, False]})
    assert encode(kept, "now")[1] == encode(kept, "now")[1]
    assert encode(kept, "now")[0].digest == encode(kept, "later")[0].digest


@given(
    text=st.text(st.characters(exclude_categories=("Cs",))) | st.none(),
    parts=st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=5), max_size=3),
    usd=st.floats(0, 10) | st.none(),
    span=st.tuples(st.integers(0, 99), st.integers(0, 99)) | st.none(),
    tokens=st.integers(0, 2**40) | st.none(),
)
def test_any_answer_comes_back(
    text: str | None,
    parts: list[str],
    usd: float | None,
    span: tuple[int, int] | None,
    tokens: int | None,
) -> None:
    kept = snapshot({"rag": [True]}).answers[0]
    score = replace(
        kept.score,
        parts=tuple(PartScore(part, "current", True) for part in parts),
        cost=replace(kept.score.cost, usd=usd),
        freshness=replace(kept.score.freshness, span=span),
        timing=None if usd is None else kept.score.timing,
    )
    kept = replace(kept, text=text, score=score, usage=replace(kept.usage, embedded_tokens=tokens))
    assert list(from_table(to_table([kept]))) == [kept]


def test_half_a_surrogate_pair_does_not_keep_a_run_from_being_saved() -> None:
    kept = snapshot({"rag": [True]}).answers[0]
    table = to_table([replace(kept, text="ok \ud83d")])
    (back,) = from_table(table)
    assert str(back.text).startswith("ok \N{REPLACEMENT CHARACTER}")
    assert len(digest("run", table)) == 64


@settings(max_examples=80)
@given(data=st.data())
def test_one_wrong_byte_anywhere_is_noticed_or_harmless(data: st.DataObject) -> None:
    kept = snapshot({"rag": [True, False] * 10})
    _, good = encode(kept, "now")
    place = data.draw(st.integers(0, len(good) - 1))
    flipped = data.draw(st.integers(1, 255))
    bad = good[:place] + bytes([good[place] ^ flipped]) + good[place + 1 :]
    try:
        back = decode(bad)
    except DamagedError:
        return
    assert back == kept


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_damaged(share: float) -> None:
    _, good = encode(snapshot({"rag": [True] * 50}), "now")
    with pytest.raises(DamagedError):
        decode(good[: int(share * len(good))])
