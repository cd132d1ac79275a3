"""The plain table in which the terminal shows figures."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

__all__ = ["plain_table"]


def plain_table(title: str | Text | None = None, *, expand: bool = False) -> Table:
    """Return a table without columns yet: a rule below the headings, and as narrow as can be."""
    return Table(
        title=Text(title) if isinstance(title, str) else title,
        title_justify="left",
        title_style="",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
        pad_edge=False,
        expand=expand,
    )
