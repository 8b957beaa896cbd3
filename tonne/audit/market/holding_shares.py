"""Replay of holding shares: each account's share of its pool, and whether each update follows the rules.

Until the first limit of a market's rules, or by an order, a new account has none, and nothing is said of it.
From then on an account's share changes in two ways. Deposits, withdrawals and settling contracts shift it by
the lots they move. Any other change has the event `HoldingLimitSet`, and then the share must be the rest of
the pool: the limit, less the claims of other members of the group, holdings on wallets and in custody
accounts, holdings of other accounts, and their unused room. Room taken from one account must have arrived
in another before the transaction ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tonne.audit.market.exchange import HOLD, RETURN, ExchangeMarket
from tonne.audit.market.holding_limits import HoldingLimitsReplay
from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args, ContractReplay, follows, of
from tonne.audit.replay.events import Dated
from tonne.types import account_id, held_account
from tonne.types.ids import AccountId, MarketId, ParticipantId, UnitId

#: The Exchange's value for no limit.
NO_LIMIT: Final = 2**255 - 1
#: An account's word holds a share between these [lots]; one never reckoned reads as one below the first.
NEVER: Final = -(2**33)
LEAST: Final = NEVER + 1
MOST: Final = 2**33 - 2

#: Events between an auction's end and the moment its seller's sold lots cease to count.
_ENDING: Final = ("Settled", "HoldingLimitSet", "GroupClaimSet", "UnsoldReturned")

Key = tuple[MarketId, ParticipantId]


@dataclass(frozen=True, slots=True)
class _Pool:
    """Parts of an account's pool [units]."""

    id: int
    limit: int  # 0 = none
    others: int  # claims of the group's other members
    elsewhere: int  # on wallets, in custody, in the participant's other accounts
    unused: int  # room of these accounts
    lots: int  # of the account [units]

    @property
    def share(self) -> int:
        return self.limit - self.others - self.elsewhere - self.unused

    @property
    def claim(self) -> int:
        """The participant's whole claim on the pool."""
        return self.elsewhere + self.unused + max(self.share, self.lots)


