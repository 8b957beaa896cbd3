"""What people do with a wallet at the page, and what is refused to them; each looked at on the chain."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.web import acts
from tests.web.conftest import needs_chromium
from tonne.chain import clock
from tonne.constants import DAY_S, EPOCH, HOUR_S
from tonne.crypto import eip712
from tonne.crypto.accounts import Account
from tonne.crypto.wallet_signatures import by_contract
from tonne.deployment import scheme_setup
from tonne.errors import TonneError
from tonne.evidence import manifest, reports
from tonne.market import auction_rules
from tonne.market.order_encoding import OrderKey, OrderRequest, PlacedOrder, Side
from tonne.types.ids import MarketId, UnitId

pytestmark = needs_chromium

CLAIMS = {"beneficiary": "Trader Ltd", "purpose": "fleet fuel"}
CREDITS = {"amount": "500", **CLAIMS}


def _account(town, name, market=1):
    return town.chain.call("Exchange", "account", town.market.participants[name], market)


def _cash(act, amount):
    return {"form": "Cash", "act": act, "fields": {"cash": amount}}


def _retires(amount="5", **fields):
    filled = {"retireAmount": amount, **CLAIMS, **fields}
    return {"form": "Retire", "act": "Retire", "fields": filled}


def _invites(wallet, off=()):
    told = {"form": "Invite a wallet", "act": "Invite", "fields": {"wallet": wallet}}
    return told | {"off": list(off)}


# Trading


def test_an_order_is_explained_filled_and_costs_no_fee_where_the_base_fee_is_0(visit, town):
    seen = visit("buy", wallet="trader", price="48.30", quantity="6000")
    assert "You buy 6,000 t of Allowance 2020 at 48.30 or less." in seen["words"]
    assert "5,000 t are filled at once for 241,000.00" in seen["words"]
    assert "1,000 t rest in the book" in seen["words"]
    assert "This chain charges no fee." in seen["words"]
    assert seen["gasPrice"] == "0x0"
    assert "48.20" in seen["trades"]
    assert "5,000" in seen["trades"]
    assert _account(town, "trader").lots == 5_000


def test_where_the_base_fee_is_above_0_its_amount_is_told(visit, town):
    town.chain.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    town.chain.rpc.call("anvil_setBalance", town.market.people["trader"].address, hex(10**20))
    town.chain.rpc.call("anvil_mine", "0x1")
    try:
        seen = visit("buy", wallet="trader", price="48.30", quantity="100")
    finally:  # a snapshot does not hold the fee
        town.chain.rpc.call("anvil_setNextBlockBaseFeePerGas", "0x0")
        town.chain.rpc.call("anvil_mine", "0x1")
    assert "Fee at most" in seen["words"]
    assert "gasPrice" not in seen


def test_an_order_is_changed_in_one_transaction_and_cancelled(visit, town):
    before = _account(town, "trader").cashInBids
    seen = visit("changeAndCancel", wallet="trader")
    assert "100 t at 46.00 is cancelled and one over 150 t at 46.50 is placed" in seen["changed"]
    assert "150 t at 46.50 leaves the book" in seen["cancelled"]
    assert _account(town, "trader").cashInBids == before


def test_cash_and_units_go_in_and_out(visit, town):
    before = _account(town, "east"), _account(town, "trader").cash
    acts = (
        {"form": "Units", "field": "units", "act": "Deposit", "amount": "2000"},
        {"form": "Units", "field": "units", "act": "Withdraw", "amount": "700"},
    )
    said = visit("funds", wallet="east", acts=acts)
    assert "2,000 t of Allowance 2020 move from the wallet to your account" in said[0]
    assert _account(town, "east").lots == before[0].lots + 1_300
    cash = (
        {"form": "Cash", "field": "cash", "act": "Deposit", "amount": "1,000.50", "steps": 2},
        {"form": "Cash", "field": "cash", "act": "Withdraw", "amount": "250.25"},
    )
    said = visit("funds", wallet="trader", acts=cash)
    assert "2 transactions, one after the other" in said[0]
    assert _account(town, "trader").cash == before[1] + 7_502_500


def test_an_order_of_a_lasting_market_says_until_when_it_rests(visit, town, pack):
    """Until cancelled and until a day: told before signing, listed, kept by a change."""
    chain, people = town.chain, town.market.people
    unit = UnitId(town.market.allowance + (1 << 64))  # of the next vintage: it has no market yet
    chain.send(people["authority"], "Schemes", "disclose", 1, 2021, 10**7, 10**7, 0)
    args = scheme_setup.market_args(
        chain, pack, unit, fee_account=town.market.participants["exchange"], budget=10**7
    )
    args[-1]["rules"] |= {"bandPpm": 0}
    chain.send(people["authority"], "Exchange", "createMarket", *args)
    market = chain.call("Exchange", "marketOf", unit)
    clock.next_session(chain, market)
    chain.send(people["trader"], "SettlementCurrency", "approve", chain["Exchange"], 10_000_000)
    chain.send(people["trader"], "Exchange", "depositCash", market, 10_000_000)  # 100,000.00
    zone = chain.call("Schemes", "schemeInfo", 1).utcOffset
    today = (chain.now() + zone) // DAY_S
    last = (EPOCH + timedelta(days=today + 30)).isoformat()
    orders = [
        {"price": "46.00", "quantity": "100", "tif": "3"},
        {"price": "45.00", "quantity": "200", "tif": "4", "until": last},
        {"price": "44.00", "quantity": "300", "tif": "0"},
    ]
    seen = visit("lastingOrders", wallet="trader", market=market, orders=orders, newPrice="46.50")
    assert "100 t rest in the book until you cancel them." in seen["said"][0]
    assert f"200 t rest in the book until {last} has ended." in seen["said"][1]
    assert "300 t rest in the book until the day ends." in seen["said"][2]
    assert "The new order is good: until cancelled." in seen["changed"]
    rows = {row.split()[1]: row for row in seen["rows"]}
    assert "until cancelled" in rows["46.00"]
    assert f"until {last} ends" in rows["45.00"]
    lasts = {}
    for placed in chain.logs("Exchange", "OrderPlaced", 0):
        order = PlacedOrder.unpack(placed["order"])
        key = OrderKey.unpack(order.id)
        if key.market == market:
            lasts[key.tick] = chain.call("ExchangeLens", "lastDayOf", order.id)
    # the changed order is open no more
    assert lasts == {4600: 0, 4500: today + 30, 4400: today, 4650: 0}


def test_only_a_lasting_market_offers_orders_that_outlive_the_day(visit):
    assert visit("validities", market=1) == [
        "until the day ends",
        "at once, rest lapses",
        "all at once or nothing",
    ]


@pytest.mark.parametrize(
    "facts, words",
    [
        ({"price": "48.305", "quantity": "100"}, "Prices move in steps of 0.01"),
        ({"price": "60.00", "quantity": "100"}, "BOOK_TICK_OUTSIDE_BAND"),
        ({"price": "48.00", "quantity": "99000"}, "of cash is free in the account"),
        ({"price": "48.00", "quantity": "0"}, "is no amount above 0"),
        ({"price": "48.00", "quantity": "10", "side": "Sell"}, "lots are free in the account"),
    ],
)
def test_an_order_that_cannot_be_is_refused_before_signing(visit, town, facts, words):
    assert words in visit("refusedOrder", wallet="trader", **facts)


@pytest.mark.parametrize(
    "view, facts, words",
    [
        ("market/1", _cash("Deposit", "99000000"), "of the currency; 99,000,000.00 are needed"),
        ("market/1", _cash("Deposit", "1.005"), "is no amount above 0 with at most 2 decimals"),
        ("market/1", _cash("Withdraw", "99000000"), "of cash is free in the account"),
        ("market/1", {"form": "Units", "act": "Withdraw", "fields": {"units": "900000"}}, "free"),
        ("account", _retires("70000"), "holds 10,000 of Credit 2020 #1; 70,000 are needed"),
        ("account", _retires(country="China"), "is no country code of two capital letters"),
        ("account", _invites("0x12"), "is no address"),
        ("account", _invites("0x" + "ab" * 20, off=["right1"]), "Choose at least one right"),
    ],
)
def test_an_act_that_cannot_be_is_refused_before_signing(visit, view, facts, words):
    assert words in visit("refusedAct", wallet="trader", view=view, **facts)


def test_a_newcomer_says_what_it_is_and_joins_only_where_it_was_invited(visit, town):
    stranger = "0x" + Account.from_seed("stranger").key.hex()
    fields = {"region": "11", "details": "New Ltd"}
    facts = {"form": "Register", "act": "Register", "fields": fields, "off": ["kind2"]}
    told = visit("refusedAct", wallet=stranger, view="account", **facts)
    assert "Choose at least one kind of participant." in told
    number = str(town.market.participants["trader"])
    facts = {"form": "Join a participant", "act": "Join", "fields": {"join": number}}
    told = visit("refusedAct", wallet=stranger, view="account", **facts)
    assert "PARTICIPANTS_" in told


def test_a_refusal_is_said_in_chinese_with_its_values_and_remedy(visit):
    told = visit(
        "refusedByKeyboard", wallet="trader", language="zh-CN", price="60.00", quantity="100"
    )
    assert "价格 60.00 超出当日涨跌停价 43.20 至 52.80" in told
    assert "请在“行情交易”显示的价格范围内选择价格。" in told
    assert "BOOK_TICK_OUTSIDE_BAND" in told


def test_a_closed_market_says_so(visit, town):
    town.chain.set_time(town.chain.now() + 10 * HOUR_S)
    told = visit("refusedOrder", wallet="trader", price="48.00", quantity="10")
    assert "EXCHANGE_MARKET_CLOSED" in told
    assert "The market is closed; it opens 2021-07-19 09:30 (UTC+08:00)" in told


def test_a_wallet_without_participant_is_sent_to_register(visit):
    stranger = "0x" + Account.from_seed("stranger").key.hex()
    told = visit("refusedOrder", wallet=stranger, price="48.00", quantity="10")
    assert "Register it under Account" in told


def test_the_page_recounts_an_account_from_its_events(visit, town):
    order = OrderRequest(MarketId(1), Side.BUY, 4830, 6_000)
    town.chain.send(town.market.people["trader"], "Exchange", "place", order.pack())
    for name in ("trader", "east"):
        rows = visit("recount", participant=town.market.participants[name])
        held = _account(town, name).lots
        assert all("passed" in row for row in rows)
        assert f"{held:,}" in rows[0]
        assert held in (5_000, 30_000)


# Signing


def test_what_the_owner_declines_is_not_sent(visit, town):
    before = town.chain.rpc.call("eth_blockNumber")
    seen = visit("rejects", wallet="trader")
    assert "you declined" in seen["connecting"]
    assert "You declined to sign. Nothing was sent." in seen["signing"]
    assert town.chain.rpc.call("eth_blockNumber") == before


def test_a_wallet_on_another_network_is_switched_or_the_network_added(visit):
    assert "wallet_switchEthereumChain" in visit("otherNetwork", wallet="trader")["asked"]
    added = visit("otherNetwork", wallet="trader", knows=False)["added"]
    assert added["chainId"] == "0x7a69"
    seen = visit("otherNetwork", wallet="trader", declines=True)
    assert "Switch it to chain 31337" in seen["line"]
    assert "eth_sendTransaction" not in seen["asked"]


def test_sent_pending_mined_failed_and_reorganised_are_told_apart(visit):
    seen = visit("pending", wallet="trader")
    assert "not yet mined" in seen["before"]
    assert "Mined in block" in seen["after"]
    assert "Failed" in visit("failsWhenMined", wallet="trader")
    assert "pending again" in visit("reorganised", wallet="trader")


def test_a_transaction_that_its_owner_replaced_waits_no_more(visit, town):
    before = _account(town, "trader").cashInBids
    assert "Replaced by another transaction" in visit("replaced", wallet="trader")
    assert _account(town, "trader").cashInBids == before


# Parties


def test_a_newcomer_applies_and_is_approved(visit, town):
    newcomer = Account.from_seed("newcomer")
    words = visit(
        "register", wallet="0x" + newcomer.key.hex(), kinds=[1], region="11", details="New Ltd"
    )
    assert "You apply for registration in jurisdiction 11." in words
    (*_, filed) = town.chain.logs("Participants", "ApplicationFiled", 0)
    assert (filed["wallet"], filed["kinds"], filed["jurisdiction"]) == (newcomer.address, 3, 11)


def test_an_invited_wallet_joins(visit, town):
    second = Account.from_seed("second")
    words = visit("invite", wallet="trader", invited=second.address, rights=[4])
    assert second.address in words
    visit("join", wallet="0x" + second.key.hex(), participant=town.market.participants["trader"])
    found = town.chain.call("Participants", "walletOf", second.address)
    assert (found[0], found[1]) == (town.market.participants["trader"], 5)


# Obligations and claims


def test_an_obligation_is_surrendered(visit, town):
    words = visit("surrender", wallet="east", amount="100000")
    assert "100,000 t of Allowance 2020 are surrendered for plant 2" in words
    assert "cannot be undone" in words
    assert town.chain.call("Compliance", "obligationOf", 2, 2020).allowances == 100_000


def test_more_than_is_due_is_refused_with_the_remedy(visit):
    assert "COMPLIANCE_" in visit("surrender", wallet="east", amount="1500000", signs=False)


def test_allowances_are_banked_in_the_year_that_the_scheme_allows_it(visit, town):
    chain, east = town.chain, town.market.people["east"]
    chain.set_time(int(datetime(2025, 6, 2, tzinfo=UTC).timestamp()))
    authority = town.market.people["authority"]
    chain.send(authority, "Schemes", "disclose", 1, 2025, 10**7, 10**7, 0)
    banked = town.market.allowance + ((2025 - 2020) << 64)
    before = chain.call("Allowances", "balanceOf", east.address, town.market.allowance)
    words = visit("bank", wallet="east", amount="10001")
    assert "BANKING_LIMIT_EXCEEDED" in words
    words = visit("bank", wallet="east", amount="9000", signs=True)
    assert "9,000 t of Allowance 2020 become allowances of the later vintage" in words
    after = chain.call("Allowances", "balanceOf", east.address, town.market.allowance)
    assert before - after == 9_000
    assert chain.call("Allowances", "balanceOf", east.address, banked) == 9_000


def test_banking_that_the_scheme_does_not_allow_is_refused(visit):
    assert "BANKING_" in visit("bank", wallet="east", amount="100")


def test_from_a_purchase_over_surrender_and_retirement_to_a_checked_certificate(visit, town):
    north = town.market.people["north"]
    give = (town.market.people["trader"], north, town.market.credit, 1_000, b"")
    town.chain.send(town.market.people["trader"], "OffsetCredits", "safeTransferFrom", *give)
    buys = {"price": "48.20", "quantity": "4000"}
    seen = visit(
        "wholeWay", wallet="north", buys=buys, surrenders={"amount": "1000"}, retires=CREDITS
    )
    assert "plant 1" in seen["surrendered"]
    text = seen["certificate"]
    assert "Trader Ltd" in text
    assert text.count("passed") == 8, text
    assert "failed" not in text
    assert town.chain.call("Compliance", "obligationOf", 1, 2020).allowances == 1_000
    assert town.chain.call("RetirementRegistry", "certificate", 1).amount == 500


def test_a_certificate_whose_report_was_not_signed_by_the_accredited_fails(visit, town):
    """The signer set of the event is exchanged in the node's answer; its digest gives it away."""
    acts.retire(town)
    (configured,) = town.chain.logs("EmissionsOracle", "OracleConfigured", 0)
    lead = town.market.people["lead"].address[2:].lower()
    forged = {"topic": "0x" + configured["digest"].hex(), "from": lead, "to": "11" * 20}
    text = visit("forgedSigners", number=1, **forged)
    assert text.count("failed") == 2, text  # the set itself, and the lead verifier


