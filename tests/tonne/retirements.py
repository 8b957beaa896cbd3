"""Certificates of the small market, for tests of what is read from them."""

from __future__ import annotations

from typing import Any

from tests.conftest import Town

#: Markup, a terminal's escape, a turn of direction, and bytes that are no UTF-8.
HOSTILE = "中国 <script>&\"'[/red]\x1b[31m\u202e\udcff"


def claim(beneficiary: str = "Example Airlines", commitment: bytes = bytes(32)) -> tuple[Any, ...]:
    return (beneficiary, commitment, "flights of 2020", 18_262, 18_627, b"CN")


def retire(town: Town, amount: int = 100, words: tuple[Any, ...] | None = None) -> int:
    """The developer retires some of its wind farm's credits; returns the certificate's number."""
    developer = town.market.people["developer"]
    args = (town.market.credit, amount, words or claim())
    receipt = town.chain.send(developer, "RetirementRegistry", "retire", *args)
    return next(e for e in town.chain.events(receipt) if e.name == "UnitsRetired")["certificate"]
