"""Errors that a person reads: a stable code, a sentence, and a remedy.

The sentences are rows of `tonne/data/errors/en/*.toml`, one file for each room, by code:

    [AUDIT_STATE_GONE]
    says = "The node dropped the state of block {block:,} before all of it was compared."
    field = "block"
    value = "block"
    remedy = "Run the audit against a node that keeps old states (an archive node)."

`raise refused("AUDIT_STATE_GONE", block=17)` fills the placeholders. `value` names the argument that was
wrong. Other languages have the same codes and placeholders in a folder of their name, as far as translated.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from json import JSONDecodeError
from pathlib import PurePath
from typing import Any, Final, Self

ENGLISH: Final = "en"

Row = dict[str, str]


class TonneError(Exception):
    """Something was refused, for a reason that can be told in one sentence.

    `code` is stable (`FLEET_NEGATIVE`): programs compare it, runbooks are found by it. `field` and
    `value` name what was wrong where one thing was; `remedy` says what to do next. `arguments` are the
    values of a row's placeholders; None for a sentence that comes from elsewhere.
    """

    def __init__(
        self,
        code: str,
        message: str,
        field: str | None = None,
        value: object = None,
        remedy: str = "",
    ) -> None:
        super().__init__(code, message, field, value, remedy)
        self.code = code
        self.message = message
        self.field = field
        self.value = value
        self.remedy = remedy
        self.arguments: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, code: str, /, **arguments: Any) -> Self:
        """The error of a row, with its placeholders filled; raises KeyError for a code without a row."""
        row = row_of(code)
        value = arguments.get(row.get("value", ""))
        error = cls(
            code,
            _filled(row["says"], arguments),
            _field(row.get("field"), arguments),
            str(value) if isinstance(value, PurePath) else value,
            _filled(row.get("remedy", ""), arguments),
        )
        error.arguments = arguments
        return error

    def translated(self, language: str) -> TonneError:
        """The same error in another language; itself where the row has no translation."""
        if self.arguments is None or not (row := row_of(self.code, language)):
            return self
        says, remedy = (_filled(row.get(part, ""), self.arguments) for part in ("says", "remedy"))
        found = TonneError(self.code, says, self.field, self.value, remedy)
        found.arguments = self.arguments
        return found

    def __str__(self) -> str:
        sentence = f"{self.code}: {self._told()}"
        return f"{sentence} {self.remedy}" if self.remedy else sentence

    def _told(self) -> str:
        """The sentence, with the field and its value where it does not name the value itself."""
        value = self.value
        if self.field is None or not isinstance(value, str | int) or value == "":
            return self.message
        written = {str(value), f"{value:,}" if isinstance(value, int) else ""}
        if any(text and text in self.message for text in written):
            return self.message
        if self.message.endswith("。"):
            return f"{self.message.removesuffix('。')}（{self.field}：{value}）。"
        return f"{self.message.removesuffix('.')} ({self.field}: {value})."

    def as_dict(self) -> dict[str, object]:
        """The error for machines: `--json` prints it, and a rejected file's reason holds it."""
        return {
            "code": self.code,
            "message": self.message,
            "field": self.field,
            "value": None if self.value is None else str(self.value),
            "remedy": self.remedy,
        }


def refused(code: str, /, **arguments: Any) -> TonneError:
    """The error of a code, to be raised; see `TonneError.of`."""
    return TonneError.of(code, **arguments)


@cache
def row_of(code: str, language: str = ENGLISH) -> Row:
    """The row of a code. Raises KeyError without an English one; another language may lack it: empty."""
    for room, text in _texts(language).items():
        if f"\n[{code}]\n" in text or f'\n["{code}"]\n' in text:
            return _rows(language, room)[code]
    if language == ENGLISH:
        raise KeyError(code)
    return {}


def rows(language: str = ENGLISH) -> dict[str, Row]:
    """All rows of a language, by code."""
    return {
        code: row
        for room in _texts(language)
        for code, row in sorted(_rows(language, room).items())
    }


def languages() -> list[str]:
    """Languages that have rows, English among them."""
    folders = resources.files("tonne").joinpath("data/errors").iterdir()
    return sorted(folder.name for folder in folders if folder.is_dir())


@cache
def _texts(language: str) -> dict[str, str]:
    """The files of a language, by room; empty for one that there is not."""
    folder = resources.files("tonne").joinpath("data/errors", language)
    if not (language.isascii() and language.isalpha() and folder.is_dir()):
        return {}
    return {
        path.name.removesuffix(".toml"): "\n" + path.read_text(encoding="utf-8")
        for path in sorted(folder.iterdir(), key=lambda path: path.name)
    }


@cache
def _rows(language: str, room: str) -> dict[str, Row]:
    return tomllib.loads(_texts(language)[room])


class _Sentence(string.Formatter):
    """Fills placeholders by name. A missing value, or one of another type, never hides an error."""

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key), f"{{{key}}}")

    def format_field(self, value: Any, format_spec: str) -> str:
        try:
            return str(super().format_field(value, format_spec))
        except (TypeError, ValueError):
            return str(value)


def _filled(text: str, arguments: Mapping[str, Any]) -> str:
    return _Sentence().vformat(text, (), arguments)


def _field(field: str | None, arguments: Mapping[str, Any]) -> str | None:
    """A row's field; one that is an argument as a whole may be None."""
    if field is None:
        return None
    if field[:1] == "{" and field[1:-1] in arguments:
        found = arguments[field[1:-1]]
        return None if found is None else str(found)
    return _filled(field, arguments)


def why(error: Exception) -> str:
    """What a failed reading of a file says, for people: without numbers of errors and names of classes."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]}"
    if isinstance(error, JSONDecodeError):
        return f"line {error.lineno} is not JSON"
    if isinstance(error, TonneError):
        return error.message.removesuffix(".")
    return str(error)


def out_of_range(field: str, value: int, least: int, most: int) -> TonneError:
    """NUMBER_OUT_OF_RANGE: a number that its place on the chain or in a file cannot hold."""
    written = (
        str(value) if abs(value) < 10**30 else f"{str(value)[:12]}… ({len(str(value))} digits)"
    )
    return refused("NUMBER_OUT_OF_RANGE", field=field, given=written, least=least, most=most)
