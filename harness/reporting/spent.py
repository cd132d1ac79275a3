"""What judging took: a cost of the measurement, shown apart from what the systems cost."""

from __future__ import annotations

from harness.reporting.console import dollars
from harness.reporting.figures import count
from harness.reporting.untrusted import single_line
from harness.statistics.quality import JudgeSpending

__all__ = ["spent_dollars", "spent_line", "spent_words"]


def spent_words(spent: JudgeSpending) -> str:
    """How many calls and tokens it took."""
    embedded = f", {_told(spent.embedded_tokens)} embedded" if spent.embedded_tokens != 0 else ""
    return (
        f"{count(spent.calls)} calls, {count(spent.prompt_tokens)} tokens in, "
        f"{count(spent.completion_tokens)} out{embedded}{'' if spent.counted else ' (estimated)'}"
    )


def spent_dollars(spent: JudgeSpending) -> str:
    """What that cost; `unknown` without a price, never 0."""
    return "unknown" if spent.usd.usd is None else f"${dollars(spent.usd.usd)}"


def spent_line(spent: JudgeSpending) -> str:
    """Both, with the basis of the price, or why there is none."""
    return (
        f"spent on judging, in no cost of a system: {single_line(spent.judge)} took "
        f"{spent_words(spent)}; {spent_dollars(spent)} ({single_line(spent.usd.basis, 400)})"
    )


def _told(tokens: int | None) -> str:
    return "unknown" if tokens is None else count(tokens)
