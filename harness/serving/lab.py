"""The shipped lab model and its adapters, under the names that requests use."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from harness.errors import ArtefactError, ConfigError
from harness.fixtures import fixture_path
from harness.models.fingerprint import check_adapter_base, model_fingerprint
from harness.models.lab.model import LabModel

__all__ = ["BASE", "lab_models"]

BASE: Final = "lab"


def lab_models(adapters: Iterable[Path] = ()) -> dict[str, LabModel]:
    """The base as `lab`, and each adapter merged into it under its folder's name.

    The shipped adapters that were trained for it are always among them; `adapters` are further ones.

    Raises:
        ConfigError: two have the same name.
        ArtefactError: a folder is missing, damaged or does not fit the base.
    """
    base = fixture_path("lab")
    named: dict[str, Path] = {}
    for given in (*_shipped(base), *adapters):
        folder = given.resolve()
        name = folder.name if given.name in {"", ".."} else given.name
        if named.setdefault(name, folder) != folder or name == BASE:
            raise ConfigError(
                f"{given}: another model is called {name!r} already; rename the folder"
            )
    models = {BASE: LabModel.load(base)}
    return models | {name: LabModel.load(base, folder) for name, folder in named.items()}


def _shipped(base: Path) -> list[Path]:
    """The adapters that lie beside the base; while it is made anew, some may be for another one."""
    fingerprint = model_fingerprint(base)
    fitting: list[Path] = []
    for config in sorted(base.glob("adapters/*/adapter_config.json")):
        with suppress(ArtefactError):
            check_adapter_base(config.parent, fingerprint)
            fitting.append(config.parent)
    return fitting
