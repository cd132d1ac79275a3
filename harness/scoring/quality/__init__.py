"""What ragas measures, answer by answer: its metrics without a model, and those that a judge takes.

`samples` says what ragas is shown of a record, `texts` computes what needs no model, and `stored` keeps
every score beside the run, so that whatever is made of them needs neither ragas nor a judge.
"""

from harness.scoring.quality.metrics import JUDGED, METRICS, TEXT, QualityMetric
from harness.scoring.quality.samples import Sample, samples, unscorable
from harness.scoring.quality.stored import QUALITY, Scored, Scorer, StoredQuality, read_quality

__all__ = [
    "JUDGED",
    "METRICS",
    "QUALITY",
    "TEXT",
    "QualityMetric",
    "Sample",
    "Scored",
    "Scorer",
    "StoredQuality",
    "read_quality",
    "samples",
    "unscorable",
]
