"""In which order answers are judged: whole groups at random, so that any beginning is a fair sample."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from harness.running.folder import LoadedRun
from harness.scoring.quality import Sample

__all__ = ["in_order"]


def in_order(
    run: LoadedRun, samples: Sequence[Sample], *, limit: int | None = None
) -> tuple[Sample, ...]:
    """The samples group by group, in an order that the run's seed draws.

    The answers of all systems to a question stand together, so that wherever judging stops, systems
    have been judged on the same questions. With `limit`, groups are taken until so many questions are.
    """
    by_group: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_group[run.questions[sample.key[1]].cluster].append(sample)
    groups = sorted(by_group)
    random.Random(run.manifest.seed).shuffle(groups)  # noqa: S311  (a sample, no secret)
    chosen: list[Sample] = []
    questions = 0
    for group in groups:
        if limit is not None and questions >= limit:
            break
        questions += len({sample.key[1] for sample in by_group[group]})
        chosen += sorted(by_group[group], key=lambda s: (s.key[1], s.key[2], s.key[3], s.key[0]))
    return tuple(chosen)
