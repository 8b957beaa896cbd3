"""`tonne market open` and `sync`: what anybody may do to keep a market going."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonne.chain import clock
from tonne.cli.core.session import (
    DEFAULT_RPC,
    As,
    AsJson,
    Folder,
    Keystore,
    MarketNumber,
    Passphrase,
    Rpc,
    connect,
    key,
    show,
)
from tonne.crypto.accounts import Account
from tonne.deployment import record

#: Names of `ParticipantStatus`.
STATUSES = ("unknown", "applied", "active", "suspended", "closed")


def anybody(name: str | None, keystore_file: Path | None, passphrase_file: Path | None) -> Account:
    """The key that was named; without one a clerk's, which test chains pay for."""
    if name is None and keystore_file is None:
        return Account.from_seed(*clock.CLERK)
    return key(name, keystore_file, passphrase_file)


def open_(
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Open the market's local day: yesterday's close becomes the middle of today's band."""
    desk = connect(rpc, folder)
    sender = anybody(name, keystore_file, passphrase_file)
    desk.chain.fund([sender])
    done = clock.open_day(desk.chain, market, sender)
    says = "The day is open." if done else "The day was open already."
    show({"market": market, "opened": done}, as_json, says)


def sync(
    participant: Annotated[int, typer.Argument(help="Number of the participant.", min=1)],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Have the exchange read a participant's status again, in every market.

    The exchange remembers who may trade. After a suspension, a reinstatement or a change of rights,
    anybody may have it look again; until then it goes by what it remembers.
    """
    desk = connect(rpc, folder)
    chain = desk.chain
    markets = list(range(1, chain.call("Exchange", "marketCount") + 1))
    sender = anybody(name, keystore_file, passphrase_file)
    chain.fund([sender])
    for first in range(0, len(markets), 200):
        some = markets[first : first + 200]
        chain.send(sender, "Exchange", "syncParticipant", participant, some)
    status = STATUSES[chain.call("Participants", "participant", participant).status]
    data = {"participant": participant, "status": status, "markets": len(markets)}
    show(data, as_json, f"Participant {participant} is {status}, also for the exchange.")
