"""`tonne auction`: announce an auction, bid in it, open bids, clear it."""

from __future__ import annotations

import typer

from tonne.cli.auction import announce, bid, clear, show

auction = typer.Typer(help="Sell and buy by auction.", no_args_is_help=True)
auction.command()(announce.announce)
auction.command()(announce.consent)
auction.command("open")(announce.open_)
auction.command()(bid.bid)
auction.command()(clear.draw)
auction.command()(bid.reveal)
auction.command()(clear.clear)
auction.command("list")(show.list_)
auction.command()(show.show)
auction.command()(announce.cancel)
auction.command()(announce.carry)
auction.command()(announce.reclaim)

app = typer.Typer(rich_markup_mode="markdown")
app.add_typer(auction, name="auction")
