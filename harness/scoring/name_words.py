"""Words that stand in and beside names, in any field and country; none is a name itself."""

from __future__ import annotations

from typing import Final


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


FORMS: Final = _set(
    """
    inc incorporated corp corporation co company ltd limited llc llp plc gmbh ag kg kgaa sa sas sarl
    spa srl nv bv se ab asa oy oyj pty kk group holding holdings the
    fc cf afc sfc sc ac as cd ud sd rc sv vfl vfb tsv tsg bc fk sk bk krc rsc club team football
    soccer basketball baseball hockey association men women formula f1 racing motorsport
    """
)
"""Legal forms, the letters of clubs, words for a kind of organisation."""

TITLES: Final = _set(
    """
    king queen emperor empress prince princess sultan pope sir dame lord lady mr mrs ms dr prof
    professor
    """
)
"""Titles before a name."""

PARTICLES: Final = _set("al el bin ibn bint van von der den de del di da do dos du della la le")
"""Small words inside names, which are often left out."""

LINKS: Final = _set("of the and y e")
"""Small words inside names, or between two of them."""

PATRONYMICS: Final = _set("bin ibn bint")
"""Particles after a first name by which rulers are known."""

KINDS_OF_PLACE: Final = _set("city town municipality republic kingdom state")
"""In `City of Brussels` the name is what follows."""

NOT_ALONE: Final = _set(
    """
    city united real state states international new old north south east west saint st san
    january february march april may june july august september october november december
    """
)
"""Words of names that mean something else, or one of too many, when they stand alone."""

NEUTRAL: Final = (
    _set(
        """
        a an is was are has been by or to for in on at with as it he she his her their my our that
        this but so not no yes now then also both i you we they if when while since from until
        president premier prime minister chancellor monarch chief executive officer chairman
        chairwoman chairperson chair director general secretary head leader governor senator coach
        manager ceo player driver mayor current currently former previous incumbent acting new late
        excellency majesty highness honourable honorable right rev reverend hon
        name named called answer response question who what which plays play
        """
    )
    | TITLES
    | FORMS
)
"""Words that may stand capitalised beside a name and are no part of another name."""
