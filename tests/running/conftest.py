from __future__ import annotations

import sys
from pathlib import Path

# `scripted` holds systems that worker processes import too, by name; `virtual_time` is shared by
# several folders of tests.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
