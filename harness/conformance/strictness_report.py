"""The figures of a strictness conformance measurement as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from textwrap import wrap
from typing import Any

from harness.conformance.strictness import JudgedCase, RefusedSchema, StrictnessConformance
from harness.conformance.text import WIDTH, cut, estimate_dict, percent, printable

__all__ = ["strictness_report", "strictness_to_dict"]


def strictness_report(conformance: StrictnessConformance) -> str:
    """The figures, every disagreement and every refused schema, at most 80 columns wide."""
    cases, refused = conformance.cases, conformance.refused
    schemas = len({case.line for case in cases}) + len(refused)
    drafts = ", ".join(f"{draft} {count:,}" for draft, count in conformance.drafts.items())
    lines = [
        f"{len(cases):,} labelled instances of {schemas:,} schemas",
        f"by draft: {drafts or 'none'}",
        "",
        f"agreement       {percent(conformance.agreement)}",
        f"false accepts   {len(conformance.false_accepts):,}",
        f"false rejects   {len(conformance.false_rejects):,}",
        f"crashes         {len(conformance.crashes):,}",
        *_refused(refused),
        *_listed("accepted, labelled invalid", conformance.false_accepts),
        *_listed("refused, labelled valid", conformance.false_rejects),
        *_listed("crashed", conformance.crashes),
    ]
    return "\n".join(lines)


def _refused(refused: tuple[RefusedSchema, ...]) -> Iterator[str]:
    if refused:
        cases = sum(schema.cases for schema in refused)
        yield ""
        yield f"schemas that are invalid themselves: {len(refused):,}, with {cases:,} instances"
        for schema in refused:
            reason = f"line {schema.line}: {printable(schema.reason)}"
            yield from wrap(reason, WIDTH, initial_indent="  ", subsequent_indent="    ")


def _listed(title: str, cases: tuple[JudgedCase, ...]) -> Iterator[str]:
    if cases:
        yield ""
        yield f"{title}: {len(cases):,}"
        for case in cases:
            why = printable(case.crash or case.reason)
            head = f"  line {case.line}, case {case.number} ({case.draft})"
            yield cut(f"{head}: {why}" if why else head, WIDTH)


def strictness_to_dict(conformance: StrictnessConformance) -> dict[str, Any]:
    """JSON-ready: the figures, and every disagreement, crash and refused schema in full."""
    return {
        "instances": len(conformance.cases),
        "drafts": dict(conformance.drafts),
        "agreement": estimate_dict(conformance.agreement),
        "false_accepts": [asdict(case) for case in conformance.false_accepts],
        "false_rejects": [asdict(case) for case in conformance.false_rejects],
        "crashes": [asdict(case) for case in conformance.crashes],
        "invalid_schemas": [asdict(schema) for schema in conformance.refused],
    }
