"""Rows of a question set, wherever it lies: in a file, or on the hub through `datasets`."""

from __future__ import annotations

import logging
import os
import re
import tempfile
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from harness.errors import DataError
from harness.world.rows import ROW_FILES, RowTable, read_rows

_LOGGERS: Final = ("datasets", "huggingface_hub")
_HUB_NAME: Final = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)


def is_hub_name(name: str) -> bool:
    """Whether it can be the name of a data set on the hub: that of its owner, and its own.

    A single word such as `text` would be a reader of `datasets`, which takes what lies in the working
    folder.
    """
    return _HUB_NAME.fullmatch(name) is not None


def read_question_rows(source: Path | str, split: str, used: Container[str]) -> RowTable:
    """The rows of a local file, or of a split of a data set on the hub.

    `used` are the columns that matter.

    Raises:
        DataError: the data set cannot be loaded, or a file is of no known kind; when rows are
            taken, the file cannot be read.
    """
    path = Path(source)
    if path.suffix in ROW_FILES:
        return read_rows(path, used)
    if isinstance(source, Path) or path.exists():
        raise DataError(f"{source}: a question set ends in {', '.join(ROW_FILES)}")
    if not is_hub_name(source):
        raise DataError(f"{source}: neither a file nor a data set on the hub (owner/name)")
    return _load(source, split)


def _load(name: str, split: str) -> RowTable:
    with tempfile.TemporaryDirectory(prefix="harness-") as cache, _quiet():
        import datasets  # noqa: PLC0415 - slow

        progress = not datasets.are_progress_bars_disabled()
        datasets.disable_progress_bars()
        try:
            # The rows are copied, so that nothing is left of the cache.
            data = datasets.load_dataset(name, split=split, cache_dir=cache)
            return RowTable(name, list(enumerate(data.to_list(), 1)), set(data.column_names))
        except Exception as error:  # `datasets` lets through what its readers raise
            reason = " ".join(str(error.__cause__ or error).split())
            raise DataError(f"{name}: cannot be loaded: {reason}") from error
        finally:
            if progress:
                datasets.enable_progress_bars()


@contextmanager
def _quiet() -> Iterator[None]:
    """No telemetry, no warnings about retries; what was set before is set again."""
    variable = "HF_HUB_DISABLE_TELEMETRY"  # read when the package is imported
    before = os.environ.get(variable)
    os.environ[variable] = "1"
    levels = [(logger, logger.level) for logger in map(logging.getLogger, _LOGGERS)]
    try:
        for logger, _ in levels:
            logger.setLevel(logging.ERROR)
        yield
    finally:
        for logger, level in levels:
            logger.setLevel(level)
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before
