"""What was true of a vulnerability, its vendor and its ticket, and since when.

Facts of the catalogue hold from the day on which an entry was added. A ticket's priority follows
from ransomware use by a written policy, which changes on dated days: that is this suite's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from harness.world.advisories.source import Vulnerability
from harness.world.facts import Fact, History, ValueType

__all__ = ["POLICIES", "POLICY_SUBJECT", "VALUE_TYPES", "Policy", "histories"]

VALUE_TYPES: Final[Mapping[str, ValueType]] = MappingProxyType(
    {
        "vendor": "enum",
        "product": "enum",
        "date_added": "date",
        "due_date": "date",
        "ransomware_use": "enum",
        "cwes": "enum",
        "priority": "enum",
        "newest_vulnerability": "enum",
        "priority_of_known": "enum",
        "priority_of_unknown": "enum",
    }
)


POLICY_SUBJECT: Final = "triage policy"


@dataclass(frozen=True, slots=True)
class Policy:
    """Which priority a ticket has by the ransomware use of its vulnerability, from `day` on."""

    day: date
    known: str
    unknown: str

    def priority(self, ransomware_use: str) -> str:
        """The priority for Known or Unknown."""
        return self.known if ransomware_use == "Known" else self.unknown


POLICIES: Final = (
    Policy(date(2021, 11, 3), "P2", "P4"),
    Policy(date(2025, 4, 1), "P1", "P3"),
    Policy(date(2025, 7, 1), "P1", "P2"),
)


def histories(entries: Sequence[Vulnerability], until: date) -> Iterator[History]:
    """All histories up to `until`, by vulnerability, then those of the vendors and the policy."""
    policies = [policy for policy in POLICIES if policy.day <= until]
    for entry in entries:
        for attribute, value in _catalogued(entry):
            yield _history(entry.cve, attribute, [(entry.added, value)])
        yield _history(entry.cve, "priority", _priorities(entry, policies))
    yield from _newest(entries)
    yield from _policy_histories(policies)


def _catalogued(entry: Vulnerability) -> Iterator[tuple[str, str]]:
    yield "vendor", entry.vendor
    yield "product", entry.product
    yield "date_added", entry.added.isoformat()
    yield "due_date", entry.due.isoformat()
    yield "ransomware_use", entry.ransomware_use
    if entry.cwes:
        yield "cwes", ", ".join(entry.cwes)


def _priorities(entry: Vulnerability, policies: Iterable[Policy]) -> list[tuple[date, str]]:
    """The priority from the day of listing on; what changes nothing is no new value."""
    changes: list[tuple[date, str]] = []
    for policy in policies:
        value, start = policy.priority(entry.ransomware_use), max(policy.day, entry.added)
        if changes and changes[-1][0] == start:
            changes.pop()  # replaced before the entry was listed
        if not changes or changes[-1][1] != value:
            changes.append((start, value))
    return changes


def _newest(entries: Sequence[Vulnerability]) -> Iterator[History]:
    """The vulnerability of each vendor that was added last, since no day brought several."""
    days: dict[str, dict[date, list[str]]] = defaultdict(lambda: defaultdict(list))
    for entry in entries:
        days[entry.vendor][entry.added].append(entry.cve)
    for vendor, by_day in sorted(days.items()):
        changes = [(day, cves[0]) for day, cves in sorted(by_day.items())]
        crowded = [day for day, cves in by_day.items() if len(cves) > 1]
        single = [change for change in changes if not crowded or change[0] > max(crowded)]
        if single:
            yield _history(vendor, "newest_vulnerability", single)


def _policy_histories(policies: Sequence[Policy]) -> Iterator[History]:
    for attribute, values in (
        ("priority_of_known", [policy.known for policy in policies]),
        ("priority_of_unknown", [policy.unknown for policy in policies]),
    ):
        changes: list[tuple[date, str]] = []
        for policy, value in zip(policies, values, strict=True):
            if not changes or changes[-1][1] != value:
                changes.append((policy.day, value))
        if changes:
            yield _history(POLICY_SUBJECT, attribute, changes)


def _history(subject: str, attribute: str, changes: Sequence[tuple[date, str]]) -> History:
    ends = [day for day, _ in changes[1:]]
    facts = tuple(
        Fact(subject, attribute, value, start, end)
        for (start, value), end in zip(changes, [*ends, None], strict=True)
    )
    return History(subject, attribute, VALUE_TYPES[attribute], facts)
