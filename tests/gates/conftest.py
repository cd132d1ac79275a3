from __future__ import annotations

import sys
from pathlib import Path

# `planting` makes runs with a planted truth for several folders of tests.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
