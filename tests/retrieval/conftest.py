from __future__ import annotations

import sys
from pathlib import Path

# Test folders are no packages; the helper beside the tests is shared with the benchmarks.
sys.path.insert(0, str(Path(__file__).parent))
