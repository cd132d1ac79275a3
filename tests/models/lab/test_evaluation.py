"""The evaluation's items are planted right, and its figures count what was answered."""

from __future__ import annotations

import json
import re
from random import Random

import pytest

from harness.models.lab.evaluation import MEASURES, evaluate
from harness.models.lab.evaluation_items import ITEMS, OPENINGS, draw_items
from harness.models.lab.synthetic.values import product_name, real_titles
from harness.world.releases.wording import ABSTENTION

PASSAGE = re.compile(r"^\[(\d+)\] \((\d{4}-\d{2}-\d{2})\) (.*)$", re.MULTILINE)


@pytest.mark.parametrize("name", sorted(ITEMS))
def test_items_are_a_function_of_their_arguments(name: str) -> None:
    assert draw_items(name, "dev", 20) == draw_items(name, "dev", 20)
    assert draw_items(name, "dev", 20) != draw_items(name, "test", 20)
    assert draw_items(name, "dev", 20) != draw_items(name, "dev", 20, seed=2)


@pytest.mark.parametrize(
    ("name", "passages"), [("gold alone", 1), ("gold among 4", 4), ("most recent", 4)]
)
def test_the_answer_stands_in_a_passage(name: str, passages: int) -> None:
    for item in draw_items(name, "dev", 200):
        shown = PASSAGE.findall(item.prompt)
        assert len(shown) == passages
        assert item.answer in {"yes", "no"} or any(item.answer in text for _, _, text in shown)


def test_the_newest_passage_does_not_always_come_at_the_same_place() -> None:
    places = set()
    for item in draw_items("most recent", "dev", 200):
        days = [day for _, day, _ in PASSAGE.findall(item.prompt)]
        places.add(days.index(max(days)))
    assert places == {0, 1, 2, 3}


@pytest.mark.parametrize("name", ["no gold", "closed book"])
def test_unanswerable_items_expect_an_abstention(name: str) -> None:
    assert {item.answer for item in draw_items(name, "dev", 100)} == {ABSTENTION}


def test_real_products_are_real_ones() -> None:
    for item in draw_items("real products", "dev", 100):
        assert any(title in item.prompt for title in real_titles())


def test_no_pretraining_name_begins_like_an_evaluation_name() -> None:
    r = Random(3)
    drawn = {product_name(r).split()[0].lower()[:2] for _ in range(20_000)}
    pools = {opening for openings in OPENINGS.values() for opening in openings}
    # Acronyms and words of random letters may; invented stems do not.
    stems = sum(product_name(r).split()[0].lower().startswith(tuple(pools)) for _ in range(20_000))
    assert drawn
    assert stems / 20_000 < 0.03


def test_the_splits_share_no_opening() -> None:
    assert not set(OPENINGS["dev"]) & set(OPENINGS["test"])


def test_figures_count_what_was_answered() -> None:
    items = draw_items("gold alone", "dev", 50)
    known = {item.prompt: item.answer for item in items[:30]}
    found = evaluate(
        lambda messages, _: [known.get(message, "wrong") for message in messages],
        count=50,
        measures=["gold alone"],
    )
    (result,) = found.results
    assert (result.hits, result.count) == (30, 50)
    low, high = result.interval
    assert low == pytest.approx(0.4618, abs=1e-3)
    assert high == pytest.approx(0.7239, abs=1e-3)
    assert not result.reached
    assert sum(total for _, total in result.kinds.values()) == 50
    assert len(result.misses) == 20
    assert "60.0%" in found.table()
    json.dumps(found.as_dict())


def test_a_schema_is_checked_and_not_the_answer() -> None:
    valid = {
        "product": "x", "field": "lts", "value": None, "as_of": None, "known": False,
        "source": {"passage": None, "date": None},
    }  # fmt: skip
    answers = iter([json.dumps(valid), json.dumps({**valid, "field": "x"}), "{", "[]"])
    found = evaluate(
        lambda messages, _: [next(answers) for _ in messages], count=4, measures=["nested JSON"]
    )
    assert found.results[0].hits == 1


def test_every_measure_has_items() -> None:
    assert {measure.name for measure in MEASURES} == set(ITEMS)
