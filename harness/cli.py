"""The command line. Commands import what they need when they run, so `--help` is instant."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from harness.errors import (
    BudgetReachedError,
    ConfigError,
    HarnessError,
    RunInterruptedError,
    nearest,
    require_extra,
)

if TYPE_CHECKING:
    from harness.api import Result
    from harness.models.lab.evaluation import MeasureResult
    from harness.scoring.forecast import Forecast
    from harness.statistics.planning import Plan
    from harness.under_load import LoadResult

app = typer.Typer(
    name="harness",
    help="RAG, fine-tuning or both? Ask the same questions of each and compare with evidence.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
lab = typer.Typer(help="The lab model: pretrain and evaluate it.", no_args_is_help=True)
world = typer.Typer(help="Dated facts and documents: build and check them.", no_args_is_help=True)
conformance = typer.Typer(
    help="Measure the instrument against answers that people labelled.", no_args_is_help=True
)
serving = typer.Typer(
    help="Models behind an OpenAI-compatible server on this machine.", no_args_is_help=True
)
measured = typer.Typer(help="Measure the instrument itself.", no_args_is_help=True)
app.add_typer(lab, name="lab")
app.add_typer(serving, name="serve")
app.add_typer(world, name="world")
app.add_typer(conformance, name="conformance")
app.add_typer(measured, name="selftest")

JsonOption = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE|-", help="Also write the figures as JSON; - is stdout."),
]


CacheOption = Annotated[
    bool,
    typer.Option("--cache", help="Take answers that were given before; they have no latency."),
]
BudgetOption = Annotated[
    str | None,
    typer.Option(metavar="USD", help="Stop before answers have cost more, such as 5usd."),
]


def main() -> None:
    """Run the command line; a known error is one line on stderr and exit code 2.

    A run that stops early says how to go on: interrupted it exits with 130, at its budget with 3.
    """
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app(arguments)
    except HarnessError as error:
        if debug:
            raise
        typer.echo(f"harness: {error}", err=True)
        raise SystemExit(_exit_code(error)) from error


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    _debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed  # noqa: PLC0415  (slow, rarely needed)

        typer.echo(f"harness {installed('ragft-harness')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(
    epilog="Examples:\n\n`harness compare releases`\n\n"
    "`harness compare releases --systems rag,hybrid --days 2026-08-22 --limit 40`\n\n"
    "`harness compare releases --systems rag,hybrid --decoding free,constrained`\n\n"
    "`harness compare path/to/suite.toml --dry-run`\n\n"
    "`harness compare path/to/suite.toml --sample 10% --cache --budget 5usd`\n\n"
    "`harness compare path/to/suite.toml --report report.html`"
)
def compare(
    suite: Annotated[str, typer.Argument(help="A built-in suite, a folder, or a suite.toml.")],
    systems: Annotated[
        str | None, typer.Option(metavar="A,B", help="Only these systems of the suite.")
    ] = None,
    days: Annotated[
        str | None,
        typer.Option(metavar="DAY,DAY|all", help="These evaluation days, not the suite's default."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Ask only N questions a day.")
    ] = None,
    sample: Annotated[
        str | None, typer.Option(metavar="SHARE", help="Ask only a share of them, such as 10%.")
    ] = None,
    repeats: Annotated[int | None, typer.Option(min=1, help="Ask each question so often.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the plan and the resampling.")] = None,
    no_hygiene: Annotated[
        bool, typer.Option("--no-hygiene", help="Leave out the sweep for outdated documents.")
    ] = False,
    decoding: Annotated[
        str | None,
        typer.Option(
            metavar="free,constrained",
            help="Whether the decoder enforces formats; both: each system runs with each.",
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes for local models.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be asked and cost; ask nothing.")
    ] = False,
    cache: CacheOption = False,
    budget: BudgetOption = None,
    out: Annotated[Path | None, typer.Option(help="Folder for new runs (default: runs).")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Where to write the report (default: in the run).")
    ] = None,
    json_out: JsonOption = None,
) -> None:
    """Run the suite's questions through its systems, compare, and write a report."""
    from harness import api  # noqa: PLC0415  (heavy)

    asked: dict[str, Any] = {
        "systems": _names(systems),
        "days": _days(days),
        "limit": limit,
        "repeats": repeats,
        "seed": seed,
        "sample": _share(sample),
        "decoding": _names(decoding),
    }
    if dry_run:
        _show_forecast(api.forecast(suite, **asked), json_out)
        return
    with _progress() as progress:
        result = api.compare(
            suite,
            **asked,
            hygiene=not no_hygiene,
            workers=workers,
            cache=cache,
            budget=_budget(budget),
            out=out,
            progress=progress,
        )
    _show(result, report, json_out)


