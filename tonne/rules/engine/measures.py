"""Amounts from one scheme's measure into another's: a short ton is 0.90718474 t."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from tonne.errors import TonneError
from tonne.rules.engine.figures import down, not_negative

#: One unit of each measure of mass [kg].
KILOGRAMS: Final = {"t": Fraction(1000), "short ton": Fraction("907.18474"), "kg": Fraction(1)}


def converted(amount: int, measure: str, into: str) -> int:
    """An amount in another measure, rounded down: a conversion never makes emissions rights."""
    not_negative("amount", amount)
    for name in (measure, into):
        if name not in KILOGRAMS:
            raise TonneError(
                "ENGINE_MEASURE",
                "This is no measure of mass.",
                field="measure",
                value=name,
                remedy=f"Known: {', '.join(KILOGRAMS)}.",
            )
    return down(amount * KILOGRAMS[measure] / KILOGRAMS[into])