def test_a_report_that_a_contract_signed_is_checked_by_its_answer_on_the_chain(visit, town):
    wallet, unit = acts.credits_by_contract(town)
    acts.retire(town, who="developer", unit=unit)
    text = visit("certificate", number=1)["text"]
    assert text.count("passed") == 8, text
    assert "a contract, which answered on the chain" in text
    (said,) = town.chain.logs("Projects", "SignedByContract", 0)
    assert said["wallet"] == wallet.address
    # Another contract in the event of the node's answer is not the one of the transaction.
    forged = {"topic": town.chain["Projects"].topic("SignedByContract"), "to": "11" * 20}
    text = visit("forgedSigners", number=1, **forged, **{"from": wallet.address[2:].lower()})
    assert text.count("failed") == 1, text


# Auctions and blocks


def test_a_sealed_bid_is_kept_committed_and_revealed(visit, town, tmp_path):
    chain = town.chain
    terms = acts.announce(town, tie=auction_rules.PRO_RATA)
    made = visit("commitBid", wallet="trader", auction=1, price="48.00", lots="700")
    assert "without it the bid cannot be revealed" in made["words"]
    opening = json.loads(made["opening"])
    commitment = chain.call("Auction", "commitmentOf", 1, 0)
    assert opening["commitment"] == "0x" + commitment.hex()
    assert made["name"] == f"{commitment.hex()}.json"
    file = tmp_path / made["name"]
    file.write_text(made["opening"])
    chain.set_time(terms.revealFrom)
    visit("revealBid", wallet="trader", auction=1, file=str(file))
    bid = chain.call("Auction", "bidOf", 1, 0)
    assert (bid.lots, auction_rules.STATUSES[bid.status]) == (700, "revealed")


