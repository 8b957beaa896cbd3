"""`tonne energy deposit` and `connect`: an aggregator's part beside its daemon."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Annotated, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import AMOUNT
from tonne.cli.core.output import many
from tonne.cli.core.session import Signer
from tonne.errors import refused

#: Pseudonyms of one transaction.
BATCH: Final = 200

Folder = Annotated[Path, typer.Option("--folder", help="Folder of the aggregator's daemon.")]
NodeOption = Annotated[int, typer.Option("--node", help="Node of the market.", min=0, max=255)]


@command(needs=Signer)
def deposit(
    session: Signer,
    amount: Annotated[
        str, typer.Argument(help=f"Credits that answer for bids not opened. {AMOUNT}")
    ],
    back: Annotated[bool, typer.Option("--back", help="Take them back instead.")] = False,
) -> None:
    """Set credits of your account in the market aside for silence, or take them back."""
    from tonne.cli.energy.credit import micro
    from tonne.units.energy_credits import credits

    value = micro(amount)
    session.send("PowerMarket", "takeBack" if back else "deposit", value)
    now, terms = session.chain.call_many(
        [("PowerMarket", "depositOf", (session.participant,)), ("PowerMarket", "terms", ())]
    )
    covered = now.amount * 1_000 // terms.priceCap
    data = {"participant": session.participant, "deposit": now.amount, "coversWh": covered}
    session.show(
        data,
        f"{credits(now.amount)} credits are set aside: they cover {covered:,} Wh of bids at the price cap.",
    )


@command(needs=Signer)
def connect(
    session: Signer,
    count: Annotated[int, typer.Argument(help="Number of accounts.", min=1, max=100_000)],
    node: NodeOption,
    place: Folder,
) -> None:
    """Open accounts that customers of a node take turns in, settled there from tomorrow on.

    Their keys are drawn here and kept in the daemon's folder, which names them; only its owner may read them.
    """
    from tonne import files
    from tonne.crypto.accounts import Account
    from tonne.power.account_consents import consented
    from tonne.power.instructions import ACCOUNT_KEYS, ACCOUNTS, read_accounts

    path = place / ACCOUNTS
    known = read_accounts(path) if path.exists() else {}
    if node in known:
        raise refused(
            "ACCOUNTS_NAMED", node=node, path=path, accounts=many(known[node].count, "account")
        )
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = [Account(secrets.token_bytes(32)) for _ in range(count)]
    kept = place / f"{node}-{ACCOUNT_KEYS}"
    text = json.dumps({key.address: "0x" + key.key.hex() for key in keys}, indent=1) + "\n"
    files.create(kept, text)  # before they are opened: an account without its key is of no use
    numbers: list[int] = []
    for first in range(0, count, BATCH):
        part = keys[first : first + BATCH]
        opened = consented(session.chain, session.participant, part)
        receipt = session.send("PowerMarket", "openPseudonyms", opened)
        numbers += [
            event["account"]
            for event in session.chain.events(receipt)
            if event.name == "PseudonymOpened"
        ]
    if numbers != list(range(numbers[0], numbers[0] + count)):
        raise refused("ACCOUNTS_SCATTERED", count=count, kept=kept)
    for first in range(0, count, BATCH):
        session.send("PowerSettlement", "join", node, numbers[first : first + BATCH])
    named = path.read_text(encoding="utf-8") if path.exists() else ""
    if named and not named.endswith("\n"):
        named += "\n"
    # Whole or not at all: a backup may be reading it.
    files.write(
        path, f"{named}[nodes.{node}]\nfirst = {numbers[0]}\ncount = {count}\n", files.PRIVATE
    )
    data = {"node": node, "first": numbers[0], "count": count, "keys": str(kept)}
    session.show(
        data,
        f"Accounts {numbers[0]} to {numbers[-1]} are opened and settled at node {node} from tomorrow on;"
        f" their keys are in {kept}.",
    )
