"""What a run comes to: a decision, verdicts on claims, and a plan for the next one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import app
from harness.cli.options import (
    INCONCLUSIVE,
    JsonOption,
    read_difference,
    read_names,
)
from harness.cli.shown import (
    print_gates,
    show_plan,
    write_json,
)
from harness.errors import ConfigError, nearest
from harness.fixtures import shipped_claims


@app.command(
    epilog="Examples:\n\n`harness decide runs/releases-20260822-101500`\n\n"
    "`harness decide runs/releases-20260822-101500 --constraints needs.toml --min-right 80%`\n\n"
    "`harness decide --prior --constraints needs.toml`"
)
def decide(
    run: Annotated[Path | None, typer.Argument(help="The folder of a run.")] = None,
    constraints: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What is asked of a system, as TOML.")
    ] = None,
    max_latency_p95: Annotated[
        str | None, typer.Option(metavar="TIME", help="95% of answers within, such as 800ms.")
    ] = None,
    max_stale: Annotated[
        str | None, typer.Option(metavar="RATE", help="At most so many stale, such as 2%.")
    ] = None,
    min_valid: Annotated[
        str | None, typer.Option(metavar="RATE", help="At least so many in a valid format.")
    ] = None,
    min_right: Annotated[
        str | None, typer.Option(metavar="RATE", help="At least so many right.")
    ] = None,
    max_cost: Annotated[
        str | None, typer.Option(metavar="USD", help="A query costs at most, such as $0.005.")
    ] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(metavar="BOUND", help="Any other: 'latency_p50 <= 300 ms'; repeatable."),
    ] = None,
    change_days: Annotated[
        float | None, typer.Option(metavar="DAYS", help="The facts change every so many days.")
    ] = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="Also say what would be chosen without measuring.")
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Of the weightings and resamples (default: the run's); changes noise only."
        ),
    ] = None,
    json_out: JsonOption = None,
) -> None:
    """Say which system to take under these constraints, and what would change that."""
    from harness import api  # noqa: PLC0415  (heavy)
    from harness.decision import Needs, load_needs, measured, with_flags  # noqa: PLC0415  (heavy)
    from harness.decision import prior as foreseen  # noqa: PLC0415  (heavy)
    from harness.reporting.decide import decision_lines, prior_lines  # noqa: PLC0415  (heavy)

    flags = {
        "--max-latency-p95": max_latency_p95,
        "--max-stale": max_stale,
        "--min-valid": min_valid,
        "--min-right": min_right,
        "--max-cost": max_cost,
    }
    needs = with_flags(
        load_needs(constraints) if constraints is not None else Needs(),
        flags=flags,
        require=require or (),
        change_days=change_days,
    )
    if run is None and not prior:
        raise ConfigError("name the folder of a run, or ask for the --prior")
    found = foreseen(needs) if prior else None
    result = api.load(run) if run is not None else None
    decision = result.decide(needs, seed=seed) if result is not None else None
    said = (
        measured(found, decision, result.results)
        if found is not None and decision is not None and result is not None
        else None
    )
    parts = [prior_lines(found, said)] if found is not None else []
    parts += [decision_lines(decision)] if decision is not None else []
    typer.echo("\n\n".join("\n".join(part) for part in parts), err=json_out == "-")
    write_json(
        lambda: {
            "prior": asdict(found) if found is not None else None,
            "prior_measured": asdict(said) if said is not None else None,
            "decision": asdict(decision) if decision is not None else None,
        },
        json_out,
    )


@app.command(
    epilog="Examples:\n\n`harness claims`\n\n"
    "`harness claims runs/releases-20260822-101500`\n\n"
    "`harness claims runs/releases-20260822-101500 --claims ours.toml --json -`"
)
def claims(
    run: Annotated[
        Path | None, typer.Argument(help="The folder of a run; without one claims are listed.")
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--claims", metavar="FILE", help="Your claims (default: those shipped)."),
    ] = None,
    json_out: JsonOption = None,
) -> None:
    """Say what a run makes of claims that were written down before it."""
    from harness import api  # noqa: PLC0415  (heavy)
    from harness.decision import load_claims  # noqa: PLC0415  (heavy)
    from harness.reporting.claims import (  # noqa: PLC0415  (heavy)
        claim_lines,
        verdict_dict,
        verdict_lines,
    )
    from harness.reporting.sections.scope import scope  # noqa: PLC0415  (heavy)

    asked = [claim for file in files or shipped_claims() for claim in load_claims(file)]
    if run is None:
        typer.echo("\n".join(claim_lines(asked)), err=json_out == "-")
        write_json(lambda: {"claims": [asdict(claim) for claim in asked]}, json_out)
        return
    result = api.load(run)
    found = result.judge_claims(asked)
    manifest = result.loaded.manifest
    lines = verdict_lines(found, scope(manifest), result.prices.day)
    typer.echo("\n".join(lines), err=json_out == "-")
    write_json(
        lambda: {
            "scope": scope(manifest),
            "claims": [asdict(one) | verdict_dict(one) for one in found],
        },
        json_out,
    )


@app.command(
    epilog="Examples:\n\n`harness plan runs/releases-20260822-101500`\n\n"
    "`harness plan runs/releases-20260822-101500 --systems rag,hybrid --difference 2pp`\n\n"
    "`harness plan runs/releases-20260822-101500 --metric latency_mean --questions 400`"
)
def plan(
    run: Annotated[Path, typer.Argument(help="The folder of a run: the pilot.")],
    metric: Annotated[
        str, typer.Option(help="A rate, or a mean of times or costs.")
    ] = "right_rate",
    systems: Annotated[
        str | None, typer.Option(metavar="A,B", help="Only these systems of the run.")
    ] = None,
    difference: Annotated[
        str | None,
        typer.Option(metavar="2pp", help="How many questions tell it? 2pp, 50ms or 0.001usd."),
    ] = None,
    questions: Annotated[
        int | None, typer.Option(metavar="N", help="What do N questions tell?")
    ] = None,
    power: Annotated[float, typer.Option(help="Chance to detect what is there.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="Chance to detect what is not.")] = 0.05,
    json_out: JsonOption = None,
) -> None:
    """Say how many questions the next run takes, from a run that was made."""
    from harness import api  # noqa: PLC0415  (heavy)

    found = api.plan(
        run,
        metric=metric,
        systems=read_names(systems),
        difference=None if difference is None else read_difference(difference, metric),
        questions=questions,
        power=power,
        alpha=alpha,
    )
    show_plan(found, json_out)


@app.command(
    epilog="Examples:\n\n`harness gate runs/releases-20260822-101500`\n\n"
    "`harness gate runs/new --baseline runs/old --gate 'rag.right_rate >= baseline.rag.right_rate "
    "- 2pp'`\n\n"
    "`harness gate runs/new --baseline runs/old --allow-different machine --inconclusive fail`"
)
def gate(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    baseline: Annotated[
        Path | None, typer.Option(metavar="RUN", help="The run that gates call baseline.")
    ] = None,
    gates: Annotated[
        list[str] | None,
        typer.Option(
            "--gate",
            metavar="EXPR",
            help="Judge this, not the gates of the run's suite; repeatable.",
        ),
    ] = None,
    suite: Annotated[
        str | None, typer.Option(metavar="SUITE", help="Take the gates that this suite has now.")
    ] = None,
    inconclusive: Annotated[
        str,
        typer.Option(metavar="fail|warn|pass", help="What an inconclusive gate does."),
    ] = "warn",
    allow_different: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="What may differ from the baseline, such as machine."),
    ] = None,
    json_out: JsonOption = None,
) -> None:
    """Judge gates on a finished run: exit code 0 where they are kept, 1 where one fails."""
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness import api  # noqa: PLC0415  (heavy)

    if inconclusive not in INCONCLUSIVE:
        raise ConfigError(
            f"--inconclusive: {inconclusive!r}: {nearest(inconclusive, INCONCLUSIVE)}"
        )
    found = api.load(run).gate(
        *(gates or ()),
        baseline=baseline,
        suite=suite,
        allow_different=read_names(allow_different) or (),
    )
    print_gates(Console(stderr=json_out == "-"), found)
    write_json(lambda: asdict(found), json_out)
    undecided = len(found.of("inconclusive"))
    if undecided and inconclusive == "warn":
        typer.echo(
            f"harness: warning: {undecided} inconclusive; --inconclusive fail would stop here",
            err=True,
        )
    if found.of("fail") or (undecided and inconclusive == "fail"):
        raise typer.Exit(1)
