# ruff: noqa: PLR2004, SIM905 - shares of a mix and word lists are literal

"""What can be stated and asked: attributes with their nouns, questions of their own and statements.

`{s}` is the subject, `{v}` the value. Nouns are used by the general question forms of
`questions.py`; `asks` are whole questions; `states` are sentences of a document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final, Literal

from harness.models.lab.synthetic import values
from harness.models.lab.synthetic.versions import version

__all__ = ["ADVISORY", "CORE", "RELEASES", "SHORT_KINDS", "Attribute", "random_attribute"]


@dataclass(frozen=True)
class Attribute:
    """A property of a subject; `key` is its identifier, `kind` the kind of value it takes."""

    key: str
    kind: str
    nouns: tuple[str, ...]
    asks: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    answer: Literal["text", "choice"] = "text"
    suite_kinds: tuple[str, ...] = ()
    """Question kinds of the releases suite, whose trained wordings are used too."""

    def draw(self, r: Random) -> str:
        """Return a random value of this attribute's kind."""
        return _DRAW[self.kind](r)


def _choice(options: tuple[str, ...], r: Random) -> str:
    return r.choice(options)


def _port(r: Random) -> str:
    return str(r.randint(20, 65000))


def _number(r: Random) -> str:
    return str(r.randint(0, 10 ** r.randint(1, 5)))


def _rank(r: Random) -> str:
    return str(r.randint(1, 99))


def _price(r: Random) -> str:
    return f"${r.randint(1, 999)}" + (f".{r.randint(0, 99):02d}" if r.random() < 0.3 else "")


def _weaknesses(r: Random) -> str:
    count = r.choice((1, 1, 1, 2, 2, 3))
    return ", ".join(f"CWE-{n}" for n in sorted(r.sample(range(15, 1400), count)))


_DRAW: Final[dict[str, Callable[[Random], str]]] = {
    "version": version,
    "day": values.day,
    "port": _port,
    "number": _number,
    "rank": _rank,
    "price": _price,
    "quantity": values.quantity,
    "word": values.identifier,
    "person": values.person,
    "name": values.product_name,
    "vendor": values.vendor_name,
    "license": partial(_choice, tuple(values.LICENSES)),
    "status": partial(_choice, tuple(values.STATUSES)),
    "severity": partial(_choice, ("low", "medium", "high", "critical")),
    "ransomware": partial(_choice, ("Known", "Unknown")),
    "priority": partial(_choice, ("P1", "P2", "P3", "P4", "urgent", "routine", "immediate")),
    "weaknesses": _weaknesses,
    "yesno": partial(_choice, ("yes", "no")),
}

