"""The authority's desk where totals run on from year to year: what is owed, and the notice of a shortfall."""

from __future__ import annotations

from datetime import date

import pytest

from tests.tonne.cli.authority.test_desk import _Shell
from tests.tonne.cli.authority.test_dues import listed
from tonne.audit import reconcile
from tonne.constants import DAY_S, EPOCH
from tonne.crypto.hashing import keccak

YEAR = 2030
KEY = "obligation.cumulative_from"


@pytest.fixture
def shell(town, tmp_path, capsys, monkeypatch):
    """The town's scheme with a phase of running totals; plants of north and south are covered, and short."""
    shell = _Shell(town, tmp_path, capsys, monkeypatch)
    chain, people = shell.chain, town.market.people
    day = (date(YEAR, 1, 1) - EPOCH).days
    paper = keccak(b"phase")
    deadline = (day + 480) * DAY_S
    authority = people["authority"]
    span = (YEAR, YEAR, YEAR, deadline - 3 * DAY_S, deadline - 2 * DAY_S, deadline)
    rules = [
        chain["Schemes"].encode("setParam", 1, keccak(KEY.encode()), KEY, day, YEAR, paper),
        chain["Schemes"].encode("setPeriod", 1, YEAR, span),
    ]
    chain.send(authority, "Schemes", "amend", 1, "a phase", rules)
    plants = sorted(town.market.installations[name] for name in ("north", "south"))
    running = ("CumulativeCompliance",)
    chain.send(authority, *running, "cover", 1, YEAR, plants, True, paper)
    figures = [(plant, 100 + place, 0, paper) for place, plant in enumerate(plants)]
    chain.send(authority, *running, "correct", 1, YEAR, figures)
    shell.plants, shell.deadline = plants, deadline
    return shell


def test_open_totals_are_listed_the_most_first(shell):
    told = listed(shell, "owing", "--period", YEAR)
    first, second = shell.plants
    assert [(row["plant"], row["due"], row["owing"]) for row in told["plants"]] == [
        (second, 101, 101),
        (first, 100, 100),
    ]
    assert {(row["standing"], row["penalty"]) for row in told["plants"]} == {
        ("not yet judged", "no notice")
    }
    assert (told["owing"], told["notAssessed"]) == (201, [])


def test_a_shortfall_is_noticed_in_tonnes_and_audited(shell):
    first, _ = shell.plants
    shell.chain.set_time(shell.deadline + 1)
    judge = (1, YEAR, shell.plants)
    shell.chain.send(shell.town.market.people["trader"], "CumulativeCompliance", "judge", *judge)
    told = shell.run("penalty", "notify", first, "--period", YEAR)
    assert told["changes"][0]["after"] == "noticed, 100 t were missing"
    assert shell.chain.call("Compliance", "penaltyOf", first, YEAR).shortfall == 100
    rows = {row["plant"]: row for row in listed(shell, "owing", "--period", YEAR)["plants"]}
    assert (rows[first]["standing"], rows[first]["penalty"]) == ("unverified", "noticed")
    assert reconcile.audit(shell.chain).faults == []
