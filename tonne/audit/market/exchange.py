"""Replay of the Exchange: every account of the ledger and every resting order, from events and time.

A day order ends at local midnight without an event; so an account is moved to the local day of the
event's block before the event is applied to it. In a lasting market, made without a band, orders outlive
the day; an order whose last day is over is no longer open, but reserves until it is matched or removed.
Money is in the ledger's 0.0001: an order for r lots at price p with maker fee f reserves
E(r) = r·p + ceil(r·p·f); a fill of n pays E(r) - E(r-n), so that parts of one order sum to the whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from math import ceil
from typing import Any, Final, Protocol

from tonne.audit.market.account_flows import AccountFlows
from tonne.audit.replay.compare import Check, Tally, in_groups
from tonne.audit.replay.contract_replay import AccessManagedReplay, Args
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.audit.replay.slots import SlotValue
from tonne.constants import DAY_S, EPOCH, PPM
from tonne.market.fills import records
from tonne.market.order_encoding import PlacedOrder, side_of_request
from tonne.types import account_id, account_word, flows_word, wallet_word
from tonne.types.account_id import FIRST_CUSTODY_ACCOUNT, participant_of
from tonne.types.ids import AccountId, MarketId, OrderId, ParticipantId, UnitId
from tonne.types.unit_id import OFFSET_CREDIT, class_of

BUY, SELL = 0, 1
MAX_VOIDS: Final = 31
#: `Settlement` of IExchangeBase.
TRADE, HOLD, RETURN, PROCEEDS = range(4)
SETTLE: Final = 16  # right of a controller
#: Wallets asked about in one call.
GROUP: Final = 200
#: Cause of a freeze: the status of the participant.
CAUSE_STATUS: Final = 2

#: From, to, kind, lots, cash; the ends are `market << 24 | participant`.
Movement = tuple[AccountId, AccountId, int, int, int]


@dataclass(slots=True)
class ExchangeAccount:
    """One participant's account in one market."""

    day: int = 0
    lots: int = 0
    in_asks: int = 0
    bought: int = 0
    cash: int = 0  # [0.0001 currency]
    in_bids: int = 0  # [0.0001 currency]
    voids: int = 0
    frozen: bool = False
    causes: int = 0  # of the freeze

    def roll(self, today: int, lasting: bool = False, retire_only: bool = False) -> None:
        if self.day == today:
            return
        self.day = today
        if not retire_only:
            self.bought = 0
        if not lasting:
            self.in_asks = self.in_bids = self.voids = 0

    def remove_lots(self, count: int) -> None:
        """The oldest leave first; lots bought today only when no others are left."""
        self.lots -= count
        self.bought = min(self.bought, self.lots - self.in_asks)

    def void(self) -> None:
        self.in_asks = self.in_bids = 0
        self.voids = min(self.voids + 1, MAX_VOIDS)


@dataclass(slots=True)
class RestingOrder:
    """A resting order. It lives while its account has the count of voids it was placed under."""

    id: OrderId
    owner: ParticipantId
    side: int
    tick: int
    lots: int
    day: int
    voids: int
    last_day: int = 0  # local day, in lasting markets; 0 = until cancelled


class MarketRules(Protocol):
    """`MarketRules` of IExchangeBase."""

    bandPpm: int
    closeRule: int
    makerFeePpm: int
    takerFeePpm: int
    holdingLimit: int
    blockSession: Sequence[int]
    blockMinimumLots: int
    blockBandPpm: int


class MarketConfig(Protocol):
    """`MarketConfig` of IExchangeBase."""

    units: str
    utcQuarters: int
    basePrice: int
    tickSize: int
    lotSize: int
    referenceTick: int
    feeAccount: ParticipantId
    rules: MarketRules


