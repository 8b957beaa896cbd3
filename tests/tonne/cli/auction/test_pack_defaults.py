"""An auction is announced by the rules of its scheme's pack, where nothing else is said."""

from datetime import date

import pytest

from tests.tonne.rules.packs import auctions
from tonne.cli.auction.pack_defaults import Defaults
from tonne.rules import pack as rule_packs

DAY = date(2021, 7, 19)

#: Forms of the field: what the pack says, and the terms of the announcement.
EUROPE = (
    {
        "form": '"sealed"',
        "tie": '"random"',
        "pricing": '"uniform"',
        "minimum_subscription": "1",
        "multiple": "500",
        "spread": "4",
    },
    {"form": "sealed", "tie": "random", "minimumPpm": 1_000_000, "multiple": 500, "spread": 4},
)
CALIFORNIA = (
    {
        "pricing": '"uniform"',
        "minimum_subscription": "0",
        "multiple": "1_000",
        "bidder_limit": "0.25",
        "reserve_price": "25.87",
    },
    {"minimumPpm": 0, "multiple": 1_000, "limitPpm": 250_000, "reserveTick": 2_587},
)


@pytest.mark.parametrize(("pack", "terms"), [EUROPE, CALIFORNIA])
def test_terms_are_those_of_the_scheme(tmp_path, pack, terms):
    found = Defaults(auctions(tmp_path, **pack), DAY, 1, {})
    assert {term: found.of(term) for term in terms} == terms


def test_what_is_given_comes_before_the_pack(tmp_path):
    given = {"tie": "time", "multiple": 7, "spread": 0, "minimumPpm": None}
    found = Defaults(auctions(tmp_path, **EUROPE[0]), DAY, 1, given)
    assert [found.of(term) for term in given] == ["time", 7, 0, 1_000_000]
    assert [line.split(" ")[0] for line in found.said()] == [
        "auction.form",
        "auction.pricing",
        "auction.minimum_subscription",
    ]


def test_a_multiple_is_counted_in_lots_of_the_market(tmp_path):
    assert Defaults(auctions(tmp_path, multiple="1_001"), DAY, 100, {}).of("multiple") == 11


def test_a_minimum_subscription_is_a_share_to_the_millionth(tmp_path):
    of_two_thirds = auctions(tmp_path, minimum_subscription="0.666667")
    assert Defaults(of_two_thirds, DAY, 1, {}).of("minimumPpm") == 666_667


def test_without_a_pack_the_terms_are_plain():
    found = Defaults(None, DAY, 1, {})
    assert (found.of("form"), found.of("pricing")) == ("sealed", "uniform")
    assert (found.of("depositPpm"), found.of("limitPpm")) == (100_000, 0)
    assert found.said() == []


def test_the_union_cancels_what_is_not_covered_and_draws_ties():
    """What its pack says, and nothing more: no floor has a figure, no bidder a limit."""
    found = Defaults(rule_packs.load("eu-ets"), date(2023, 5, 8), 1, {})
    terms = ("form", "pricing", "tie", "multiple", "minimumPpm", "spread", "floorPpm", "limitPpm")
    assert [found.of(term) for term in terms] == [
        "sealed", "uniform", "random", 500, 1_000_000, 4, 0, 0
    ]  # fmt: skip
    (covered,) = [line for line in found.said() if line.startswith("auction.minimum_subscription")]
    assert covered.endswith(", regulation-1031)")


def test_china_bids_in_the_open_at_each_ones_own_price(pack):
    found = Defaults(pack, DAY, 1, {})
    assert (found.of("form"), found.of("pricing")) == ("open", "as-bid")
    (said,) = found.said()
    assert said.startswith("auction.form = open (china-national.toml:")
    assert said.endswith(", one-way-bidding)")
    other = Defaults(pack, DAY, 1, {"form": "sealed"})
    assert (other.of("pricing"), other.said()) == ("uniform", [])
