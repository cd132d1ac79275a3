"""Content fingerprints of model and adapter folders, and which belong together."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from harness.errors import ArtefactError

# What shapes an answer; a model card, a licence or a training log beside it does not.
_MODEL_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "vocab.json",
    "merges.txt",
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


def check_adapter_base(adapter: Path, base: str) -> None:
    """Refuse an adapter whose `harness.json` says that it was trained for another base.

    An adapter without that file (any from elsewhere) is judged by its shapes alone.

    Raises:
        ArtefactError: the folder is missing, its record damaged, or the base another one.
    """
    if not adapter.is_dir():
        raise ArtefactError(f"{adapter}: no such adapter folder")
    record = adapter / "harness.json"
    if not record.is_file():
        return
    try:
        trained_for = json.loads(record.read_text(encoding="utf-8"))["base"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"{record}: damaged: {error!r}") from error
    if trained_for != base:
        raise ArtefactError(
            f"{adapter}: does not fit: trained on base {trained_for}, this one is {base}"
        )


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
