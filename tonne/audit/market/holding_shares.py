"""Replay of what each account may hold: its share of a pool, and whether each reckoning was right.

An account's share changes in two ways. Deposits, withdrawals and desks shift it by what they move. All
else is told by `HoldingLimitSet`, and then the share must be what the pool has left: the limit, less
what other members of the group have of it, what wallets and desks hold, what other accounts hold, and
the room these have unused. Room that is taken from one account must have arrived in another before the
transaction ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tonne.audit.market.exchange import FIRST_HOUSE, HOLD, RETURN, LedgerReplay, Market
from tonne.audit.market.holding_limits import LimitsReplay
from tonne.audit.parties.participants import PartiesReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.chain.contract import Event

#: How the Exchange says that there is no limit.
NO_LIMIT: Final = 2**255 - 1
#: An account's word holds a share between these [lots]; one never reckoned reads as one below the first.
NEVER: Final = -(1 << 33)
LEAST: Final = NEVER + 1
MOST: Final = (1 << 33) - 2

#: What may lie between an auction's end and the moment its seller's lots count no more.
_ENDING: Final = ("Settled", "HoldingLimitSet", "GroupClaimSet", "UnsoldReturned")

Key = tuple[int, int]  # market, participant


@dataclass(frozen=True, slots=True)
class _Pool:
    """What an account's pool is made of. Amounts are units."""

    id: int
    limit: int  # 0 = none
    others: int  # claims of the group's other members
    elsewhere: int  # on wallets, with desks, in the participant's other accounts
    unused: int  # room of these accounts
    lots: int  # of the account [units]

    @property
    def share(self) -> int:
        return self.limit - self.others - self.elsewhere - self.unused

    @property
    def claim(self) -> int:
        """All that the participant has of the pool."""
        return self.elsewhere + self.unused + max(self.share, self.lots)


