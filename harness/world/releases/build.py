"""Build the releases world: facts, documents and questions from the source tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from harness.errors import DataError
from harness.world.corpus import Corpus
from harness.world.facts import Timeline
from harness.world.releases.events import documents, numbered
from harness.world.releases.histories import histories, subject_of
from harness.world.releases.questions import (
    Unknown,
    choose_questions,
    choose_unknowns,
    evaluation_days,
)
from harness.world.releases.report import LICENCE, WorldReport, measure, readme
from harness.world.releases.select import Product, plain_title, select_products
from harness.world.releases.source import SourceProduct, read_source
from harness.world.releases.wording import QUESTION_KINDS
from harness.world.tables import write_documents, write_facts, write_questions

UNKNOWNS_PER_KIND: Final = 5
OLD_CYCLES: Final = 3  # of a product taken, that questions may ask about in vain


def build_releases(source: Path, until: date, out: Path, seed: int) -> WorldReport:
    """Build the world from the tables in `source`, as of `until`, and write it to `out`.

    The same tables, day and seed give the same bytes.

    Raises:
        DataError: a table is missing or wrong, no product is fit, or `out` cannot be written.
    """
    candidates = read_source(source)
    products, reasons = select_products(candidates, until)
    if not products:
        raise DataError(f"{source}: no product of the tables is fit for the world")
    timeline = Timeline(history for product in products for history in histories(product, until))
    drafts = [document for product in products for document in documents(product, until, seed)]
    corpus = Corpus(numbered(sorted(drafts, key=lambda document: document.day)))
    days = evaluation_days(until)
    unknowns = choose_unknowns(
        [*_of_other_products(candidates, reasons), *_of_products(products, candidates, days[0])],
        corpus,
        UNKNOWNS_PER_KIND,
        seed,
    )
    questions = choose_questions(timeline, corpus, unknowns, days, seed)
    report = measure(products, timeline, corpus, questions, days)
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_facts(timeline, out / "facts.csv")
        write_documents(corpus, out / "documents.jsonl")
        write_questions(questions, out / "questions.jsonl")
        (out / "README.md").write_text(readme(report, until, seed), encoding="utf-8", newline="\n")
        (out / "LICENSE").write_text(LICENCE, encoding="utf-8", newline="\n")
    except OSError as error:
        raise DataError(f"{out}: cannot be written: {error.strerror}") from error
    return report


def _of_other_products(
    candidates: Sequence[SourceProduct], reasons: dict[str, str]
) -> Iterator[Unknown]:
    """Questions about products that are not in the world; each product comes up once a kind."""
    for product in candidates:
        if product.id not in reasons or not product.versions or not plain_title(product.title):
            continue
        for kind in QUESTION_KINDS:
            if kind.about == "product":
                yield Unknown(kind, product.title)


def _of_products(
    products: Sequence[Product], candidates: Sequence[SourceProduct], first: date
) -> Iterator[Unknown]:
    """Questions about the cycles of products in the world that the documents do not answer.

    Their subjects are known on `first`, the first evaluation day; they are about cycles from before the world begins, or about an end of life that nobody
    announced.
    """
    by_id = {candidate.id: candidate for candidate in candidates}
    kinds = [kind for kind in QUESTION_KINDS if kind.about == "cycle"]
    for product in products:
        oldest = product.cycles[0]
        older = [c for c in by_id[product.id].cycles if c.key and c.key < oldest.key]
        older.sort(key=lambda cycle: cycle.key)
        recent = [c for c in product.cycles if c.released <= first]
        for cycle in [*older[-OLD_CYCLES:], *recent]:
            for kind in kinds:
                if kind.attribute != "end_of_life" or cycle.end_of_life is not None:
                    yield Unknown(kind, subject_of(product, cycle))
