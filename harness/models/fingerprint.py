"""Content fingerprints of model and adapter folders."""

from __future__ import annotations

import hashlib
from pathlib import Path

from harness.errors import ArtefactError

# What shapes an answer; a model card, a licence or a training log beside it does not.
_MODEL_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
)
_ADAPTER_FILES = ("adapter_config.json",)
_BLOCK = 1 << 20


def model_fingerprint(folder: Path) -> str:
    """SHA-256 (first 16 hex digits) over weights, tokenizer, template and configuration.

    Raises:
        ArtefactError: the folder has no safetensors weights.
    """
    return _fingerprint(folder, _MODEL_FILES)


def adapter_fingerprint(folder: Path) -> str:
    """SHA-256 (first 16 hex digits) over an adapter's weights and configuration.

    Raises:
        ArtefactError: the folder has no safetensors weights.
    """
    return _fingerprint(folder, _ADAPTER_FILES)


def joint_fingerprint(base: str, adapter: str | None) -> str:
    """One fingerprint for a base and the adapter that is merged into it; `base` without one."""
    if adapter is None:
        return base
    return hashlib.sha256(f"{base}+{adapter}".encode()).hexdigest()[:16]


def _fingerprint(folder: Path, names: tuple[str, ...]) -> str:
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise ArtefactError(f"{folder}: no safetensors weights in this folder")
    digest = hashlib.sha256()
    for path in [*(folder / name for name in names), *weights]:
        if not path.is_file():
            continue
        # Name and length go in first, so that bytes cannot move between files unseen.
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()[:16]
