from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A copy of the documentation's example suite: two scripted assistants, 16 questions, 2 days."""
    return Path(shutil.copytree(ROOT / "docs" / "examples" / "your-own", tmp_path / "office"))
