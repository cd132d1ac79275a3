from __future__ import annotations

from pathlib import Path

import pytest

from harness import fixtures
from harness.errors import ArtefactError
from harness.fixtures import fixture_path


def test_a_checkout_has_its_fixtures_beside_the_package() -> None:
    assert fixture_path("releases").is_dir()
    assert fixture_path("releases/facts.csv").is_file()


def test_an_unknown_fixture_is_refused_with_the_nearest() -> None:
    with pytest.raises(ArtefactError, match="did you mean 'releases'"):
        fixture_path("release")
    with pytest.raises(ArtefactError, match="outside"):
        fixture_path("../pyproject.toml")


def test_an_installed_wheel_has_them_inside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(fixtures, "_CHECKOUT", tmp_path / "none")
    monkeypatch.setattr(fixtures, "_WHEEL", tmp_path / "_fixtures")
    with pytest.raises(ArtefactError, match="reinstall"):
        fixture_path("lab")
    (tmp_path / "_fixtures" / "lab").mkdir(parents=True)
    assert fixture_path("lab") == tmp_path / "_fixtures" / "lab"