def test_a_bid_that_cannot_be_and_an_opening_of_nobodys_bid_are_refused(visit, town, tmp_path):
    terms = acts.announce(town)
    facts = {"view": "auctions/1", "form": "Bid", "act": "Commit sealed bid"}
    for lots, price, words in (
        ("700", "48.0000001", "Price a lot: “48.0000001” is no amount above 0"),
        ("7x", "48.00", "Lots: “7x” is no amount above 0"),
        ("700", "48.005", "Prices move in steps of"),
    ):
        fields = {"bidPrice": price, "bidLots": lots}
        assert words in visit("refusedAct", wallet="trader", fields=fields, **facts)
    assert town.chain.logs("Auction", "BidCommitted", 0) == []
    file = tmp_path / "opening.json"
    opening = {"commitment": "0x" + "11" * 32, "what": "bid", "auction": 1, "tick": 4_800}
    file.write_text(json.dumps(opening | {"lots": 700, "salt": "0x" + "22" * 32}))
    town.chain.set_time(terms.revealFrom)
    facts = {"view": "auctions/1", "form": "Bid", "file": str(file)}
    told = visit("refusedAct", wallet="trader", **facts)
    assert "belongs to none of your sealed bids" in told


def test_a_bid_in_the_open_is_placed_and_paid_for(visit, town):
    chain, numbers = town.chain, town.market.participants
    terms = acts.announce(
        town, (0, 1, 1, 1, 2), reserveTick=4_000, form=auction_rules.OPEN_BIDS, depositPpm=0,
        leastDeposit=0,
    )  # fmt: skip
    told = visit("openBid", wallet="trader", auction=1, price="39.00", lots="100", refused=True)
    assert "Nothing is sold below 40.00" in told
    cash = _account(town, "trader").cash
    seen = visit("openBid", wallet="trader", auction=1, price="48.00", lots="300")
    assert "You bid for 300 lots at 48.00 a lot in auction 1." in seen["words"]
    assert "48.00" in seen["row"]
    bid = chain.call("Auction", "bidOf", 1, 0)
    assert (bid.tick, bid.lots, bid.participant) == (4_800, 300, numbers["trader"])
    assert cash - _account(town, "trader").cash == bid.held + terms.placeFee
    assert bid.held >= 300 * 480_000


