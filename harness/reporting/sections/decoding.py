"""Decoding: what it changes that the decoder enforces the format."""

from __future__ import annotations

from harness.reporting.components import Column, Section, Table
from harness.reporting.figures import RATE, RATE_DIFFERENCE, figure
from harness.reporting.metrics import METRICS
from harness.reporting.sections.context import Context
from harness.statistics.decoding import DecodingCross, Enforced


def decoding(context: Context) -> Section | None:
    """The cross of decoding with systems; nothing where no system ran with both kinds."""
    cross = context.results.decoding
    if not cross.enforced:
        return None
    blocks = [_enforced(context, cross), _spent(context, cross)]
    if cross.interactions:
        blocks.append(_interactions(context, cross))
    return Section(
        id="decoding",
        title="Enforced formats",
        sentence=_sentence(cross),
        reading=(
            "Each system ran twice: free, where only the prompt asks for the format, and "
            "constrained, where the decoder lets no token pass that would break it. Differences "
            "are constrained minus free on the same strict questions. The last table holds "
            "systems against each other: how far the second is ahead in valid answers when both "
            "are free and when both are constrained, and what enforcing changes of that lead."
        ),
        blocks=tuple(blocks),
    )


def _sentence(cross: DecodingCross) -> str:
    known = [one for one in cross.enforced if one.valid.value is not None]
    if not known:
        return "What enforcing changes is not known: no strict question was answered both ways."
    most = max(known, key=lambda one: abs(one.valid.value or 0.0))
    gained = figure(most.valid, RATE_DIFFERENCE)
    return (
        f"Enforcing the format changed {most.system.free}'s valid answers most, by {gained.text} "
        f"points {gained.interval}; its right ones by {_points(most)}."
    )


def _points(one: Enforced) -> str:
    found = figure(one.right, RATE_DIFFERENCE)
    return f"{found.text} points {found.interval}"


def _enforced(context: Context, cross: DecodingCross) -> Table:
    return Table(
        caption="Formats, constrained minus free, on strict questions",
        columns=(
            Column("System", numeric=False),
            Column("Valid, free"),
            Column("Valid, constrained"),
            Column("Valid", RATE_DIFFERENCE.name),
            Column("With formats and right", RATE_DIFFERENCE.name),
        ),
        rows=tuple(
            (
                context.labels[one.system.free],
                figure(one.valid_free, RATE),
                figure(one.valid_constrained, RATE),
                figure(one.valid, RATE_DIFFERENCE),
                figure(one.right, RATE_DIFFERENCE),
            )
            for one in cross.enforced
        ),
    )


def _spent(context: Context, cross: DecodingCross) -> Table:
    tokens, seconds = METRICS["completion_tokens"], METRICS["latency_mean"]
    tokens_unit = tokens.difference_unit([one.tokens for one in cross.enforced])
    seconds_unit = seconds.difference_unit([one.seconds for one in cross.enforced])
    return Table(
        caption="What enforcing takes, constrained minus free, on strict questions",
        columns=(
            Column("System", numeric=False),
            Column("Answer tokens", tokens_unit.name),
            Column("Mean latency", seconds_unit.name),
        ),
        rows=tuple(
            (
                context.labels[one.system.free],
                figure(one.tokens, tokens_unit),
                figure(one.seconds, seconds_unit),
            )
            for one in cross.enforced
        ),
    )


def _interactions(context: Context, cross: DecodingCross) -> Table:
    return Table(
        caption="What enforcing leaves of a lead in valid answers",
        columns=(
            Column("System", numeric=False),
            Column("against", numeric=False),
            Column("Lead, free", RATE_DIFFERENCE.name),
            Column("Lead, constrained", RATE_DIFFERENCE.name),
            Column("Change", RATE_DIFFERENCE.name),
        ),
        rows=tuple(
            (
                context.labels[one.b.free],
                context.labels[one.a.free],
                figure(one.free, RATE_DIFFERENCE),
                figure(one.constrained, RATE_DIFFERENCE),
                figure(one.change, RATE_DIFFERENCE),
            )
            for one in cross.interactions
        ),
        headers=2,
        dense=True,
    )
