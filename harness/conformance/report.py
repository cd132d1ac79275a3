"""The figures of a conformance measurement as text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from harness.conformance.labelled import LABELS
from harness.conformance.staleness import MEANING, Conformance, Judged
from harness.scoring.score import FRESHNESS_CLASSES
from harness.statistics.estimate import Estimate

_WIDTH: Final = 80


def report(conformance: Conformance) -> str:
    """The figures and every disagreement as text, at most 80 columns wide."""
    n = len(conformance.judged)
    lines = [
        f"{n:,} labelled answers on {conformance.day}, "
        f"{conformance.agreement.groups} histories, {len(conformance.by_model)} models",
        "",
        *_confusion_lines(conformance),
        "",
        f"agreement       {_percent(conformance.agreement)}",
        f"Cohen's kappa   {_plain(conformance.kappa)}",
        f"fresh <> stale  {_percent(conformance.flips)}: "
        f"{sum(j.flips for j in conformance.judged)} answers",
        "",
        "agreement by model",
        *(f"  {name[:36]:36} {_percent(one)}" for name, one in conformance.by_model.items()),
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
        yield head + _cut("".join(c if c.isprintable() else " " for c in shown), _WIDTH - len(head))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def _percent(estimate: Estimate) -> str:
    return _with_interval(estimate, lambda share: f"{100 * share:.2f}")


def _plain(estimate: Estimate) -> str:
    return _with_interval(estimate, lambda value: f"{value:.4f}")


def _with_interval(estimate: Estimate, show: Callable[[float], str]) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return f"unknown: {estimate.method}"
    return f"{show(estimate.value)} [{show(estimate.low)}, {show(estimate.high)}]"


def to_dict(conformance: Conformance) -> dict[str, Any]:
    """JSON-ready: the figures, the confusion matrix, and every disagreement in full."""
    return {
        "day": conformance.day.isoformat(),
        "answers": len(conformance.judged),
        "agreement": _estimate(conformance.agreement),
        "kappa": _estimate(conformance.kappa),
        "flips": _estimate(conformance.flips),
        "confusion": conformance.confusion,
        "by_model": {name: _estimate(one) for name, one in conformance.by_model.items()},
        "disagreements": [_disagreement(j) for j in conformance.disagreements],
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {name: getattr(estimate, name) for name in estimate.__slots__}


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
