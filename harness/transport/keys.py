"""Keys of servers: read from the environment, sent in a header, told nowhere."""

from __future__ import annotations

import ipaddress
import json
import os
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from harness.errors import ConfigError

__all__ = ["Key", "key_of", "variable_problem"]

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY: Final = re.compile(r"[\x21-\x7e]+")
_SHORTEST_SECRET: Final = 8


@dataclass(frozen=True, slots=True)
class Key:
    """A key that shows itself in the header of a request and nowhere else."""

    _value: str = field(repr=False)

    def header(self, name: str | None = None) -> dict[str, str]:
        """What authorises a request: a bearer token, or the key itself in the header `name`.

        Nothing where there is no key.
        """
        if not self._value:
            return {}
        return {"Authorization": f"Bearer {self._value}"} if name is None else {name: self._value}

    def hide(self, text: str) -> str:
        """`text` without the key, which servers like to repeat, be it within JSON.

        A word as short as `EMPTY`, which local servers are given, is no secret and may be an answer.
        """
        if len(self._value) < _SHORTEST_SECRET:
            return text
        quoted = json.dumps(self._value)[1:-1]
        for spelling in {self._value, quoted, quoted.replace("/", "\\/")}:
            text = text.replace(spelling, "[key]")
        return text


def key_of(url: str, variable: str) -> Key:
    """The key for `url`, in the environment variable; an empty one for a server on this machine.

    Raises:
        ConfigError: the variable is missing, or holds what no header can carry.
    """
    value = os.environ.get(variable, "").strip()
    if not value and not _is_local(url):
        raise ConfigError(
            f"{url} needs a key: set the environment variable {variable}, "
            "or name another with key_env"
        )
    if value and not _KEY.fullmatch(value):
        raise ConfigError(
            f"the environment variable {variable} holds no key: it has spaces, or "
            "characters other than ASCII's"
        )
    return Key(value)


def variable_problem(name: str) -> str | None:
    """What is wrong with the name of a key's variable, which is not told: it may be the key."""
    if _VARIABLE.fullmatch(name):
        return None
    return "must be the name of an environment variable that holds the key"


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
