"""The energy view: prices now, bids and offers, accounts with their days, a meter's own interval."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import StreetDay
from tests.tonne.power.story import Trading
from tests.web.conftest import needs_chromium
from tonne.power import complaints, line_requests
from tonne.power.clearing_solver import solve
from tonne.power.encoding import OFFER, SIDES, Payment, curve_steps
from tonne.sandbox import town_day
from tonne.sandbox.town_day import ASKED, PER_DAY, QUARTER_S
from tonne.types import lanes

pytestmark = needs_chromium

ACCOUNT, NOW, OFFERS = "An account: credits and days", "Now", "Bids and offers"
OWN = "A meter's own interval"


def shown(amount: int) -> str:
    """[micro-credit] As the page writes it: two decimals at least, a minus sign of its own."""
    whole, _, part = f"{abs(amount) / 1e6:.6f}".partition(".")
    return f"{'−' if amount < 0 else ''}{int(whole):,}.{part.rstrip('0').ljust(2, '0')}"


def rows_of(panel: str) -> list[list[str]]:
    """Cells of each line of a panel's text."""
    return [[cell.strip() for cell in line.split("\t")] for line in panel.splitlines()]


# Bids, offers, prices


def test_steps_of_the_newest_opened_interval_are_shown_with_what_became_of_them(busy):
    chain = busy.chain
    (cleared,) = chain.logs("PowerMarket", "IntervalCleared", 0)
    prices = lanes.unpack(cleared["prices"], 3)
    wanted = []
    for event in chain.logs("PowerMarket", "BidOpened", 0):
        for step in curve_steps(event["words"]):
            sign = step.sign * (prices[step.node] - step.price)
            result = "taken" if sign > 0 else "at the price" if sign == 0 else "not taken"
            energy = f"{step.limit / 1e3:,.3f}".rstrip("0").rstrip(".")
            wanted.append([SIDES[step.side], energy, shown(step.price), str(step.account), result])
    assert {row[4] for row in wanted} >= {"taken", "not taken"}
    found = [row[1:6] for row in rows_of(busy("energyPanels")[OFFERS]) if row[1:2] != ["Side"]]
    assert sorted(row for row in found if len(row) == 5) == sorted(wanted)


def test_steps_stand_by_node_from_the_best_price_on(busy):
    rows = [row for row in rows_of(busy("energyPanels")[OFFERS]) if len(row) > 5][1:]
    offers = [float(row[3]) for row in rows if row[1] == SIDES[OFFER]]
    bids = [float(row[3]) for row in rows if row[1] != SIDES[OFFER]]
    assert offers == sorted(offers) and bids == sorted(bids, reverse=True)
    assert len(offers) > 1 and len(bids) > 1


def test_the_price_that_runs_is_shown_by_node_and_none_where_none_is(busy):
    chain = busy.chain
    text = busy("energyPanels")[NOW]
    assert text.count("no price") == 6, "the cleared interval is over"
    terms = chain.call("PowerMarket", "terms")
    gate = (
        (chain.now() + terms.gateLeadS) // terms.intervalS + 1
    ) * terms.intervalS - terms.gateLeadS
    until = datetime.fromtimestamp(gate + 8 * 3_600, UTC).strftime("%Y-%m-%d %H:%M")
    assert f"are taken until {until}" in text


@pytest.mark.parametrize(("ahead", "column"), [(0, 1), (QUARTER_S, 2)])
def test_the_price_of_the_interval_that_runs_is_the_chains(visit, town, ahead, column):
    """In the column of the interval that runs, and before it begins in that of the next one."""
    trading = Trading(town)
    trading.grid()
    trading.open()
    gate = trading.interval * QUARTER_S - 600
    town.chain.set_time(gate - 100)
    own = trading.portfolios()
    for label, portfolio in zip(("east", "north"), own, strict=True):
        trading.bid(label, portfolio)
    town.chain.set_time(gate)
    for portfolio in own:
        trading.open_curves(portfolio)
    assert "not cleared" in visit("energyPanels")[OFFERS]
    round_ = trading.round()
    trading.clear(round_, solve(round_), town.market.people["trader"])
    moment = trading.interval * QUARTER_S - ahead + 880
    town.chain.set_time(max(moment, town.chain.now() + 1))
    (cleared,) = town.chain.logs("PowerMarket", "IntervalCleared", 0)
    rows = [row for row in rows_of(visit("energyPanels")[NOW]) if len(row) > 2][1:]
    prices = lanes.unpack(cleared["prices"], 3)
    assert all(
        row[column].startswith(f"{p / 1e6:.6f}") for row, p in zip(rows, prices, strict=True)
    )
    assert all(row[3 - column] == "no price" for row in rows)


# Accounts


