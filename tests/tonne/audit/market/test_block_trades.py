"""Block trades and pledges on a real small market: the events tell all of it, and nothing else fits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tonne.audit.forging import auditing, unseen
from tonne.audit.market.pledges import PledgesReplay
from tonne.audit.replay.contract_replay import FAULTS
from tonne.chain.client import Chain
from tonne.constants import DAY_S
from tonne.crypto.accounts import Account
from tonne.market.trade_tickets import BlockTicket, TicketFile, block_trades_domain

REASON = b"\x07" * 32
AFTERNOON = 4 * 3600  # from the opening of the first session to 13:30


def _ticket(chain: Chain, town, seller: str, buyer: str, lots: int, cents: int, nonce: int):
    """A ticket with both signatures, as arguments of `trade`."""
    people, numbers = town.market.people, town.market.participants
    domain = block_trades_domain(chain.chain_id, chain["BlockTrades"].address)
    file = TicketFile(
        BlockTicket(
            market=town.market.market,
            seller=numbers[seller],
            sellerWallet=people[seller].address,
            buyer=numbers[buyer],
            buyerWallet=people[buyer].address,
            lots=lots,
            price=cents * 100,
            nonce=nonce,
            deadline=chain.now() + 30 * 86_400,
        ),
        domain,
        {},
    )
    return file.signed(people[seller]).signed(people[buyer])


@pytest.fixture
def busy(town, monkeypatch):
    """The market after block trades with fees, an override, a cancelled ticket, and two pledges."""
    chain, people, numbers = town.chain, town.market.people, town.market.participants
    market = town.market.market
    authority, east, north = people["authority"], people["east"], people["north"]
    anybody = Account.from_seed("anybody")
    chain.fund([anybody])

    def send(who, contract, function, *args):
        return chain.send(who, contract, function, *args)

    unit, exchange = town.market.allowance, chain["Exchange"]
    send(east, "Allowances", "safeTransferFrom", east, exchange, unit, 200_000, b"")
    send(authority, "BlockTrades", "setFees", market, (100, 300))
    chain.set_time(chain.now() + AFTERNOON)
    for nonce, lots in enumerate((100_000, 500)):
        file = _ticket(chain, town, "east", "north", lots, 34_00, nonce)
        if nonce:
            send(authority, "BlockTrades", "approve", file.ticket.as_tuple(), REASON)
        args = (file.ticket.as_tuple(), file.signatures["seller"], file.signatures["buyer"])
        send(anybody, "BlockTrades", "trade", *args)
    gone = _ticket(chain, town, "east", "north", 100_000, 34_00, 9)
    send(authority, "BlockTrades", "approve", gone.ticket.as_tuple(), REASON)
    send(north, "BlockTrades", "cancel", gone.ticket.as_tuple())

    lender, end = numbers["trader"], chain.now() + 365 * DAY_S
    send(east, "Pledges", "pledge", market, lender, 30_000, end, REASON)
    send(east, "Pledges", "pledge", market, lender, 500, end, REASON)
    send(east, "Pledges", "agree", 1, 10_000, False)
    send(people["trader"], "Pledges", "agree", 1, 10_000, False)
    send(authority, "Pledges", "order", 1, 5_000, True, REASON)
    send(people["trader"], "Pledges", "agree", 2, 500, True)

    return auditing(chain, monkeypatch)


def test_block_trades_and_pledges_are_told_by_their_events(busy):
    found = busy()
    assert found.differences == []
    assert found.compared["BlockTrades"] >= 25
    assert found.compared["Pledges"] >= 20


def test_what_is_pledged_is_counted_once(busy, monkeypatch):
    """An account of the desk that counted as any other would count pledged lots twice."""
    about = "is free, held for, frozen, pledged, in the ledger or has left"
    found = busy()
    assert not [d for d in found.differences if about in d.about]
    monkeypatch.setattr(PledgesReplay, "pledged", lambda _self, market: 15_501 * (market == 1))
    assert [d.found - d.expected for d in busy().differences if about in d.about] == [1]


@pytest.mark.parametrize(
    "name",
    [
        *("BlockTraded", "TicketApproved", "TicketCancelled", "Settled", "HouseOpened"),
        *("LotsPledged", "ReleaseProposed", "PledgeReleased"),
    ],
)
def test_an_event_left_out_is_found(busy, name):
    assert unseen(busy, [name], []) == []


@pytest.mark.parametrize(
    "name, field, delta",
    [
        ("BlockTraded", "lots", 1),
        ("BlockTraded", "turnover", 100),
        ("BlockTraded", "buyerFee", 1),
        ("BlockTraded", "day", 1),
        ("BlockTraded", "seller", 1),
        ("BlockFeesSet", "fromDay", 2),
        ("Settled", "lots", 1),
        ("Settled", "cash", 1),
        ("Settled", "kind", 1),
        ("LotsPledged", "lots", 1),
        ("LotsPledged", "lender", 1),
        ("ReleaseProposed", "lots", 1),
        ("PledgeReleased", "lots", 1),
        ("PledgeReleased", "left", 1),
    ],
)
def test_a_value_that_is_off_is_found(busy, name, field, delta):
    assert unseen(busy, [], [(name, field, delta)]) == []


def test_what_was_not_agreed_to_was_not_released(busy):
    """A release that names no officer, where the two had proposed something else."""

    def forge(event):
        if event.event.name != "PledgeReleased" or event.event.args["reason"] == bytes(32):
            return event
        args = {**event.event.args, "officer": "0x" + "00" * 20}
        return replace(event, event=replace(event.event, args=args))

    assert FAULTS in {d.about for d in busy(forge).differences}
