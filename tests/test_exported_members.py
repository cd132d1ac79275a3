import ast
import subprocess
import sys
from pathlib import Path

import harness


def test_every_public_name_can_be_imported() -> None:
    for name in harness.__all__:
        assert getattr(harness, name).__name__ == name


def test_the_names_for_type_checkers_are_the_names_at_run_time() -> None:
    tree = ast.parse(Path(str(harness.__file__)).read_text(encoding="utf-8"))
    declared = {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("harness.")
        for alias in node.names
        if alias.asname is not None
    }
    assert declared == set(harness.__all__)


def test_importing_harness_and_its_plugin_imports_nothing_heavy() -> None:
    heavy = [
        "aiohttp",
        "duckdb",
        "fsspec",
        "numpy",
        "scipy",
        "datasets",
        "lancedb",
        "pyarrow",
        "torch",
        "transformers",
    ]
    program = (
        "import sys; before = set(sys.modules); import harness, harness.plugin, harness.cli; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
