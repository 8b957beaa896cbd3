"""Shares of accounts in the pool of their holding limit, replayed; and a wrong one found."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest

from tests.tonne.audit.events import dated, named, struct
from tonne.audit import reconcile
from tonne.audit.market.exchange import HOLD, RETURN, TRADE
from tonne.audit.market.holding_limits import HoldingLimitsReplay
from tonne.audit.market.holding_shares import NEVER, NO_LIMIT, HoldingSharesReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.dispatcher import Dispatcher
from tonne.types.pool_id import Pool

UNIT = 1 << 96 | 1 << 80 | 2020 << 64
CLASS = 1 << 16 | 1
ACCOUNT = 0xB4 << 248  # tag of an account's slot, see `contracts/book/BookStore.sol`
LIMIT = 1_000  # [lots] by the rules of both markets


class World:
    """Participants 7 and 8 with a wallet each; two markets of one class."""

    def __init__(self, grouped: bool = False) -> None:
        rules = struct(holdingLimit=LIMIT)
        markets = {
            n: struct(
                number=n,
                unit=UNIT + n,
                config=struct(lotSize=1),
                adopted=rules,
                pending=None,
                delisted=False,
            )
            for n in (1, 2)
        }
        ledger: Any = SimpleNamespace(markets=markets, accounts={})
        group = 77 if grouped else 0
        parties: Any = SimpleNamespace(
            participants={n: struct(group=group) for n in (7, 8)},
            wallets_of=lambda number: {f"wallet {number}"},
        )
        self.wallets: dict[tuple[str, int], int] = defaultdict(int)
        self.accounts = ledger.accounts
        self.limits = HoldingLimitsReplay(ledger, parties)
        self.room = HoldingSharesReplay(self.limits, lambda w, u: self.wallets[w, u])
        self.replays = Dispatcher([self.room, self.limits])
        self.logs = 0

    def say(self, name: str, tx: str = "0x1", **args: Any) -> None:
        self.logs += 1
        event = dated(name, tx=tx, log=self.logs, **args)
        self.replays.feed([named(self.replays.replays, event)])

    def reckon(self, market: int, who: int, lots: int, tx: str = "0x1") -> None:
        self.say("HoldingLimitSet", tx, account=market << 24 | who, limit=lots)

    def hold(self, market: int, who: int, lots: int) -> None:
        self.accounts[market, who] = struct(lots=lots)

    def faults(self) -> int:
        tally = Tally()
        self.replays.end_transaction()
        self.room.invariants(tally)
        assert len(tally.differences) == bool(self.room.faults)
        return len(self.room.faults)


def test_a_reckoning_leaves_what_wallets_desks_and_other_accounts_do_not_have():
    world = World()
    world.wallets["wallet 7", UNIT + 2] = 100
    world.hold(2, 7, 50)
    world.room.held[1, 7] = 30
    world.reckon(1, 7, LIMIT - 100 - 50 - 30)
    assert world.faults() == 0
    world.reckon(2, 7, LIMIT - 100 - 30 - 820)
    assert world.faults() == 0, "the room of account 1 is nobody else's"


@pytest.mark.parametrize("wrong", [-1, 1])
def test_a_share_told_wrong_is_found(wrong):
    world = World()
    world.wallets["wallet 7", UNIT + 1] = 100
    world.reckon(1, 7, LIMIT - 100 + wrong)
    assert world.faults() == 1


def test_room_taken_from_an_account_must_arrive_in_another():
    world = World()
    world.reckon(1, 7, LIMIT)
    world.reckon(2, 7, 0)
    world.reckon(1, 7, 600, "0x2")
    world.reckon(2, 7, 400, "0x2")
    assert world.faults() == 0
    world.reckon(1, 7, 500, "0x3")
    assert world.faults() == 1


def test_room_is_not_taken_from_what_is_held():
    world = World()
    world.reckon(1, 7, LIMIT)
    world.hold(1, 7, 700)
    world.reckon(2, 7, 0)
    world.reckon(1, 7, 600, "0x2")
    world.reckon(2, 7, 300, "0x2")
    assert world.faults() == 1


def _moved(world: World, gone: int = 200, come: int = 200, claim: int = 200) -> None:
    """7 gives 8 room for 200; `come` and `claim` are what 8 gets in share and claim."""
    pool = Pool(CLASS, True, 77).pack()
    world.say("GroupClaimSet", pool=pool, participant=7, units=LIMIT)
    world.reckon(1, 7, LIMIT)
    world.say("GroupClaimSet", pool=pool, participant=8, units=0)
    world.reckon(1, 8, 0)
    world.reckon(1, 7, LIMIT - gone)
    world.reckon(1, 8, come)
    world.say("GroupClaimSet", pool=pool, participant=7, units=LIMIT - 200)
    world.say("GroupClaimSet", pool=pool, participant=8, units=claim)
    world.say("RoomMoved", **{"from": 1 << 24 | 7, "to": 1 << 24 | 8, "units": 200})


def test_room_moves_inside_a_group():
    world = World(grouped=True)
    _moved(world)
    assert world.faults() == 0
    assert world.room.shares == {(1, 7): 800, (1, 8): 200}


@pytest.mark.parametrize("wrong", [{"gone": 199}, {"come": 201}, {"claim": 199}])
def test_room_that_grows_or_shrinks_on_its_way_is_found(wrong):
    world = World(grouped=True)
    _moved(world, **wrong)
    assert world.faults() >= 1


def test_a_claim_that_is_not_what_a_member_has_is_found():
    world = World(grouped=True)
    pool = Pool(CLASS, True, 77).pack()
    world.say("GroupClaimSet", pool=pool, participant=7, units=LIMIT - 1)
    world.reckon(1, 7, LIMIT)
    assert world.faults() == 1


def test_the_first_deposit_opens_an_account_and_later_ones_shift_its_share():
    world, account = World(), 1 << 24 | 7
    world.reckon(1, 7, LIMIT)
    world.say("UnitsDeposited", account=account, lots=100)
    world.say("UnitsDeposited", account=account, lots=10)
    world.say("UnitsWithdrawn", account=account, lots=3)
    assert world.room.shares[1, 7] == LIMIT + 7


def test_what_desks_hold_shifts_the_share_until_it_is_another_s():
    world = World()
    world.reckon(1, 7, LIMIT)
    mine, house = 1 << 24 | 7, 1 << 24 | 0xFFFF01

    def settle(kind: int, source: int, target: int, lots: int) -> None:
        world.say("Settled", kind=kind, lots=lots, **{"from": source, "to": target})

    settle(HOLD, mine, house, 300)
    assert world.room.shares[1, 7] == LIMIT - 300 and world.room.held[1, 7] == 300
    settle(RETURN, house, mine, 100)
    world.say("AuctionAnnounced", id=1, market=1, seller=7)
    world.say("AuctionClosed", tx="0x2", id=1, delivered=150)
    settle(TRADE, house, mine, 0)
    world.say("DayOpened", tx="0x3")
    assert world.room.shares[1, 7] == LIMIT - 50 and world.room.held[1, 7] == 50
    world.say("LotsPledged", pledge=4, market=1, pledgor=7)
    world.say("PledgeReleased", pledge=4, to=7, lots=20)
    assert world.room.held[1, 7] == 50, "what comes back is told by its settlement"
    world.say("PledgeReleased", pledge=4, to=8, lots=20)
    assert world.room.shares[1, 7] == LIMIT - 30 and world.room.held[1, 7] == 30


def test_an_auction_gives_back_no_more_than_desks_hold():
    world, mine, house = World(), 1 << 24 | 7, 1 << 24 | 0xFFFF01
    world.reckon(1, 7, LIMIT)
    world.say("Settled", kind=HOLD, lots=100, **{"from": mine, "to": house})
    world.say("AuctionAnnounced", id=1, market=1, seller=7)
    world.say("AuctionClosed", tx="0x2", id=1, delivered=150)
    world.say("DayOpened", tx="0x3")
    assert world.room.shares[1, 7] == LIMIT and world.room.held[1, 7] == 0


def test_a_delisted_market_has_no_room_and_is_not_counted():
    world = World()
    world.hold(2, 7, 5)
    world.reckon(1, 7, LIMIT - 5)
    world.limits.exchange.markets[2].delisted = True
    world.reckon(2, 7, 0)
    world.reckon(1, 7, LIMIT)
    assert world.faults() == 0


def test_an_account_that_was_never_reckoned_has_the_lowest_share():
    world = World()
    world.hold(1, 7, 5)
    room = {c.function: c.expected for c in world.room.checks(0)}["account"]
    assert room == {"room": NEVER - 5}


def test_there_is_no_limit_where_neither_rules_nor_an_officer_make_one():
    world = World()
    world.limits.exchange.markets[1].adopted.holdingLimit = 0
    world.hold(1, 7, 5)
    world.reckon(1, 7, NO_LIMIT)
    assert world.faults() == 0
    found = {c.function: c.expected for c in world.room.checks(0)}
    assert found["account"] == {"room": NO_LIMIT}
    assert found["poolOf"] == [Pool(CLASS, False, 7).pack(), 0, 0, NO_LIMIT]


@pytest.fixture
def limited(town):
    """Two companies under one control share a limit; one of them quotes both sides."""
    people, market, send = town.market.people, town.market, town.chain.send
    authority, north, trader = (people[name] for name in ("authority", "north", "trader"))
    numbers = [town.chain.call("Participants", "walletOf", who)[0] for who in (north, trader)]
    for number in numbers:
        send(authority, "Participants", "setGroup", number, 77)
    send(authority, "Exchange", "setHoldingLimit", numbers[0], market.market, 5_000_000)
    send(authority, "Exchange", "syncHolding", numbers[1], market.market)
    send(trader, "Exchange", "syncHolding", numbers[0], market.market)
    send(north, "HoldingLimits", "moveRoom", market.market, numbers[1], market.market, 1_000)
    send(trader, "HoldingLimits", "gatherRoom", market.market, 900)

    config, _ = town.chain.call("ExchangeLens", "marketConfig", market.market)
    local = town.chain.now() + config.utcQuarters * 900
    duties = (20, 10, 500_000, local // 86_400 + 1, 0)
    send(authority, "MarketMakers", "appoint", market.market, numbers[0], duties, bytes(32))
    return town, numbers


def test_a_real_market_with_limits_groups_and_a_maker(limited):
    town, _ = limited
    found = reconcile.audit(town.chain)
    assert found.differences == []
    assert {"HoldingLimits", "MarketMakers"} <= found.compared.keys()


def test_a_share_that_the_chain_keeps_wrong_is_found(limited):
    """One lot is added to the limit that is kept in a real account's word."""
    town, (number, _) = limited
    chain, market = town.chain, town.market.market
    slot = ACCOUNT | market << 24 | number
    exchange = chain["Exchange"].address
    word = int(chain.rpc.call("eth_getStorageAt", exchange, hex(slot), "latest"), 16)
    wrong = "0x" + (word + (1 << 201)).to_bytes(32, "big").hex()
    chain.rpc.call("anvil_setStorageAt", exchange, hex(slot), wrong)
    found = reconcile.audit(chain)
    about = f"share of {number} in market {market}.room"
    assert about in [d.about for d in found.differences]


