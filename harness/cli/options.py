"""Options that several commands have, and how what is given for an option is read."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from harness.errors import ConfigError


def check_target(parameter: typer.CallbackParam, path: Path | str | None) -> Path | str | None:
    """The file that will be written; what keeps it from being written is said before anything is asked.

    Missing folders are made when it is written.
    """
    if path is None or path == "-":
        return path
    file = Path(path)
    folder = next(place for place in file.absolute().parents if place.exists())
    if file.is_dir():
        problem = "is a folder"
    elif not folder.is_dir():
        problem = f"cannot be written: {folder} is no folder"
    elif not os.access(file if file.exists() else folder, os.W_OK):
        problem = "cannot be written: permission denied"
    else:
        return path
    raise ConfigError(f"{parameter.opts[0]}: {path} {problem}")


JsonOption = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="FILE|-",
        help="Also write the figures as JSON; - is stdout.",
        callback=check_target,
    ),
]
ReportOption = Annotated[
    Path | None,
    typer.Option(help="Where to write the report (default: in the run).", callback=check_target),
]

INCONCLUSIVE = ("fail", "warn", "pass")
"""What a gate that is inconclusive may do."""

CacheOption = Annotated[
    bool,
    typer.Option("--cache", help="Take answers that were given before; they have no latency."),
]
BudgetOption = Annotated[
    str | None,
    typer.Option(metavar="USD", help="Stop before answers have cost more, such as 5usd."),
]
StorageOption = Annotated[
    str,
    typer.Option(
        metavar="DIR|URL",
        envvar="HARNESS_HISTORY",
        help="Where saved runs lie: a folder, or a URL that fsspec knows.",
    ),
]
SuiteOption = Annotated[
    str | None, typer.Option(metavar="SUITE", help="Only saved runs of this suite.")
]


def read_names(text: str | None) -> tuple[str, ...] | None:
    """Names between commas; None where nothing is given."""
    return tuple(name.strip() for name in text.split(",")) if text else None


def read_share(text: str | None) -> float | None:
    """`10%` or `0.1` as a number."""
    if text is None:
        return None
    number = text.strip().removesuffix("%")
    try:
        return float(number) / (100 if text.strip().endswith("%") else 1)
    except ValueError as error:
        raise ConfigError(f"--sample: {text!r} is no share: write it as 10% or 0.1") from error


def read_budget(text: str | None) -> float | None:
    """US dollars; None where nothing is given."""
    return None if text is None else read_usd("budget", text)


def read_usd(option: str, text: str) -> float:
    """`5usd`, `$5` or `5` as a number."""
    number = text.strip().lower().removeprefix("$").removesuffix("usd").strip()
    try:
        return float(number)
    except ValueError as error:
        raise ConfigError(
            f"--{option}: {text!r} is no amount of US dollars: write it as 5usd"
        ) from error


def read_day(text: str) -> date:
    """A day as it stands in the calendar; raises `ConfigError` where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no day: write it as 2026-08-22") from error


def read_days(text: str | None) -> tuple[date, ...] | str | None:
    """Days between commas, or the word `all`."""
    if text is None or text == "all":
        return text
    return tuple(read_day(part.strip()) for part in text.split(","))


def read_rates(text: str | None) -> tuple[float, ...] | None:
    """Requests a second, between commas."""
    try:
        return tuple(map(float, text.split(","))) if text else None
    except ValueError:
        raise ConfigError(f"--rates: {text!r} are no rates: write them as 1,2.5,4") from None


def read_time(name: str, text: str) -> float:
    """Seconds, from `0.5`, `0.5s` or `500ms`."""
    number, factor = text.removesuffix("s"), 1.0
    if number.endswith("m"):
        number, factor = number.removesuffix("m"), 1000.0
    try:
        return float(number) / factor
    except ValueError:
        raise ConfigError(f"--{name}: {text!r} is no time: write it as 0.5 or 500ms") from None


def read_difference(text: str, metric: str) -> float:
    """`2pp`, `2%` or `0.02` of a rate, `50ms` of a time, `0.001usd` of a cost."""
    if metric.endswith("_rate"):
        number = text.strip().removesuffix("pp").removesuffix("%")
        try:
            return float(number) / (1 if number == text.strip() else 100)
        except ValueError:
            raise ConfigError(
                f"--difference: {text!r} is no difference of rates: write it as 2pp or 0.02"
            ) from None
    if metric.startswith("cost_"):
        return read_usd("difference", text)
    return read_time("difference", text)
