"""One saved run as the bytes of one Parquet file: its answers as rows, the rest in the footer.

So a saved run is whole or is not there, can be copied by hand, and is listed by reading its end.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from harness.errors import first_line
from harness.history.rows import SCHEMA, digest, from_table, to_table
from harness.history.snapshot import Figures, Snapshot
from harness.running.manifest import Manifest, manifest_from_dict, manifest_to_dict
from harness.statistics.estimate import Estimate

__all__ = ["KEY", "DamagedError", "Header", "decode", "encode", "read_header"]

FORMAT: Final = 1
KEY: Final = b"harness"
_LONGEST: Final = 120
"""Characters of what a library says of a damaged file."""
_CHECKSUM: Final = b"harness-sha256"


class DamagedError(Exception):
    """A file is not a whole saved run; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the footer says: all of a run but its answers. `saved` is a time (ISO 8601, UTC)."""

    manifest: Manifest
    figures: Figures
    notes: tuple[str, ...]
    saved: str
    answers: int
    digest: str


def encode(snapshot: Snapshot, saved: str) -> tuple[Header, bytes]:
    """The file of a run, and what its footer says; the same run and time give the same bytes."""
    table = to_table(snapshot.answers)
    own = digest(snapshot.manifest.run_id, table)
    header = Header(snapshot.manifest, snapshot.figures, snapshot.notes, saved, len(table), own)
    told = json.dumps(_to_dict(header)).encode()
    table = table.replace_schema_metadata({KEY: told, _CHECKSUM: _checksum(told)})
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd", write_page_checksum=True)
    return header, file.getvalue()


def read_header(file: BinaryIO) -> Header:
    """What the footer of an open file says; raises `DamagedError`, or OSError of its storage."""
    try:
        footer = pq.read_metadata(file)
    except pa.ArrowException as error:
        raise DamagedError(f"not a whole Parquet file ({_told(error)})") from error
    header = _header(footer.metadata or {})
    if header.answers != footer.num_rows:
        raise DamagedError(f"{footer.num_rows} answers of {header.answers} are there")
    return header


def decode(data: bytes) -> Snapshot:
    """The run of a whole file; raises `DamagedError` where it is not what was saved."""
    try:
        table = pq.read_table(io.BytesIO(data), page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise DamagedError(f"cannot be read ({_told(error)})") from error
    header = _header(table.schema.metadata or {})
    table = table.replace_schema_metadata()
    if not table.schema.equals(SCHEMA) or digest(header.manifest.run_id, table) != header.digest:
        raise DamagedError("its answers are not those that were saved")
    try:
        answers = tuple(from_table(table))
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedError(f"its answers cannot be read ({_told(error)})") from error
    return Snapshot(header.manifest, header.figures, header.notes, answers)


def _header(metadata: Mapping[bytes, bytes]) -> Header:
    if KEY not in metadata:
        raise DamagedError("a Parquet file, but not a saved run")
    if metadata.get(_CHECKSUM) != _checksum(metadata[KEY]):
        raise DamagedError("its manifest and figures are not those that were saved")
    try:
        return _from_dict(json.loads(metadata[KEY]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedError(f"its manifest cannot be read ({_told(error)})") from error


def _to_dict(header: Header) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "saved": header.saved,
        "answers": header.answers,
        "digest": header.digest,
        "notes": list(header.notes),
        "figures": {
            system: {name: asdict(estimate) for name, estimate in metrics.items()}
            for system, metrics in header.figures.items()
        },
        "manifest": manifest_to_dict(header.manifest),
    }


def _from_dict(data: Mapping[str, Any]) -> Header:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']!r} is not {FORMAT}, the one this harness reads")
    return Header(
        manifest=manifest_from_dict(data["manifest"]),
        figures={
            system: {name: Estimate(**estimate) for name, estimate in metrics.items()}
            for system, metrics in data["figures"].items()
        },
        notes=tuple(data["notes"]),
        saved=data["saved"],
        answers=data["answers"],
        digest=data["digest"],
    )


def _checksum(told: bytes) -> bytes:
    return hashlib.sha256(told).hexdigest().encode()


def _told(error: Exception) -> str:
    return first_line(error)[:_LONGEST]
