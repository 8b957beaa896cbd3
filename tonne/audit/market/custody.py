"""Custody of the Exchange: its tokens equal its accounts, and every unit is accounted for once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tonne.audit.market.exchange import ExchangeMarket, ExchangeReplay
from tonne.audit.market.pledges import PledgesReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.contract_replay import ContractReplay
from tonne.audit.replay.currency import SettlementCurrencyReplay
from tonne.audit.units.unit_balances import EXIT_KINDS, Unit1155Replay
from tonne.types import held_account, unit_id
from tonne.types.ids import UnitId

#: The ledger's 0.0001 in a currency's 0.01.
CASH_PER_CENT = 100


@dataclass(slots=True)
class Outside:
    """Units of one id outside the Exchange, each counted once."""

    free: int = 0  # on wallets and with contracts
    held_for: int = 0  # for participants whose wallets refused them; frozen ones aside
    frozen: int = 0


class CustodyReplay(ContractReplay):
    """Identities between the Exchange's ledger and the token contracts."""

    contract = "Exchange"

    def __init__(
        self,
        exchange: ExchangeReplay,
        pledges: PledgesReplay,
        units: Mapping[int, Unit1155Replay],
        currencies: Sequence[SettlementCurrencyReplay],
        address: str,
    ) -> None:
        """`units` are unit contracts by class, `address` is the Exchange's."""
        super().__init__()
        self.exchange, self.pledges = exchange, pledges
        self.units, self.currencies, self.address = units, currencies, address

    def balance(self, wallet: str, unit: UnitId) -> int:
        """A wallet's balance of a unit."""
        units = self.units.get(unit_id.class_of(unit))
        return units.balances.get((wallet, unit), 0) if units else 0

    def money(self, currency: SettlementCurrencyReplay) -> int:
        """The Exchange's balance of a currency [0.0001]."""
        return currency.balances[self.address] * CASH_PER_CENT

    def invariants(self, tally: Tally) -> None:
        owed: dict[str, int] = defaultdict(int)
        outside = {class_: self.outside(units) for class_, units in self.units.items()}
        for market in self.exchange.markets.values():
            lots, market_cash = self.exchange.custody(market)
            owed[market.currency] += market_cash
            known = self.units.get(unit_id.class_of(market.unit))
            if known is None or known.address != market.config.units:
                tally.leave(
                    self.contract, f"market {market.number}, in units of {market.config.units}"
                )
                continue
            about = f"units behind market {market.number}"
            held = self.balance(self.address, market.unit)
            tally.value(self.contract, about, lots * market.config.lotSize, held)
            found = outside[unit_id.class_of(market.unit)].get(market.unit, Outside())
            self._conserved(tally, market, found)
        for currency in self.currencies:
            about = f"money behind all markets, in {currency.contract}"
            tally.backed(self.contract, about, owed.pop(currency.address, 0), self.money(currency))
        for address in sorted(owed):
            tally.leave(self.contract, f"money of markets in the currency {address}")

    def outside(self, units: Unit1155Replay) -> dict[UnitId, Outside]:
        """Units outside the Exchange, by unit."""
        sums: dict[UnitId, Outside] = defaultdict(Outside)
        for (account, unit), amount in units.balances.items():
            if account == self.address:
                continue
            frozen = min(units.frozen.get((account, unit), 0), amount)
            sums[unit].frozen += frozen
            if held_account.owner_of(account):
                sums[unit].held_for += amount - frozen
            else:
                sums[unit].free += amount - frozen
        return sums

    def _conserved(self, tally: Tally, market: ExchangeMarket, outside: Outside) -> None:
        """issued = free + held for + frozen + pledged + in ledger + left, each counted on its own."""
        units, unit = self.units[unit_id.class_of(market.unit)], market.unit
        pledged = self.pledges.pledged(market.number) * market.config.lotSize
        in_ledger = market.config.lotSize * sum(
            account.lots
            for (number, who), account in self.exchange.accounts.items()
            if number == market.number and who != self.pledges.house
        )
        left = sum(units.exited[unit, kind] for kind in EXIT_KINDS)
        about = f"unit {unit:#x} is free, held for, frozen, pledged, in the ledger or has left"
        found = outside.free + outside.held_for + outside.frozen + pledged + in_ledger + left
        tally.value(self.contract, about, units.issued[unit], found)
