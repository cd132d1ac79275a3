from __future__ import annotations

import sys
from pathlib import Path

# `queueing` simulates servers, `scripted` has systems that misbehave, `virtual_time` needs no time.
here = Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parent), str(here.parents[1])]
