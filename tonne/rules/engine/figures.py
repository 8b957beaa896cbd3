"""Numbers of a pack as exact fractions, roundings, and units of mass."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tonne.errors import refused
from tonne.rules.pack import RulePack

#: One unit of each measure of mass [kg].
KILOGRAMS: Final = {"t": Fraction(1000), "short ton": Fraction("907.18474"), "kg": Fraction(1)}


def reporting_day(year: int) -> date:
    """The day on which the rules of a reporting year are read."""
    return date(year, 12, 31)


def figure(pack: RulePack, key: str, day: date) -> Fraction:
    """The number that holds on a day; an error where the pack knows none."""
    value = pack.param(key, day)
    assert isinstance(value, int | Decimal)
    return Fraction(value)


def figure_or(pack: RulePack, key: str, day: date, otherwise: int = 0) -> Fraction:
    """The number that holds on a day, or what is taken where the pack knows none."""
    return figure(pack, key, day) if pack.has(key, day) else Fraction(otherwise)


def says(pack: RulePack, key: str, day: date) -> bool:
    """Whether a flag holds on a day; not, where the pack does not say."""
    entry = pack.entry(key, day)
    return entry is not None and entry.value is True


def down(amount: Fraction) -> int:
    """Rounded down."""
    return amount.numerator // amount.denominator


def up(amount: Fraction) -> int:
    """Rounded up."""
    return -down(-amount)


def nearest(amount: Fraction) -> int:
    """Rounded to the nearest whole, halves up, of an amount that is not negative."""
    return down(amount + Fraction(1, 2))


def cents(amount: Fraction) -> int:
    """A sum of money in 0.01 of the currency, rounded down: a fine is never above its rule."""
    return down(amount * 100)


def not_negative(name: str, *amounts: int) -> None:
    """Refuses what cannot be an amount."""
    for amount in amounts:
        if amount < 0:
            raise refused("ENGINE_NEGATIVE", amount=amount, quantity=name)


def converted(amount: int, measure: str, into: str) -> int:
    """An amount in another measure, rounded down: a conversion never makes emissions rights."""
    not_negative("amount", amount)
    for name in (measure, into):
        if name not in KILOGRAMS:
            raise refused("ENGINE_MEASURE", measure=name, kilograms=", ".join(KILOGRAMS))
    return down(amount * KILOGRAMS[measure] / KILOGRAMS[into])
