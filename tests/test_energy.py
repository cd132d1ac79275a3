"""Energy is what the machine's counters say, and unknown where they say nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.energy import EnergyMeter, total_joules


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
