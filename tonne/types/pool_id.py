"""Pools of a holding limit: `class 8 | scheme 16 | grouped 1 | owner 24`, see `IHoldingLimits`."""

from __future__ import annotations

from typing import Final, NamedTuple

from tonne.types import unit_id
from tonne.types.ids import MarketId, UnitId
from tonne.types.packing import Layout

_CLASS: Final = Layout(scheme=16, unit_class=8)
_POOL: Final = Layout(owner=24, grouped=1, traded=25)

#: Beside a market's number: its unit is of no class, and shares a pool with no other market's.
_NO_CLASS: Final = 2**24


class Pool(NamedTuple):
    """Whose holdings of which units are limited together."""

    traded: int  # class and scheme of the units, see {traded_class}
    grouped: bool  # the owner is a group of participants
    owner: int

    def pack(self) -> int:
        return _POOL.pack(**self._asdict())

    @classmethod
    def unpack(cls, word: int) -> Pool:
        fields = _POOL.unpack(word)
        return cls(fields["traded"], bool(fields["grouped"]), fields["owner"])


def traded_class(unit: UnitId, market: MarketId) -> int:
    """`class 8 | scheme 16` of what a market trades; its own where the id names no class."""
    number = unit_id.class_of(unit)
    if 0 < number < 256:
        return _CLASS.pack(unit_class=number, scheme=unit_id.scheme_of(unit))
    return _NO_CLASS | market
