"""A fine for each missing unit that rises by an index: what it comes to, by date.

The contracts keep the sum of a unit and know no index, so what stands there is the indexed one. The plain
rules use the same figure, so that both come to the same fine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Final

from tonne.rules.pack.model import DatedValue

#: What rises, whether it does, and by what.
PER_UNIT: Final = ("penalty.min_per_unit", "penalty.max_per_unit")
INDEXED: Final = "penalty.indexed"
INDEX: Final = "penalty.index"

Values = Mapping[str, Sequence[DatedValue]]


def times(sum_: Decimal, index: Decimal) -> Decimal:
    """An indexed sum for a unit, in whole cents, rounded down: a fine is never above its rule."""
    return (sum_ * index).quantize(Decimal("0.01"), ROUND_DOWN)


def indexed(values: Values, key: str) -> tuple[DatedValue, ...]:
    """The dated values of a key, multiplied where the index of a day is known; others as they stand."""
    own = tuple(values.get(key, ()))
    if key not in PER_UNIT:
        return own
    rises = [flag for flag in values.get(INDEXED, ()) if flag.value is True]
    factors = [
        cut for index in values.get(INDEX, ()) for flag in rises for cut in _common(index, flag)
    ]
    return tuple(part for value in own for part in _split(value, factors))


def _split(value: DatedValue, factors: Sequence[DatedValue]) -> Iterator[DatedValue]:
    """A value cut at the edges of the factors, in the order of its days."""
    rest: DatedValue | None = value
    for factor in factors:
        for cut in _common(factor, value):
            assert rest is not None
            if rest.from_ < cut.from_:
                yield rest.model_copy(update={"to": cut.from_ - timedelta(days=1)})
            yield cut.model_copy(
                update={
                    "value": times(Decimal(str(value.value)), Decimal(str(factor.value))),
                    "unit": value.unit,
                }
            )
            follows = None if cut.to is None else cut.to + timedelta(days=1)
            over = follows is None or (value.to is not None and follows > value.to)
            rest = None if over else value.model_copy(update={"from_": follows})
    if rest is not None:
        yield rest


def _common(one: DatedValue, other: DatedValue) -> Iterator[DatedValue]:
    """The first value on the days that both hold, if there are any."""
    first = max(one.from_, other.from_)
    ends = [end for end in (one.to, other.to) if end is not None]
    last = min(ends, default=None)
    if last is None or first <= last:
        yield one.model_copy(update={"from_": first, "to": last})
