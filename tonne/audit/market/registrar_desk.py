"""Replay of RegistrarDesk: changes of status, and accounts in which the Exchange lags behind the register.

The Exchange remembers wallets that may trade, and the register tells it of each loss. A change of status at
the RegistrarDesk reaches the accounts too; a change at the register alone leaves them until the next `sync`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tonne.audit.market.exchange import CAUSE_STATUS, ExchangeAccount, ExchangeReplay
from tonne.audit.parties.participants import ACTIVE, EVERYWHERE, ParticipantsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.types.ids import MarketId, ParticipantId

TRADE: Final = 1
STATUSES: Final = ("unknown", "applied", "active", "suspended", "closed")


@dataclass(frozen=True, slots=True)
class StatusLag:
    """A participant whose status in the register the Exchange has not taken over yet."""

    participant: ParticipantId
    status: str  # in the register
    since: int  # block of the register's oldest act that is not taken over
    wallets: tuple[str, ...]  # may still trade for it and should not
    markets: tuple[
        MarketId, ...
    ]  # where its account is not frozen, or still is, as it should not be

    def __str__(self) -> str:
        said = []
        if self.wallets:
            said.append(f"still lets trade {', '.join(self.wallets)}")
        if self.markets:
            verb = "still freezes" if self.status == STATUSES[ACTIVE] else "does not freeze"
            said.append(f"{verb} its account in market {', '.join(map(str, self.markets))}")
        return (
            f"participant {self.participant} is {self.status}, and the exchange lags since block"
            f" {self.since:,}: it {' and '.join(said)}. To end it:"
            f" `tonne market sync {self.participant}`"
        )


class RegistrarDeskReplay(ContractReplay):
    """Changes of status through the RegistrarDesk, compared with the register."""

    contract = "RegistrarDesk"

    def __init__(self, parties: ParticipantsReplay, exchange: ExchangeReplay, address: str) -> None:
        super().__init__()
        self.parties, self.exchange, self.address = parties, exchange, address
        self.stated: list[tuple[int, int]] = []  # participant and status, in order

    def _on_StatusActed(self, a: Args, _: Dated) -> None:
        who, registrar = a["id"], a["registrar"]
        self.stated.append((who, a["status"]))
        place = self.parties.participants[who].jurisdiction
        allowed = self.parties.is_registrar(registrar, place)
        self._require(allowed, f"{registrar} acted on participant {who}, of jurisdiction {place}")

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        acts = self.parties.acts[self.address]
        tally.value(self.contract, "acts at the register", acts, self.stated)

    def checks(self, now: int) -> Iterator[Check]:
        """Its power at the register must come from an event, before it ever acts."""
        yield from super().checks(now)
        args = (self.address, EVERYWHERE)
        allowed = self.parties.is_registrar(*args)
        yield Check("Participants", "isRegistrar", args, allowed, "the desk as registrar of all")

    # Lags

    def lags(self) -> list[StatusLag]:
        """Every participant that may still do what it may not, or may not what it may."""
        wallets: dict[ParticipantId, list[str]] = defaultdict(list)
        markets: dict[ParticipantId, list[MarketId]] = defaultdict(list)
        since: dict[ParticipantId, list[int]] = defaultdict(list)
        for wallet, (owner, rights, status) in sorted(self.exchange.wallets.items()):
            if _may_trade(rights, status) and not self._trades_for(wallet, owner):
                wallets[owner].append(wallet)
                person = self.parties.participants[owner]
                changed = self.parties.changed.get(wallet, 0)
                since[owner].append(changed if person.status == ACTIVE else person.since)
        for (market, owner), account in sorted(self.exchange.accounts.items()):
            known = self.parties.participants.get(owner)
            if known is not None and self._differs(known.status, account):
                markets[owner].append(market)
                since[owner].append(known.since)
        return [
            StatusLag(
                owner,
                STATUSES[self.parties.participants[owner].status],
                min(blocks),
                tuple(wallets[owner]),
                tuple(markets[owner]),
            )
            for owner, blocks in sorted(since.items())
        ]

    def _trades_for(self, wallet: str, owner: ParticipantId) -> bool:
        number, rights = self.parties.wallets.get(wallet, (ParticipantId(0), 0))
        if number != owner:
            return False
        return _may_trade(rights, self.parties.participants[owner].status)

    @staticmethod
    def _differs(status: int, account: ExchangeAccount) -> bool:
        """An account with nothing in it has nothing to freeze."""
        barred = status > ACTIVE
        frozen = bool(account.causes & CAUSE_STATUS)
        return frozen != barred and (frozen or bool(account.lots or account.cash))


def _may_trade(rights: int, status: int) -> bool:
    return status == ACTIVE and bool(rights & TRADE)
