"""From results to something a person can read: one HTML file, a Markdown summary, a console table.

The names are imported when first used: progress is shown without any of them.
"""

from typing import TYPE_CHECKING

from harness.lazy import from_homes

if TYPE_CHECKING:
    from harness.reporting.console import summary_table
    from harness.reporting.html import write_report
    from harness.reporting.markdown import markdown_summary

__all__ = ["markdown_summary", "summary_table", "write_report"]

__getattr__ = from_homes(
    __name__,
    {
        "harness.reporting.console": ("summary_table",),
        "harness.reporting.html": ("write_report",),
        "harness.reporting.markdown": ("markdown_summary",),
    },
)
