"""The view model: everything the template prints, computed once, with raw values beside the texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.reporting.components import Section
from harness.reporting.sections.accuracy import accuracy
from harness.reporting.sections.ages import ages
from harness.reporting.sections.baseline import baseline as baseline_section
from harness.reporting.sections.blame import blame
from harness.reporting.sections.claims import claims as claims_section
from harness.reporting.sections.comparisons import comparisons
from harness.reporting.sections.context import Context
from harness.reporting.sections.cost import cost
from harness.reporting.sections.decision import decision
from harness.reporting.sections.decoding import decoding
from harness.reporting.sections.explorer import explorer
from harness.reporting.sections.flips import flips
from harness.reporting.sections.freshness import freshness
from harness.reporting.sections.gates import gates as gates_section
from harness.reporting.sections.history import history
from harness.reporting.sections.hygiene import hygiene as hygiene_section
from harness.reporting.sections.kinds import kinds
from harness.reporting.sections.latency import latency
from harness.reporting.sections.load import load as load_section
from harness.reporting.sections.overview import Overview, overview
from harness.reporting.sections.quality import quality as quality_section
from harness.reporting.sections.reproduction import reproduction
from harness.reporting.sections.strictness import strictness
from harness.reporting.sections.time_to_fresh import time_to_fresh
from harness.statistics.hygiene import Hygiene
from harness.statistics.results import Results

if TYPE_CHECKING:
    from harness.decision.claims import ClaimVerdict
    from harness.decision.recommend import Recommendation
    from harness.gates import GateReport
    from harness.history.diff import Diff
    from harness.history.past import Past
    from harness.running.folder import LoadedRun
    from harness.statistics.judging import JudgeAgreement
    from harness.statistics.load_figures import LoadFigures
    from harness.statistics.quality import Quality

_SECTIONS = (
    baseline_section,
    history,
    gates_section,
    freshness,
    ages,
    time_to_fresh,
    blame,
    hygiene_section,
    accuracy,
    strictness,
    decoding,
    latency,
    load_section,
    cost,
    quality_section,
    comparisons,
    decision,
    claims_section,
    flips,
    explorer,
    kinds,
    reproduction,
)


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report: its head and its sections in the order of reading."""

    title: str
    run_id: str
    created: str
    overview: Overview
    sections: tuple[Section, ...]


def report_view(
    run: LoadedRun,
    results: Results,
    *,
    claims: Sequence[ClaimVerdict] | None = None,
    recommendation: Recommendation | None = None,
    hygiene: Hygiene | None = None,
    baseline: Diff | None = None,
    gates: GateReport | None = None,
    quality: Quality | None = None,
    agreement: Sequence[JudgeAgreement] = (),
    past: Past | None = None,
    load: Sequence[LoadFigures] = (),
) -> ReportView:
    """The view of a run; a pure function of its arguments."""
    context = Context(
        run,
        results,
        tuple(claims or ()),
        recommendation,
        hygiene,
        baseline=baseline,
        gates=gates,
        quality=quality,
        agreement=tuple(agreement),
        past=past,
        load=tuple(load),
    )
    return ReportView(
        title=run.manifest.title or run.manifest.suite,
        run_id=run.manifest.run_id,
        created=run.manifest.created,
        overview=overview(context),
        sections=tuple(s for section in _SECTIONS if (s := section(context)) is not None),
    )
