from __future__ import annotations

import sys
from pathlib import Path

# `planted` makes runs and results by rule for this folder's tests; `queues` is for load tests.
here = Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parent)]
