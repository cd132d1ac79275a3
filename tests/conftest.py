from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No test may fail because the machine was busy.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A copy of the documentation's example suite: two scripted assistants, 16 questions, 2 days."""
    return Path(shutil.copytree(ROOT / "docs" / "examples" / "your-own", tmp_path / "office"))
