"""The scores of several runs, read as one; what unlike scorers said is left out, with a note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from harness.running.manifest import Manifest
from harness.running.together import names_together
from harness.scoring.quality.stored import Kind, Scored, Scorer, StoredQuality

__all__ = ["quality_together"]


def quality_together(
    manifests: Sequence[Manifest], stored: Sequence[StoredQuality | None]
) -> StoredQuality | None:
    """The scores under the names that systems have where the runs are read as one; None without any."""
    found = [one or StoredQuality() for one in stored]
    if all(one is None for one in stored):
        return None
    names = names_together(manifests)
    scorers: dict[str, Scorer] = {}
    lines: list[Scored] = []
    notes = [note for one in found for note in one.notes]
    for kind in get_args(Kind):
        each = [one.scorer(kind) for one in found]
        fingerprints = {scorer.fingerprint for scorer in each if scorer is not None}
        if len(fingerprints) > 1:
            notes.append(_unlike(kind, manifests, each))
            continue
        for one, scorer, called in zip(found, each, names, strict=True):
            if scorer is not None:
                scorers[scorer.fingerprint] = scorer
                lines += [
                    replace(line, key=(called[line.key[0]], *line.key[1:]))
                    for line in one.of(scorer)
                    if line.key[0] in called
                ]
    return StoredQuality(scorers, tuple(lines), tuple(notes))


def _unlike(kind: Kind, manifests: Sequence[Manifest], each: Sequence[Scorer | None]) -> str:
    who = "judged scores" if kind == "judge" else "scores without a judge"
    named = ", ".join(
        f"{manifest.run_id} by {scorer.title} ({scorer.fingerprint})"
        for manifest, scorer in zip(manifests, each, strict=True)
        if scorer is not None
    )
    return f"{who} are left out, for unlike scorers gave them: {named}"
