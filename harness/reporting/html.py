"""The report as one self-contained HTML file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.errors import RunError
from harness.reporting.untrusted import excerpt
from harness.reporting.view import ReportView, report_view
from harness.statistics.hygiene import Hygiene
from harness.statistics.results import Results

if TYPE_CHECKING:
    from harness.decision.claims import ClaimVerdict
    from harness.decision.recommend import Recommendation
    from harness.gates import GateReport
    from harness.running.folder import LoadedRun

_LONGEST = 4000
_TEMPLATES = Path(__file__).parent / "templates"


def write_report(
    run: LoadedRun,
    results: Results,
    path: Path,
    *,
    claims: Sequence[ClaimVerdict] | None = None,
    recommendation: Recommendation | None = None,
    hygiene: Hygiene | None = None,
    gates: GateReport | None = None,
) -> Path:
    """Write the report of a run to `path`, all or nothing; the same input gives the same bytes.

    Missing folders are made. Raises `RunError` when the file cannot be written.
    """
    view = report_view(
        run,
        results,
        claims=claims,
        recommendation=recommendation,
        hygiene=hygiene,
        gates=gates,
    )
    _write(path, render(view))
    return path


def render(view: ReportView) -> str:
    """The HTML of a view.

    The style sheet is the only thing the page's content security policy admits, by its hash:
    should an answer ever slip through the escaping, the browser runs and loads nothing of it.
    """
    css = _TEMPLATES.joinpath("report.css").read_text(encoding="utf-8")
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(view=view, css=Markup(css), css_hash=_csp_hash(css))  # noqa: S704  (our own file)
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _printable(value: object) -> object:
    """Every text that a template prints passes here: made visible, and none without an end."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    printed = excerpt(value, _LONGEST)
    return f"{printed.text} ({printed.omitted})" if printed.omitted else printed.text


def _csp_hash(css: str) -> str:
    digest = hashlib.sha256(css.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=path.parent, delete=False
        ) as file:
            file.write(text)
        temporary = Path(file.name)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise RunError(
            f"{path}: the report cannot be written: {error.strerror or error}"
        ) from error
