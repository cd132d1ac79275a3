"""Scripted systems with a known mix of classes, through scoring and rates."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest

from harness.running.record import Record
from harness.scoring.prices import PriceBook
from harness.scoring.score import FRESHNESS_CLASSES, FreshnessClass
from harness.scoring.scorer import score
from harness.statistics.intervals import rate
from harness.systems.base import Answer, Failure
from harness.world.facts import Fact, History, ValueType
from harness.world.formats import FreeText, JsonSchema
from harness.world.questions import Question

SEEDS = 500
FACTS = 60
PER_FACT = 2
DAY = date(2026, 2, 22)
JSON = JsonSchema("answer", {})
PLANTED: tuple[FreshnessClass, ...] = (
    "current",
    "mixed",
    "stale",
    "premature",
    "wrong",
    "abstained",
)
SAID = {
    "mixed": ("{0} or {1}", "{1}; {0}", "Both {0} and {1} are named."),
    "one": ("{0}", "It is {0}.", "No longer {1}, now {0}.", "{0} (previously {1})"),
    "abstained": ("I don't know.", "The context does not say.", "I cannot find this information."),
}
Values = tuple[str, str, str, str]  # outdated, current, future, never true


def values(rng: random.Random, value_type: ValueType) -> Values:
    if value_type == "version":
        numbers = rng.sample(range(40), 4)
        return tuple(f"3.{number}.{rng.randrange(10)}" for number in numbers)  # type: ignore[return-value]
    if value_type == "date":
        days = rng.sample(range(2000), 4)
        return tuple((date(2024, 1, 1) + timedelta(day)).isoformat() for day in days)  # type: ignore[return-value]
    if value_type == "number":
        return tuple(f"{number:,} km" for number in rng.sample(range(1, 9000), 4))  # type: ignore[return-value]
    first, last = ["Ada", "José", "Mei", "Olu"], ["Núñez", "Okafor", "O'Hara", "Lindqvist"]
    rng.shuffle(first)
    rng.shuffle(last)
    return tuple(f"{a} {b}" for a, b in zip(first, last, strict=True))  # type: ignore[return-value]


def question(rng: random.Random, number: int) -> tuple[Question, Values]:
    value_type: ValueType = rng.choice(("version", "date", "number", "name"))
    old, now, later, never = values(rng, value_type)
    change, next_change = (
        DAY - timedelta(rng.randrange(1, 300)),
        DAY + timedelta(rng.randrange(1, 300)),
    )
    facts = (
        Fact("It", "value", old, date(2024, 1, 1), change),
        Fact("It", "value", now, change, next_change),
        Fact("It", "value", later, next_change),
    )
    history = History("It", "value", value_type, facts)
    form = rng.choice((FreeText(), JSON))
    return Question(str(number), "Which?", history, form, group=str(number // PER_FACT)), (
        old,
        now,
        later,
        never,
    )


def say(rng: random.Random, label: FreshnessClass, said: Values, *, plain: bool) -> str:
    old, now, later, never = said
    if label == "abstained":
        return rng.choice(SAID["abstained"]) if plain else json.dumps({"value": None})
    if label == "mixed":
        text = rng.choice(SAID["mixed"]).format(now, old)
    else:
        value = {"current": now, "stale": old, "premature": later, "wrong": never}[label]
        text = rng.choice(SAID["one"]).format(value, never)
    return text if plain else json.dumps({"value": text})


def mix(rng: random.Random) -> dict[FreshnessClass, float]:
    """2 to 40 % stale, mixed, premature and failed answers, the rest of every other class."""
    while True:
        shares = {
            label: rng.uniform(0.02, 0.4) for label in ("stale", "mixed", "premature", "failed")
        }
        if sum(shares.values()) < 0.8:
            break
    rest = 1 - sum(shares.values())
    return {**shares, "current": rest / 2, "wrong": rest / 4, "abstained": rest / 4}  # type: ignore[dict-item]


@pytest.mark.slow
def test_every_planted_rate_lies_in_its_interval_at_the_nominal_rate() -> None:
    held: Counter[str] = Counter()
    prices = PriceBook.empty()
    for seed in range(SEEDS):
        rng = random.Random(seed)
        shares = mix(rng)
        drawn = rng.choices(list(shares), list(shares.values()), k=FACTS * PER_FACT)
        scores = []
        for number, label in enumerate(drawn):
            asked, said = question(rng, number)
            failed = label == "failed"
            text = None if failed else say(rng, label, said, plain=asked.format is not JSON)
            answer = Answer(text, failure=Failure("timeout", "planted") if failed else None)
            record = Record("planted", asked.id, DAY, 0, number, "2026-02-22", answer)
            scores.append(score(asked, record, prices))
        labels = [one.freshness.label for one in scores]
        assert labels == drawn
        groups = np.arange(len(scores)) // PER_FACT
        for name in FRESHNESS_CLASSES:
            found = rate([label == name for label in labels], groups)
            assert found.low is not None
            assert found.high is not None
            held[name] += found.low <= shares.get(name, 0.0) <= found.high
        assert [one.right for one in scores] == [label == "current" for label in labels]
        assert [one.relaxed for one in scores] == [
            label in {"current", "mixed"} for label in labels
        ]
    assert {name: count for name, count in held.items() if count < 0.93 * SEEDS} == {}
    assert set(held) == set(FRESHNESS_CLASSES)
