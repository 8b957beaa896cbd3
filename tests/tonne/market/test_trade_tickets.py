"""A ticket file on its way between two people."""

import json

import pytest

from tonne.crypto import eip712
from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.market import trade_tickets

SELLER, BUYER = Account.from_seed("tickets", "seller"), Account.from_seed("tickets", "buyer")
CONTRACT = "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0"


@pytest.fixture
def ticket() -> trade_tickets.TicketFile:
    return trade_tickets.TicketFile(
        trade_tickets.BlockTicket(
            market=1,
            seller=7,
            sellerWallet=SELLER.address,
            buyer=8,
            buyerWallet=BUYER.address,
            lots=150_000,
            price=523_400,
            nonce=3,
            deadline=1_627_000_000,
        ),
        trade_tickets.block_trades_domain(1337, CONTRACT),
        {},
    )


def test_two_people_sign_one_file(ticket, tmp_path):
    path = tmp_path / "sent" / "ticket.json"
    ticket.write(path)
    trade_tickets.read(path).signed(BUYER).write(path)
    assert trade_tickets.read(path).missing == ["seller"]
    trade_tickets.read(path).signed(SELLER).write(path)
    done = trade_tickets.read(path)
    assert done.missing == []
    assert done.ticket == ticket.ticket
    for side, account in (("seller", SELLER), ("buyer", BUYER)):
        signature = done.signatures[side]
        assert eip712.recover(done.ticket, done.domain, signature) == account.address


def test_a_stranger_cannot_sign(ticket):
    with pytest.raises(TonneError) as caught:
        ticket.signed(Account.from_seed("tickets", "stranger"))
    assert caught.value.code == "TICKET_NOT_PARTY"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d["ticket"].update(lots=150_001),  # the hash is of another ticket
        lambda d: d.update(chainId=1),
        lambda d: d.update(chainId="1337"),
        lambda d: d["ticket"].pop("nonce"),
        lambda d: d["ticket"].update(more=1),
        lambda d: d["ticket"].update(price=-1),
        lambda d: d["ticket"].update(sellerWallet="0x12"),
        lambda d: d.pop("hash"),
        lambda d: d["signatures"].update(broker="0x00"),
        lambda d: d["signatures"].update(seller="0xzz"),
        lambda d: d["signatures"].update(seller=7),
        lambda d: d.update(ticket=[]),
    ],
)
def test_a_file_that_is_no_ticket_is_refused(ticket, tmp_path, spoil):
    path = tmp_path / "ticket.json"
    data = ticket.as_json()
    spoil(data)
    path.write_text(json.dumps(data))
    with pytest.raises(TonneError) as caught:
        trade_tickets.read(path)
    assert caught.value.code == "TICKET_UNREADABLE"


def test_a_missing_or_broken_file_is_refused(tmp_path):
    (tmp_path / "ticket.json").write_text("{")
    for name in ("ticket.json", "none.json"):
        with pytest.raises(TonneError) as caught:
            trade_tickets.read(tmp_path / name)
        assert caught.value.code == "TICKET_UNREADABLE"
