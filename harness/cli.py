"""The command line. Commands import what they need when they run, so `--help` is instant."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from harness.errors import (
    ConfigError,
    HarnessError,
    RunInterruptedError,
    nearest,
    require_extra,
)
from harness.running.environment import forbid_core_files
from harness.transport.keys import without_secrets

if TYPE_CHECKING:
    from harness.api import Result
    from harness.models.lab.evaluation import MeasureResult

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
app.add_typer(lab, name="lab")
app.add_typer(serving, name="serve")
app.add_typer(world, name="world")
app.add_typer(conformance, name="conformance")

JsonOption = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE|-", help="Also write the figures as JSON; - is stdout."),
]


def main() -> None:
    """Run the command line; a known error is one line on stderr and exit code 2.

    An interrupted run exits with 130 and says how to go on.
    """
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    forbid_core_files()
    try:
        app(arguments)
    except HarnessError as error:
        told = traceback.format_exc() if debug else f"harness: {error}"
        typer.echo(without_secrets(told), err=True)
        raise SystemExit(130 if isinstance(error, RunInterruptedError) else 2) from error


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
    out: Annotated[Path | None, typer.Option(help="Folder for new runs (default: runs).")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Where to write the report (default: in the run).")
    ] = None,
    json_out: JsonOption = None,
) -> None:
    """Run the suite's questions through its systems, compare, and write a report."""
    from harness import api  # noqa: PLC0415  (heavy)

    with _progress() as progress:
        result = api.compare(
            suite,
            systems=_names(systems),
            days=_days(days),
            limit=limit,
            repeats=repeats,
            seed=seed,
            hygiene=not no_hygiene,
            decoding=_names(decoding),
            workers=workers,
            out=out,
            progress=progress,
        )
    _show(result, report, json_out)


@app.command(epilog="Example:\n\n`harness resume runs/releases-20260822-101500`")
def resume(
    run: Annotated[Path, typer.Argument(help="The folder of a broken run.")],
    report: Annotated[Path | None, typer.Option(help="Where to write the report.")] = None,
    json_out: JsonOption = None,
) -> None:
    """Finish a broken run: only what is missing is asked again."""
    from harness import api  # noqa: PLC0415  (heavy)

    with _progress() as progress:
        result = api.resume(run, progress=progress)
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


def _names(text: str | None) -> tuple[str, ...] | None:
    return tuple(name.strip() for name in text.split(",")) if text else None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no day: write it as 2026-08-22") from error


def _days(text: str | None) -> tuple[date, ...] | str | None:
    if text is None or text == "all":
        return text
    return tuple(_day(part.strip()) for part in text.split(","))


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
