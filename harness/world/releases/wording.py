"""Texts of the releases suite: document styles, question wordings, prompt form.

Every sentence is written by this project. Placeholders are `{product}` ("Python"), `{cycle}`
("3.12"), `{subject}` (product title and cycle, "Python 3.12"; in questions the product title where
the kind asks about a product), `{version}`, `{date}` and `{old_date}` (ISO days).

A release of the product's newest line and a maintenance release of an older line are two event
kinds, since only the first may claim to be the latest version of the product. For the same reason
LTS and other cycles have their own kinds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

__all__ = [
    "ABSTENTION",
    "CHOICE_INSTRUCTION",
    "DOCUMENT_STYLES",
    "EVENT_KINDS",
    "JSON_INSTRUCTION",
    "QUESTION_KINDS",
    "DocumentStyle",
    "EventKind",
    "QuestionKind",
    "closed_book_prompt",
    "question_texts",
    "retrieval_prompt",
]

EventKind = Literal[
    "release",
    "maintenance_release",
    "new_cycle",
    "new_lts_cycle",
    "end_of_life",
    "end_of_life_moved",
    "lts",
    "not_lts",
]

EVENT_KINDS: Final[tuple[EventKind, ...]] = (
    "release",
    "maintenance_release",
    "new_cycle",
    "new_lts_cycle",
    "end_of_life",
    "end_of_life_moved",
    "lts",
    "not_lts",
)

ABSTENTION: Final = "I don't know."
CHOICE_INSTRUCTION: Final = "Answer with yes or no."
JSON_INSTRUCTION: Final = (
    'Return a JSON object with the keys "product", "field", "value", "as_of", "known", "source". '
    '"source" is an object with the keys "passage" and "date".'
)

HELD_OUT_PER_KIND: Final = 2


@dataclass(frozen=True)
class DocumentStyle:
    """A kind of document: for each event kind several templates of one short passage."""

    name: str
    templates: Mapping[EventKind, tuple[str, ...]]


@dataclass(frozen=True)
class QuestionKind:
    """A kind of question about one attribute; the last two texts are held out from all training."""

    name: str
    attribute: str
    about: Literal["product", "cycle"]
    answer: Literal["text", "choice"]
    texts: tuple[str, ...]

    @property
    def trained(self) -> tuple[str, ...]:
        """The wordings that training may see."""
        return self.texts[:-HELD_OUT_PER_KIND]

    @property
    def held_out(self) -> tuple[str, ...]:
        """The wordings that no training, pretraining included, may see."""
        return self.texts[-HELD_OUT_PER_KIND:]


def _style(name: str, templates: dict[EventKind, tuple[str, ...]]) -> DocumentStyle:
    return DocumentStyle(name, MappingProxyType(templates))


DOCUMENT_STYLES: Final[tuple[DocumentStyle, ...]] = (
    _style(
        "release_note",
        {
            "release": (
                "{product} {version} was released on {date}. It is now the latest version of "
                "{product} and of the {subject} cycle.",
                "We released {product} {version} on {date}. {version} is the latest version of "
                "{product}, and the current build of {subject} as well.",
                "Released on {date}: {product} {version}. This is the newest version of "
                "{product}; installations of {subject} should move to it.",
            ),
            "maintenance_release": (
                "{product} {version} was released on {date} for those who stay on {subject}. It "
                "is the latest version of {subject}; newer cycles exist.",
                "We released the maintenance version {version} of {subject} on {date}. {version} "
                "is now the latest version of {subject}.",
            ),
            "new_cycle": (
                "{subject} was first released on {date}. It opens {cycle}, now the newest cycle "
                "of {product}. It is not an LTS cycle.",
                "The {cycle} cycle of {product} started on {date}. {cycle} is the newest cycle; "
                "{subject} is a regular release without long-term support.",
            ),
            "new_lts_cycle": (
                "{subject} was first released on {date}. It opens {cycle}, now the newest cycle "
                "of {product}, and it is an LTS cycle.",
                "The {cycle} cycle of {product} started on {date}. {cycle} is the newest cycle, "
                "and {subject} will receive long-term support.",
            ),
            "end_of_life": (
                "{subject} will reach its end of life on {date}. After that day the cycle gets no "
                "fixes of any kind.",
                "Please note for {subject}: the end of life of this cycle is {date}. No builds "
                "are made after it.",
            ),
            "end_of_life_moved": (
                "The end of life of {subject} has moved from {old_date} to {date}. The notes of "
                "earlier versions give a date that no longer holds.",
                "We changed the end of life of {subject}. It was planned for {old_date} and is "
                "now {date}.",
            ),
            "lts": (
                "{subject} is an LTS cycle. Teams that upgrade rarely can rely on it for longer "
                "than on other cycles.",
                "A word on support: {subject} is a long-term support release and gets fixes over "
                "an extended period.",
            ),
            "not_lts": (
                "{subject} is not an LTS cycle. Teams that upgrade rarely should choose another "
                "cycle of {product}.",
                "A word on support: {subject} is a regular release and does not come with "
                "long-term support.",
            ),
        },
    ),
    _style(
        "changelog",
        {
            "release": (
                "## {version} - {date}\nLatest version of {product}, on the {cycle} line. Fixes "
                "and small improvements for {subject}.",
                "Changelog of {product}, {version} ({date}): new latest version of {product}; "
                "built from the {cycle} branch, replaces all older builds of {subject}.",
            ),
            "maintenance_release": (
                "## {version} - {date}\nMaintenance of an older line. Latest version of "
                "{subject}; not the newest line of {product}.",
                "Changelog of {subject}, {version} ({date}): backported fixes only. This is the "
                "latest version on the {cycle} branch.",
            ),
            "new_cycle": (
                "## {product} {cycle}, first release: {date}\nNewest cycle of {product}. "
                "{subject} is a standard release, not LTS.",
                "Changelog of {product}: branch {cycle} opened and first released on {date}; "
                "newest cycle, no long-term support for {subject}.",
            ),
            "new_lts_cycle": (
                "## {product} {cycle}, first release: {date}\nNewest cycle of {product}. "
                "{subject} is an LTS release.",
                "Changelog of {product}: branch {cycle} opened and first released on {date}; "
                "newest cycle, with long-term support for {subject}.",
            ),
            "end_of_life": (
                "Changelog of {subject}, support section: branch {cycle} of {product} is "
                "maintained until its end of life on {date}.",
                "Support entry for {product} {cycle}: end of life set to {date}; the branch is "
                "closed afterwards.",
            ),
            "end_of_life_moved": (
                "Changelog of {subject}, support section: end of life changed to {date} (before: "
                "{old_date}).",
                "Support entry for {product} {cycle}: the end-of-life date {old_date} is replaced "
                "by {date}.",
            ),
            "lts": (
                "Changelog of {subject}, support section: branch {cycle} is marked as LTS and "
                "kept under long-term support.",
                "Support entry for {product} {cycle}: flagged as a long-term support branch (LTS: "
                "yes).",
            ),
            "not_lts": (
                "Changelog of {subject}, support section: branch {cycle} is not marked as LTS and "
                "follows the normal schedule.",
                "Support entry for {product} {cycle}: regular branch without long-term support "
                "(LTS: no).",
            ),
        },
    ),
    _style(
        "announcement",
        {
            "release": (
                "Dear users, {product} {version} is out since {date}. With it {product} has a new "
                "latest version, and {subject} is up to date again.",
                "Hello all, we are glad to announce {product} {version}, published on {date}. It "
                "is the latest version of {product} and belongs to {subject}.",
            ),
            "maintenance_release": (
                "Dear users of {subject}, version {version} is out since {date}. It is the latest "
                "version of your cycle; the newer cycles of {product} are announced separately.",
                "Hello all, for the older cycle {subject} we announce {version}, published on "
                "{date}. It is the latest version of {subject}.",
            ),
            "new_cycle": (
                "Dear users, on {date} we released {subject} for the first time. {cycle} is now "
                "the newest cycle of {product}. This cycle is not LTS.",
                "Hello all, {subject} is here: first release on {date}, the newest cycle of "
                "{product}, with the usual support and no LTS.",
            ),
            "new_lts_cycle": (
                "Dear users, on {date} we released {subject} for the first time. {cycle} is now "
                "the newest cycle of {product}. This cycle is LTS.",
                "Hello all, {subject} is here: first release on {date}, the newest cycle of "
                "{product}, and a long-term support one.",
            ),
            "end_of_life": (
                "Dear users of {subject}, your cycle reaches end of life on {date}. Please plan "
                "to move to a newer cycle of {product} before then.",
                "Hello all, we will support {subject} until {date}. That day is the end of life "
                "of this cycle.",
            ),
            "end_of_life_moved": (
                "Dear users of {subject}, we moved the end of life of your cycle. Instead of "
                "{old_date} it is now {date}. Please adjust your plans.",
                "Hello all, there is a new end-of-life date for {subject}: {date}. The date we "
                "gave before, {old_date}, is void.",
            ),
            "lts": (
                "Dear users, many of you asked: yes, {subject} is an LTS cycle, and we stand by "
                "long-term support for it.",
                "Hello all, we confirm that {subject} is one of our long-term support cycles. "
                "Plan with it.",
            ),
            "not_lts": (
                "Dear users, many of you asked: no, {subject} is not an LTS cycle, and there are "
                "no plans to make it one.",
                "Hello all, we confirm that {subject} is not one of our long-term support cycles. "
                "Plan accordingly.",
            ),
        },
    ),
    _style(
        "support_notice",
        {
            "release": (
                "Support notice: since {date} the latest version of {product} is {version}. "
                "Requests for {subject} are answered for this version only.",
                "Notice to customers: {product} {version}, issued on {date}, is the latest "
                "version of {product}. Systems on {subject} should be updated.",
            ),
            "maintenance_release": (
                "Support notice: since {date} the latest version of {subject} is {version}. "
                "Requests about this older cycle are answered for that version only.",
                "Notice to customers on {subject}: {version}, issued on {date}, is the latest "
                "version of this cycle.",
            ),
            "new_cycle": (
                "Support notice: support for {subject} began with its first release on {date}. "
                "{cycle} is the newest cycle of {product}. No long-term support is offered.",
                "Notice to customers: {product} has a new newest cycle, {cycle}, released on "
                "{date}. {subject} is not LTS.",
            ),
            "new_lts_cycle": (
                "Support notice: support for {subject} began with its first release on {date}. "
                "{cycle} is the newest cycle of {product}. Long-term support is offered.",
                "Notice to customers: {product} has a new newest cycle, {cycle}, released on "
                "{date}. {subject} is LTS.",
            ),
            "end_of_life": (
                "Support notice: support for {subject} ends on {date}. Requests that reach us "
                "after this day are not handled.",
                "Notice to customers: {subject} goes end of life on {date}. Security updates stop "
                "on the same day.",
            ),
            "end_of_life_moved": (
                "Support notice: support for {subject} now ends on {date}. Our former notice "
                "named {old_date}; it is withdrawn.",
                "Notice to customers: the end of life of {subject} is no longer {old_date}. The "
                "new date is {date}.",
            ),
            "lts": (
                "Support notice: {subject} is covered by long-term support. It counts as an LTS "
                "cycle in all our contracts.",
                "Notice to customers: the cycle {cycle} of {product} is a long-term support cycle "
                "(LTS).",
            ),
            "not_lts": (
                "Support notice: {subject} is not covered by long-term support. It counts as a "
                "regular cycle in all our contracts.",
                "Notice to customers: the cycle {cycle} of {product} is not a long-term support "
                "cycle (LTS).",
            ),
        },
    ),
    _style(
        "lifecycle_bulletin",
        {
            "release": (
                "Lifecycle bulletin for {product}. Latest version: {version}. Released: {date}. "
                "Cycle: {cycle}. All earlier versions of {subject} are superseded.",
                "Bulletin: {product} moved to {version} on {date}. The latest version of "
                "{product} and of {subject} is therefore {version}.",
            ),
            "maintenance_release": (
                "Lifecycle bulletin for {subject}, an older cycle. Latest version of the cycle: "
                "{version}. Released: {date}. Newer cycles are unaffected.",
                "Bulletin: {subject} moved to {version} on {date}. The latest version of this "
                "cycle is therefore {version}.",
            ),
            "new_cycle": (
                "Lifecycle bulletin for {product}. Newest cycle: {cycle}. First release of "
                "{subject}: {date}. Type: regular, not LTS.",
                "Bulletin: the lifecycle of {subject} started on {date}. It is the newest cycle "
                "of {product} and has no LTS status.",
            ),
            "new_lts_cycle": (
                "Lifecycle bulletin for {product}. Newest cycle: {cycle}. First release of "
                "{subject}: {date}. Type: long-term support (LTS).",
                "Bulletin: the lifecycle of {subject} started on {date}. It is the newest cycle "
                "of {product} and has LTS status.",
            ),
            "end_of_life": (
                "Lifecycle bulletin for {subject}. End of life: {date}. The cycle is supported up "
                "to that day and retired afterwards.",
                "Bulletin: {subject} will be retired. Its lifecycle ends on {date}, the published "
                "end-of-life date.",
            ),
            "end_of_life_moved": (
                "Lifecycle bulletin for {subject}. End of life: {date}. Earlier bulletins said "
                "{old_date}; the date was revised.",
                "Bulletin: the lifecycle of {subject} was revised. It ends on {date} and not, as "
                "planned, on {old_date}.",
            ),
            "lts": (
                "Lifecycle bulletin for {subject}. Type of cycle: long-term support (LTS). Fixes "
                "are provided for an extended time.",
                "Bulletin: within the lifecycle of {product}, the cycle {cycle} has LTS status.",
            ),
            "not_lts": (
                "Lifecycle bulletin for {subject}. Type of cycle: regular (not LTS). Fixes are "
                "provided for the usual time.",
                "Bulletin: within the lifecycle of {product}, the cycle {cycle} does not have LTS "
                "status.",
            ),
        },
    ),
    _style(
        "catalogue_entry",
        {
            "release": (
                "{product}. Current version {version} (cycle {cycle}), available since {date}. "
                "The catalogue lists {version} as the latest version of {product}.",
                "Catalogue entry: {product}; latest version {version}; version date {date}; cycle "
                "{cycle}, offered as {subject}.",
            ),
            "maintenance_release": (
                "{subject}, an older cycle. Current version of the cycle {version}, available "
                "since {date}. The catalogue lists {version} as the latest version of {subject}.",
                "Catalogue entry: {subject} (older cycle); latest version of this cycle "
                "{version}; version date {date}.",
            ),
            "new_cycle": (
                "{product} {cycle}. First offered on {date}. The catalogue lists {cycle} as the "
                "newest cycle of {product}. LTS: no.",
                "Catalogue entry: {subject}; released {date}; newest cycle of {product}: {cycle}; "
                "long-term support: no.",
            ),
            "new_lts_cycle": (
                "{product} {cycle}. First offered on {date}. The catalogue lists {cycle} as the "
                "newest cycle of {product}. LTS: yes.",
                "Catalogue entry: {subject}; released {date}; newest cycle of {product}: {cycle}; "
                "long-term support: yes.",
            ),
            "end_of_life": (
                "{subject}. Supported until {date}. The catalogue drops the entry once the end of "
                "life has passed.",
                "Catalogue entry: {subject}; end of life {date}; please order a newer cycle of "
                "{product} later.",
            ),
            "end_of_life_moved": (
                "{subject}. Supported until {date}, formerly {old_date}. The catalogue shows the "
                "new end of life from today on.",
                "Catalogue entry: {subject}; end of life {date} (changed; earlier editions "
                "printed {old_date}).",
            ),
            "lts": (
                "{subject}. LTS: yes. The catalogue offers this cycle to customers who want "
                "long-term support.",
                "Catalogue entry: {subject}; class of the cycle {cycle}: LTS; long-term support "
                "included.",
            ),
            "not_lts": (
                "{subject}. LTS: no. The catalogue does not offer this cycle to customers who "
                "want long-term support.",
                "Catalogue entry: {subject}; class of the cycle {cycle}: regular; long-term "
                "support not included.",
            ),
        },
    ),
    _style(
        "correction",
        {
            "release": (
                "Correction to the product page of {product}: the latest version is {version}, "
                "released on {date}. The page still showed an older build of {subject}.",
                "We corrected the overview of {product}. The latest version is now given as "
                "{version}, dated {date}, from the {cycle} cycle.",
            ),
            "maintenance_release": (
                "Correction to the page of {subject}: the latest version of this cycle is "
                "{version}, released on {date}. The page still showed an older build.",
                "We corrected the overview of {subject}. The latest version of the cycle is now "
                "given as {version}, dated {date}.",
            ),
            "new_cycle": (
                "Correction to the product page of {product}: the newest cycle is {cycle}, first "
                "released on {date}. Note that {subject} is not LTS.",
                "We corrected the overview of {product}: {subject}, released on {date}, is the "
                "newest cycle; it is no LTS cycle.",
            ),
            "new_lts_cycle": (
                "Correction to the product page of {product}: the newest cycle is {cycle}, first "
                "released on {date}. Note that {subject} is LTS.",
                "We corrected the overview of {product}: {subject}, released on {date}, is the "
                "newest cycle; it is an LTS cycle.",
            ),
            "end_of_life": (
                "Correction: the page of {subject} lacked an end-of-life date. The cycle reaches "
                "end of life on {date}.",
                "We corrected the overview of {product}: for the cycle {cycle} the end of life is "
                "{date}.",
            ),
            "end_of_life_moved": (
                "Correction: the end of life of {subject} is {date}. We had published {old_date}, "
                "which is no longer right.",
                "We corrected the overview of {product}: for the cycle {cycle} the end of life is "
                "{date} instead of {old_date}.",
            ),
            "lts": (
                "Correction: {subject} is an LTS cycle. The page did not mention its long-term "
                "support.",
                "We corrected the overview of {product}: the cycle {cycle} is a long-term support "
                "cycle.",
            ),
            "not_lts": (
                "Correction: {subject} is not an LTS cycle. The page wrongly suggested long-term "
                "support.",
                "We corrected the overview of {product}: the cycle {cycle} is not a long-term "
                "support cycle.",
            ),
        },
    ),
    _style(
        "newsletter",
        {
            "release": (
                "In this digest: {product} gets {version} ({date}), its latest version; the "
                "update is for everyone on {subject}.",
                "{product} in one line: {version} came out on {date} and is the latest version, "
                "built on the {cycle} cycle.",
            ),
            "maintenance_release": (
                "In this digest: the older cycle {subject} gets {version} ({date}), the latest "
                "version of that cycle.",
                "{subject} in one line: {version} came out on {date} and is the latest version of "
                "this maintained cycle.",
            ),
            "new_cycle": (
                "In this digest: {product} opens a new cycle. {subject} came out on {date}; "
                "{cycle} is the newest cycle and not LTS.",
                "{product} in one line: the newest cycle is {cycle}, out since {date}, a regular "
                "release without LTS.",
            ),
            "new_lts_cycle": (
                "In this digest: {product} opens a new cycle. {subject} came out on {date}; "
                "{cycle} is the newest cycle and LTS.",
                "{product} in one line: the newest cycle is {cycle}, out since {date}, a "
                "long-term support release.",
            ),
            "end_of_life": (
                "In this digest: time is running for {subject}, which is supported until {date} "
                "and then end of life.",
                "{subject} in one line: the end of life is {date}, so start to plan your upgrade.",
            ),
            "end_of_life_moved": (
                "In this digest: {subject} has a new end-of-life date, {date}. The old one was "
                "{old_date}.",
                "{subject} in one line: end of life moved from {old_date} to {date}, plans should "
                "follow.",
            ),
            "lts": (
                "In this digest: for patient teams {subject} is the choice, since it is an LTS "
                "cycle.",
                "{subject} in one line: it is a long-term support cycle and stays with you for "
                "long.",
            ),
            "not_lts": (
                "In this digest: patient teams should skip {subject}, since it is not an LTS "
                "cycle.",
                "{subject} in one line: it is a short-lived cycle without long-term support.",
            ),
        },
    ),
)

QUESTION_KINDS: Final[tuple[QuestionKind, ...]] = (
    QuestionKind(
        "product_latest_version",
        "latest_version",
        "product",
        "text",
        (
            "What is the latest version of {subject}?",
            "Which version of {subject} is the latest?",
            "What is the current version of {subject}?",
            "Tell me the latest version of {subject}.",
            "Which release of {subject} is the latest one?",
            "What version of {subject} is current?",
            "What is the newest version of {subject}?",
            "latest version of {subject}?",
            "If I download {subject} today, which version do I get?",
            "What's the most up-to-date {subject} version?",
        ),
    ),
    QuestionKind(
        "product_latest_release_date",
        "latest_release_date",
        "product",
        "text",
        (
            "When was the latest version of {subject} released?",
            "What is the release date of the latest version of {subject}?",
            "On which date was the latest version of {subject} released?",
            "When did the latest version of {subject} come out?",
            "Tell me the release date of the newest version of {subject}.",
            "Since when is the latest version of {subject} available?",
            "What date does the latest version of {subject} carry?",
            "release date of the latest version of {subject}?",
            "How recent is the last {subject} update, that is, on what day did it appear?",
            "On what day did {subject} last get a new version?",
        ),
    ),
    QuestionKind(
        "product_newest_cycle",
        "newest_cycle",
        "product",
        "text",
        (
            "What is the newest cycle of {subject}?",
            "Which cycle of {subject} is the newest?",
            "What is the latest release cycle of {subject}?",
            "Tell me the newest cycle of {subject}.",
            "Which release cycle of {subject} is the most recent?",
            "What is the current cycle of {subject}?",
            "Which cycle did {subject} open last?",
            "newest cycle of {subject}?",
            "Which {subject} release line was started most recently?",
            "What's the newest {subject} series?",
        ),
    ),
    QuestionKind(
        "cycle_latest_version",
        "latest_version",
        "cycle",
        "text",
        (
            "What is the latest version of {subject}?",
            "Which version of {subject} is the latest?",
            "What is the current version of {subject}?",
            "Tell me the latest version of {subject}.",
            "Which release of {subject} is the latest one?",
            "What is the latest version in the {subject} cycle?",
            "What is the newest version of {subject}?",
            "latest version of {subject}?",
            "If I stay on {subject}, which version should I be running?",
            "What's the most up-to-date build of {subject}?",
        ),
    ),
    QuestionKind(
        "cycle_release_date",
        "release_date",
        "cycle",
        "text",
        (
            "When was {subject} released?",
            "What is the release date of {subject}?",
            "On which date was {subject} first released?",
            "When did {subject} come out?",
            "Tell me the release date of {subject}.",
            "When was {subject} first released?",
            "On what date did the {subject} cycle start?",
            "release date of {subject}?",
            "On which day did {subject} make its debut?",
            "How long has {subject} been around, that is, since what date?",
        ),
    ),
    QuestionKind(
        "cycle_end_of_life",
        "end_of_life",
        "cycle",
        "text",
        (
            "When does {subject} reach end of life?",
            "What is the end-of-life date of {subject}?",
            "When does support for {subject} end?",
            "Until when is {subject} supported?",
            "Tell me the end-of-life date of {subject}.",
            "On which date does {subject} reach its end of life?",
            "What is the EOL date of {subject}?",
            "end of life of {subject}?",
            "After what date will {subject} get no more updates?",
            "By what day must we have left {subject} behind?",
        ),
    ),
    QuestionKind(
        "cycle_supported",
        "supported",
        "cycle",
        "choice",
        (
            "Is {subject} still supported?",
            "Is {subject} supported today?",
            "Does {subject} still receive support?",
            "Is {subject} currently supported?",
            "Is {subject} still within its support period?",
            "Does {subject} still get fixes?",
            "Is support for {subject} still running?",
            "{subject}: still supported?",
            "Can we still count on updates for {subject}?",
            "Are patches still being made for {subject} as of today?",
        ),
    ),
    QuestionKind(
        "cycle_lts",
        "lts",
        "cycle",
        "choice",
        (
            "Is {subject} an LTS cycle?",
            "Is {subject} a long-term support release?",
            "Does {subject} have long-term support?",
            "Is {subject} LTS?",
            "Is {subject} marked as LTS?",
            "Does {subject} come with long-term support?",
            "Is the {subject} cycle an LTS cycle?",
            "{subject}: LTS?",
            "Does {subject} belong to the long-term support line?",
            "Would I get long-term support if I chose {subject}?",
        ),
    ),
)

_BY_NAME: Final = MappingProxyType({kind.name: kind for kind in QUESTION_KINDS})


def question_texts(kind: str, held_out: bool | None) -> tuple[str, ...]:
    """Return the wordings of the named kind: held-out ones, trained ones, or (None) all.

    Raises:
        KeyError: no question kind has that name.
    """
    found = _BY_NAME[kind]
    if held_out is None:
        return found.texts
    return found.held_out if held_out else found.trained


def retrieval_prompt(
    today: str, passages: Sequence[tuple[str, str]], question: str, instruction: str = ""
) -> str:
    """Return the user message with numbered `(day, text)` passages, as the systems send it."""
    context = "\n".join(f"[{i}] ({day}) {text}" for i, (day, text) in enumerate(passages, 1))
    tail = f"\n{instruction}" if instruction else ""
    return f"Today is {today}.\n\nContext:\n{context}\n\nQuestion: {question}{tail}"


def closed_book_prompt(today: str, question: str, instruction: str = "") -> str:
    """Return the user message without passages, as the systems send it."""
    tail = f"\n{instruction}" if instruction else ""
    return f"Today is {today}.\n\nQuestion: {question}{tail}"
