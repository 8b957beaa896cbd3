"""`tonne energy receipt`: receipts of bids, signed here or by wallets elsewhere, checked and disputed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from eth_account import Account as Peer
from eth_account.messages import encode_typed_data

from oracles.power.aggregator.journal import Committed
from oracles.power.aggregator.papers import book as as_book
from tests.tonne.power.neighbours import KEYS, QUARTER, credits, grid
from tonne import cli
from tonne.audit import reconcile
from tonne.cli.core import session
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.power import bid_receipts
from tonne.power.account_consents import consented
from tonne.power.bid_tree import CustomerBid, Portfolio, commitment
from tonne.power.encoding import BID, FIRST_PSEUDONYM, OFFER
from tonne.power.intervals import MarketTerms
from tonne.units.energy_credits import MICRO

HOUR, DAY = 3_600, 86_400
WITHDRAW = 2


class Counter:
    """The aggregator east, the operator north and a customer with a pseudonym, at a command line."""

    def __init__(self, town, folder, capsys) -> None:
        self.chain, self.people, self.numbers = (
            town.chain,
            town.market.people,
            town.market.participants,
        )
        self.file, self._capsys = folder / "receipt.json", capsys
        self.interval = self.chain.now() // QUARTER + 20

    def run(self, *arguments, who=None, status=0):
        named = ("--as", who) if who else ()
        group = () if arguments[0] == "award" else ("receipt",)
        with pytest.raises(SystemExit) as ended:
            cli.main(["energy", *group, *map(str, (*arguments, *named)), "--json"])
        out = self._capsys.readouterr()
        assert (ended.value.code or 0) == status, out.out + out.err
        told = json.loads(out.out)
        return told.get("error", told)

    def since(self):
        return "--since", datetime.fromtimestamp(self.interval * QUARTER, UTC).isoformat()

    def bid(self, *key, status=0):
        """A receipt of a bid of the customer: 900 Wh at most, for 0.09 credits/kWh."""
        terms = ("buy", 900, "--price", "0.09", "--account", KEYS[0].address, "--node", 1)
        return self.run("bid", self.file, *terms, *self.since(), *key, status=status)

    def typed(self):
        (message,) = self.run("typed-data", self.file)["messages"]
        return message

    def book(self, *bids):
        """A book of the aggregator: side, price, energy and account of each bid, its own without one. The
        first of an interval is committed."""
        own = self.numbers["east"]
        made = [
            CustomerBid(*(account or (own,)), 0, side, price, wh, bytes([n]) * 32)
            for n, (side, price, wh, *account) in enumerate(bids)
        ]
        portfolio, salt = Portfolio.of(own, made), b"\x07" * 32
        opening = portfolio.opening(salt)
        committed = Committed(self.interval, portfolio, salt, opening, {}, 0)
        if self.chain.call("PowerMarket", "bidOf", self.interval, own).mostWh == 0:
            self.commit(commitment(self.interval, opening, own), portfolio.energy)
        path = self.file.with_name("book.json")
        path.write_text(json.dumps(as_book(committed)))
        return path

    def commit(self, hashed, energy):
        """Of the aggregator, an hour ahead."""
        east = self.people["east"]
        self.chain.set_time(self.interval * QUARTER - HOUR)
        self.chain.send(east, "PowerMarket", "deposit", 50 * MICRO)
        self.chain.send(east, "PowerMarket", "commit", self.interval, hashed, energy)

    def signature(self, name, message):
        wallet = Peer.from_key(self.people[name].key)
        signable = encode_typed_data(full_message=json.loads(json.dumps(message["typedData"])))
        return "0x" + bytes(wallet.sign_message(signable).signature).hex()


@pytest.fixture
def counter(town, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TONNE_RPC", town.chain.rpc.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
    monkeypatch.setattr(session, "ACCOUNTS", tmp_path)
    (tmp_path / session.PASSPHRASE_FILE).write_text("x\n")
    for name in ("east", "north", "trader", "authority"):
        keystore.write(tmp_path / f"{name}.json", town.market.people[name], "x", keystore.WEAK)
    credits(town)
    return Counter(town, tmp_path, capsys)


def test_a_customer_with_a_receipt_is_shown_its_bid_or_paid(counter):
    chain = counter.chain
    east = counter.people["east"]
    chain.send(east, "PowerMarket", "deposit", 100 * MICRO)
    told = counter.bid("--wallet", east.address)
    assert (told["bid"]["account"], told["signatures"]) == (FIRST_PSEUDONYM, {})
    refused = counter.run("dispute", counter.file, who="trader", status=1)
    assert refused["code"] == "RECEIPT_SIGNATURE_MISSING"

    message = counter.typed()
    assert (message["wallet"], message["typedData"]["primaryType"]) == (east.address, "BidReceipt")
    wrong = counter.signature("north", message)
    refused = counter.run("attach-signature", counter.file, wrong, status=1)
    assert refused["code"] == "SIGNATURE_NOT_AWAITED"
    told = counter.run("attach-signature", counter.file, counter.signature("east", message))
    assert (told["wallet"], told["awaited"]) == (east.address, 0)
    found = bid_receipts.read(counter.file)
    assert chain.call("PowerMarket", "receiptDigest", found.ticket.fields()) == found.hash
    assert counter.run("show", counter.file)["dispute"] is None

    for what, code in (("dispute", "RECEIPT_TOO_EARLY"), ("uphold", "RECEIPT_NOT_DISPUTED")):
        refused = counter.run(what, counter.file, who="trader", status=1)
        assert (refused["code"], refused["value"]) == (code, "0x" + found.hash.hex())
    mark = chain.snapshot()
    chain.set_time(counter.interval * QUARTER + MarketTerms.read(chain).hold_s)
    late = counter.run("dispute", counter.file, who="trader", status=1)
    assert late["code"] == "RECEIPT_TOO_OLD"
    chain.revert(mark)

    chain.set_time(counter.interval * QUARTER + HOUR)
    deadline = counter.run("dispute", counter.file, who="trader")["deadline"]
    assert counter.run("show", counter.file)["dispute"] == deadline
    early = counter.run("uphold", counter.file, who="trader", status=1)
    assert early["code"] == "BID_DISPUTE_OPEN"
    chain.set_time(deadline + 1)
    assert counter.run("uphold", counter.file, who="trader")["amount"] == 4_500_000  # half of 9
    assert counter.run("show", counter.file)["dispute"] == "over"
    for what in ("dispute", "uphold"):
        again = counter.run(what, counter.file, who="trader", status=1)
        assert again["code"] == "RECEIPT_DISPUTED"
        assert f"account {FIRST_PSEUDONYM} was awarded 4.5 " in again["message"]
    _takes_its_award(counter)
    assert reconcile.audit(chain).differences == []


def _takes_its_award(counter):
    """The key of the account does, once; its sponsor does not."""
    chain, north = counter.chain, counter.numbers["north"]
    keystore.write(counter.file.with_name("customer.json"), KEYS[0], "x", keystore.WEAK)
    had = chain.call("PowerMarket", "accountOf", north).free
    refused = counter.run("award", "--to", "north", who="east", status=1)
    assert (refused["code"], refused["value"]) == ("AWARD_NONE", counter.people["east"].address)
    told = counter.run("award", "--to", "north", who="customer")
    assert (told["account"], told["to"], told["amount"]) == (FIRST_PSEUDONYM, north, 4_500_000)
    assert chain.call("PowerMarket", "accountOf", north).free - had == 4_500_000
    again = counter.run("award", "--to", "north", who="customer", status=1)
    assert f"account {FIRST_PSEUDONYM}" in again["message"]


def test_who_settles_signs_that_it_has_all_bids(counter):
    """By a wallet elsewhere, or with its key."""
    chain, north = counter.chain, counter.people["north"]
    book = counter.book((OFFER, 80_000, 400))
    bids = ("bids", counter.file, book)
    told = counter.run(*bids, "--wallet", north.address)
    assert told["bids"]["bidder"] == counter.numbers["east"]
    assert told["bids"]["interval"] == counter.interval
    message = counter.typed()
    assert message["typedData"]["primaryType"] == "TreeReceipt"
    counter.run("attach-signature", counter.file, counter.signature("north", message))
    by_wallet = bid_receipts.read(counter.file)
    assert chain.call("BidProofs", "receiptDigest", by_wallet.ticket.fields()) == by_wallet.hash
    counter.run(*bids, who="north")
    by_key = bid_receipts.read(counter.file)
    assert (by_key.hash, by_key.signature) == (by_wallet.hash, by_wallet.signature)
    assert counter.run("show", counter.file)["signed"]
    refused = counter.run("dispute", counter.file, who="trader", status=1)
    assert refused["code"] == "RECEIPT_OF_MANY"


def test_a_book_whose_accounts_are_no_members_is_not_signed_for(town, counter):
    """Nor one whose bids are not those that it opens."""
    east, north = counter.people["east"], counter.people["north"]
    grid(town)
    book = counter.book((BID, 90_000, 900, FIRST_PSEUDONYM), (BID, 80_000, 400))
    refused = counter.run("bids", counter.file, book, who="north", status=1)
    assert (refused["code"], refused["value"]) == ("RECEIPT_BOOK_UNFIT", str(book))
    assert f"{FIRST_PSEUDONYM} of 0" in refused["message"]
    assert not counter.file.exists()
    raw = json.loads(book.read_text())
    raw["bids"][0]["wh"] = 901
    book.write_text(json.dumps(raw))
    refused = counter.run("bids", counter.file, book, who="north", status=1)
    assert refused["code"] == "SETTLEMENT_BOOK_UNREADABLE"

    counter.chain.send(east, "PowerSettlement", "join", 0, [FIRST_PSEUDONYM])
    counter.interval += 1
    book = counter.book((BID, 90_000, 900, FIRST_PSEUDONYM))
    assert (
        counter.run("bids", counter.file, book, who="north", status=1)["code"]
        == "RECEIPT_BOOK_UNFIT"
    )
    counter.interval += DAY // QUARTER
    book = counter.book((BID, 90_000, 900, FIRST_PSEUDONYM))
    assert counter.run("bids", counter.file, book, who="north")["signatures"].keys() == {"operator"}
    assert bid_receipts.read(counter.file).signer == north.address


def _unfit(counter, book, said):
    refused = counter.run("bids", counter.file, book, who="north", status=1)
    assert (refused["code"], refused["value"]) == ("RECEIPT_BOOK_UNFIT", str(book))
    assert said in refused["message"]
    assert not counter.file.exists()


def test_a_book_of_another_ones_customer_is_not_signed_for(town, counter):
    """Who settles takes no such book, and would be bound by the receipt to settle by its bids."""
    grid(town)
    chain, trader = counter.chain, counter.people["trader"]
    number, key = (
        chain.call("Participants", "walletOf", trader)[0],
        Account.from_seed("its customer"),
    )
    chain.send(trader, "PowerMarket", "openPseudonyms", consented(chain, number, [key]))
    account = chain.call("PowerMarket", "pseudonymOf", key)
    chain.send(trader, "PowerSettlement", "join", 0, [account])
    counter.interval += DAY // QUARTER
    book = counter.book((OFFER, 90_000, 900, account))
    _unfit(counter, book, "are not its aggregator's customers'")
    counter.interval += 1
    book = counter.book((OFFER, 90_000, 900))
    raw = json.loads(book.read_text())
    book.write_text(json.dumps({**raw, "turns": {"1": account}}))
    _unfit(counter, book, f"customers': {account}.")


def test_a_book_of_more_bids_of_an_account_than_can_be_shown_is_not_signed_for(counter):
    """Who settles could not show them all when their line is doubted."""
    _unfit(counter, counter.book(*[(OFFER, 80_000, 1)] * 180), "more than 164 bids at node 0")


def test_a_book_of_curves_that_were_not_committed_is_not_signed_for(counter):
    """The root alone is signed: curves of other bids were committed with it."""
    own = counter.numbers["east"]
    made = [CustomerBid(own, 0, OFFER, 80_000, wh, bytes([wh]) * 32) for wh in (40, 90)]
    shown, other = (Portfolio.of(own, [bid]).opening(b"\x07" * 32) for bid in made)
    hashed = commitment(counter.interval, (*shown[:3], other[3]), own)
    counter.commit(hashed, 90)
    told = as_book(Committed(counter.interval, Portfolio.of(own, made[:1]), shown[0], shown, {}, 0))
    path = counter.file.with_name("book.json")
    path.write_text(json.dumps(told))
    _unfit(counter, path, "not those that its aggregator committed")


def test_a_receipt_that_would_count_for_nothing_is_refused(counter):
    east, idle = counter.people["east"], Account.from_seed("a wallet that may not trade")
    counter.chain.fund([idle])
    counter.chain.send(east, "Participants", "addWallet", idle, WITHDRAW)
    counter.chain.send(idle, "Participants", "confirmWallet", counter.numbers["east"])
    assert counter.bid("--wallet", idle.address, status=1)["code"] == "RECEIPT_NO_RIGHT"
    counter.bid("--as", "east")
    raw = json.loads(counter.file.read_text())

    def spoilt(**changes):
        counter.file.write_text(json.dumps({**raw, **changes}))
        return counter.run("show", counter.file, status=1)["code"]

    assert spoilt(bid={**raw["bid"], "limitWh": 1}) == "RECEIPT_UNREADABLE"
    assert spoilt(bid={**raw["bid"], "limitWh": "900"}) == "RECEIPT_UNREADABLE"
    assert spoilt(chainId=1, hash=None) == "RECEIPT_UNREADABLE"
    assert spoilt(signer="0x12") == spoilt(signer=7) == "RECEIPT_UNREADABLE"
    other = "0x" + "11" * 65
    assert spoilt(signatures={"aggregator": other}) == "RECEIPT_NOT_SIGNED"
    assert spoilt(signatures={"operator": other}) == "RECEIPT_UNREADABLE"
    # Signed by one who is not the aggregator that it names.
    receipt = bid_receipts.read(_whole(counter, raw))
    north = counter.people["north"]
    foreign = bid_receipts.ReceiptFile(receipt.ticket, receipt.domain, {}, north.address)
    foreign.signed(north).write(counter.file)
    assert counter.run("show", counter.file, status=1)["code"] == "RECEIPT_NO_RIGHT"
    elsewhere = bid_receipts.market_domain(1, receipt.domain.contract)
    bid_receipts.ReceiptFile(receipt.ticket, elsewhere, {}, north.address).write(counter.file)
    assert counter.run("show", counter.file, status=1)["code"] == "RECEIPT_ELSEWHERE"
    hold = ("bid", counter.file, "hold", 9, "--price", 1, "--account", "east", "--node", 0)
    refused = counter.run(*hold, *counter.since(), who="north", status=1)
    assert refused["code"] == "RECEIPT_SIDE"


def _whole(counter, raw):
    counter.file.write_text(json.dumps(raw))
    return counter.file
