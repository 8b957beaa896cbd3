"""`tonne market open` and `sync`: upkeep of a market, open to every account."""

from __future__ import annotations

from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.session import STATUSES, Keeper


@command(needs=Keeper, market=1)
def open_(session: Keeper) -> None:
    """Open the market's local day: the last close becomes the middle of its band. Open to all."""
    from tonne.chain import clock

    session.fund()
    done = clock.open_day(session.chain, session.market, session.account)
    says = "The day is open." if done else "The day was open already."
    session.show({"market": session.market, "opened": done}, says)


@command(needs=Keeper)
def sync(
    session: Keeper,
    participant: Annotated[int, typer.Argument(help="Participant number.", min=1)],
) -> None:
    """Update a participant's status and rights on the exchange, in every market. Open to all.

    The exchange keeps a copy of the register; a suspension, a reinstatement or a change of rights made
    elsewhere takes effect there when it is synced.
    """
    chain = session.chain
    markets = list(range(1, chain.call("Exchange", "marketCount") + 1))
    for first in range(0, len(markets), 200):
        some = markets[first : first + 200]
        session.send("Exchange", "syncParticipant", participant, some)
    status = STATUSES[chain.call("Participants", "participant", participant).status]
    data = {"participant": participant, "status": status, "markets": len(markets)}
    session.show(data, f"Participant {participant} is {status}, also for the exchange.")
