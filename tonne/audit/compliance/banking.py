"""Replay of Banking: allowances converted into a later vintage, and expired, by the rule of the day.

The limit is worked out again. A participant's net sales on the Exchange follow from its deposits,
withdrawals and present lots there; the contract's own count is only compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from math import floor
from typing import Final

from tonne.audit.market.exchange import ExchangeReplay
from tonne.audit.market.holding_shares import HoldingSharesReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, ContractReplay, follows
from tonne.audit.replay.events import Dated
from tonne.audit.rules.schemes import SchemesReplay
from tonne.audit.units.unit_balances import BANKED_AWAY, EXPIRED, Unit1155Replay
from tonne.constants import PPM
from tonne.types import account_id, references
from tonne.types.ids import MarketId, ParticipantId, SchemeId, UnitId
from tonne.types.unit_id import is_allowance, scheme_of, vintage_of

VINTAGE_SHIFT: Final = 64
VINTAGE_MASK: Final = 0xFFFF


class BankingReplay(ContractReplay):
    """Allowances banked so far, by scheme, new vintage and participant [t]."""

    contract = "Banking"

    def __init__(
        self,
        schemes: SchemesReplay,
        exchange: ExchangeReplay,
        shares: HoldingSharesReplay,
        allowances: Unit1155Replay,
    ) -> None:
        super().__init__()
        self.schemes, self.exchange, self.shares = schemes, exchange, shares
        self.allowances = allowances
        self.banked: dict[tuple[int, int, int], int] = defaultdict(int)
        #: Amounts stated, by reference and the unit that left, or came.
        self.left: dict[tuple[bytes, UnitId], int] = defaultdict(int)
        self.came: dict[tuple[bytes, UnitId], int] = defaultdict(int)

    def _on_AllowancesBanked(self, a: Args, at: Dated) -> None:
        scheme, who = a["scheme"], a["participant"]
        into = vintage_of(a["into"])
        key = (scheme, into, who)
        self.banked[key] += a["amount"]
        ref = references.banking(scheme, into, who)
        self.left[ref, a["from"]] += a["amount"]
        self.came[ref, a["into"]] += a["amount"]
        day = self.schemes.local_day(scheme, at.time)
        about = f"{a['amount']} t of {who} into {into}"
        allowed = self._rule(scheme, "allowed", day) == 1
        if not allowed or self._rule(scheme, "into_vintage", day) != into:
            self.faults.append(f"{about}: not allowed by the rules of the day")
        elif (
            not self._oldest(scheme, day)
            <= vintage_of(a["from"])
            <= self._newest(scheme, day, into)
        ):
            self.faults.append(f"{about}: {vintage_of(a['from'])} is not carried over")
        most = self._most(scheme, day, into, who)
        if most is not None and self.banked[key] > most:
            self.faults.append(f"{about}: {self.banked[key]} in all, {most} at the most")

    @follows("Allowances")
    def _on_UnitsExited(self, a: Args, at: Dated) -> None:
        if a["kind"] != EXPIRED:
            return
        unit = a["id"]
        scheme = scheme_of(unit)
        day = self.schemes.local_day(scheme, at.time)
        last = self._rule(scheme, "expired_vintage", day)
        over = last is not None and vintage_of(unit) <= last
        self._require(over, f"unit {unit:#x} expired on day {day}, before its vintage ended")

    def _rule(self, scheme: int, key: str, day: int) -> int | None:
        return self.schemes.value(scheme, f"banking.{key}", day)

    def _oldest(self, scheme: int, day: int) -> int:
        return self._rule(scheme, "oldest_vintage", day) or 0

    def _newest(self, scheme: int, day: int, into: int) -> int:
        newest = self._rule(scheme, "newest_vintage", day)
        return into - 1 if newest is None else min(newest, into - 1)

    def _most(self, scheme: SchemeId, day: int, into: int, who: ParticipantId) -> int | None:
        """Most that a participant can bank in all; None without a limit [t]."""
        base = self._rule(scheme, "base", day)
        if base is None:
            return None
        share = Fraction(self._rule(scheme, "net_sales_ppm", day) or 0, PPM)
        oldest, newest = self._oldest(scheme, day), self._newest(scheme, day, into)
        sold = sum(
            self.net_sold(market.number, who) * market.config.lotSize
            for market in self.exchange.markets.values()
            if is_allowance(market.unit, scheme) and oldest <= vintage_of(market.unit) <= newest
        )
        return base + floor(share * max(sold, 0))

    def net_sold(self, market: MarketId, who: ParticipantId) -> int:
        """Sold less bought in a market [lots]."""
        account = self.exchange.accounts.get((market, who))
        has = account.lots if account else 0
        flows = self.exchange.flows.of.get(account_id.pack(market, who))
        return (flows.lots if flows else 0) - has - self.shares.held.get((market, who), 0)

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        left = {
            (ref, id_): amount
            for (kind, ref, id_), amount in self.allowances.exits_for.items()
            if kind == BANKED_AWAY
        }
        tally.value(self.contract, "units that were banked away", dict(self.left), left)
        came = {key: self.allowances.issues_for[key] for key in self.came}
        tally.value(self.contract, "units that came for them", dict(self.came), came)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for (scheme, into, who), amount in sorted(self.banked.items()):
            about = f"banked by {who} into {into}"
            yield Check(self.contract, "bankedOf", (scheme, into, who), amount, about)
        for market, who in sorted(self.exchange.accounts):
            if who < account_id.FIRST_CUSTODY_ACCOUNT:
                sold = self.net_sold(MarketId(market), ParticipantId(who))
                about = f"net sales of {who} in market {market}"
                yield Check("Exchange", "netSoldOf", (who, market), sold, about)
