"""Where a server is, and what its url may be."""

from __future__ import annotations

import ipaddress
import os
from typing import Final
from urllib.parse import urlsplit

from harness.errors import ConfigError

__all__ = ["KEY_VARIABLE", "is_local", "openai_url", "url_problem"]

KEY_VARIABLE: Final = "OPENAI_API_KEY"
"""The environment variable of the key, where a server that speaks OpenAI's dialect names no other."""

_URL_VARIABLE: Final = "OPENAI_BASE_URL"
_URL: Final = "https://api.openai.com/v1"


def openai_url(declared: str | None, path: str) -> str:
    """What `path` is put behind: the declared url, else that of the environment, else OpenAI's own.

    Raises:
        ConfigError: `OPENAI_BASE_URL` is no base of an endpoint.
    """
    # Refused, the url is no local variable here: test runners print those beside a traceback.
    if declared is None and (problem := url_problem(_url_of_environment(), path)):
        raise ConfigError(f"the environment variable {_URL_VARIABLE} {problem}")
    return (declared or _url_of_environment()).rstrip("/")


def url_problem(url: str, path: str | None = None) -> str | None:
    """What is wrong with the base of an endpoint, behind which `path` is put, or with a whole url.

    The url itself is not told: it may hold a secret.
    """
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        return "is no URL"
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_fits:
        return "must be a URL such as http://127.0.0.1:8000/v1"
    if "@" in parts.netloc:
        return "must not hold a user or a password; put the key in an environment variable"
    if parts.query or parts.fragment or url != url.strip():
        return "must end with its path, such as /v1"
    if path is not None and parts.path.rstrip("/").endswith(path):
        return f"must not end in {path}, which is put behind it"
    return None


def is_local(url: str) -> bool:
    """Whether it leads to this machine, by name or by address."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _url_of_environment() -> str:
    return os.environ.get(_URL_VARIABLE) or _URL
