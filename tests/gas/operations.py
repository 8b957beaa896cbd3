"""The operations that `Exchange.t.sol` measures, one by one as transactions: a key, what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.gas.bench import BUY, GTC, RULES, SELL, THIRD_DAY, Bench
from tonne.crypto.accounts import Account
from tonne.market.signed_orders import SignedFile, SignedOrder, gateway_domain
from tonne.sandbox import trial_market
from tonne.sandbox.trial_market import EVIDENCE

#: Every operation by its key; each begins in the state of `bench.standing` and returns gas.
OPERATIONS: Final[dict[str, Callable[[Bench], int]]] = {}


def _key(name: str) -> Callable[[Callable[[Bench], int]], Callable[[Bench], int]]:
    def known(operation: Callable[[Bench], int]) -> Callable[[Bench], int]:
        OPERATIONS[name] = operation
        return operation

    return known


def measure(bench: Bench) -> dict[str, int]:
    """Gas of every operation, by its receipt."""
    found = {}
    for name, operation in OPERATIONS.items():
        with bench.as_it_was():
            found[name] = operation(bench)
    return found


# ---------------------------------------------------------------------- placing


@_key("place_live_level")
def place_live_level(b: Bench) -> int:
    b.queue(SELL, 4_850, 1)
    asks = b.place(b.seller, SELL, 4_850, 10)
    b.queue(BUY, 4_750, 1)
    return max(asks, b.place(b.seller, BUY, 4_750, 10))


@_key("place_fresh_slot")
def place_fresh_slot(b: Bench) -> int:
    b.queue(SELL, 4_850, 2)
    return b.place(b.seller, SELL, 4_850, 10)


@_key("place_mean_2_13")
def place_mean_2_13(b: Bench) -> int:
    b.queue(SELL, 4_850, 1)
    return sum(b.place(b.makers[i], SELL, 4_850, 10) for i in range(1, 13)) // 12


def _used_levels(b: Bench) -> int:
    b.queue(SELL, 4_851, 1)
    yesterdays = b.place(b.seller, SELL, 4_852, 10)
    [number] = b.rest([(b.makers[1], SELL, 4_853, 10)])
    b.cancel(b.makers[1], number)
    return max(yesterdays, b.place(b.seller, SELL, 4_853, 10))


@_key("place_used_level")
def place_used_level(b: Bench) -> int:
    return _used_levels(b)


@_key("place_used_level_new_best")
def place_used_level_new_best(b: Bench) -> int:
    _used_levels(b)
    return b.place(b.seller, SELL, 4_850, 10)


@_key("place_new_level")
def place_new_level(b: Bench) -> int:
    b.queue(SELL, 4_851, 1)
    return b.place(b.seller, SELL, 4_901, 10)


@_key("place_far_word")
def place_far_word(b: Bench) -> int:
    b.queue(SELL, 4_851, 1)
    return b.place(b.seller, SELL, 5_270, 10)


@_key("first_order_of_day")
def first_order_of_day(b: Bench) -> int:
    return b.place(b.seller, SELL, 4_850, 10)


@_key("batch_10_live")
def batch_10_live(b: Bench) -> int:
    b.rest((b.makers[i], SELL, 4_850 + i, 10) for i in range(10))
    requests = [b.order(SELL, 4_850 + i, 10) for i in range(10)]
    return b.send(b.seller, "Exchange", "batch", [], requests).gas_used


@_key("deposit_and_place")
def deposit_and_place(b: Bench) -> int:
    stage = b.stage
    issue = ("Allowances", "issue", b.seller, stage.unit, 20, EVIDENCE)
    b.send(stage.administrator, *issue)
    b.queue(SELL, 4_850, 1)
    order = b.order(SELL, 4_850, 10).to_bytes(32, "big")
    args = (b.seller, stage.chain["Exchange"], stage.unit, 10, order)
    return b.send(b.seller, "Allowances", "safeTransferFrom", *args).gas_used


@_key("signed_order")
def signed_order(b: Bench) -> int:
    """Sent by somebody else; the nonce's word has been used before."""
    chain = b.stage.chain
    domain = gateway_domain(chain.chain_id, chain["ExchangeGateway"].address)
    gas = 0
    b.queue(SELL, 4_850, 1)
    for nonce in range(2):
        word = b.order(SELL, 4_850, 10)
        message = SignedOrder.of(b.seller.address, word, nonce, (1 << 64) - 1)
        signature = SignedFile.make(message, domain, b.seller).signature
        sent = ("ExchangeGateway", "placeSigned", message.argument, signature)
        gas = b.send(b.stage.administrator, *sent).gas_used
        if nonce == 0:
            b.rest([(b.makers[1], SELL, 4_850, 10)])  # the next order finds its slot in use
    return gas


