"""Status of participants: acts at the registrars' desk, and where the Exchange lags behind the register.

The Exchange remembers who may trade. An act at the registrars' desk reaches register and Exchange in one
transaction; an act at the register alone leaves the Exchange behind until somebody has it look again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tonne.audit.market.exchange import CAUSE_STATUS, Account, LedgerReplay
from tonne.audit.parties.participants import ACTIVE, PartiesReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.audit.rules.powers import ALL, PowersReplay

TRADE: Final = 1
STATUSES: Final = ("unknown", "applied", "active", "suspended", "closed")


@dataclass(frozen=True, slots=True)
class Lag:
    """A participant whose standing in the register the Exchange has not taken over yet."""

    participant: int
    status: str  # in the register
    since: int  # block of the register's oldest act that is not taken over
    wallets: tuple[str, ...]  # may still trade for it and should not
    markets: tuple[int, ...]  # where its account is not frozen, or still is, as it should not be

    def __str__(self) -> str:
        said = []
        if self.wallets:
            said.append(f"still lets trade {', '.join(self.wallets)}")
        if self.markets:
            verb = "still freezes" if self.status == STATUSES[ACTIVE] else "does not freeze"
            said.append(f"{verb} its account in market {', '.join(map(str, self.markets))}")
        return (
            f"participant {self.participant} is {self.status}, and the exchange lags since block"
            f" {self.since:,}: it {' and '.join(said)}. Anybody ends it:"
            f" `tonne market sync {self.participant}`"
        )


class StatusReplay:
    """The registrars' desk, and how register and Exchange agree."""

    contract: Final = "RegistrarDesk"

    def __init__(
        self, parties: PartiesReplay, powers: PowersReplay, ledger: LedgerReplay, address: str
    ) -> None:
        self.parties, self.powers, self.ledger, self.address = parties, powers, ledger, address
        self.told: list[tuple[int, int]] = []
        self.faults: list[str] = []

    def apply(self, dated: Dated) -> None:
        if dated.event.name != "StatusActed":
            return
        a = dated.event.args
        who, registrar = a["id"], a["registrar"]
        self.told.append((who, a["status"]))
        place = self.parties.participants[who].jurisdiction
        if not any(self.powers.registrars.get((registrar, of)) for of in (place, ALL)):
            self.faults.append(f"{registrar} acted on participant {who}, of jurisdiction {place}")

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "acts by who is no registrar", [], self.faults)
        acts = self.parties.acts[self.address]
        tally.value(self.contract, "acts at the register", acts, self.told)

    def checks(self) -> Iterator[Check]:
        """What the desk may do at the register must have been told, before it ever acts."""
        allowed = self.powers.registrars.get((self.address, ALL), False)
        about = "the desk as registrar of all"
        yield Check("Participants", "isRegistrar", (self.address, ALL), allowed, about)

    def lags(self) -> list[Lag]:
        """Every participant that may still do what it may not, or may not what it may."""
        wallets: dict[int, list[str]] = defaultdict(list)
        markets: dict[int, list[int]] = defaultdict(list)
        since: dict[int, list[int]] = defaultdict(list)
        for wallet, (owner, rights, status) in sorted(self.ledger.wallets.items()):
            if _may_trade(rights, status) and not self._trades_for(wallet, owner):
                wallets[owner].append(wallet)
                person = self.parties.participants[owner]
                changed = self.parties.changed.get(wallet, 0)
                since[owner].append(changed if person.status == ACTIVE else person.since)
        for (market, owner), account in sorted(self.ledger.accounts.items()):
            known = self.parties.participants.get(owner)
            if known is not None and self._differs(known.status, account):
                markets[owner].append(market)
                since[owner].append(known.since)
        return [
            Lag(
                owner,
                STATUSES[self.parties.participants[owner].status],
                min(blocks),
                tuple(wallets[owner]),
                tuple(markets[owner]),
            )
            for owner, blocks in sorted(since.items())
        ]

    def _trades_for(self, wallet: str, owner: int) -> bool:
        number, rights = self.parties.wallets.get(wallet, (0, 0))
        if number != owner:
            return False
        return _may_trade(rights, self.parties.participants[owner].status)

    @staticmethod
    def _differs(status: int, account: Account) -> bool:
        """An account with nothing in it has nothing to freeze."""
        barred = status > ACTIVE
        frozen = bool(account.causes & CAUSE_STATUS)
        return frozen != barred and (frozen or bool(account.lots or account.cash))


def _may_trade(rights: int, status: int) -> bool:
    return status == ACTIVE and bool(rights & TRADE)
