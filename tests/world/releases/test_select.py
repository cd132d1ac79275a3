"""Which products are taken: one sound product, and one defect at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from harness.world.releases.select import Product, select_products
from harness.world.releases.source import Cycle, SourceProduct, Version, version_key

UNTIL = date(2026, 8, 22)


def _cycle(name: str, released: date, latest: str = "") -> Cycle:
    return Cycle(name, released, None, False, latest, UNTIL if latest else None)


def _monthly(cycle: str, first: date, count: int) -> tuple[Version, ...]:
    return tuple(
        Version(f"{cycle}.{number}", first + timedelta(days=30 * number)) for number in range(count)
    )


SOUND = SourceProduct(
    "widget",
    "Widget",
    "app",
    (
        _cycle("1.9", date(2023, 6, 1), latest="1.9.14"),
        _cycle("1.10", date(2024, 6, 1), latest="1.10.9"),
    ),
    (*_monthly("1.9", date(2023, 6, 1), 15), *_monthly("1.10", date(2024, 6, 1), 10)),
)


def _taken(source: SourceProduct) -> Product:
    (product,), reasons = select_products([source], UNTIL)
    assert not reasons
    return product


def _reason(*sources: SourceProduct) -> str:
    _, reasons = select_products(sources, UNTIL)
    (reason,) = reasons.values()
    return reason


def test_versions_are_ordered_by_their_numbers() -> None:
    assert version_key("1.10") > version_key("1.9.14")
    assert version_key("1.10rc1") == ()


def test_the_latest_version_of_a_product_ignores_older_cycles() -> None:
    product = _taken(SOUND)
    versions = [release.version for release in product.latest()]

    assert versions.index("1.10.0") == versions.index("1.9.12") + 1
    assert "1.9.13" not in versions
    assert [r.version for r in product.latest(product.cycles[0])][-1] == "1.9.14"


def test_the_newest_cycle_is_the_one_released_last() -> None:
    assert [cycle.name for cycle in _taken(SOUND).newest()] == ["1.9", "1.10"]


def test_nothing_after_the_last_day_is_taken() -> None:
    (product,), _ = select_products([SOUND], date(2024, 8, 1))

    assert product.latest()[-1].version == "1.10.2"


def test_of_two_versions_on_one_day_the_higher_one_is_the_latest() -> None:
    same_day = Version("1.10.10", SOUND.versions[-1].released)
    cycles = (SOUND.cycles[0], replace(SOUND.cycles[1], latest="1.10.10"))
    product = _taken(replace(SOUND, cycles=cycles, versions=(same_day, *SOUND.versions)))

    assert [release.version for release in product.latest()][-2:] == ["1.10.8", "1.10.10"]


def test_where_a_first_version_is_off_by_a_day_the_date_of_the_cycle_stands() -> None:
    versions = tuple(
        replace(v, released=date(2024, 5, 31)) if v.name == "1.10.0" else v for v in SOUND.versions
    )
    product = _taken(replace(SOUND, versions=versions))

    assert product.latest(product.cycles[1])[0].day == date(2024, 6, 1)


def _versions(change: Callable[[Version], Version]) -> SourceProduct:
    return replace(SOUND, versions=tuple(map(change, SOUND.versions)))


def _renamed(old: str, new: str) -> SourceProduct:
    return _versions(lambda v: replace(v, name=new) if v.name == old else v)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (replace(SOUND, title="Widget of the Grand Old Company"), "title is long"),
        (replace(SOUND, title="Widget 365"), "title is long or not plain words"),
        (replace(SOUND, title="Wídget"), "title is long or not plain words"),
        (
            _versions(
                lambda v: replace(
                    v, released=v.released + timedelta(days=10 * (v.name == "1.10.0"))
                )
            ),
            "a cycle and its first version have different dates",
        ),
        (
            replace(SOUND, cycles=(SOUND.cycles[0], replace(SOUND.cycles[1], latest="1.10.8"))),
            "the source names another latest version",
        ),
        (_renamed("1.10.5", "1.11.0"), "a version belongs to no cycle"),
        (_renamed("1.10.5", "1.10.5-beta"), "a version belongs to no cycle"),
        (
            replace(SOUND, cycles=(*SOUND.cycles, _cycle("1.8", date(2024, 7, 1)))),
            "cycles are not released in the order of their names",
        ),
        (
            replace(SOUND, cycles=(*SOUND.cycles, _cycle("next", date(2024, 7, 1)))),
            "a cycle is not numeric",
        ),
        (
            replace(SOUND, cycles=(*SOUND.cycles, _cycle("1", date(2020, 7, 1)))),
            "a cycle is part of another one",
        ),
        (
            replace(SOUND, cycles=(*SOUND.cycles, _cycle("1.12", date(2026, 7, 1)))),
            "a cycle has no version",
        ),
        (replace(SOUND, cycles=SOUND.cycles[1:]), "no cycle is older than the window"),
        (
            replace(
                SOUND,
                cycles=(
                    *SOUND.cycles,
                    *(_cycle(f"1.{n}", date(2025, 1, 1)) for n in range(11, 30)),
                ),
            ),
            "too many cycles",
        ),
    ],
)
def test_a_product_in_doubt_is_left_out(source: SourceProduct, reason: str) -> None:
    assert _reason(source).startswith(reason)


def test_a_product_that_hardly_changes_is_left_out() -> None:
    cycles = (SOUND.cycles[0], replace(SOUND.cycles[1], latest="1.10.0"))
    versions = (*SOUND.versions[:5], SOUND.versions[14], SOUND.versions[15])

    assert _reason(replace(SOUND, cycles=cycles, versions=versions)) == (
        "latest version changes too seldom or too often"
    )


def test_a_title_that_begins_with_another_title_is_left_out() -> None:
    longer = replace(SOUND, id="widget-web", title="Widget Web")

    assert _reason(SOUND, longer) == "title begins with another product's title"
