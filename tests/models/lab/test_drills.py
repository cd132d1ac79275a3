"""Drills against their own planted truth, read back from the text that they show."""

from __future__ import annotations

import re
from random import Random

import pytest

from harness.models.lab.synthetic.drills import lookup_drill, rule_drill
from harness.models.lab.synthetic.turns import Turn
from harness.world.releases.wording import ABSTENTION

SEEDS = range(200)


def _shown(turns: list[Turn]) -> list[str]:
    return turns[0][1].rpartition("\n\n")[0].splitlines()


def _exchanges(turns: list[Turn]) -> list[tuple[str, str]]:
    first = turns[0][1].rpartition("\n\n")[2]
    asked = [first, *(text for role, text in turns[2:] if role == "user")]
    return list(zip(asked, (text for role, text in turns if role == "assistant"), strict=True))


@pytest.mark.parametrize("kin", [0.0, 1.0])
def test_a_lookup_drill_answers_from_its_row_or_abstains(kin: float) -> None:
    abstained = 0
    for seed in SEEDS:
        turns = lookup_drill(Random(seed), 4, kin, strangers=0.5)
        rows = _shown(turns)
        assert len(rows) == 4
        for question, answer in _exchanges(turns):
            subject = re.sub(r"^(What is |Question: )|\?$", "", question)
            subject = re.sub(r"^What is ", "", subject)
            # The row of a subject begins or ends with it, and states the value on the other side.
            own = [
                row
                for row in rows
                if re.fullmatch(
                    rf"{re.escape(subject)}(: | = | is | -> )(?P<v>.*?)\.?|(?P<w>.*?)(: | is ){re.escape(subject)}\.?",
                    row,
                )
            ]
            if answer == ABSTENTION:
                abstained += 1
                assert own == []
            else:
                assert any(answer in row for row in own)
    assert 100 < abstained < 250


def test_without_strangers_a_lookup_drill_never_abstains() -> None:
    for seed in SEEDS:
        assert all(answer != ABSTENTION for _, answer in _exchanges(lookup_drill(Random(seed), 5)))


def test_a_rule_drill_answers_with_the_class_or_with_what_follows_from_it() -> None:
    outcomes = 0
    for seed in SEEDS:
        turns = rule_drill(Random(seed), 5)
        rows = turns[0][1].rpartition("\n\n")[0]
        exchanges = _exchanges(turns)
        assert len(exchanges) == 5
        for question, answer in exchanges:
            assert answer in rows
            if re.search(r"priority|rule|outcome|grade", question):
                outcomes += 1
    assert outcomes > 700


def test_subjects_of_one_class_have_one_outcome() -> None:
    for seed in SEEDS:
        turns = rule_drill(Random(seed), 6)
        lines = _shown(turns)
        by_class: dict[str, set[str]] = {}
        for question, answer in _exchanges(turns):
            words = re.search(r"(?:of|does|for) (.+?)(?: get)?\?$", question)
            if words is None:
                continue
            subject = words.group(1)
            row = next(line for line in lines if subject in line)
            own = re.sub(re.escape(subject), "", row)
            by_class.setdefault(re.sub(r"[^A-Za-z]|\bis\b", "", own), set()).add(answer)
        assert all(len(answers) == 1 for answers in by_class.values())
