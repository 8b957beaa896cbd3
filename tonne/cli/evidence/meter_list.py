"""`tonne meters list`: registered meters and the nodes that they belong to."""

from __future__ import annotations

from tonne.cli.core.command import command
from tonne.cli.core.options import PROFILES
from tonne.cli.core.output import table
from tonne.cli.core.session import Session, carrier_name


@command(needs=Session, profiles=PROFILES)
def list_(session: Session) -> None:
    """List every node with its oracle, and every meter with its owner, node and period."""
    chain = session.chain
    nodes, meters = chain.call_many(
        [("MeterOracle", "nodeCount", ()), ("MeterOracle", "meterCount", ())]
    )
    terms = chain.call_many(("MeterOracle", "node", (n,)) for n in range(1, nodes + 1))
    found = chain.call_many(("MeterOracle", "meter", (n,)) for n in range(1, meters + 1))
    data = {
        "nodes": [
            {
                "node": number,
                "carrier": carrier_name(node.carrier),
                "region": node.region,
                "scheme": node.scheme,
                "oracle": node.oracle,
                "intervalS": node.intervalS,
            }
            for number, node in enumerate(terms, start=1)
        ],
        "meters": [
            {
                "meter": number,
                "node": meter.node,
                "owner": meter.owner,
                "nameplateW": meter.nameplateW,
                "validFrom": meter.validFrom,
                "validUntil": meter.validUntil or None,
            }
            for number, meter in enumerate(found, start=1)
        ],
    }
    rows = [
        (
            *(m["meter"], m["node"], m["owner"], f"{m['nameplateW']:,}"),
            session.local_time(m["validFrom"]),
            session.local_time(m["validUntil"]) if m["validUntil"] else "",
        )
        for m in data["meters"]
    ]
    session.show(
        data,
        table("Nodes", (">node", "carrier", ">region", ">scheme", ">oracle", ">interval [s]"),
              [tuple(node.values()) for node in data["nodes"]])
        if nodes else "No node yet.",
        table("Meters", (">meter", ">node", "owner", ">nameplate [W]", "from", "until"), rows)
        if rows else "No meter yet.",
    )  # fmt: skip
