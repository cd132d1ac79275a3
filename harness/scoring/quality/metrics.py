"""The metrics of ragas that are taken, under one name everywhere, and what each needs."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

__all__ = ["JUDGED", "METRICS", "TEXT", "Need", "QualityMetric"]

Need = Literal["reference", "passages", "relevant"]
"""A right answer; a system that retrieves passages; a passage that is known to be right."""


@dataclass(frozen=True, slots=True)
class QualityMetric:
    """`theirs` is ragas' own name, `of` what is rated, `needs` without which there is nothing to rate.

    `meaning` is what a score of 1 means, or the share that it is.
    """

    name: str
    title: str
    theirs: str
    of: Literal["answer", "passages"]
    needs: tuple[Need, ...]
    judged: bool
    meaning: str

    @property
    def binary(self) -> bool:
        """Whether a score is 0 or 1, so that its mean is a rate."""
        return self.name == "exact_match"


def _text(
    name: str, title: str, theirs: str, meaning: str, *, passages: bool = False
) -> QualityMetric:
    needs: tuple[Need, ...] = ("relevant", "passages") if passages else ("reference",)
    return QualityMetric(
        name,
        title,
        theirs,
        "passages" if passages else "answer",
        needs,
        judged=False,
        meaning=meaning,
    )


_ALL: Final = (
    _text(
        "exact_match", "Exact match", "ExactMatch", "the answer is a reference, letter by letter"
    ),
    _text(
        "string_similarity",
        "String similarity",
        "NonLLMStringSimilarity",
        "1 less the share of characters to change (Levenshtein)",
    ),
    _text("rouge_l", "ROUGE-L", "RougeScore", "longest common run of words in order, as F-measure"),
    _text(
        "bleu", "BLEU", "BleuScore", "word sequences of one to four shared, with a length penalty"
    ),
    _text("chrf", "chrF", "CHRFScore", "character sequences of one to six shared"),
    _text(
        "text_precision",
        "Context precision, texts",
        "NonLLMContextPrecisionWithReference",
        "passages much like a right one stand before the others",
        passages=True,
    ),
    _text(
        "text_recall",
        "Context recall, texts",
        "NonLLMContextRecall",
        "right passages to which a retrieved one is much alike",
        passages=True,
    ),
    _text(
        "id_precision",
        "Context precision, ids",
        "IDBasedContextPrecision",
        "retrieved passages that are right ones",
        passages=True,
    ),
    _text(
        "id_recall",
        "Context recall, ids",
        "IDBasedContextRecall",
        "right passages that were retrieved",
        passages=True,
    ),
    QualityMetric(
        "faithfulness",
        "Faithfulness",
        "Faithfulness",
        "answer",
        ("passages",),
        judged=True,
        meaning="claims of the answer that its passages support",
    ),
    QualityMetric(
        "answer_correctness",
        "Answer correctness",
        "AnswerCorrectness",
        "answer",
        ("reference",),
        judged=True,
        meaning="claims that answer and reference share, as F-measure, with their likeness if there is an embedder",
    ),
    QualityMetric(
        "answer_relevancy",
        "Answer relevancy",
        "AnswerRelevancy",
        "answer",
        (),
        judged=True,
        meaning="likeness of the question to those that the answer would answer; needs an embedder",
    ),
    QualityMetric(
        "context_precision",
        "Context precision",
        "ContextPrecision",
        "passages",
        ("reference", "passages"),
        judged=True,
        meaning="useful passages stand before the others",
    ),
    QualityMetric(
        "context_recall",
        "Context recall",
        "ContextRecall",
        "passages",
        ("reference", "passages"),
        judged=True,
        meaning="claims of the reference that the passages support",
    ),
)

METRICS: Final = MappingProxyType({metric.name: metric for metric in _ALL})
"""Every metric by its name, those without a judge first."""
TEXT: Final = tuple(name for name, metric in METRICS.items() if not metric.judged)
"""Those that need no model."""
JUDGED: Final = tuple(name for name, metric in METRICS.items() if metric.judged)
"""Those that a judge takes."""
