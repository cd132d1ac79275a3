"""`harness quality`: ragas' metrics on a run, with a judge or without."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.app import app
from harness.cli.options import BudgetOption, JsonOption, read_budget, read_names
from harness.cli.shown import shown_progress, write_json
from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.running.judge_spec import JudgeSpec


@app.command(
    epilog="Examples:\n\n`harness quality runs/releases-20260822-101500`\n\n"
    "`harness quality runs/releases-20260822-101500 --judge https://judge.example/v1 --judge-model judge "
    "--metrics faithfulness,answer_correctness --budget 5usd`\n\n"
    "`harness quality runs/releases-20260822-101500 --labels labels.csv`"
)
def quality(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    judge: Annotated[
        str | None,
        typer.Option(metavar="URL", help="An OpenAI-compatible endpoint that judges."),
    ] = None,
    judge_model: Annotated[
        str | None, typer.Option(metavar="NAME", help="What the judge is called there.")
    ] = None,
    judge_key_env: Annotated[
        str | None, typer.Option(metavar="VAR", help="The environment variable with its key.")
    ] = None,
    embedder: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="An embedder there, for what compares meanings."),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Calls of the judge in flight (default: 4)."),
    ] = None,
    metrics: Annotated[
        str | None, typer.Option(metavar="A,B", help="Only these judged metrics.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Judge only N questions, drawn at random."),
    ] = None,
    budget: BudgetOption = None,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What people say of some answers, as CSV or JSONL."),
    ] = None,
    threshold: Annotated[
        float,
        typer.Option(min=0, max=1, help="With labels: a score from which on the judge says yes."),
    ] = 0.5,
    json_out: JsonOption = None,
) -> None:
    """Score the answers of a run by ragas' metrics, and let a model judge them."""
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness import api  # noqa: PLC0415  (heavy)
    from harness.reporting.quality import (  # noqa: PLC0415  (heavy)
        agreement_lines,
        quality_lines,
        quality_tables,
    )

    asked = _judge(run, judge, judge_model, judge_key_env, embedder, concurrency)
    with shown_progress() as progress:
        result = api.quality(
            run,
            judge=asked,
            metrics=read_names(metrics),
            limit=limit,
            budget=read_budget(budget),
            labels=labels,
            threshold=threshold,
            progress=progress,
        )
    found = result.quality
    console = Console(stderr=json_out == "-")
    if found is not None:
        for table in quality_tables(found):
            console.print(table)
        for line in (*quality_lines(found), *agreement_lines(result.judge_agreement)):
            console.print(line, highlight=False, markup=False)
    console.print(f"scores: {run / 'quality.jsonl'}", highlight=False, soft_wrap=True)
    write_json(result.quality_dict, json_out)


def _judge(
    run: Path,
    url: str | None,
    model: str | None,
    key_env: str | None,
    embedder: str | None,
    concurrency: int | None,
) -> JudgeSpec | None:
    """The judge of the options, which override what the run's suite says; None where neither names one."""
    from harness.running.folder import read_manifest  # noqa: PLC0415  (heavy)
    from harness.running.judge_spec import judge_from_settings  # noqa: PLC0415  (heavy)

    given = {
        "url": url,
        "model": model,
        "key_env": key_env,
        "embedder": embedder,
        "concurrency": concurrency,
    }
    given = {key: value for key, value in given.items() if value is not None}
    declared = read_manifest(run).settings.get("judge", {})
    if not given:
        return None
    if "model" not in given and "model" not in declared:
        raise ConfigError("which model judges? name it with --judge-model NAME")
    return judge_from_settings({**declared, **given}, "--judge")
