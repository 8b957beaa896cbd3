"""Findings: what a node said that does not hold, each with a stable code."""

from __future__ import annotations

from dataclasses import dataclass

from tonne.errors import TonneError


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer that its proof refutes."""

    code: str
    message: str
    block: int | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Refuted(TonneError):
    """Ends the reading at an answer that does not hold; the audit returns it as its finding."""

    def __init__(self, code: str, message: str, block: int | None = None) -> None:
        remedy = "Do not rely on this node; ask another."
        super().__init__(code, message, field="block", value=block, remedy=remedy)
        self.block = block

    @property
    def finding(self) -> Finding:
        return Finding(self.code, self.message, self.block)
