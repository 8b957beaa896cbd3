"""Answers of the data service, compared with the chain's own and with a recount of the events."""

from __future__ import annotations

import sqlite3
from collections import defaultdict

import pytest
import requests

from tests.patience import HANGING_S
from tests.tonne.power.story import Trading
from tests.tonne.serve.conftest import serving
from tests.tonne.units import retirements
from tonne.audit.store import published, views
from tonne.audit.store.register import SOURCED, PublicRegister
from tonne.crypto.accounts import Account
from tonne.market.order_encoding import OrderRequest, Side
from tonne.sandbox.page_server import PageSource
from tonne.sandbox.seed_market import WIND_CAP_T, WIND_PLACE
from tonne.types import lanes
from tonne.types.ids import MarketId

REASON = b"\x07" * 32
PAGE_PATHS = ("", "page.json", "deployments/31337.json", "deployments/1.json", "record.json")


def trade(town, lots: int = 3_000, tick: int = 4850) -> None:
    order = OrderRequest(MarketId(town.market.market), Side.BUY, tick, lots)
    town.chain.send(town.market.people["trader"], "Exchange", "place", order.pack())


def test_every_answer_names_its_block_and_every_row_its_log(served):
    trade(served.town)
    served.follower.step()
    head = served.town.chain.head()
    found = served.get(f"/markets/{served.town.market.market}/trades")
    assert (found["block"], found["blockHash"]) == (head.number, head.hash)
    (event,) = served.town.chain.logs("Exchange", "OrdersFilled", head.number)
    row = found["rows"][0]
    assert (row["block"], row["log"], row["tx"], row["hash"]) == (
        event.block, event.log_index, event.tx_hash, head.hash,
    )  # fmt: skip


