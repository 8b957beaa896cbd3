"""The ledger replayed from hand-made events: fills with fees, cancels, voids, days, price bands."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tonne.audit.market.exchange import BUY, SELL, ExchangeMarket, ExchangeReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.contract_replay import FAULTS

MARKET, SELLER, BUYER, HOUSE = 1, 11, 12, 13
DAY = 86_400
TICK = 100  # 0.01 of the currency in the ledger's 0.0001
PRICE = 4_800  # a tick: 48.00
MAKER_PPM, TAKER_PPM = 300, 500


def _account(participant):
    return MARKET << 24 | participant


def _order(lots, side, tick=PRICE, index=0, epoch=1, last_day=0):
    return last_day << 160 | lots << 128 | side << 64 | tick << 48 | epoch << 24 | index


def _record(maker, lots, tick=PRICE, index=0, ended=0):
    word = tick << 80 | ended << 79 | index << 56 | maker << 32 | lots
    return word.to_bytes(12, "big")


def _fees(value, ppm):
    return -(-value * ppm // 1_000_000)


def _opened(day, close=PRICE, volume=0, turnover=0, fees=0, banded=True):
    low, high = (close * 9 + 5) // 10, (close * 11 + 5) // 10  # halves go up
    if not banded:
        low, high = 1, 57_599
    return dated(
        "DayOpened",
        day * DAY,
        market=MARKET,
        day=day,
        closeTick=close,
        lowTick=low,
        highTick=high,
        volume=volume,
        turnover=turnover,
        fees=fees,
    )


def _config(**changes):
    rules = struct(bandPpm=100_000, makerFeePpm=MAKER_PPM, takerFeePpm=TAKER_PPM, closeRule=0)
    values = {
        "utcQuarters": 0,
        "basePrice": 0,
        "tickSize": TICK,
        "lotSize": 1,
        "referenceTick": PRICE,
        "feeAccount": HOUSE,
        "rules": rules,
    }
    return struct(**values | changes)


def _on(name, participant, day=1, **args):
    return dated(name, day * DAY, account=_account(participant), **args)


def _filled(*records, side=BUY, taker=BUYER, day=1):
    return dated(
        "OrdersFilled",
        day * DAY,
        taker=_account(taker),
        request=side << 64,
        fills=b"".join(records),
    )


@pytest.fixture
def ledger():
    """An open day: the seller has 100 lots, of which 60 rest in the book; the buyer has cash."""
    return feed(
        ExchangeReplay(),
        dated("MarketCreated", 0, market=MARKET, unit=5, currency="0x5", config=_config()),
        _opened(1),
        _on("UnitsDeposited", SELLER, lots=100),
        _on("CashDeposited", BUYER, amount=10**9),
        _on("OrderPlaced", SELLER, order=_order(60, SELL)),
    )


def _flow_words(room):
    """Words of flows by the participant in whose slot they lie."""
    found = {}
    for check in room.checks(2 * DAY):
        if check.about.startswith("flows"):
            found |= zip(check.args[0], check.expected, strict=True)
    return {slot % 2**24: word for slot, word in found.items()}


def test_four_neighbours_share_the_word_of_their_lots(ledger):
    feed(
        ledger,
        _on("UnitsDeposited", 8, lots=7),
        _on("UnitsDeposited", SELLER, lots=5),
        _on("UnitsWithdrawn", 8, lots=7, wallet="0x8"),
        _on("UnitsDebited", SELLER, lots=5, to="0x9"),
        _on("UnitsDeposited", BUYER, lots=3),
        _on("UnitsDeposited", 9, lots=1),
        _on("UnitsWithdrawn", 9, lots=1, wallet="0x9"),
    )
    ledger.flows.of[_account(9)].lots = -2  # bought two and took them out
    borrowed = (100 - 1) * 2**192 + (2**64 - 1) * 2**128 + (2**64 - 2) * 2**64
    assert _flow_words(ledger) == {8: borrowed, 12: 3}


def test_where_credits_are_traded_each_has_a_word_of_its_own():
    unit = 2 << 96 | 1 << 80 | 2020 << 64
    room = feed(
        ExchangeReplay(),
        dated("MarketCreated", 0, market=MARKET, unit=unit, currency="0x5", config=_config()),
        _opened(1),
        _on("UnitsDeposited", SELLER, lots=100),
        _on("UnitsDeposited", 9, lots=4),
    )
    assert _flow_words(room) == {SELLER: DAY << 216 | 100, 9: DAY << 216 | 4}


def _faults(room):
    tally = Tally()
    room.invariants(tally)
    return [d.about for d in tally.differences]


def test_a_fill_moves_lots_cash_and_fees(ledger):
    feed(ledger, _filled(_record(SELLER, 25)))
    value = 25 * PRICE * TICK
    whole, rest = 60 * PRICE * TICK, 35 * PRICE * TICK
    maker_fee = _fees(whole, MAKER_PPM) - _fees(rest, MAKER_PPM)
    taker_fee = _fees(value, TAKER_PPM)
    seller, buyer = ledger.accounts[MARKET, SELLER], ledger.accounts[MARKET, BUYER]

    assert (seller.lots, seller.in_asks, seller.cash) == (75, 35, value - maker_fee)
    assert (buyer.lots, buyer.bought, buyer.cash) == (25, 25, 10**9 - value - taker_fee)
    market = ledger.markets[MARKET]
    assert (market.volume, market.turnover) == (25, value)
    assert market.fees == maker_fee + taker_fee
    assert ledger.custody(market) == (100, 10**9)
    assert _faults(ledger) == []


def test_fees_of_the_parts_are_the_fee_of_the_whole(ledger):
    feed(ledger, *(_filled(_record(SELLER, n)) for n in (1, 7, 13, 39)))
    whole = 60 * PRICE * TICK

    assert ledger.accounts[MARKET, SELLER].cash == whole - _fees(whole, MAKER_PPM)
    assert ledger.accounts[MARKET, SELLER].in_asks == 0


def test_a_bid_reserves_its_fee_and_gives_it_back(ledger):
    value = 10 * 4_700 * TICK
    bid = _order(10, BUY, 4_700)
    feed(ledger, _on("OrderPlaced", BUYER, order=bid))
    assert ledger.accounts[MARKET, BUYER].in_bids == value + _fees(value, MAKER_PPM)

    feed(ledger, _on("OrderCancelled", BUYER, order=bid))
    assert ledger.accounts[MARKET, BUYER].in_bids == 0
    assert _faults(ledger) == []


def test_a_cancel_or_a_fill_of_what_is_not_there_is_found(ledger):
    feed(ledger, _on("OrderCancelled", SELLER, order=_order(59, SELL)))
    assert _faults(ledger) == [FAULTS]
    feed(ledger, _filled(_record(SELLER, 61)), _filled(_record(BUYER, 1)))
    assert len(ledger.faults) == 3


def test_voiding_ends_all_orders_of_an_account_at_once(ledger):
    market = ledger.markets[MARKET]
    assert ledger._depth(market, SELL) == [(PRICE, PRICE * TICK, 60, 1)]
    feed(ledger, _on("OrdersVoided", SELLER))

    assert ledger.accounts[MARKET, SELLER].in_asks == 0
    assert ledger._depth(market, SELL) == []
    # What a taker finds dead is told as ended; it gives nothing back twice.
    feed(ledger, _filled(_record(SELLER, 60, ended=1)))
    assert ledger.accounts[MARKET, SELLER].in_asks == 0
    assert ledger.markets[MARKET].volume == 0


def test_a_new_day_ends_orders_and_closes_at_the_mean_price(ledger):
    second = _order(10, SELL, 4_900)
    feed(
        ledger,
        _on("OrderPlaced", SELLER, order=second),
        _filled(_record(SELLER, 30), _record(SELLER, 10, tick=4_900)),
    )
    market = ledger.markets[MARKET]
    fees, turnover = market.fees, (30 * 4_800 + 10 * 4_900) * TICK

    feed(ledger, _opened(2, close=4_825, volume=40, turnover=turnover, fees=fees))

    assert ledger.faults == []
    assert ledger.accounts[MARKET, HOUSE].cash == fees
    assert ledger._depth(market, SELL) == []
    list(ledger.checks(2 * DAY))
    seller, buyer = ledger.accounts[MARKET, SELLER], ledger.accounts[MARKET, BUYER]
    assert (seller.in_asks, buyer.bought, buyer.lots) == (0, 0, 40)
    assert ledger.custody(market) == (100, 10**9)


@pytest.mark.parametrize("told", [{"close": 4_801}, {"volume": 1}, {"fees": 1}, {"turnover": 1}])
def test_a_day_that_opens_with_other_figures_is_found(ledger, told):
    feed(ledger, _opened(2, **told))
    assert _faults(ledger) == [FAULTS]


def test_a_debit_takes_the_oldest_lots_first(ledger):
    feed(ledger, _filled(_record(SELLER, 25)))
    feed(ledger, _on("UnitsDebited", BUYER, lots=10, controller="0xc"))

    buyer = ledger.accounts[MARKET, BUYER]
    assert (buyer.lots, buyer.bought) == (15, 15)
    assert ledger.debits["0xc", 5] == 10


@pytest.mark.parametrize(
    "close, high",
    [("52.96", "58.26"), ("45.62", "50.18")],
)
def test_the_upper_band_is_rounded_to_the_nearest_cent(close, high):
    assert _banded(close, Fraction(11, 10)) == high


@pytest.mark.parametrize("close, low", [("57.46", "51.71"), ("56.15", "50.54")])
def test_the_lower_band_is_rounded_to_the_nearest_cent(close, low):
    assert _banded(close, Fraction(9, 10)) == low


def _banded(close, factor):
    market = ExchangeMarket(MARKET, 5, _config())
    tick = market.nearest_tick(Fraction(close) * 10_000 * factor)
    return f"{tick // 100}.{tick % 100:02d}"


@pytest.fixture
def lasting():
    """A market without a band, on its second day: orders of the first, one of them until day 2."""
    rules = struct(bandPpm=0, makerFeePpm=MAKER_PPM, takerFeePpm=TAKER_PPM, closeRule=0)
    return feed(
        ExchangeReplay(),
        dated(
            "MarketCreated", DAY, market=MARKET, unit=5, currency="0x5", config=_config(rules=rules)
        ),
        _opened(1, banded=False),
        _on("UnitsDeposited", SELLER, lots=104),
        _on("CashDeposited", BUYER, amount=10**9),
        _on("OrderPlaced", SELLER, order=_order(60, SELL, last_day=2)),
        _on("OrderPlaced", SELLER, order=_order(40, SELL, index=1)),
        _on("OrderPlaced", BUYER, order=_order(10, BUY, tick=4_700)),
        _filled(_record(BUYER, 4, tick=4_700), side=SELL, taker=SELLER),
    )


def test_orders_of_a_lasting_market_outlive_the_day(lasting):
    buyer, seller = lasting.accounts[MARKET, BUYER], lasting.accounts[MARKET, SELLER]
    market = lasting.markets[MARKET]
    told = {"close": 4_700, "volume": 4, "turnover": 4 * 4_700 * TICK, "fees": market.fees}
    feed(lasting, _opened(2, banded=False, **told))
    list(lasting.checks(2 * DAY))

    assert lasting.faults == []
    assert (seller.in_asks, buyer.bought) == (100, 0)
    assert buyer.in_bids == market.escrow(6, 4_700)
    assert lasting._depth(market, SELL) == [(PRICE, PRICE * TICK, 100, 2)]


@pytest.mark.parametrize("bound, kept", [(True, 4), (False, 0)])
def test_what_was_bought_to_be_retired_stays_bought(bound, kept):
    rules = struct(bandPpm=0, makerFeePpm=MAKER_PPM, takerFeePpm=TAKER_PPM, closeRule=0)
    room = feed(
        ExchangeReplay(retire_only={5 if bound else 6}),
        dated(
            "MarketCreated", DAY, market=MARKET, unit=5, currency="0x5", config=_config(rules=rules)
        ),
        _opened(1, banded=False),
        _on("UnitsDeposited", SELLER, lots=104),
        _on("CashDeposited", BUYER, amount=10**9),
        _on("OrderPlaced", BUYER, order=_order(10, BUY, tick=4_700)),
        _filled(_record(BUYER, 4, tick=4_700), side=SELL, taker=SELLER),
    )
    list(room.checks(5 * DAY))
    assert room.faults == []
    assert room.accounts[MARKET, BUYER].bought == kept


def test_an_expired_order_is_not_open_but_binds_until_it_ends(lasting):
    seller, market = lasting.accounts[MARKET, SELLER], lasting.markets[MARKET]
    list(lasting.checks(3 * DAY))
    assert lasting._depth(market, SELL) == [(PRICE, PRICE * TICK, 40, 1)]
    assert seller.in_asks == 100

    feed(lasting, _filled(_record(SELLER, 60, ended=1), _record(SELLER, 5, index=1), day=3))
    assert seller.in_asks == 35
    assert lasting.faults == []


def test_anyone_may_clear_an_expired_order_away(lasting):
    feed(lasting, _on("OrderCancelled", SELLER, day=3, order=_order(60, SELL)))
    assert lasting.accounts[MARKET, SELLER].in_asks == 40
    assert lasting.faults == []


@pytest.mark.parametrize(("lots", "times", "faults"), [(0, 1, 0), (5, 1, 1), (0, 2, 1)])
def test_a_market_is_delisted_once_and_without_lots(ledger, lots, times, faults):
    for account in ledger.accounts.values():
        account.lots = 0
    ledger.accounts[MARKET, SELLER].lots = lots
    feed(ledger, *[dated("MarketDelisted", DAY, market=MARKET)] * times)
    assert ledger.markets[MARKET].delisted
    assert len(ledger.faults) == faults
