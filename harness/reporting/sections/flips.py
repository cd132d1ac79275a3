"""Flips: questions that one system answered rightly and another did not, with both texts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from itertools import permutations

from harness.reporting.components import Section, ShownAnswer, ShownFlip, ShownPassage
from harness.reporting.figures import count
from harness.reporting.sections.context import Context
from harness.reporting.sections.kinds import plain_kind
from harness.reporting.sections.told import evidence, label, reference, said, verdict
from harness.reporting.untrusted import excerpt, single_line
from harness.retrieval.base import UNDATED, Passage
from harness.statistics.results import Flip

SHOWN = 12
_PASSAGE = 400
_PASSAGES = 8


def flips(context: Context) -> Section:
    """A dozen flips as different from each other as the run allows; the rest are counted."""
    total = len(context.results.flips)
    shown = tuple(_shown(context, i, flip) for i, flip in enumerate(pick(context, SHOWN), 1))
    if not total:
        sentence = "On no question was one system right and another not."
    else:
        hidden = total - len(shown)
        rest = f"; the other {count(hidden)} are under “Every answer”" if hidden else ""
        sentence = (
            f"{count(total)} times one system was right where another was not; "
            f"{count(len(shown))} are shown{rest}."
        )
    return Section(
        id="flips",
        title="Where systems differ",
        sentence=sentence,
        reading=(
            "The examples are picked by a fixed rule that spreads over pairs of systems, classes, "
            "kinds and days; they illustrate and do not estimate. Texts are as the "
            "models sent them, long ones shortened and invisible characters spelled out."
        ),
        blocks=shown,
        noted=False,
    )


def pick(context: Context, limit: int) -> tuple[Flip, ...]:
    """At most `limit` flips, greedily the one least like those picked; ties go to the first.

    Unlike means, in this order: another fact, another pair of systems, another class of error,
    another kind of question, another day. Pairs with the base wait one turn, since a model
    that was told nothing mostly abstains.
    """
    alike: dict[tuple[Hashable, ...], list[Flip]] = defaultdict(list)
    for flip in context.results.flips:
        alike[_traits(context, flip)].append(flip)
    used: Counter[Hashable] = Counter()
    used.update(
        (s.name, t.name)
        for s, t in permutations(context.results.systems, 2)
        if "base" in (s.strategy, t.strategy)
    )
    facts: set[str] = set()
    picked: list[Flip] = []
    while alike and len(picked) < limit:
        # Of the flips with the same traits only the first about another fact can be chosen.
        first = {traits: _first(context, flips, facts) for traits, flips in alike.items()}
        traits = min(
            first,
            key=lambda traits: (
                context.run.questions[first[traits].question_id].cluster in facts,
                *(used[trait] for trait in traits),
            ),
        )
        flip = first[traits]
        alike[traits].remove(flip)
        if not alike[traits]:
            del alike[traits]
        used.update(traits)
        facts.add(context.run.questions[flip.question_id].cluster)
        picked.append(flip)
    return tuple(picked)


def _traits(context: Context, flip: Flip) -> tuple[Hashable, ...]:
    kind = context.run.questions[flip.question_id].kind
    return (flip.winner, flip.loser), ("class", flip.loser_class), ("kind", kind), flip.day


def _first(context: Context, flips: Sequence[Flip], facts: set[str]) -> Flip:
    questions = context.run.questions
    return next((f for f in flips if questions[f.question_id].cluster not in facts), flips[0])


def _shown(context: Context, number: int, flip: Flip) -> ShownFlip:
    question = context.run.questions[flip.question_id]
    day = flip.day.isoformat()
    return ShownFlip(
        anchor=f"flip-{number}",
        question=excerpt(question.text),
        day=day,
        question_kind=plain_kind(question.kind),
        reference=reference(question, flip.day),
        winner=_answer(context, flip, flip.winner),
        loser=_answer(context, flip, flip.loser),
    )


def _answer(context: Context, flip: Flip, system: str) -> ShownAnswer:
    key = (system, flip.question_id, flip.day.isoformat(), flip.repeat)
    record, score = context.records.get(key), context.scores.get(key)
    return ShownAnswer(
        system=context.labels[system],
        verdict=verdict(label(score), right=system == flip.winner),
        excerpt=said(record),
        evidence=evidence(score),
        passages=tuple(_passage(p) for p in record.answer.passages[:_PASSAGES]) if record else (),
    )


def _passage(passage: Passage) -> ShownPassage:
    day = "" if passage.day == UNDATED else passage.day.isoformat()
    return ShownPassage(single_line(passage.document_id), day, excerpt(passage.text, _PASSAGE))
