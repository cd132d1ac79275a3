"""Text files that are written all or nothing."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile

from harness.errors import RunError

__all__ = ["write_text"]


def write_text(path: Path, text: str) -> None:
    """Write a file, all or nothing; missing folders are made. Raises `RunError` where it cannot be.

    What is no file, such as `/dev/stdout` or a pipe, is written to and never replaced.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_text(text, encoding="utf-8", newline="\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, text)
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from error


def _replace(path: Path, text: str) -> None:
    with NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.parent, delete=False
    ) as file:
        temporary = Path(file.name)
        try:
            file.write(text)
            file.close()
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:  # a full disk, or Ctrl-C
            temporary.unlink(missing_ok=True)
            raise
