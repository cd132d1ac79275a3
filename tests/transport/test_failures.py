"""What a status means, and whether to ask again."""

from __future__ import annotations

import pytest

from harness.transport.failures import kind_of, refusal

URL = "http://127.0.0.1:9/ask"


@pytest.mark.parametrize(
    ("status", "kind", "again"),
    [
        (429, "rate_limited", True),
        (500, "server_error", True),
        (599, "server_error", True),
        (401, "unauthorised", False),
        (403, "unauthorised", False),
        (404, "not_found", False),
        (400, "bad_request", False),
        (499, "bad_request", False),
        (302, "bad_reply", False),
        (600, "bad_reply", False),
    ],
)
def test_what_a_status_means(status: int, kind: str, again: bool) -> None:
    assert kind_of(status) == kind
    error = refusal(URL, status, '{"error": "why"}', kind=kind, what="do this", after=2.0)
    assert (error.kind, error.again, error.after) == (kind, again, 2.0)
    assert str(error).startswith(f"{URL}: do this; it asks to wait 2 s ({status}")
    assert str(error).endswith(": why)")


def test_a_quota_that_is_used_up_does_not_come_back() -> None:
    body = '{"error": {"message": "used up", "code": "insufficient_quota"}}'
    assert not refusal(URL, 429, body, kind="rate_limited", what="slower").again
