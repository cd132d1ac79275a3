"""The figures of a conformance measurement as text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from harness.conformance.labelled import LABELS
from harness.conformance.staleness import MEANING, Conformance, Judged
from harness.conformance.text import WIDTH, cut, estimate_dict, percent, plain, printable
from harness.scoring.score import FRESHNESS_CLASSES


def report(conformance: Conformance) -> str:
    """The figures and every disagreement as text, at most 80 columns wide."""
    n = len(conformance.judged)
    lines = [
        f"{n:,} labelled answers on {conformance.day}, "
        f"{conformance.agreement.groups} histories, {len(conformance.by_model)} models",
        "",
        *_confusion_lines(conformance),
        "",
        f"agreement       {percent(conformance.agreement)}",
        f"Cohen's kappa   {plain(conformance.kappa)}",
        f"fresh <> stale  {percent(conformance.flips)}: "
        f"{sum(j.flips for j in conformance.judged)} answers",
        "",
        "agreement by model",
        *(f"  {name[:36]:36} {percent(one)}" for name, one in conformance.by_model.items()),
        "",
        *_disagreement_lines(conformance.disagreements),
    ]
    return "\n".join(line.rstrip() for line in lines)


def _confusion_lines(conformance: Conformance) -> Iterator[str]:
    """A row a class, since there are more classes than fit side by side."""
    confusion = conformance.confusion
    yield f"{'class':13}{'means':12}" + "".join(f"{label:>12}" for label in LABELS)
    for one in FRESHNESS_CLASSES:
        counts = [confusion[label][one] for label in LABELS]
        if any(counts):
            cells = "".join(f"{count:>12,}" for count in counts)
            yield f"{one:13}{MEANING.get(one, 'irrelevant'):12}{cells}"


def _disagreement_lines(disagreements: Sequence[Judged]) -> Iterator[str]:
    """Alike ones (same history, label, class and value) in one line, the most frequent first."""
    alike = Counter(
        (
            j.answer.label,
            j.freshness.label,
            f"{j.answer.history.subject} / {j.answer.history.attribute}".rstrip(" /"),
            j.freshness.matched or " ".join(j.answer.text.split()),
        )
        for j in disagreements
    )
    yield f"{len(disagreements)} disagreements: number, label, class, history: matched or answer"
    for (label, one, name, shown), count in alike.most_common():
        head = f"{count:4} {label:10} {one:11} {name[:26]}: "
        yield head + cut(printable(shown), WIDTH - len(head))


def to_dict(conformance: Conformance) -> dict[str, Any]:
    """JSON-ready: the figures, the confusion matrix, and every disagreement in full."""
    return {
        "day": conformance.day.isoformat(),
        "answers": len(conformance.judged),
        "agreement": estimate_dict(conformance.agreement),
        "kappa": estimate_dict(conformance.kappa),
        "flips": estimate_dict(conformance.flips),
        "confusion": conformance.confusion,
        "by_model": {name: estimate_dict(one) for name, one in conformance.by_model.items()},
        "disagreements": [_disagreement(j) for j in conformance.disagreements],
    }


def _disagreement(judged: Judged) -> dict[str, Any]:
    answer, found = judged.answer, judged.freshness
    return {
        "line": answer.line,
        "model": answer.model,
        "prompt": answer.prompt,
        "subject": answer.history.subject,
        "attribute": answer.history.attribute,
        "answer": answer.text,
        "label": answer.label,
        "class": found.label,
        "matched": found.matched,
        "span": found.span,
        "value": found.value,
        "valid_from": found.valid_from.isoformat() if found.valid_from else None,
        "valid_to": found.valid_to.isoformat() if found.valid_to else None,
    }