def test_a_block_ticket_goes_from_seller_to_buyer_to_the_chain(visit, town, tmp_path):
    people, numbers = town.market.people, town.market.participants
    deposit = (people["east"], town.chain["Exchange"], town.market.allowance, 150_000, b"")
    town.chain.send(people["east"], "Allowances", "safeTransferFrom", *deposit)
    low, _ = town.chain.call("BlockTrades", "band", 1)
    price = max(low, 400_000) // 100 * 100
    file = tmp_path / "ticket.json"
    buyer, lots = numbers["trader"], "100000"
    text = visit(
        "ticketBySeller", wallet="east", buyer=buyer, lots=lots, price=f"{price / 10_000:.2f}"
    )
    file.write_text(text)
    from tonne.market import trade_tickets

    assert trade_tickets.read(file).missing == ["buyer"]
    session = town.chain.call("ExchangeLens", "marketConfig", 1)[0].rules.blockSession
    if any(session):
        zone = town.chain.call("Schemes", "schemeInfo", 1).utcOffset
        day = (town.chain.now() + zone) // DAY_S * DAY_S - zone
        town.chain.set_time(max(town.chain.now() + 1, day + session[0] * 900 + 60))
    words = visit("ticketByBuyer", wallet="trader", file=str(file))
    assert "100,000 lots" in words
    (traded,) = town.chain.logs("BlockTrades", "BlockTraded", 0)
    assert traded["lots"] == 100_000


