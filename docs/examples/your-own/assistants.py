"""A stand-in for your own pipeline: any function from a question and a day to a text."""

from datetime import date

import harness

MOVED_ON = date(2026, 5, 1)
ROOMS = {
    "Amber": ("100", "300"),
    "Basalt": ("101", "101"),
    "Cedar": ("102", "302"),
    "Delta": ("103", "103"),
    "Ember": ("104", "304"),
    "Fjord": ("105", "105"),
    "Grove": ("106", "306"),
    "Harbor": ("107", "107"),
}


def from_handbook(question: harness.Question, day: date) -> str:
    """Look the team up in the handbook of that day."""
    for team, (before, after) in ROOMS.items():
        if team in question.text:
            return f"Room {after if day >= MOVED_ON else before}"
    return "I don't know."