RELEASES: Final[dict[str, Attribute]] = {
    a.key: a
    for a in (
        Attribute(
            "latest_version",
            "version",
            ("latest version", "newest version", "current version", "latest release",
             "newest release", "current release", "most recent version", "most recent release",
             "latest build", "latest stable version", "current build", "newest build"),
            ("Which version of {s} is the latest?", "Which version of {s} is current?",
             "Which release of {s} is the newest?", "What version is {s} at now?",
             "What version is {s} on?", "Which version of {s} should be installed?",
             "To which version should we upgrade {s}?", "Which version of {s} came out last?",
             "What was the last version of {s} to be published?", "Which {s} version is the latest?",
             "What is the last release of {s}?", "Which version number does {s} have now?",
             "Which version of {s} supersedes all others?", "How far has {s} got, which version?",
             "Which is the latest {s} version?", "What {s} release is current at the moment?",
             "Which version replaces the older ones of {s}?", "Up to which version can {s} be updated?"),
            suite_kinds=("product_latest_version", "cycle_latest_version"),
        ),
        Attribute(
            "latest_release_date",
            "day",
            ("release date of the latest version", "date of the latest version",
             "date of the latest release", "date of the newest version",
             "release date of the current version", "date of the most recent release",
             "publication date of the newest version", "date of the last update"),
            ("When was the latest version of {s} released?",
             "When was the newest version of {s} published?",
             "When did the current version of {s} come out?",
             "When did the last release of {s} appear?", "When was {s} last updated?",
             "On which day was the newest release of {s} made?",
             "When did {s} last see a release?", "What day was the current release of {s} issued?",
             "Since which day is the newest version of {s} out?",
             "When did the most recent version of {s} ship?",
             "When was the last update of {s} published?"),
            suite_kinds=("product_latest_release_date",),
        ),
        Attribute(
            "newest_cycle",
            "cycle",
            ("newest cycle", "latest cycle", "newest release cycle", "latest release cycle",
             "most recent cycle", "current cycle", "newest release line", "latest branch",
             "newest branch", "current release line", "latest major line"),
            ("Which cycle of {s} is the newest?", "Which cycle of {s} was opened last?",
             "Which release cycle did {s} start most recently?",
             "Which branch of {s} is the newest one?", "What cycle is {s} on?",
             "Which line of {s} is the latest?", "Which cycle is the newest for {s}?",
             "What was the last cycle that {s} started?"),
            suite_kinds=("product_newest_cycle",),
        ),
        Attribute(
            "release_date",
            "day",
            ("release date", "date of the first release", "first release date", "launch date",
             "publication date", "date of release", "initial release date", "start date"),
            ("When was {s} released?", "When was {s} first released?", "When did {s} ship?",
             "When did {s} come out?", "When did {s} become available?", "When was {s} launched?",
             "On which date was {s} released?", "On which day was {s} published?",
             "When did {s} start?", "When did {s} appear?", "Since when is {s} available?",
             "What day was {s} released?", "When was {s} introduced?", "When did {s} go live?",
             "Since when has {s} existed?", "When was {s} made available?",
             "When did the vendor release {s}?"),
            ("{s} was released on {v}.", "The release date of {s} is {v}.",
             "{s} first shipped on {v}.", "{v} is the release date of {s}.",
             "{s} became available on {v}.", "{s} was launched on {v}.",
             "The first release of {s} came out on {v}.", "{s} has been available since {v}.",
             "On {v} {s} was published for the first time."),
            suite_kinds=("cycle_release_date",),
        ),
        Attribute(
            "end_of_life",
            "day",
            ("end-of-life date", "end of life", "EOL date", "end of support", "end-of-support date",
             "EOL", "support end date", "date of the end of support", "retirement date",
             "end of maintenance", "sunset date"),
            ("When does {s} reach end of life?", "When does support for {s} end?",
             "When will support for {s} end?", "Until when is {s} supported?",
             "When does {s} go out of support?", "When is {s} retired?",
             "When will {s} be end of life?", "How long is {s} supported?",
             "Until which day is {s} maintained?", "When do updates for {s} stop?",
             "When do security fixes for {s} end?", "When does maintenance of {s} stop?",
             "When does {s} lose support?", "Up to what date is {s} supported?",
             "What day does support for {s} run out?", "When will {s} reach its end of life?",
             "How long will {s} get fixes?", "When is the end of life of {s}?",
             "When will maintenance of {s} end?", "From when on is {s} unsupported?",
             "Until what date does {s} get security updates?", "When does {s} expire?"),
            ("{s} reaches end of life on {v}.", "The end-of-life date of {s} is {v}.",
             "Support for {s} ends on {v}.", "{s} will be supported until {v}.",
             "End of life for {s} is {v}.", "Security updates for {s} stop on {v}.",
             "{s} is maintained until {v}.", "{s} will be retired on {v}.",
             "Fixes for {s} are provided up to {v}.", "The last day of support for {s} is {v}.",
             "{s} goes out of support on {v}.", "EOL of {s}: {v}.",
             "We will stop maintaining {s} on {v}."),
            suite_kinds=("cycle_end_of_life",),
        ),
        Attribute(
            "supported",
            "yesno",
            ("support status",),
            ("Is {s} still supported?", "Is {s} supported?", "Is {s} supported now?",
             "Is {s} still maintained?", "Does {s} still get updates?",
             "Does {s} still receive security fixes?", "Is {s} still in support?",
             "Is {s} under support today?", "Is {s} within support?", "Is {s} currently maintained?",
             "Does the vendor still support {s}?", "Do we still get fixes for {s}?",
             "Is there still support for {s}?", "Is {s} supported at this time?",
             "Today, is {s} supported?", "Is it still safe to expect fixes for {s}?",
             "Will a bug in {s} still be fixed?", "Is the support of {s} still active?"),
            answer="choice",
            suite_kinds=("cycle_supported",),
        ),
        Attribute(
            "lts",
            "yesno",
            ("LTS status", "long-term support status"),
            ("Is {s} an LTS release?", "Is {s} LTS?", "Is {s} a long-term support version?",
             "Does {s} get long-term support?", "Does {s} have LTS status?", "Is {s} an LTS cycle?",
             "Is {s} under long-term support?", "Is {s} one of the LTS releases?",
             "Does {s} offer long-term support?", "Was {s} declared an LTS release?",
             "Is long-term support available for {s}?", "Is {s} flagged as LTS?",
             "Does {s} count as a long-term support cycle?"),
            answer="choice",
            suite_kinds=("cycle_lts",),
        ),
    )
}  # fmt: skip

