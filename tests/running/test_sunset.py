"""A model's announced last day, held against the days of the world and the day of the run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from harness.running.manifest import Manifest, SystemManifest
from harness.running.sunset import sunsets

CREATED = date(2026, 8, 1)
DAYS = (date(2026, 1, 1), date(2026, 7, 1))


def manifest(*models: object) -> Manifest:
    systems = tuple(
        SystemManifest(f"s{number}", "rag", {} if model is None else {"model": model}, {})
        for number, model in enumerate(models)
    )
    return Manifest(
        "run", "suite", "title", f"{CREATED}T10:00:00+00:00", 0, DAYS, 1, 4, systems, {}, {}, {}
    )


def model(name: str, sunset: str | None = None) -> Mapping[str, object]:
    return {"kind": "openai", "name": name} | ({} if sunset is None else {"sunset": sunset})


def test_without_a_sunset_there_is_nothing_to_say() -> None:
    assert sunsets(manifest(None, "lab", {"kind": "lab"}, model("m"))) == ()


def test_each_model_is_told_once_with_its_systems() -> None:
    one, two = sunsets(
        manifest(model("m", "2027-01-01"), model("n", "2027-01-01"), model("m", "2027-01-01"))
    )
    assert (one.model, one.systems) == ("m", ("s0", "s2"))
    assert (two.model, two.systems) == ("n", ("s1",))


@pytest.mark.parametrize(
    ("day", "near", "says", "says_not"),
    [
        ("2027-07-01", False, "on 2027-07-01, 365 days after the last evaluation day.", "passed"),
        ("2026-08-02", False, "32 days after the last evaluation day.", "passed"),
        ("2026-08-01", True, "after the last evaluation day; it had passed when", "not be in use"),
        ("2026-07-02", True, "1 day after the last evaluation day; it had passed when", "in use"),
        ("2026-07-01", True, "on 2026-07-01, the last evaluation day: from then on it", "0 days"),
        (
            "2026-06-30",
            True,
            "1 day before the last evaluation day: from then on it could",
            "after",
        ),
    ],
)
def test_what_is_said_follows_from_the_days_alone(
    day: str, near: bool, says: str, says_not: str
) -> None:
    (sunset,) = sunsets(manifest(model("m", day)))
    assert sunset.is_near is near
    assert str(sunset).startswith(f"s0: the provider withdraws m on {day}, ")
    assert says in str(sunset)
    assert says_not not in str(sunset)
