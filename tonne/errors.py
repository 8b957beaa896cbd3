"""Errors that a person reads: a stable code, a sentence, and what to do."""

from __future__ import annotations

from json import JSONDecodeError


class TonneError(Exception):
    """Something was refused, for a reason that can be told in one sentence.

    `code` is stable (`FLEET_NEGATIVE`): programs compare it, runbooks are found by it. `field` and
    `value` name what was wrong where one thing was; `remedy` says what to do next.
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
        return f"{self.message.removesuffix('.')} ({self.field}: {value})."

    def as_dict(self) -> dict[str, object]:
        """The error for machines: what `--json` prints and a rejected file's reason holds."""
        return {
            "code": self.code,
            "message": self.message,
            "field": self.field,
            "value": None if self.value is None else str(self.value),
            "remedy": self.remedy,
        }


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
    return TonneError(
        "NUMBER_OUT_OF_RANGE",
        "This number is too large or too small.",
        field=field,
        value=written,
        remedy=f"Give a number from {least:,} to {most:,}.",
    )
