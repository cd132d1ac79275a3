"""What judging took: every call of every judge, priced apart from what the systems cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from scored_runs import kept, two_systems

from harness import api
from harness.reporting.quality import quality_lines
from harness.run_prices import price_text
from harness.scoring.prices import HardwarePrice, PriceBook, TokenPrice, UnknownPrice
from harness.scoring.quality import Scored, Scorer, samples
from harness.scoring.quality.spending import judge_cost
from harness.scoring.quality.stored import QualityJournal
from harness.statistics.quality import Quality

DAY = date(2026, 1, 1)


def judge(model: str, embedder: str | None = None) -> Scorer:
    named = {"name": embedder} if embedder else None
    return Scorer("judge", {"ragas": "0.4.3", "model": model, "embedder": named})


def judged(tmp_path: Path, *judges: tuple[Scorer, int]) -> tuple[Path, Quality]:
    """A run whose first answers were rated by each judge in turn, so many of them."""
    run = two_systems()
    home = kept(run, tmp_path / "run")
    with QualityJournal(home) as journal:
        for scorer, ratings in judges:
            journal.describe(scorer)
            for sample in samples(run)[:ratings]:
                found = {"faithfulness": 1.0}
                journal.append(
                    Scored(
                        sample.key,
                        scorer.fingerprint,
                        sample.digest,
                        found if sample.key[0] == "rag" else {},
                        failed={} if sample.key[0] == "rag" else {"faithfulness": "bad_reply"},
                        prompt_tokens=1_000,
                        completion_tokens=50,
                        embedded_tokens=200 if scorer.settings["embedder"] else 0,
                        calls=2,
                    )
                )
    result = api.load(home)
    assert result.quality is not None
    return home, result.quality


def test_every_judge_that_was_asked_is_in_the_ledger_and_none_in_a_cost_of_a_system(
    tmp_path: Path,
) -> None:
    free = api.load(kept(two_systems(), tmp_path / "before"))
    home, found = judged(
        tmp_path, (judge("stub-judge"), 4), (judge("stub-judge", "stub-embedder"), 3)
    )
    first, last = found.spending
    assert (first.calls, first.prompt_tokens, first.completion_tokens) == (8, 4_000, 200)
    # $100 per million tokens in, nothing out; the embedder takes $1 per million.
    assert first.usd.usd == pytest.approx(0.4)
    assert last.embedded_tokens == 600
    assert last.usd.usd == pytest.approx(0.3 + 600 / 1e6)
    assert "planted, 2026-01-01, " in first.usd.basis
    assert "the run" in first.usd.basis  # the age of the price
    result = api.load(home)
    for before, after in zip(free.results.systems, result.results.systems, strict=True):
        assert before.metrics["cost_per_query"] == after.metrics["cost_per_query"]


def test_it_is_shown_in_the_terminal_the_report_and_the_json(tmp_path: Path) -> None:
    home, found = judged(tmp_path, (judge("stub-judge"), 4), (judge("unpriced"), 1))
    lines = [line for line in quality_lines(found) if line.startswith("spent on judging")]
    assert "8 calls, 4,000 tokens in, 200 out; $0.4 (" in lines[0].replace(
        "\N{NARROW NO-BREAK SPACE}", ","
    )
    assert "unpriced with ragas 0.4.3 took 2 calls" in lines[1]
    assert "unknown (no price for 'unpriced' in 'planted')" in lines[1]
    result = api.load(home)
    page = result.report(tmp_path / "report.html").read_text(encoding="utf-8")
    table = page[page.index("Spent on judging") :]
    assert table.index("$0.4") < table.index("no price for") < table.index("Where the prices")
    told = result.quality_dict()["quality"]["spending"]
    assert [one["calls"] for one in told] == [8, 2]
    assert told[0]["usd"]["usd"] == pytest.approx(0.4)
    assert told[1]["usd"]["usd"] is None


@pytest.mark.parametrize(
    ("price", "why"),
    [
        (None, "no price for 'm' in 'Ours'"),
        (UnknownPrice("m", "nobody says"), "no price for 'm' in 'Ours': nobody says"),
        (HardwarePrice("m", 1.0, "planted", DAY), "no price of tokens for 'm' in 'Ours', only"),
    ],
)
def test_a_judge_without_a_price_of_tokens_is_unknown_with_the_reason(
    price: HardwarePrice | UnknownPrice | None, why: str
) -> None:
    book = PriceBook("Ours", () if price is None else (price,))
    found = judge_cost(judge("m"), book, 1_000, 10)
    assert found.usd is None
    assert found.basis.startswith(why)


def test_an_embedder_that_tells_no_tokens_leaves_the_cost_unknown() -> None:
    priced = TokenPrice("m", 1.0, 1.0, "planted", DAY)
    book = PriceBook("Ours", (priced, TokenPrice("e", 1.0, 0.0, "planted", DAY)))
    assert judge_cost(judge("m", "e"), book, 1_000_000, 0, None).usd is None
    assert judge_cost(judge("m", "e"), book, 1_000_000, 0, 1_000_000).usd == pytest.approx(2.0)


def test_a_judge_that_the_suite_names_is_priced_by_its_provider(tmp_path: Path) -> None:
    run = two_systems()
    named = {"model": "gpt-4o-mini", "url": "https://api.openai.com/v1", "embedder": "nobodys"}
    manifest = replace(run.manifest, settings={**run.manifest.settings, "judge": named})
    text = price_text(None, manifest)
    assert text is not None
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")
    book = PriceBook.load(path)
    assert judge_cost(judge("gpt-4o-mini"), book, 1_000_000, 0).usd == pytest.approx(0.15)
    assert isinstance(book.part_entry("nobodys"), UnknownPrice)
