"""What moved between runs: a diff, a trend, and the nightly job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.app import app
from harness.cli.options import (
    BudgetOption,
    CacheOption,
    JsonOption,
    ReportOption,
    StorageOption,
    SuiteOption,
    read_budget,
    read_days,
    read_names,
)
from harness.cli.saved import of_one_suite, open_history, tell_broken
from harness.cli.shown import show_result, shown_progress, write_json
from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.api import Result
    from harness.history import Entry, History, Night, Snapshot
    from harness.history.keeping import Policy


@app.command(
    epilog="Examples:\n\n`harness diff pinned last`\n\n`harness diff 3:rag 3:hybrid`\n\n"
    "`harness diff runs/releases-20260822-101500 last --flips 50`"
)
def diff(
    a: Annotated[str, typer.Argument(metavar="A[:SYSTEM]", help="A saved run, or a run's folder.")],
    b: Annotated[str, typer.Argument(metavar="B[:SYSTEM]", help="Another, or the same.")],
    flips: Annotated[
        int, typer.Option(min=0, metavar="N", help="Show so many questions of each pair.")
    ] = 10,
    suite: SuiteOption = None,
    storage: StorageOption = "history",
    json_out: JsonOption = None,
) -> None:
    """Compare two runs, or two systems of a run, and show the questions that flipped."""
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness.history import diff as compared  # noqa: PLC0415  (heavy)
    from harness.history import pair_up  # noqa: PLC0415  (heavy)
    from harness.reporting.history import diff_tables, flip_table  # noqa: PLC0415  (heavy)

    left, left_name, left_system = _taken(a, suite, storage)
    right, right_name, right_system = _taken(b, suite, storage)
    if left.manifest.run_id == right.manifest.run_id and left_system == right_system:
        raise ConfigError(f"{a} and {b} are the same run: name two of its systems, as RUN:SYSTEM")
    pairs, missing = pair_up(left, right, left_system, right_system)
    found = compared(left, right, pairs, names=(left_name, right_name), missing=missing)
    console = Console(stderr=json_out == "-")
    lines = [f"a: {found.a}", f"b: {found.b}"]
    lines += [f"only one has the system {name}" for name in found.missing]
    lines += [f"unlike: {', '.join(found.unlike)}"] if found.unlike else []
    lines += [f"note: {note}" for note in found.notes]
    for line in lines:
        console.print(line, highlight=False, markup=False)
    for system, table in zip(found.systems, diff_tables(found), strict=True):
        console.print()
        console.print(table)
        lost = sum(not flip.won for flip in system.flips)
        console.print(f"lost {lost}, won {len(system.flips) - lost}", highlight=False)
        for flip in system.flips[:flips]:
            console.print()
            console.print(flip_table(flip))
        if (more := len(system.flips) - flips) > 0:
            console.print(f"\nand {more} more: --flips {len(system.flips)}", highlight=False)
    write_json(lambda: asdict(found), json_out)


@app.command(
    epilog="Examples:\n\n`harness trend right_rate`\n\n"
    "`harness trend latency_p50 --suite releases --system rag --last 60`"
)
def trend(
    metric: Annotated[str, typer.Argument(help="Any figure of a run, such as right_rate.")],
    system: Annotated[str | None, typer.Option(help="Only this system.")] = None,
    suite: SuiteOption = None,
    last: Annotated[int, typer.Option(min=1, metavar="N", help="Only the last N runs.")] = 365,
    alpha: Annotated[
        float, typer.Option(min=0.005, max=0.5, help="Chance to see a change where none is.")
    ] = 0.05,
    storage: StorageOption = "history",
    json_out: JsonOption = None,
) -> None:
    """Follow a figure over the saved runs: its level, where it changed, and whether it drifts."""
    from harness.history import History, series  # noqa: PLC0415  (heavy)
    from harness.reporting.history import trend_lines  # noqa: PLC0415  (heavy)

    contents = History(storage).contents()
    tell_broken(contents)
    entries = of_one_suite(contents, suite, storage)
    kept = [entry for entry in entries if entry.pinned or entry in entries[-last:]]
    found = series(kept, metric, system, alpha=alpha)
    text = "\n\n".join("\n".join(trend_lines(one)) for one in found)
    typer.echo(text, err=json_out == "-")
    write_json(lambda: [asdict(one) for one in found], json_out)


@app.command(
    epilog="Examples:\n\n`harness nightly releases`\n\n"
    "`harness nightly releases --systems rag,hybrid --storage s3://bucket/history "
    "--keep last=30,weekly=52 --summary summary.md`\n\n"
    "`harness nightly --run runs/releases-20260822-101500`"
)
def nightly(
    suite: Annotated[str | None, typer.Argument(help="As for compare.")] = None,
    run: Annotated[
        Path | None, typer.Option(help="Judge this finished run instead; run nothing.")
    ] = None,
    systems: Annotated[
        str | None, typer.Option(metavar="A,B", help="Only these systems of the suite.")
    ] = None,
    days: Annotated[str | None, typer.Option(metavar="DAY,DAY|all", help="As for compare.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Ask only N questions a day.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the plan and the resampling.")] = None,
    no_hygiene: Annotated[
        bool, typer.Option("--no-hygiene", help="Leave out the sweep for outdated documents.")
    ] = False,
    cache: CacheOption = False,
    budget: BudgetOption = None,
    out: Annotated[Path | None, typer.Option(help="Folder for new runs (default: runs).")] = None,
    storage: StorageOption = "history",
    name: Annotated[str, typer.Option("--save", metavar="NAME", help="Save under it.")] = "nightly",
    against: Annotated[
        str, typer.Option(metavar="RUN,RUN", help="Saved runs to compare with.")
    ] = "pinned,last",
    alpha: Annotated[
        float,
        typer.Option(min=0.0001, max=0.5, help="Chance to call a night worse where nothing is."),
    ] = 0.01,
    keep: Annotated[
        str | None, typer.Option(metavar="POLICY", help="Prune afterwards; see history prune.")
    ] = None,
    report: ReportOption = None,
    summary: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append a summary in Markdown.")
    ] = None,
    json_out: JsonOption = None,
) -> None:
    """Run, save, compare with the pinned run and the last, report; exit with 1 where it is worse.

    The first line says what moved and where. The first run of a suite becomes its baseline.
    """
    from harness.history import read_policy, take  # noqa: PLC0415  (heavy)

    policy = read_policy(keep) if keep is not None else None
    kept = open_history(storage, name)
    tell_broken(kept.contents())
    if (suite is None) == (run is None):
        raise ConfigError("name a suite to run, or a finished run to judge: --run DIR")
    roles = read_names(against) or ()
    _check_roles(kept, roles, suite, run)
    if run is not None:
        result = _loaded(run)
    else:
        result = _compared(
            str(suite),
            systems=read_names(systems),
            days=read_days(days),
            limit=limit,
            seed=seed,
            hygiene=not no_hygiene,
            cache=cache,
            budget=read_budget(budget),
            out=out,
        )
    snapshot = take(result.loaded, result.results)
    entry, _ = kept.save(snapshot, name)
    night, line, details = _judged(kept, entry, snapshot, roles, alpha)
    if policy is not None:
        details += _pruned(kept, entry, policy)
    for text in (line, *details):
        typer.echo(text, err=json_out == "-")
    show_result(
        result,
        report,
        json_out,
        data=lambda: {
            "line": line,
            "failed": night.failed,
            "folder": str(result.run),
            **asdict(night),
        },
        history=kept.contents(),
    )
    typer.echo(f"saved:  {entry.key} in {storage}", err=json_out == "-")
    if summary is not None:
        _append_summary(summary, result, line, details)
    if night.failed:
        raise typer.Exit(1)


def _check_roles(kept: History, roles: Sequence[str], suite: str | None, run: Path | None) -> None:
    """Refuse to compare with a run that is not saved, before anything is run."""
    from harness.history.store import LAST, PINNED  # noqa: PLC0415  (heavy)
    from harness.running.folder import read_manifest  # noqa: PLC0415  (heavy)
    from harness.running.suite import load_suite  # noqa: PLC0415  (heavy)

    named = [role for role in roles if role not in {LAST, PINNED}]
    if named:
        of = read_manifest(run).suite if run is not None else load_suite(str(suite)).name
        for role in named:
            try:
                kept.find(role, of)
            except ConfigError as error:
                raise ConfigError(f"--against: {error}") from error


def _taken(text: str, suite: str | None, storage: str) -> tuple[Snapshot, str, str | None]:
    """The run that is meant, what to call it, and the system that is named with it, if any."""
    from harness import api  # noqa: PLC0415  (heavy)
    from harness.history import History, take  # noqa: PLC0415  (heavy)

    ref, system = text, None
    if not Path(text).is_dir() and ":" in text:
        ref, _, system = text.rpartition(":")
    if Path(ref).is_dir():
        result = api.load(ref)
        return take(result.loaded, result.results), f"the run in {ref}", system
    if "/" in ref:
        raise ConfigError(f"{ref}: no such folder of a run, and no saved run has such a name")
    kept = History(storage)
    tell_broken(kept.contents())
    entry = kept.find(ref, suite)
    return kept.load(entry), f"{entry.key} of {entry.suite}, {entry.day}", system


def _loaded(run: Path) -> Result:
    from harness import api  # noqa: PLC0415  (heavy)

    return api.load(run)


def _compared(suite: str, **asked: Any) -> Result:  # noqa: ANN401  (as `api.compare` has them)
    from harness import api  # noqa: PLC0415  (heavy)

    with shown_progress() as progress:
        return api.compare(suite, **asked, progress=progress)


def _judged(
    kept: History, entry: Entry, snapshot: Snapshot, roles: Sequence[str], alpha: float
) -> tuple[Night, str, list[str]]:
    """The night, its line, and the lines below it; the first run of a suite is pinned."""
    from harness.history import judge, references  # noqa: PLC0415  (heavy)
    from harness.reporting.history import (  # noqa: PLC0415  (heavy)
        night_line,
        night_lines,
        trained_lines,
    )

    found = references(kept, entry.suite, roles, but=entry)
    night = judge(snapshot, entry.key, found, alpha=alpha)
    details = [*night_lines(night), *trained_lines(snapshot.manifest)]
    if kept.baseline(entry.suite) is None:
        kept.pin(entry)
        details.append(f"{entry.key} is the baseline of {entry.suite} from now on")
    return night, night_line(night), details


def _pruned(kept: History, entry: Entry, policy: Policy) -> list[str]:
    from harness.history import to_prune  # noqa: PLC0415  (heavy)

    gone = to_prune(kept.contents().of(entry.suite), policy)
    kept.prune(gone)
    return [f"pruned: {', '.join(old.key for old in gone)}"] if gone else []


def _append_summary(path: Path, result: Result, line: str, details: Sequence[str]) -> None:
    """What a job's page shows: the line, what it leaves out, and the summary of the run."""
    from harness.reporting import markdown_summary  # noqa: PLC0415  (heavy)
    from harness.reporting.markdown import escaped  # noqa: PLC0415  (heavy)

    text = markdown_summary(
        result.loaded,
        result.results,
        claims=result.claims,
        recommendation=result.recommendation,
        hygiene=result.hygiene,
    )
    items = "".join(f"- {escaped(detail)}\n" for detail in details)
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"**{escaped(line)}**\n\n{items}\n{text}")
    except OSError as error:
        raise ConfigError(f"--summary {path}: {error.strerror or error}") from error
