"""Nodes of the power market, by the node of meters that tells what flows there."""

from __future__ import annotations

from tonne.chain.client import Chain


def told_by(chain: Chain, metering: int) -> list[int]:
    """Nodes of the market whose energy a node of meters tells."""
    count, _ = chain.call("PowerGrid", "counts")
    nodes = chain.call_many(("PowerGrid", "node", (n,)) for n in range(count))
    return [n for n, told in enumerate(nodes) if told.metering == metering]


def of_meter(chain: Chain, meter: int) -> list[int]:
    """Nodes of the market at which a meter counts: none where it is not registered, or elsewhere."""
    if meter > chain.call("MeterOracle", "meterCount"):
        return []
    return told_by(chain, chain.call("MeterOracle", "meter", meter).node)
