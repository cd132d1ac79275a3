from __future__ import annotations

import sys
from pathlib import Path

# `planted` makes runs and results by rule for this folder's tests.
sys.path.insert(0, str(Path(__file__).resolve().parent))
