"""`tonne status`: chain, time, schemes, parties and markets of a deployment."""

from __future__ import annotations

from typing import Any

from tonne.cli.chain import guardian
from tonne.cli.core.command import command
from tonne.cli.core.output import cents, table, working
from tonne.cli.core.session import Session
from tonne.cli.core.unit_names import project_of
from tonne.text import harmless
from tonne.types.unit_id import OFFSET_CREDIT, class_of, unit_name


@command(needs=Session, scheme=1)
def status(session: Session) -> None:
    """Show the chain, its time, the number of parties and plants, and every scheme and market."""
    with working("reading the market"):
        data, lines = _read(session)
    session.show(data, *lines)


def _read(session: Session) -> tuple[dict[str, Any], list[Any]]:
    """Disclosure on the chain, for JSON and for people."""
    chain = session.chain
    parties, plants, markets = chain.call_many(
        [
            ("Participants", "participantCount", ()),
            ("Participants", "installationCount", ()),
            ("Exchange", "marketCount", ()),
        ]
    )
    held = guardian.pauses(session)
    schemes = {
        event["scheme"]: event["name"]
        for event in chain.logs("Schemes", "SchemeCreated", session.first_block)
    }
    now = chain.now()
    numbers = range(1, markets + 1)
    days = chain.call_many([("ExchangeLens", "market", (n,)) for n in numbers])
    assets = chain.call_many([("Exchange", "marketAssets", (n,)) for n in numbers])
    rows, data, ids = [], [], []
    for number, day, asset in zip(numbers, days, assets, strict=True):
        last = chain.call("ExchangeLens", "priceOf", number, day.lastTick) if day.lastTick else 0
        if day.open:
            state = "open"
        else:
            state = f"opens {session.local_time(day.opensAt)}" if day.opensAt else "closed"
        project = project_of(session, asset.unit)
        traded = f"{day.volume:,}"
        if class_of(asset.unit) == OFFSET_CREDIT:
            ids.append(f"Unit id of {unit_name(asset.unit)}: {asset.unit:#x}")
        rows.append(
            (number, unit_name(asset.unit), project or "", state, cents(last // 100), traded)
        )
        data.append(
            {
                "market": number,
                "unit": str(asset.unit),
                "project": project,
                "open": day.open,
                "opensAt": day.opensAt,
                "lastPrice": cents(last // 100),
                "volume": day.volume,
            }
        )
    told = {
        "chainId": chain.chain_id,
        "client": chain.client,
        "block": chain.block_number(),
        "time": now,
        "localTime": session.local_time(now),
        "participants": parties,
        "installations": plants,
        "schemes": schemes,
        "markets": data,
        "pauses": held,
        "contracts": {e.name: e.address for e in session.deployment.contracts.values()},
    }
    lines = [
        f"Chain {chain.chain_id}, {chain.client}, block {chain.block_number():,}.",
        f"It is {session.local_time(now)}.",
        f"{parties:,} participants, {plants:,} installations.",
        *[f"Scheme {number}: {harmless(name)}." for number, name in schemes.items()],
        table("", (">market", "unit", "project", "state", ">last price", ">volume today"), rows)
        if rows
        else "No market.",
        *ids,
        guardian.pause_table(session, held),
    ]
    return told, lines
