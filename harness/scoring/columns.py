"""CSV and XML with declared columns: read strictly, each broken rule named with its place."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException, ElementTree

from harness.errors import ConfigError
from harness.scoring.jsontext import fenced
from harness.scoring.score import Violation
from harness.world.formats import Csv, Xml

__all__ = ["Records", "check_columns", "read_records"]

_MAX_MESSAGE: Final = 200
_MAX_VIOLATIONS: Final = 50


@dataclass(frozen=True, slots=True)
class Records:
    """What was read: the texts of the value column, and what is not as declared.

    `parsed` is False where the text is no XML, or no CSV under the declared header: without that,
    any line of prose would be a CSV of one column.
    """

    values: tuple[str, ...]
    violations: tuple[Violation, ...]
    parsed: bool = True


def check_columns(output_format: Csv | Xml) -> None:
    """Refuse columns that no answer could be graded by.

    Raises:
        ConfigError: none, one twice, the value column is none of them, a delimiter of several
            characters, a name that is none in XML.
    """
    columns, kind = output_format.columns, type(output_format).__name__.lower()
    where = f"output format {kind!r}"
    if not columns:
        raise ConfigError(f"{where} has no columns")
    twice = next((name for name, count in Counter(columns).items() if count > 1), None)
    if twice is not None:
        raise ConfigError(f"{where} has the column {twice!r} twice")
    if output_format.value_column not in columns:
        raise ConfigError(
            f"{where}: value_column {output_format.value_column!r} is none of "
            f"the columns {', '.join(columns)}"
        )
    if isinstance(output_format, Csv):
        if len(output_format.delimiter) != 1 or output_format.delimiter in '"\r\n':
            raise ConfigError(f"{where}: {output_format.delimiter!r} cannot be a delimiter")
        return
    for name in (output_format.root, output_format.row, *columns):
        if not _is_name(name):
            raise ConfigError(f"{where}: {name!r} cannot be the name of an element")


def read_records(text: str, output_format: Csv | Xml) -> tuple[Records, bool]:
    """The records of a text, else of the first fenced block in it, and whether it was the text."""
    whole = _records(text, output_format)
    if not whole.parsed:
        for block in fenced(text):
            within = _records(block.strip("\r\n"), output_format)
            if within.parsed:
                return within, False
    return whole, True


def _records(text: str, output_format: Csv | Xml) -> Records:
    if isinstance(output_format, Csv):
        return _read_csv(text, output_format)
    return _read_xml(text, output_format)


def _read_csv(text: str, output_format: Csv) -> Records:
    """The records of a CSV text under its header."""
    lines = io.StringIO(text, newline="")
    try:
        read = csv.reader(lines, delimiter=output_format.delimiter, strict=True)
        rows = list(read)
    except csv.Error as error:
        return _unparsed(str(error), "field-limit" if "limit" in str(error) else "syntax")
    columns = output_format.columns
    rows[1:] = [row for row in rows[1:] if row]  # an empty line is no record
    if not rows or tuple(rows[0]) != columns:
        return _unparsed(f"the header is not {','.join(columns)}", "header")
    broken: list[Violation] = []
    if len(rows) == 1:
        broken.append(Violation("records", "", "there is no record"))
    for number, row in enumerate(rows[1:], 1):
        if len(row) != len(columns) and len(broken) < _MAX_VIOLATIONS:
            message = f"{len(row)} fields instead of {len(columns)}"
            broken.append(Violation("fields", f"/{number}", message))
    place = columns.index(output_format.value_column)
    values = tuple(row[place] for row in rows[1:] if place < len(row))
    return Records(values, tuple(broken))


def _read_xml(text: str, output_format: Xml) -> Records:
    """The rows of an XML text; document types and entities of its own are refused."""
    try:
        root = ElementTree.fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        return _unparsed("declares a document type or entities")
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        return _unparsed(str(error))
    broken = islice(_broken(root, output_format), _MAX_VIOLATIONS)
    found = (row.find(output_format.value_column) for row in root.findall(output_format.row))
    values = tuple((element.text or "").strip() for element in found if element is not None)
    return Records(values, tuple(broken))


def _broken(root: Element, output_format: Xml) -> Iterator[Violation]:
    yield from _not_only_elements(root, "")
    if root.tag != output_format.root:
        yield Violation("root", "", f"the root is {_short(root.tag)}, not {output_format.root}")
    if not len(root):
        yield Violation("records", "", f"there is no {output_format.row}")
    for number, row in enumerate(root, 1):
        path = f"/{number}"
        if row.tag != output_format.row:
            yield Violation("row", path, f"is {_short(row.tag)}, not {output_format.row}")
            continue
        yield from _not_only_elements(row, path)
        found = Counter(element.tag for element in row)
        for name in output_format.columns:
            if found[name] != 1:
                yield Violation("column", f"{path}/{name}", f"is there {found[name]} times")
        for name in found.keys() - set(output_format.columns):
            yield Violation("column", path, f"{_short(name)} is no declared column")
        for element in row:
            if len(element) or element.attrib:
                place = f"{path}/{_short(element.tag)}"
                yield Violation("text", place, "holds elements or attributes, not text alone")


def _not_only_elements(element: Element, path: str) -> Iterator[Violation]:
    """Text between the elements of one that shall hold elements only, and attributes."""
    around = [element.text, *(child.tail for child in element)]
    if element.attrib or any(text and text.strip() for text in around):
        yield Violation("elements", path, "holds text or attributes, not elements alone")


def _unparsed(message: str, rule: str = "syntax") -> Records:
    return Records((), (Violation(rule, "", message[:_MAX_MESSAGE]),), parsed=False)


def _short(name: object) -> str:
    return str(name)[:_MAX_MESSAGE]


def _is_name(name: str) -> bool:
    try:
        return bool(ElementTree.fromstring(f"<{name}/>").tag == name)
    except (ElementTree.ParseError, ValueError):
        return False
