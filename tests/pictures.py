"""Pictures of a report in a real browser, for people to look at: `tox -e pictures -- [REPORT] [--out DIR]`.

A report is far longer than a screen, so each look is cut into pictures of one length, `wide-01.png` and so on.
Without a path the newest report under `reports/latest` is taken. `--readme` writes the picture of the first
screen that the README shows instead.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT: Final = Path(__file__).resolve().parents[1]
LATEST: Final = ROOT / "reports" / "latest"
README_PICTURE: Final = ROOT / "docs" / "report.png"
GENERATOR: Final = b'content="harness report"'
SLICE: Final = 1800  # CSS pixels a picture is high
LOADING: Final = 120_000  # ms


class PicturesError(Exception):
    """What a user must change, in one line."""


@dataclass(frozen=True, slots=True)
class Look:
    """A width in CSS pixels, a colour scheme and a medium."""

    name: str
    width: int
    scheme: Literal["light", "dark"] = "light"
    medium: Literal["screen", "print"] = "screen"


# Print is as wide as A4 between its margins, at 96 dots to the inch.
LOOKS: Final = (
    Look("wide", 1280),
    Look("narrow", 375),
    Look("dark", 1280, scheme="dark"),
    Look("print", 718, medium="print"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the pictures that the command line asks for; 2 where it cannot be done."""
    parser = argparse.ArgumentParser(prog="pictures", description="Pictures of a report.")
    parser.add_argument("report", nargs="?", type=Path, help="default: newest in reports/latest")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "pictures", metavar="DIR")
    parser.add_argument(
        "--readme", action="store_true", help="write docs/report.png, 1024 x 880, and no other"
    )
    given = parser.parse_args(arguments)
    try:
        report = checked(given.report or newest(LATEST))
        with opened() as browser:
            if given.readme:
                made = [first_screen(browser, report, README_PICTURE)]
            else:
                made = [
                    path for look in LOOKS for path in pictures(browser, report, look, given.out)
                ]
    except PicturesError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stdout.writelines(f"{path}\n" for path in made)
    return 0


def newest(folder: Path) -> Path:
    """The report in and below `folder` that was written last."""
    found = [path for path in folder.rglob("*.html") if is_report(path)]
    if not found:
        raise PicturesError(
            f"{folder} has no report: name one, or write it with harness compare SUITE --report FILE"
        )
    return max(found, key=lambda path: (path.stat().st_mtime_ns, path.as_posix()))


def checked(path: Path) -> Path:
    """`path`, absolute, if a report lies there."""
    if not path.is_file():
        raise PicturesError(f"{path}: no such file; name the HTML file of a report")
    if not is_report(path):
        raise PicturesError(f"{path}: not a report; write one with harness report RUN --html FILE")
    return path.resolve()


def is_report(path: Path) -> bool:
    """Whether the head of the page says so (an index of reports does not)."""
    with path.open("rb") as file:
        return GENERATOR in file.read(20_000)


@contextmanager
def opened() -> Iterator[Browser]:
    """Debian's Chromium, or that at `HARNESS_CHROMIUM`."""
    try:
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415  (not everywhere)
    except ImportError:
        raise PicturesError(
            "playwright is not installed: use tox -e pictures, or pip install playwright"
        ) from None
    chromium = os.environ.get("HARNESS_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        raise PicturesError(
            "there is no chromium on the path: install it, or name its file in HARNESS_CHROMIUM"
        )
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
            )
        except Error as error:
            reason = error.message.strip().partition("\n")[0]
            raise PicturesError(f"{chromium} does not start: {reason}") from None
        yield browser
        browser.close()


def pictures(browser: Browser, report: Path, look: Look, folder: Path) -> list[Path]:
    """The whole report in one look, from top to bottom; older pictures of that look are removed."""
    made_ready(folder)
    for old in folder.glob(f"{look.name}-[0-9][0-9].png"):
        old.unlink()
    with loaded(browser, report, look, SLICE) as page:
        height = page.evaluate("document.documentElement.scrollHeight")
        made = []
        for number, top in enumerate(range(0, height, SLICE), 1):
            path = folder / f"{look.name}-{number:02}.png"
            # Scrolled to, as a reader would: to draw the whole page for every picture takes minutes.
            page.evaluate("top => window.scrollTo({top, behavior: 'instant'})", top)
            rest = min(SLICE, height - top)
            clip = {"x": 0, "y": SLICE - rest, "width": look.width, "height": rest}
            page.screenshot(path=path, clip=clip)
            made.append(path)
    return made


def first_screen(browser: Browser, report: Path, path: Path) -> Path:
    """What a reader sees before anything is scrolled, 1024 x 880."""
    made_ready(path.parent)
    with loaded(browser, report, Look("readme", 1024), 880) as page:
        page.screenshot(path=path)
    return path


@contextmanager
def loaded(browser: Browser, report: Path, look: Look, height: int) -> Iterator[Page]:
    """The report in that look, with its fonts there and its explorer unpacked."""
    context = browser.new_context(
        viewport={"width": look.width, "height": height}, color_scheme=look.scheme, offline=True
    )
    page = context.new_page()
    page.emulate_media(media=look.medium, color_scheme=look.scheme)
    page.goto(report.as_uri(), timeout=LOADING)
    page.evaluate("document.fonts.ready.then(() => true)")
    yield page
    context.close()


def made_ready(folder: Path) -> None:
    """Make `folder` where it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PicturesError(f"{folder}: cannot be made: {error.strerror}") from None


if __name__ == "__main__":
    sys.exit(main())
