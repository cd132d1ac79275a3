"""From results to something a person can read: one HTML file, a Markdown summary, a console table."""

from harness.reporting.console import summary_table
from harness.reporting.html import write_report
from harness.reporting.markdown import markdown_summary

__all__ = ["markdown_summary", "summary_table", "write_report"]