CORE: Final[tuple[Attribute, ...]] = (
    Attribute(
        "license", "license", ("license", "software license", "licence", "licensing"),
        ("Which license does {s} use?", "Under which license is {s} distributed?",
         "Under what license is {s} published?", "What license does {s} have?",
         "How is {s} licensed?"),
        ("{s} is licensed under {v}.", "The license of {s} is {v}.", "{s} uses the {v} license.",
         "{s} is distributed under the {v} license.", "{s} ships under {v}.",
         "The code of {s} is published under {v}."),
    ),
    Attribute(
        "default_port", "port", ("default port", "port", "port number", "standard port"),
        ("Which port does {s} use by default?", "On which port does {s} listen?",
         "What port does {s} listen on?", "Where does {s} accept connections, on which port?"),
        ("{s} listens on port {v} by default.", "The default port of {s} is {v}.",
         "By default {s} uses port {v}.", "{s} accepts connections on port {v}.",
         "Clients reach {s} on port {v}."),
    ),
    Attribute(
        "price", "price", ("price", "cost", "monthly price", "list price"),
        ("How much does {s} cost?", "What does {s} cost?", "How much is {s}?",
         "At what price is {s} sold?"),
        ("{s} costs {v} per month.", "The price of {s} is {v}.", "A license for {s} costs {v}.",
         "{s} is sold for {v}.", "{s} now sells at {v}."),
    ),
    Attribute(
        "maintainer", "person", ("maintainer", "lead maintainer", "person in charge"),
        ("Who maintains {s}?", "Who is the maintainer of {s}?", "Who takes care of {s}?",
         "Who leads the work on {s}?", "Who is responsible for {s}?"),
        ("{s} is maintained by {v}.", "The maintainer of {s} is {v}.", "{v} maintains {s}.",
         "{v} is the lead maintainer of {s}.", "{v} takes care of {s}."),
    ),
    Attribute(
        "status", "status", ("status", "lifecycle status", "current status"),
        ("Which status does {s} have?", "In which status is {s}?", "How is {s} marked?"),
        ("The status of {s} is {v}.", "{s} is now in {v} status.", "{s} is marked as {v}.",
         "{s} has been moved to {v} status."),
    ),
    Attribute(
        "minimum_runtime", "version",
        ("minimum runtime version", "minimum version", "required runtime version"),
        ("Which runtime version does {s} require?", "What runtime does {s} need at least?",
         "Which runtime version is needed for {s}?"),
        ("{s} requires at least version {v} of the runtime.", "The minimum version for {s} is {v}.",
         "{s} needs runtime version {v} or later.", "{s} runs on runtime {v} and newer."),
    ),
    Attribute(
        "successor", "name", ("successor", "replacement", "follow-up product"),
        ("What replaces {s}?", "Which product follows {s}?", "What comes after {s}?"),
        ("{s} is replaced by {v}.", "The successor of {s} is {v}.", "{v} takes the place of {s}.",
         "Users of {s} should move to {v}."),
    ),
    Attribute(
        "vendor", "vendor", ("vendor", "company", "maker"),
        ("Who makes {s}?", "Which company sells {s}?", "Who is the vendor of {s}?"),
        ("{s} is made by {v}.", "The vendor of {s} is {v}.", "{v} is the company behind {s}.",
         "{v} sells {s}."),
    ),
)  # fmt: skip

