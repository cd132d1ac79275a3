from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from harness.transport.retries import Retries, retry_after


def test_pauses_grow_are_scattered_and_end() -> None:
    retries = Retries(attempts=9, first_seconds=1.0, longest_seconds=10.0)
    for attempt, bound in ((1, 1.0), (2, 2.0), (4, 8.0), (5, 10.0), (8, 10.0)):
        pauses = {retries.pause(attempt) for _ in range(20)}
        assert all(pause is not None and bound / 2 <= pause <= bound for pause in pauses)
        assert len(pauses) > 1
    assert retries.pause(9) is None
    asked = retries.pause(1, 7.0)
    assert asked is not None
    assert 7.0 <= asked <= 8.0
    assert retries.pause(1, 121.0) is None


def test_retry_after_is_seconds_or_a_date() -> None:
    assert [retry_after(text) for text in ("3", "0.5", "0")] == [3.0, 0.5, 0.0]
    assert [retry_after(text) for text in (None, "-1", "inf", "nan", "soon", "")] == [None] * 6
    later = retry_after(format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True))
    assert later is not None
    assert 3500 < later <= 3600
    assert retry_after("Fri, 01 Jan 1999 00:00:00 -0000") == 0.0