class SharesReplay:
    """Each account's share [lots]; None is no limit."""

    contract: Final = "HoldingLimits"

    def __init__(
        self,
        ledger: LedgerReplay,
        parties: PartiesReplay,
        limits: LimitsReplay,
        balance: Callable[[str, int], int],
    ) -> None:
        self.ledger, self.parties, self.limits = ledger, parties, limits
        self._balance = balance  # of a wallet in a unit
        self.shares: dict[Key, int | None] = {}
        self.held: dict[Key, int] = defaultdict(int)  # by desks, of the account's [lots]
        self.faults: list[str] = []
        self._owners: dict[tuple[str, int], Key] = {}  # of what a desk holds, by event and number
        self._begun: tuple[int, str, int] | None = None  # account, transaction, place of the log
        self._sold: tuple[Key, int] | None = None  # what an auction that ends just now has sold
        self._tx = ""
        self._changed: list[tuple[Key, int]] = []  # in this transaction [lots]
        self._claimed: list[tuple[int, int]] = []  # the same of claims: participant, [units]
        self._odd: list[tuple[Key, str]] = []  # changes that nothing explains yet

    def apply(self, dated: Dated) -> None:
        """To be fed before the other rooms: a change of a claim is told by what the claim was."""
        event = dated.event
        if self._sold and (event.tx_hash != self._tx or event.name not in _ENDING):
            self._disown()
        if event.tx_hash != self._tx:
            self._end_transaction()
            self._tx = event.tx_hash
        handler = getattr(self, f"_on_{event.name}", None)
        if handler:
            handler(event.args, event)

    def _end_transaction(self) -> None:
        self.faults.extend(said for _, said in self._odd)
        self._odd, self._changed, self._claimed = [], [], []

    # What the events do to a share

    def _on_HoldingLimitSet(self, a: dict[str, Any], event: Event) -> None:
        key = (a["account"] >> 24, a["account"] & 0xFFFFFF)
        told = None if a["limit"] == NO_LIMIT else a["limit"]
        pool = self.pool(*key)
        due = self._due(key, pool)
        before = self.shares.get(key, NEVER)
        if key not in self.shares:
            self._begun = (a["account"], event.tx_hash, event.log_index)
        self.shares[key] = told
        if told is not None and before is not None:
            self._changed.append((key, told - before))
        said = f"share of {key[1]} in market {key[0]}: told {told}, due {due}"
        if told != due:
            self._odd.append((key, said))
            return
        # The room that was taken from others has arrived: it is in no account of theirs any more.
        mine = self.limits.class_of(key[0]), key[1]
        self._odd = [
            (of, why)
            for of, why in self._odd
            if (self.limits.class_of(of[0]), of[1]) != mine or not self._has_room(of)
        ]
        claimed = self.limits.claims.get(pool.id, {}).get(key[1])
        if pool.limit and claimed is not None and claimed != pool.claim:
            self.faults.append(f"claim of {key[1]}: told {claimed}, due {pool.claim}")

    def _has_room(self, key: Key) -> bool:
        share = self.shares[key]
        return share is not None and share >= self._lots(*key)

    def _on_GroupClaimSet(self, a: dict[str, Any], _: Event) -> None:
        before = self.limits.claims.get(a["pool"], {}).get(a["participant"], 0)
        self._claimed.append((a["participant"], a["units"] - before))

    def _on_RoomMoved(self, a: dict[str, Any], _: Event) -> None:
        """What one account has less, the other has more; between two participants, of the claim as well."""
        ends = [(a[end] >> 24, a[end] & 0xFFFFFF) for end in ("from", "to")]
        lots = [a["units"] // self.ledger.markets[market].config.lotSize for market, _ in ends]
        due = [(ends[0], -lots[0]), (ends[1], lots[1])]
        claims = [(ends[0][1], -a["units"]), (ends[1][1], a["units"])]
        apart = ends[0][1] != ends[1][1]
        if self._changed[-2:] != due or (apart and self._claimed[-2:] != claims):
            self.faults.append(f"room of {a['units']} units moved from {ends[0]} to {ends[1]}")
        self._odd = [(key, why) for key, why in self._odd if key not in ends]

    def _shift(self, key: Key, lots: int) -> None:
        share = self.shares.get(key, NEVER)
        if share is not None:
            self.shares[key] = min(max(share + lots, LEAST), MOST)

    def _on_UnitsDeposited(self, a: dict[str, Any], event: Event) -> None:
        """The first deposit opens the account: its share was reckoned when the units had left the wallet."""
        if self._begun != (a["account"], event.tx_hash, event.log_index - 1):
            self._shift((a["account"] >> 24, a["account"] & 0xFFFFFF), a["lots"])

    def _on_UnitsWithdrawn(self, a: dict[str, Any], _: Event) -> None:
        self._shift((a["account"] >> 24, a["account"] & 0xFFFFFF), -a["lots"])

    # Desks

    def _on_Settled(self, a: dict[str, Any], _: Event) -> None:
        giver, taker = ((a[end] >> 24, a[end] & 0xFFFFFF) for end in ("from", "to"))
        for key in (giver, taker):
            if key[1] >= FIRST_HOUSE:
                self.shares[key] = None
        if not a["lots"]:
            return
        if a["kind"] == HOLD:
            self._shift(giver, -a["lots"])
            self.held[giver] += a["lots"]
        elif a["kind"] == RETURN:
            self._shift(taker, a["lots"])
            self.held[taker] = max(self.held[taker] - a["lots"], 0)

    def _on_LotsPledged(self, a: dict[str, Any], _: Event) -> None:
        self._owners["pledge", a["pledge"]] = (a["market"], a["pledgor"])

    def _on_PledgeReleased(self, a: dict[str, Any], _: Event) -> None:
        pledgor = self._owners.get(("pledge", a["pledge"]))
        if pledgor and a["to"] != pledgor[1]:
            self._sold = (pledgor, a["lots"])
            self._disown()

    def _on_AuctionAnnounced(self, a: dict[str, Any], _: Event) -> None:
        self._owners["auction", a["id"]] = (a["market"], a["seller"])

    def _on_AuctionClosed(self, a: dict[str, Any], _: Event) -> None:
        seller = self._owners.get(("auction", a["id"]))
        if seller and a["delivered"]:
            self._sold = (seller, a["delivered"])

    def _disown(self) -> None:
        """Lots a desk held of an account are another's now; no event of the Exchange says so."""
        if self._sold is None:
            return
        (key, lots), self._sold = self._sold, None
        if self.held[key] >= lots:
            self.held[key] -= lots
            self._shift(key, lots)

    # Reckoning

    def _lots(self, market: int, participant: int) -> int:
        account = self.ledger.accounts.get((market, participant))
        return account.lots if account else 0

    def _unused(self, market: int, participant: int) -> int:
        share = self.shares.get((market, participant), NEVER)
        return 0 if share is None else max(share - self._lots(market, participant), 0)

    def pool(self, market: int, participant: int) -> _Pool:
        """The pool of an account as it is now."""
        number = self.limits.pool_of(participant, market)
        members = self.limits.claims.get(number, {})
        mine = self.limits.class_of(market)
        wallets = self.parties.wallets_of(participant)
        elsewhere = unused = 0
        for other in self.ledger.markets.values():
            if self.limits.class_of(other.number) != mine:
                continue
            key, lot = (other.number, participant), other.config.lotSize
            elsewhere += self.held.get(key, 0) * lot
            elsewhere += sum(self._balance(wallet, other.unit) for wallet in wallets)
            if other.number != market:
                elsewhere += self._lots(*key) * lot
                unused += self._unused(*key) * lot
        traded = self.ledger.markets[market]
        return _Pool(
            number,
            self.limits.ordered.get(number, 0) or _ruled(traded) * traded.config.lotSize,
            sum(members.values()) - members.get(participant, 0),
            elsewhere,
            unused,
            self._lots(market, participant) * traded.config.lotSize,
        )

    def _due(self, key: Key, pool: _Pool) -> int | None:
        if not pool.limit:
            return None
        lots = pool.share // self.ledger.markets[key[0]].config.lotSize  # down, below 0 as well
        return min(max(lots, LEAST), MOST)

    # What must hold

    def internal(self, tally: Tally) -> None:
        self._disown()
        self._end_transaction()
        tally.value(self.contract, "shares that no rule gives", [], self.faults)

    def checks(self) -> Iterator[Check]:
        for market, participant in sorted(self.ledger.accounts):
            key = (market, participant)
            share, about = self.shares.get(key, NEVER), f"of {participant} in market {market}"
            room = NO_LIMIT if share is None else share - self._lots(*key)
            args = (participant, market)
            yield Check("Exchange", "account", args, {"room": room}, f"share {about}")
            if participant >= FIRST_HOUSE:
                continue
            yield Check("Exchange", "heldOf", args, self.held[key], f"held by desks {about}")
            pool = self.pool(*key)
            lot = self.ledger.markets[market].config.lotSize
            left = (pool.share + pool.unused) // lot - self._lots(*key) if pool.limit else NO_LIMIT
            expected = [pool.id, pool.limit, pool.others, left]
            yield Check(self.contract, "poolOf", args, expected, f"pool {about}")


def _ruled(market: Market) -> int:
    """What the market's rules let one participant hold [lots]; before its first day, the rules to come."""
    rules = market.rules or market.pending
    return rules.holdingLimit
