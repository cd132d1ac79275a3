from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import RunError
from harness.running.folder import RunFolder, load_run
from harness.running.progress import Progress
from harness.running.runner import Options

if TYPE_CHECKING:
    import scripted
else:
    scripted = pytest.importorskip("scripted")
