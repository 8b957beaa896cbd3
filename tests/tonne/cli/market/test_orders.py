"""`tonne market`: makers, room under a holding limit, several orders at once, and who is short."""

from __future__ import annotations

import json

import pytest

from tonne import cli
from tonne.chain.client import Call
from tonne.cli.core import session
from tonne.cli.market import deposit_and_place
from tonne.crypto import keystore
from tonne.market.order_encoding import OrderRequest, Side

DAY = 86_400


class _Shell:
    def __init__(self, town, folder, capsys, monkeypatch):
        self.town, self.capsys, self.folder = town, capsys, folder
        monkeypatch.setenv("TONNE_RPC", town.chain.rpc.url)
        monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
        monkeypatch.setattr(session, "ACCOUNTS", folder)
        (folder / session.PASSPHRASE_FILE).write_text("x\n")
        for name in ("authority", "east", "north", "trader"):
            keystore.write(folder / f"{name}.json", town.market.people[name], "x", keystore.WEAK)

    def _run(self, who, arguments, status):
        key = ("--as", who) if who else ()
        with pytest.raises(SystemExit) as ended:
            cli.main(["market", *map(str, arguments), *key])
        read = self.capsys.readouterr()
        assert (ended.value.code or 0) == status, read.out + read.err
        return read.out + read.err

    def run(self, who, *arguments):
        return json.loads(self._run(who, (*arguments, "--json"), 0))

    def refused(self, who, *arguments):
        return json.loads(self._run(who, (*arguments, "--json"), 1))["error"]

    def text(self, who, *arguments):
        return " ".join(self._run(who, arguments, 0).split())

    def participant(self, name):
        return self.town.market.participants[name]


@pytest.fixture
def shell(town, tmp_path, capsys, monkeypatch):
    return _Shell(town, tmp_path, capsys, monkeypatch)


def _clock(shell, *arguments):
    with pytest.raises(SystemExit) as ended:
        cli.main(["clock", *arguments])
    assert not ended.value.code, shell.capsys.readouterr()
    shell.capsys.readouterr()


def _lines(shell, *lines):
    path = shell.folder / "orders.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_quote_needs_no_key(shell):
    assert shell.run(None, "quote", "buy", 100)["filled"] == 100
    assert "from 1 order," in shell.text(None, "quote", "buy", 1)


def test_a_price_outside_the_band_is_told_in_prices(shell):
    refused = shell.refused("north", "buy", 1, "--price", "99")
    assert refused["code"] == "BOOK_TICK_OUTSIDE_BAND"
    assert refused["message"] == "A price of 99.00 is outside the day's band, 43.20 to 52.80."


# Deposit and order in one


@pytest.mark.parametrize("tells", [True, False])
def test_a_purchase_brings_its_money_by_transfer_or_by_permit(shell, monkeypatch, tells):
    """A currency with ERC-1363 needs no permit; one without it is taken by one."""
    if not tells:
        monkeypatch.setattr(deposit_and_place, "_tells_the_exchange", lambda *_: False)
    chain, wallet = shell.town.chain, shell.town.market.people["north"]
    issuer = shell.town.market.people["currency_issuer"]
    chain.send(issuer, "SettlementCurrency", "mint", wallet, 1_000_000)
    before = chain.call("SettlementCurrency", "nonces", wallet)
    north = shell.participant("north")
    had = chain.call("Exchange", "account", north, 1)
    lots = had.cashFree // 481_000 + 5
    shell.run("north", "buy", lots, "--price", "48.10", "--deposit")
    held = chain.call("Exchange", "account", north, 1)
    assert held.cash > had.cash
    assert held.cashInBids - had.cashInBids >= lots * 481_000
    assert chain.call("SettlementCurrency", "nonces", wallet) - before == int(not tells)


# The day


def test_the_first_day_goes_by_the_reference_price_of_the_pack(shell):
    """The national market opened on 16 July 2021 at 48.00: the pack says so, the chain was told."""
    day = shell.run(None, "day")
    assert (day["day"], day["previous"]) == ("2021-07-16", "48.00")
    assert (day["floor"], day["ceiling"]) == ("43.20", "52.80")
    for outside in ("43.19", "52.81"):
        refused = shell.refused("north", "buy", 1, "--price", outside)
        assert refused["code"] == "BOOK_TICK_OUTSIDE_BAND"
    for limit in ("43.20", "52.80"):
        assert shell.run("trader", "buy", 1, "--price", limit)


