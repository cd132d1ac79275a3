from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.running.plan import make_plan, sample_questions
from harness.world.questions import Question

DAYS = (date(2025, 8, 22), date(2026, 2, 22), date(2026, 8, 22))
SYSTEMS = ("base", "rag", "fine-tuned")


def ask(n: int, *, group_size: int = 1, kinds: int = 1) -> tuple[Question, ...]:
    return tuple(
        Question(
            id=f"q{i}",
            text="?",
            history=None,
            group=f"g{i // group_size}" if group_size > 1 else "",
            kind=f"kind{i // group_size % kinds}",
        )
        for i in range(n)
    )


plans = {
    "n": st.integers(1, 12),
    "days": st.sets(st.integers(0, 900), min_size=1, max_size=3),
    "systems": st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5, unique=True),
    "repeats": st.integers(1, 3),
    "seed": st.integers(),
}


@given(**plans)
def test_a_plan_holds_every_combination_once_in_blocks_of_all_systems(
    n: int, days: set[int], systems: list[str], repeats: int, seed: int
) -> None:
    on = [DAYS[0] + timedelta(day) for day in days]
    plan = make_plan(ask(n), on, systems, repeats, seed)
    assert [task.position for task in plan] == list(range(len(plan)))
    assert len({task.key for task in plan}) == len(plan) == n * len(on) * len(systems) * repeats
    assert [day for day, _ in groupby(plan, key=lambda task: task.day)] == sorted(on)
    for start in range(0, len(plan), len(systems)):
        block = plan[start : start + len(systems)]
        assert len({(task.question_id, task.day, task.repeat) for task in block}) == 1
        assert {task.system for task in block} == set(systems)


@given(**plans)
def test_a_plan_is_a_function_of_its_seed_and_each_day_stands_alone(
    n: int, days: set[int], systems: list[str], repeats: int, seed: int
) -> None:
    on = [DAYS[0] + timedelta(day) for day in days]
    plan = make_plan(ask(n), on, systems, repeats, seed)
    assert plan == make_plan(ask(n), on[::-1], systems, repeats, seed)
    alone = make_plan(ask(n), [max(on)], systems, repeats, seed)
    assert [t.key for t in alone] == [t.key for t in plan if t.day == max(on)]


def test_no_system_has_a_favoured_place_in_its_blocks() -> None:
    plan = make_plan(ask(600), DAYS[:1], SYSTEMS, 1, 7)
    firsts = Counter(plan[start].system for start in range(0, len(plan), 3))
    # 200 expected each; binomial sd 11.5: five of them
    assert all(abs(firsts[system] - 200) < 58 for system in SYSTEMS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"questions": ()}, "needs questions"),
        ({"days": ()}, "needs days"),
        ({"systems": ()}, "needs systems"),
        ({"systems": ("rag", "rag")}, "rag is there twice"),
        ({"days": (DAYS[0], DAYS[0])}, "2025-08-22 is there twice"),
        ({"repeats": 0}, "repeats must be at least 1"),
    ],
)
def test_an_impossible_plan_is_refused(change: dict[str, object], message: str) -> None:
    good = {"questions": ask(2), "days": DAYS, "systems": SYSTEMS, "repeats": 1, "seed": 0}
    with pytest.raises(ConfigError, match=message):
        make_plan(**(good | change))  # type: ignore[arg-type]


@given(
    n=st.integers(1, 60),
    group_size=st.integers(1, 5),
    kinds=st.integers(1, 4),
    limit=st.integers(5, 70),
    seed=st.integers(),
)
def test_a_sample_has_whole_groups_within_the_limit_in_the_old_order(
    n: int, group_size: int, kinds: int, limit: int, seed: int
) -> None:
    asked = ask(n, group_size=group_size, kinds=kinds)
    drawn = sample_questions(asked, limit, seed)
    assert drawn == sample_questions(asked, limit, seed)
    # an unfilled place is smaller than a group: what is left over could not have been used
    assert min(n, limit) - group_size < len(drawn) <= limit
    assert list(drawn) == [q for q in asked if q in drawn]
    whole = Counter(q.cluster for q in asked)
    assert all(count == whole[group] for group, count in Counter(q.cluster for q in drawn).items())


@given(
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=5),
    limit=st.integers(1, 200),
    seed=st.integers(),
)
def test_single_questions_are_drawn_in_proportion_to_their_kinds(
    sizes: list[int], limit: int, seed: int
) -> None:
    asked = [
        Question(f"{kind}-{i}", "?", None, kind=str(kind))
        for kind, size in enumerate(sizes)
        for i in range(size)
    ]
    drawn = Counter(q.kind for q in sample_questions(asked, limit, seed))
    assert sum(drawn.values()) == min(limit, len(asked))
    for kind, size in enumerate(sizes):
        fair = size * min(limit, len(asked)) / len(asked)
        assert abs(drawn[str(kind)] - fair) <= len(sizes) / 2 + 0.5


def test_another_seed_draws_other_questions() -> None:
    asked = ask(200, kinds=3)
    assert sample_questions(asked, 20, 1) != sample_questions(asked, 20, 2)


def test_a_limit_below_every_group_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"limit 3 .* smallest group of questions \(4\)"):
        sample_questions(ask(40, group_size=4), 3, 0)
    with pytest.raises(ConfigError, match="at least 1"):
        sample_questions(ask(40), 0, 0)


def test_a_plan_is_looked_at_like_a_list() -> None:
    plan = make_plan(ask(4), DAYS, SYSTEMS, 2, 1)
    tasks = list(plan)
    assert (plan[0], plan[-1], plan[5:9]) == (tasks[0], tasks[-1], tuple(tasks[5:9]))
    assert tasks[7] in plan
    with pytest.raises(IndexError):
        plan[len(plan)]
