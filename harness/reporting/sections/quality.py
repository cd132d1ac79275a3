"""Quality: what ragas' metrics, with a judge or without, say of answers and passages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.reporting.charts import Axis, interval_chart
from harness.reporting.components import Badge, Block, Cell, Chart, Column, Facts, Section, Table
from harness.reporting.figures import NUMBER, RATE, Unit, count, figure, p_value
from harness.reporting.metrics import Metric
from harness.reporting.sections.context import VERDICT_TONES, Context, system_labels
from harness.reporting.sections.marks import mark
from harness.reporting.spent import spent_dollars, spent_words
from harness.reporting.untrusted import single_line
from harness.reporting.verdicts import verdict
from harness.scoring.quality import METRICS
from harness.statistics.judging import JudgeAgreement
from harness.statistics.quality import Quality, QualityFigure
from harness.statistics.results import Comparison

SCORE: Final = Unit("score", decimals=2)
_DIFFERENCE: Final = Unit("score", decimals=2, signed=True)
_AXIS: Final = Axis((0.0, 0.25, 0.5, 0.75, 1.0), SCORE)
_CHARTED: Final = ("exact_match", "rouge_l", "id_precision", "id_recall")
_LEADING: Final = ("answer_correctness", "faithfulness", "rouge_l", "string_similarity")
_SETS: Final = (
    ("Judged", "Scores that a judge gave", True, ("answer", "passages")),
    ("Answers", "Likeness of answers to their references, without a judge", False, ("answer",)),
    ("Passages", "Retrieved passages against those known to be right", False, ("passages",)),
)


def quality(context: Context) -> Section | None:
    """The scores of each system; no section where ragas has not scored the run."""
    found = context.quality
    if found is None or not found.metrics:
        return None
    charted = [m for m in found.metrics if METRICS[m].judged] or [
        m for m in found.metrics if m in _CHARTED
    ]
    blocks: list[Block] = [_chart(context, found, charted)]
    blocks += [
        table
        for _, caption, judged, of in _SETS
        if (table := _table(context, found, caption, judged=judged, of=of)) is not None
    ]
    if found.comparisons:
        blocks.append(_pairs(context, found, charted))
    for agreement in context.agreement:
        blocks.append(_agreement(context, agreement))
    blocks += [_denominators(context, found), _scorers(found)]
    return Section(
        id="quality",
        title="Quality, by ragas",
        sentence=_sentence(found),
        reading=_reading(found),
        blocks=tuple(blocks),
    )


def _sentence(found: Quality) -> str:
    for name in _LEADING:
        known = [
            (f.estimate.value, system)
            for system, figures in found.figures.items()
            if (f := figures.get(name)) is not None and f.estimate.value is not None
        ]
        if not known:
            continue
        _, system = max(known, key=lambda pair: pair[0])
        printed = figure(found.figures[system][name].estimate, SCORE).line
        metric = METRICS[name]
        if metric.judged:
            assert found.judge is not None  # noqa: S101  (who gave the scores)
            model = single_line(str(found.judge.settings.get("model", "a judge")))
            return (
                f"As {model} judges it, {metric.title.lower()} is highest in {system}: {printed}."
            )
        return (
            f"By {metric.title}, which compares words and not meanings, the answers of {system} are most "
            f"like the references: {printed}."
        )
    return "Ragas rated passages only, since no question has a reference."


def _reading(found: Quality) -> str:
    judged = (
        "A judge is a language model with errors of its own: trust its scores as far as they agree with "
        "labels of people (harness quality --labels), and hold scores of one judge only against each "
        "other. What it gave no verdict on is its failure and not the system's, and is counted apart. "
        if found.judge is not None
        else ""
    )
    return (
        "Each score lies between 0 and 1, and more is better. "
        f"{judged}Scores without a judge compare letters and words, so that a right answer in a whole "
        "sentence is far from a reference of one word; use them to see changes, not to tell right from "
        "wrong. A failed answer scores 0. What has no reference, or no passages, is not rated and "
        "counted in the last table. Right passages are those that any system of this run found and that "
        "state the value of that day, so recall is a share of those, not of the whole corpus."
    )


def _chart(context: Context, found: Quality, charted: Sequence[str]) -> Chart:
    marks = [
        mark(
            found.figures[system.name][metric].estimate,
            SCORE,
            system.name,
            context.labels[system.name].slot,
            heading=METRICS[metric].title if i == 0 else "",
        )
        for metric in charted
        for i, system in enumerate(context.results.systems)
    ]
    return Chart(
        svg=interval_chart(marks, _AXIS, "Mean scores by metric and system, with intervals"),
        caption="Mean scores, with 95% intervals",
    )


def _table(
    context: Context, found: Quality, caption: str, *, judged: bool, of: tuple[str, ...]
) -> Table | None:
    names = [m for m in found.metrics if METRICS[m].judged == judged and METRICS[m].of in of]
    if not names:
        return None
    labels = system_labels(context)
    rows: list[tuple[Cell, ...]] = [
        (label, *(figure(found.figures[system.name][m].estimate, SCORE) for m in names))
        for label, system in zip(labels, context.results.systems, strict=True)
    ]
    meanings = "; ".join(f"{METRICS[m].title}: {METRICS[m].meaning}" for m in names)
    return Table(
        caption=caption,
        columns=(Column("System", numeric=False), *(Column(METRICS[m].title) for m in names)),
        rows=tuple(rows),
        note=f"{meanings}.",
    )


def _pairs(context: Context, found: Quality, charted: Sequence[str]) -> Table:
    made = [c for name in charted for c in found.comparisons if c.metric == name]
    rows: list[tuple[Cell, ...]] = [
        (
            METRICS[c.metric].title,
            context.labels[c.b],
            context.labels[c.a],
            figure(c.difference, _DIFFERENCE),
            p_value(c.p_adjusted),
            _verdict(found, c),
        )
        for c in made
    ]
    return Table(
        caption="Paired differences of the charted scores, on the same questions",
        columns=(
            Column("Metric", numeric=False),
            Column("System", numeric=False),
            Column("against", numeric=False),
            Column("Difference", _DIFFERENCE.name),
            Column("Holm p"),
            Column("Verdict", numeric=False),
        ),
        rows=tuple(rows),
        headers=3,
        dense=True,
    )


def _verdict(found: Quality, comparison: Comparison) -> Badge:
    known = METRICS[comparison.metric]
    reference = found.figures[comparison.a][comparison.metric].estimate.value
    word = verdict(comparison, Metric(known.name, known.title, "number", "higher"), reference)
    return Badge(word, VERDICT_TONES.get(word, "neutral"))


def _agreement(context: Context, found: JudgeAgreement) -> Table:
    """What the judge says, what people say, and what people would say of all."""
    title = METRICS[found.metric].title
    kappa, agreed = figure(found.kappa, NUMBER), figure(found.agreement, RATE)
    unused = (
        f"; {count(found.unused)} labels are of answers without a score" if found.unused else ""
    )
    return Table(
        caption=f"{title}: the judge beside people (share of answers that are good)",
        columns=(
            Column("System", numeric=False),
            Column("As judged"),
            Column("As labelled"),
            Column("As people would say of all"),
            Column("Labels"),
        ),
        rows=tuple(
            (
                context.labels[name],
                figure(rates.judge, RATE),
                figure(rates.people, RATE),
                figure(rates.corrected, RATE),
                count(rates.labels),
            )
            for name, rates in found.rates.items()
        ),
        note=(
            f"A score of at least {found.threshold:g} is a yes. Cohen's kappa {kappa.line}; they agree on "
            f"{agreed.line} of {count(found.agreement.n)} answers (both yes {count(found.both)}, only the judge "
            f"{count(found.judge_only)}, only people {count(found.people_only)}, both no {count(found.neither)})"
            f"{unused}. The fourth column corrects the judge by its errors on the labelled answers "
            "(prediction-powered inference), which must be a random sample."
        ),
    )


def _denominators(context: Context, found: Quality) -> Table:
    """What became of all answers; metrics that count the same stand in one row."""
    rows: list[tuple[Cell, ...]] = []
    for system in context.results.systems:
        alike: dict[tuple[object, ...], list[str]] = {}
        for name, f in found.figures[system.name].items():
            alike.setdefault(_counts(f), []).append(name)
        for names in alike.values():
            f = found.figures[system.name][names[0]]
            titles = ", ".join(METRICS[name].title for name in names)
            reasons = "; ".join(f"{why}: {count(n)}" for why, n in f.missing.items()) or "none"
            rows.append(
                (
                    context.labels[system.name],
                    titles,
                    count(f.attempted),
                    count(f.scored),
                    count(f.failed),
                    reasons,
                    count(f.judge_failed),
                    count(f.waiting),
                )
            )
    return Table(
        caption="What the scores are formed over (answers)",
        columns=(
            Column("System", numeric=False),
            Column("Metrics", numeric=False),
            Column("Attempted"),
            Column("Scored"),
            Column("of these failed"),
            Column("Nothing to rate", numeric=False),
            Column("Judge failed"),
            Column("Not scored yet"),
        ),
        rows=tuple(rows),
        headers=2,
    )


def _counts(f: QualityFigure) -> tuple[object, ...]:
    return f.scored, f.failed, tuple(f.missing.items()), f.judge_failed, f.waiting


def _scorers(found: Quality) -> Facts:
    entries: list[tuple[str, str]] = []
    if found.text is not None:
        entries.append(("Without a judge", f"{found.text.title} ({found.text.fingerprint})"))
    if found.judge is not None:
        settings = found.judge.settings
        entries.append(("Judge", f"{single_line(found.judge.title)} ({found.judge.fingerprint})"))
        entries.append(("Its prompts", str(settings.get("prompts", "unknown"))))
        embedder = settings.get("embedder")
        entries.append(("Its embedder", single_line(str(embedder["name"])) if embedder else "none"))
    if found.spending:
        spent = found.spending[-1]
        told = f"{spent_words(spent)}; {spent_dollars(spent)} (apart from the systems, under Cost)"
        entries.append(("The judge took", told))
    entries += [("Note", note) for note in found.notes]
    return Facts(caption="Who scored", entries=tuple(entries))