ADVISORY: Final[dict[str, Attribute]] = {
    a.key: a
    for a in (
        Attribute(
            "severity", "severity", ("severity", "severity rating", "risk rating"),
            ("How severe is {s}?", "How is {s} rated?", "How serious is {s}?"),
            ("The severity of {s} is {v}.", "{s} is rated {v}.", "{s} is a {v} severity issue.",
             "{s} has {v} severity.", "{s} received a {v} rating."),
        ),
        Attribute(
            "fixed_in", "version", ("fixed-in version", "fixed version", "patched version"),
            ("In which version is {s} fixed?", "Which version fixes {s}?", "Where is {s} fixed?",
             "Which release contains the fix for {s}?", "Which release repairs {s}?"),
            ("{s} is fixed in version {v}.", "The fix for {s} is in version {v}.",
             "Version {v} fixes {s}.", "Upgrade to {v} to fix {s}.",
             "The patch for {s} landed in {v}.", "Users must move to {v}, which resolves {s}."),
        ),
        Attribute(
            "product", "name", ("affected product", "product", "vulnerable product"),
            ("Which product is affected by {s}?", "What does {s} affect?",
             "Which product has {s}?", "Which software is hit by {s}?"),
            ("{s} affects {v}.", "The affected product of {s} is {v}.", "{v} is affected by {s}.",
             "{s} was found in {v}."),
        ),
        Attribute(
            "vendor", "vendor", ("vendor", "affected vendor", "responsible vendor"),
            ("Whose product has {s}?", "Which vendor is affected by {s}?",
             "Which company must fix {s}?"),
            ("The vendor for {s} is {v}.", "{s} concerns a product of {v}.",
             "{v} is the vendor affected by {s}."),
        ),
        Attribute(
            "date_added", "day", ("date added", "listing date", "date of listing", "catalogue date"),
            ("When was {s} added?", "When was {s} listed?", "When did {s} enter the catalogue?",
             "On which day was {s} added to the list?"),
            ("{s} was added to the catalogue on {v}.", "The list has contained {s} since {v}.",
             "Date added for {s}: {v}.", "{s} was listed on {v}."),
        ),
        Attribute(
            "due_date", "day", ("due date", "deadline", "remediation deadline", "patch deadline"),
            ("When is {s} due?", "By when must {s} be fixed?", "By which day must {s} be patched?",
             "Until when do we have to remediate {s}?"),
            ("{s} must be remediated by {v}.", "The due date of {s} is {v}.",
             "{s} has to be patched by {v}.", "The deadline for {s} is {v}."),
        ),
        Attribute(
            "ransomware_use", "ransomware",
            ("ransomware use", "ransomware status", "use in ransomware campaigns"),
            ("Is ransomware use of {s} known or unknown?",
             "What is known about ransomware use of {s}?"),
            ("Ransomware use of {s}: {v}.", "Use of {s} in ransomware campaigns is {v}.",
             "The ransomware use of {s} is listed as {v}."),
        ),
        Attribute(
            "cwes", "weaknesses", ("weaknesses", "CWE list", "CWE ids", "weakness types"),
            ("Which weaknesses does {s} have?", "Which CWEs are assigned to {s}?",
             "Which CWE entries apply to {s}?"),
            ("{s} is classified as {v}.", "Weaknesses of {s}: {v}.",
             "The following CWE entries apply to {s}: {v}."),
        ),
        Attribute(
            "priority", "priority", ("priority", "handling priority", "triage priority"),
            ("With which priority is {s} handled?", "How urgent is {s}?"),
            ("The priority of {s} is {v}.", "{s} is handled with priority {v}.",
             "{s} was triaged as {v}."),
        ),
        Attribute(
            "published_date", "day", ("publication date", "published date", "date of disclosure"),
            ("When was {s} published?", "When was {s} disclosed?", "When was {s} made public?"),
            ("{s} was published on {v}.", "The advisory {s} was disclosed on {v}.",
             "The publication date of {s} is {v}."),
        ),
    )
}  # fmt: skip

_HEADS: Final = {
    "version": "version build|release|API version|protocol version|schema version|driver version",
    "day": "date|deadline|day|review date|audit date|start date|freeze date|renewal date",
    "number": "limit|count|number|score|rank|size|quota|threshold|budget",
    "quantity": "limit|timeout|interval|quota|period|size|delay|window|allowance",
    "word": "name|region|theme|channel|tier|level|colour|branch|mode|zone|code name",
    "person": "owner|lead|contact|manager|author|reviewer|sponsor|coordinator",
    "name": "plugin|database|dependency|competitor|package|component|companion",
    "price": "fee|cost|charge|price|surcharge",
    "status": "stage|phase|state|condition",
    "severity": "risk|impact|urgency|level of concern",
    "rank": "rank|position|slot|number|score|level",
    "priority": "priority|handling class",
}
_MODIFIERS: Final = (
    "backup migration audit support cache queue user request page node ticket batch storage memory "
    "disk upload download retry session login default internal public test beta preview patch "
    "renewal warranty trial annual monthly upgrade build deployment release security network "
    "display search export import training maintenance response recovery minimum maximum average "
    "first second main secondary fallback"
).split()
_GENERAL_STATES: Final = (
    "The {a} of {s} is {v}.", "{s} has {v} as its {a}.", "For {s}, the {a} is {v}.",
    "{s} {a}: {v}.", "The {a} for {s} is {v}.", "The {a} of {s} was set to {v}.",
    "{s} lists {v} as the {a}.", "{v} is the {a} of {s}.", "As for {s}, its {a} is {v}.",
    "Note the {a} of {s}: {v}.", "{s} now has the {a} {v}.",
)  # fmt: skip


SHORT_KINDS: Final = ("rank", "rank", "word", "word", "status", "priority")
"""Kinds whose values are one or two tokens long."""


def random_attribute(r: Random, kinds: Sequence[str] = tuple(_HEADS)) -> Attribute:
    """Return an attribute with a made-up noun, so that nouns are matched and not memorised."""
    kind = r.choice(kinds)
    noun = f"{r.choice(_MODIFIERS)} {r.choice(_HEADS[kind].split('|'))}"
    states = tuple(state.replace("{a}", noun) for state in _GENERAL_STATES)
    return Attribute(noun.replace(" ", "_"), kind, (noun,), states=states)