def test_candles_are_a_recount_of_the_fills(served):
    market = served.town.market.market
    for lots in (1_000, 2_000, 3_000):
        trade(served.town, lots)
        served.follower.step()  # each its own increment
        served.town.chain.set_next_time(served.town.chain.now() + 70)
    trades = served.rows(f"/markets/{market}/trades", limit=1000)[::-1]
    counted = defaultdict(list)
    for fill in trades:
        counted[fill["time"] // 60 * 60].append(fill)
    candles = served.rows(f"/markets/{market}/candles", span="1m")
    assert [c["start"] for c in candles] == sorted(counted)
    for candle in candles:
        fills = counted[candle["start"]]
        prices = [f["price"] for f in fills]
        assert (candle["open"], candle["close"]) == (prices[0], prices[-1])
        assert (candle["high"], candle["low"]) == (max(prices), min(prices))
        assert candle["lots"] == sum(f["lots"] for f in fills)
        assert candle["turnover"] == sum(f["turnover"] for f in fills)
    (day,) = served.rows(f"/markets/{market}/candles", span="1d")
    assert day["lots"] == sum(t["lots"] for t in trades)


def test_balances_are_the_chains(served):
    market, chain = served.town.market, served.town.chain
    chain.send(
        market.people["north"], "Compliance", "surrender",
        market.installations["north"], market.period.number, [market.allowance], [1_000],
    )  # fmt: skip
    served.follower.step()
    for person in market.people.values():
        held = {r["id"]: r["amount"] for r in served.rows(f"/accounts/{person.address}/holdings")}
        told = chain.call("Allowances", "balanceOf", person, market.allowance)
        assert held.get(str(market.allowance), 0) == told
    holders = served.rows(f"/units/{market.allowance}/holders")
    assert sum(r["amount"] for r in holders) == chain.call(
        "Allowances", "totalSupply", market.allowance
    )


def test_logs_are_those_of_the_node(served):
    trade(served.town)
    served.follower.step()
    chain = served.town.chain
    told = served.get("/logs", contract="Exchange", name="OrdersFilled", limit=1)["rows"]
    filled = chain.logs("Exchange", "OrdersFilled", 0)
    assert len(filled) == 1
    (log,) = [
        log
        for log in chain.rpc.call("eth_getTransactionReceipt", filled[0].tx_hash)["logs"]
        if int(log["logIndex"], 16) == filled[0].log_index
    ]
    time = chain.block(filled[0].block).time
    place = [filled[0].block, filled[0].log_index, time, filled[0].tx_hash]
    assert told == [[*place, "".join(t[2:] for t in log["topics"]), log["data"][2:], "Exchange"]]


def test_logs_are_chosen_by_block_and_topic_and_come_in_pages(served):
    asked = {"contract": "Participants", "name": "ParticipantApproved"}
    whole = served.rows("/logs", **asked)
    assert len(whole) > 3
    first, after = [], None
    while True:
        page = served.get("/logs", limit=2, **asked, **({"after": after} if after else {}))
        first += page["rows"]
        after = page["next"]
        if after is None:
            break
    assert first == whole
    block = whole[2][0]
    later = served.rows("/logs", since=block, **asked)
    assert later == [row for row in whole if row[0] >= block]
    assert served.rows("/logs", until=block, **asked) == [r for r in whole if r[0] <= block]
    (one,) = served.rows("/logs", topic1=f"0x{2:064x}", **asked)
    assert one in whole
    assert int(one[4][64:128], 16) == 2
    served.get("/logs", 422, topic1="0x2", **asked)
    names = ["ParticipantApproved", "SchemeCreated"]
    of = {row[6] for row in served.rows("/logs", name=names)}
    assert of == {"Participants", "Schemes"}


def test_a_candle_names_its_last_fill(served):
    trade(served.town)
    served.follower.step()
    market = served.town.market.market
    (candle,) = served.rows(f"/markets/{market}/candles", span="1h")
    fill = served.rows(f"/markets/{market}/trades")[0]
    assert [candle[k] for k in ("block", "log", "hash", "tx")] == [
        fill[k] for k in ("block", "log", "hash", "tx")
    ]


def test_a_statement_has_both_sides_of_a_trade(served):
    trade(served.town)
    served.follower.step()
    numbers = served.town.market.participants
    bought = served.rows(f"/participants/{numbers['trader']}/statement", what="bought lots")
    sold = served.rows(f"/participants/{numbers['east']}/statement", what="sold lots")
    assert sum(r["amount"] for r in bought) == -sum(r["amount"] for r in sold) > 0


def test_a_wallet_that_joins_later_brings_its_movements(served):
    town, market = served.town, served.town.market
    number = market.participants["east"]
    before = served.rows(f"/participants/{number}/statement", limit=1000)
    assert before
    new = Account.from_seed("another wallet")
    town.chain.fund([new])
    town.chain.send(market.people["east"], "Participants", "addWallet", new, 31)
    town.chain.send(new, "Participants", "confirmWallet", number)
    served.follower.step()
    assert served.rows(f"/participants/{number}/statement", limit=1000) == before
    assert served.rows(f"/wallets/{new.address}")[0]["participant"] == number


def test_the_book_is_the_lenses(served):
    trade(served.town)
    served.follower.step()
    market = served.town.market.market
    told = [
        (side, level.tick, level.price, level.lots, level.orders)
        for side, name in ((0, "buy"), (1, "sell"))
        for level in served.town.chain.call("ExchangeLens", "depth", market, side, 50)
        for side in (name,)
    ]
    found = served.rows(f"/markets/{market}/book")
    assert told
    assert [(r["side"], r["tick"], r["price"], r["lots"], r["orders"]) for r in found] == told


def test_a_session_is_the_lenses_at_every_hour(served):
    """Closed before the first order of a day, open in it, and closed by the clock alone, without an event."""
    market, chain = served.town.market.market, served.town.chain
    trade(served.town)
    served.follower.step()
    found = served.get(f"/markets/{market}/session")
    day = chain.call("ExchangeLens", "market", market)
    price = {
        name: chain.call("ExchangeLens", "priceOf", market, getattr(day, f"{name}Tick"))
        for name in ("low", "high", "last")
    }
    assert (found["status"], found["phase"], found["open"]) == ("trading", "trading", True)
    assert {name: found[name] for name in price} == price
    assert (found["bookBlock"], found["day"], found["barred"]) == (found["block"], day.day, False)

    chain.set_time(chain.head().time + 86_400)
    served.follower.step()
    found = served.get(f"/markets/{market}/session")
    day = chain.call("ExchangeLens", "market", market)
    assert (found["open"], found["opensAt"]) == (day.open, day.opensAt)
    assert not found["open"]
    assert found["bookTime"] == found["time"]


def test_a_project_has_its_name_and_what_became_of_it(served):
    (found,) = served.rows("/projects", q="wind farm")
    place = (found["latitude"], found["longitude"])
    assert (found["id"], found["name"], place) == (1, "Wind farm on the plain", WIND_PLACE)
    assert (found["yearlyCapT"], found["suspended"]) == (WIND_CAP_T, 0)
    authority = served.town.market.people["authority"]
    served.town.chain.send(authority, "BatchDesk", "setSuspended", 1, True, REASON)
    served.follower.step()
    assert served.rows("/projects")[0]["suspended"] == 1
    steps = served.rows("/projects/steps", project=1)
    assert [s["act"] for s in steps] == ["ProjectSuspended", "ProjectValidated", "ProjectNamed"]
    (event,) = served.town.chain.logs("Projects", "ProjectSuspended", 0)
    assert (steps[0]["block"], steps[0]["log"]) == (event.block, event.log_index)
    assert served.rows("/projects", q="solar") == []


def test_prices_of_nodes_and_flows_of_arcs_are_those_cleared(served):
    Trading(served.town).tell()
    served.follower.step()
    chain = served.town.chain
    nodes = [row["node"] for row in served.rows("/energy/nodes")]
    assert nodes == [e["node"] for e in chain.logs("PowerGrid", "NodeAdded", 0)]
    prices = served.rows("/energy/prices")
    assert {row["node"] for row in prices} == set(nodes)
    assert any(row["price"] for row in prices)
    for row in prices:
        told = chain.call("PowerMarket", "priceOf", row["interval"], row["node"])
        assert tuple(told) == (row["price"], True)
    (event,) = chain.logs("PowerMarket", "IntervalCleared", 0)
    flows = served.rows("/energy/flows", interval=event["interval"])
    arcs = {row["arc"] for row in served.rows("/energy/arcs")}
    sent = dict(enumerate(lanes.unpack(event["flows"], len(arcs))))
    assert {row["arc"]: row["flowWh"] for row in flows} == sent
    assert any(sent.values())
    (interval,) = served.rows("/energy/intervals", interval=event["interval"])
    assert interval["prices"] == " ".join(map(str, lanes.unpack(event["prices"], len(nodes))))


def test_a_batch_and_its_serial_numbers_are_the_chains(served):
    unit, chain = served.town.market.credit, served.town.chain
    retirements.retire(served.town, 100)
    served.follower.step()
    (batch,) = served.rows("/batches")
    issued = chain.call("OffsetCredits", "issuedOf", unit)
    gone = issued - chain.call("OffsetCredits", "totalSupply", unit)
    assert (batch["id"], batch["project"], batch["status"]) == (str(unit), 1, "active")
    assert (batch["issued"], batch["gone"]) == (issued, gone)
    left, issue = served.rows("/serials", id=unit)
    (whole,) = chain.call("OffsetCredits", "batch", unit).blocks
    assert (issue["first"], issue["last"], issue["kind"]) == (whole.first, whole.last, 0)
    (block,) = chain.call("RetirementRegistry", "serialsOf", 1)
    assert (left["first"], left["last"], left["kind"]) == (block.first, block.last, 2)
    why = (unit, True, REASON)
    chain.send(served.town.market.people["authority"], "BatchDesk", "setLocked", *why)
    served.follower.step()
    assert served.rows("/batches")[0]["status"] == "locked"


def test_pages_go_through_all_rows_once(served):
    whole = served.rows("/events", limit=1000)
    pages, after = [], None
    while True:
        page = served.get("/events", limit=37, **({"after": after} if after else {}))
        pages += page["rows"]
        after = page["next"]
        if after is None:
            break
    assert len(pages) > 1000 or pages == whole
    places = [(r["block"], r["log"]) for r in pages]
    assert places == sorted(set(places), reverse=True)
    assert len(places) == served.store.rows("SELECT count(*) AS n FROM events")[0]["n"]


@pytest.mark.parametrize("told", ["hash", "history_digest"])
def test_increments_make_the_same_file_as_one_pass(served, told):
    """What follows block by block is what is written at once."""
    for lots in (500, 600):
        trade(served.town, lots)
        served.follower.step()
    followed = sqlite3.connect(published.path_for(served.store.path))
    tables = [*(v.name for v in views.VIEWS), "candles"]
    found = {
        t: sorted(followed.execute(f'SELECT * FROM "{t}"').fetchall(), key=repr) for t in tables
    }
    followed.execute(f"UPDATE head SET {told} = 'other'")
    followed.execute("DELETE FROM trades")
    followed.commit()
    followed.close()
    published.publish(served.store)  # another block than the store's: written anew
    anew = sqlite3.connect(published.path_for(served.store.path))
    for table in tables:
        rows = sorted(anew.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr)
        assert rows == found[table], table
    assert found["trades"]
    assert found["movements"]


def test_a_reorganisation_takes_its_rows_back(served):
    snapshot = served.town.chain.snapshot()
    market = served.town.market.market
    before = served.rows(f"/markets/{market}/trades")
    trade(served.town)
    served.follower.step()
    assert len(served.rows(f"/markets/{market}/trades")) > len(before)
    served.town.chain.revert(snapshot)
    served.town.chain.mine(3)
    served.follower.step()
    assert served.rows(f"/markets/{market}/trades") == before


def test_a_client_that_has_the_block_is_not_answered_again(served):
    url = f"{served.url}/v1/markets"
    first = requests.get(url, timeout=HANGING_S)
    again = requests.get(url, headers={"If-None-Match": first.headers["ETag"]}, timeout=HANGING_S)
    assert (again.status_code, again.content) == (304, b"")
    trade(served.town)
    served.follower.step()
    assert (
        requests.get(
            url, headers={"If-None-Match": first.headers["ETag"]}, timeout=HANGING_S
        ).status_code
        == 200
    )


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/certificates/999", 404, "SERVICE_UNKNOWN"),
        ("/markets/999/session", 404, "SERVICE_UNKNOWN"),
        ("/nothing", 404, "SERVICE_UNKNOWN"),
        ("/events?limit=0", 422, "SERVICE_VALUE"),
        ("/events?limit=1001", 422, "SERVICE_VALUE"),
        ("/events?after=7", 422, "SERVICE_VALUE"),
        ("/markets/x/trades", 422, "SERVICE_VALUE"),
        ("/markets/1/candles?span=2h", 422, "SERVICE_VALUE"),
        (f"/markets/{2**70}/book", 422, "SERVICE_VALUE"),
    ],
)
def test_what_is_refused_says_why(served, path, status, code):
    found = served.get(path, status)
    assert found["code"] == code
    assert found["remedy"]


