"""Forms of serial numbers: fields between separators, whatever their case, width, zeros and spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from tonne import countries
from tonne.errors import TonneError, refused

#: A longer string is no serial number.
MOST_CHARACTERS: Final = 200

#: Kinds of field: pattern, and bits of a value in the number of an issuance.
KINDS: Final[Mapping[str, tuple[str, int]]] = {
    "number": ("[0-9]+", 64),
    "word": ("[A-Z0-9+]+", 0),
    "letters": ("[A-Z]+", 0),
    "country": ("[A-Z]{2,3}", 0),
    "year": ("(?:19|20|21)[0-9]{2}", 16),
    "day": ("[0-9]{7,8}", 0),
}
#: Kinds with a length: pattern and digits of one character.
SIZED: Final[Mapping[str, tuple[str, str]]] = {
    "letters": ("[A-Z]{1,%d}", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "hex": ("[0-9A-F]{%d}", "0123456789ABCDEF"),
    "crockford": ("[0-9A-HJKMNP-TV-Z]{%d}", "0123456789ABCDEFGHJKMNPQRSTVWXYZ"),
}
TOP: Final = 248  # bit of the space of a form; below it an issuance's number


@dataclass(frozen=True, slots=True)
class SerialField:
    """A field of a serial number."""

    name: str
    kind: str
    pattern: str
    prefix: str
    bits: int
    alphabet: str = ""

    def number(self, text: str) -> int:
        """The field's value in the number of an issuance: leading zeros of a number make no other one."""
        if not self.alphabet:
            return int(text)
        value = 0
        for c in text:
            value = value * (len(self.alphabet) + 1) + self.alphabet.index(c) + 1
        return value


@dataclass(frozen=True, slots=True)
class SerialForm:
    """One form of serial number: its tokens, each of one field or more."""

    sample: str
    tokens: Sequence[Sequence[SerialField]]
    key: Sequence[str]
    pair: bool
    space: int

    @property
    def fields(self) -> Mapping[str, SerialField]:
        return {f.name: f for token in self.tokens for f in token}

    def _read(self, tokens: Sequence[str]) -> dict[str, str] | None:
        """Texts by name of field, or None if this is another form."""
        if len(tokens) != len(self.tokens):
            return None
        found: dict[str, str] = {}
        for token, fields in zip(tokens, self.tokens, strict=True):
            pattern = "".join(
                f"{re.escape(f.prefix)}[ ]?({f.pattern})" if f.prefix else f"({f.pattern})"
                for f in fields
            )
            match = re.fullmatch(pattern, token)
            if match is None:
                return None
            found |= {f.name: text for f, text in zip(fields, match.groups(), strict=True)}
        return found

    def texts(self, raw: str) -> dict[str, str] | None:
        """Texts by name of field, first and last number among them; None if this is another form."""
        tokens = _tokens(raw)
        if not self.pair:
            found = self._read(tokens)
        else:
            half = len(tokens) // 2
            left, right = self._read(tokens[:half]), self._read(tokens[half:])
            if left is None or right is None:
                return None
            first, last = left.pop("first"), right.pop("first")
            if _plain(left) != _plain(right):
                raise refused("SERIAL_PAIR", raw=raw)
            found = {**left, "first": first, "last": last}
        if found is None or not all(self._is_sound(name, text) for name, text in found.items()):
            return None
        return found

    def _is_sound(self, name: str, text: str) -> bool:
        """Whether a day is a day and a country one."""
        kind = self.fields[name].kind if name in self.fields else "number"
        if kind == "country":
            return country_of(text) is not None
        return kind != "day" or day_of(text) is not None

    def issuance(self, texts: Mapping[str, str]) -> int:
        """Number of the issuance; 0 where the registry counts through."""
        if not self.key:
            return 0
        value, fields = 0, self.fields
        for name in self.key:
            part = fields[name].number(texts[name])
            if part >> fields[name].bits:
                raise TonneError(
                    "SERIAL_NUMBER",
                    "A number that identifies an issuance fits 64 bits.",
                    field="serial",
                    value=texts[name],
                    remedy="Copy the serial number from the registry whole.",
                )
            value = value << fields[name].bits | part
        return value | self.space << TOP


def _plain(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text.lstrip("0") for name, text in texts.items()}


def _tokens(raw: str) -> list[str]:
    """The parts between separators, in their one form: no width, case, kind of hyphen or invisible sign
    tells two apart. ` to ` between numbers separates like a hyphen."""
    if len(raw) > MOST_CHARACTERS:
        return []
    text = "".join(
        "-" if unicodedata.category(c) == "Pd" or c in "_\N{MINUS SIGN}" else c
        for c in unicodedata.normalize("NFKC", raw)
        if unicodedata.category(c) != "Cf"
    ).upper()
    text = re.sub(r"(?<=[0-9])\s+TO\s+(?=[0-9])", "-", text.strip())
    return [part.strip() for part in text.split("-")]


def country_of(text: str) -> int | None:
    """The numeric code of a country by its letters."""
    try:
        return countries.number(text)
    except TonneError:
        return None


def day_of(text: str) -> date | None:
    """Day, month and year in digits, as Verra writes them; the leading zero may be gone."""
    digits = text.rjust(8, "0")
    try:
        return date(int(digits[4:]), int(digits[2:4]), int(digits[:2]))
    except ValueError:
        return None
