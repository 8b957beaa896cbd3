"""A small market in which something of each kind has happened, and its store."""

from __future__ import annotations

import pytest

from tests.tonne.units import retirements
from tonne.audit import results
from tonne.audit.store.database import Store
from tonne.audit.trust import Trust
from tonne.deployment import founding
from tonne.market.order_encoding import OrderRequest, Side
from tonne.types.ids import MarketId

REASON = b"\x07" * 32


@pytest.fixture
def asked(town, tmp_path):
    """A market in which something of each kind has happened, and its store."""
    chain, market, who = town.chain, town.market, town.market.people
    number = market.period.number
    founding.found(chain, who["administrator"], who["guardian"].address)
    chain.send(
        who["north"], "Compliance", "surrender",
        market.installations["north"], number, [market.allowance], [1_000],
    )  # fmt: skip
    order = OrderRequest(MarketId(market.market), Side.BUY, 4850, 7_000)
    chain.send(who["trader"], "Exchange", "place", order.pack())
    retirements.retire(town)
    east, north = who["east"], who["north"]
    units = (market.allowance, 10, REASON)
    chain.send(who["authority"], "Allowances", "freezeByOrder", east, *units)
    forced = (east, north, market.allowance, 5, REASON)
    chain.send(who["authority"], "Allowances", "forcedTransferByOrder", *forced)
    chain.send(who["authority"], "Participants", "suspend", market.participants["south"], REASON)
    chain.send(who["authority"], "Exchange", "halt", market.credit_market, REASON)
    chain.send(who["guardian"], "BlockTrades", "pause", 3_600)
    act = chain["Exchange"].encode("setController", north.address, 0)
    chain.send(who["administrator"], founding.MANAGER, "schedule", chain["Exchange"], act, 0)
    store = Store(tmp_path / "store.duckdb")
    results.run(chain, 0, Trust(store=store))
    yield store
    store.close()
