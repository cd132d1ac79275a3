"""Small files that unpack to more than any memory holds, told before they are unpacked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.errors import DataError, located

if TYPE_CHECKING:
    from pyarrow import Array
    from pyarrow.parquet import ParquetFile

__all__ = ["check_parquet", "checked_lines"]

_LONGEST_LINE: Final = 16_000_000
_ROOM: Final = 64_000_000
"""Bytes to which any file may unpack."""

_GZIP_TIMES: Final = 250
_PARQUET_TIMES: Final = 1_000
"""How often its own size a file may unpack to, above that. Parquet keeps a text that is repeated in
every row, such as a format, only once; text packed by gzip seldom comes to 50."""

_VALUE: Final = 64
"""Bytes that a value takes in Python, besides its text."""

_BATCH: Final = 8192


def checked_lines(path: Path, read_line: Callable[[int], bytes]) -> Iterator[tuple[int, bytes]]:
    r"""The lines of an open file with their numbers and ends. Only \n ends one.

    Raises:
        DataError: a line of more than 16 MB, or a packed file that unpacks to too much.
    """
    most = _most(path, _GZIP_TIMES) if path.suffix == ".gz" else None
    total = 0
    for number, line in enumerate(iter(partial(read_line, _LONGEST_LINE + 1), b""), 1):
        if len(line) > _LONGEST_LINE:
            what = f"a line of more than {_LONGEST_LINE // 1_000_000} MB"
            raise DataError(located(path, number, what))
        total += len(line)
        if most is not None and total > most:
            raise DataError(located(path, number, _told(_GZIP_TIMES)))
        yield number, line


def check_parquet(path: Path, file: ParquetFile, columns: Iterable[str]) -> None:
    """Refuse a file whose columns would not fit into memory as Python has them.

    Raises:
        DataError: they take a thousand times the file's size.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415  (heavy, and only Parquet needs it)

    most, wanted = _most(path, _PARQUET_TIMES), set(columns)
    metadata = file.metadata
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    chunks = [group.column(number) for group in groups for number in range(group.num_columns)]
    used = [chunk for chunk in chunks if chunk.path_in_schema.split(".")[0] in wanted]
    total = sum(chunk.total_uncompressed_size + _VALUE * chunk.num_values for chunk in used)
    if total <= most:
        # What is said there leaves out how often a text is repeated.
        texts = {chunk.path_in_schema for chunk in used if chunk.physical_type == "BYTE_ARRAY"}
        tops = sorted({text.split(".")[0] for text in texts})
        with pq.ParquetFile(path, read_dictionary=sorted(texts)) as again:
            for batch in again.iter_batches(_BATCH, columns=tops) if tops else ():
                total += sum(map(_text_bytes, batch.columns))
                if total > most:
                    break
    if total > most:
        raise DataError(f"{path}: {_told(_PARQUET_TIMES)}")


def _most(path: Path, times: int) -> int:
    return _ROOM + times * path.stat().st_size


def _told(times: int) -> str:
    return f"unpacks to more than {times:,} times its size; is it what it seems to be?"


def _text_bytes(array: Array) -> int:
    """Bytes of the texts in an array, each as often as it is there."""
    import pyarrow as pa  # noqa: PLC0415  (as above)
    import pyarrow.compute as pc  # noqa: PLC0415  (as above)

    kind: Any = array.type
    if pa.types.is_dictionary(kind):
        lengths = pc.binary_length(array.dictionary)
        return pc.sum(lengths.take(array.indices)).as_py() or 0
    if pa.types.is_nested(kind):
        return sum(map(_text_bytes, _within(array)))
    return int(array.nbytes)


def _within(array: Array) -> list[Array]:
    import pyarrow as pa  # noqa: PLC0415  (as above)

    if pa.types.is_struct(array.type):
        return list(array.flatten())
    if pa.types.is_map(array.type):
        return [array.keys, array.items]
    return [array.flatten()]