# ---------------------------------------------------------------------- cancelling


@_key("cancel_in_queue")
def cancel_in_queue(b: Bench) -> int:
    asks, bids = [], []
    for i in range(10):
        pair = [(b.makers[i], SELL, 4_880, 10), (b.makers[i], BUY, 4_700, 10)]
        ask, bid = b.rest(pair)
        asks.append(ask)
        bids.append(bid)
    return max(b.cancel(b.makers[4], asks[4]), b.cancel(b.makers[4], bids[4]))


def _cancel_second(b: Bench, first: tuple[int, int], second: tuple[int, int]) -> int:
    """Maker 1 cancels after maker 0 placed; (ask, bid) ticks of both."""
    costs = []
    for side, kept, gone in zip((SELL, BUY), first, second, strict=True):
        b.rest([(b.makers[0], side, kept, 10)])
        [number] = b.rest([(b.makers[1], side, gone, 10)])
        costs.append(b.cancel(b.makers[1], number))
    return max(costs)


@_key("cancel_only_of_level")
def cancel_only_of_level(b: Bench) -> int:
    return _cancel_second(b, (4_850, 4_760), (4_851, 4_759))


@_key("cancel_only_of_best")
def cancel_only_of_best(b: Bench) -> int:
    return _cancel_second(b, (4_851, 4_759), (4_850, 4_760))


# ---------------------------------------------------------------------- taking


@_key("take_1_maker")
def take_1_maker(b: Bench) -> int:
    b.queue(SELL, 4_880, 3)
    return max(b.take(BUY, 4_880, 10), b.take(BUY, 4_880, 5))


@_key("take_1_maker_emptied")
def take_1_maker_emptied(b: Bench) -> int:
    b.rest([(b.makers[0], SELL, 4_850, 10), (b.makers[1], SELL, 4_853, 10)])
    return b.take(BUY, 4_850, 10)


@_key("take_into_bids")
def take_into_bids(b: Bench) -> int:
    b.queue(BUY, 4_700, 3)
    return max(b.take(SELL, 4_700, 10), b.take(SELL, 4_700, 5))


@_key("take_into_bids_emptied")
def take_into_bids_emptied(b: Bench) -> int:
    b.rest([(b.makers[0], BUY, 4_760, 10), (b.makers[1], BUY, 4_757, 10)])
    return b.take(SELL, 4_760, 10)


@_key("take_10_makers")
def take_10_makers(b: Bench) -> int:
    b.queue(SELL, 4_880, 11)
    return b.take(BUY, 4_880, 100)


@_key("take_100_makers")
def take_100_makers(b: Bench) -> int:
    b.queue(SELL, 4_880, 101)
    return b.take(BUY, 4_880, 1_000)


@_key("take_100_bids")
def take_100_bids(b: Bench) -> int:
    b.queue(BUY, 4_700, 101)
    return b.take(SELL, 4_700, 1_000)


@_key("take_10_levels")
def take_10_levels(b: Bench) -> int:
    """The cap on levels is as wide as the order needs it, from the third day on."""
    rules = {**trial_market.RULES, **RULES, "takerLevels": 10}
    b.send(b.stage.authority, "Exchange", "setMarketRules", b.market, rules)
    b.stage.open(b.market, THIRD_DAY)
    b.trade()
    b.rest((b.makers[i], SELL, 4_850 + i, 10) for i in range(11))
    return b.take(BUY, 4_859, 100)


# ---------------------------------------------------------------------- a limit over several accounts


def _number(b: Bench, who: Account) -> int:
    number, _, _ = b.stage.chain.call("Participants", "walletOf", who)
    return number


@_key("fill_over_holding_limit")
def fill_over_holding_limit(b: Bench) -> int:
    number = _number(b, b.seller)
    limit = (b.stage.authority, "Exchange", "setHoldingLimit", number, b.market, 100_010)
    b.send(*limit)
    b.rest([(b.seller, BUY, 4_700, 10)])
    b.stage.deposit(b.market, [(b.seller, 20, 0)])
    b.send(*limit)
    b.rest([(b.makers[0], BUY, 4_700, 10), (b.makers[1], BUY, 4_700, 10)])
    return b.take(SELL, 4_700, 10)


