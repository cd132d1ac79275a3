"""Keeping a search index up to date with the days, and sharing it where it is the same.

An index is a folder named by what determines it, the documents in it and how they are indexed.
Systems and worker processes of a run that need the same index find it made; a finished folder is
only read. The index of a day is made from that of the day before: what is new is added, what is
no longer wanted deleted, as in a deployment that is kept up to date.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from harness.energy import EnergyMeter
from harness.retrieval.base import Retriever
from harness.retrieval.spending import spending
from harness.systems.spec import RetrievalSpec
from harness.systems.world import SystemWorld
from harness.world.corpus import Document

__all__ = ["Index", "IndexKeeper"]

_RECORD: Final = "harness.json"

OpenRetriever = Callable[[Path], Retriever]
"""Opens the index in a folder, or an empty one where there is none."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index that stands, and what bringing it up to date took.

    It holds what was published by `as_of`. `written` documents were added or replaced and `removed`
    deleted in `seconds` with `joules` (None: unknown), starting from the index of the day before
    where there was one; `reused` says that another worker or system did it. A server embedded
    `tokens` (None: it did not tell). All are 0 where the day brought nothing new. Its files take
    `size` bytes.
    """

    folder: Path
    as_of: date
    documents: frozenset[str]
    written: int
    removed: int
    seconds: float
    joules: float | None
    tokens: int | None
    reused: bool
    size: int = 0


class IndexKeeper:
    """Makes the index of each day from that of the day before."""

    def __init__(
        self,
        spec: RetrievalSpec,
        world: SystemWorld,
        home: Path,
        open_retriever: OpenRetriever,
    ) -> None:
        """`home` is the folder of all indices."""
        self._spec = spec
        self._corpus = world.corpus
        self._home = home
        self._open = open_retriever
        self._first = world.days[0] if world.days else None
        self._last: Index | None = None

    @property
    def settings(self) -> str:
        """The fingerprint of what was declared."""
        values = list(self._spec.settings().values())
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]

    def prepare(self, day: date) -> tuple[Retriever, Index]:
        """The retriever over what is to be indexed on `day`, ready to search.

        Nothing published after `day` is in it.
        """
        from filelock import FileLock  # noqa: PLC0415  (needed here only)

        self._first = self._first or day
        as_of = self._spec.refresh.day(self._first, day)
        wanted = {document.id: document for document in self._documents(as_of)}
        key = self._key(wanted.values())
        folder = self._home / key
        if self._last is not None and self._last.folder == folder:
            nothing_new = replace(
                self._last,
                as_of=as_of,
                written=0,
                removed=0,
                seconds=0.0,
                joules=0.0,
                tokens=0,
                reused=False,
            )
            return self._open(folder), nothing_new
        self._home.mkdir(parents=True, exist_ok=True)
        with FileLock(self._home / f"{key}.lock"):
            index = self._find(folder, as_of, frozenset(wanted))
            if index is None:
                index = self._make(folder, as_of, wanted)
        self._last = index
        return self._open(folder), index

    def _documents(self, day: date) -> Iterable[Document]:
        visible = self._corpus.visible(day)
        share = self._spec.superseded_share
        if share == 1:
            return visible
        gone = self._corpus.superseded(day)
        return [d for d in visible if d.id not in gone or _neglect(d.id) < share]

    def _key(self, documents: Iterable[Document]) -> str:
        embedding = self._spec.embedding
        named = embedding and (embedding.settings(), embedding.name)  # with its folder, if any
        digest = hashlib.sha256(f"{self._spec.mode} {named}".encode())
        for document in documents:
            digest.update(json.dumps([document.id, str(document.day), document.text]).encode())
        return digest.hexdigest()[:16]

    def _find(self, folder: Path, as_of: date, documents: frozenset[str]) -> Index | None:
        record = folder / _RECORD
        if not record.is_file():
            return None
        data = json.loads(record.read_text(encoding="utf-8"))
        told = {"joules": None, "tokens": 0, **data}
        return Index(folder, as_of, documents, **told, reused=True, size=_size(folder))

    def _make(self, folder: Path, as_of: date, wanted: dict[str, Document]) -> Index:
        shutil.rmtree(folder, ignore_errors=True)  # what a killed process left unfinished
        before: frozenset[str] = frozenset()
        if self._last is not None:
            # The copy stands for the live index of a real deployment, so it is not timed.
            shutil.copytree(self._last.folder, folder, ignore=shutil.ignore_patterns(_RECORD))
            before = self._last.documents
        retriever = self._open(folder)
        meter, started = EnergyMeter(), time.perf_counter()
        with spending() as spent:
            removed = retriever.delete(sorted(before - wanted.keys()))
            written = retriever.upsert(_text_only(d) for d in wanted.values() if d.id not in before)
        seconds, joules = time.perf_counter() - started, meter.joules()
        retriever.close()
        record: dict[str, Any] = {
            "written": written,
            "removed": removed,
            "seconds": seconds + spent.saved_seconds,
            "joules": joules,
            "tokens": spent.embedded,
        }
        (folder / _RECORD).write_text(json.dumps(record) + "\n", encoding="utf-8")
        made = frozenset(wanted)
        return Index(folder, as_of, made, **record, reused=False, size=_size(folder))


def _size(folder: Path) -> int:
    """Bytes of an index; our own record of it is no part."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != _RECORD)
    return sum(path.stat().st_size for path in files)


def _neglect(document_id: str) -> float:
    """Where a document stands in the order of neglect, 0 to 1, the same in every run.

    Those below a share are left in the index, so what is left at 10 % is also left at 25 %, and a
    document that was deleted never comes back.
    """
    digest = hashlib.sha256(f"left in the index {document_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _text_only(document: Document) -> Document:
    # What a document asserts, and what it replaces, is the key of the exam: no retriever sees it.
    return replace(document, states=(), supersedes=())