@app.command(
    epilog="Examples:\n\n`harness resume runs/releases-20260822-101500`\n\n"
    "`harness resume runs/releases-20260822-101500 --budget 10usd`"
)
def resume(
    run: Annotated[Path, typer.Argument(help="The folder of a broken run.")],
    cache: CacheOption = False,
    budget: BudgetOption = None,
    report: Annotated[Path | None, typer.Option(help="Where to write the report.")] = None,
    json_out: JsonOption = None,
) -> None:
    """Finish a broken run: only what is missing is asked again."""
    from harness import api  # noqa: PLC0415  (heavy)

    with _progress() as progress:
        result = api.resume(run, cache=cache, budget=_budget(budget), progress=progress)
    _show(result, report, json_out)


@app.command(epilog="Example:\n\n`harness report runs/releases-20260822-101500 --html report.html`")
def report(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    html: Annotated[Path | None, typer.Option(help="Where (default: in the run).")] = None,
    json_out: JsonOption = None,
) -> None:
    """Make the report of a run again: no model, no network, the same bytes."""
    from harness import api  # noqa: PLC0415  (heavy)

    _show(api.load(run), html, json_out)


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
    json_out: JsonOption = None,
) -> None:
    """Say which system to take under these constraints, and what would change that."""
    from harness import api  # noqa: PLC0415  (heavy)
    from harness.decision import Needs, load_needs, with_flags  # noqa: PLC0415  (heavy)
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
    decision = api.load(run).decide(needs) if run is not None else None
    parts = [prior_lines(found)] if found is not None else []
    parts += [decision_lines(decision)] if decision is not None else []
    typer.echo("\n\n".join("\n".join(part) for part in parts), err=json_out == "-")
    _write_json(
        lambda: {
            "prior": asdict(found) if found is not None else None,
            "decision": asdict(decision) if decision is not None else None,
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
        systems=_names(systems),
        difference=None if difference is None else _difference(difference, metric),
        questions=questions,
        power=power,
        alpha=alpha,
    )
    _show_plan(found, json_out)


@app.command(
    epilog="Examples:\n\n`harness load releases --system rag --rates 1,2,4 --total 2`\n\n"
    "`harness load releases --system rag --sweep --ttft 500ms --tpot 50ms`\n\n"
    "`harness load --from runs/load-releases-20260822-101500 --total 1.5`"
)
def load(
    suite: Annotated[
        str | None, typer.Argument(help="A built-in suite, a folder, or a suite.toml.")
    ] = None,
    system: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which of the suite's systems.")
    ] = None,
    rates: Annotated[
        str | None, typer.Option(metavar="R,R", help="Requests a second, one step each.")
    ] = None,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Look for the rate at which it saturates.")
    ] = False,
    arrivals: Annotated[
        str, typer.Option(metavar="poisson|constant", help="How requests are spread over time.")
    ] = "poisson",
    requests: Annotated[int, typer.Option(help="Send at least so many a step,")] = 500,
    seconds: Annotated[float, typer.Option(help="and for at least so long.")] = 20.0,
    ttft: Annotated[
        str | None, typer.Option(metavar="TIME", help="Limit to the first token: 0.5 or 500ms.")
    ] = None,
    tpot: Annotated[
        str | None, typer.Option(metavar="TIME", help="Limit for each token after it, on average.")
    ] = None,
    total: Annotated[
        str | None, typer.Option(metavar="TIME", help="Limit to the last token.")
    ] = None,
    day: Annotated[
        str | None, typer.Option(metavar="DAY", help="Day that it is prepared for.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of questions and arrivals.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes for a local model.")
    ] = None,
    in_flight: Annotated[
        int, typer.Option(metavar="N", help="Safety limit: one more under way is shed.")
    ] = 1000,
    out: Annotated[Path | None, typer.Option(help="Folder for new tests (default: runs).")] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Print an earlier test; nothing is asked."),
    ] = None,
    json_out: JsonOption = None,
) -> None:
    """Ask one system at given rates, answered or not, and measure from the intended start."""
    from harness.scoring.limits import LatencyLimits  # noqa: PLC0415  (with the rest)
    from harness.under_load import LoadResult, load_test  # noqa: PLC0415  (heavy)

    times = {"ttft": ttft, "tpot": tpot, "total": total}
    limits = {name: _time(name, text) for name, text in times.items() if text is not None}
    if source is not None:
        result = LoadResult(source, limits=LatencyLimits(**limits) if limits else None)
    elif suite is None or system is None:
        raise ConfigError("name a suite and its --system, or an earlier test with --from")
    else:
        with _progress() as progress:
            result = load_test(
                suite,
                system=system,
                rates=_rates(rates),
                sweep=sweep,
                arrivals=arrivals,
                requests=requests,
                seconds=seconds,
                **limits,
                day=_day(day) if day is not None else None,
                seed=seed,
                workers=workers,
                in_flight=in_flight,
                out=out,
                progress=progress,
            )
    _show_load(result, json_out)


