"""Tasks that wait for their turn, in the plan's order."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from itertools import islice

from harness.running.plan import Task

__all__ = ["TaskQueue"]


class TaskQueue:
    """Tasks of a plan, kept as their positions in it and made when it is their turn."""

    def __init__(self, plan: Sequence[Task]) -> None:
        self._plan = plan
        self._positions = array("I")
        self._taken = 0  # so many at the beginning have had their turn

    def __len__(self) -> int:
        return len(self._positions) - self._taken

    def put(self, task: Task) -> None:
        """Let a task of the plan wait behind the others."""
        self._positions.append(task.position)

    def take(self) -> Task:
        """The next task."""
        task = self._plan[self._positions[self._taken]]
        self._taken += 1
        return task

    def take_together(self, most: Mapping[str, int]) -> list[Task]:
        """The next task, and later ones of its system: up to so many as that takes at once."""
        first = self.take()
        places = range(self._taken, len(self._positions))
        alike = (p for p in places if self._plan[self._positions[p]].system == first.system)
        chosen = list(islice(alike, most[first.system] - 1))
        also = [self._plan[self._positions[place]] for place in chosen]
        for place in reversed(chosen):
            del self._positions[place]
        return [first, *also]
