from __future__ import annotations

import sys
from pathlib import Path

# `scripted` holds systems that worker processes import too, by name.
sys.path.insert(0, str(Path(__file__).parent))
# `virtual_time` is shared by several folders of tests.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
