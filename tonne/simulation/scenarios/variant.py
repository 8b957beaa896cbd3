"""A pack with rules of a variant in place of its own."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tonne.rules.pack import RulePack
from tonne.rules.pack.constraints import CONSISTENT_RANGES
from tonne.rules.pack.model import ASSUMED, DatedValue, Source
from tonne.simulation.scenarios.keys import BEGINNING, FORMS, MODEL, Setting

#: The source that a varied rule names.
SOURCE = "scenario"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a variant is run by."""

    pack: RulePack
    model: Mapping[str, Setting]
    first: int  # reporting year

    def share(self, key: str, year: int, otherwise: int = 0) -> Fraction:
        """A figure of the model in a year."""
        setting = self.model.get(key)
        if setting is None:
            return Fraction(otherwise)
        return Fraction(Decimal(setting.of_year(year - self.first)))

    def has(self, key: str) -> bool:
        return key in self.model


class Contradiction(NamedTuple):
    """Settings that cannot hold together: by which key to find them, and in words."""

    key: str
    sentence: str
    remedy: str


def varied(pack: RulePack, settings: Iterable[Setting], first: int) -> Rules:
    """The pack with settings, which hold on every day or year by year; a form of fine that is set takes the
    place of the pack's own."""
    ours = {s.key: s for s in settings}
    values = dict(pack.values)
    if any(key in ours for form in FORMS for key in form):
        for key in (key for form in FORMS if not any(k in ours for k in form) for key in form):
            values.pop(key, None)
    values |= {key: tuple(_dated(s, first)) for key, s in ours.items() if key not in MODEL}
    other = copy.copy(pack)
    other.values = values
    other.sources = {**pack.sources, SOURCE: Source(text="Varied by a scenario")}
    return Rules(other, {key: s for key, s in ours.items() if key in MODEL}, first)


def _dated(setting: Setting, first: int) -> list[DatedValue]:
    """The setting as a pack has it: on all days, or one value a reporting year."""
    if not setting.path:
        return [_value(setting, setting.value[0], BEGINNING, None)]
    return [
        _value(setting, figure, date(first + i, 1, 1), date(first + i, 12, 31))
        for i, figure in enumerate(setting.value)
    ]


def _value(setting: Setting, figure: object, start: date, end: date | None) -> DatedValue:
    return DatedValue.model_validate(
        {
            "value": figure, "unit": setting.unit, "from": start, "to": end,
            "source": SOURCE, "confidence": ASSUMED,
        }
    )  # fmt: skip


def contradiction(rules: Rules, settings: Iterable[Setting], day: date) -> Contradiction | None:
    """Two forms of fine, half of one, a range upside down, half a warning; None where all is well."""
    ours = [s.key for s in settings]
    pack = rules.pack
    money = [form for form in FORMS[:3] if any(key in ours for key in form)]
    if len(money) > 1:
        key = next(key for key in ours if key in money[1])
        return Contradiction(key, "is a second form of fine.", "Set one form in each case.")
    for form in money:
        if not all(pack.has(key, day) for key in form):
            key = next(key for key in ours if key in form)
            return Contradiction(
                key, "is one end of a range.", f"Set {' and '.join(form)}, equal if need be."
            )
    window = ("penalty.price_months", "penalty.price_until", "penalty.price_rule")
    if money == [FORMS[2]] and not all(pack.has(key, day) for key in window):
        key = next(key for key in ours if key in FORMS[2])
        return Contradiction(key, "needs a window for its price.", f"Set {', '.join(window)} too.")
    for low, high in CONSISTENT_RANGES:
        if {low, high} & set(ours) and pack.has(low, day) and pack.has(high, day):
            least, most = pack.param(low, day), pack.param(high, day)
            assert isinstance(least, int | Decimal) and isinstance(most, int | Decimal)
            if least > most:
                key = low if low in ours else high
                return Contradiction(
                    key,
                    f"turns a range upside down: {low} {least}, {high} {most}.",
                    "Swap the two.",
                )
    for needed, partner in (
        ("warning.gap", "warning.at"), ("warning.heeded", "warning.at"), ("offset.discount", "offset.supply"),
    ):  # fmt: skip
        if needed in ours and partner not in ours:
            return Contradiction(needed, f"says nothing without {partner}.", f"Set {partner} too.")
    return None
