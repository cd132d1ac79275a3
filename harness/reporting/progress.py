"""Progress in the terminal: a bar with remaining time, or plain lines where there is no terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from harness.running.progress import Progress, ProgressCallback

_LINES = 10


@contextmanager
def terminal_progress(console: Console | None = None) -> Iterator[ProgressCallback]:
    """Give a callback that shows a run's progress on standard error while the context lasts."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield _PlainLines(console)
        return
    columns = (
        TextColumn("{task.description:28.28}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Bars(*columns, console=console, transient=True) as bars:
        yield _Bar(bars)


class _Bar:
    """One bar for the whole run."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task = bars.add_task("starting", total=None, left="")

    def __call__(self, progress: Progress) -> None:
        if progress.phase == "note":
            self._bars.console.print(f"note: {progress.message}", highlight=False)
            return
        self._bars.update(
            self._task,
            description=_doing(progress),
            completed=progress.done,
            total=progress.total or None,
            left=_left(progress),
        )


class _PlainLines:
    """A line for each preparation, each note, and each tenth of the work."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: tuple[object, ...] = ()

    def __call__(self, progress: Progress) -> None:
        if progress.phase in {"start", "end"}:
            return
        tenth = progress.done * _LINES // progress.total if progress.total else 0
        asked = progress.phase == "answer"
        about = (
            progress.phase,
            progress.day,
            tenth,
            "" if asked else progress.system,
            progress.message,
        )
        if about == self._said:
            return
        self._said = about
        counted = f"{progress.done}/{progress.total}" if progress.total else ""
        line = " ".join(part for part in (counted, _doing(progress), _left(progress)) if part)
        self._console.print(line, highlight=False, soft_wrap=True)


def _doing(progress: Progress) -> str:
    if progress.phase == "note":
        return f"note: {progress.message}"
    day = f" {progress.day}" if progress.day else ""
    if progress.phase == "prepare":
        return progress.message or f"preparing {progress.system}{day}"
    if progress.phase == "answer":
        failed = f", {progress.failed} failed" if progress.failed else ""
        return f"{progress.message or f'asking{day}'}{failed}"
    return "starting" if progress.phase == "start" else "done"


def _left(progress: Progress) -> str:
    if progress.remaining is None:
        return ""
    minutes, seconds = divmod(round(progress.remaining), 60)
    return f"{minutes}:{seconds:02d} left"
