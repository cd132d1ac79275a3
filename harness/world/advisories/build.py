"""Build the advisories world: facts, documents and questions from the catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from harness.errors import DataError
from harness.world.advisories.documents import documents
from harness.world.advisories.histories import POLICIES, histories
from harness.world.advisories.questions import (
    KNOWN_SHARE,
    RECENT_MONTHS,
    choose_questions,
    evaluation_days,
)
from harness.world.advisories.source import Vulnerability, read_source
from harness.world.corpus import Corpus
from harness.world.facts import Timeline
from harness.world.formats import JsonSchema
from harness.world.questions import QuestionSet
from harness.world.tables import write_documents, write_facts, write_questions

__all__ = ["AdvisoriesReport", "build_advisories"]

LICENCE: Final = """\
The facts in this folder (ids, names, dates, classes) come from the Known Exploited Vulnerabilities
catalogue of the Cybersecurity and Infrastructure Security Agency (CISA) of the United States, which
is dedicated to the public domain under CC0 1.0 Universal:
https://creativecommons.org/publicdomain/zero/1.0/

The triage policy and all sentences are this project's own, under the Apache License 2.0.
"""


@dataclass(frozen=True, slots=True)
class AdvisoriesReport:
    """Counts of a built world; `late` are questions that nothing answers on the first day.

    `known` is the share of vulnerabilities of known use in ransomware, `majority` that of the
    questions for it whose answer on the last day is the more frequent one.
    """

    vulnerabilities: int
    facts: int
    documents: dict[str, int]
    questions: dict[str, int]
    late: int
    unanswerable: int
    known: float
    majority: float

    def __str__(self) -> str:
        return "\n".join(
            (
                f"vulnerabilities: {self.vulnerabilities}",
                f"facts: {self.facts}",
                f"documents: {sum(self.documents.values())} ({_listed(self.documents)})",
                f"questions: {sum(self.questions.values())} ({_listed(self.questions)})",
                f"answered by nothing on the first day, later yes: {self.late}; on any day: "
                f"{self.unanswerable}",
            )
        )


def build_advisories(source: Path, until: date, out: Path, seed: int) -> AdvisoriesReport:
    """Build the world from the catalogue in `source`, as of `until`, and write it to `out`.

    The same table, day and seed give the same bytes.

    Raises:
        DataError: the table is missing or wrong, or `out` cannot be written.
    """
    entries = read_source(source, until)
    if not entries:
        raise DataError(f"{source}: no entry of the catalogue was added by {until}")
    timeline = Timeline(histories(entries, until))
    corpus = Corpus(documents(entries, timeline, until, seed))
    days = evaluation_days(until)
    questions = choose_questions(entries, timeline, days, seed)
    report = _measure(entries, timeline, corpus, questions, days)
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_facts(timeline, out / "facts.csv")
        write_documents(corpus, out / "documents.jsonl")
        write_questions(questions, out / "questions.jsonl")
        (out / "README.md").write_text(
            _readme(report, questions, days, seed), encoding="utf-8", newline="\n"
        )
        (out / "LICENSE").write_text(LICENCE, encoding="utf-8", newline="\n")
    except OSError as error:
        raise DataError(f"{out}: cannot be written: {error.strerror}") from error
    return report


def _measure(
    entries: tuple[Vulnerability, ...],
    timeline: Timeline,
    corpus: Corpus,
    questions: QuestionSet,
    days: tuple[date, ...],
) -> AdvisoriesReport:
    unanswerable = sum(question.history is None for question in questions)
    late = sum(not question.references(days[0]) for question in questions) - unanswerable
    return AdvisoriesReport(
        vulnerabilities=len(entries),
        facts=sum(len(history.facts) for history in timeline),
        documents=_counts(document.style for document in corpus),
        questions=_counts(question.kind for question in questions),
        late=late,
        unanswerable=unanswerable,
        known=sum(entry.ransomware_use == "Known" for entry in entries) / len(entries),
        majority=_majority(
            question.references(days[-1])[0].value
            for question in questions
            if question.kind == "cve_ransomware"
        ),
    )


def _majority(values: Iterable[str]) -> float:
    counts = Counter(values)
    return max(counts.values()) / counts.total()


def _counts(items: Iterable[str]) -> dict[str, int]:
    return dict(Counter(items).most_common())


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _readme(
    report: AdvisoriesReport, questions: QuestionSet, days: tuple[date, ...], seed: int
) -> str:
    until = days[-1]
    rows = "\n".join(
        f"| {kind} | {_form(questions, kind)} | {count} |"
        for kind, count in sorted(report.questions.items())
    )
    policies = "\n".join(
        f"| {policy.day} | {policy.known} | {policy.unknown} |" for policy in POLICIES
    )
    return f"""\
# Advisories: exploited vulnerabilities, a triage policy, documents and questions

Facts (ids, vendors, products, dates, ransomware use, weaknesses) are from the Known Exploited
Vulnerabilities catalogue of [CISA](https://www.cisa.gov/known-exploited-vulnerabilities-catalog), as
of {until}, CC0 (`LICENSE`). The triage policy and all sentences are written by this project
(Apache-2.0).

| file | what |
|---|---|
| `facts.csv` | {report.facts} dated facts about {report.vulnerabilities} vulnerabilities and their vendors |
| `documents.jsonl` | {sum(report.documents.values())} dated documents: {_listed(report.documents)} |
| `questions.jsonl` | {sum(report.questions.values())} questions, the same on each evaluation day ({", ".join(map(str, days))}) |

| question kind | form of the answer | questions |
|---|---|---|
{rows}

{report.late} questions are about vulnerabilities added after the first evaluation day: on the days before,
nothing answers them. {report.unanswerable} are about ids that no document has. An object about what is not
known has its id, and null elsewhere. {KNOWN_SHARE:.0%} of the vulnerabilities asked about are used in ransomware campaigns, as far
as there are so many (of all {report.vulnerabilities}, {report.known:.0%} are): who always says Unknown is right in {report.majority:.0%} of the
questions that choose between Known and Unknown. Wordings that training may see and held-out ones alternate.

## The policy

A ticket has a priority by the ransomware use of its vulnerability. The policy is this suite's own:

| in force from | ransomware use Known | Unknown |
|---|---|---|
{policies}

So a priority changes without a word about the vulnerability, and no passage spells it: it follows
from the alert and from the policy in force. Each document about the policy supersedes the one before.

## Limits

- The source is one snapshot: when an entry's ransomware use or due date was changed is not in it, so
  the value known on {until} counts from the day of listing. What changes with the days is what is on
  the list, each vendor's newest entry, and the priority.
- A ticket's source is right when it names a passage, and its day, that was shown and is about the
  vulnerability; whether that passage says everything in the ticket is not checked.
- Entries whose product is "Multiple ..." or repeats the vendor, without weaknesses, due before they
  were listed, or listed more than {RECENT_MONTHS} months before the first day are in the documents and not asked
  about, but for a vendor's newest.

## Rebuilt with

    harness world build advisories --from SOURCE --until {until} --seed {seed} --out fixtures/advisories

where SOURCE has the table `kev.csv` (`harness/world/advisories/source.py` documents it). Same table
and seed, same bytes.
"""


def _form(questions: QuestionSet, kind: str) -> str:
    form = next(question.format for question in questions if question.kind == kind)
    if isinstance(form, JsonSchema):
        return f"JSON, {form.name}"
    return type(form).__name__.lower().replace("freetext", "text")
