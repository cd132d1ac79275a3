"""Tasks that wait for their turn, in the plan's order."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice

from harness.running.plan import Task

__all__ = ["TaskQueue"]


class TaskQueue:
    """Tasks of a plan, kept as their positions in it and made when it is their turn."""

    def __init__(self, plan: Sequence[Task]) -> None:
        self._plan = plan
        self._positions: deque[int] = deque()

    def __len__(self) -> int:
        return len(self._positions)

    def put(self, task: Task) -> None:
        """Let a task of the plan wait behind the others."""
        self._positions.append(task.position)

    def take(self) -> Task:
        """The next task."""
        return self._plan[self._positions.popleft()]

    def take_together(self, most: Mapping[str, int]) -> list[Task]:
        """The next task, and later ones of its system: up to so many as that takes at once."""
        first = self.take()
        later = (self._plan[position] for position in self._positions)
        also = list(islice((t for t in later if t.system == first.system), most[first.system] - 1))
        for task in also:
            self._positions.remove(task.position)
        return [first, *also]