def test_a_day_tells_open_high_low_last_and_agrees_with_the_chain(shell):
    """The town's book sells 5,000 at 48.20 and 10,000 at 48.50, and buys 3,000 at 47.80."""
    assert shell.run(None, "day")["open"] is None
    assert shell.text(None, "day").endswith("Nothing traded.")
    shell.run("trader", "buy", 1_000, "--price", "48.20")
    shell.run("trader", "buy", 5_000, "--price", "48.50")
    shell.run("east", "sell", 500, "--price", "47.80", "--deposit")
    shell.run("trader", "buy", 20, "--price", "48.50")
    # Of another market, and without a trade: the participant's own order ends.
    shell.run("trader", "buy", 10, "--market", 2)
    shell.run("north", "sell", 3_000, "--price", "47.80", "--deposit")

    day = shell.run(None, "day", "2021-07-16")

    prices = [day[name] for name in ("previous", "open", "high", "low", "last")]
    assert prices == ["48.00", "48.20", "48.50", "47.80", "48.50"]
    assert (day["volume"], day["trades"]) == (6_520, 5)
    watched = shell.run(None, "watch")
    assert [day[name] for name in ("last", "volume", "turnover")] == [
        watched[name] for name in ("last", "volume", "turnover")
    ]
    assert shell.run(None, "day", "--market", 2)["volume"] == 10


def test_a_day_that_is_over_is_told_without_what_came_after(shell):
    shell.run("trader", "buy", 1_000, "--price", "48.20")
    shell.run("east", "sell", 500, "--price", "47.80", "--deposit")
    shell.run("north", "deposit", "units", 10)
    friday = shell.run(None, "day")
    # Monday is opened and traded on within one block.
    people, chain = shell.town.market.people, shell.town.chain
    chain.set_time(chain.now() + 3 * DAY)
    sell, buy = (OrderRequest(1, side, 4_810, 10).pack() for side in (Side.SELL, Side.BUY))
    done = chain.send_many(
        [
            Call(people["trader"], chain["Exchange"], "openDay", (1,)),
            Call(people["north"], chain["Exchange"], "place", (sell,)),
            Call(people["trader"], chain["Exchange"], "place", (buy,)),
        ]
    )
    assert len({receipt.block for receipt in done}) == 1
    monday = shell.run(None, "day")
    # 1,000 at 48.20 and 500 at 47.80 are 48.0666…: the close, to the nearest cent.
    assert (monday["day"], monday["previous"]) == ("2021-07-19", "48.07")
    assert (monday["open"], monday["volume"]) == ("48.10", 10)
    assert shell.run(None, "day", "2021-07-16") == friday
    refused = shell.refused(None, "day", "2021-07-17")
    assert refused["code"] == "DAY_NOT_TRADED"


# Several orders at once


def test_a_batch_cancels_places_and_tells_what_each_did(shell):
    first = shell.run("north", "buy", 10, "--price", "48.00")["order"]
    file = _lines(
        shell,
        f"cancel {first}  # the old one",
        "",
        "buy 20 --price 48.05 --post-only",
        "buy 5",
        "buy 20 --price 48.05 --post-only",
    )
    done = shell.run("north", "batch", file)
    assert done["cancelled"] == [first]
    assert [(o["line"], o["filled"], o["rests"]) for o in done["orders"]] == [
        (3, 0, 20),
        (4, 5, 0),
        (5, 0, 20),
    ]
    listed = {order["order"] for order in shell.run("north", "orders")["orders"]}
    numbers = [o["order"] for o in done["orders"] if o["order"]]
    assert set(numbers) <= listed and len(set(numbers)) == 2 and first not in listed


def test_a_batch_is_sent_whole_or_not_at_all(shell):
    before = shell.run("north", "orders")
    file = _lines(shell, "buy 10 --price 48.05", "buy 10 --price 99")
    assert shell.refused("north", "batch", file)["code"] == "BOOK_TICK_OUTSIDE_BAND"
    assert shell.run("north", "orders") == before


