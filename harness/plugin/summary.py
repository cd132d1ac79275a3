"""What is printed: a line before the tests, one section after them; 80 columns, the worst first."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

import pytest

from harness.plugin.state import Problem, RunKey, State, told
from harness.plugin.verdicts import worst_first

__all__ = ["forecasts", "head", "lines", "section", "title_of"]

_WIDTH: Final = 80
_INDENT: Final = 13
_COLOURS: Final = {
    "fail": {"red": True},
    "inconclusive": {"yellow": True},
    "pass": {"green": True},
}


def head(state: State) -> str:
    """What is to be run: `harness: releases (rag, hybrid; limit 40); 30 tests`."""
    settings = state.settings
    runs = []
    for key, systems in state.needs.items():
        said = [", ".join(systems)] if systems else []
        said += [f"limit {key.limit}"] if key.limit is not None else []
        said += [f"seed {key.seed}"] if key.seed is not None else []
        runs.append(f"{title_of(key)} ({'; '.join(said)})" if said else title_of(key))
    what = f"the run {settings.run}" if settings.run is not None else ", ".join(runs)
    tests = f"{state.tests} test{'s' if state.tests != 1 else ''}"
    return f"harness: {tests} on {what}" if what else f"harness: {tests}"


def title_of(key: RunKey) -> str:
    """The name of a suite: that of its folder."""
    path = Path(key.suite)
    return path.parent.name if path.name == "suite.toml" else path.name


def section(reporter: pytest.TerminalReporter, state: State) -> None:
    """Write the section, where there is anything to say."""
    found = list(lines(state))
    if not found:
        return
    reporter.section("harness gates" if state.verdicts else "harness")
    for colour, text in found:
        reporter.write_line(text, **colour)


def lines(state: State) -> Iterator[tuple[dict[str, bool], str]]:
    """Runs, problems, what moved, and each gate, with its colour."""
    for run in state.runs.values():
        yield {}, f"run: {run.run}"
    for problem in state.problems:
        yield from (({"red": True}, text) for text in _wrapped(f"problem: {problem}", 9))
    for row in worst_first(state.verdicts):
        yield from _verdict(row)
    for line in state.lines:
        for part in line.splitlines() or [""]:
            yield from (({}, text) for text in _wrapped(part, 8))


def forecasts(state: State) -> Iterator[str]:
    """What each run would ask and cost, as a table."""
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness import api  # noqa: PLC0415  (heavy)
    from harness.reporting.console import dollars, forecast_table  # noqa: PLC0415  (heavy)

    for key, systems in state.needs.items():
        ask = partial(api.forecast, key.suite, systems=systems)
        found: Any = told(partial(ask, limit=key.limit, seed=key.seed))
        if isinstance(found, Problem):
            state.problems.append(found.message)
            continue
        text = io.StringIO()
        Console(file=text, width=_WIDTH).print(forecast_table(found))
        about, most = dollars(found.usd), dollars(found.usd_most)
        priced = "" if found.usd is None else f", about ${about}, at most ${most}"
        yield f"{title_of(key)}{priced}; nothing was asked"
        yield "\n".join(line.rstrip() for line in text.getvalue().splitlines())
        yield from (f"note: {note}" for note in found.notes)


def _verdict(row: dict[str, Any]) -> Iterator[tuple[dict[str, bool], str]]:
    first, *more = _wrapped(f"{row['verdict'].upper():{_INDENT}}{row['gate']}", _INDENT)
    colour = _COLOURS[row["verdict"]]
    yield colour, first
    for text in more:
        yield colour, text
    for text in filter(None, (row["sentence"], row["explanation"])):
        for line in wrap(" ".join(text.split()), _WIDTH - _INDENT):
            yield {}, f"{'':{_INDENT}}{line}"


def _wrapped(text: str, indent: int) -> list[str]:
    if len(text) <= _WIDTH:
        return [text]
    return wrap(text, _WIDTH, subsequent_indent=" " * indent)
