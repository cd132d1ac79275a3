"""Energy is what the machine's counters say, and unknown where they say nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from harness.energy import EnergyMeter, total_joules
from harness.running.record import Record, answer_from_dict, answer_to_dict
from harness.scoring.cost import answer_cost
from harness.scoring.prices import HardwarePrice, PriceBook
from harness.systems.base import Answer, Timing


def domain(root: Path, folder: str, name: str, count: int, full: int = 1_000_000_000) -> Path:
    home = root / folder
    home.mkdir(exist_ok=True)
    for file, text in (("name", name), ("energy_uj", count), ("max_energy_range_uj", full)):
        (home / file).write_text(f"{text}\n")
    return home / "energy_uj"


def test_packages_are_summed_and_their_parts_are_not_counted_twice(tmp_path: Path) -> None:
    one = domain(tmp_path, "intel-rapl:0", "package-0", 5_000_000)
    two = domain(tmp_path, "intel-rapl:1", "package-1", 999_000_000)
    part = domain(tmp_path, "intel-rapl:0:0", "core", 0)
    whole = domain(tmp_path, "intel-rapl:2", "psys", 0)
    meter = EnergyMeter(tmp_path)
    one.write_text("7500000\n")
    two.write_text("3000000\n")  # full, and begun again
    part.write_text("900000000\n")
    whole.write_text("900000000\n")
    assert meter.joules() == pytest.approx(2.5 + 4.0)


def test_a_machine_that_does_not_tell_has_no_figure(tmp_path: Path) -> None:
    assert EnergyMeter(tmp_path).joules() is None
    count = domain(tmp_path, "intel-rapl:0", "package-0", 5)
    meter = EnergyMeter(tmp_path)
    count.write_text("soon\n")
    assert meter.joules() is None
    count.unlink()
    assert EnergyMeter(tmp_path).joules() is None


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    assert total_joules(1.0, 2.5) == 3.5
    assert total_joules(1.0, None) is None
    assert total_joules() is None


def test_an_answer_costs_the_power_that_the_machine_tells_and_shares_that_of_a_batch() -> None:
    day = date(2026, 1, 1)
    price = HardwarePrice("*", 3.6, "planted", day, watts=100.0, per_kwh=3_600.0)
    book = PriceBook("Planted", (price,))
    timing = Timing(total=2.0, decode=2.0)
    said = Answer("x", timing=timing)  # 2 s at $0.001, and 200 J at $0.001
    told = replace(said, energy_joules=50.0)
    together = replace(told, batch=2)
    costs = [
        answer_cost(Record("one", "q", day, 0, 0, "2026-01-01", answer), book).usd
        for answer in (said, told, together)
    ]
    assert costs == pytest.approx([0.202, 0.052, 0.026])


def test_a_record_keeps_the_energy_and_one_from_before_has_none() -> None:
    answer = Answer("x", energy_joules=1.5)
    assert answer_from_dict(answer_to_dict(answer)) == answer
    before = {k: v for k, v in answer_to_dict(answer).items() if k != "energy_joules"}
    assert answer_from_dict(before) == Answer("x")
