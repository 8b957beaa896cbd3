"""Errors that a person reads: a stable code, a sentence, and what to do."""

from __future__ import annotations


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
        sentence = f"{self.code}: {self.message}"
        return f"{sentence} {self.remedy}" if self.remedy else sentence

    def as_dict(self) -> dict[str, object]:
        """The error for machines: what `--json` prints and a rejected file's reason holds."""
        return {
            "code": self.code,
            "message": self.message,
            "field": self.field,
            "value": None if self.value is None else str(self.value),
            "remedy": self.remedy,
        }
