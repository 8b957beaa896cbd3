"""Where a project is, and the meters that stand behind its root."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from tonne.crypto.hashing import text_hash
from tonne.crypto.merkle import leaf_hash, merkle_root
from tonne.errors import refused

_DEGREES: Final = re.compile(r"\s*(-?)(\d{1,3})(?:\.(\d{1,6}))?\s*")


#: [1e-6 degrees]
POLE: Final = 90_000_000
DATE_LINE: Final = 180_000_000


class Place(NamedTuple):
    """A `Location` of IProjects [1e-6 degrees]."""

    latitude: int
    longitude: int


def degrees(location: Any) -> str:
    """A `Location` of IProjects as maps take it: latitude, longitude [degrees], exactly."""
    return f"{_decimal(location.latitude)}, {_decimal(location.longitude)}"


def place(text: str) -> Place:
    """Latitude and longitude as {degrees} writes them; never through a float."""
    found = [_DEGREES.fullmatch(part) for part in text.split(",")]
    if len(found) != 2 or None in found:
        raise refused("PLACE_UNREADABLE", place=text)
    at = Place(*(_whole(*match.groups()) for match in found if match))
    if abs(at.latitude) > POLE or abs(at.longitude) > DATE_LINE or at == (0, 0):
        raise refused("PLACE_NOT_ON_EARTH", place=text)
    return at


def _whole(sign: str, whole: str, part: str | None) -> int:
    value = int(whole) * 1_000_000 + int((part or "").ljust(6, "0"))
    return -value if sign else value


def _decimal(millionths: int) -> str:
    whole, part = divmod(abs(millionths), 1_000_000)
    return f"{'-' if millionths < 0 else ''}{whole}.{part:06}"


def source_word(text: str) -> bytes:
    """The name of a forest or plant on chain: 32 bytes in hex as they are, or the hash of a text.

    Case, width of letters and spaces make no second name. Raises SOURCE_NAME for an empty one.
    """
    if re.fullmatch(r"0x[0-9a-fA-F]{64}", text):
        return bytes.fromhex(text[2:])
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if not plain:
        raise refused("SOURCE_NAME", source=text)
    return text_hash(plain)


def meters_root(meters: Sequence[bytes]) -> bytes:
    """The root that Projects keeps of a project's meters; 32 zero bytes for none."""
    return merkle_root([leaf_hash(meter) for meter in meters])
