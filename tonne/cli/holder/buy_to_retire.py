"""`tonne buy-to-retire`: buy from the book and retire in one transaction."""

from __future__ import annotations

from typing import Annotated

import typer

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
    money,
    parse_money,
    show,
)
from tonne.cli.holder.surrender_retire import claim_of
from tonne.deployment import record


def command(
    lots: Annotated[int, typer.Argument(help="Lots wanted.", min=1)],
    price: Annotated[str, typer.Argument(help="Limit: no lot at a higher price.")],
    beneficiary: Annotated[str, typer.Option(help="For whom; public for ever.")],
    purpose: Annotated[str, typer.Option(help="What is claimed.")],
    first_day: Annotated[str, typer.Option("--from", help="First day of the claim, YYYY-MM-DD.")],
    last_day: Annotated[str, typer.Option("--until", help="Last day of the claim, YYYY-MM-DD.")],
    country: Annotated[str, typer.Option(help="Two capital letters.")] = "CN",
    minimum: Annotated[int, typer.Option(help="Buy nothing if fewer lots are to be had.")] = 0,
    maximum_cost: Annotated[
        str | None, typer.Option("--max-cost", help="Most to spend, with fee.")
    ] = None,
    market: MarketNumber = 2,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Buy credits with your money on the exchange and retire what was filled, at once and for ever."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain = desk.chain
    chain.fund([account])
    tick = chain.call("ExchangeLens", "tickOf", market, parse_money(price, 4))
    cost = parse_money(maximum_cost, 4) if maximum_cost else 0
    claim = claim_of(beneficiary, purpose, first_day, last_day, country)
    receipt = chain.send(
        account,
        "RetirementRegistry",
        "retireOnPurchase",
        (market, tick, lots, minimum, cost),
        claim,
        account,
    )
    events = {event.name: event for event in chain.events(receipt)}
    retired, bought = events["UnitsRetired"], events["UnitsBoughtToRetire"]
    show(
        {
            "certificate": retired["certificate"],
            "unit": str(retired["id"]),
            "amount": retired["amount"],
            "wantedLots": lots,
            "filledLots": bought["filled"],
            "transaction": receipt.hash,
        },
        as_json,
        f"Certificate {retired['certificate']}: {retired['amount']:,} t bought at"
        f" {money(parse_money(price, 4))} or better and retired for {beneficiary};"
        f" {lots - bought['filled']:,} of {lots:,} lots were not to be had.",
    )
