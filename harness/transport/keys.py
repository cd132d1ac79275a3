"""Keys of servers: read from the environment, sent in a header, told nowhere."""

from __future__ import annotations

import json
import os
import re
from typing import Any, Final, NoReturn

from harness.errors import ConfigError
from harness.transport.urls import is_local

__all__ = ["Key", "key_of", "variable_problem", "without_secrets"]

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY: Final = re.compile(r"[\x21-\x7e]+")
_SECRET_NAME: Final = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_SHORTEST_SECRET: Final = 8
_SHORTEST_PART: Final = 10
_LONGEST_WORD: Final = 15
_MARK: Final = "[key]"


class Key:
    """A key that shows itself in the header of a request and nowhere else.

    It has no representation, and cannot be copied into another process: who needs it there reads it
    from the environment.
    """

    __slots__ = ("_parts", "_spellings", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        quoted = json.dumps(value)[1:-1]
        self._spellings = tuple(dict.fromkeys((value, quoted, quoted.replace("/", "\\/"))))
        places = range(max(1, len(value) - _SHORTEST_PART + 1))
        self._parts = tuple(value[place : place + _SHORTEST_PART] for place in places)

    def __bool__(self) -> bool:
        """Whether there is one."""
        return bool(self._value)

    def __repr__(self) -> str:
        return f"Key({_MARK})" if self else "Key()"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key stays in its process")

    @property
    def fits_a_header(self) -> bool:
        """Whether a request can carry it: ASCII, without spaces."""
        return _KEY.fullmatch(self._value) is not None

    def header(self, name: str | None = None) -> dict[str, str]:
        """What authorises a request: a bearer token, or the key itself in the header `name`.

        Nothing where there is no key.
        """
        if not self:
            return {}
        if name is not None:
            return {name: _Unshown(self._value)}
        return {"Authorization": _Unshown(f"Bearer {self._value}")}

    def hide(self, text: str) -> str:
        """`text` without the key, which servers like to repeat, be it within JSON or in part.

        Ten characters of it are hidden too.

        A word as short as `EMPTY`, which local servers are given, is no secret and may be an answer.
        """
        if len(self._value) < _SHORTEST_SECRET:
            return text
        for spelling in self._spellings:
            text = text.replace(spelling, _MARK)
        for part in self._parts:
            if part in text:
                text = text.replace(part, _MARK)
        return text

    def hide_in(self, data: Any) -> Any:  # noqa: ANN401  (any JSON)
        """The same JSON with the key hidden in every text, however it was written there."""
        if isinstance(data, str):
            return self.hide(data)
        if isinstance(data, list):
            return [self.hide_in(item) for item in data]
        if isinstance(data, dict):
            return {self.hide(key): self.hide_in(value) for key, value in data.items()}
        return data


def key_of(url: str, variable: str) -> Key:
    """The key for `url`, in the environment variable; an empty one for a server on this machine.

    Raises:
        ConfigError: the variable is missing, or holds what no header can carry.
    """
    # Never a text in a local variable, which test runners print beside a traceback.
    key = Key(os.environ.get(variable, "").strip())
    if not key and not is_local(url):
        raise ConfigError(
            f"{url} needs a key: set the environment variable {variable}, "
            "or name another with key_env"
        )
    if key and not key.fits_a_header:
        raise ConfigError(
            f"the environment variable {variable} holds no key: it has spaces, or "
            "characters other than ASCII's"
        )
    return key


def variable_problem(name: str) -> str | None:
    """What is wrong with the name of a key's variable, which is not told: it may be the key."""
    if _VARIABLE.fullmatch(name) and (name in os.environ or not _looks_random(name)):
        return None
    return "must be the name of an environment variable that holds the key"


def without_secrets(text: str) -> str:
    """`text` without the values of environment variables whose names say that they are secret.

    For what foreign code says when it fails: errors of HTTP libraries like to have a whole url in
    them, or a header.
    """
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST_SECRET and _SECRET_NAME.search(name) and value in text:
            text = text.replace(value, f"[{name}]")
    return text


class _Unshown(str):
    """A text that is not shown where the dictionary is that it stands in."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(_MARK)


def _looks_random(name: str) -> bool:
    """Whether one of its words is as long as none is, and has a digit or both cases: as keys do."""
    words = [word for word in name.split("_") if len(word) > _LONGEST_WORD]
    return any(not word.isalpha() or not (word.isupper() or word.islower()) for word in words)
