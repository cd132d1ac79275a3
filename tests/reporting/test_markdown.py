from __future__ import annotations

from dataclasses import replace

import pytest
from planted import planted_run

from harness.reporting import markdown_summary


def test_the_summary_answers_first_and_shows_the_table_and_the_limits() -> None:
    run, results = planted_run(questions=480, days=3, systems=5)
    lines = markdown_summary(run, results).splitlines()
    assert lines[0] == "# RAG, fine-tuning or both?"
    assert lines[2].startswith("**Both, here: hybrid was right in ")
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + 5
    assert {line.count(" | ") for line in table} == {8}
    assert "What this run cannot conclude:" in lines
    assert lines[-1].startswith("Run releases-planted")


@pytest.mark.parametrize(
    "name",
    ["<img src=x onerror=alert(1)>", "a|b", "**x**\n# y", "[x](https://example.org)", "a\x00"],
)
def test_names_cannot_become_markup(name: str) -> None:
    run, results = planted_run(questions=8, days=1, systems=2)
    manifest = replace(run.manifest, run_id=name)
    last = markdown_summary(replace(run, manifest=manifest), results).splitlines()[-1]
    assert last.startswith("Run ")
    for sign in "<>|*[]":
        assert sign not in last.replace(f"\\{sign}", "")
    assert "\x00" not in last
