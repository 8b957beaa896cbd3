"""Replay of Banking: who carried how much over, and whether the rule of the day let it.

The limit is worked out again: what a participant sold on the Exchange less what it bought follows from
what it brought there, took from there and still has there; the contract's own count is only compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from math import floor
from typing import Final

from tonne.audit.market.exchange import FIRST_HOUSE, LedgerReplay
from tonne.audit.market.holding_shares import SharesReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.audit.rules.schemes import RulesReplay
from tonne.audit.units.unit_balances import BANKED_AWAY, EXPIRED, UnitsReplay

SCHEME_SHIFT, VINTAGE_SHIFT, VINTAGE_MASK = 80, 64, 0xFFFF


def reference(scheme: int, into: int, participant: int) -> bytes:
    """What a banking's exit and issue refer to: `1 | scheme 16 | vintage 16 | participant 32`."""
    return (1 << 64 | scheme << 48 | into << 32 | participant).to_bytes(32, "big")


def vintage_of(unit: int) -> int:
    return unit >> VINTAGE_SHIFT & VINTAGE_MASK


class BankingReplay:
    """Carried over so far, by scheme, vintage it became and participant [t]."""

    contract: Final = "Banking"

    def __init__(
        self,
        rules: RulesReplay,
        ledger: LedgerReplay,
        shares: SharesReplay,
        allowances: UnitsReplay,
    ) -> None:
        self.rules, self.ledger, self.shares = rules, ledger, shares
        self.allowances = allowances
        self.banked: dict[tuple[int, int, int], int] = defaultdict(int)
        self.told: dict[tuple[bytes, int], int] = defaultdict(
            int
        )  # by reference and unit that left
        self.came: dict[tuple[bytes, int], int] = defaultdict(
            int
        )  # by reference and unit that came
        self.faults: list[str] = []

    def apply(self, dated: Dated) -> None:
        if dated.event.name == "AllowancesBanked":
            self._bank(dated.event.args, dated.time)
        elif dated.event.name == "UnitsExited" and dated.event.args["kind"] == EXPIRED:
            self._expire(dated.event.args["id"], dated.time)

    def _bank(self, a: dict, time: int) -> None:
        scheme, who = a["scheme"], a["participant"]
        into = vintage_of(a["into"])
        key = (scheme, into, who)
        self.banked[key] += a["amount"]
        ref = reference(scheme, into, who)
        self.told[ref, a["from"]] += a["amount"]
        self.came[ref, a["into"]] += a["amount"]
        day = self.rules.local_day(scheme, time)
        about = f"{a['amount']} t of {who} into {into}"
        if (
            self._rule(scheme, "allowed", day) != 1
            or self._rule(scheme, "into_vintage", day) != into
        ):
            self.faults.append(f"{about}: the rules of the day do not let it")
        elif (
            not self._oldest(scheme, day)
            <= vintage_of(a["from"])
            <= self._newest(scheme, day, into)
        ):
            self.faults.append(f"{about}: {vintage_of(a['from'])} is not carried over")
        most = self._most(scheme, day, into, who)
        if most is not None and self.banked[key] > most:
            self.faults.append(f"{about}: {self.banked[key]} in all, {most} at the most")

    def _expire(self, unit: int, time: int) -> None:
        scheme = unit >> SCHEME_SHIFT & 0xFFFF
        day = self.rules.local_day(scheme, time)
        last = self._rule(scheme, "expired_vintage", day)
        if last is None or vintage_of(unit) > last:
            self.faults.append(f"unit {unit:#x} ended on day {day}, before its vintage did")

    def _rule(self, scheme: int, key: str, day: int) -> int | None:
        return self.rules.value(scheme, f"banking.{key}", day)

    def _oldest(self, scheme: int, day: int) -> int:
        return self._rule(scheme, "oldest_vintage", day) or 0

    def _newest(self, scheme: int, day: int, into: int) -> int:
        newest = self._rule(scheme, "newest_vintage", day)
        return into - 1 if newest is None else min(newest, into - 1)

    def _most(self, scheme: int, day: int, into: int, who: int) -> int | None:
        """What the rule lets a participant carry over in all; None: no limit."""
        base = self._rule(scheme, "base", day)
        if base is None:
            return None
        share = Fraction(self._rule(scheme, "net_sales_ppm", day) or 0, 1_000_000)
        oldest, newest = self._oldest(scheme, day), self._newest(scheme, day, into)
        sold = sum(
            self.net_sold(market.number, who) * market.config.lotSize
            for market in self.ledger.markets.values()
            if market.unit >> 96 == 1
            and market.unit >> SCHEME_SHIFT & 0xFFFF == scheme
            and oldest <= vintage_of(market.unit) <= newest
        )
        return base + floor(share * max(sold, 0))

    def net_sold(self, market: int, who: int) -> int:
        """Sold less bought in a market [lots]."""
        account = self.ledger.accounts.get((market, who))
        has = account.lots if account else 0
        brought = self.ledger.brought.get(market << 24 | who, 0)
        return brought - has - self.shares.held.get((market, who), 0)

    # What must hold

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "carried over or ended against the rules", [], self.faults)
        left = {
            (ref, id_): amount
            for (kind, ref, id_), amount in self.allowances.exits_for.items()
            if kind == BANKED_AWAY
        }
        tally.value(self.contract, "units that were banked away", dict(self.told), left)
        came = {key: self.allowances.issues_for[key] for key in self.came}
        tally.value(self.contract, "units that came for them", dict(self.came), came)

    def checks(self) -> Iterator[Check]:
        for (scheme, into, who), amount in sorted(self.banked.items()):
            about = f"carried over by {who} into {into}"
            yield Check(self.contract, "bankedOf", (scheme, into, who), amount, about)
        for market, who in sorted(self.ledger.accounts):
            if who < FIRST_HOUSE:
                about = f"net sales of {who} in market {market}"
                yield Check(
                    "Exchange", "netSoldOf", (who, market), self.net_sold(market, who), about
                )
