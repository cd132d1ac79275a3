"""Quality in the terminal: each score above its interval, what it is formed over, who scored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from harness.reporting.figures import NUMBER, RATE, count, figure
from harness.reporting.sections.quality import SCORE
from harness.reporting.spent import spent_line
from harness.reporting.terminal import plain_table
from harness.reporting.untrusted import single_line
from harness.scoring.quality import METRICS
from harness.statistics.judging import JudgeAgreement
from harness.statistics.quality import Quality

__all__ = ["agreement_lines", "quality_lines", "quality_tables"]

_COLUMNS = 5


def quality_tables(found: Quality) -> Iterator[Table]:
    """Metrics as columns, at most five a table; systems as rows."""
    for judged in (True, False):
        for of in ("answer", "passages"):
            names = [
                m for m in found.metrics if METRICS[m].judged == judged and METRICS[m].of == of
            ]
            if names:
                yield _table(found, names, judged=judged, of=of)


def quality_lines(found: Quality) -> Iterator[str]:
    """Who scored, at what cost, and what is not in the figures."""
    for scorer in (found.judge, found.text):
        if scorer is not None:
            yield f"scored by {single_line(scorer.title)} ({scorer.fingerprint})"
    yield from map(spent_line, found.spending)
    for word, attribute in (
        ("the judge failed on", "judge_failed"),
        ("not scored yet:", "waiting"),
    ):
        counted = {
            f"{METRICS[name].title} {count(number)}"
            for name in found.metrics
            if (number := sum(getattr(f[name], attribute) for f in found.figures.values()))
        }
        if counted:
            yield f"{word} {', '.join(sorted(counted))}"
    reasons: dict[str, int] = {}
    for figures in found.figures.values():
        for f in figures.values():
            for why, number in f.missing.items():
                reasons[why] = reasons.get(why, 0) + number
    if reasons:
        told = ", ".join(f"{why} {count(n)}" for why, n in sorted(reasons.items()))
        yield f"nothing to rate (answers times metrics): {told}"
    yield from (f"note: {note}" for note in found.notes)


def agreement_lines(found: Sequence[JudgeAgreement]) -> Iterator[str]:
    """Judge and people, a metric after the other."""
    for one in found:
        kappa, agreed = figure(one.kappa, NUMBER), figure(one.agreement, RATE)
        yield (
            f"{METRICS[one.metric].title}, yes from {one.threshold:g}: judge and people agree on {agreed.line} of "
            f"{count(one.agreement.n)} answers; Cohen's kappa {kappa.line}"
        )
        for system, rates in one.rates.items():
            judged, corrected = figure(rates.judge, RATE), figure(rates.corrected, RATE)
            yield (
                f"  {single_line(system)}: judged {judged.line}; as people would say {corrected.line} "
                f"({count(rates.labels)} labels)"
            )


def _table(found: Quality, names: Sequence[str], *, judged: bool, of: str) -> Table:
    who = "as judged" if judged else "without a judge"
    table = plain_table(
        f"{'Answers' if of == 'answer' else 'Passages'}, {who}; scores above 95% intervals"
    )
    table.add_column("system", overflow="fold", min_width=10)
    for name in names:
        title = METRICS[name].title.removeprefix("Context ").replace(",", "").replace(" ", "\n", 1)
        table.add_column(title, justify="right", overflow="fold")
    for system, figures in found.figures.items():
        cells = []
        for name in names:
            printed = figure(figures[name].estimate, SCORE)
            bounds = printed.interval.strip("[]").replace(",\N{NO-BREAK SPACE}", "-")
            cells.append(
                Text.assemble((printed.text, "bold"), (f"\n{bounds}" if bounds else "", "dim"))
                if printed.known
                else Text("unknown", "dim")
            )
        table.add_row(Text(single_line(system), "bold"), *cells)
    return table
