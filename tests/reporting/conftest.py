from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# `planted` makes runs and results by rule for this folder's tests; `queues` is for load tests.
here = Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parent)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real one; where there is none, the tests that look at pages are skipped."""
    chromium = os.environ.get("HARNESS_CHROMIUM") or shutil.which("chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if chromium is None:
        pytest.skip("there is no chromium on the path")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()