@app.command(
    epilog="Examples:\n\n`harness train releases --out adapters`\n\n"
    "`harness train path/to/suite.toml --systems hosted --days 2026-08-22`\n\n"
    "`harness train path/to/suite.toml --systems hosted --days 2026-08-22 --cancel`"
)
def train(
    suite: Annotated[str, typer.Argument(help="The suite whose systems are trained.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the adapters (default: where runs look).")
    ] = None,
    base: Annotated[
        Path | None, typer.Option(help="Folder of the base model (default: the lab model).")
    ] = None,
    systems: Annotated[
        str | None, typer.Option(metavar="A,B", help="Only these systems of the suite.")
    ] = None,
    days: Annotated[
        str, typer.Option(metavar="DAY,DAY|all", help="The days of the runs to come.")
    ] = "all",
    cancel: Annotated[
        bool,
        typer.Option("--cancel", help="End the jobs at providers instead, where they still run."),
    ] = False,
) -> None:
    """Train what the suite's systems need on its days, here or at their providers."""
    from harness import api  # noqa: PLC0415  (heavy)

    chosen, on = _names(systems), _days(days) or "all"
    if cancel:
        for ended in api.cancel_training(suite, systems=chosen, days=on):
            typer.echo(f"{ended.order.name}: {' '.join(filter(None, (ended.job, ended.state)))}")
        return
    with _progress() as progress:
        for made in api.train(
            suite, out=out, base=base, systems=chosen, days=on, progress=progress
        ):
            typer.echo(f"{made.recipe} as of {made.day}: {made.where}")


@lab.command("pretrain", epilog="Example:\n\n`harness lab pretrain --out build/lab`")
def lab_pretrain(
    out: Annotated[Path, typer.Option(help="Folder for checkpoints, log and the final model.")],
    tokens: Annotated[
        float | None, typer.Option(help="Token budget in millions (default: the recipe's).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of data and weights.")] = 1,
    threads: Annotated[int, typer.Option(min=1, help="Processor threads.")] = 2,
    device: Annotated[str, typer.Option(help="cpu, or cuda where there is a GPU.")] = "cpu",
) -> None:
    """Pretrain the lab model from nothing; goes on from its last checkpoint."""
    require_extra("Pretraining", "train", "torch", "transformers")
    from harness.models.lab.export import export  # noqa: PLC0415  (torch)
    from harness.models.lab.pretrain import (  # noqa: PLC0415  (torch)
        TOKENIZER,
        PretrainOptions,
        pretrain,
        progress_line,
    )

    options = PretrainOptions(out, seed=seed, threads=threads, device=device)
    if tokens is not None:
        options = replace(options, tokens=round(tokens * 1e6))
    model = pretrain(options, lambda step: typer.echo(progress_line(step)))
    export(model, out / TOKENIZER, out)
    typer.echo(f"model: {out}")