def test_before_the_first_limit_a_new_account_has_none_and_nothing_is_said_of_it():
    world = World()
    world.say("UnitsDeposited", account=1 << 24 | 7, wallet="w", lots=5)
    assert world.room.shares[1, 7] is None
    world.say("MarketRulesSet", market=1, rules=struct(holdingLimit=0))
    world.say("CashDeposited", account=2 << 24 | 7, wallet="w", amount=5)
    assert world.room.shares[2, 7] is None
    world.say("CashMoved", **{"from": 1 << 24 | 7, "to": 2 << 24 | 8, "amount": 5})
    assert world.room.shares[2, 8] is None and world.faults() == 0


@pytest.mark.parametrize(
    "told",
    [
        {"name": "MarketCreated", "config": struct(rules=struct(holdingLimit=LIMIT)), "market": 3},
        {"name": "MarketRulesSet", "rules": struct(holdingLimit=LIMIT), "market": 1},
        {"name": "PoolLimitSet", "pool": Pool(CLASS, False, 7).pack(), "limit": 5},
    ],
)
def test_from_the_first_limit_on_a_new_account_needs_its_share_told(told):
    world = World()
    world.say(**told)
    world.say("UnitsForced", **{"from": 1 << 24 | 8, "to": 1 << 24 | 7, "lots": 5})
    assert (1, 7) not in world.room.shares
