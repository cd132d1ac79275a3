"""Where the costs of systems meet: a sentence for each two that cross, and who never does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.decision.ownership import BreakEven
from harness.decision.words import join
from harness.reporting.figures import NBSP

__all__ = ["crossing_lines", "crossing_volume", "others_lines"]


def crossing_lines(found: Sequence[BreakEven]) -> Iterator[str]:
    """A line for each two systems that cross or may, then who never does, and what is not told."""
    for one in found:
        if one.told == "crosses":
            yield (
                f"{one.later} is cheaper than {one.sooner} from {_count(one.volume)} questions a "
                f"month on [{_count(one.low)}, {_count(one.high)}]"
            )
        elif one.told == "may cross":
            yield (
                f"{one.later} is not seen to be cheaper than {one.sooner} at any volume; it may be "
                f"from {_count(one.low)} questions a month on"
            )
    yield from others_lines(found)


def others_lines(found: Sequence[BreakEven]) -> Iterator[str]:
    """Which systems are never cheaper than others, at any volume; and of which that is not told."""
    never: dict[str, list[str]] = {}
    for one in found:
        if one.told == "never":
            never.setdefault(one.sooner, []).append(one.later)
    for sooner, later in never.items():
        yield f"never cheaper than {sooner}, at any volume: {join(later)}"
    untold = [f"{one.sooner} or {one.later}" for one in found if one.told == "not told"]
    if untold:
        yield f"not told which is the cheaper, at any volume: {', '.join(untold)}"


def crossing_volume(one: BreakEven) -> str:
    """From where on which is cheaper, in a cell of a table."""
    match one.told:
        case "crosses":
            interval = f"[{_count(one.low)},{NBSP}{_count(one.high)}]"  # kept on one line
            return f"{one.later} from {_count(one.volume)} {interval}"
        case "may cross":
            return f"{one.later} never as seen; it may be from {_count(one.low)}"
        case "never":
            return f"{one.later} never"
        case "not told":
            return "not told"


def _count(volume: float | None) -> str:
    return "never" if volume is None else f"{float(f'{volume:.3g}'):,.0f}"
