"""Adapters as artefacts: what determines one, what it cost, and whether its files are whole.

An adapter is a folder in `peft`'s format with a `harness.json` beside the weights.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from harness.errors import ArtefactError
from harness.models.fingerprint import adapter_fingerprint, check_adapter_base

__all__ = ["RECORD_FILE", "Adapter", "AdapterKey", "read_adapter", "write_adapter"]

RECORD_FILE: Final = "harness.json"


@dataclass(frozen=True, slots=True)
class AdapterKey:
    """All that determines an adapter; two with the same key are interchangeable.

    Their weights are not equal bit for bit: a processor with units for bfloat16 trains in it.

    `base`, `data` and `settings` are fingerprints: of the base model (or of what names it at its
    provider), of the training examples in order, and of the settings of the training. `day` is the day up to which the examples tell
    facts; None when they tell none.
    """

    recipe: str
    day: date | None
    base: str
    data: str
    settings: str
    seed: int

    def fingerprint(self) -> str:
        """SHA-256 over all fields, first 16 hex digits."""
        text = json.dumps(asdict(self), default=str, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def folder(self) -> str:
        """The name of the folder in a store."""
        return f"{self.recipe}-{self.day or 'always'}-{self.fingerprint()}"


@dataclass(frozen=True, slots=True)
class Adapter:
    """A trained adapter and what training it took.

    `tokens` counts every token that was computed, padding left out, over all epochs; `seconds` is
    the time of training alone; `loss` the mean over the last tenth of the steps; `weights` the content
    fingerprint of the weights' file; `joules` the energy of training, None where it is unknown.
    """

    path: Path
    key: AdapterKey
    examples: int
    tokens: int
    seconds: float
    loss: float
    weights: str
    joules: float | None = None

    @property
    def recipe(self) -> str:
        """The name of the recipe."""
        return self.key.recipe

    @property
    def day(self) -> date | None:
        """The day up to which it has seen facts; None when it has seen none."""
        return self.key.day

    @property
    def where(self) -> str:
        """What a user finds it by: the folder."""
        return str(self.path)

    def fingerprint(self) -> str:
        """Of what determined it, and of the weights that came out."""
        text = f"{self.key.fingerprint()} {self.weights}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_adapter(adapter: Adapter) -> None:
    """Write `harness.json` into the adapter's folder."""
    record = {
        **_key_to_dict(adapter.key),
        "fingerprint": adapter.key.fingerprint(),
        "examples": adapter.examples,
        "tokens": adapter.tokens,
        "seconds": round(adapter.seconds, 1),
        "loss": round(adapter.loss, 4),
        "weights": adapter.weights,
        "joules": None if adapter.joules is None else round(adapter.joules, 1),
    }
    text = json.dumps(record, indent=2) + "\n"
    (adapter.path / RECORD_FILE).write_text(text, encoding="utf-8")


def read_adapter(path: Path, base: str | None = None) -> Adapter:
    """Read an adapter's record and check its files.

    `base` is the fingerprint of the model it shall be used with; None does not check it.

    Raises:
        ArtefactError: a file is missing or damaged, or the adapter belongs to another base model.
    """
    record = path / RECORD_FILE
    try:
        data = json.loads(record.read_text(encoding="utf-8"))
        day = date.fromisoformat(data["day"]) if data["day"] else None
        key = AdapterKey(
            data["recipe"], day, data["base"], data["data"], data["settings"], data["seed"]
        )
        adapter = Adapter(
            path, key, data["examples"], data["tokens"], data["seconds"], data["loss"],
            data["weights"], data.get("joules"),
        )  # fmt: skip
        stated = data["fingerprint"]
    except FileNotFoundError as error:
        raise ArtefactError(f"{path}: no adapter of this harness: {RECORD_FILE} missing") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(
            f"{record}: damaged: {error!r}; delete the folder to train again"
        ) from error
    if stated != key.fingerprint():
        raise ArtefactError(f"{record}: damaged: the fingerprint does not match the other fields")
    if adapter_fingerprint(path) != adapter.weights:
        raise ArtefactError(f"{path}: damaged: the weights are not those that were trained")
    if base is not None:
        check_adapter_base(path, base)
    return adapter


def _key_to_dict(key: AdapterKey) -> dict[str, Any]:
    return asdict(key) | {"day": key.day.isoformat() if key.day else None}
