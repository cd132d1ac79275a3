"""Retrieval with LanceDB, embedded: BM25, dense vectors, or both fused.

The index is a folder. One process writes to it at a time; any number may read, and see what was
written as soon as `upsert` or `delete` has returned. Vectors are searched exactly, without an
approximate index, which is fast enough up to some hundred thousand passages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import lancedb
import pyarrow as pa
from lancedb.index import FTS
from lancedb.query import MatchQuery

from harness.errors import ArtefactError, ConfigError, nearest
from harness.retrieval.base import Embedder, Passage
from harness.retrieval.embedders import HashingEmbedder
from harness.retrieval.ranking import (
    SCORE_UNIT,
    Recency,
    best_first,
    favour_newest,
    fuse,
    newest_first,
)
from harness.retrieval.terms import search_terms
from harness.world.corpus import Document

Mode = Literal["bm25", "dense", "hybrid"]
Order = Literal["score", "newest"]

_TABLE = "passages"
_SETTINGS = b"harness.settings"
_TERMS_VERSION = "terms-1"
# Candidates per ranking. Below this rank nothing reaches the first few places of a fusion.
_DEPTH = 50
# Depth at which even equal scores are parted, so that one query cannot read a whole large index.
_DEEPEST = 10_000
_DELETE_AT_ONCE = 1000

# The class is made at run time, and type checkers take its options for required.
_match_query: Any = MatchQuery


class LanceRetriever:
    """A search index in a folder; see `Retriever`.

    `order` is that in which passages are returned: by score, or the same passages newest first.
    `recency` favours new passages; a corpus that keeps superseded documents needs it. Only `dense`
    and `hybrid` embed; `embedder` is then a `HashingEmbedder` unless another is given.

    Raises:
        ConfigError: an unknown mode or order.
        ArtefactError: the folder holds an index made with another embedder or mode, or none at all.
    """

    def __init__(
        self,
        folder: Path,
        *,
        mode: Mode = "hybrid",
        embedder: Embedder | None = None,
        order: Order = "score",
        recency: Recency | None = None,
    ) -> None:
        for name, value, valid in (("mode", mode, Mode), ("order", order, Order)):
            if value not in get_args(valid):
                raise ConfigError(f"unknown {name} {value!r}: {nearest(value, get_args(valid))}")
        self._folder = folder
        self._mode = mode
        self._order = order
        self._recency = recency
        self._embedder = None if mode == "bm25" else embedder or HashingEmbedder()
        # Every search looks for a newer version, so that readers see what a writer has done.
        self._database: Any = lancedb.connect(folder, read_consistency_interval=timedelta(0))
        self._table: Any = None
        self._open()

    def fingerprint(self) -> str:
        """SHA-256 (first 16 hex digits) over settings and indexed documents."""
        recency = self._recency and [self._recency.weight, self._recency.half_life_days]
        settings = [self._index_settings(), self._mode, self._order, recency]
        digest = hashlib.sha256(json.dumps(settings).encode())
        if self._open():
            rows = self._table.search().select(["id", "day", "text"])
            rows = rows.limit(self._table.count_rows()).to_list()
            for row in sorted(rows, key=lambda row: str(row["id"])):
                digest.update(json.dumps([row["id"], str(row["day"]), row["text"]]).encode())
        return digest.hexdigest()[:16]

    def upsert(self, documents: Iterable[Document]) -> int:
        """Add or replace documents by id; the last of equal ids counts. The number written."""
        unique = list({document.id: document for document in documents}.values())
        if not unique:
            return 0
        rows = self._rows(unique)
        if self._open():
            merge = self._table.merge_insert("id").when_matched_update_all()
            merge.when_not_matched_insert_all().execute(rows)
        else:
            self._table = self._database.create_table(_TABLE, rows)
        self._index()
        return len(unique)

    def delete(self, document_ids: Iterable[str]) -> int:
        """Remove documents; ids that are not there are passed over. The number removed."""
        names = sorted(set(document_ids))
        if not names or not self._open():
            return 0
        before = self._table.count_rows()
        for start in range(0, len(names), _DELETE_AT_ONCE):
            quoted = (name.replace("'", "''") for name in names[start : start + _DELETE_AT_ONCE])
            self._table.delete("id IN ('" + "', '".join(quoted) + "')")
        removed: int = before - self._table.count_rows()
        if removed:
            self._index()
        return removed

    def search(self, query: str, limit: int) -> tuple[Passage, ...]:
        """The best `limit` passages; any text is a query, and one without a word finds nothing."""
        terms = search_terms(query)
        if not terms or limit < 1 or not self._open():
            return ()
        rankings = []
        if self._mode != "dense":
            rankings.append(_without_cut_ties(partial(self._by_terms, terms), limit))
        if self._mode != "bm25":
            rankings.append(_without_cut_ties(partial(self._by_vector, query), limit))
        if self._recency is not None:
            # Before fusing: a rank has lost how near to each other two passages were.
            rankings = [favour_newest(ranking, self._recency) for ranking in rankings]
        found = fuse(rankings) if len(rankings) > 1 else rankings[0]
        found = found[:limit]
        return tuple(newest_first(found) if self._order == "newest" else found)

    def close(self) -> None:
        """Release files."""
        self._table = None
        self._database = None

    def _open(self) -> bool:
        """Whether there is a table, by now: another process may have made it."""
        if self._table is not None:
            return True
        if not (self._folder / f"{_TABLE}.lance").is_dir():
            return False
        try:
            table = self._database.open_table(_TABLE)
            made_with = (table.schema.metadata or {}).get(_SETTINGS, b"").decode()
        except (OSError, RuntimeError, ValueError) as error:
            raise ArtefactError(f"{self._folder}: no index that can be read ({error})") from error
        if made_with != self._index_settings():
            raise ArtefactError(
                f"{self._folder}: this index was made with {made_with or 'another program'}, "
                f"not with {self._index_settings()}; delete it or choose another folder"
            )
        self._table = table
        return True

    def _index_settings(self) -> str:
        parts = [] if self._mode == "dense" else [_TERMS_VERSION]
        return " + ".join(parts + ([self._embedder.fingerprint()] if self._embedder else []))

    def _rows(self, documents: Sequence[Document]) -> pa.Table:
        texts = [document.text for document in documents]
        columns: dict[str, Any] = {
            "id": pa.array([document.id for document in documents], pa.string()),
            "day": pa.array([document.day for document in documents], pa.date32()),
            "text": pa.array(texts, pa.string()),
        }
        if self._mode != "dense":
            columns["terms"] = pa.array([" ".join(search_terms(text)) for text in texts])
        if self._embedder is not None:
            vectors = self._embedder.embed(texts)
            columns["vector"] = pa.FixedSizeListArray.from_arrays(
                pa.array(vectors.reshape(-1)), vectors.shape[1]
            )
        settings = {_SETTINGS: self._index_settings().encode()}
        return pa.table(columns).replace_schema_metadata(settings)

    def _index(self) -> None:
        """Compact, and build the term index anew.

        Adding to the index would be enough for finding, but leaves word frequencies of deleted and
        of not yet merged rows in the scores; the ranking would then depend on the history of the
        index and not on its documents. Building takes a tenth of a second per ten thousand.
        """
        self._table.optimize()
        if self._mode == "dense" or self._table.count_rows() == 0:
            return
        # The terms are cut and joined by spaces already; the tokenizer shall only split them.
        config = FTS(
            base_tokenizer="whitespace",
            lower_case=False,
            stem=False,
            remove_stop_words=False,
            ascii_folding=False,
            max_token_length=None,
        )
        self._table.create_index("terms", config=config, replace=True)

    def _by_terms(self, terms: Sequence[str], depth: int) -> list[Passage]:
        query = _match_query(" ".join(dict.fromkeys(terms)), "terms")
        rows = self._table.search(query).limit(depth).select(["id", "day", "text", "_score"])
        return best_first([_passage(row, row["_score"]) for row in rows.to_list()])

    def _by_vector(self, query: str, depth: int) -> list[Passage]:
        assert self._embedder is not None  # noqa: S101 - every mode but bm25 has one
        vector = self._embedder.embed_query(query)
        rows = self._table.search(vector, vector_column_name="vector").distance_type("dot")
        rows = rows.limit(depth).select(["id", "day", "text", "_distance"]).to_list()
        found = [_passage(row, 1 - row["_distance"]) for row in rows]
        return best_first([passage for passage in found if passage.score > 0])


def _without_cut_ties(rank: Callable[[int], list[Passage]], limit: int) -> list[Passage]:
    """A ranking to a depth at which no equal scores were parted.

    The index breaks ties by the place of a row, which the last depth would let through: so
    passages as good as the last one are left out, and the depth grows until enough are better.
    """
    depth = max(_DEPTH, 4 * limit)
    while True:
        found = rank(depth)
        if len(found) < depth or depth >= _DEEPEST:
            return found
        better = [passage for passage in found if passage.score > found[-1].score + SCORE_UNIT]
        if len(better) >= limit:
            return better
        depth *= 4


def _passage(row: dict[str, Any], score: float) -> Passage:
    return Passage(row["id"], row["day"], row["text"], float(score))
