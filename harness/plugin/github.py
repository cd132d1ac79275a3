"""GitHub Actions: annotations at the gates, and a summary on the job's page.

Workflow commands: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from harness.plugin.state import State
from harness.plugin.verdicts import worst_first

__all__ = ["commands", "summarise"]

_COMMANDS: Final = {"fail": "error", "inconclusive": "warning"}


def commands(state: State, environ: Mapping[str, str] = os.environ) -> Iterator[str]:
    """A workflow command for each gate that failed or is inconclusive; none outside GitHub Actions."""
    if environ.get("GITHUB_ACTIONS") != "true":
        return
    for problem in state.problems:
        yield f"::error title=harness::{_data(problem)}"
    for row in worst_first(state.verdicts):
        command = _COMMANDS.get(row["verdict"])
        if command is not None:
            place = [f"file={_property(row['file'])}"] if row["file"] else []
            place += [f"line={row['line']}"] if row["line"] else []
            place += ["title=" + _property("harness: " + row["gate"])]
            yield f"::{command} {','.join(place)}::{_data(row['sentence'])}"


def summarise(state: State, environ: Mapping[str, str] = os.environ) -> None:
    """Append a table of the gates, the worst first, and what moved to the job's summary."""
    path = environ.get("GITHUB_STEP_SUMMARY")
    if not path or not (state.verdicts or state.lines or state.problems):
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(_markdown(state))
    except OSError as error:
        state.problems.append(f"$GITHUB_STEP_SUMMARY {path}: {error.strerror or error}")


def _markdown(state: State) -> str:
    from harness.reporting.markdown import escaped  # noqa: PLC0415  (heavy)

    parts = ["## harness\n"]
    parts += [f"- **{escaped(problem)}**" for problem in state.problems]
    parts += [f"- {escaped(line)}" for text in state.lines for line in text.splitlines()]
    if state.verdicts:
        parts += ["", "| verdict | gate | what was measured |", "| --- | --- | --- |"]
        parts += [_row(row, escaped) for row in worst_first(state.verdicts)]
    parts += [""]
    parts += [f"Run {escaped(str(run.run))}" for run in state.runs.values()]
    return "\n".join(parts) + "\n"


def _row(row: dict[str, Any], escaped: Any) -> str:  # noqa: ANN401  (imported lazily)
    said = "; ".join(filter(None, (row["sentence"], row["explanation"])))
    cells = (f"**{row['verdict']}**", escaped(row["gate"]), escaped(said))
    return f"| {' | '.join(cells)} |"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
