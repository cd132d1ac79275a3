from __future__ import annotations

import sys
from pathlib import Path

# `scored_runs` and `stub_judge` are for this folder's tests, `searching` and `loopback` for several.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parent.parent)]
