"""The dated facts of a product and of its cycles.

A history holds the values that were true when the window starts, each from its real first day,
and all that followed. The newest cycle goes back as far as the oldest cycle taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from harness.world.facts import Fact, History, ValueType
from harness.world.releases.select import WINDOW_START, Product
from harness.world.releases.source import Cycle

VALUE_TYPES: Final[dict[str, ValueType]] = {
    "latest_version": "version",
    "latest_release_date": "date",
    "newest_cycle": "version",
    "release_date": "date",
    "end_of_life": "date",
    "supported": "boolean",
    "lts": "boolean",
}


def subject_of(product: Product, cycle: Cycle) -> str:
    """How texts name a cycle: "Python 3.12"."""
    return f"{product.title} {cycle.name}"


def announced(product: Product, cycle: Cycle) -> bool:
    """Whether the end of life of a cycle can have been known before it came.

    A cycle that ends with the release of another one (within a day) follows a rolling policy: its
    date was no fact until then, and the source does not say since when it was expected.
    """
    end = cycle.end_of_life
    return (
        end is not None
        and end > cycle.released
        and all(abs((end - other.released).days) > 1 for other in product.cycles)
    )


def histories(product: Product, until: date) -> Iterator[History]:
    """The histories of one product: its own attributes first, then those of each cycle."""
    title = product.title
    latest = product.latest()
    yield _changing(title, "latest_version", ((r.day, r.version) for r in latest))
    yield _changing(title, "latest_release_date", ((r.day, r.day.isoformat()) for r in latest))
    newest = ((cycle.released, cycle.name) for cycle in product.newest())
    yield _changing(title, "newest_cycle", newest, since=date.min)
    for cycle in product.cycles:
        yield from _cycle_histories(product, cycle, until)


def _cycle_histories(product: Product, cycle: Cycle, until: date) -> Iterator[History]:
    subject = subject_of(product, cycle)
    releases = product.latest(cycle)
    yield _changing(subject, "latest_version", ((r.day, r.version) for r in releases))
    yield _lasting(subject, "release_date", cycle.released.isoformat(), cycle.released)
    yield _lasting(subject, "lts", "yes" if cycle.lts else "no", cycle.released)
    if cycle.end_of_life is not None and announced(product, cycle):
        yield _lasting(subject, "end_of_life", cycle.end_of_life.isoformat(), cycle.released)
        yield _supported(subject, cycle.released, cycle.end_of_life, until)


def _changing(
    subject: str,
    attribute: str,
    changes: Iterable[tuple[date, str]],
    since: date = WINDOW_START,
) -> History:
    """A history of values that each hold until the next; those over before `since` are left out."""
    starts = list(changes)
    ends = [day for day, _ in starts[1:]]
    facts = tuple(
        Fact(subject, attribute, value, start, end)
        for (start, value), end in zip(starts, [*ends, None], strict=True)
        if end is None or end > since
    )
    return History(subject, attribute, VALUE_TYPES[attribute], facts)


def _lasting(subject: str, attribute: str, value: str, start: date) -> History:
    fact = Fact(subject, attribute, value, start)
    return History(subject, attribute, VALUE_TYPES[attribute], (fact,))


def _supported(subject: str, start: date, last_day: date, until: date) -> History:
    """Supported through the day of the end of life; the documents say "until" that day."""
    over = last_day + timedelta(days=1)
    ended = over <= until
    facts = [Fact(subject, "supported", "yes", start, over if ended else None)]
    if ended:
        facts.append(Fact(subject, "supported", "no", over))
    return History(subject, "supported", VALUE_TYPES["supported"], tuple(facts))
