"""Runs that outlive the session: compared with saved ones, saved, and written to files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from harness.errors import ConfigError, HarnessError
from harness.plugin.state import Problem, RunKey, State, state_of, told
from harness.plugin.verdicts import row_of

if TYPE_CHECKING:
    from harness.api import Result
    from harness.gates import Declared
    from harness.history import Contents, SavedRun

__all__ = ["baseline_of", "compare", "find_saved", "keep"]

_LAST: Final = "last"


def find_saved(state: State) -> None:
    """Find the runs to compare with, and check the names, before anything is run.

    Raises `pytest.UsageError` where there is no such run. Nothing saved yet is no mistake where the
    last run is asked for: there must be a first.
    """
    settings = state.settings
    if settings.compare is None and settings.save is None:
        return
    from harness.history import History  # noqa: PLC0415  (heavy)
    from harness.history.store import check_name  # noqa: PLC0415  (heavy)

    try:
        if settings.save is not None:
            check_name(settings.save)
        if settings.compare is not None:
            history = History(settings.storage)
            for key in state.needs:
                state.saved.setdefault(
                    key.suite, _find(history, settings.compare, _name_of(key, state))
                )
    except HarnessError as error:
        raise pytest.UsageError(f"--harness-compare, --harness-save: {error}") from error


def _find(history: Any, ref: str, suite: str) -> Any:  # noqa: ANN401  (imported lazily)
    if ref == _LAST and not history.contents().of(suite):
        return None
    return history.find(ref, suite)


def _name_of(key: RunKey, state: State) -> str:
    """The name under which the runs of a suite are saved."""
    from harness.running.folder import read_manifest  # noqa: PLC0415  (only in harness sessions)
    from harness.running.suite import load_suite  # noqa: PLC0415  (only in harness sessions)

    run = state.settings.run
    return load_suite(key.suite).name if run is None else read_manifest(run).suite


def baseline_of(config: pytest.Config, run: Result) -> Result | SavedRun | None:
    """What gates call baseline: the run that was named, or the saved one; raises `HarnessError`."""
    from harness import api  # noqa: PLC0415  (heavy)
    from harness.history import History, SavedRun  # noqa: PLC0415  (heavy)

    state = state_of(config)
    settings = state.settings
    given = settings.baseline
    key = ("baseline", given, None if given is not None else run.run)
    if key not in state.cache:
        if given is not None:
            state.cache[key] = api.load(given)
        elif settings.compare is None:
            state.cache[key] = None
        else:
            history = History(settings.storage)
            entry = _find(history, settings.compare, run.loaded.manifest.suite)
            snapshot = None if entry is None else history.load(entry)
            state.cache[key] = (
                None if snapshot is None else SavedRun(snapshot, run.loaded.questions)
            )
    found: Result | SavedRun | None = state.cache[key]
    return found


def compare(state: State, key: RunKey, run: Result) -> dict[str, Any]:
    """What moved since the baseline, in a line and data; what `--harness-compare-fail` asks is judged."""
    from harness.history import Reference, SavedRun, judge, take  # noqa: PLC0415  (heavy)
    from harness.history.store import LAST, PINNED  # noqa: PLC0415  (heavy)
    from harness.reporting.history import night_line, night_lines  # noqa: PLC0415  (heavy)

    settings = state.settings
    if settings.compare is None and not settings.compare_fail:
        return {}
    suite = run.loaded.manifest.suite
    before = baseline_of(state.config, run)
    if before is None:
        state.lines.append(f"{suite}: nothing is saved yet, nothing to compare with")
        return {}
    found: dict[str, Any] = {}
    entry = state.saved.get(key.suite)
    if entry is not None and isinstance(before, SavedRun):
        role = settings.compare if settings.compare in {LAST, PINNED} else "saved"
        reference = Reference((role,), entry.key, before.snapshot)
        night = judge(take(run.loaded, run.results), "this run", (reference,))
        state.lines += [night_line(night), *night_lines(night)]
        found["moved"] = asdict(night)
    if settings.compare_fail:
        report = run.judged(_wanted(state, run, before), before, settings.allow_different)
        at = {"test": "--harness-compare-fail", "file": None, "line": None}
        state.verdicts += [row_of(one.name, one, str(run.run)) | at for one in report.verdicts]
        state.lines += [f"compared: {remark}" for remark in report.remarks]
        undecided = report.of("inconclusive") if settings.inconclusive == "fail" else ()
        state.red = state.red or bool(report.of("fail") or undecided)
        found["gates"] = asdict(report)
    return {"suite": suite, "run": str(run.run), **found}


def _wanted(state: State, run: Result, before: Result | SavedRun) -> tuple[Declared, ...]:
    """The gates of `--harness-compare-fail`; `right_rate:2pp` is one for each system of both runs."""
    from harness.decision.criteria import HIGHER  # noqa: PLC0415  (heavy)
    from harness.gates import from_texts  # noqa: PLC0415  (heavy)

    names = [system.name for system in run.results.systems]
    old = {system.name for system in before.results.systems}
    texts = []
    for said in state.settings.compare_fail:
        metric, colon, margin = said.partition(":")
        if not colon:
            texts.append(said)
            continue
        sign, side = (">=", "-") if metric in HIGHER else ("<=", "+")
        texts += [
            f"{name}.{metric} {sign} baseline.{name}.{metric} {side} {margin}"
            for name in names
            if name in old
        ]
    try:
        return from_texts(texts, names)
    except ConfigError as error:
        raise ConfigError(f"--harness-compare-fail: {error}") from error


def keep(state: State) -> None:
    """At the end: compare, save and write what was asked for; what goes wrong is a problem."""
    compared = []
    for key, run in state.runs.items():
        found = told(partial(compare, state, key, run))
        if isinstance(found, Problem):
            state.problems.append(found.message)
        elif found:
            compared.append(found)
    for key, run in state.runs.items():
        for work in (
            partial(_save, state, run),
            partial(_report, state, key, run),
        ):
            if isinstance(found := told(work), Problem):
                state.problems.append(found.message)
    if state.settings.json is not None and isinstance(
        found := told(lambda: _write_json(state, compared)), Problem
    ):
        state.problems.append(found.message)


def _save(state: State, run: Result) -> None:
    settings = state.settings
    if settings.save is None and not settings.autosave:
        return
    from harness.history import History, take  # noqa: PLC0415  (heavy)

    entry, new = History(settings.storage).save(take(run.loaded, run.results), settings.save)
    state.lines.append(
        f"saved:  {entry.key} in {settings.storage}" if new else f"is saved already: {entry.key}"
    )


def _report(state: State, key: RunKey, run: Result) -> None:
    path = state.settings.html
    if path is None:
        return
    if len(state.runs) > 1:
        number = list(state.runs).index(key) + 1
        path = path.with_name(f"{path.stem}-{number}-{run.loaded.manifest.suite}{path.suffix}")
    with _disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        run.report(path, baseline=baseline_of(state.config, run), history=_saved(state, run))
    state.lines.append(f"report: {path}")


def _saved(state: State, run: Result) -> Contents | None:
    """The history for a session that saves its runs, with what it has saved; None without any."""
    settings = state.settings
    if settings.save is None and not settings.autosave:
        return None
    from harness.history import History  # noqa: PLC0415  (heavy)

    contents = History(settings.storage).contents()
    return contents if contents.of(run.loaded.manifest.suite) else None


def _write_json(state: State, compared: list[dict[str, Any]]) -> None:
    path = state.settings.json
    data = {
        "runs": [run.to_dict() for run in state.runs.values()],
        "gates": state.verdicts,
        "compared": compared,
    }
    if path is not None:
        with _disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(data, indent=2, default=str) + "\n", encoding="utf-8")


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
