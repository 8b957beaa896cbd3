"""The town of the small market as it stands: its people, their numbers, accounts and meters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tonne.chain.client import Call, Chain, Receipt
from tonne.crypto.accounts import Account
from tonne.power import customer_accounts


@dataclass(slots=True)
class SeedTown:
    """The town as it was made, by name and number."""

    chain: Chain
    scheme: int
    place: int
    who: Mapping[str, Account]
    numbers: dict[str, int] = field(default_factory=dict)  # of participants
    accounts: dict[str, int] = field(default_factory=dict)  # of the power market
    meters: dict[str, int] = field(default_factory=dict)
    series: int = 0
    area: int = 0  # node of meters
    node: int = 0  # of the power grid
    tariff: int = 0
    first_day: int = 0  # that is settled, since 1970-01-01, UTC

    def send(self, name: str, contract: str, function: str, *args: Any) -> Receipt:
        return self.chain.send(self.who[name], contract, function, *args)

    def send_all(self, calls: Iterable[tuple[Any, ...]]) -> list[Receipt]:
        """Sends `(name, contract, function, *args)` in order."""
        return self.chain.send_many(
            Call(self.who[name], self.chain[contract], function, tuple(args))
            for name, contract, function, *args in calls
        )

    def at(self, moment: int) -> None:
        """Chain time is that moment [s] or later."""
        if self.chain.now() < moment:
            self.chain.set_time(moment)

    def account_key(self, name: str) -> Account:
        """The key of a home's account in the market."""
        return customer_accounts.account_key(self.who[name].key, self.chain.chain_id)

    def event(self, receipt: Receipt, name: str) -> Any:
        return next(e for e in self.chain.events(receipt) if e.name == name)