@_key("grouped_fill")
def grouped_fill(b: Bench) -> int:
    """A buyer in a group with one limit, which its share of the pool covers."""
    number = _number(b, b.seller)
    b.send(b.stage.authority, "Participants", "setGroup", number, 7)
    b.send(b.stage.authority, "Exchange", "setHoldingLimit", number, b.market, 200_000)
    b.rest([(b.seller, BUY, 4_700, 10), (b.makers[0], BUY, 4_700, 10)])
    return b.take(SELL, 4_700, 10)


def _list_market(b: Bench, number: int, rules: Mapping[str, Any] = RULES) -> int:
    """A further market of the class."""
    operator, _, _ = b.stage.chain.call("Participants", "walletOf", b.stage.authority)
    return b.stage.list_market({}, rules, operator, b.stage.unit + number)


def _second_market(b: Bench, rules: Mapping[str, Any] = RULES) -> int:
    """One of the class, opened: the first makers, taker and seller have lots in it.

    What the taker may still buy, in either, lies with its first account.
    """
    stage = b.stage
    market = _list_market(b, 1, rules)
    b.send(stage.authority, "Exchange", "openDay", market)
    rows = [(who, 1_000, 10_000_000) for who in (*b.makers[:4], b.taker, b.seller)]
    stage.deposit(market, rows)
    return market


@_key("take_gathering_room")
def take_gathering_room(b: Bench) -> int:
    """As `take_1_maker`, by a buyer whose room lies with its account in another market."""
    market = _second_market(b)
    b.queue(SELL, 4_850, 4, market=market)
    b.take(BUY, 4_850, 10, market)
    b.stage.open(market, THIRD_DAY)
    b.queue(SELL, 4_850, 4, market=market)
    b.take(BUY, 4_850, 10, market)
    return b.take(BUY, 4_850, 10, market)


def _reckoned(b: Bench, market: int) -> int:
    """Units have come to the seller's wallet from elsewhere."""
    stage = b.stage
    b.send(stage.administrator, "Allowances", "issue", b.seller, stage.unit, 10, EVIDENCE)
    return b.send(b.seller, "Exchange", "syncHolding", _number(b, b.seller), market).gas_used


@_key("sync_holding")
def sync_holding(b: Bench) -> int:
    return _reckoned(b, _second_market(b))


@_key("sync_holding_grouped")
def sync_holding_grouped(b: Bench) -> int:
    """The claims of a group are in use."""
    market = _second_market(b)
    members = [_number(b, who) for who in (b.makers[-1], b.seller)]
    for member in members:
        b.send(b.stage.authority, "Participants", "setGroup", member, 7)
    b.send(b.seller, "Exchange", "syncHolding", members[0], market)
    _reckoned(b, market)
    return _reckoned(b, market)


@_key("sync_holding_10_markets")
def sync_holding_10_markets(b: Bench) -> int:
    market = _second_market(b)
    for number in range(2, 10):
        _list_market(b, number)
    return _reckoned(b, market)


# ---------------------------------------------------------------------- a market whose orders last


def _lasting_market(b: Bench) -> int:
    """A market without a band; the makers' orders of the day before wait in it."""
    market = _second_market(b, {**RULES, "bandPpm": 0})
    b.send(b.taker, "HoldingLimits", "gatherRoom", market, 10_000)
    b.queue(SELL, 4_850, 4, force=GTC, market=market)
    b.take(BUY, 4_850, 10, market)
    b.stage.open(market, THIRD_DAY)
    b.take(BUY, 4_850, 1, market)
    return market


@_key("gtc_place_live_level")
def gtc_place_live_level(b: Bench) -> int:
    market = _lasting_market(b)
    b.rest([(b.makers[0], SELL, 4_851, 10)], force=GTC, market=market)
    return b.place(b.seller, SELL, 4_851, 10, force=GTC, market=market)


@_key("gtc_take_1_maker")
def gtc_take_1_maker(b: Bench) -> int:
    return b.take(BUY, 4_850, 9, _lasting_market(b))


# ---------------------------------------------------------------------- the day


@_key("open_day")
def open_day(b: Bench) -> int:
    return b.stage.open(b.market, THIRD_DAY).gas_used
