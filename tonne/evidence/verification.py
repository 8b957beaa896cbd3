"""What was checked, and how it came out: shown by `verify` and `trace`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EvidenceCheck:
    """One thing that was looked at. `passed` is None where it cannot be said from here."""

    about: str
    passed: bool | None
    detail: str = ""

    def as_dict(self) -> dict[str, object]:
        return {"about": self.about, "passed": self.passed, "detail": self.detail}


def sound(checks: Iterable[EvidenceCheck]) -> bool:
    """Whether nothing was found wrong; what could not be checked is not wrong."""
    return all(check.passed is not False for check in checks)
