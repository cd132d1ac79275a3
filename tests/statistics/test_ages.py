"""Lifetimes against a second implementation and a planted half-life; measured shares by age."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from clockwork import DAYS, Scripted, history, later, question, run, scores, value
from hypothesis import given
from hypothesis import strategies as st

from harness.statistics.ages import (
    AGES,
    Lifetime,
    age_curves,
    kaplan_meier,
    refresh_interval,
    stale_by_age,
)
from harness.systems.base import Preparation

LIFETIMES = st.lists(
    st.builds(Lifetime, st.integers(1, 30), st.booleans()), min_size=1, max_size=40
)


def product_limit(lifetimes: Sequence[Lifetime]) -> dict[int, float]:
    """Kaplan and Meier's estimate by its definition, one age after the other."""
    share, found = 1.0, {}
    for age in sorted({lifetime.days for lifetime in lifetimes if lifetime.ended}):
        at_risk = sum(lifetime.days >= age for lifetime in lifetimes)
        ended = sum(lifetime.days == age and lifetime.ended for lifetime in lifetimes)
        share *= 1 - ended / at_risk
        found[age] = share
    return found


@given(LIFETIMES)
def test_the_curve_is_that_of_the_definition(lifetimes: list[Lifetime]) -> None:
    curve = kaplan_meier("s", lifetimes)
    expected = product_limit(lifetimes)
    assert dict(zip(curve.days, curve.fresh, strict=True)) == pytest.approx(expected, abs=1e-12)
    assert curve.facts == len(lifetimes)
    assert curve.ended == sum(lifetime.ended for lifetime in lifetimes)
    for low, share, high in zip(curve.low, curve.fresh, curve.high, strict=True):
        assert 0 <= low <= share + 1e-12
        assert share <= high + 1e-12
        assert high <= 1


def test_a_textbook_curve_has_its_greenwood_errors() -> None:
    # Freireich et al. (1963), remission under 6-MP, as in Kalbfleisch and Prentice and in Collett.
    ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    curve = kaplan_meier(
        "6-MP",
        [*(Lifetime(d, ended=True) for d in ended), *(Lifetime(d, ended=False) for d in censored)],
    )
    assert curve.days == (6, 7, 10, 13, 16, 22, 23)
    assert curve.fresh == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=1e-3)
    assert (curve.low[0], curve.high[0]) == pytest.approx((0.620, 0.952), abs=1e-3)
    assert (curve.half_life.value, curve.half_life.low, curve.half_life.high) == (23, 13, None)
    assert refresh_interval(curve, 0.2).value == 10
    assert refresh_interval(curve, 0.15).value == 7
    assert refresh_interval(curve, 0.1).value == 6
    never = refresh_interval(curve, 0.6)
    assert (never.value, never.method) == (None, "in 35 days less than 60% of it had changed")


def test_a_planted_half_life_is_inside_its_interval_at_the_nominal_rate() -> None:
    rng = np.random.default_rng(11)
    inside = 0
    for _ in range(200):
        true, seen = rng.exponential(100, 150) / math.log(2), rng.uniform(20, 400, 150)
        life = [
            Lifetime(math.ceil(min(t, s)), ended=bool(t <= s))
            for t, s in zip(true, seen, strict=True)
        ]
        half = kaplan_meier("s", life).half_life
        inside += (half.low or 0) <= 100 <= (half.high or math.inf)
    assert inside >= 182


@given(LIFETIMES, st.floats(0.01, 0.99))
def test_within_the_refresh_interval_the_bound_is_kept(
    lifetimes: list[Lifetime], bound: float
) -> None:
    curve = kaplan_meier("s", lifetimes)
    longest = refresh_interval(curve, bound).value
    outdated = {age: 1 - share for age, share in product_limit(lifetimes).items()}
    within = [share for age, share in outdated.items() if longest is None or age < longest]
    assert max(within, default=0.0) <= bound + 1e-6
    if longest is not None:
        assert outdated[int(longest)] > bound - 1e-6


START = date(2025, 1, 1)
HISTORIES = [
    history("changed", START, later(DAYS[0], 40)),
    history("twice", START, later(DAYS[0], 10), later(DAYS[0], 100)),
    history("holds", START),
    history("unknown", START, later(DAYS[0], 5)),
]
ASKED = [question(h) for h in HISTORIES]


def knows(day: date) -> Scripted:
    """Weights that were told the world of one day, of which one fact was never learned."""
    return Scripted(
        "tuned",
        lambda q, _d: "I don't know." if q.id == "unknown" else value(q, day),
        preparations=[Preparation(d, adapter_as_of=day) for d in DAYS],
    )


def test_a_fact_lives_from_the_day_it_was_known_until_it_changed() -> None:
    loaded = run(ASKED, [knows(DAYS[0]), Scripted("base", value)])
    (curve,) = age_curves(loaded, scores(loaded))
    assert (curve.system, curve.facts, curve.ended, curve.followed) == ("tuned", 3, 2, 181)
    assert (curve.days, curve.fresh) == ((10, 40), pytest.approx((2 / 3, 1 / 3)))
    assert curve.excluded == ("unknown / latest_version",)


def test_each_fact_counts_once_from_the_first_day_it_was_known() -> None:
    rag = Scripted("rag", value, preparations=[Preparation(d, index_as_of=d) for d in DAYS])
    loaded = run(ASKED, [rag])
    (curve,) = age_curves(loaded, scores(loaded))
    assert (curve.facts, curve.ended) == (4, 3)
    assert curve.days == (5, 10, 40)
    assert curve.excluded == ()


def test_facts_of_one_cluster_are_followed_apart() -> None:
    together = [replace(q, group="one") for q in ASKED]
    loaded = run(together, [knows(DAYS[0])])
    (curve,) = age_curves(loaded, scores(loaded))
    assert (curve.facts, curve.ended, curve.days) == (3, 2, (10, 40))


def test_what_was_learned_on_the_last_day_was_not_followed() -> None:
    only = [Preparation(d, index_as_of=d) for d in DAYS]
    last = Scripted("rag", lambda q, d: value(q, d) if d == DAYS[2] else "none", preparations=only)
    loaded = run(ASKED, [last])
    (curve,) = age_curves(loaded, scores(loaded))
    assert (curve.facts, curve.followed) == (0, 0)
    assert curve.half_life.value is None
    one_day = run(ASKED, [replace(last, preparations=only[:1])], DAYS[:1])
    assert age_curves(one_day, scores(one_day)) == ()


def test_the_measured_share_counts_outdated_answers_by_days_since_the_change() -> None:
    loaded = run(ASKED, [knows(DAYS[0])])
    (found,) = stale_by_age(loaded, scores(loaded))
    by_age = dict(zip(AGES, found.shares, strict=True))
    # On day 90: changed 50 days old and stale, twice 80 and stale, unknown 85 and abstained.
    # On day 181: twice 81 and stale, changed 141 and stale, unknown 176 and abstained.
    assert (by_age[31, 90].n, by_age[31, 90].value) == (4, 0.75)
    assert (by_age[91, 180].n, by_age[91, 180].value) == (2, 0.5)
    assert by_age[0, 30].n == by_age[366, None].n == 0
