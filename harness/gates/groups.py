"""The groups of a run that may stop early: which were asked whole, and in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.running.folder import LoadedRun
from harness.statistics.intervals import Floats
from harness.statistics.one_sided import Weighed
from harness.statistics.sequential import sequence_against

__all__ = ["Groups", "groups_in_order"]


@dataclass(frozen=True, slots=True)
class Groups:
    """Cluster codes in the order of asking, up to the first group that is not whole; `largest` of all."""

    codes: NDArray[np.intp]
    largest: int

    def against(
        self, values: Floats, clusters: NDArray[np.intp], bound: float, *, low: float
    ) -> Weighed:
        """A mean of outcomes by the confidence sequence (`sequence_against`)."""
        size = int(max(self.codes.max(initial=0), clusters.max(initial=0))) + 1
        sums = np.bincount(clusters, values, size)[self.codes].astype(float)
        sizes = np.bincount(clusters, minlength=size)[self.codes].astype(float)
        asked = sizes > 0
        return sequence_against(sums[asked], sizes[asked], bound, low=low, largest=self.largest)


def groups_in_order(run: LoadedRun, codes: Mapping[str, int]) -> Groups:
    """The groups of a run on one day; a pure function of its records."""
    members = Counter(question.cluster for question in run.questions)
    answers = Counter(run.questions[record.question_id].cluster for record in run.records)
    order = dict.fromkeys(run.questions[record.question_id].cluster for record in run.records)
    whole = []
    for cluster in order:
        if answers[cluster] < members[cluster] * len(run.manifest.systems):
            break
        whole.append(codes[cluster])
    return Groups(np.array(whole, dtype=np.intp), max(members.values()))