@pytest.mark.parametrize(
    ("lines", "code", "said"),
    [
        (["buy 10 --price 48.001"], "BATCH_BAD_LINE", "Line 1 is not an order: a price of 48.001"),
        (["", "hold 10"], "BATCH_BAD_LINE", "Line 2 is not an order"),
        (["buy 0"], "BATCH_BAD_LINE", "lots must be 1 or more"),
        (["cancel x"], "BATCH_BAD_LINE", "not the number of an order"),
        (["# nothing"], "BATCH_BAD_SIZE", "0 orders"),
        (["buy 1 --price 48"] * 201, "BATCH_BAD_SIZE", "201 orders"),
    ],
)
def test_a_batch_that_cannot_be_is_refused_before_it_is_sent(shell, lines, code, said):
    refused = shell.refused("north", "batch", _lines(shell, *lines))
    assert refused["code"] == code
    assert said.lower() in refused["message"].lower()


def test_a_batch_without_its_file_says_so(shell):
    refused = shell.refused("north", "batch", "none.txt")
    assert refused["code"] == "BATCH_UNREADABLE"
    assert "Errno" not in refused["message"]


def test_an_order_is_replaced_in_one_transaction(shell):
    old = shell.run("north", "buy", 30, "--price", "48.00")["order"]
    done = shell.run("north", "replace", old, "--price", "48.02")
    assert done["cancelled"] == [old]
    assert [(o["side"], o["lots"], o["rests"]) for o in done["orders"]] == [("buy", 30, 30)]
    found = shell.run("north", "orders")["orders"]
    assert {o["order"]: o["price"] for o in found}[done["orders"][0]["order"]] == "48.02"
    assert shell.refused("north", "replace", old)["code"] == "ORDER_NOT_OPEN"
    new = done["orders"][0]["order"]
    assert shell.refused("trader", "replace", new)["code"] == "ORDER_NOT_OPEN"


# Orders by a name of one's own


def test_an_order_with_a_name_is_cancelled_and_replaced_by_it(shell):
    placed = shell.run("north", "buy", 30, "--price", "48.00", "--name", "bid-1")
    assert placed["name"] == "bid-1"
    listed = {o["order"]: o["name"] for o in shell.run("north", "orders")["orders"]}
    assert listed[placed["order"]] == "bid-1"
    new = shell.run("north", "buy", 40, "--price", "48.02", "--client-id", 2, "--replaces", "bid-1")
    listed = {o["order"]: o["name"] for o in shell.run("north", "orders")["orders"]}
    assert placed["order"] not in listed and listed[new["order"]] == "2"
    assert "named 3" in shell.text("north", "buy", 1, "--price", "48.00", "--name", 3)

    done = shell.run("north", "cancel", "--name", 2, "--name", "bid-1", "--name", "never")

    assert done["cancelled"] == [new["order"]]
    assert new["order"] not in {o["order"] for o in shell.run("north", "orders")["orders"]}


def test_a_name_serves_once(shell):
    shell.run("north", "buy", 1, "--price", "48.00", "--name", "once")
    again = shell.refused("north", "buy", 1, "--price", "48.00", "--name", "once")
    assert again["code"] == "GATEWAY_NUMBER_USED"
    unknown = shell.refused(
        "north", "buy", 1, "--price", "48.00", "--name", "next", "--replaces", "none"
    )
    assert unknown["code"] == "GATEWAY_NUMBER_UNKNOWN"