def test_credits_of_an_account_and_what_moved_them_are_the_chains(busy):
    chain = busy.chain
    named = [p.args["account"] for p in chain.logs("PowerMarket", "PseudonymOpened", 0)]
    sponsor = chain.call("PowerMarket", "accountOf", named[0]).sponsor
    for account in (named[0], sponsor):
        text = busy("energyPanels", account=str(account))[ACCOUNT]
        state = chain.call("PowerMarket", "accountOf", account)
        for amount in (state.free, state.escrow):
            assert shown(amount) in text, account
        assert "No list of payments has this account." in text
        assert ("Opened by participant" in text) == (account == named[0])
        for event in chain.logs("PowerMarket", "AccountsSettled", 0):
            for payment in map(Payment.unpack, event["words"]):
                assert payment.account != account or shown(payment.amount) in text


def test_a_wallets_own_account_is_shown_and_no_number_shows_none(busy, town):
    assert "Type the number of an account" in busy("energyPanels")[ACCOUNT]
    assert "Type the number of an account" in busy("energyPanels", account="0")[ACCOUNT]
    text = busy("energyPanels", wallet="north")[ACCOUNT]
    state = busy.chain.call("PowerMarket", "accountOf", town.market.participants["north"])
    assert shown(state.free) in text


def test_days_of_an_account_are_listed_and_then_paid(visit_street, street_day: StreetDay):
    town, day = street_day.town, street_day.day
    account = town.accounts["household"]
    amount = next(p.amount for p in map(Payment.unpack, day.words) if p.account == account)
    date = datetime.fromtimestamp(day.start, UTC).strftime("%Y-%m-%d")

    def row() -> list[str]:
        text = visit_street("energyPanels", account=str(account))[ACCOUNT]
        return next(cells for cells in rows_of(text) if cells[0] == date)

    assert row()[2:4] == [shown(amount), "listed"]
    town_day.pay(town, day)
    assert row()[2:4] == [shown(amount), "paid"]


def test_a_list_that_fell_shows_no_day(visit_street, street_day: StreetDay):
    """The operator does not answer for the day's last line: its run falls, and the list with it."""
    town, day = street_day.town, street_day.day
    account = town.accounts["household"]
    key, about = town.who["household"].key, (town.node, day.interval(PER_DAY - 1), account)
    secret = line_requests.secret_of(key, town.chain.chain_id, *about, 0)
    point = line_requests.point_of(secret)
    town.chain.send(town.account_key("household"), "PowerSettlement", "ask", *about, *point)
    asked = line_requests.requests_of(town.chain, account)[-1]
    town.at(asked.deadline + 1)
    found = complaints.about(town.chain, asked, key)
    assert found.function is not None
    town.send("household", "PowerSettlement", found.function, *found.arguments)
    assert town.chain.logs("PowerSettlement", "PaymentsDropped")
    text = visit_street("energyPanels", account=str(account))[ACCOUNT]
    assert "No list of payments has this account." in text


# A meter's own interval


def receipt(street: StreetDay, name: str, index: int) -> dict[str, Any]:
    """What `tonne meters receipt --json` prints of a home's interval."""
    leaves, town = street.day.leaves[index], street.town
    told = leaves.receipt(leaves.index_of(town.meters[name]))
    return told | {"node": town.area, "start": street.day.start + index * QUARTER_S, "run": 1}


def opened(visit: Any, folder: Path, told: dict[str, Any]) -> str:
    """What the panel says of a receipt."""
    path = folder / "receipt.json"
    path.write_text(json.dumps(told))
    return " ".join(visit("energyPanels", file=str(path))[OWN].split())


@pytest.mark.parametrize("name", ["household", "neighbour"])
def test_a_receipt_is_held_against_the_root_of_the_chain(visit_street, street_day, tmp_path, name):
    told = receipt(street_day, name, ASKED[0])
    text = opened(visit_street, tmp_path, told)
    assert "Under the root on the chain passed" in text and "failed" not in text
    for wh in (told["importWh"], told["exportWh"], told["importRegisterWh"]):
        assert f"{wh / 1e3:.3f}" in text
    assert "settled · signed by the meter" in text


@pytest.mark.parametrize(
    "change",
    [
        {"importWh": 1},
        {"exportWh": 900},
        {"importRegisterWh": 5},
        {"meter": 3},
        {"place": 2},
        {"leaves": 4},
        {"sequence": 9},
        {"quality": "held"},
        {"signedBy": "gateway"},
        {"sequence": 0, "signedBy": "none"},
        {"record": "00" * 32},
        {"secret": "11" * 32},
        {"registerSalt": "22" * 16},
        {"proof": ""},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_receipt_with_another_figure_does_not_stand(visit_street, street_day, tmp_path, change):
    told = receipt(street_day, "household", ASKED[0])
    if "place" in change:
        change = {"place": (told["place"] + 1) % 3}
    text = opened(visit_street, tmp_path, told | change)
    assert "Under the root on the chain failed" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"secret": "zz"}, "no receipt of a meter's interval"),
        ({"importWh": -1}, "no receipt of a meter's interval"),
        ({"quality": "good"}, "no receipt of a meter's interval"),
        ({"start": 900}, "posted no root for this interval"),
    ],
)
def test_what_is_no_receipt_of_this_chain_is_refused(
    visit_street, street_day, tmp_path, change, said
):
    assert said in opened(visit_street, tmp_path, receipt(street_day, "household", 0) | change)
