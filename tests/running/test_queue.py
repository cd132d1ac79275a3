"""Tasks that wait: the plan's order, and those that a system takes at once."""

from __future__ import annotations

from datetime import date

from harness.running.plan import Plan, Task, make_plan
from harness.running.queue import TaskQueue
from harness.world.formats import FreeText
from harness.world.questions import Question

DAY = date(2026, 6, 1)


def a_plan(questions: int) -> Plan:
    asked = [Question(f"q{i}", "?", None, FreeText()) for i in range(questions)]
    return make_plan(asked, [DAY], ["a", "b"], 1, 5)


def queue_of(plan: Plan) -> TaskQueue:
    queue = TaskQueue(plan)
    for task in plan:
        queue.put(task)
    return queue


def emptied(queue: TaskQueue) -> list[Task]:
    taken = []
    while queue:
        taken.append(queue.take())
    return taken


def test_tasks_come_in_the_plans_order() -> None:
    plan = a_plan(9)
    assert emptied(queue_of(plan)) == list(plan)


def test_tasks_taken_together_are_the_next_and_later_ones_of_its_system() -> None:
    plan = a_plan(5)
    queue = queue_of(plan)
    of_its_system = [task for task in plan if task.system == plan[0].system]
    together = queue.take_together({"a": 3, "b": 3})
    assert together == of_its_system[:3]
    assert emptied(queue) == [task for task in plan if task not in together]


def test_no_more_are_taken_together_than_there_are() -> None:
    plan = a_plan(2)
    queue = queue_of(plan)
    assert len(queue.take_together({"a": 8, "b": 8})) == 2
    assert len(queue) == 2


def test_a_system_that_takes_one_at_a_time_gets_one() -> None:
    queue = queue_of(plan := a_plan(3))
    assert queue.take_together({"a": 1, "b": 1}) == [plan[0]]
