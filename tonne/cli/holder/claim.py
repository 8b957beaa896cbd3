"""`tonne claim`: units held for a participant, taken to one of its wallets."""

from __future__ import annotations

from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import table
from tonne.cli.core.session import Signer, party
from tonne.cli.holder.holdings import CONTRACTS, holdings
from tonne.types import held_account, unit_id
from tonne.types.ids import ParticipantId, UnitId
from tonne.types.unit_id import unit_name


@command(needs=Signer)
def claim(
    session: Signer,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", help="Your wallet that takes the units; default: the key's.", show_default=False
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="List the units and take none.")] = False,
) -> None:
    """Take the units held for you because a wallet of yours refused them. Frozen ones stay.

    What a rule allocates or issues does not wait for a wallet; it is held for its participant, counts for its
    obligation, and can be taken by a wallet with the right to withdraw.
    """
    who = session.participant
    account = held_account.account_of(ParticipantId(who))
    units = [h["unit"] for h in holdings(session, who) if h["held"]]
    contracts = [CONTRACTS[unit_id.class_of(UnitId(unit))] for unit in units]
    free = session.chain.call_many(
        (contract, "freeOf", (account, unit))
        for contract, unit in zip(contracts, units, strict=True)
    )
    target = session.account.address if to is None else party(session, to, "receiver")[1]
    rows = []
    for contract, unit, amount in zip(contracts, units, free, strict=True):
        if amount and not show:
            session.send(contract, "claim", unit, amount, target)
        rows.append({"unit": str(unit), "name": unit_name(unit), "amount": amount})
    data = {"participant": who, "to": None if show else target, "units": rows}
    if not rows:
        session.show(data, "No units are held for you.")
        return
    done = "held, free" if show else f"taken to {target}"
    shown = [(row["name"], f"{row['amount']:,}") for row in rows]
    session.show(data, table(f"Participant {who}", ("unit", f">{done}"), shown))
