"""Pictures of a report: what is made, how large it is, and what is said where nothing can be."""

from __future__ import annotations

import os
import shutil
import struct
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import pictures

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="generator" content="harness report"><title>A report</title>
<style>body{margin:0} main{height:2000px} @media print{main{height:1800px}}
@media(prefers-color-scheme:dark){body{background:#000}}</style></head>
<body><main>Answers</main></body></html>"""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


@pytest.fixture
def chromium() -> None:
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not (os.environ.get("HARNESS_CHROMIUM") or shutil.which("chromium")):
        pytest.skip("there is no chromium on the path")


def size(path: Path) -> tuple[int, int]:
    """Width and height as the head of a PNG file has them."""
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


@pytest.mark.usefixtures("chromium")
def test_the_whole_report_is_taken_in_every_look(report: Path, tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    folder.mkdir(parents=True)
    (folder / "wide-07.png").touch()
    (folder / "mine.png").touch()
    assert pictures.main([str(report), "--out", str(folder)]) == 0
    sizes = {path.name: size(path) for path in folder.glob("*-*.png")}
    assert sizes == {
        "wide-01.png": (1280, 1800),
        "wide-02.png": (1280, 200),
        "narrow-01.png": (375, 1800),
        "narrow-02.png": (375, 200),
        "dark-01.png": (1280, 1800),
        "dark-02.png": (1280, 200),
        "print-01.png": (718, 1800),
    }
    assert (folder / "mine.png").exists()
    assert (folder / "dark-02.png").read_bytes() != (folder / "wide-02.png").read_bytes()


@pytest.mark.usefixtures("chromium")
def test_the_picture_of_the_readme_is_one_screen(
    report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "README_PICTURE", tmp_path / "docs" / "report.png")
    assert pictures.main([str(report), "--readme"]) == 0
    assert size(tmp_path / "docs" / "report.png") == (1024, 880)
    assert size(pictures.ROOT / "docs" / "report.png") == (1024, 880)


def test_without_a_path_the_newest_report_is_taken(report: Path, tmp_path: Path) -> None:
    older = tmp_path / "before" / "index.html"
    older.parent.mkdir()
    older.write_text(PAGE, encoding="utf-8")
    os.utime(older, (0, 0))
    (tmp_path / "index.html").write_text("<title>An index</title>", encoding="utf-8")
    assert pictures.newest(tmp_path) == report


def test_what_cannot_be_done_is_said_in_one_line(
    report: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = tmp_path / "other.html"
    other.write_text("<title>Not one</title>", encoding="utf-8")
    empty = tmp_path / "empty"
    monkeypatch.setattr(pictures, "LATEST", empty)
    cases = {
        (): f"{empty} has no report: name one",
        (str(tmp_path / "none.html"),): "none.html: no such file",
        (str(other),): "other.html: not a report",
    }
    if (browser := shutil.which("false")) is not None:
        pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
        monkeypatch.setenv("HARNESS_CHROMIUM", browser)
        cases[str(report),] = "does not start"
    for arguments, message in cases.items():
        assert pictures.main(arguments) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("error: ")
        assert message in said.err
        assert said.err.count("\n") == 1
