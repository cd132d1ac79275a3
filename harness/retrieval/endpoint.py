"""A server that embeds or reranks: it is sent JSON, again where that may help.

Retrievers are searched from threads, many at a time, so the client is `urllib3`: synchronous, safe
between threads, and with sockets that are kept open, since a query's vector is on the way of every
answer.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ReadTimeoutError, SSLError

from harness.errors import RunError
from harness.transport.failures import ADVICE, CallError, kind_of, refusal
from harness.transport.keys import Key
from harness.transport.messages import one_line
from harness.transport.retries import Retries, retry_after

__all__ = ["EndpointError", "RetrievalEndpoint"]

_CONNECT_SECONDS: Final = 10.0
_SOCKETS: Final = 64
_LONGEST_BODY: Final = 256_000_000
"""Bytes: 2,048 vectors of 3,072 numbers, written out, are half of that."""

_ABOUT_THE_REQUEST: Final = frozenset({400, 413, 422})
_ADVICE: Final[Mapping[str, str]] = {
    **ADVICE,
    "rate_limited": "too many requests; ask for a higher limit",
    "not_found": "nothing is there; look at url and the model's name {!r}",
    "bad_reply": "this is no such endpoint; look at url",
}
_LOGGER: Final = logging.getLogger("urllib3.connection")


class EndpointError(RunError):
    """A server did not do what retrieval needs.

    The message is one line without the key; `refused` says that it is this request that the server
    does not take, so that other words may help.
    """

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


class RetrievalEndpoint:
    """What stands behind one url, for any number of threads.

    `model` is what the server calls the model, `key_variable` where the key comes from (None: none
    is sent); both are for messages. `silence_seconds` is how long nothing may come before a call has
    failed; it also bounds how long a search goes on whose question has run out of time.
    """

    def __init__(
        self,
        url: str,
        model: str,
        key: Key,
        key_variable: str | None,
        *,
        retries: Retries | None = None,
        silence_seconds: float = 60.0,
    ) -> None:
        self.url = url
        self.model = model
        self._key = key
        self._key_variable = key_variable
        self._retries = retries or Retries()
        timeout = Timeout(connect=_CONNECT_SECONDS, read=silence_seconds)
        self._closed = threading.Event()
        self._pool = PoolManager(maxsize=_SOCKETS, timeout=timeout)
        self._unlogged = _Unlogged(key)
        _LOGGER.addFilter(self._unlogged)

    def post(self, body: Mapping[str, Any]) -> Any:  # noqa: ANN401  (any JSON)
        """The JSON that is answered.

        Raises:
            EndpointError: it cannot be reached, refuses, fails again and again, or sends no JSON.
        """
        data, attempt = json.dumps(body).encode(), 1
        while True:
            try:
                return self._call(data)
            except CallError as error:
                failed = error.without(self._key)
            pause = self._retries.pause(attempt, failed.after) if failed.again else None
            # Nobody waits for what is tried again after `close`: its question ran out of time.
            if pause is None or self._closed.wait(pause):
                tried = f"; tried {attempt} times" if attempt > 1 else ""
                # Raised here, it has no context: that has the key in what was sent.
                refused = failed.kind == "bad_request"
                raise EndpointError(f"{self._told(failed)}{tried}", refused=refused)
            attempt += 1

    def misfit(self, what: str) -> EndpointError:
        """The error of an answer that is JSON and not what was asked for."""
        return EndpointError(self._told(f"{self.url}: {what}"))

    def close(self) -> None:
        """Close the sockets, and try nothing again."""
        self._closed.set()
        self._pool.clear()
        _LOGGER.removeFilter(self._unlogged)

    def _call(self, data: bytes) -> Any:  # noqa: ANN401  (any JSON)
        try:
            response = self._pool.request(
                "POST",
                self.url,
                body=data,
                headers={"Content-Type": "application/json", **self._key.header()},
                redirect=False,
                retries=False,
                preload_content=False,
            )
            status, text = response.status, _text(response)
        except ConnectTimeoutError as error:
            what = "cannot be reached; does the server run, and is url right?"
            raise self._failed("unreachable", what, error, again=True) from None
        except ReadTimeoutError as error:
            what = "nothing came in time; is it overloaded?"
            raise self._failed("timeout", what, error) from None
        except SSLError as error:
            raise self._failed("unreachable", "no secure connection; look at url", error) from None
        except (HTTPError, OSError) as error:
            what = "the connection broke; the server's log may say why"
            raise self._failed("server_error", what, error, again=True) from None
        if status != HTTPStatus.OK:
            raise self._refusal(status, text, retry_after(response.headers.get("Retry-After")))
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise self._failed("bad_reply", "no JSON; look at url", text) from None

    def _refusal(self, status: int, text: str, after: float | None) -> CallError:
        kind = kind_of(status)
        if kind == "bad_request" and status not in _ABOUT_THE_REQUEST:
            kind = "bad_reply"
        what = self._key_advice() if kind == "unauthorised" else _ADVICE[kind].format(self.model)
        return refusal(self.url, status, text, kind=kind, what=what, after=after)

    def _key_advice(self) -> str:
        if self._key_variable is None:
            return "a key is wanted; name its environment variable with key_env"
        return f"the key is refused; look at the environment variable {self._key_variable}"

    def _failed(self, kind: str, what: str, cause: object, *, again: bool = False) -> CallError:
        why = str(cause) or type(cause).__name__
        return CallError(kind, f"{self.url}: {what} ({why})", again=again)

    def _told(self, failed: object) -> str:
        return one_line(self._key.hide(str(failed)))


class _Unlogged(logging.Filter):
    """Hides the key in what `urllib3` warns of: it repeats headers that it cannot read."""

    def __init__(self, key: Key) -> None:
        super().__init__()
        self._key = key

    def filter(self, record: logging.LogRecord) -> bool:
        told = record.getMessage()
        if (hidden := self._key.hide(told)) != told:
            record.msg, record.args, record.exc_info = hidden, (), None
        return True


def _text(response: BaseHTTPResponse) -> str:
    """The body, up to a length that no honest one has; read to its end, the socket is used again."""
    body = bytearray()
    for chunk in response.stream(1 << 16):
        body += chunk
        if len(body) > _LONGEST_BODY:
            response.close()
            break
    return body.decode("utf-8", "replace")
