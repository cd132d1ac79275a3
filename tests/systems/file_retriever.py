"""The plainest retriever, for tests of what reaches an index."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from harness.retrieval.base import Passage
from harness.world.corpus import Document


class FileRetriever:
    """All documents in one JSON file, the newest first."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "documents.json"
        folder.mkdir(parents=True, exist_ok=True)
        self.documents = json.loads(self._file.read_text()) if self._file.exists() else {}

    def fingerprint(self) -> str:
        return str(sorted(self.documents))

    def upsert(self, documents: Iterable[Document]) -> int:
        new = list(documents)
        assert not any(document.states or document.supersedes for document in new)
        self.documents |= {d.id: [d.day.isoformat(), d.text] for d in new}
        self._file.write_text(json.dumps(self.documents))
        return len(new)

    def delete(self, document_ids: Iterable[str]) -> int:
        gone = [self.documents.pop(name) for name in document_ids]
        self._file.write_text(json.dumps(self.documents))
        return len(gone)

    def search(self, _query: str, limit: int) -> tuple[Passage, ...]:
        found = [
            Passage(name, date.fromisoformat(day), text, 1.0)
            for name, (day, text) in self.documents.items()
        ]
        return tuple(sorted(found, key=lambda passage: passage.day, reverse=True)[:limit])

    def close(self) -> None:
        pass