@lab.command("evaluate", epilog="Example:\n\n`harness lab evaluate --n 1000`")
def lab_evaluate(
    model: Annotated[
        Path | None, typer.Option(help="Folder of the model (default: the shipped one).")
    ] = None,
    n: Annotated[int, typer.Option(min=10, help="Items a measure.")] = 1000,
    split: Annotated[
        Literal["dev", "test"], typer.Option(help="dev while tuning; test for final figures.")
    ] = "test",
    seed: Annotated[int, typer.Option(help="Of the items; new weights take new ones.")] = 1,
    json_out: JsonOption = None,
) -> None:
    """Measure the lab model on worlds it has never seen; figures with intervals."""
    from harness.fixtures import fixture_path  # noqa: PLC0415  (rarely needed)
    from harness.models.lab.evaluation import MEASURES, evaluate, runtime_answers  # noqa: PLC0415

    folder = model if model is not None else fixture_path("lab")
    total = len(MEASURES)
    done: list[str] = []

    def measured(result: MeasureResult) -> None:
        done.append(result.measure.name)
        low, high = result.interval
        share = f"{result.share:.1%} [{low:.1%}, {high:.1%}]"
        typer.echo(f"{len(done)}/{total} {result.measure.name}: {share}", err=True)

    evaluation = evaluate(
        runtime_answers(folder), split=split, count=n, seed=seed, progress=measured
    )
    typer.echo(evaluation.table(), err=json_out == "-")
    _write_json(evaluation.as_dict, json_out)


@serving.command(
    "lab",
    epilog="Examples:\n\n`harness serve lab`\n\n"
    "`harness serve lab --adapter adapters/mine --port 8080`\n\n"
    "and in `systems.toml`: "
    '`model = { kind = "openai", name = "lab", url = "http://127.0.0.1:8000/v1" }`',
)
def serve_lab(
    adapter: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="A LoRA adapter, served under its folder's name beside the base (lab) and the "
            "shipped adapters; can be given several times.",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; whoever reaches it is served.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 is any free one.")
    ] = 8000,
) -> None:
    """Serve the lab model and its adapters until Ctrl-C."""
    from harness.serving.lab import lab_models  # noqa: PLC0415  (heavy)
    from harness.serving.server import serve  # noqa: PLC0415  (heavy)

    models = lab_models(adapter or ())

    def announce(url: str) -> None:
        typer.echo(f"models: {', '.join(models)}")
        typer.echo(f"url:    {url}")
        typer.echo("ready; Ctrl-C stops it")

    serve(models, host, port, announce)


@world.command(
    "build",
    epilog="Examples:\n\n`harness world build releases --from tables --until 2026-08-22 --out world`\n\n"
    "`harness world build advisories --from catalogue --until 2025-08-25 --out world`",
)
def world_build(
    name: Annotated[str, typer.Argument(help="Which world: releases or advisories.")],
    source: Annotated[Path, typer.Option("--from", help="Folder of the source tables.")],
    until: Annotated[str, typer.Option(metavar="DAY", help="Last day of the world.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same bytes.")] = 0,
) -> None:
    """Build facts, documents and questions from tables of releases or vulnerabilities."""
    from harness.world.advisories.build import build_advisories  # noqa: PLC0415  (heavy)
    from harness.world.releases.build import build_releases  # noqa: PLC0415  (heavy)

    builders = {"advisories": build_advisories, "releases": build_releases}
    if name not in builders:
        raise ConfigError(f"unknown world {name!r}: {nearest(name, builders)}")
    typer.echo(str(builders[name](source, _day(until), out, seed)))


@world.command("check", epilog="Example:\n\n`harness world check fixtures/releases`")
def world_check(
    folder: Annotated[Path, typer.Argument(help="Folder with facts, documents, questions.")],
) -> None:
    """Name every overlap, gap, bad date and duplicate, with file and line."""
    from harness.world.check import check_world  # noqa: PLC0415  (heavy)

    problems = check_world(folder)
    for problem in problems:
        typer.echo(str(problem))
    typer.echo(f"{len(problems)} problems" if problems else "no problems")
    raise typer.Exit(1 if problems else 0)


