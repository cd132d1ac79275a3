"""An index holds what was published by its day, is made once, and grows from the day before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from file_retriever import FileRetriever
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.retrieval.base import Retriever
from harness.systems.index import IndexKeeper
from harness.systems.refresh import NEVER, ON_CHANGE, every
from harness.systems.spec import RetrievalSpec
from harness.systems.world import SystemWorld
from harness.world.corpus import Corpus, Document, Statement
from harness.world.facts import Timeline
from harness.world.questions import QuestionSet

START = date(2025, 1, 1)


def document(number: int, day: int, supersedes: tuple[int, ...] = ()) -> Document:
    return Document(
        f"d{number}",
        START + timedelta(days=day),
        f"text {number}",
        states=(Statement("s", "a", "v"),),
        supersedes=tuple(f"d{old}" for old in supersedes),
    )


@st.composite
def corpora(draw: st.DrawFn) -> Corpus:
    days = draw(st.lists(st.integers(0, 30), max_size=12))
    documents = []
    for number, day in enumerate(days):
        older = [other for other in range(number) if days[other] < day]
        replaced = draw(st.lists(st.sampled_from(older), unique=True)) if older else []
        documents.append(document(number, day, tuple(replaced)))
    return Corpus(documents)


evaluation_days = st.lists(st.integers(0, 35), min_size=1, max_size=4, unique=True).map(
    lambda days: tuple(START + timedelta(days=day) for day in sorted(days))
)
specs = st.builds(
    RetrievalSpec,
    superseded=st.sampled_from(["keep", "delete"]) | st.floats(0, 1),
    refresh=st.sampled_from([NEVER, ON_CHANGE, every(1), every(5), every(90)]),
)


def keeper(corpus: Corpus, home: Path, spec: RetrievalSpec, *days: date) -> IndexKeeper:
    world = SystemWorld(Timeline(()), corpus, QuestionSet(()), days)
    return IndexKeeper(spec, world, home, FileRetriever)


def ids(retriever: Retriever) -> set[str]:
    return {passage.document_id for passage in retriever.search("", 1000)}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpora(), evaluation_days, specs)
def test_nothing_later_than_the_day_is_in_the_index(
    tmp_path_factory: pytest.TempPathFactory,
    corpus: Corpus,
    days: tuple[date, ...],
    spec: RetrievalSpec,
) -> None:
    home = tmp_path_factory.mktemp("indices")
    kept = keeper(corpus, home, spec, *days)
    for day in days:
        as_of = spec.refresh.day(days[0], day)
        published = {d.id for d in corpus if d.day <= as_of}
        outdated = {old for d in corpus if d.day <= as_of for old in d.supersedes}
        retriever, made = kept.prepare(day)
        wanted = ids(retriever)
        assert made.as_of == as_of <= day
        assert published - outdated <= wanted <= published
        if spec.superseded_share in {0, 1}:
            assert wanted == published - (outdated if spec.superseded_share == 0 else set())
        # A process that starts on this day, in the middle of a run, comes to the same index.
        fresh, index = keeper(corpus, home, spec, *days).prepare(day)
        assert ids(fresh) == wanted
        assert index.reused


THREE = Corpus([document(0, 0), document(1, 1), document(2, 5, supersedes=(0,)), document(3, 9)])
DAYS = tuple(START + timedelta(days=day) for day in (2, 6, 7))


def test_each_day_adds_only_what_is_new(tmp_path: Path) -> None:
    kept = keeper(THREE, tmp_path, RetrievalSpec(superseded="delete"))
    first, second, third = (kept.prepare(day)[1] for day in DAYS)
    assert (first.written, first.removed, first.reused) == (2, 0, False)
    assert (second.written, second.removed, second.reused) == (1, 1, False)
    assert (third.written, third.removed, third.seconds, third.reused) == (0, 0, 0.0, False)
    assert third.folder == second.folder != first.folder


def test_an_index_says_what_its_files_take_without_our_record_of_it(tmp_path: Path) -> None:
    kept = keeper(THREE, tmp_path, RetrievalSpec(superseded="keep"))
    sizes = []
    for day in DAYS:
        index = kept.prepare(day)[1]
        files = [path for path in index.folder.rglob("*") if path.is_file()]
        assert index.size == sum(p.stat().st_size for p in files if p.name != "harness.json")
        sizes.append(index.size)
    assert 0 < sizes[0] < sizes[1] == sizes[2]


def test_systems_and_workers_share_what_is_made(tmp_path: Path) -> None:
    made = keeper(THREE, tmp_path, RetrievalSpec()).prepare(DAYS[0])[1]
    found = keeper(THREE, tmp_path, RetrievalSpec(passages=2, order="score")).prepare(DAYS[0])[1]
    assert found == replace(made, reused=True)


def test_a_half_made_index_is_made_again(tmp_path: Path) -> None:
    made = keeper(THREE, tmp_path, RetrievalSpec()).prepare(DAYS[0])[1]
    (made.folder / "harness.json").unlink()
    (made.folder / "documents.json").write_text("{}")
    retriever, again = keeper(THREE, tmp_path, RetrievalSpec()).prepare(DAYS[0])
    assert ids(retriever) == {"d0", "d1"}
    assert not again.reused


def test_the_first_day_is_the_runs_and_not_that_of_the_process(tmp_path: Path) -> None:
    late = keeper(THREE, tmp_path, RetrievalSpec(refresh=NEVER), *DAYS)
    retriever, _ = late.prepare(DAYS[2])
    assert ids(retriever) == {"d0", "d1"}


MANY = Corpus(
    [
        *(document(number, number % 20) for number in range(400)),
        document(400, 20, supersedes=tuple(range(400))),
    ]
)


def test_what_is_left_by_neglect_grows_with_the_share_and_nothing_comes_back(
    tmp_path: Path,
) -> None:
    day = START + timedelta(days=30)
    left = {
        share: ids(keeper(MANY, tmp_path, RetrievalSpec(superseded=share)).prepare(day)[0])
        for share in (0.0, 0.1, 0.25, 0.5, 1.0)
    }
    assert left[0.0] == {"d400"}
    assert left[0.0] < left[0.1] < left[0.25] < left[0.5] < left[1.0]
    for share, names in left.items():
        assert abs((len(names) - 1) / 400 - share) < 0.06
    deleted = ids(keeper(MANY, tmp_path, RetrievalSpec(superseded="delete")).prepare(day)[0])
    kept = ids(keeper(MANY, tmp_path, RetrievalSpec(superseded="keep")).prepare(day)[0])
    assert (deleted, kept) == (left[0.0], left[1.0])


def test_an_index_refreshed_every_four_days_is_that_of_the_last_of_them(tmp_path: Path) -> None:
    kept = keeper(THREE, tmp_path, RetrievalSpec(refresh=every(4)), *DAYS)
    first, second, third = (kept.prepare(day)[1] for day in DAYS)
    assert (first.as_of, second.as_of, third.as_of) == (DAYS[0], DAYS[1], DAYS[1])
    assert (third.written, third.seconds) == (0, 0.0)