def test_named_orders_follow_each_other_without_a_receipt(shell):
    """Three commands before a block is made: the second replaces, the third cancels what is not mined yet."""
    before = shell.run("north", "orders")
    chain = shell.town.chain
    chain.rpc.call("evm_setAutomine", False)
    try:
        price = ("--price", "48.00", "--no-wait")
        first = shell.run("north", "buy", 10, *price, "--name", "a")
        shell.run("north", "buy", 20, *price, "--name", "b", "--replaces", "a")
        shell.run("north", "buy", 30, *price, "--name", "c")
        last = shell.run("north", "cancel", "--name", "b", "--no-wait")
        assert chain.rpc.call("eth_getTransactionReceipt", first["transaction"]) is None
    finally:
        chain.rpc.call("evm_setAutomine", True)
    chain.rpc.call("evm_mine")
    chain.sender.forget()
    assert int(chain.rpc.call("eth_getTransactionReceipt", last["transaction"])["status"], 16) == 1
    found = shell.run("north", "orders")["orders"]
    new = [o for o in found if o not in before["orders"]]
    assert [(o["name"], o["lots"]) for o in new] == [("c", 30)]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--no-wait",), "ORDER_NEEDS_NAME"),
        (("--replaces", "a"), "ORDER_NEEDS_NAME"),
        (("--name", "a", "--deposit"), "ORDER_NAMED_DEPOSIT"),
        (("--name", "x" * 32), "ORDER_BAD_NAME"),
    ],
)
def test_what_needs_a_name_says_so(shell, options, code):
    assert shell.refused("north", "buy", 1, "--price", "48.00", *options)["code"] == code
    assert shell.refused("north", "cancel", "--no-wait")["code"] == "ORDER_NEEDS_NAME"


# Holding limits


@pytest.fixture
def grouped(shell):
    """north and trader are one group with a limit of 5,000,000 lots."""
    chain, people = shell.town.chain, shell.town.market.people
    for name in ("north", "trader"):
        args = (shell.participant(name), 77)
        chain.send(people["authority"], "Participants", "setGroup", *args)
    market = shell.town.market.market
    args = (shell.participant("north"), market, 5_000_000)
    chain.send(people["authority"], "Exchange", "setHoldingLimit", *args)
    for name in ("trader", "north"):
        chain.send(people["trader"], "Exchange", "syncHolding", shell.participant(name), market)
    return shell


def _first(found):
    return found["accounts"][0]


def test_limits_tell_pool_share_and_room(grouped):
    mine = _first(grouped.run("north", "limits"))
    other = _first(grouped.run(None, "limits", "trader"))
    assert (mine["pool"], mine["limit"]) == ("group 77", 5_000_000)
    assert mine["share"] - mine["lots"] == mine["couldBuy"] > 0
    assert other["pool"] == "group 77" and other["participant"] == grouped.participant("trader")
    assert "group 77" in grouped.text("north", "limits")


def test_room_moves_to_another_member_of_the_group(grouped):
    before = _first(grouped.run(None, "limits", "trader"))
    done = grouped.run("north", "move-room", 1_000, "--to", "trader")
    assert done["to"]["share"] == before["share"] + 1_000
    assert grouped.run("trader", "gather-room", 900)["share"] == done["to"]["share"]
    refused = grouped.refused("north", "move-room", 9_999_999, "--to", "trader")
    assert refused["code"] == "LIMITS_NOT_ENOUGH_ROOM" and "has room for" in refused["message"]
    refused = grouped.refused("north", "move-room", 1, "--to", "east")
    assert refused["code"] == "LIMITS_NOT_ONE_POOL"
    assert f"of participant {grouped.participant('east')} in market 1" in refused["message"]


def test_an_account_without_a_limit_says_so(shell):
    found = _first(shell.run("north", "limits"))
    assert (found["limit"], found["couldBuy"]) == (None, None)
    assert "no limit no limit" in shell.text("north", "limits")  # share, and could buy


def test_an_order_for_a_wallet_elsewhere_is_not_said_to_be_signed(shell):
    wallet = shell.town.market.people["north"].address
    file = shell.folder / "order.json"
    terms = ("sign", "buy", 10, "--price", "48.00", "--out", file)
    said = shell.text(None, *terms, "--wallet", wallet)
    assert f"Wallet {wallet} has not signed it." in said and "is signed" not in said
    # A long path is broken at the width of the terminal.
    assert f"`tonnemarkettyped-data{file}`" in said.replace(" ", "")
    assert "market submit" not in said
    assert shell.refused("trader", "submit", file)["code"] == "SIGNED_ORDER_UNSIGNED"
    said = shell.text("north", *terms)
    assert f"issignedin{file}.Anyaccountsendsit" in said.replace(" ", "")


@pytest.mark.parametrize("who", ["999", "nobody", "0x" + "11" * 20, "../north"])
def test_who_is_not_there_is_named(shell, who):
    refused = shell.refused(None, "limits", who)
    assert refused["code"] == "PARTY_UNKNOWN" and who in f"{refused['message']} {refused['value']}"


