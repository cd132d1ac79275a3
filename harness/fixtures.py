"""Where the shipped fixtures are: `fixtures/` of a checkout, `_fixtures` of an installed wheel."""

from __future__ import annotations

from pathlib import Path

from harness.errors import ArtefactError, nearest

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent / "fixtures"
_WHEEL = _PACKAGE / "_fixtures"


def fixture_path(name: str) -> Path:
    """The file or folder `name` ("lab", "releases/facts.parquet") among the shipped fixtures.

    Raises:
        ArtefactError: there is no such fixture, or no fixtures at all.
    """
    root = _root()
    path = root / name
    if not path.resolve().is_relative_to(root):
        raise ArtefactError(f"fixture {name!r} lies outside {root}")
    if not path.exists():
        there = sorted(entry.name for entry in root.iterdir())
        raise ArtefactError(f"no fixture {name!r} in {root}: {nearest(name, there)}")
    return path


def _root() -> Path:
    # A wheel has its own copy; the folder beside the package is only ours in a checkout.
    if _WHEEL.is_dir():
        return _WHEEL
    if _CHECKOUT.is_dir() and (_PACKAGE.parent / "pyproject.toml").is_file():
        return _CHECKOUT
    raise ArtefactError(
        f"the shipped fixtures are missing: looked for {_WHEEL} and {_CHECKOUT}; "
        "reinstall ragft-harness"
    )


def shipped_claims() -> list[Path]:
    """The claims files that come with the harness, in order."""
    return sorted(fixture_path("claims").glob("*.toml"))
