"""Documents and what of them could be indexed on a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from harness.errors import DataError


@dataclass(frozen=True, slots=True)
class Statement:
    """A document says that `attribute` of `subject` is `value`."""

    subject: str
    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class Document:
    """A passage of text with its publication day.

    `states` names what it asserts (for blame and hygiene; no system may read it), `supersedes` the
    ids of earlier documents that it makes outdated.
    """

    id: str
    day: date
    text: str
    style: str = ""
    states: tuple[Statement, ...] = ()
    supersedes: tuple[str, ...] = ()


class Corpus:
    """All documents, oldest first."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = tuple(sorted(documents, key=lambda document: (document.day, document.id)))
        self._by_id = {document.id: document for document in self._documents}
        if len(self._by_id) != len(self._documents):
            seen: set[str] = set()
            twice = next(d.id for d in self._documents if d.id in seen or seen.add(d.id))  # type: ignore[func-returns-value]
            raise DataError(f"two documents have the id {twice!r}")

    def __iter__(self) -> Iterator[Document]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, document_id: str) -> Document | None:
        """The document with that id, or None."""
        return self._by_id.get(document_id)

    def visible(self, day: date) -> Corpus:
        """What could be indexed on `day`: documents published on that day or before."""
        return Corpus(document for document in self._documents if document.day <= day)

    def superseded(self, day: date) -> frozenset[str]:
        """Ids of documents that a document visible on `day` made outdated."""
        return frozenset(
            old
            for document in self._documents
            if document.day <= day
            for old in document.supersedes
        )
