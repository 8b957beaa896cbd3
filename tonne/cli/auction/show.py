"""`tonne auction list` and `show`: every auction with its stage; terms and bids of one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import PROFILES
from tonne.cli.core.output import money, table
from tonne.cli.core.session import Session

Number = Annotated[int, typer.Argument(help="Auction number.", min=1)]
BidFiles = Annotated[
    Path,
    typer.Option(
        "--sealed",
        envvar="TONNE_SEALED",
        help="Folder with the openings of your commitments.",
        show_default="build/sealed/",
    ),
]


@command(needs=Session, profiles=PROFILES)
def list_(session: Session) -> None:
    """List every auction with its market, seller, stage, bids and clearing price."""
    from tonne.market.auction_rules import FORMS, STAGES

    announced = session.chain.logs("Auction", "AuctionAnnounced", session.first_block)
    states = session.chain.call_many(("Auction", "auction", (e["id"],)) for e in announced)
    found = [
        {
            "auction": event["id"],
            "market": event["market"],
            "seller": event["seller"],
            "form": FORMS[event["terms"].form],
            "stage": STAGES[state.stage],
            "lots": state.volume or event["terms"].lots,
            "bids": state.bids,
            "price": money(state.tick * event["terms"].tickSize) if state.tick else None,
            "begins": event["terms"].commitFrom,
            "ends": event["terms"].commitUntil,
        }
        for event, state in zip(announced, states, strict=True)
    ]
    rows = [
        (
            *(a["auction"], a["market"], a["seller"], a["form"], a["stage"], f"{a['lots']:,}"),
            *(a["bids"], a["price"] or ""),
            *(session.local_time(a["begins"]), session.local_time(a["ends"])),
        )
        for a in found
    ]
    columns = (
        *(">auction", ">market", "seller", "form", "stage", ">lots", ">bids", ">price"),
        *("bids from", "bids until"),
    )
    session.show({"auctions": found}, table("", columns, rows) if rows else "No auction yet.")


@command(needs=Session)
def show(session: Session, number: Number) -> None:
    """Show terms, stage and bids of an auction."""
    from tonne.cli.auction import state

    terms = state.terms_of(session, number)
    data = state.summary(session, terms, number)
    session.show(data, *state.lines_of(session, terms, data))
