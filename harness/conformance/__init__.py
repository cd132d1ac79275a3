"""The instrument against answers and instances that people have labelled."""

from harness.conformance.staleness import Conformance, staleness_conformance
from harness.conformance.staleness_report import report, to_dict
from harness.conformance.strictness import StrictnessConformance, strictness_conformance
from harness.conformance.strictness_report import strictness_report, strictness_to_dict

__all__ = [
    "Conformance",
    "StrictnessConformance",
    "report",
    "staleness_conformance",
    "strictness_conformance",
    "strictness_report",
    "strictness_to_dict",
    "to_dict",
]
