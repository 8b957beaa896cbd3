"""`tonne check`: whether a chain will do for a market."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import DEFAULT_RPC, Rpc
from tonne.cli.core.output import Printer, table

app = typer.Typer(help="Find out whether a chain will do.", no_args_is_help=True)

_WORDS: Final = {
    "good": "This chain will do.",
    "limited": "This chain will do, with the limits above.",
    "unfit": "This chain will not do: see what is unfit above.",
}


@app.callback()
def check() -> None:
    """Find out whether a chain will do."""


@app.command("chain")
@command(needs=Printer)
def chain(
    session: Printer,
    rpc: Rpc = DEFAULT_RPC,
    payer: Annotated[
        str | None,
        typer.Option(help="Address or keystore file that would pay for a deployment."),
    ] = None,
) -> None:
    """Check whether a market can run on a chain, and list its node's gaps. Sends nothing.

    Exits with 1 if the chain will not do.
    """
    from tonne.chain import suitability
    from tonne.chain.rpc import Rpc as Connection
    from tonne.cli.core.session import address_of

    payer = None if payer is None else address_of(payer, "payer")
    connection = Connection(rpc, 30)
    found = list(suitability.aspects(connection, payer))
    connection.close()
    whole = suitability.verdict(found)
    session.show(
        {
            "verdict": whole.value,
            "aspects": [
                {"subject": f.subject, "verdict": f.verdict.value, "says": f.says} for f in found
            ],
        },
        table(
            "",
            ("subject", "verdict", "says"),
            [(f.subject, f.verdict.value, f.says) for f in found],
        ),
        _WORDS[whole.value],
    )
    if whole is suitability.Fitness.UNFIT:
        raise typer.Exit(1)
