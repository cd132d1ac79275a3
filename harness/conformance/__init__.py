"""The instrument against answers that people have labelled."""

from harness.conformance.report import report, to_dict
from harness.conformance.staleness import Conformance, staleness_conformance

__all__ = ["Conformance", "report", "staleness_conformance", "to_dict"]
