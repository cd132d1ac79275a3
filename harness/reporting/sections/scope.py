"""For what a verdict holds: the models of the run, its corpus, its questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.decision.words import join
from harness.running.manifest import Manifest

LAB_MODEL: Final = "the lab model (2.6 million parameters, pretrained by this project)"


def scope(manifest: Manifest) -> str:
    """The sentence that every verdict of a run comes with."""
    models = dict.fromkeys(
        _model(system.settings["model"])
        for system in manifest.systems
        if system.settings.get("model")
    )
    model = join(tuple(models)) if models else "the systems named below"
    return (
        f"Every verdict holds for {model}, this corpus and these questions; another model or "
        "corpus can turn it."
    )


def _model(declared: object) -> str:
    """A model's name for people; `declared` is a manifest's setting: kind and path, or a name."""
    if not isinstance(declared, Mapping):
        return LAB_MODEL if declared == "lab" else str(declared)
    path, kind = declared.get("name") or declared.get("path"), declared.get("kind")
    if kind == "lab":
        return f"the lab model “{path}”" if path else LAB_MODEL
    return f"the model “{path or kind}”"
