"""Who holds which units: balances of wallets, units held for participants, and the exchange's ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from tonne.audit.market_replay import MarketReplay
from tonne.audit.units.unit_balances import Unit1155Replay
from tonne.types import held_account
from tonne.types.account_id import FIRST_CUSTODY_ACCOUNT
from tonne.types.ids import ParticipantId, UnitId

#: Of units in the custody of a contract: an auction, a block trade, a pledge, the buffer.
NO_OWNER: Final = ParticipantId(0)


class UnitHolding(NamedTuple):
    """Units of one owner in one place."""

    unit: UnitId
    owner: ParticipantId  # 0: the units are in a contract's custody
    place: str  # wallet, held, exchange, custody
    account: str  # wallet or contract; of the ledger, the number of the market
    amount: int


def holdings(market: MarketReplay, exchange: str) -> Iterator[UnitHolding]:
    """Every unit that is still there; `exchange` is the address whose balance the ledger divides."""
    for contract in units_of(market):
        for (account, unit), amount in sorted(contract.balances.items()):
            if amount and account != exchange:
                owner = contract.owner_of(account)
                held = "held" if held_account.owner_of(account) else "wallet"
                yield UnitHolding(unit, owner, held if owner else "custody", account, amount)
    for (number, participant), ledger in sorted(market.exchange.accounts.items()):
        if ledger.lots:
            one = market.exchange.markets[number]
            own = participant < FIRST_CUSTODY_ACCOUNT
            amount = ledger.lots * one.config.lotSize
            owner, place = (participant, "exchange") if own else (NO_OWNER, "custody")
            yield UnitHolding(one.unit, owner, place, str(number), amount)


def units_of(market: MarketReplay) -> list[Unit1155Replay]:
    """All unit contracts."""
    return [market.allowances, market.offsets, market.energy, market.certificates]


def by_owner(found: Iterator[UnitHolding]) -> Mapping[UnitId, Mapping[ParticipantId, int]]:
    """Amounts of each unit by owner, custody left out."""
    sums: dict[UnitId, dict[ParticipantId, int]] = defaultdict(lambda: defaultdict(int))
    for holding in found:
        if holding.owner != NO_OWNER:
            sums[holding.unit][holding.owner] += holding.amount
    return sums