@conformance.command("staleness", epilog="Example:\n\n`harness conformance staleness answers/`")
def conformance_staleness(
    path: Annotated[Path, typer.Argument(help="Folder with answers.jsonl and histories.jsonl.")],
    day: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="Day of the labels (default: the last in the histories)."),
    ] = None,
    json_out: JsonOption = None,
) -> None:
    """Compare the freshness classes with the labels: agreement, kappa, every disagreement."""
    from harness.conformance import (  # noqa: PLC0415  (heavy)
        report,
        staleness_conformance,
        to_dict,
    )

    found = staleness_conformance(path, day=_day(day) if day else None)
    typer.echo(report(found), err=json_out == "-")
    _write_json(lambda: to_dict(found), json_out)


@conformance.command(
    "strictness", epilog="Example:\n\n`harness conformance strictness cases.jsonl`"
)
def conformance_strictness(
    path: Annotated[Path, typer.Argument(help="JSON Lines: a schema and its labelled cases each.")],
    default_draft: Annotated[
        str, typer.Option(metavar="DRAFT", help="Draft of schemas that declare none.")
    ] = "2020-12",
    json_out: JsonOption = None,
) -> None:
    """Compare the strictness scorer with labels: false accepts, false rejects, crashes."""
    from harness.conformance import (  # noqa: PLC0415  (heavy)
        strictness_conformance,
        strictness_report,
        strictness_to_dict,
    )
    from harness.world.formats import DRAFTS  # noqa: PLC0415  (with the rest)

    draft = next((draft for draft in DRAFTS if draft == default_draft), None)
    if draft is None:
        raise ConfigError(
            f"--default-draft: unknown draft {default_draft!r}: {nearest(default_draft, DRAFTS)}"
        )
    found = strictness_conformance(path, default_draft=draft)
    typer.echo(strictness_report(found), err=json_out == "-")
    _write_json(lambda: strictness_to_dict(found), json_out)