# Market makers


def test_a_market_maker_from_appointment_to_dismissal(shell):
    chain, north = shell.town.chain, shell.participant("north")
    given = ("--spread", "0.50", "--lots", 100, "--presence", 1)
    done = shell.run("authority", "maker", "appoint", "north", *given)
    assert done["maker"] == north
    assert f"from {done['from']} on" in shell.text(None, "maker", "show")
    assert shell.refused("north", "maker", "present", 1, 2)["code"] == "MAKERS_NO_DUTY"

    _clock(shell, "next-session")
    while shell.run(None, "maker", "show", "north")["duties"] is None:
        chain.set_time(chain.now() + DAY)
        _clock(shell, "next-session")
    shell.run("north", "deposit", "units", 1_000)
    bid = shell.run("north", "buy", 200, "--price", "46.00")["order"]
    ask = shell.run("north", "sell", 200, "--price", "46.40")["order"]
    wide = shell.run("north", "sell", 200, "--price", "46.60")["order"]
    refused = shell.refused("north", "maker", "present", bid, wide)
    assert refused["code"] == "MAKERS_SPREAD_TOO_WIDE" and "60 price steps" in refused["message"]
    assert shell.refused("north", "maker", "present", ask, bid)["code"] == "MAKERS_FOREIGN_ORDER"
    shown = shell.run("north", "maker", "present", bid, ask)
    assert (shown["spread"], shown["presentSeconds"], shown["met"]) == ("0.40", 0, False)

    chain.set_time(chain.now() + 600)
    shown = shell.run("trader", "maker", "check", "north")
    assert shown["met"] and 600 <= shown["presentSeconds"] < 700 and not shown["ended"]
    assert "0.40 apart" in shell.text(None, "maker", "show", "north")
    assert shell.run(None, "maker", "show")["makers"][0]["maker"] == north

    shell.run("north", "cancel", ask)
    assert shell.run("trader", "maker", "check", "north")["ended"]
    last = shell.run("authority", "maker", "dismiss", "north", "--reason", "no presence")["from"]
    assert shell.run(None, "maker", "show", "north", "--day", last)["duties"] is None


def test_duties_that_cannot_be_are_refused(shell):
    given = ("maker", "appoint", "north", "--lots", 100, "--presence", 50)
    refused = shell.refused("authority", *given, "--spread", "0.505")
    assert refused["code"] == "MAKERS_BAD_SPREAD"
    refused = shell.refused("authority", *given, "--spread", "0.50", "--from", "1.2.2021")
    assert refused["code"] == "DAY_UNREADABLE"
    refused = shell.refused("north", *given, "--spread", "0.50")
    assert refused["code"] == "SCHEMES_NO_POWER" and "run markets" in refused["message"]


# Whose account is short


@pytest.mark.parametrize(
    ("lots", "price", "side", "said"),
    [
        (500_000, "48.00", "seller", "lots free in market 1, the ticket sells 500,000"),
        (450_000, "48.00", "buyer", "the ticket costs 21,600,000.00"),
    ],
)
def test_a_block_says_who_is_short_and_of_what(shell, lots, price, side, said):
    if side == "buyer":
        shell.run("north", "deposit", "units", lots)
    ticket = shell.folder / "ticket.json"
    sides = ("--seller", "north", "--buyer", "trader")
    shell.run(None, "block", "ticket", ticket, lots, price, *sides)
    for name in ("north", "trader"):
        shell.run(name, "block", "sign", ticket)
    _clock(shell, "set", "2021-07-16 14:00")  # blocks are traded in the afternoon
    refused = shell.refused("east", "block", "submit", ticket)
    who = shell.participant("north" if side == "seller" else "trader")
    assert refused["field"] == side, refused
    assert f"The {side}, participant {who}, has" in refused["message"]
    assert said in refused["message"]


def test_a_lender_is_named_as_others_are(shell):
    shell.run("north", "deposit", "units", 100)
    given = ("pledge", 100, "trader", "--terms", "a loan")
    assert shell.run("north", *given)["lender"] == shell.participant("trader")
    assert shell.refused("north", "pledge", 1, "nobody", "--terms", "x")["code"] == "PARTY_UNKNOWN"