def test_a_ticket_is_signed_by_its_sides_alone_and_as_it_was_written(visit, town, tmp_path):
    ticket = {"buyer": town.market.participants["trader"], "lots": "100000", "price": "48.00"}
    text = visit("ticketBySeller", wallet="east", **ticket)
    file = tmp_path / "ticket.json"
    file.write_text(text)
    facts = {"view": "blocks", "form": "Ticket", "file": str(file)}
    told = visit("refusedAct", wallet="north", **facts, signs="Sign")
    assert "neither the seller's nor the buyer's" in told
    file.write_text(text.replace("100000", "200000"))
    assert "it has been altered" in visit("refusedAct", wallet="trader", **facts)
    file.write_text(text.replace("31337", "1"))
    assert "for another chain" in visit("refusedAct", wallet="trader", **facts)
    fields = {"ticketBuyer": "99", "ticketLots": "100", "ticketPrice": "48.00"}
    facts = {"view": "blocks", "form": "Ticket", "act": "Write ticket", "fields": fields}
    assert "There is no participant 99." in visit("refusedAct", wallet="east", **facts)


# Verification


def _draft(town):
    """A second revision of the report of plant 1, signed by its operator."""
    lines = manifest.power_plant_lines(
        power_mwh=3_500_000, heat_gj=0, emissions_t=3_200_000, fuel="coal"
    )
    evidence = manifest.manifest_of({"meters/export.csv": b"north"})
    return reports.write_report(
        town.chain, town.market.people["north"], 1, 2020, lines, evidence, revision=2
    )


