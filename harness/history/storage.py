"""Where a history lies: a folder, or the URL of one in an object store, through fsspec.

Files are written once and whole. On a disk a file appears under its name by renaming; an object store
shows an object only when all of it has arrived.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from harness.errors import ConfigError, RunError, first_line

__all__ = ["Storage"]

_LOCAL: Final = "file"
_HIDDEN: Final = "."


class Storage:
    """The files under one root; paths are relative to it, with `/` between their parts.

    Raises `ConfigError` where the URL is none that fsspec knows or takes a package that is not installed,
    and everywhere `RunError` naming the file that the storage refused.
    """

    def __init__(self, where: str | Path) -> None:
        import fsspec  # noqa: PLC0415  (only where a history is used)

        self.where = str(where)
        try:
            self._fs, root = fsspec.core.url_to_fs(self.where)
        except ImportError as error:
            raise ConfigError(f"--storage {self.where}: {first_line(error)}") from error
        except (ValueError, OSError) as error:
            raise ConfigError(
                f"--storage {self.where!r} is no folder and no URL that can be used "
                f"({first_line(error)})"
            ) from error
        self._root: str = root.rstrip("/")

    @property
    def filesystem(self) -> Any | None:  # noqa: ANN401  (fsspec is untyped)
        """What other programs need to read `url`s; None on a disk, where they are paths."""
        return None if self._local else self._fs

    def url(self, path: str) -> str:
        """The path on a disk, or the whole URL."""
        whole = self._at(path)
        return whole if self._local else str(self._fs.unstrip_protocol(whole))

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder, in order; none where there is no such folder."""
        with self._refused(folder):
            try:
                found = self._fs.ls(self._at(folder), detail=False, refresh=True)
            except (FileNotFoundError, NotADirectoryError):
                return []
        names = (str(path).rstrip("/").rpartition("/")[2] for path in found)
        return sorted(name for name in names if name and not name.startswith(_HIDDEN))

    def read(self, path: str) -> bytes:
        """All of a file."""
        with self._refused(path):
            return bytes(self._fs.cat_file(self._at(path)))

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        """A file to read parts of."""
        with self._refused(path), self._fs.open(self._at(path), "rb") as file:
            yield cast("BinaryIO", file)

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        with self._refused(path):
            return bool(self._fs.exists(self._at(path)))

    def claim(self, path: str, data: bytes) -> bool:
        """Make a small file unless there is one; False where there is.

        Of several who ask at once one gets it: on a disk, and in object stores that can make an object on the
        condition that there is none (S3, GCS and Azure can; fsspec else looks first).
        """
        whole = self._at(path)
        with self._refused(path):
            self._fs.makedirs(whole.rpartition("/")[0], exist_ok=True)
            try:
                if self._local:
                    with Path(whole).open("xb") as file:
                        file.write(data)
                else:
                    self._fs.pipe_file(whole, data, mode="create")
            except FileExistsError:
                return False
        return True

    def write(self, path: str, data: bytes) -> None:
        """Write a file so that a reader, or a crash, sees all of it or none."""
        whole = self._at(path)
        with self._refused(path):
            self._fs.makedirs(whole.rpartition("/")[0], exist_ok=True)
            if not self._local:
                self._fs.pipe_file(whole, data)
                return
            target = Path(whole)
            new = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
            try:
                with new.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                new.replace(target)
            finally:
                new.unlink(missing_ok=True)

    def move(self, path: str, to: str) -> None:
        """Move a file; where storage cannot rename, it is copied before it is removed."""
        with self._refused(path):
            self._fs.makedirs(self._at(to).rpartition("/")[0], exist_ok=True)
            if self._local:
                Path(self._at(path)).replace(self._at(to))
            else:
                self._fs.mv(self._at(path), self._at(to))

    @property
    def _local(self) -> bool:
        protocol = self._fs.protocol
        return _LOCAL in ((protocol,) if isinstance(protocol, str) else protocol)

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"

    @contextmanager
    def _refused(self, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            told = error.strerror or first_line(error)
            raise RunError(f"{self.url(path)}: {told}") from error