SITE = {"Origin": "https://market.example"}


def test_a_page_of_a_named_site_reads_answers_and_refusals(town, tmp_path):
    with serving(town, tmp_path, rate=0.1, origins=(SITE["Origin"],)) as service:
        url = f"{service.url}/v1/markets"
        answers = [requests.get(url, headers=SITE, timeout=HANGING_S) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert answers[1].json()["code"] == "SERVICE_TOO_MANY"
        assert int(answers[1].headers["Retry-After"]) >= 1
        chinese = SITE | {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
        assert "请求过多" in requests.get(url, headers=chinese, timeout=HANGING_S).json()["message"]
        for answer in answers:
            assert answer.headers["Access-Control-Allow-Origin"] == SITE["Origin"]
            assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
        asks = {"Access-Control-Request-Method": "GET"}
        conditional = {"Access-Control-Request-Headers": "if-none-match"}
        assert (
            requests.options(url, headers=SITE | asks | conditional, timeout=HANGING_S).status_code
            == 200
        )
        other = requests.get(url, headers={"Origin": "https://other.example"}, timeout=HANGING_S)
        assert "Access-Control-Allow-Origin" not in other.headers


def test_nothing_can_be_written(served):
    for method in ("post", "put", "delete", "patch"):
        assert (
            getattr(requests, method)(f"{served.url}/v1/markets", timeout=HANGING_S).status_code
            == 405
        )


def test_hostile_text_is_only_text(served):
    assert served.rows("/participants", q="'; DROP TABLE events; --") == []
    assert served.rows("/participants", q="%") == []
    assert served.rows("/events", name="' OR 1=1 --") == []
    assert served.rows("/events", limit=1)


def test_blocks_that_an_audit_read_are_read_once(served):
    """An audit may come upon a block that the follower has not seen, and stores it."""
    market = served.town.market.market
    trade(served.town)
    assert served.follower.audit()["sound"]
    trade(served.town, 400)
    served.follower.step()
    twice = "SELECT number FROM blocks WHERE NOT replaced GROUP BY number HAVING count(*) > 1"
    assert served.store.rows(twice) == []
    assert served.rows(f"/markets/{market}/book") == _levels(served, market)


def test_the_books_of_blocks_that_an_audit_read_are_read_too(served):
    market = served.town.market.market
    trade(served.town)
    served.follower.audit()
    served.follower.step()
    assert served.rows(f"/markets/{market}/book") == _levels(served, market)


def test_a_result_of_an_audit_is_news_at_the_same_block(served):
    url = f"{served.url}/v1/head"
    before = requests.get(url, timeout=HANGING_S)
    served.follower.audit()
    after = requests.get(url, headers={"If-None-Match": before.headers["ETag"]}, timeout=HANGING_S)
    assert after.status_code == 200
    assert after.json()["auditedBlock"] == before.json()["block"]


def _levels(served, market):
    """A market's book by the lens."""
    names = ("tick", "price", "lots", "orders")
    return [
        {"side": side, **{name: getattr(level, name) for name in names}}
        for number, side in enumerate(("buy", "sell"))
        for level in served.town.chain.call("ExchangeLens", "depth", market, number, 50)
    ]


# The page


def test_the_page_is_served_beside_its_service_under_its_policy(town, tmp_path):
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "index.html").write_text("a page")
    record = tmp_path / "record.json"
    record.write_text("{}")
    page = PageSource("http://user:word@node:8545", 31_337, record, folder, "v1/")
    with serving(town, tmp_path, page) as service:
        found = {p: requests.get(f"{service.url}/{p}", timeout=HANGING_S) for p in PAGE_PATHS}
        for answer in (found[""], found["page.json"], found["deployments/31337.json"]):
            assert answer.status_code == 200
            rules = answer.headers["Content-Security-Policy"].split("; ")
            assert "connect-src 'self' http://node:8545" in rules
        assert found[""].text == "a page"
        assert found["page.json"].json()["service"] == "v1/"
        assert found["deployments/1.json"].status_code == 404
        assert found["record.json"].status_code == 404
        assert service.get("/head")["block"] == town.chain.head().number


def _as_served(row, chain):
    """A line of the command as the service gives it: events nested, each with its transaction."""
    told = {**row, "closed": bool(row["closed"]), "sources": {}}
    for figure in SOURCED:
        block, log = told.pop(f"{figure}Block"), told.pop(f"{figure}Log")
        logs = chain.logs(first=block, last=block)
        (tx,) = {event.tx_hash for event in logs if event.log_index == log}
        told["sources"][figure] = {"block": block, "log": log, "tx": tx}
    told["products"] = [
        {("log" if name == "place" else name): value for name, value in made.items()}
        for made in told["products"]
    ]
    return told


def test_the_register_has_the_lines_of_the_command(served):
    chain, market = served.town.chain, served.town.market

    def same():
        rows = served.rows("/register", limit=1000)
        listed = PublicRegister.of(served.store).listed()
        assert rows == [_as_served(row, chain) for row in listed]
        return {row["plant"]: row for row in rows}

    north, south = (market.installations[name] for name in ("north", "south"))
    assert same()[north]["standing"] == "not yet judged"
    given = (north, market.period.number, [market.allowance], [1_000])
    receipt = chain.send(market.people["north"], "Compliance", "surrender", *given)
    served.follower.step()
    sources = same()[north]["sources"]
    assert sources["surrendered"]["tx"] == receipt.hash != sources["owed"]["tx"]
    assert (same()[north]["surrendered"], same()[north]["owed"]) == (1_000, 3_149_000)
    chain.set_time(market.period.surrender_deadline + 1)  # no event tells it
    chain.mine()
    served.follower.step()
    assert {same()[plant]["standing"] for plant in (north, south)} == {"short"}


def test_transfers_are_counted_and_none_is_listed_without_a_delay(served):
    trade(served.town)
    served.follower.step()
    found = served.get("/register/transactions")
    (counts,) = found["schemes"]
    assert counts == {
        "scheme": 1, "delayDays": None, "stated": "not in this pack", "public": 0,
        "withinDelay": counts["withinDelay"],
    }  # fmt: skip
    assert counts["withinDelay"] > 0 and found["rows"] == [] and found["next"] is None
    assert served.get("/register/transactions", scheme=2)["schemes"] == []
    served.get("/register/transactions", 422, after="x")


def test_the_register_is_asked_by_period_plant_and_standing_in_pages(served):
    market = served.town.market
    period = market.period.number
    whole = served.rows("/register", scheme=1, period=period)
    assert whole == served.rows("/register")
    assert served.rows("/register", period=period + 1) == served.rows("/register", scheme=2) == []
    first = served.get("/register", limit=2)
    assert first["rows"] == whole[:2]
    assert served.rows("/register", after=first["next"]) == whole[2:]
    one = whole[-1]
    assert served.rows("/register", plant=one["plant"], operator=one["operator"]) == [one]
    assert served.rows("/register", standing="complies") == []
    served.get("/register", 422, limit=0)
