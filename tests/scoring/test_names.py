from __future__ import annotations

import pytest

from harness.scoring.names import name_finder


def named(text: str, *values: str, about: str = "") -> list[tuple[str, ...]]:
    find = name_finder({value: (value,) for value in values}, about)
    return [mention.values for mention in find(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("kylian mbappe", "Kylian Mbappé"),
        ("Mbappe\u0301 it is", "Kylian Mbappé"),
        ("O\u2019Neill", "Mary O'Neill"),
        ("Saint Étienne", "Saint-Etienne"),
        ("Zeta Systems", "Zeta Systems Inc."),
        ("ZETA SYSTEMS GmbH & Co. KG", "Zeta Systems"),
        ("the Rovers", "Blackpond Rovers F.C."),
        ("Blackpond Rovers FC", "Blackpond Rovers F.C."),
        ("Blackpond Rovers' coach", "Blackpond Rovers"),
        ("Alan R. Mulvey", "Alan Mulvey"),
        ("Alan Robert Mulvey", "Alan Mulvey"),
        ("Alan Mulvey", "Alan R. Mulvey"),
        ("A. Mulvey", "Alan Mulvey"),
        ("Mr. Mulvey", "Alan Mulvey"),
        ("Blair and Mulvey", "Alan Mulvey"),
        ("Blair & Mulvey", "Alan Mulvey"),
        ("H & M", "H&M"),
        ("Johnson & Johnson", "Johnson and Johnson Inc."),
        ("Jim Mulvey", "James Mulvey"),
        ("Aleksei Mulvey", "Alexey Mulvey"),
        ("Mulvey Alan", "Alan Mulvey"),
        ("Amin Nadir", "Amin H. Al-Nadir"),
        ("Silva", "Ana da Silva"),
        ("Toro Blu", "Scuderia Toro Blu"),
        ("King Harold V", "Harold V of Norland"),
        ("Harold", "Harold V of Norland"),
        ("King Salim", "Salim bin Yusuf Al Amr"),
        ("Georg Lind", "Georg Lind, Baron Lind"),
        ("Brixen", "City of Brixen"),
        ("Alpina F1 Team", "Alpina Racing"),
    ],
)
def test_a_name_is_known_however_it_is_written(text: str, value: str) -> None:
    assert named(text, value) == [(value,)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Annapolis", "Anna"),
        ("C++", "C"),
        ("GPT-4.1", "GPT-4"),
        ("Alan Turing", "Alan Mulvey"),
        ("Alan", "Alan Mulvey"),
        ("M", "H&M"),
        ("Alan and Bob Mulvey", "Alan Mulvey"),
        ("Jeb Mulvey", "Alan Mulvey"),
        ("jeb mulvey", "Alan Mulvey"),
        ("Alan Mulvey Jr.", "Alan Mulvey"),
        ("Harold VI", "Harold V of Norland"),
        ("Blackpond United", "Blackpond City"),
        ("United", "Blackpond United"),
        ("May", "Theresa May"),
        ("Omar bin Salim Al Amr", "Salim bin Yusuf Al Amr"),
        ("Norland", "Harold V of Norland"),
        ("England is where he lives", "England national football team"),
        ("", "Anna"),
        ("...", "Anna"),
        ("anything", "..."),
    ],
)
def test_another_name_is_another(text: str, value: str) -> None:
    assert named(text, value) == []


def test_what_the_question_is_about_is_no_answer() -> None:
    assert (
        named("The head of Ford Motors is Jim Farrow.", "William Ford", about="Ford Motors") == []
    )
    assert named("Philip", "Philip of Belgia", about="Belgia") == [("Philip of Belgia",)]
    assert named("Philip", "Philip of Belgia", about="Norland") == []


def test_the_longer_name_is_meant_and_a_part_of_two_means_either() -> None:
    assert named("Inter Miami", "Inter", "Inter Miami CF") == [("Inter Miami CF",)]
    assert named("Inter", "Inter", "Inter Miami CF") == [("Inter",)]
    assert named("President Bushel", "George W. Bushel", "George H. W. Bushel") == [
        ("George W. Bushel", "George H. W. Bushel")
    ]


def test_names_come_in_reading_order_with_their_own_spelling() -> None:
    text = "Before  José  Núñez  it was Mulvey."
    find = name_finder({"Alan Mulvey": ("Alan Mulvey",), "Jose Nunez": ("Jose Nunez",)}, "")
    assert [text[m.start : m.end] for m in find(text)] == ["José  Núñez", "Mulvey"]
    assert [m.values for m in find(text)] == [("Jose Nunez",), ("Alan Mulvey",)]


def test_a_given_alias_names_the_value() -> None:
    find = name_finder({"Meta Platforms": ("Meta Platforms", "Facebook")}, "")
    assert [mention.values for mention in find("It is Facebook, Inc.")] == [("Meta Platforms",)]
