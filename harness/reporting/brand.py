"""Whose report it is: a name, a logo and an accent colour, from a small TOML file."""

from __future__ import annotations

import base64
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.errors import ConfigError, located, nearest

__all__ = ["Brand", "load_brand"]

_KEYS: Final = ("name", "logo", "accent")
_TYPES: Final = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}
_LARGEST: Final = 200_000
_LONGEST: Final = 80
_PAPER: Final = (0xFD, 0xFD, 0xFB)
_DARK: Final = (0x15, 0x16, 0x18)
_READABLE: Final = 4.5  # the contrast that WCAG 2.2 asks of text (1.4.3)

_Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Brand:
    """A name, a logo as a `data:` address, and the accent as it can be read on light and dark paper."""

    name: str = ""
    logo: str = ""
    accent_light: str = ""
    accent_dark: str = ""

    @property
    def css(self) -> str:
        """What the style sheet is followed by."""
        if not self.accent_light:
            return ""
        return (
            f"\n:root {{ --link: {self.accent_light}; --accent: {self.accent_light}; }}\n"
            f"@media screen and (prefers-color-scheme: dark) {{ :root {{ --link: {self.accent_dark}; "
            f"--accent: {self.accent_dark}; }} }}\n"
        )


def load_brand(path: Path) -> Brand:
    """Read a brand file; `logo` is a path beside it.

    The accent is made darker, and lighter for dark paper, until text in it has a contrast of 4.5.
    Raises `ConfigError` naming file and key.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(located(path, None, f"not TOML: {error}")) from error
    except OSError as error:
        raise ConfigError(located(path, None, error.strerror or str(error))) from error
    except UnicodeDecodeError as error:
        raise ConfigError(located(path, None, "is not UTF-8")) from error
    for key, value in data.items():
        if key not in _KEYS:
            raise ConfigError(located(path, None, f"unknown key {key!r}: {nearest(key, _KEYS)}"))
        if not isinstance(value, str):
            raise ConfigError(located(path, None, f"{key} must be a text, not {value!r}"))
    accent = _accent(path, data)
    return Brand(
        name=_name(path, data),
        logo=_logo(path, data["logo"]) if data.get("logo") else "",
        accent_light=_hex(_readable(accent, _PAPER, towards=0)) if accent else "",
        accent_dark=_hex(_readable(accent, _DARK, towards=255)) if accent else "",
    )


def _name(path: Path, data: dict[str, Any]) -> str:
    name: str = data.get("name", "")
    if len(name) > _LONGEST:
        raise ConfigError(located(path, None, f"name is longer than {_LONGEST} characters"))
    return name


def _logo(path: Path, name: str) -> str:
    file = path.parent / name
    kind = _TYPES.get(file.suffix.lower())
    if kind is None:
        raise ConfigError(located(path, None, f"logo {name}: not one of {', '.join(_TYPES)}"))
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(
            located(path, None, f"logo {file} cannot be read: {error.strerror or error}")
        ) from error
    if len(content) > _LARGEST:
        raise ConfigError(
            located(path, None, f"logo {name} has {len(content):,} bytes, more than {_LARGEST:,}")
        )
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _accent(path: Path, data: dict[str, Any]) -> _Colour | None:
    text = data.get("accent")
    if text is None:
        return None
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ConfigError(located(path, None, f"accent {text!r} is no colour: write it as #00598c"))
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _readable(colour: _Colour, paper: _Colour, towards: int) -> _Colour:
    """`colour`, mixed with black (0) or white (255) in steps of 2 % until it can be read on `paper`."""
    for step in range(50):
        mixed = tuple(round(part + (towards - part) * step / 50) for part in colour)
        if _contrast(mixed, paper) >= _READABLE:  # type: ignore[arg-type]
            return mixed  # type: ignore[return-value]
    return towards, towards, towards


def _contrast(a: _Colour, b: _Colour) -> float:
    """The contrast ratio of WCAG 2.2."""
    dark, light = sorted((_luminance(a), _luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: _Colour) -> float:
    """Relative luminance as WCAG 2.2 defines it, of sRGB."""
    parts = [part / 255 for part in colour]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hex(colour: _Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