def test_a_report_is_compared_signed_twice_and_merged(visit, town, tmp_path):
    draft = _draft(town)
    paths = [tmp_path / name for name in ("given.json", "lead.json", "reviewer.json")]
    reports.save(paths[0], draft)
    seen = visit("signDraft", wallet="lead", file=str(paths[0]), role="lead verifier")
    assert "914 g/kWh" in seen["compared"]
    assert seen["compared"].count("passed") == 2
    paths[1].write_text(seen["draft"])
    seen = visit("signDraft", wallet="reviewer", file=str(paths[1]), role="reviewer")
    paths[2].write_text(seen["draft"])
    merged = reports.merge([reports.load(path) for path in paths])
    assert reports.check(town.chain, merged)
    assert len(reports.finished(merged).opinions) == 1


FINDING = {"about": "lines.0.quantity", "text": "煤样 “B” has no protocol", "tonnes": "-1,200"}


@pytest.mark.parametrize("verdict, opinions", [("qualified", 1), ("adverse", 0)])
def test_a_verdict_with_findings_is_signed_by_both_and_merged(
    visit, town, tmp_path, verdict, opinions
):
    paths = [tmp_path / name for name in ("given.json", "lead.json", "reviewer.json")]
    reports.save(paths[0], _draft(town))
    asked = {"verdict": verdict, "findings": [FINDING]}
    seen = visit("signDraft", wallet="lead", file=str(paths[0]), role="lead verifier", **asked)
    assert seen["refused"] == []
    paths[1].write_text(seen["draft"])
    seen = visit("signDraft", wallet="reviewer", file=str(paths[1]), role="reviewer")
    assert verdict in seen["compared"]
    assert "煤样 “B” has no protocol" in seen["compared"]
    paths[2].write_text(seen["draft"])
    merged = reports.merge([reports.load(path) for path in paths])
    assert reports.check(town.chain, merged)
    (statement,) = merged.statements
    assert (statement.verdict, len(merged.opinions)) == (verdict, opinions)
    assert statement.findings[0].misstatementT == -1_200
    lead, reviewer = (town.market.people[name].address for name in ("lead", "reviewer"))
    signed = statement.struct(), merged.domain()
    assert eip712.recover(*signed, statement.leadSignature) == lead
    assert eip712.recover(*signed, statement.reviewerSignature) == reviewer
    if opinions:
        assert reports.finished(merged).statements[0].verdict == verdict
    else:
        with pytest.raises(TonneError, match="adverse"):
            reports.finished(merged)


