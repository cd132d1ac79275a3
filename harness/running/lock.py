"""One process a folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from harness.errors import RunError

LOCK_FILE = ".lock"


class FolderLock:
    """Held until `release` or the end of the process, however that comes (`flock`).

    Raises `RunError` naming the process that holds the folder.
    """

    def __init__(self, folder: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(folder / LOCK_FILE, flags, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(self._file, 20).decode(errors="replace").strip()
            self.release()
            raise RunError(
                f"{folder} is in use by another process (pid {owner or 'unknown'})"
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others have the folder."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
