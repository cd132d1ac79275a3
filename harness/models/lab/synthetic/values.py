# ruff: noqa: PLR2004, SIM905 - shares of a mix and word lists are literal

"""Random names and values: what the sentences of the pretraining mix are about.

Names look like names of real products but are made of invented stems: a stem that occurs as a word
of any real title (`real_titles.txt`) is drawn again, so that no fact of a fixture can appear.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Final

__all__ = [
    "ENGLISH",
    "LICENSES",
    "STATUSES",
    "SUFFIXES",
    "advisory_id",
    "day",
    "day_before",
    "identifier",
    "person",
    "plain_words",
    "product_name",
    "quantity",
    "real_titles",
    "similar_name",
    "stem",
    "vendor_name",
]

_ONSETS: Final = (
    "b c d f g h j k l m n p r s t v w z br cr dr fl gr kl pl pr sk sl st tr qu ch sh th bl gl sp x y"
).split()
_VOWELS: Final = "a e i o u a e i o u ai ea io ou y ee oo".split()
_CODAS: Final = (*"n r l x s t k m d rn st nd p z ck ll ng".split(), *[""] * 12)
SUFFIXES: Final = (
    "Studio Server Gateway Cloud Engine Desktop Mobile Hub Agent Suite Core Connect Manager "
    "Monitor Proxy Vault Cache Queue Stream Search Sync Flow Builder Player Editor Browser Router "
    "Runtime Toolkit Library Framework Platform Database Client Console Pro Lite Enterprise CLI SDK "
    "API Linux OS Controller Operator Mesh Boot Operations Automation Analytics Appliance Backup "
    "Security Identity Services Data Center Edge Web Ingress Mail Virtual Storage Registry Bus"
).split()
_VENDORS: Final = (
    "Apache Apache Apache Apache Amazon Amazon Amazon Azure Google Microsoft Microsoft Oracle IBM "
    "VMware Eclipse HashiCorp Elastic GNU Open Red-Hat Spring JetBrains Adobe Cisco SAP Dell HPE "
    "Atlassian Alpine"
).split()
_PLATFORMS: Final = (
    "Linux Windows Docker Android macOS Java PHP Clusters Containers Desktops Teams Servers".split()
)
_ENDINGS: Final = "DB SQL OS JS QL X Kit Base Net Ops Hub Stack MQ VPN FS".split()
_LOWER: Final = "db cli js kit sdk core lib py ctl fs go rs ui".split()
_DOTTED: Final = ".js .js .js .io .NET .py .rb".split()
_COMPANY: Final = ("Systems", "Software", "Labs", "Inc.", "Networks", "Group", "Technologies", "")

ENGLISH: Final = (
    "amber blue bronze cedar copper coral crimson delta eagle east falcon gamma gold green harbor "
    "indigo ivory jade lake maple meadow north olive onyx opal orange pearl pine purple quartz red "
    "river silver south summit teal topaz violet west willow winter yellow anchor arrow barrel "
    "beacon bell bridge candle canyon castle cloud cobalt comet compass crane crystal ember fern "
    "field flint forest fox garden glacier granite hawk hazel horizon island kite lantern ledger "
    "light marble mirror moon nest ocean orbit otter path peak pilot pixel planet plume pocket "
    "prism rain raven ridge rocket root sable saddle sail shadow shell signal slate snow spark "
    "spruce star stone storm sun swift thunder tide tiger timber tower trail tree vale valley wave "
    "whale wind wing wolf wren"
).split()
LICENSES: Final = (
    "MIT Apache-2.0 GPL-3.0 GPL-2.0 BSD-3-Clause BSD-2-Clause MPL-2.0 AGPL-3.0 LGPL-2.1 ISC "
    "proprietary BSL-1.1 Unlicense EPL-2.0"
).split()
STATUSES: Final = (
    "active deprecated maintenance beta retired stable preview experimental archived discontinued "
    "alpha planned frozen"
).split()
_UNITS: Final = (
    "MB GB TB KB ms seconds minutes hours days weeks months years users requests nodes percent"
).split()


@cache
def real_titles() -> tuple[str, ...]:
    """Titles of real products: never in the mix, and the names that the evaluation asks about."""
    text = files(__package__).joinpath("real_titles.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line)


@cache
def _forbidden_stems() -> frozenset[str]:
    words = {word.lower() for title in real_titles() for word in re.split(r"[^A-Za-z]+", title)}
    whole = {re.sub(r"[^a-z]", "", title.lower()) for title in real_titles()}
    return frozenset(words | whole)


@cache
def _real_lowered() -> frozenset[str]:
    return frozenset(title.lower() for title in real_titles())


@cache
def plain_words() -> tuple[str, ...]:
    """Everyday words that are in no real title."""
    return tuple(word for word in ENGLISH if word not in _forbidden_stems())


def stem(r: Random, syllables: int | None = None, opening: str = "") -> str:
    """Return an invented lower-case word that is no word of a real title.

    `opening` replaces the first consonants: evaluations use openings that pretraining never has.
    """
    while True:
        count = syllables or r.choice((1, 2, 2, 2, 3))
        parts = [r.choice(_ONSETS) + r.choice(_VOWELS) + r.choice(_CODAS) for _ in range(count)]
        word = "".join(parts)
        if opening:
            word = opening + word.lstrip("bcdfghjklmnpqrstvwxyz")
        if word not in _forbidden_stems():
            return word


def _base(r: Random) -> str:
    if r.random() < 0.2:
        return r.choice(plain_words())
    if r.random() < 0.1:
        return _letters(r, string.ascii_lowercase, r.randint(3, 7))
    return stem(r)


def _acronym(r: Random) -> str:
    return _letters(r, string.ascii_uppercase, r.randint(2, 5))


def _letters(r: Random, alphabet: str, count: int) -> str:
    while True:
        word = "".join(r.choice(alphabet) for _ in range(count))
        if word.lower() not in _forbidden_stems():
            return word


@dataclass(frozen=True)
class _Stem:
    """A drawn leading word, and how to draw another."""

    word: str
    another: Callable[[Random], str]

    @property
    def title(self) -> str:
        return self.word.capitalize()


def _suffixed(r: Random, s: _Stem) -> str:
    return f"{s.title} {r.choice(SUFFIXES)}"


def _twice_suffixed(r: Random, s: _Stem) -> str:
    return f"{s.title} {r.choice(SUFFIXES)} {r.choice(SUFFIXES)}"


def _camel(r: Random, s: _Stem) -> str:
    return s.title + s.another(r).capitalize()


def _two_words(r: Random, s: _Stem) -> str:
    return f"{s.title} {s.another(r).capitalize()}"


def _lower(r: Random, s: _Stem) -> str:
    return s.word + r.choice(("-", "_", "", "-")) + r.choice((*_LOWER, stem(r, 1)))


def _acronym_suffixed(r: Random, _: _Stem) -> str:
    return f"{_acronym(r)} {r.choice(SUFFIXES)}"


def _linux(r: Random, s: _Stem) -> str:
    return f"{s.title} Linux" if r.random() < 0.6 else f"{s.title} Enterprise Linux"


def _for_platform(r: Random, s: _Stem) -> str:
    suffix = r.choice(SUFFIXES)
    return f"{s.title} {suffix} for {r.choice((*_PLATFORMS, s.another(r).capitalize()))}"


# Cumulative shares of the shapes that names of products take.
_SHAPES: Final[tuple[tuple[float, Callable[[Random, _Stem], str]], ...]] = (
    (0.22, lambda _, s: s.title),
    (0.38, _suffixed),
    (0.44, _twice_suffixed),
    (0.52, _camel),
    (0.57, _two_words),
    (0.63, _lower),
    (0.66, lambda _, s: s.word),
    (0.70, lambda r, _: _acronym(r)),
    (0.74, _acronym_suffixed),
    (0.80, lambda r, s: s.title + r.choice(_ENDINGS)),
    (0.84, lambda r, s: s.title + r.choice(_DOTTED)),
    (0.88, _linux),
    (0.92, _for_platform),
    (0.94, lambda r, s: f"{s.title} ({_acronym(r)})"),
    (0.96, lambda r, s: s.word + r.choice(_ENDINGS)),
    (0.98, lambda r, s: f"{s.title} {r.choice((365, 11, 2, 4, 3, 1, 100))}"),
    (1.00, lambda r, s: f"{s.title}-{r.choice(SUFFIXES)}"),
)


def _shape(r: Random, base: Callable[[Random], str]) -> str:
    share = r.random()
    shape = next(shape for bound, shape in _SHAPES if share < bound)
    return shape(r, _Stem(base(r), base))


def product_name(r: Random, base: Callable[[Random], str] = _base) -> str:
    """Return an invented product name in one of the shapes that real ones have.

    `base` draws the leading word where the shape has one.
    """
    while True:
        name = _shape(r, base)
        if r.random() < 0.16 and name[0].isupper():
            name = f"{r.choice(_VENDORS).replace('-', ' ')} {name}"
        if not _names_real_product(name):
            return name


@cache
def _generic_words() -> frozenset[str]:
    words = (*SUFFIXES, *_PLATFORMS, *_ENDINGS, *_LOWER, *_VENDORS, *_DOTTED, "red", "hat", "for")
    return frozenset(re.sub(r"[^a-z]", "", word.lower()) for word in words)


def _names_real_product(name: str) -> bool:
    """Tell whether the name is, holds or is made of words of a real title."""
    lowered = f" {name.lower()} "
    if any(f" {title} " in lowered for title in _real_lowered()):
        return True
    words = [word.lower() for word in re.split(r"[^A-Za-z]+", name) if word]
    own = [word for word in words if word not in _generic_words()]
    return not own or any(word in _forbidden_stems() for word in own)


def _is_real_title(name: str) -> bool:
    return name.lower() in _real_lowered()


def similar_name(r: Random, name: str) -> str:
    """Return another name that shares a part with `name`, as product families do.

    The result names no real product, unless `name` is one (as in the evaluation on real names):
    then it only is no real title itself.
    """
    refused = _is_real_title if _names_real_product(name) else _names_real_product
    while True:
        words = name.split(" ")
        kind = r.random()
        if kind < 0.45:
            other = f"{name} {r.choice(SUFFIXES)}"
        elif kind < 0.65 and len(words) > 1:
            other = " ".join([*words[:-1], r.choice(SUFFIXES)])
        elif kind < 0.8 and name[0].isupper():
            other = f"{r.choice(_VENDORS).replace('-', ' ')} {name}"
        else:
            other = words[0] + r.choice((stem(r, 1), "-ng", "2", "X", "Plus"))
        if other != name and not refused(other):
            return other


def vendor_name(r: Random) -> str:
    """Return an invented company name."""
    return f"{_base(r).capitalize()} {r.choice(_COMPANY)}".strip()


def person(r: Random) -> str:
    """Return an invented first and last name."""
    return f"{stem(r).capitalize()} {stem(r).capitalize()}"


def quantity(r: Random) -> str:
    """Return a number with a unit."""
    return f"{r.randint(1, 999)} {r.choice(_UNITS)}"


def identifier(r: Random) -> str:
    """Return a word such as a code name, a region or a branch."""
    return r.choice(plain_words()) if r.random() < 0.6 else stem(r)


def advisory_id(r: Random) -> str:
    """Return an identifier of a vulnerability or advisory; CVE form most of the time."""
    if r.random() < 0.7:
        return f"CVE-{r.randint(2009, 2027)}-{r.randint(1, 49999):04d}"
    prefix = r.choice(("ADV", "SA", "GHSA", "SEC", "VU", _acronym(r)))
    return f"{prefix}-{r.randint(2015, 2027)}-{r.randint(1, 9999):0{r.choice((2, 3, 4))}d}"


def day(r: Random, low: int = 2015, high: int = 2029) -> str:
    """Return an ISO day between the years `low` and `high`, both included."""
    month = r.randint(1, 12)
    return f"{r.randint(low, high)}-{month:02d}-{r.randint(1, 30 if month != 2 else 28):02d}"


def day_before(r: Random, later: str) -> str:
    """Return an ISO day before `later`: some years, some months or some days earlier."""
    year, month, dom = (int(part) for part in later.split("-"))
    kind = r.random()
    if kind < 0.2 and dom > 1:
        return f"{year}-{month:02d}-{r.randint(1, dom - 1):02d}"
    if kind < 0.6 and month > 1:
        return f"{year}-{r.randint(1, month - 1):02d}-{r.randint(1, 28):02d}"
    back = 1 if r.random() < 0.6 else r.randint(2, 5)
    return f"{year - back}-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}"
