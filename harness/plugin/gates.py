"""The gates in a `suite.toml`: a test each, judged together as one family."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.plugin.judging import family_error, judge
from harness.plugin.markers import Marked
from harness.plugin.runs import run_of
from harness.plugin.state import Problem, Wanted, state_of, wanted
from harness.plugin.verdicts import judged, row_of

if TYPE_CHECKING:
    from harness.gates import GateReport

__all__ = ["GateFile", "GateItem", "has_gates"]


def has_gates(path: Path) -> bool:
    """Whether it is a suite of the harness, as far as can be told without reading it closely."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return bool(data.get("gates")) and {"days", "systems", "questions"} <= data.keys()


class GateFile(pytest.File):
    """A `suite.toml`: its gates are judged together, as one family."""

    def collect(self) -> Iterator[GateItem]:
        """A test for each gate, under its name."""
        from harness.gates import declare  # noqa: PLC0415  (numpy is slow)
        from harness.running.suite import load_suite  # noqa: PLC0415  (only in harness sessions)

        try:
            rows = load_suite(self.path).gates
            self.gates = declare(rows)
        except HarnessError as error:
            raise self.CollectError(str(error)) from error
        for gate, row in zip(self.gates, rows, strict=True):
            item: GateItem = GateItem.from_parent(self, name=gate.title)
            line = re.search(r":(\d+)$", row.where)
            item.line = int(line.group(1)) - 1 if line else None
            yield item

    @property
    def wanted(self) -> Wanted:
        """The run that its gates are judged on."""
        return wanted(self.config, Marked(), str(self.path))

    @cached_property
    def report(self) -> GateReport | Problem:
        """The verdicts, once the suite has run; or what is wrong."""
        error = family_error(self.config, str(self.path), len(self.gates))
        return judge(self.config, run_of(self.config, self.wanted), self.gates, error)


class GateItem(pytest.Item):
    """One gate of a `suite.toml`; `line` is where it stands, counted from 0."""

    line: int | None = None

    @property
    def file(self) -> GateFile:
        """The suite that it stands in."""
        assert isinstance(self.parent, GateFile)  # noqa: S101  (nobody else makes one)
        return self.parent

    def runtest(self) -> None:
        """Fail with the sentence of the gate, or skip where this run cannot tell."""
        __tracebackhide__ = True
        run = run_of(self.config, self.file.wanted)
        report = self.file.report
        if isinstance(report, Problem):
            pytest.fail(report.message, pytrace=False)
        for name, why in report.left_out:
            if name == self.name:
                raise pytest.skip.Exception(why, _use_item_location=True)
        (verdict,) = (one for one in report.verdicts if one.name == self.name)
        settings = state_of(self.config).settings
        judged(self, row_of(self.name, verdict, str(run.run)), settings.inconclusive)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands, and what heads its failure."""
        return self.path, self.line, f"gate: {self.name}"
