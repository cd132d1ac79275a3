"""The history: runs saved under a number and a name, found again, pinned, set aside and restored.

runs/0001_first.parquet    a saved run (`harness.history.files`); never changed
trash/0002_nightly.parquet one that was pruned
numbers/0001               says that the number is taken, also after its run was pruned
pins.json                  the baseline of each suite
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path
from typing import Final

from harness.errors import ConfigError, RunError, nearest
from harness.history.files import DamagedError, Header, decode, encode, read_header
from harness.history.snapshot import Snapshot
from harness.history.storage import Storage

__all__ = ["LAST", "PINNED", "Broken", "Contents", "Entry", "History", "check_name"]

LAST: Final = "last"
PINNED: Final = "pinned"

_RUNS: Final = "runs"
_TRASH: Final = "trash"
_NUMBERS: Final = "numbers"
_PINS: Final = "pins.json"
_FILE: Final = re.compile(r"(?P<number>\d{4,})_(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\.parquet")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_READERS: Final = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """A saved run without its answers. `key` is number and name: `0003_nightly`."""

    number: int
    name: str
    header: Header
    pinned: bool = False

    @property
    def key(self) -> str:
        """Number and name, as in the name of its file."""
        return _key(self.number, self.name)

    @property
    def suite(self) -> str:
        """The suite that was run."""
        return self.header.manifest.suite

    @property
    def made(self) -> datetime:
        """When the run was made, in UTC; when it was saved, where its manifest does not tell."""
        for text in (self.header.manifest.created, self.header.saved):
            try:
                made = datetime.fromisoformat(text)
            except ValueError:
                continue
            return made.replace(tzinfo=UTC) if made.tzinfo is None else made.astimezone(UTC)
        return datetime.min.replace(tzinfo=UTC)

    @property
    def day(self) -> date:
        """The day on which it was made, in UTC."""
        return self.made.date()


@dataclass(frozen=True, slots=True)
class Broken:
    """A file among the runs that is none, and why."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"skipped {self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Contents:
    """The saved runs by their numbers, and what could not be read."""

    entries: tuple[Entry, ...]
    broken: tuple[Broken, ...]

    def of(self, suite: str | None) -> tuple[Entry, ...]:
        """Those of one suite; all when None."""
        return tuple(e for e in self.entries if suite is None or e.suite == suite)


class History:
    """The runs saved in a folder, or at a URL that fsspec knows."""

    def __init__(self, where: str | Path) -> None:
        self.storage = Storage(where)

    def contents(self) -> Contents:
        """All saved runs; damaged files are named, not hidden."""
        return self._contents(_RUNS)

    def trash(self) -> Contents:
        """The runs that were pruned and can be restored."""
        return self._contents(_TRASH)

    def save(
        self, snapshot: Snapshot, name: str | None = None, *, now: datetime | None = None
    ) -> tuple[Entry, bool]:
        """Save a run under the next number, and say whether it is new.

        The same answers are kept once: a run that is saved already gives the entry it has. `name` is
        the suite's when None; `now` the time to write down.

        Raises:
            ConfigError: the name cannot be one.
            RunError: the run was pruned and can be restored, or the storage refused.
        """
        if name is None:
            name = _as_name(snapshot.manifest.suite)
        check_name(name)
        saved = (now or datetime.now(UTC)).isoformat(timespec="seconds")
        header, data = encode(snapshot, saved)
        for entry in self.contents().entries:
            if entry.header.digest == header.digest:
                return entry, False
        for entry in self.trash().entries:
            if entry.header.digest == header.digest:
                raise RunError(
                    f"this run was saved as {entry.key} and pruned; to have it back: "
                    f"harness history restore {entry.key}"
                )
        number = self._next_number(header.digest)
        self.storage.write(f"{_RUNS}/{_key(number, name)}.parquet", data)
        return Entry(number, name, header), True

    def load(self, entry: Entry) -> Snapshot:
        """All of a saved run; raises `RunError` naming the file where it is damaged."""
        path = f"{_RUNS}/{entry.key}.parquet"
        try:
            return decode(self.storage.read(path))
        except DamagedError as error:
            raise RunError(f"{self.storage.url(path)}: {error}") from error

    def damaged(self, entry: Entry) -> Broken | None:
        """What is wrong with a saved run, read to its last byte; None where nothing is."""
        try:
            self.load(entry)
        except RunError as error:
            path, _, reason = str(error).rpartition(": ")
            return Broken(path, reason)
        return None

    def find(self, ref: str, suite: str | None = None) -> Entry:
        """The run that is meant by a number, a name, both, a pattern, `last` or `pinned`.

        Of several that have the name or fit the pattern, it is the last. Raises `ConfigError` where there is none.
        """
        contents = self.contents()
        entries = contents.of(suite)
        if not entries:
            of = f" of suite {suite!r}" if suite is not None else ""
            raise ConfigError(f"no run{of} is saved in {self.storage.where}")
        if ref in {LAST, PINNED}:
            self._one_suite(ref, entries)
        if ref == PINNED and (pinned := self.baseline(entries[0].suite)) is not None:
            return pinned
        found = [entry for entry in entries if _means(ref, entry)]
        if found:
            return found[-1]
        if ref == PINNED:
            raise ConfigError(
                f"no run of {entries[0].suite} is pinned in {self.storage.where}: "
                "harness history pin RUN"
            )
        for broken in contents.broken:
            if ref in broken.path.rpartition("/")[2]:
                raise RunError(f"{broken.path}: {broken.reason}")
        names = {name for entry in entries for name in (entry.key, entry.name)} | {LAST, PINNED}
        raise ConfigError(f"no saved run {ref!r}: {nearest(ref, names)}")

    def pin(self, entry: Entry) -> None:
        """Make a run the baseline of its suite."""
        pins = {**self._pins(), entry.suite: entry.key}
        self.storage.write(_PINS, json.dumps(pins, indent=2, sort_keys=True).encode() + b"\n")

    def baseline(self, suite: str) -> Entry | None:
        """The pinned run of a suite; None where none is pinned.

        Raises `RunError` where the run that is pinned is not among the saved ones, or damaged.
        """
        key = self._pins().get(suite)
        if key is None:
            return None
        contents = self.contents()
        for entry in contents.of(suite):
            if entry.pinned:
                return entry
        why = next(
            (broken.reason for broken in contents.broken if f"/{key}.parquet" in broken.path),
            "is not there",
        )
        raise RunError(
            f"{self.storage.where}: the pinned baseline {key} of {suite} cannot be used ({why}); "
            "pin another: harness history pin RUN"
        )

    def prune(self, entries: Sequence[Entry]) -> None:
        """Move runs to the trash; raises `RunError` for one that is pinned, before anything moved."""
        for entry in entries:
            if entry.pinned:
                raise RunError(f"{entry.key} is the pinned baseline of {entry.suite}")
        for entry in entries:
            self._move(entry, _RUNS, _TRASH)

    def restore(self, entries: Sequence[Entry]) -> None:
        """Move runs back from the trash."""
        for entry in entries:
            self._move(entry, _TRASH, _RUNS)

    def in_trash(self, ref: str) -> Entry:
        """The pruned run that is meant, as by `find`; raises `ConfigError` where there is none."""
        entries = self.trash().entries
        found = [entry for entry in entries if _means(ref, entry)]
        if not found:
            names = [entry.key for entry in entries]
            hint = nearest(ref, names) if names else "the trash is empty"
            raise ConfigError(f"no pruned run {ref!r}: {hint}")
        return found[-1]

    def paths(self, entries: Sequence[Entry]) -> list[str]:
        """Where the files of saved runs lie."""
        return [self.storage.url(f"{_RUNS}/{entry.key}.parquet") for entry in entries]

    def _contents(self, folder: str) -> Contents:
        names = self.storage.names(folder)
        pins = set(self._pins().items()) if names else set()
        with ThreadPoolExecutor(_READERS) as readers:
            read = list(readers.map(lambda name: self._entry(folder, name), names))
        entries = [
            Entry(one.number, one.name, one.header, (one.suite, one.key) in pins)
            for one in read
            if isinstance(one, Entry)
        ]
        entries.sort(key=lambda entry: (entry.number, entry.name))
        return Contents(tuple(entries), tuple(one for one in read if isinstance(one, Broken)))

    def _entry(self, folder: str, file: str) -> Entry | Broken:
        path = f"{folder}/{file}"
        named = _FILE.fullmatch(file)
        if named is None:
            return Broken(self.storage.url(path), "its name is not NUMBER_NAME.parquet")
        try:
            with self.storage.opened(path) as opened:
                header = read_header(opened)
        except DamagedError as error:
            return Broken(self.storage.url(path), str(error))
        except RunError as error:
            return Broken(self.storage.url(path), str(error).rpartition(": ")[2])
        return Entry(int(named["number"]), named["name"], header)

    def _next_number(self, digest: str) -> int:
        """A number that nobody has or had; several processes may ask at once."""
        files = [*self.storage.names(_RUNS), *self.storage.names(_TRASH)]
        files += self.storage.names(_NUMBERS)
        taken = [int(found.group()) for file in files if (found := re.match(r"\d+", file))]
        for number in count(max(taken, default=0) + 1):
            if self.storage.claim(f"{_NUMBERS}/{number:04}", digest.encode()):
                return number
        raise AssertionError  # `count` never ends

    def _pins(self) -> dict[str, str]:
        if not self.storage.has(_PINS):
            return {}
        try:
            pins = json.loads(self.storage.read(_PINS))
            return {str(suite): str(key) for suite, key in pins.items()}
        except (ValueError, AttributeError) as error:
            raise RunError(
                f"{self.storage.url(_PINS)}: not JSON that names a run for each suite"
            ) from error

    def _move(self, entry: Entry, source: str, target: str) -> None:
        to = f"{target}/{entry.key}.parquet"
        if self.storage.has(to):
            raise RunError(f"{self.storage.url(to)} is there already")
        self.storage.move(f"{source}/{entry.key}.parquet", to)

    def _one_suite(self, ref: str, entries: Sequence[Entry]) -> None:
        suites = {entry.suite for entry in entries}
        if len(suites) > 1:
            raise ConfigError(
                f"{ref!r} is several runs, of the suites {', '.join(sorted(suites))}: name a run"
                " by its number, or give --suite"
            )


def _means(ref: str, entry: Entry) -> bool:
    if ref == PINNED:
        return entry.pinned
    if ref.isdigit():
        return int(ref) == entry.number
    return ref == LAST or any(fnmatchcase(name, ref) for name in (entry.name, entry.key))


def _key(number: int, name: str) -> str:
    return f"{number:04}_{name}"


def check_name(name: str) -> None:
    """Refuse a name that a run cannot have; raises `ConfigError`."""
    if not _NAME.fullmatch(name) or name in {LAST, PINNED} or name.isdigit():
        raise ConfigError(
            f"a run cannot be named {name!r}: take letters, digits, '.', '_' and '-', and not a "
            f"number, {LAST!r} or {PINNED!r} alone"
        )


def _as_name(suite: str) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]", "-", suite).lstrip("._-")[:80] or "run"
    return f"suite-{name}" if name in {LAST, PINNED} or name.isdigit() else name