@pytest.mark.parametrize(
    "verdict, findings, words",
    [
        ("qualified", [], "needs a finding"),
        ("qualified", [FINDING | {"tonnes": "200000"}], "more than is immaterial"),
        ("qualified", [FINDING | {"tonnes": "1.5"}], "no whole number of tonnes"),
    ],
)
def test_a_verdict_that_its_findings_do_not_bear_is_not_signed(
    visit, town, tmp_path, verdict, findings, words
):
    path = tmp_path / "draft.json"
    reports.save(path, _draft(town))
    asked = {"verdict": verdict, "findings": findings}
    seen = visit("signDraft", wallet="lead", file=str(path), role="lead verifier", **asked)
    assert any(words in told for told in seen["refused"]), seen["refused"]
    assert json.loads(seen["draft"])["statements"] == []


def test_an_operators_contract_is_asked_whether_it_signed(visit, town, tmp_path):
    path, owner = tmp_path / "draft.json", Account.from_seed("owner")
    wallet = acts.owned_wallet(town, "north", owner)
    draft = _draft(town)
    for signer, passed in ((owner, 2), (town.market.people["trader"], 1)):
        given = signer.sign(eip712.digest(draft.signed.report.struct(), draft.domain()))
        signature = by_contract(wallet.address, given)
        signed = draft.signed.model_copy(update={"operatorSignature": signature})
        reports.save(path, draft.model_copy(update={"signed": signed}))
        seen = visit("signDraft", wallet="lead", file=str(path), role="lead verifier")
        assert seen["compared"].count("passed") == passed


def test_who_is_not_accredited_signs_no_opinion(visit, town, tmp_path):
    lines = manifest.power_plant_lines(power_mwh=1_000, heat_gj=0, emissions_t=900, fuel="coal")
    path = tmp_path / "draft.json"
    reports.save(
        path, reports.write_report(town.chain, town.market.people["north"], 1, 2020, lines)
    )
    seen = visit("signDraft", wallet="trader", file=str(path), role="lead verifier")
    assert "not accredited" in seen["refused"][0]
