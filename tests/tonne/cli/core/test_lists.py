"""Numbers that no record has are refused with a command that lists the records."""

from __future__ import annotations

import shlex

import pytest

#: A command with a number that does not exist, its code, and a key of the list that its remedy names.
UNKNOWN = {
    "auction": (("auction", "show", 99), "AUCTION_UNKNOWN", "auctions"),
    "auction on chain": (("auction", "cancel", 99, "--reason", "x"), "AUCTION_UNKNOWN", "auctions"),
    "project": (("project", "show", 99), "PROJECTS_UNKNOWN", "projects"),
    "meter": (("meters", "close", 99, "--until", 1), "METERS_UNKNOWN", "meters"),
    "market": (
        ("authority", "assign-market", 1, "--market", 99), "EXCHANGE_MARKET_UNKNOWN", "markets",
    ),
    "scheme": (("authority", "calendar", "--scheme", 99), "SCHEMES_UNKNOWN", "schemes"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_the_remedy_of_an_unknown_number_lists_the_known_ones(name, tonne):
    words, code, key = UNKNOWN[name]
    error = tonne(*words, who=None if words[1] == "show" else "authority", status=1)
    assert error["code"] == code
    command = error["remedy"].split("`")[1]
    assert key in tonne(*shlex.split(command)[1:])


def test_participants_are_listed_with_kind_status_and_wallet(town, tonne):
    found = tonne("wallet", "list")["participants"]
    number = town.market.participants["trader"]
    mine = next(p for p in found if p["participant"] == number)
    assert (mine["kinds"], mine["status"]) == ("trader", "active")
    assert mine["wallet"] == town.market.people["trader"].address
    assert len(found) == town.chain.call("Participants", "participantCount")


def test_methodologies_and_schemes_are_listed(town, tonne):
    (wind,) = tonne("project", "methodologies")["methodologies"]
    assert (wind["kind"], wind["activity"], wind["active"]) == ("wind", "reduction", True)
    status = tonne("status")
    assert list(status["schemes"]) == ["1"] and status["schemes"]["1"]


def test_meters_and_nodes_are_listed(street_day, tonne_of):
    found = tonne_of(street_day)("meters", "list")
    chain = street_day.chain
    assert len(found["meters"]) == chain.call("MeterOracle", "meterCount") > 0
    assert len(found["nodes"]) == chain.call("MeterOracle", "nodeCount") > 0
    assert found["nodes"][0]["carrier"] == "electricity" and found["meters"][0]["node"] == 1


def test_an_announced_auction_is_listed(town, tonne):
    assert tonne("auction", "list") == {"auctions": []}
    seller = town.market.participants["east"]
    tonne("auction", "announce", "--lots", 100, "--seller", seller, who="authority")
    (found,) = tonne("auction", "list")["auctions"]
    assert (found["auction"], found["stage"], found["lots"]) == (1, "announced", 100)
    assert found["seller"] == seller and found["price"] is None