@measured.command(
    "statistics",
    epilog="Examples:\n\n`harness selftest statistics --fast`\n\n"
    "`harness selftest statistics --json coverage.json`",
)
def selftest_statistics(
    fast: Annotated[
        bool, typer.Option("--fast", help="A few situations, in seconds, not minutes.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="Of the simulations (default: that of the documents).")
    ] = None,
    json_out: JsonOption = None,
) -> None:
    """Simulate samples with a known truth: how often does each interval hold it?"""
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness.reporting.selftest import coverage_tables  # noqa: PLC0415  (heavy)
    from harness.statistics.selftest import SEED, selftest, verdict  # noqa: PLC0415  (numpy is slow)

    cells = selftest(fast=fast, seed=SEED if seed is None else seed)
    console = Console(stderr=json_out == "-")
    console.print(
        "coverage % of 95% intervals above their mean width, and in brackets the share",
        highlight=False,
    )
    console.print(
        "of samples that had one; columns: units in a group, and their correlation", highlight=False
    )
    for title, table in coverage_tables(cells):
        console.print(f"\n{title}", highlight=False)
        console.print(table)
    console.print(verdict(cells), highlight=False)
    _write_json(lambda: [asdict(cell) for cell in cells], json_out)


def _exit_code(error: HarnessError) -> int:
    if isinstance(error, RunInterruptedError):
        return 130
    return 3 if isinstance(error, BudgetReachedError) else 2


def _names(text: str | None) -> tuple[str, ...] | None:
    return tuple(name.strip() for name in text.split(",")) if text else None


def _share(text: str | None) -> float | None:
    """`10%` or `0.1` as a number."""
    if text is None:
        return None
    number = text.strip().removesuffix("%")
    try:
        return float(number) / (100 if text.strip().endswith("%") else 1)
    except ValueError as error:
        raise ConfigError(f"--sample: {text!r} is no share: write it as 10% or 0.1") from error


def _budget(text: str | None) -> float | None:
    return None if text is None else _usd("budget", text)


def _usd(option: str, text: str) -> float:
    """`5usd`, `$5` or `5` as a number."""
    number = text.strip().lower().removeprefix("$").removesuffix("usd").strip()
    try:
        return float(number)
    except ValueError as error:
        raise ConfigError(
            f"--{option}: {text!r} is no amount of US dollars: write it as 5usd"
        ) from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no day: write it as 2026-08-22") from error


def _days(text: str | None) -> tuple[date, ...] | str | None:
    if text is None or text == "all":
        return text
    return tuple(_day(part.strip()) for part in text.split(","))


def _rates(text: str | None) -> tuple[float, ...] | None:
    try:
        return tuple(map(float, text.split(","))) if text else None
    except ValueError:
        raise ConfigError(f"--rates: {text!r} are no rates: write them as 1,2.5,4") from None


def _time(name: str, text: str) -> float:
    """Seconds, from `0.5`, `0.5s` or `500ms`."""
    number, factor = text.removesuffix("s"), 1.0
    if number.endswith("m"):
        number, factor = number.removesuffix("m"), 1000.0
    try:
        return float(number) / factor
    except ValueError:
        raise ConfigError(f"--{name}: {text!r} is no time: write it as 0.5 or 500ms") from None


def _difference(text: str, metric: str) -> float:
    """`2pp`, `2%` or `0.02` of a rate, `50ms` of a time, `0.001usd` of a cost."""
    if metric.endswith("_rate"):
        number = text.strip().removesuffix("pp").removesuffix("%")
        try:
            return float(number) / (1 if number == text.strip() else 100)
        except ValueError:
            raise ConfigError(
                f"--difference: {text!r} is no difference of rates: write it as 2pp or 0.02"
            ) from None
    if metric.startswith("cost_"):
        return _usd("difference", text)
    return _time("difference", text)


def _show_plan(found: Plan, json_out: str | None) -> None:
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness.reporting.planning import plan_lines, plan_tables  # noqa: PLC0415  (heavy)

    console = Console(stderr=json_out == "-")
    for table in plan_tables(found):
        console.print(table)
    for line in plan_lines(found):
        console.print(line, highlight=False, markup=False)
    _write_json(lambda: asdict(found), json_out)


def _show_load(result: LoadResult, json_out: str | None) -> None:
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness.reporting.load import LoadView  # noqa: PLC0415  (heavy)

    console = Console(stderr=json_out == "-")
    view = LoadView(result.loaded, result.steps, result.saturation, result.limits)
    console.print(view.table())
    for note in view.notes():
        console.print(f"note: {note}", highlight=False, markup=False)
    console.print(view.sentence(), highlight=False, markup=False)
    console.print(f"test:   {result.path}", highlight=False, soft_wrap=True)
    _write_json(result.to_dict, json_out)


def _show(result: Result, report: Path | None, json_out: str | None) -> None:
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness.reporting.console import summary_table  # noqa: PLC0415  (heavy)

    console = Console(stderr=json_out == "-")
    console.print(summary_table(result.results))
    for note in result.results.notes:
        console.print(f"note: {note}", highlight=False)
    path = result.report(report)
    console.print(f"run:    {result.run}", highlight=False, soft_wrap=True)
    console.print(f"report: {path}", highlight=False, soft_wrap=True)
    _write_json(result.to_dict, json_out)


def _show_forecast(found: Forecast, json_out: str | None) -> None:
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness.reporting.console import dollars, forecast_table  # noqa: PLC0415  (heavy)

    console = Console(stderr=json_out == "-")
    console.print(forecast_table(found))
    for note in found.notes:
        console.print(f"note: {note}", highlight=False)
    if found.usd is not None:
        about, most = dollars(found.usd), dollars(found.usd_most)
        console.print(f"about ${about} in all, at most ${most}", highlight=False)
    console.print("nothing was asked", highlight=False)
    _write_json(lambda: asdict(found), json_out)


def _write_json(data: Callable[[], Any], target: str | None) -> None:
    if target is None:
        return
    text = json.dumps(data(), indent=2, default=str) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text, encoding="utf-8")


@contextmanager
def _progress() -> Iterator[Any]:
    from harness.reporting.progress import terminal_progress  # noqa: PLC0415  (rich is slow)

    with terminal_progress() as progress:
        yield progress
