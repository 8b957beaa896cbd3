"""`tonne buy-to-retire`: buy from the book and retire in one transaction."""

from __future__ import annotations

from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import AMOUNT
from tonne.cli.core.output import money, parse_money
from tonne.cli.core.session import Signer
from tonne.cli.holder.surrender_retire import (
    Beneficiary,
    Country,
    FirstDay,
    LastDay,
    Purpose,
    claim_of,
)


@command(needs=Signer, market=2)
def buy_to_retire(
    session: Signer,
    lots: Annotated[int, typer.Argument(help="Lots to buy.", min=1)],
    price: Annotated[str, typer.Argument(help=f"Limit price of a lot, e.g. 48.00. {AMOUNT}")],
    beneficiary: Beneficiary,
    purpose: Purpose,
    first_day: FirstDay,
    last_day: LastDay,
    country: Country = "CN",
    minimum: Annotated[int, typer.Option(help="Least lots to buy, else none.")] = 0,
    maximum_cost: Annotated[
        str | None, typer.Option("--max-cost", help="Most to pay in total, fee included.")
    ] = None,
) -> None:
    """Buy credits with your cash on the exchange and retire the filled lots in one transaction."""
    account = session.account
    chain = session.chain
    tick = chain.call("ExchangeLens", "tickOf", session.market, parse_money(price, 4))
    cost = parse_money(maximum_cost, 4) if maximum_cost else 0
    claim = claim_of(beneficiary, purpose, first_day, last_day, country)
    receipt = session.send(
        "RetirementRegistry",
        "retireOnPurchase",
        (session.market, tick, lots, minimum, cost),
        claim,
        account,
    )
    events = {event.name: event for event in chain.events(receipt)}
    retired, bought = events["UnitsRetired"], events["UnitsBoughtToRetire"]
    session.show(
        {
            "certificate": retired["certificate"],
            "unit": str(retired["id"]),
            "amount": retired["amount"],
            "wantedLots": lots,
            "filledLots": bought["filled"],
            "transaction": receipt.hash,
        },
        f"Certificate {retired['certificate']}: {retired['amount']:,} t bought at"
        f" {money(parse_money(price, 4))} or better and retired for {beneficiary};"
        f" {lots - bought['filled']:,} of {lots:,} lots were not filled.",
    )