@dataclass(slots=True)
class ExchangeMarket:
    """One market: configuration, the day so far, and its book by (side, tick, index)."""

    number: MarketId
    unit: UnitId
    config: MarketConfig
    day_zero: int = 0  # local day before the first
    lasting: bool = False  # orders outlive the day
    retire_only: bool = False  # bought lots are never sold or withdrawn again
    pending: MarketRules | None = None  # adopted by the next day
    adopted: MarketRules | None = None  # of the day that is open
    day: int = 0  # local days since 1970-01-01, of the last opened day
    volume: int = 0
    turnover: int = 0
    fees: int = 0
    #: Volume and turnover of past days on which there was trading, by day.
    days: dict[int, tuple[int, int]] = field(default_factory=dict)
    last: int = 0
    close: int = 0  # of the day before the last opened one, the middle of its bands
    halted: bool = False
    barred: bool = False  # by the state of its unit
    delisted: bool = False  # for good; its unit can have another market
    jurisdiction: int = 0  # of its operator
    low: int = 0
    high: int = 0
    currency: str = ""  # address
    book: dict[tuple[int, int], dict[int, RestingOrder]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    epochs: dict[tuple[int, int], int] = field(default_factory=dict)

    @property
    def rules(self) -> MarketRules:
        """Rules of the day that is open. Raises AttributeError before the first day."""
        if self.adopted is None:
            raise AttributeError(f"no day of market {self.number} was opened")
        return self.adopted

    @property
    def of_credits(self) -> bool:
        """Whether offset credits are traded: cash of their sellers is counted."""
        return class_of(self.unit) == OFFSET_CREDIT

    def local_day(self, time: int) -> int:
        return (time + self.config.utcQuarters * 900) // DAY_S

    def price(self, tick: int) -> int:
        return self.config.basePrice + tick * self.config.tickSize

    def maker_fee(self, turnover: int) -> int:
        return fee(turnover, self.rules.makerFeePpm)

    def escrow(self, lots: int, tick: int) -> int:
        value = lots * self.price(tick)
        return value + self.maker_fee(value)

    def nearest_tick(self, price: Fraction) -> int:
        """The tick nearest to a price; halves go up."""
        ticks = (price - self.config.basePrice) / self.config.tickSize
        return min(max((ticks + Fraction(1, 2)) // 1, 1), 57_599)


def month_of(day: int) -> int:
    """The number of a local day's calendar month: years × 12 + months before it."""
    local = EPOCH + timedelta(days=day)
    return local.year * 12 + local.month - 1


def fee(turnover: int, ppm: int) -> int:
    """Rounded up, at the payer's cost."""
    return ceil(Fraction(turnover * ppm, PPM))


class ExchangeReplay(PausableReplay, AccessManagedReplay):
    """All markets of the Exchange."""

    contract = "Exchange"

    def __init__(self, retire_only: Container[UnitId] = (), register: Collection[str] = ()) -> None:
        """`retire_only` are units that can only be retired, `register` all wallets; both may grow."""
        super().__init__()
        self.retire_only, self.register = retire_only, register
        self.markets: dict[MarketId, ExchangeMarket] = {}
        self.accounts: dict[tuple[MarketId, ParticipantId], ExchangeAccount] = defaultdict(
            ExchangeAccount
        )
        self.debits: dict[tuple[str, UnitId], int] = defaultdict(int)
        self.flows = AccountFlows()
        self.trades: list[tuple[MarketId, int, int, int]] = []  # market, day, tick, lots
        #: Listed lots and turnover by market and month.
        self.months: dict[tuple[MarketId, int], list[int]] = defaultdict(lambda: [0, 0])
        self.settlers: list[str] = []  # controllers that may settle, in order
        self.houses: dict[str, ParticipantId] = {}  # custody account of each of them
        #: Wallets as the Exchange remembers them: (participant, rights, status).
        self.wallets: dict[str, tuple[ParticipantId, int, int]] = {}
        #: Movements by settling contract and reference: (from, to, kind, lots, cash).
        self.settled: dict[tuple[str, bytes], list[Movement]] = defaultdict(list)

    def _account(self, account: AccountId, time: int) -> tuple[ExchangeMarket, ExchangeAccount]:
        """An account of `market << 24 | participant`, on the local day of a time."""
        number, participant = account_id.unpack(account)
        market = self.markets[number]
        found = self.accounts[number, participant]
        found.roll(market.local_day(time), market.lasting, market.retire_only)
        return market, found

    # Markets and days

    def _on_MarketCreated(self, a: Args, at: Dated) -> None:
        config = a["config"]
        market = self.markets[a["market"]] = ExchangeMarket(
            a["market"], a["unit"], config, pending=config.rules, last=config.referenceTick
        )
        market.currency = a["currency"]
        market.day_zero = market.local_day(at.time) - 1
        market.lasting = config.rules.bandPpm == 0
        market.retire_only = a["unit"] in self.retire_only
        if market.retire_only and not market.lasting:
            self.faults.append(f"market {market.number} has a band, and units that only retire")

    def _on_MarketRulesSet(self, a: Args, _: Dated) -> None:
        self.markets[a["market"]].pending = a["rules"]

    def _on_MarketAssigned(self, a: Args, _: Dated) -> None:
        self.markets[a["market"]].jurisdiction = a["jurisdiction"]

    def _on_DayOpened(self, a: Args, at: Dated) -> None:
        market = self.markets[a["market"]]
        closed = market.last
        if market.volume and market.rules.closeRule == 0:
            closed = market.nearest_tick(Fraction(market.turnover, market.volume))
        if market.fees:
            _, receiver = self._account(
                account_id.pack(market.number, market.config.feeAccount), at.time
            )
            receiver.cash += market.fees
            self.flows.pay(account_id.pack(market.number, market.config.feeAccount), market.fees)
        if market.pending is not None:
            market.adopted, market.pending = market.pending, None
        low, high = self._band(market, closed)
        stated = (
            a["closeTick"],
            a["lowTick"],
            a["highTick"],
            a["volume"],
            a["turnover"],
            a["fees"],
        )
        own = (closed, low, high, market.volume, market.turnover, market.fees)
        if stated != own or a["day"] != market.local_day(at.time):
            self.faults.append(f"day {a['day']} of market {market.number}: {stated}, not {own}")
        if market.volume:
            market.days[market.day] = market.volume, market.turnover
        market.day, market.last, market.low, market.high = a["day"], closed, low, high
        market.close = closed
        market.volume = market.turnover = market.fees = 0
        if not market.lasting:
            market.book.clear()
            market.epochs.clear()

    def _band(self, market: ExchangeMarket, closed: int) -> tuple[int, int]:
        share = Fraction(market.rules.bandPpm, PPM)
        if not share:
            return 1, 57_599
        middle = Fraction(market.price(closed))
        return market.nearest_tick(middle * (1 - share)), market.nearest_tick(middle * (1 + share))

    def _on_MarketHalted(self, a: Args, _: Dated) -> None:
        self.markets[a["market"]].halted = True

    def _on_MarketResumed(self, a: Args, _: Dated) -> None:
        self.markets[a["market"]].halted = False

    def _on_MarketBarred(self, a: Args, _: Dated) -> None:
        market = self.markets[a["market"]]
        if market.barred == a["barred"]:
            self.faults.append(f"bar of market {market.number} is stated twice")
        market.barred = a["barred"]

    def _on_MarketDelisted(self, a: Args, _: Dated) -> None:
        market = self.markets[a["market"]]
        lots, _cash = self.custody(market)
        if lots or market.delisted:
            self.faults.append(
                f"market {market.number} is delisted with {lots} lots in it, or twice"
            )
        market.delisted = True

    # In and out

    def _on_UnitsDeposited(self, a: Args, at: Dated) -> None:
        self._bring(a["account"], a["lots"], at).lots += a["lots"]

    def _on_UnitsWithdrawn(self, a: Args, at: Dated) -> None:
        self._bring(a["account"], -a["lots"], at).remove_lots(a["lots"])

    def _bring(self, account: AccountId, lots: int, at: Dated) -> ExchangeAccount:
        """Lots of an account came in, or went out where negative; returns the account before."""
        market, found = self._account(account, at.time)
        self.flows.bring(account, lots)
        if lots > 0 and market.of_credits:
            self.flows.count(account, found.cash, at.time)
        return found

    def _pay(self, account: AccountId, cash: int, at: Dated) -> None:
        """Cash of an account came in, or went out where negative, other than by a listed trade."""
        self._account(account, at.time)[1].cash += cash
        self.flows.pay(account, cash)

    def _fund(self, account: AccountId, cash: int, at: Dated) -> None:
        """Cash came into a market; where credits are traded it is counted, since a buyer may sell again."""
        market, found = self._account(account, at.time)
        if market.of_credits:
            self.flows.count(account, found.cash, at.time)
        self._pay(account, cash, at)

    def _on_CashDeposited(self, a: Args, at: Dated) -> None:
        self._fund(a["account"], a["amount"], at)

    def _on_CashWithdrawn(self, a: Args, at: Dated) -> None:
        self._pay(a["account"], -a["amount"], at)

    def _on_CashMoved(self, a: Args, at: Dated) -> None:
        self._pay(a["from"], -a["amount"], at)
        self._fund(a["to"], a["amount"], at)

    def _on_UnitsDebited(self, a: Args, at: Dated) -> None:
        self._bring(a["account"], -a["lots"], at).remove_lots(a["lots"])
        market = self.markets[account_id.unpack(a["account"])[0]]
        self.debits[a["controller"], market.unit] += a["lots"] * market.config.lotSize

    def _on_CashDebited(self, a: Args, at: Dated) -> None:
        self._pay(a["account"], -a["amount"], at)

    def _on_UnitsForced(self, a: Args, at: Dated) -> None:
        self._bring(a["from"], -a["lots"], at).remove_lots(a["lots"])
        receiver = self._bring(a["to"], a["lots"], at)
        receiver.lots += a["lots"]
        if self.markets[account_id.unpack(a["to"])[0]].retire_only:
            receiver.bought += a["lots"]

    def _on_ControllerSet(self, a: Args, _: Dated) -> None:
        if a["rights"] & SETTLE and a["controller"] not in self.settlers:
            self.settlers.append(a["controller"])

    def _on_HouseOpened(self, a: Args, _: Dated) -> None:
        self.houses[a["controller"]] = a["house"]

    def _on_Settled(self, a: Args, at: Dated) -> None:
        market, giver = self._account(a["from"], at.time)
        _, taker = self._account(a["to"], at.time)
        giver.remove_lots(a["lots"])
        taker.lots += a["lots"]
        self._pay(a["from"], a["cash"], at)
        self._pay(a["to"], -a["cash"], at)
        if a["cash"] and (a["lots"] or a["kind"] == PROCEEDS):
            self.flows.settle(a["from"], a["cash"])
            if market.of_credits:
                self.flows.sell(a["from"], a["cash"], at.time)
        if a["kind"] == TRADE and participant_of(a["to"]) < FIRST_CUSTODY_ACCOUNT:
            taker.bought += a["lots"]
        moved = (a["from"], a["to"], a["kind"], a["lots"], a["cash"])
        self.settled[a["controller"], a["ref"]].append(moved)

    def _on_OrdersVoided(self, a: Args, at: Dated) -> None:
        self._account(a["account"], at.time)[1].void()

    def _on_AccountFrozen(self, a: Args, at: Dated) -> None:
        _, account = self._account(a["account"], at.time)
        account.frozen, account.causes = a["frozen"], a["causes"]

    def _on_WalletSynced(self, a: Args, _: Dated) -> None:
        self.wallets[a["wallet"]] = (a["participant"], a["rights"], a["status"])

    # Orders

    def _on_OrderPlaced(self, a: Args, at: Dated) -> None:
        market, account = self._account(a["account"], at.time)
        resting = PlacedOrder.unpack(a["order"])
        place, lots, last_day = resting.key, resting.lots, resting.last_day
        side, tick, index = place.side, place.tick, place.index
        key = (side, tick)
        if market.epochs.get(key) != place.epoch:
            market.epochs[key] = place.epoch
            market.book[key].clear()
        owner = participant_of(a["account"])
        if last_day:
            last_day += market.day_zero
        day, voids = account.day, account.voids
        order = RestingOrder(resting.id, owner, side, tick, lots, day, voids, last_day)
        market.book[key][index] = order
        if side == SELL:
            account.in_asks += lots
        else:
            account.in_bids += market.escrow(lots, tick)

    def _on_OrderCancelled(self, a: Args, at: Dated) -> None:
        market, account = self._account(a["account"], at.time)
        resting = PlacedOrder.unpack(a["order"])
        place, lots, key = resting.key, resting.lots, (resting.key.side, resting.key.tick)
        order = market.book[key].get(place.index)
        if order is None or market.epochs.get(key) != place.epoch or order.lots != lots:
            self.faults.append(f"cancelled order is not in the book: {a['order']:#x}")
            return
        self._end(market, account, order, lots)
        self._forget_if_empty(market, order, place.index)

    def _on_OrdersFilled(self, a: Args, at: Dated) -> None:
        market, taker = self._account(a["taker"], at.time)
        side = side_of_request(a["request"])
        turnover = bought = 0
        for fill in records(a["fills"]):
            tick, maker, lots = fill.tick, fill.maker, fill.lots
            order = market.book[1 - side, tick].get(fill.index)
            if order is None or order.owner != maker or lots > order.lots:
                self.faults.append(
                    f"fill of an order that is not there: {tick} {fill.index} {maker}"
                )
                continue
            _, account = self._account(
                account_id.pack(market.number, ParticipantId(maker)), at.time
            )
            if fill.ended:
                self._end(market, account, order, lots)
            else:
                turnover += lots * market.price(tick)
                bought += lots
                market.last = tick
                self._fill(market, account, order, lots, at)
                self.trades.append((market.number, account.day, tick, lots))
            self._forget_if_empty(market, order, fill.index)
        got = taker.cash
        self._settle_taker(market, taker, side, bought, turnover)
        if taker.cash > got and market.of_credits:
            self.flows.sell(a["taker"], taker.cash - got, at.time)

    def _fill(
        self,
        market: ExchangeMarket,
        account: ExchangeAccount,
        order: RestingOrder,
        lots: int,
        at: Dated,
    ) -> None:
        price = market.price(order.tick)
        whole, rest = order.lots * price, (order.lots - lots) * price
        fee_ = market.maker_fee(whole) - market.maker_fee(rest)
        market.fees += fee_
        account.lots += lots if order.side == BUY else -lots
        if order.side == SELL:
            account.in_asks -= lots
            account.cash += lots * price - fee_
            if market.of_credits:
                owner = account_id.pack(market.number, order.owner)
                self.flows.sell(owner, lots * price - fee_, at.time)
        else:
            account.in_bids -= lots * price + fee_
            account.cash -= lots * price + fee_
            account.bought += lots
        order.lots -= lots

    def _settle_taker(
        self, market: ExchangeMarket, taker: ExchangeAccount, side: int, lots: int, turnover: int
    ) -> None:
        if not lots:
            return
        fee_ = fee(turnover, market.rules.takerFeePpm)
        market.fees += fee_
        market.volume += lots
        market.turnover += turnover
        month = self.months[market.number, month_of(taker.day)]
        month[0] += lots
        month[1] += turnover
        if side == BUY:
            taker.lots += lots
            taker.bought += lots
            taker.cash -= turnover + fee_
        else:
            taker.lots -= lots
            taker.cash += turnover - fee_

    def _end(
        self, market: ExchangeMarket, account: ExchangeAccount, order: RestingOrder, lots: int
    ) -> None:
        """Ends `lots` of an order without a trade and frees their reserve."""
        if self.binds(market, account, order):
            if order.side == SELL:
                account.in_asks -= lots
            else:
                rest = market.escrow(order.lots - lots, order.tick)
                account.in_bids -= market.escrow(order.lots, order.tick) - rest
        order.lots -= lots

    def _forget_if_empty(self, market: ExchangeMarket, order: RestingOrder, index: int) -> None:
        if order.lots == 0:
            del market.book[order.side, order.tick][index]

    def binds(self, market: ExchangeMarket, account: ExchangeAccount, order: RestingOrder) -> bool:
        """Whether the order's reserve is still bound."""
        if account.frozen or order.voids != account.voids:
            return False
        return market.lasting or order.day == account.day

    def is_open(
        self, market: ExchangeMarket, account: ExchangeAccount, order: RestingOrder
    ) -> bool:
        if order.last_day and order.last_day < account.day:
            return False
        return self.binds(market, account, order)

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        houses = {
            who: FIRST_CUSTODY_ACCOUNT + place for place, who in enumerate(self.settlers, start=1)
        }
        tally.value(self.contract, "custody accounts", houses, self.houses)
        broken = [
            key
            for key, a in self.accounts.items()
            if min(a.lots - a.in_asks - a.bought, a.cash - a.in_bids, a.in_asks, a.in_bids) < 0
        ]
        tally.value(self.contract, "accounts with less than they reserve", [], broken)

    def custody(self, market: ExchangeMarket) -> tuple[int, int]:
        """(lots, cash) that the Exchange must hold for a market; fees of the day included."""
        mine = [a for (number, _), a in self.accounts.items() if number == market.number]
        return sum(a.lots for a in mine), sum(a.cash for a in mine) + market.fees

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for (number, participant), account in sorted(self.accounts.items()):
            market = self.markets[number]
            account.roll(market.local_day(now), market.lasting, market.retire_only)
            expected = {
                "lots": account.lots,
                "lotsInAsks": account.in_asks,
                "lotsBought": account.bought,
                "lotsFree": account.lots - account.in_asks - account.bought,
                "cash": account.cash,
                "cashInBids": account.in_bids,
                "cashFree": account.cash - account.in_bids,
                "frozen": account.frozen,
            }
            about = f"account {participant} in market {number}"
            yield Check(self.contract, "account", (participant, number), expected, about)
        yield Check(self.contract, "marketCount", (), len(self.markets), "number of markets")
        for market in self.markets.values():
            yield from self._market_checks(market, now)
        for (number, month), sums in sorted(self.months.items()):
            about = f"listed trades of {month // 12}-{month % 12 + 1:02} in market {number}"
            yield Check(self.contract, "listedMonth", (number, month), tuple(sums), about)
        flows = self._flow_words()
        for accounts in in_groups(sorted(flows), GROUP):
            slots = [flows_word.stored_slot(account) for account in accounts]
            words = [flows[account] for account in accounts]
            about = f"flows of accounts, {accounts[0]:#x} and on"
            yield Check(self.contract, "load", (slots,), words, about)
        for settler, house in self.houses.items():
            yield Check(
                self.contract, "houseOf", (settler,), house, f"custody account of {settler}"
            )
        for wallets in in_groups(sorted({*self.wallets, *self.register}), GROUP):
            slots = [wallet_word.remembered_slot(wallet) for wallet in wallets]
            known = (self.wallets.get(wallet, (ParticipantId(0), 0, 0)) for wallet in wallets)
            words = [wallet_word.remembered(*wallet) for wallet in known]
            about = f"wallets remembered, {wallets[0]} and on"
            yield Check(self.contract, "load", (slots,), words, about)

    def _flow_words(self) -> dict[AccountId, int]:
        """Words of flows by the account in whose slot they lie."""
        own: dict[AccountId, int] = {}
        shared: dict[AccountId, list[int]] = defaultdict(lambda: [0] * flows_word.NEIGHBOURS)
        for account, flow in self.flows.of.items():
            if self.markets[account_id.unpack(account)[0]].of_credits:
                own[account] = flow.word
            else:
                first = flows_word.first_neighbour(account)
                shared[first][account - first] = flow.lots
        return own | {first: flows_word.pack_lots(lots) for first, lots in shared.items()}

    def slots(self) -> Iterator[SlotValue]:
        for (number, participant), account in sorted(self.accounts.items()):
            slot = account_word.stored_slot(number, participant)
            about = f"account {participant} in market {number}"
            for held, amount, read in (
                ("cash", account.cash, account_word.cash_of),
                ("lots", account.lots, account_word.lots_of),
            ):
                yield SlotValue(self.contract, slot, amount, f"stored {held} of {about}", read)

    def _market_checks(self, market: ExchangeMarket, now: int) -> Iterator[Check]:
        lots, cash = self.custody(market)
        about = f"market {market.number}"
        held = {"unit": market.unit, "lots": lots, "cash": cash}
        held["jurisdiction"] = market.jurisdiction
        yield Check(self.contract, "marketAssets", (market.number,), held, about)
        listed = [
            m.number for m in self.markets.values() if m.unit == market.unit and not m.delisted
        ]
        number = listed[-1] if listed else 0
        yield Check(
            self.contract, "marketOf", (market.unit,), number, f"market of unit {market.unit}"
        )
        live = market.lasting or market.local_day(now) == market.day
        depth = {side: self._depth(market, side) if live else [] for side in (BUY, SELL)}
        seen = {
            "day": market.day,
            "lastTick": market.last,
            "volume": market.volume,
            "turnover": market.turnover,
            "fees": market.fees,
            "barred": market.barred,
        }
        yield Check("ExchangeLens", "market", (market.number,), seen, about)
        for side, levels in depth.items():
            about = f"market {market.number} depth {'asks' if side else 'bids'}"
            yield Check("ExchangeLens", "depth", (market.number, side, 100), levels, about)
        for order in self._resting(market) if live else ():
            about = f"order {order.id:#x}"
            yield Check("ExchangeLens", "order", (order.id,), (order.lots, order.owner), about)
        rules = (self._set_up(market), market.pending)
        about = f"rules of market {market.number}: in force, and to come"
        yield Check("ExchangeLens", "marketConfig", (market.number,), rules, about)

    @staticmethod
    def _set_up(market: ExchangeMarket) -> Any:
        """The market's configuration with the rules of its last day; None before its first."""
        if market.adopted is None:
            return None
        own: Any = market.config  # a struct as it was decoded
        return own._replace(rules=market.adopted, referenceTick=market.last)

    def _resting(self, market: ExchangeMarket) -> Iterator[RestingOrder]:
        for orders in market.book.values():
            for order in orders.values():
                if self.is_open(market, self.accounts[market.number, order.owner], order):
                    yield order

    def _depth(self, market: ExchangeMarket, side: int) -> list[tuple[int, int, int, int]]:
        """(tick, price, lots, orders), best price first, as the lens gives it."""
        lots: dict[int, list[int]] = defaultdict(list)
        for order in self._resting(market):
            if order.side == side:
                lots[order.tick].append(order.lots)
        levels = [(tick, market.price(tick), sum(of), len(of)) for tick, of in lots.items()]
        return sorted(levels, reverse=side == BUY)[:100]
