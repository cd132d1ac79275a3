"""The builder: same tables and seed, same bytes; bad tables are named."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from harness.errors import DataError
from harness.world.check import check_world
from harness.world.loaders import load_corpus, load_facts
from harness.world.releases.build import build_releases
from harness.world.tables import parse_day

EXCERPT = Path(__file__).parents[1] / "data" / "releases"
ROOT = Path(__file__).parents[3]
FIXTURE = ROOT / "fixtures" / "releases"
SOURCE = ROOT.parent / "shared" / "data" / "releases"
UNTIL = date(2026, 8, 22)
SEED = 20260822


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("releases")
    build_releases(EXCERPT, UNTIL, out, SEED)
    return out


def test_the_same_seed_gives_the_same_bytes_in_another_process(built: Path, tmp_path: Path) -> None:
    code = (
        "import sys, datetime, pathlib\n"
        "from harness.world.releases.build import build_releases\n"
        "build_releases(pathlib.Path(sys.argv[1]), datetime.date(2026, 8, 22), "
        "pathlib.Path(sys.argv[2]), int(sys.argv[3]))"
    )
    subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code, str(EXCERPT), str(tmp_path), str(SEED)],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)},
    )

    assert _digests(tmp_path) == _digests(built)


def test_another_seed_gives_other_documents_and_the_same_facts(built: Path, tmp_path: Path) -> None:
    build_releases(EXCERPT, UNTIL, tmp_path, SEED + 1)
    one, other = _digests(built), _digests(tmp_path)

    assert one["facts.csv"] == other["facts.csv"]
    assert one["documents.jsonl"] != other["documents.jsonl"]
    assert one["questions.jsonl"] != other["questions.jsonl"]


def test_what_is_built_is_in_order(built: Path) -> None:
    assert check_world(built) == ()


@pytest.mark.parametrize(
    ("subject", "attribute", "day", "value"),
    [
        ("Python", "latest_version", "2025-08-13", "3.13.6"),
        ("Python", "latest_version", "2025-08-14", "3.13.7"),
        ("Python", "latest_release_date", "2025-08-22", "2025-08-14"),
        ("Python", "newest_cycle", "2025-10-06", "3.13"),
        ("Python", "newest_cycle", "2025-10-07", "3.14"),
        ("Python 3.12", "latest_version", "2025-04-07", "3.12.9"),
        ("Python 3.12", "release_date", "2025-04-07", "2023-10-02"),
        ("Python 3.12", "lts", "2025-04-07", "no"),
        ("Python 3.12", "end_of_life", "2025-04-07", "2028-10-31"),
        ("Ruby 3.1", "end_of_life", "2025-01-01", "2025-03-26"),
        ("Ruby 3.1", "supported", "2025-03-26", "yes"),
        ("Ruby 3.1", "supported", "2025-03-27", "no"),
        ("OpenSSL 3.0", "lts", "2025-01-01", "yes"),
    ],
)
def test_what_is_known_from_elsewhere_stands_in_the_facts(
    built: Path, subject: str, attribute: str, day: str, value: str
) -> None:
    history = load_facts(built / "facts.csv").get(subject, attribute)

    assert history is not None
    assert [fact.value for fact in history.current(parse_day(day))] == [value]


def test_nothing_in_the_world_is_later_than_its_last_day(tmp_path: Path) -> None:
    until = date(2025, 12, 31)
    build_releases(EXCERPT, until, tmp_path, SEED)

    timeline = load_facts(tmp_path / "facts.csv")
    assert max(fact.valid_from for history in timeline for fact in history.facts) <= until
    assert list(timeline.until(until)) == list(timeline)
    assert max(document.day for document in load_corpus(tmp_path / "documents.jsonl")) <= until


@pytest.mark.skipif(not SOURCE.is_dir(), reason="the source tables are not beside the repository")
def test_the_shipped_world_is_the_one_that_its_readme_says_how_to_build(tmp_path: Path) -> None:
    report = build_releases(SOURCE, UNTIL, tmp_path, SEED)

    assert _digests(tmp_path) == _digests(FIXTURE)
    assert f"--seed {SEED} " in (FIXTURE / "README.md").read_text(encoding="utf-8")
    assert str(sum(report.documents.values())) in str(report)


def _copy(folder: Path) -> Path:
    return Path(shutil.copytree(EXCERPT, folder / "source"))


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    source = _copy(tmp_path)
    (source / "versions.csv").unlink()

    with pytest.raises(DataError, match=r"versions\.csv: no such file"):
        build_releases(source, UNTIL, tmp_path / "out", SEED)


def test_bad_rows_of_all_tables_are_named_at_once(tmp_path: Path) -> None:
    source = _copy(tmp_path)
    with (source / "cycles.csv").open("a") as cycles:
        cycles.write("python,9.9,someday,,,false,,\npython,9.9,2026-01-01,,,perhaps,,\n")
    with (source / "versions.csv").open("a") as versions:
        versions.write("python,9.9.9,\n")

    with pytest.raises(DataError) as caught:
        build_releases(source, UNTIL, tmp_path / "out", SEED)

    lines = str(caught.value).splitlines()
    assert [line.partition(": ")[2] for line in lines] == [
        "'someday' is no day; write it as 2025-08-22",
        "lts is 'perhaps', neither true nor false",
        "'' is no day; write it as 2025-08-22",
    ]


def test_a_world_without_products_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no product of the tables is fit"):
        build_releases(EXCERPT, date(2020, 1, 1), tmp_path, SEED)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(DataError, match="file: cannot be written"):
        build_releases(EXCERPT, UNTIL, tmp_path / "file", SEED)
