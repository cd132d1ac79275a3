"""Small dev scores during pretraining: is the whole answer the model's first choice, token by token?

Cheap (one forward pass, no generation) and only for watching a run; what is reported comes from
`harness.models.lab.evaluation`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final

import torch
from tokenizers import Tokenizer

from harness.models.lab.architecture import LabModel
from harness.models.lab.precision import training_dtype
from harness.models.lab.synthetic.conversation import Shares, closed_book, open_book
from harness.models.lab.synthetic.generic import generic_scene
from harness.models.lab.synthetic.releases import release_scene
from harness.models.lab.synthetic.scene import Scene
from harness.models.lab.synthetic.turns import Turn
from harness.models.lab.tokenizer import BEGIN, PAD, encode_turns

__all__ = ["probe_scores"]

_PLAIN: Final = Shares(json=0.0, missing=0.0, about_passages=0.0, suite_form=1.0)
_BATCH: Final = 16


@dataclass(frozen=True)
class _Probe:
    name: str
    passages: int
    conflicts: float
    shares: Shares = _PLAIN


_PROBES: Final = (
    _Probe("gold of 1", 1, 0.0),
    _Probe("gold of 4", 4, 0.0),
    _Probe("newest of 4", 4, 0.8),
    _Probe("none of 4", 4, 0.0, replace(_PLAIN, missing=1.0)),
    _Probe("yes or no", 3, 0.3),
    _Probe("json", 3, 0.2, replace(_PLAIN, json=1.0)),
    _Probe("closed book", 2, 0.0),
)


def probe_scores(model: LabModel, tokenizer: Tokenizer, count: int = 64) -> dict[str, float]:
    """Return the share of `count` items whose answer is wholly predicted, for each probe."""
    model.eval()
    scores = {probe.name: _score(model, tokenizer, probe, count) for probe in _PROBES}
    model.train()
    return scores


def _score(model: LabModel, tokenizer: Tokenizer, probe: _Probe, count: int) -> float:
    items = [_item(probe, index) for index in range(count)]
    items.sort(key=lambda turns: sum(len(text) for _, text in turns))
    hits = 0
    for start in range(0, count, _BATCH):
        hits += _hits(model, tokenizer, items[start : start + _BATCH])
    return round(hits / count, 3)


def _item(probe: _Probe, index: int) -> list[Turn]:
    """Return a conversation of one exchange that fits the probe."""
    r = Random(f"probe:{probe.name}:{index}")  # noqa: S311 - reproducible data
    for turns in _candidates(probe, r):
        choice = turns[-1][1] in {"yes", "no"}
        if choice == (probe.name == "yes or no") or probe.name in {"json", "none of 4"}:
            return turns
    raise AssertionError("candidates never end")


def _candidates(probe: _Probe, r: Random) -> Iterator[list[Turn]]:
    while True:
        build = r.choice((release_scene, release_scene, generic_scene))
        scene = build(r, probe.passages, probe.conflicts)
        if probe.name == "closed book":
            yield closed_book(r, scene, 1, probe.shares)
        elif probe.name == "newest of 4":
            restated = tuple(item for item in scene.known if item.restated)
            if restated:
                only = Scene(scene.today, scene.passages, restated)
                yield open_book(r, only, 1, probe.shares)
        elif probe.name != "none of 4" or scene.missing:
            yield open_book(r, scene, 1, probe.shares)


@torch.no_grad()
def _hits(model: LabModel, tokenizer: Tokenizer, items: list[list[Turn]]) -> int:
    encoded = [encode_turns(tokenizer, turns) for turns in items]
    rows = [[BEGIN, *(token for turn in turns for token in turn)] for turns in encoded]
    length = max(len(row) for row in rows)
    device = next(model.parameters()).device
    ids = torch.tensor([row + [PAD] * (length - len(row)) for row in rows], device=device)
    answers = torch.zeros_like(ids, dtype=torch.bool)
    for index, (row, turns) in enumerate(zip(rows, encoded, strict=True)):
        answers[index, len(row) - len(turns[-1]) + 1 : len(row)] = True
    best = model(ids[:, :-1], training_dtype(device.type)).argmax(-1)
    right = (best == ids[:, 1:]) | ~answers[:, 1:]
    return int(right.all(1).sum().item())
