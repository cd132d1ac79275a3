"""What a built world holds, in figures, and the README that says so."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from harness.world.corpus import Corpus
from harness.world.facts import Timeline
from harness.world.formats import format_to_dict
from harness.world.questions import QuestionSet
from harness.world.releases.questions import changes_between, evaluation_days
from harness.world.releases.select import WINDOW_START, Product

_T = TypeVar("_T")

LICENCE: Final = """\
The facts in this folder (names, versions and dates) come from endoflife.date.

MIT License

Copyright (c) endoflife.date contributors

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


@dataclass(frozen=True, slots=True)
class WorldReport:
    """Counts of a built world.

    `changing` is the share of answerable facts asked about whose value differs between evaluation
    days; `words` are the least, the median and the greatest number of words of a document.
    """

    products: Mapping[str, int]
    facts: Mapping[str, int]
    documents: Mapping[str, int]
    visible: Mapping[str, int]
    superseding: int
    questions: Mapping[tuple[str, str], int]
    tags: Mapping[str, int]
    changing: float
    words: tuple[int, float, int]

    def __str__(self) -> str:
        return "\n".join(
            (
                f"products: {sum(self.products.values())} ({_listed(self.products)})",
                f"facts: {sum(self.facts.values())} ({_listed(self.facts)})",
                f"documents: {sum(self.documents.values())} ({_listed(self.documents)})",
                f"questions: {sum(self.questions.values())} ({_listed(self.tags)})",
            )
        )


def measure(
    products: Sequence[Product],
    timeline: Timeline,
    corpus: Corpus,
    questions: QuestionSet,
    days: Sequence[date],
) -> WorldReport:
    """Count what a world holds; `days` are the evaluation days."""
    asked = {q.group: q.history for q in questions if q.history is not None}
    words = [len(document.text.split()) for document in corpus] or [0]
    return WorldReport(
        products=_counts(product.category for product in products),
        facts=_counts(history.attribute for history in timeline for _ in history.facts),
        documents=_counts(document.style for document in corpus),
        visible={day.isoformat(): len(corpus.visible(day)) for day in days},
        superseding=sum(bool(document.supersedes) for document in corpus),
        questions=_counts((q.kind, str(format_to_dict(q.format)["kind"])) for q in questions),
        tags=_counts(tag for question in questions for tag in question.tags),
        changing=sum(changes_between(days, history) for history in asked.values())
        / max(1, len(asked)),
        words=(min(words), statistics.median(words), max(words)),
    )


def _counts(items: Iterable[_T]) -> dict[_T, int]:
    return dict(Counter(items).most_common())


def readme(report: WorldReport, until: date, seed: int) -> str:
    """The README that stands beside the tables."""
    least, median, greatest = report.words
    days = ", ".join(day.isoformat() for day in evaluation_days(until))
    return f"""\
# Releases: dated facts about software, documents and questions

Facts (names, versions, dates) are from [endoflife.date](https://endoflife.date), as of {until},
under the MIT licence (`LICENSE`). All sentences are written by this project (Apache-2.0); documents
and questions are synthetic, their facts are real.

| file | what |
|---|---|
| `facts.csv` | {sum(report.facts.values())} dated facts about {sum(report.products.values())} products and their release cycles |
| `documents.jsonl` | {sum(report.documents.values())} dated documents in {len(report.documents)} styles |
| `questions.jsonl` | {sum(report.questions.values())} questions, the same on each evaluation day ({days}) |

The columns are documented in `harness/world/tables.py` and `harness/world/loaders.py`.

## Contents

Products by category: {_listed(report.products)}.

Facts by attribute: {_listed(report.facts)}.

Documents by style: {_listed(report.documents)}. Visible by day: {_listed(report.visible)}.
Words a document: {least} to {greatest}, median {median:g}. Documents that supersede earlier ones:
{report.superseding}.

| question kind | format | questions |
|---|---|---|
{_rows(report.questions)}

Questions by tag: {_listed(report.tags)}. Of the answerable facts asked about, {report.changing:.0%}
change between the evaluation days.

## How the facts are made

- A product is taken when nothing about its truth is in doubt: numeric versions and cycles, each
  version in one cycle, cycles released in the order of their names, dates of cycles and first
  versions that agree (where they differ by a day or two, the cycle's date stands for both), and the
  source's own latest versions equal to those derived here.
- `latest_version` of a product is its highest version so far, `latest_release_date` the day of that
  version, `newest_cycle` the cycle released last; `latest_version` of a cycle is the highest version
  so far in that cycle.
- Histories start around {WINDOW_START}: a value that held then has its real first day.
- `supported` is derived and no document states it: yes through the day of the end of life, no from
  the day after.

## Limits

- The source is one snapshot. An end-of-life date is the one known on {until}, and its fact is valid
  from the cycle's release; earlier, other dates are not recorded. No document says that an end of
  life moved.
- An end of life that coincides with the release of another cycle follows a rolling policy and was
  not known before. Such a cycle has neither `end_of_life` nor `supported`.
- `lts` is the source's flag for the cycle; the day on which long-term support begins is not in it.
- Each value has a document on its first days; how many more there are, their days, styles and
  words are drawn at random. The facts in them are not.
- Questions that ask for an unanswerable fact are about real products and cycles. Choices (yes or no)
  are never unanswerable, since their format leaves no room to abstain.

## Documents that supersede others

A document is superseded once each of its statements was replaced by another value or restated by a
correction. So a document that says both what is outdated and what still holds is not superseded,
and the documents that are not superseded state every current value.

## Rebuilt with

    harness world build releases --from SOURCE --until {until} --seed {seed} --out fixtures/releases

where SOURCE has the tables `products.csv`, `cycles.csv` and `versions.csv`
(`harness/world/releases/source.py` documents them). Same tables and seed, same bytes.
"""


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _rows(counts: Mapping[tuple[str, str], int]) -> str:
    return "\n".join(
        f"| {kind} | {form} | {count} |" for (kind, form), count in sorted(counts.items())
    )
