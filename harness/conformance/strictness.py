"""How well the strictness scorer agrees with instances that are labelled valid or invalid.

A file holds a schema and its cases a line: {"schema": ..., "cases": [{"valid": true, "instance":
...}]}, and may name them with "id". The draft is the one that `$schema` declares.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, DataError
from harness.scoring.strictness import check_format, grade
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import rate
from harness.world.formats import Draft, JsonSchema, declared_draft
from harness.world.problems import Problem, refuse
from harness.world.rows import read_json_lines

__all__ = ["JudgedCase", "RefusedSchema", "StrictnessConformance", "strictness_conformance"]


@dataclass(frozen=True, slots=True)
class JudgedCase:
    """A labelled instance with what the scorer says: accepted (raw, with every format) or not.

    `crash` is the error that it died of.
    `line` is its schema's line in the file, `number` its place among the cases there, from 1.
    """

    line: int
    number: int
    schema: str
    draft: Draft
    valid: bool
    accepted: bool
    reason: str = ""
    crash: str = ""


@dataclass(frozen=True, slots=True)
class RefusedSchema:
    """A schema that is invalid itself, so that its cases cannot be judged."""

    line: int
    schema: str
    reason: str
    cases: int


@dataclass(frozen=True, slots=True)
class StrictnessConformance:
    """All cases of a file. `agreement` is of those judged; the groups are the schemas."""

    cases: tuple[JudgedCase, ...]
    refused: tuple[RefusedSchema, ...]
    agreement: Estimate

    @property
    def crashes(self) -> tuple[JudgedCase, ...]:
        """The cases at which the scorer raised."""
        return tuple(case for case in self.cases if case.crash)

    @property
    def false_accepts(self) -> tuple[JudgedCase, ...]:
        """Invalid instances that were accepted."""
        return tuple(case for case in self.cases if case.accepted and not case.valid)

    @property
    def false_rejects(self) -> tuple[JudgedCase, ...]:
        """Valid instances that were not accepted, without a crash."""
        return tuple(c for c in self.cases if c.valid and not c.accepted and not c.crash)

    @property
    def drafts(self) -> Mapping[Draft, int]:
        """How many cases were judged in each draft, the most frequent first."""
        return dict(Counter(case.draft for case in self.cases).most_common())


def strictness_conformance(
    path: Path | str, *, default_draft: Draft = "2020-12"
) -> StrictnessConformance:
    """Grade every labelled instance of a file and compare with its label.

    `default_draft` counts where a schema declares none.

    Raises:
        DataError: the file is missing or rows are wrong; they are named by file and line.
    """
    path = Path(path)
    cases: list[JudgedCase] = []
    refused: list[RefusedSchema] = []
    problems: list[Problem] = []
    for line, row in read_json_lines(path, problems):
        try:
            name, schema, labelled = _row(line, row)
        except DataError as error:
            problems.append(Problem(str(path), line, str(error)))
            continue
        try:
            form = JsonSchema(name, schema, declared_draft(schema, default_draft))
            check_format(form)
        except (ConfigError, DataError) as error:
            reason = " ".join(str(error).split()).removeprefix(f"output format {name!r}: ")
            refused.append(RefusedSchema(line, name, reason, len(labelled)))
            continue
        cases.extend(_judged(line, form, labelled))
    refuse(problems)
    if not cases and not refused:
        raise DataError(f"{path}: has no cases")
    agrees = [case.accepted == case.valid and not case.crash for case in cases]
    return StrictnessConformance(
        tuple(cases), tuple(refused), rate(agrees, [case.line for case in cases])
    )


def _row(line: int, row: Mapping[str, Any]) -> tuple[str, Any, list[Mapping[str, Any]]]:
    for key in ("schema", "cases"):
        if key not in row:
            raise DataError(f"the key {key!r} is missing")
    if not isinstance(row["schema"], dict | bool):
        raise DataError("'schema' must be an object, true or false")
    labelled = row["cases"]
    if not isinstance(labelled, list):
        raise DataError("'cases' must be a list")
    for number, case in enumerate(labelled, 1):
        if not (isinstance(case, dict) and isinstance(case.get("valid"), bool)):
            raise DataError(f"case {number}: 'valid' must be true or false")
        if "instance" not in case:
            raise DataError(f"case {number}: the key 'instance' is missing")
    return str(row.get("id") or f"line {line}"), row["schema"], labelled


def _judged(line: int, form: JsonSchema, labelled: list[Mapping[str, Any]]) -> Iterator[JudgedCase]:
    for number, case in enumerate(labelled, 1):
        accepted, reason, crash = False, "", ""
        text = json.dumps(case["instance"])
        try:
            graded = grade(text, form, right=True)
        except Exception as error:  # noqa: BLE001  (that it never raises is what is measured)
            crash = f"{type(error).__name__}: {error}"
        else:
            accepted = graded.raw and graded.formats_valid
            reason = "; ".join(f"{v.path or '/'} {v.rule}" for v in graded.violations[:3])
        yield JudgedCase(
            line, number, form.name, form.draft, case["valid"], accepted, reason, crash
        )