class HoldingSharesReplay(ContractReplay):
    """Each account's share [lots]; None is no limit."""

    contract = "HoldingLimits"

    def __init__(
        self,
        limits: HoldingLimitsReplay,
        balance: Callable[[str, UnitId], int],
    ) -> None:
        """`balance` gives a wallet's balance of a unit."""
        super().__init__()
        self.limits, self.exchange, self.parties = limits, limits.exchange, limits.parties
        self._balance = balance
        self.shares: dict[Key, int | None] = {}
        self.held: dict[Key, int] = defaultdict(int)  # in custody, of the account's [lots]
        self._limited = False  # from the first limit on, of any market
        self._owners: dict[tuple[str, int], Key] = {}  # of lots in custody, by event and number
        self._begun: tuple[int, str, int] | None = None  # account, transaction, place of the log
        self._sold: tuple[Key, int] | None = None  # by an auction that ends in these events [lots]
        self._changed: list[tuple[Key, int]] = []  # in this transaction [lots]
        self._claimed: list[tuple[int, int]] = []  # the same of claims: participant, [units]
        self._odd: list[tuple[Key, str]] = []  # changes still to be explained

    def watch(self, at: Dated) -> None:
        if self._sold and at.event.name not in _ENDING:
            self._disown()

    def end_transaction(self) -> None:
        self._disown()
        self.faults.extend(fault for _, fault in self._odd)
        self._odd, self._changed, self._claimed = [], [], []

    # Accounts without a limit

    @follows("Exchange")
    def _on_MarketCreated(self, a: Args, _: Dated) -> None:
        self._limited |= a["config"].rules.holdingLimit != 0

    @follows("Exchange")
    def _on_MarketRulesSet(self, a: Args, _: Dated) -> None:
        self._limited |= a["rules"].holdingLimit != 0

    @follows("HoldingLimits")
    def _on_PoolLimitSet(self, _: Args, __: Dated) -> None:
        self._limited = True

    @follows("Exchange")
    def _on_CashDeposited(self, a: Args, _: Dated) -> None:
        self._open(a["account"])

    @follows("Exchange")
    def _on_CashMoved(self, a: Args, _: Dated) -> None:
        self._open(a["to"])

    @follows("Exchange")
    def _on_UnitsForced(self, a: Args, _: Dated) -> None:
        self._open(a["to"])

    def _open(self, account: AccountId) -> None:
        """An account that is new has no limit while there is none at all; else its share was told before."""
        if not self._limited:
            self.shares.setdefault(account_id.unpack(account), None)

    # Updates

    @of("Exchange")
    def _on_HoldingLimitSet(self, a: Args, at: Dated) -> None:
        key = account_id.unpack(a["account"])
        stated = None if a["limit"] == NO_LIMIT else a["limit"]
        pool = self.pool(*key)
        due = self._due(key, pool)
        before = self.shares.get(key, NEVER)
        if key not in self.shares:
            self._begun = (a["account"], at.tx, at.event.log_index)
        self.shares[key] = stated
        if stated is not None and before is not None:
            self._changed.append((key, stated - before))
        if stated != due:
            about = f"share of {key[1]} in market {key[0]}"
            self._odd.append((key, f"{about}: stated {stated}, due {due}"))
            return
        # The room that was taken from others has arrived: it is in no account of theirs any more.
        mine = self.limits.class_of(key[0]), key[1]
        self._odd = [
            (other, why)
            for other, why in self._odd
            if (self.limits.class_of(MarketId(other[0])), other[1]) != mine
            or not self._has_room(other)
        ]
        claimed = self.limits.claims.get(pool.id, {}).get(key[1])
        if pool.limit and claimed is not None and claimed != pool.claim:
            self.faults.append(f"claim of {key[1]}: stated {claimed}, due {pool.claim}")

    def _has_room(self, key: Key) -> bool:
        share = self.shares[key]
        return share is not None and share >= self._lots(*key)

    @follows("HoldingLimits")
    def _on_GroupClaimSet(self, a: Args, _: Dated) -> None:
        before = self.limits.claims.get(a["pool"], {}).get(a["participant"], 0)
        self._claimed.append((a["participant"], a["units"] - before))

    def _on_RoomMoved(self, a: Args, _: Dated) -> None:
        """One account's loss is the other's gain; between two participants, of the claim as well."""
        ends = [account_id.unpack(a[end]) for end in ("from", "to")]
        lots = [a["units"] // self.exchange.markets[market].config.lotSize for market, _ in ends]
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

    @follows("Exchange")
    def _on_UnitsDeposited(self, a: Args, at: Dated) -> None:
        """The first deposit opens the account: its share was set after the units had left the wallet."""
        self._open(a["account"])
        if self._begun != (a["account"], at.tx, at.event.log_index - 1):
            self._shift(account_id.unpack(a["account"]), a["lots"])

    @follows("Exchange")
    def _on_UnitsWithdrawn(self, a: Args, _: Dated) -> None:
        self._shift(account_id.unpack(a["account"]), -a["lots"])

    # Settling contracts

    @follows("Exchange")
    def _on_Settled(self, a: Args, _: Dated) -> None:
        giver, taker = (account_id.unpack(a[end]) for end in ("from", "to"))
        for key in (giver, taker):
            if key[1] >= account_id.FIRST_CUSTODY_ACCOUNT:
                self.shares[key] = None
        self._open(a["to"])
        self._open(a["from"])
        if not a["lots"]:
            return
        if a["kind"] == HOLD:
            self._shift(giver, -a["lots"])
            self.held[giver] += a["lots"]
        elif a["kind"] == RETURN:
            self._shift(taker, a["lots"])
            self.held[taker] = max(self.held[taker] - a["lots"], 0)

    @follows("Pledges")
    def _on_LotsPledged(self, a: Args, _: Dated) -> None:
        self._owners["pledge", a["pledge"]] = (a["market"], a["pledgor"])

    @follows("Pledges")
    def _on_PledgeReleased(self, a: Args, _: Dated) -> None:
        pledgor = self._owners.get(("pledge", a["pledge"]))
        if pledgor and a["to"] != pledgor[1]:
            self._sold = (pledgor, a["lots"])
            self._disown()

    @follows("Auction")
    def _on_AuctionAnnounced(self, a: Args, _: Dated) -> None:
        self._owners["auction", a["id"]] = (a["market"], a["seller"])

    @follows("Auction")
    def _on_AuctionClosed(self, a: Args, _: Dated) -> None:
        seller = self._owners.get(("auction", a["id"]))
        if seller and a["delivered"]:
            self._sold = (seller, a["delivered"])

    def _disown(self) -> None:
        """Lots in custody cease to be the account's, by a call of the Exchange without an event."""
        if self._sold is None:
            return
        (key, lots), self._sold = self._sold, None
        lots = min(lots, self.held[key])
        self.held[key] -= lots
        self._shift(key, lots)

    # Pools

    def _lots(self, market: MarketId, participant: ParticipantId) -> int:
        account = self.exchange.accounts.get((market, participant))
        return account.lots if account else 0

    def _unused(self, market: MarketId, participant: ParticipantId) -> int:
        share = self.shares.get((market, participant), NEVER)
        return 0 if share is None else max(share - self._lots(market, participant), 0)

    def pool(self, market: MarketId, participant: ParticipantId) -> _Pool:
        """The pool of an account as it is now."""
        number = self.limits.pool_of(participant, market)
        members = self.limits.claims.get(number, {})
        mine = self.limits.class_of(market)
        wallets = {*self.parties.wallets_of(participant), held_account.account_of(participant)}
        elsewhere = unused = 0
        for other in self.exchange.markets.values():
            if other.delisted or self.limits.class_of(other.number) != mine:
                continue
            key, lot = (other.number, participant), other.config.lotSize
            elsewhere += self.held.get(key, 0) * lot
            elsewhere += sum(self._balance(wallet, other.unit) for wallet in wallets)
            if other.number != market:
                elsewhere += self._lots(*key) * lot
                unused += self._unused(*key) * lot
        traded = self.exchange.markets[market]
        return _Pool(
            number,
            self.limits.ordered.get(number, 0) or _ruled(traded) * traded.config.lotSize,
            sum(members.values()) - members.get(participant, 0),
            elsewhere,
            unused,
            self._lots(market, participant) * traded.config.lotSize,
        )

    def _due(self, key: Key, pool: _Pool) -> int | None:
        if self.exchange.markets[key[0]].delisted:
            return 0
        if not pool.limit:
            return None
        lots = pool.share // self.exchange.markets[key[0]].config.lotSize  # down, below 0 as well
        return min(max(lots, LEAST), MOST)

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for market, participant in sorted(self.exchange.accounts):
            key = (market, participant)
            share, about = self.shares.get(key, NEVER), f"of {participant} in market {market}"
            room = NO_LIMIT if share is None else share - self._lots(*key)
            args = (participant, market)
            yield Check("Exchange", "account", args, {"room": room}, f"share {about}")
            if participant >= account_id.FIRST_CUSTODY_ACCOUNT:
                continue
            yield Check("Exchange", "heldOf", args, self.held[key], f"in custody {about}")
            if self.exchange.markets[market].delisted:
                continue
            pool = self.pool(*key)
            lot = self.exchange.markets[market].config.lotSize
            left = (pool.share + pool.unused) // lot - self._lots(*key) if pool.limit else NO_LIMIT
            expected = [pool.id, pool.limit, pool.others, left]
            yield Check(self.contract, "poolOf", args, expected, f"pool {about}")


def _ruled(market: ExchangeMarket) -> int:
    """Holding limit by the market's rules [lots]; before its first day, by the rules to come."""
    rules = market.adopted or market.pending
    return rules.holdingLimit if rules is not None else 0
