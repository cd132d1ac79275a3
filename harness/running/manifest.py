"""The manifest: what was run, with what, on which machine; enough to tell like from unlike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final

from harness.running.lag import LoopLag
from harness.systems.base import Preparation, Strategy

FORMAT = 1
_DAYS: Final = ("day", "index_as_of", "adapter_as_of")


@dataclass(frozen=True, slots=True)
class SystemManifest:
    """One system of the run with the fingerprints of all that shapes its answers."""

    name: str
    strategy: Strategy
    settings: Mapping[str, Any]
    fingerprints: Mapping[str, str]

    @property
    def recorded(self) -> bool:
        """Whether its answers, and with them their times, were recorded before the run."""
        return "replay" in self.settings


@dataclass(frozen=True, slots=True)
class Manifest:
    """Written before the first answer; `preparations` and `finished` are added as they happen.

    `fingerprints` has those shared by all systems: questions, facts, corpus, prices (DESIGN rule 8).
    `planned` is the number of records of a full run. `machine` names the processor, cores, memory,
    operating system; `versions` the packages that shape a figure. `notes` says what happened to the
    run that a reader of its figures should know: a repaired journal, a worker that died. `loop_lag` has
    how late the runner itself was, for each session that was not killed.
    """

    run_id: str
    suite: str
    title: str
    created: str
    seed: int
    days: tuple[date, ...]
    repeats: int
    planned: int
    systems: tuple[SystemManifest, ...]
    fingerprints: Mapping[str, str]
    versions: Mapping[str, str]
    machine: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    preparations: Mapping[str, tuple[Preparation, ...]] = field(default_factory=dict)
    finished: str | None = None
    notes: tuple[str, ...] = ()
    loop_lag: tuple[LoopLag, ...] = ()


def manifest_to_dict(manifest: Manifest) -> dict[str, Any]:
    """A JSON-ready dictionary; days are ISO dates."""
    data = asdict(manifest)
    data["days"] = [day.isoformat() for day in manifest.days]
    for preparations in data["preparations"].values():
        for preparation in preparations:
            for key in _DAYS:
                preparation[key] = preparation[key] and preparation[key].isoformat()
    return {"format": FORMAT} | data


def manifest_from_dict(data: Mapping[str, Any]) -> Manifest:
    """The inverse of `manifest_to_dict`; raises KeyError, TypeError or ValueError on damaged data."""
    fields = dict(data)
    if (version := fields.pop("format")) != FORMAT:
        raise ValueError(f"format {version!r} is not {FORMAT}, the one this harness reads")
    fields["days"] = tuple(map(date.fromisoformat, fields["days"]))
    fields["systems"] = tuple(SystemManifest(**system) for system in fields["systems"])
    fields["preparations"] = {
        name: tuple(
            Preparation(**(preparation | _days(preparation))) for preparation in preparations
        )
        for name, preparations in fields["preparations"].items()
    }
    fields["notes"] = tuple(fields["notes"])
    fields["loop_lag"] = tuple(
        LoopLag(**(lag | {"systems": tuple(lag["systems"])})) for lag in fields.get("loop_lag", ())
    )
    return Manifest(**fields)


def _days(preparation: Mapping[str, Any]) -> dict[str, date]:
    """The days of a preparation; one of an earlier version lacks some."""
    found = {key: preparation.get(key) for key in _DAYS}
    return {key: date.fromisoformat(text) for key, text in found.items() if text is not None}
