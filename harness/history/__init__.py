"""Runs that were saved: found again, compared, followed over time, pruned and restored."""

from harness.history.against import Night, Reference, judge, references
from harness.history.baseline import SavedRun
from harness.history.diff import Diff, diff, pair_up
from harness.history.keeping import read_policy, to_prune
from harness.history.snapshot import Kept, Snapshot, take
from harness.history.store import Contents, Entry, History
from harness.history.trend import Series, series

__all__ = [
    "Contents",
    "Diff",
    "Entry",
    "History",
    "Kept",
    "Night",
    "Reference",
    "SavedRun",
    "Series",
    "Snapshot",
    "diff",
    "judge",
    "pair_up",
    "read_policy",
    "references",
    "series",
    "take",
    "to_prune",
]
