"""Replays order flow on the Exchange itself, in a market made for it, and compares what came of it.

The market is a lasting one: no band, orders good till cancelled, no fees. Orders of one side belong to
participants of that side, so that no participant ever meets an order of its own.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tonne.chain.client import Call, Receipt
from tonne.crypto.accounts import Account
from tonne.deployment.market_rules import LEDGER_PER_CENT
from tonne.errors import TonneError
from tonne.market import fills
from tonne.market.order_encoding import OrderKey, OrderRequest, PlacedOrder, Side, TimeInForce
from tonne.market.order_flow import (
    BUY,
    CANCEL,
    FOK,
    IMMEDIATE,
    IOC,
    MARKET,
    POST_ONLY,
    SELL,
    UNPRICED,
    Command,
    FlowOutcome,
    Grid,
    Level,
    Trade,
    match,
)
from tonne.sandbox.trial_market import FIRST_DAY, TrialMarket
from tonne.types.ids import MarketId

#: Participants on each side.
OWNERS: Final = 24

#: How long orders stand, by kind of command; the others rest until they are cancelled.
FORCE: Final = {
    IOC: TimeInForce.IMMEDIATE_OR_CANCEL,
    MARKET: TimeInForce.IMMEDIATE_OR_CANCEL,
    FOK: TimeInForce.FILL_OR_KILL,
}
REST: Final = TimeInForce.GOOD_TILL_CANCELLED

#: Fill records and holes of one call: what a transaction has gas for.
MOST_FILLS: Final = 2_000
MOST_HOLES: Final = 4_095

#: What the ledger of a market can hold.
MOST_LOTS: Final = 2**33 - 1
MOST_CASH: Final = 2**51 - 1
#: What a day can turn over.
MOST_TURNOVER: Final = 2**48 - 1
MOST_VOLUME: Final = 2**36 - 1

#: Commands sent at once.
BATCH: Final = 200

SIDES: Final = {BUY: Side.BUY, SELL: Side.SELL}
LETTERS: Final = {side: letter for letter, side in SIDES.items()}

#: Errors that are answers, not faults, by the command they may answer.
ANSWERS: Final = {
    POST_ONLY: "BOOK_WOULD_TAKE",
    FOK: "BOOK_NOT_FILLED",
    CANCEL: "BOOK_ORDER_NOT_OPEN",
}


@dataclass(slots=True)
class Gas:
    """Gas of one kind of command."""

    commands: int = 0
    total: int = 0

    def add(self, gas: int) -> None:
        self.commands += 1
        self.total += gas

    @property
    def mean(self) -> int:
        return self.total // self.commands if self.commands else 0


@dataclass(slots=True)
class ReplayRun:
    """What the chain gave."""

    outcome: FlowOutcome
    grid: Grid
    market: MarketId
    gas: dict[str, Gas]
    seconds: float  # from the first command to what became of the last

    @property
    def total_gas(self) -> int:
        return sum(gas.total for gas in self.gas.values())


def run(
    stage: TrialMarket,
    commands: Sequence[Command],
    on_progress: Callable[[int], None] | None = None,
) -> ReplayRun:
    """Lists a market for the commands and sends them, in order."""
    grid = Grid.of(commands)
    expected = match(commands)
    _check_size(expected.trades)
    players = {
        letter: [Account.from_seed("tonne", "replay", letter, str(i)) for i in range(OWNERS)]
        for letter in (BUY, SELL)
    }
    stage.register([*players[BUY], *players[SELL]])
    market = list_market(stage, grid, commands)
    deposit(stage, market, players, needs(commands, expected))
    stage.open(market, FIRST_DAY)
    keys = resting_keys(commands, expected, grid, MarketId(market))
    replay = _Replay(stage, grid, ticks(grid, commands), players, keys, expected.refused)
    began = time.monotonic()
    replay.send(commands, on_progress)
    seconds = time.monotonic() - began
    outcome = FlowOutcome(replay.trades, replay.refused, replay.book())
    return ReplayRun(outcome, grid, MarketId(market), replay.gas, seconds)


@dataclass(frozen=True, slots=True)
class RestingKeys:
    """Numbers that the book will give to the orders that come to rest."""

    market: MarketId
    by_order: dict[int, OrderKey]


def resting_keys(
    commands: Sequence[Command], expected: FlowOutcome, grid: Grid, market: MarketId
) -> RestingKeys:
    """What each order that rests will be called on chain, so that its cancel need not wait for its receipt.

    A price has a queue: places count from 0, and a queue that has become empty is followed by another, whose
    number is one higher. A wrong number would show as a cancel refused against expectation.
    """
    trades: dict[int, list[Trade]] = {}
    for trade in expected.trades:
        trades.setdefault(trade.seq, []).append(trade)
    refused = frozenset(expected.refused)
    queues: dict[tuple[Side, int], _Queue] = {}
    keys: dict[int, OrderKey] = {}
    left: dict[int, int] = {}

    def take(order: int, lots: int) -> None:
        left[order] -= lots
        queues[keys[order].side, keys[order].tick].take(lots)

    for command in commands:
        if command.seq in refused:
            continue
        if command.kind == CANCEL:
            take(command.order, left[command.order])
            continue
        filled = trades.get(command.seq, ())
        for trade in filled:
            take(trade.maker, trade.lots)
        rest = command.lots - sum(trade.lots for trade in filled)
        if rest and command.kind not in IMMEDIATE:
            side, tick = SIDES[command.side], grid.tick(command.price)
            queue = queues.setdefault((side, tick), _Queue())
            keys[command.order] = OrderKey(market, side, tick, queue.epoch, queue.index)
            left[command.order] = rest
            queue.add(rest)
    return RestingKeys(market, keys)


@dataclass(slots=True)
class _Queue:
    """One price of one side, as the book numbers it."""

    epoch: int = 1
    index: int = 0
    lots: int = 0

    def add(self, lots: int) -> None:
        self.index += 1
        self.lots += lots

    def take(self, lots: int) -> None:
        self.lots -= lots
        if not self.lots:
            self.epoch, self.index = self.epoch + 1, 0


def differences(found: FlowOutcome, expected: FlowOutcome) -> Iterator[str]:
    """Where the chain and what was expected part, one sentence each: the first of each kind."""
    for number, (ours, theirs) in enumerate(
        zip(found.trades, expected.trades, strict=False), start=1
    ):
        if ours != theirs:
            yield f"Trade {number} is {_trade(ours)}; expected was {_trade(theirs)}."
            break
    if len(found.trades) != len(expected.trades):
        yield f"There are {len(found.trades):,} trades; expected were {len(expected.trades):,}."
    if found.refused != expected.refused:
        odd = min(set(found.refused) ^ set(expected.refused))
        how = "was refused" if odd in found.refused else "was not refused"
        yield f"Command {odd} {how}, against expectation."
    if found.book != expected.book:
        odd_level = min(set(found.book) ^ set(expected.book))
        where = "on chain" if odd_level in found.book else "in what was expected"
        yield f"The book differs: {_level(odd_level)} stands only {where}."


class _Replay:
    """Commands on their way to the chain, and what is known of their orders."""

    def __init__(
        self,
        stage: TrialMarket,
        grid: Grid,
        worst: dict[str, int],
        players: dict[str, list[Account]],
        keys: RestingKeys,
        refusals: Sequence[int],
    ) -> None:
        self.stage, self.market, self.grid, self.players = stage, keys.market, grid, players
        self._worst = worst  # tick of an order without a price, by side
        self._keys = keys.by_order  # numbers that orders will have where they rest
        self._refusals = frozenset(refusals)  # by number of the command, as a plain book has them
        self.trades: list[Trade] = []
        self.refused: list[int] = []
        self.gas: dict[str, Gas] = {}
        self._owners: dict[int, Account] = {}
        self._ids: dict[int, OrderKey] = {}  # by order
        self._at: dict[
            tuple[Side, int, int], int
        ] = {}  # order by side, tick and place in the queue

    def send(
        self, commands: Sequence[Command], on_progress: Callable[[int], None] | None = None
    ) -> None:
        """Sends the commands in order, none waiting for another; then reads what came of each."""
        self.stage.chain.sender.ranked = True
        for part in self._parts(commands):
            calls = (self._call(command, command is part[-1]) for command in part)
            receipts = self.stage.chain.send_many(
                calls, check=False, on_progress=on_progress, batch=BATCH
            )
            for command, receipt in zip(part, receipts, strict=True):
                self._note(command, receipt)
        self.refused.sort()

    def _parts(self, commands: Sequence[Command]) -> Iterator[list[Command]]:
        """Ends after the first expected refusal of each kind: a node traces in its latest blocks only."""
        part: list[Command] = []
        traced: set[str] = set()
        for command in commands:
            if command.kind == CANCEL and command.order not in self._keys:
                self.refused.append(command.seq)  # it never rested
                continue
            part.append(command)
            if command.seq in self._refusals and command.kind not in traced:
                traced.add(command.kind)
                yield part
                part = []
        if part:
            yield part

    def _call(self, command: Command, last: bool) -> Call:
        exchange = self.stage.chain["Exchange"]
        # A trace costs a node more than the call: of each kind one expected refusal, a part's last, is asked
        # for its reason.
        expected = command.seq in self._refusals and not last
        if command.kind == CANCEL:
            number = self._keys[command.order].pack()
            owner = self._owners[command.order]
            return Call(owner, exchange, "cancel", (number,), refusal_expected=expected)
        owner = self.players[command.side][_place(len(self._owners))]
        self._owners[command.order] = owner
        order = OrderRequest(
            market=self.market,
            side=SIDES[command.side],
            tick=self._worst[command.side]
            if command.kind == MARKET
            else self.grid.tick(command.price),
            lots=command.lots,
            time_in_force=FORCE.get(command.kind, REST),
            post_only=command.kind == POST_ONLY,
            maximum_fills=MOST_FILLS,
            maximum_holes=MOST_HOLES,
        )
        return Call(owner, exchange, "place", (order.pack(),), refusal_expected=expected)

    def _note(self, command: Command, receipt: Receipt) -> None:
        if not receipt.ok:
            if receipt.error is not None:
                self._check_reason(command, receipt.error)
            self.refused.append(command.seq)
            self._weigh("refused", receipt)
            return
        side = SIDES[command.side]
        took = rests = False
        for event in self.stage.chain.events(receipt):
            if event.name == "OrdersFilled":
                took = True
                self._fill(command, Side(1 - side), event["fills"])
            elif event.name == "OrderPlaced":
                rests = True
                number = PlacedOrder.unpack(event["order"]).key
                self._ids[command.order] = number
                self._at[side, number.tick, number.index] = command.order
        cancels = command.kind == CANCEL
        fate = "traded" if took else "rested" if rests else "lapsed"
        self._weigh("cancelled" if cancels else fate, receipt)

    def _check_reason(self, command: Command, error: TonneError) -> None:
        if error.code != ANSWERS.get(command.kind):
            raise TonneError.of("REPLAY_REFUSED", seq=command.seq, error_message=error.message)

    def _fill(self, command: Command, side: Side, records: bytes) -> None:
        for fill in fills.records(records):
            maker = self._at[side, fill.tick, fill.index]
            if fill.ended:
                raise TonneError.of("REPLAY_ENDED", seq=command.seq, maker=maker)
            price = self.grid.price(fill.tick)
            self.trades.append(Trade(command.seq, command.order, maker, price, fill.lots))

    def _weigh(self, kind: str, receipt: Receipt) -> None:
        self.gas.setdefault(kind, Gas()).add(receipt.gas_used)

    def book(self) -> list[Level]:
        """The levels at the end, from the words of the orders themselves."""
        numbers = list(self._ids.values())
        answers = self.stage.chain.call_many(
            ("ExchangeLens", "order", (number.pack(),)) for number in numbers
        )
        levels: dict[tuple[str, int], tuple[int, int]] = {}
        for number, (lots, _) in zip(numbers, answers, strict=True):
            if lots:
                key = LETTERS[number.side], self.grid.price(number.tick)
                orders, sum_ = levels.get(key, (0, 0))
                levels[key] = orders + 1, sum_ + lots
        return sorted(Level(*key, *rest) for key, rest in levels.items())


def list_market(stage: TrialMarket, grid: Grid, commands: Sequence[Command]) -> int:
    prices = _prices(commands)
    middle = grid.tick((min(prices) + max(prices)) // 2) if prices else 1
    config = {"basePrice": grid.base, "tickSize": grid.step, "referenceTick": max(middle, 1)}
    return stage.list_market(config, {})


def ticks(grid: Grid, commands: Sequence[Command]) -> dict[str, int]:
    """The worst tick of each side: what an order without a price accepts."""
    prices = _prices(commands) or [grid.price(1)]
    return {BUY: grid.tick(max(prices)), SELL: grid.tick(min(prices))}


def _prices(commands: Sequence[Command]) -> list[int]:
    return [command.price for command in commands if command.kind not in UNPRICED]


def needs(commands: Sequence[Command], expected: FlowOutcome) -> dict[tuple[str, int], int]:
    """The deposit of each owner, by side and place: lots of a seller, cash of a buyer [0.0001 currency].

    It covers the orders that are open at once, and what others have spent. A refused order is never open;
    the Exchange refuses it as one that would take only if its seller has the lots.
    """
    filled: Counter[int] = Counter()
    spent: Counter[int] = Counter()
    for trade in expected.trades:
        filled[trade.taker] += trade.lots
        filled[trade.maker] += trade.lots
        spent[trade.taker] += trade.lots * trade.price
    refused = frozenset(expected.refused)
    most: dict[tuple[str, int], int] = {}
    held: Counter[tuple[str, int]] = Counter()
    live: dict[int, tuple[tuple[str, int], int, int]] = {}
    placed = 0
    for command in commands:
        if command.kind == CANCEL:
            if command.order in live:
                owner, lots, each = live.pop(command.order)
                held[owner] -= (lots - filled[command.order]) * each
            continue
        owner = command.side, _place(placed)
        placed += 1
        if command.kind in IMMEDIATE:
            buys = command.side == BUY
            peak = held[owner] + (spent[command.order] if buys else command.lots)
            if buys and command.seq in refused:  # what could be filled is, before the refusal
                peak = held[owner] + command.lots * command.price
            most[owner] = max(most.get(owner, 0), peak)
            held[owner] += spent[command.order] if buys else filled[command.order]
            continue
        each = command.price if command.side == BUY else 1
        amount = held[owner] + command.lots * each
        if command.seq not in refused:
            live[command.order] = owner, command.lots, each
            held[owner] = amount
        elif command.side == BUY:
            continue
        most[owner] = max(most.get(owner, 0), amount)
    lots = sum(amount for (side, _), amount in most.items() if side == SELL)
    cash = sum(amount for (side, _), amount in most.items() if side == BUY)
    if lots > MOST_LOTS or cash > MOST_CASH:
        raise _too_large("open orders of the file", lots, cash)
    return most


def _place(placed: int) -> int:
    """Which of a side's owners has the next order, after so many."""
    return placed % OWNERS


def deposit(
    stage: TrialMarket,
    market: int,
    players: dict[str, list[Account]],
    amounts: dict[tuple[str, int], int],
) -> None:
    stage.deposit(
        market,
        [
            (players[side][place], 0, -(-amount // LEDGER_PER_CENT))
            if side == BUY
            else (players[side][place], amount, 0)
            for (side, place), amount in amounts.items()
        ],
    )


def _check_size(trades: Sequence[Trade]) -> None:
    lots = sum(trade.lots for trade in trades)
    cash = sum(trade.lots * trade.price for trade in trades)
    if lots > MOST_VOLUME or cash > MOST_TURNOVER:
        raise _too_large("trades of a day", lots, cash)


def _too_large(what: str, lots: int, cash: int) -> TonneError:
    return TonneError.of("REPLAY_TOO_LARGE", lots=lots, detail=what, cash=cash)


def _trade(trade: Trade) -> str:
    return (
        f"{trade.lots:,} at {trade.price:,} of order {trade.maker} "
        f"by order {trade.taker} (command {trade.seq})"
    )


def _level(level: Level) -> str:
    side = "bid" if level.side == BUY else "ask"
    return f"{side} {level.price:,} with {level.lots:,} in {level.orders} orders"
