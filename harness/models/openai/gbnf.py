r"""Choices and patterns as grammars of llama.cpp (GBNF).

A pattern is translated when it has only what a grammar can say: characters, classes, groups,
alternatives and repetitions, with `^` and `$` at its ends. `\d`, `\w` and `\s` are ASCII's, as in
JSON Schema. Anything else (look-ahead, back references, word boundaries, flags) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from harness.models.base import ModelError

__all__ = ["choice_grammar", "regex_grammar"]

_SETS: Final = {"d": "0-9", "w": "0-9A-Za-z_", "s": r" \x09-\x0D"}
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_CODE: Final = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})")
_COUNT: Final = re.compile(r"[*+?]|\{(\d+)(,?)(\d*)\}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_ ]")


def choice_grammar(options: Sequence[str]) -> str:
    """A grammar of exactly these texts."""
    return f"root ::= {' | '.join(map(_literal, options))}"


def regex_grammar(pattern: str) -> str:
    """A grammar of the texts that `pattern` matches in full.

    Raises:
        ModelError: `grammar`, the pattern has what a grammar cannot say.
    """
    parser = _Parser(pattern.removeprefix("^"))
    found = parser.alternatives()
    if parser.rest:
        raise parser.refused(f"{parser.rest[0]!r} without its opening")
    return f"root ::= {found}"


class _Parser:
    """Reads a pattern from left to right; `rest` is what is still to read."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.rest = pattern[:-1] if re.search(r"(?<!\\)(\\\\)*\$\Z", pattern) else pattern

    def refused(self, what: str) -> ModelError:
        return ModelError("grammar", f"a grammar of llama.cpp cannot say {what} ({self.pattern!r})")

    def alternatives(self) -> str:
        found = [self._sequence()]
        while self._took("|"):
            found.append(self._sequence())
        return " | ".join(found)

    def _sequence(self) -> str:
        items: list[str] = []
        while self.rest and self.rest[0] not in "|)":
            items.append(self._atom() + self._repetition())
        return " ".join(items) or '""'

    def _atom(self) -> str:
        if self._took("("):
            return self._group()
        if self._took("["):
            return self._class()
        if self._took("."):
            return r"[^\x0A\x0D]"
        if self._took("\\"):
            return self._escape()
        if self.rest[0] in "^$*+?{":
            raise self.refused(f"{self.rest[0]!r} here")
        return _literal(self._next())

    def _group(self) -> str:
        if self.rest.startswith("?") and not self._took("?:"):
            raise self.refused(f"'({self.rest[:3]}'")
        inner = self.alternatives()
        if not self._took(")"):
            raise self.refused("a group without end")
        return f"({inner})"

    def _repetition(self) -> str:
        found = _COUNT.match(self.rest)
        if found is None:
            return ""
        self.rest = self.rest[found.end() :]
        self._took("?")  # lazy or not, the texts are the same
        if _COUNT.match(self.rest):
            raise self.refused("a repetition of a repetition")
        return found[0]

    def _escape(self) -> str:
        name = self.rest[:1]
        if name and name.lower() in _SETS:
            self._next()
            return f"[{'' if name.islower() else '^'}{_SETS[name.lower()]}]"
        return _literal(self._character())

    def _class(self) -> str:
        """What stands between brackets; the opening one has been read."""
        negated = "^" if self._took("^") else ""
        parts: list[str] = []
        while not self._took("]"):
            if not self.rest:
                raise self.refused("a class without end")
            parts.append(self._member())
        if not parts:
            raise self.refused("an empty class")
        return f"[{negated}{''.join(parts)}]"

    def _member(self) -> str:
        """A character, a range or a named set, within brackets."""
        if self.rest[0] == "[":
            raise self.refused("'[' in a class")  # other dialects nest sets there
        if self._took("\\"):
            if self.rest[:1] in _SETS:
                return _SETS[self._next()]
            low = self._character()
        else:
            low = self._next()
        if not re.match(r"-[^\]]", self.rest):
            return _code(low)
        self._next()
        high = self._character() if self._took("\\") else self._next()
        if high < low:
            raise self.refused(f"the range {low}-{high}")
        return f"{_code(low)}-{_code(high)}"

    def _character(self) -> str:
        """The character that an escape stands for; its backslash has been read."""
        if code := _CODE.match(self.rest):
            self.rest = self.rest[code.end() :]
            return chr(int(code[1] or code[2], 16))
        if not self.rest or (self.rest[0].isalnum() and self.rest[0] not in _CONTROLS):
            raise self.refused(f"'\\{self.rest[:1]}'")
        character = self._next()
        return _CONTROLS.get(character, character)

    def _next(self) -> str:
        character, self.rest = self.rest[0], self.rest[1:]
        return character

    def _took(self, word: str) -> bool:
        if not self.rest.startswith(word):
            return False
        self.rest = self.rest[len(word) :]
        return True


def _literal(text: str) -> str:
    return f'"{"".join(map(_code, text))}"'


def _code(character: str) -> str:
    """The character as it may stand in quotes and in brackets alike."""
    plain = _PLAIN.fullmatch(character) or not character.isascii()
    return character if plain else f"\\x{ord(character):02X}"
