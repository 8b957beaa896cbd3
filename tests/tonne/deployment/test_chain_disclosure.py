"""What a chain says of a scheme stands in the pack's place when schemes are compared."""

from __future__ import annotations

from copy import copy
from datetime import date

import pytest

from tonne.deployment import chain_disclosure, scheme_setup
from tonne.rules import disclosure
from tonne.rules import pack as rule_packs

DAY = date(2020, 12, 31)


@pytest.fixture
def scheme(unfounded_market, people):
    """(chain, pack, authority) of the national scheme, set up."""
    pack, authority = rule_packs.load("china-national"), people["authority"]
    unfounded_market.chain.fund([authority])
    scheme_setup.set_up_scheme(unfounded_market.chain, authority, pack)
    return unfounded_market.chain, pack, authority


def test_what_is_disclosed_is_read_from_the_chain(scheme):
    chain, pack, authority = scheme
    before = chain_disclosure.read(chain, pack, DAY, date(2021, 12, 31))
    assert "cap.amount" not in before
    chain.send(authority, "Schemes", "disclose", 1, 2020, 1_000_000, 700_000, 300_000)
    found = chain_disclosure.read(chain, pack, DAY, date(2021, 12, 31))
    assert found["cap.amount"] == "1,000,000 t"
    assert (found["allocation.free_share"], found["allocation.auction_share"]) == ("70 %", "30 %")
    assert found["period"] == "2021-12-31"
    assert found["penalty.max"] == "30,000 CNY" and found["offset.limit"] == "5 %"


def test_the_chain_says_what_the_pack_says_where_it_was_set_up_from_it(scheme):
    chain, pack, _ = scheme
    acts = date(2021, 12, 31)
    found = chain_disclosure.read(chain, pack, DAY, acts)
    said = {
        key: disclosure.cell(pack, key, DAY if disclosure.of_a_year(key) else acts).text
        for key in found
    }
    assert found == said and len(found) > 5


def test_three_words_are_kept_apart(scheme):
    chain, pack, authority = scheme
    chain.send(authority, "Schemes", "disclose", 1, 2020, 1_000_000, 700_000, 300_000)
    other = rule_packs.load("china-guangdong")
    told = [chain_disclosure.read(chain, one, DAY) for one in (pack, other)]
    assert told[1] == {}, "the scheme is not on this chain"
    coverage = disclosure.compared([pack, other], DAY, on_chain=told)["Coverage"]
    caps = [{cell.key: cell for cell in row}["cap.amount"] for row in coverage]
    assert (caps[0].text, caps[0].on_chain) == ("1,000,000 t (on chain)", True)
    assert caps[1].text == disclosure.NOT_IN_PACK == "not in this pack"
    alone = disclosure.cell(pack, "cap.amount", DAY)
    assert alone.text == disclosure.NOT_DISCLOSED == "not disclosed by the scheme"


def test_a_planned_cap_is_told_before_its_vintage_is_disclosed(scheme):
    chain, pack, authority = scheme
    planned = chain["Schemes"].encode("planCaps", 1, 2024, [5_000_000])
    chain.send(authority, "Schemes", "amend", 1, "caps of coming years", [planned])
    assert chain_disclosure.read(chain, pack, date(2024, 12, 31))["cap.amount"] == "5,000,000 t"


def test_a_deadline_is_the_chains_where_the_pack_has_no_such_period(scheme):
    """A run sets periods that only its scenario has: the pack alone would say that none is known."""
    chain, pack, _ = scheme
    bare = copy(pack)
    bare.periods = {}
    assert chain_disclosure.read(chain, bare, DAY)["period"] == "2021-12-31"
    assert "period" not in chain_disclosure.read(chain, bare, date(2040, 12, 31))
    told = chain_disclosure.read(chain, bare, DAY)
    cells = disclosure.compared([bare], DAY, on_chain=[told])["Surrender"][0]
    assert cells[0].text == "2021-12-31 (on chain)"
