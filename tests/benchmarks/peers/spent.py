"""Runs a command and writes what it and its children took: `spent.py FILE COMMAND ...`.

Starting from an interpreter this small keeps the memory of whoever measures out of the figure: a new
process inherits the peak of the one that started it.
"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

target, *command = sys.argv[1:]
code = subprocess.call(command)  # noqa: S603  (what we are asked to run)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
told = {"cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * 1024}
Path(target).write_text(json.dumps(told), encoding="utf-8")
os._exit(code if code >= 0 else 1)
