from __future__ import annotations

import sys
from pathlib import Path

# `making` makes snapshots for this folder; `planting` makes runs for several folders of tests.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parent.parent)]
