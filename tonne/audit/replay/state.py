"""Digest of a rebuilt state: SHA-256 over every view of it that the events determine, in sorted order.

Two auditors who replayed the same events have the same digest, whatever stretches they read them in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tonne.audit.replay.compare import Between, Check

#: First line: changes when the views or their writing do.
FORM: Final = "tonne state 1"


class StateDigest:
    """Collects the views of a state."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, checks: Iterable[Check]) -> None:
        for check in checks:
            args = ",".join(map(written, check.args))
            self._lines.append(
                f"{check.contract}.{check.function}({args})={written(check.expected)}"
            )

    def hex(self) -> str:
        told = "\n".join((FORM, *sorted(self._lines)))
        return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()


def written(value: Any) -> str:
    """One text for each value, whatever kind of sequence or number holds it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, (bytes, bytearray)):
        return value.hex() + "h"
    if isinstance(value, Between):
        return f"{value.low}..{value.high}"
    if isinstance(value, Mapping):
        items = sorted((written(name), written(item)) for name, item in value.items())
        return "{" + ",".join(f"{name}:{item}" for name, item in items) + "}"
    return "[" + ",".join(map(written, value)) + "]"
