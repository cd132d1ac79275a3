"""Which model: a small description, and the loader that turns it into a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.errors import ConfigError, nearest
from harness.fixtures import fixture_path
from harness.models.base import LanguageModel

KINDS = ("lab", "transformers")


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """`kind` is `lab` or `transformers`; the rest has a default that depends on it.

    `path` is a folder (or, for `transformers`, a name on the hub); None is the shipped lab model.
    `adapter` is a `peft` folder to merge in. `device` and `dtype` are torch's words.
    """

    kind: str = "lab"
    path: str | None = None
    adapter: Path | None = None
    device: str | None = None
    dtype: str | None = None


def load_model(spec: ModelSpec) -> LanguageModel:
    """Load what the description names.

    Raises:
        ConfigError: an unknown kind, or an option the kind has not.
        ArtefactError: the model or the adapter is missing, damaged or does not fit.
        MissingExtraError: the kind needs packages that are not installed.
    """
    if spec.kind == "lab":
        return _load_lab(spec)
    if spec.kind == "transformers":
        return _load_transformers(spec)
    raise ConfigError(f"unknown model kind {spec.kind!r}: {nearest(spec.kind, KINDS)}")


def _load_lab(spec: ModelSpec) -> LanguageModel:
    for option in ("device", "dtype"):
        if (value := getattr(spec, option)) is not None:
            raise ConfigError(
                f"{option} = {value!r}: the lab model runs on the processor in float32; "
                'for another, set kind = "transformers"'
            )
    from harness.models.lab.model import LabModel  # noqa: PLC0415 - numpy, tokenizers and jinja2

    folder = Path(spec.path) if spec.path is not None else fixture_path("lab")
    return LabModel.load(folder, spec.adapter)


def _load_transformers(spec: ModelSpec) -> LanguageModel:
    from harness.models.transformers import TransformersModel  # noqa: PLC0415 - torch comes with it

    path = spec.path if spec.path is not None else str(fixture_path("lab"))
    return TransformersModel.load(
        path, spec.adapter, device=spec.device, dtype=spec.dtype or "float32"
    )
