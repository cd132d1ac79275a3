from __future__ import annotations

from dataclasses import replace

import pytest
from planting import DAYS, Script, planted_run

from harness.decision.constraints import Situation
from harness.decision.situation import fits
from harness.systems.base import Preparation

SCRIPTS = (
    Script("base", "base", {}),
    Script("rag", "rag", {}),
    Script("tuned", "fine-tuned", {}),
    Script("both", "hybrid", {}),
)
MANIFEST = planted_run(*SCRIPTS, groups=3, days=1).manifest


def missed(situation: Situation, manifest: object = MANIFEST) -> set[str]:
    return {fit.system for fit in fits(manifest, situation) if fit.kept == "missed"}  # type: ignore[arg-type]


def test_nothing_said_excludes_nobody() -> None:
    assert fits(MANIFEST, Situation()) == ()
    assert fits(MANIFEST, Situation(corpus=True, labelled_examples=10, data_may_leave=True)) == ()


def test_without_a_corpus_nothing_searches() -> None:
    assert missed(Situation(corpus=False)) == {"rag", "both"}


def test_without_examples_nothing_was_trained() -> None:
    assert missed(Situation(labelled_examples=0)) == {"tuned", "both"}


def test_what_was_trained_on_more_than_there_is_does_not_fit() -> None:
    told = {
        "tuned": (Preparation(DAYS[0], examples=900),),
        "both": (Preparation(DAYS[0], examples=9),),
    }
    manifest = replace(MANIFEST, preparations=told)
    assert missed(Situation(labelled_examples=100), manifest) == {"tuned"}


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"model": {"kind": "openai", "url": "http://127.0.0.1:8000/v1"}}, ""),
        ({"model": {"kind": "openai", "url": "http://10.1.2.3/v1"}}, ""),
        ({"model": {"kind": "openai", "url": "http://llm.internal/v1"}}, ""),
        ({"model": {"kind": "openai", "url": "http://gpu:8000/v1"}}, ""),
        ({"model": {"kind": "openai", "url": "https://api.example.com/v1"}}, "missed"),
        ({"model": {"kind": "openai", "url": "https://8.8.8.8/v1"}}, "missed"),
        (
            {"model": "lab", "retrieval": {"embedder": {"url": "https://api.example.com/v1"}}},
            "missed",
        ),
        ({"model": "lab"}, ""),
        ({"function": "ask"}, "undecided"),
    ],
)
def test_data_leave_where_a_server_has_a_public_name(
    settings: dict[str, object], kept: str
) -> None:
    system = replace(MANIFEST.systems[0], settings=settings)
    found = fits(replace(MANIFEST, systems=(system,)), Situation(data_may_leave=False))
    assert [fit.kept for fit in found] == ([kept] if kept else [])
