# ruff: noqa: PLR2004 - shares of a mix are literal

"""Version schemes: release cycles of an invented product and the versions within each cycle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from harness.models.lab.synthetic.values import stem

__all__ = ["Scheme", "scheme", "version"]


@dataclass(frozen=True)
class Scheme:
    """Cycles in the order in which they opened, and the suffix form of their versions."""

    cycles: tuple[str, ...]
    form: str

    def version(self, r: Random, cycle: str, step: int) -> str:
        """Return a version of `cycle`; a greater `step` is a later version."""
        patch = step * 3 + r.randint(0, 2)
        return self.form.format(c=cycle, p=patch, q=r.randint(0, 9), b=r.randint(1, 4))


_SMALL = (0, 9)
_LARGE = (10, 48)


def _number(r: Random) -> int:
    return r.randint(*(_SMALL if r.random() < 0.6 else _LARGE))


def _majors(r: Random, count: int) -> Scheme:
    start = r.randint(1, 40)
    cycles = tuple(str(start + i) for i in range(count))
    return Scheme(cycles, r.choice(("{c}.{p}", "{c}.{q}.{p}", "{c}.0.{p}", "{c}.0.{p}+{q}")))


def _minors(r: Random, count: int) -> Scheme:
    major, start, stride = r.randint(0, 14), _number(r), r.choice((1, 1, 1, 2))
    cycles = tuple(f"{major}.{start + i * stride}" for i in range(count))
    return Scheme(cycles, r.choice(("{c}.{p}", "{c}.{p}", "{c}.{p}", "{c}.{p}-rc{b}", "{c}.0.{p}")))


def _zeros(r: Random, count: int) -> Scheme:
    start = r.randint(1, 20)
    cycles = tuple(f"{start + i}.0" for i in range(count))
    return Scheme(cycles, r.choice(("{c}.{p}", "{c}.{p}", "{c}.{p}.{q}")))


def _calendar(r: Random, count: int) -> Scheme:
    year, month = r.randint(14, 24), r.choice(("04", "10", "03", "11", "06"))
    cycles = tuple(f"{year + i}.{month}" for i in range(count))
    return Scheme(cycles, r.choice(("{c}.{p}", "{c}.{p}", "{c}-{p}")))


def _years(r: Random, count: int) -> Scheme:
    year, part = r.randint(2014, 2024), r.randint(1, 6)
    if r.random() < 0.4:
        return Scheme(
            tuple(str(year + i) for i in range(count)), r.choice(("{c}.{p}", "{c}.{q}.{p}"))
        )
    return Scheme(tuple(f"{year + i // 2}.{part + i}" for i in range(count)), "{c}.{p}")


def _revisions(r: Random, count: int) -> Scheme:
    letter, start = r.choice("RrVv"), r.randint(1, 30)
    return Scheme(
        tuple(f"{letter}{start + i}" for i in range(count)), r.choice(("{c}.{p}", "{c}-{p}"))
    )


def _triples(r: Random, count: int) -> Scheme:
    major, minor, start = r.randint(0, 20), r.randint(0, 20), r.randint(0, 9)
    return Scheme(tuple(f"{major}.{minor}.{start + i}" for i in range(count)), "{c}.{p}")


def _named(r: Random, count: int) -> Scheme:
    word, start = stem(r), r.randint(2, 20)
    cycles = tuple(f"{word}-{r.choice(('', 's', 'x', 'a'))}{start + i}" for i in range(count))
    return Scheme(cycles, "{c}.{p}")


_SCHEMES: tuple[Callable[[Random, int], Scheme], ...] = (
    *(_minors,) * 7,
    *(_majors,) * 5,
    _zeros,
    _calendar,
    _calendar,
    _years,
    _years,
    _revisions,
    _triples,
    _named,
)


def scheme(r: Random, count: int = 4) -> Scheme:
    """Return a version scheme with `count` cycles."""
    return r.choice(_SCHEMES)(r, count)


def version(r: Random) -> str:
    """Return a version of no particular product."""
    found = scheme(r, 1)
    return found.version(r, found.cycles[0], r.randint(0, 8))
