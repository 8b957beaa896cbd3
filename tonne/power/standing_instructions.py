"""Standing instructions: signed once by a household, so that an aggregator places its orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from tonne.crypto.eip712 import Domain, Struct

POWER_MARKET: Final = "tonne PowerMarket"


def market_domain(chain_id: int, contract: str) -> Domain:
    """The domain of instructions."""
    return Domain(POWER_MARKET, chain_id, contract)


@dataclass(frozen=True, slots=True)
class StandingInstruction(Struct):
    """`StandingInstruction` of IPowerMarket."""

    TYPES: ClassVar = (
        "address",
        "uint8",
        "uint8",
        "uint32",
        "uint32",
        "uint32",
        "uint32",
        "address",
        "uint256",
    )

    signer: str
    node: int
    side: int  # 0 buys, 1 sells
    price: int  # [micro-credit/kWh] no bid above it, no offer below it
    maximumWh: int
    fromInterval: int
    untilInterval: int
    aggregator: str
    salt: int

    def fields(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)
