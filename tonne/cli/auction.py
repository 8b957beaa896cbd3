"""`tonne auction`: announce one, bid in it, open bids, bring it to its end."""

from __future__ import annotations

import typer

from tonne.cli import auction_bids, auction_end, auction_seller, auction_view

app = typer.Typer(help="Sell and buy by auction.", no_args_is_help=True)

app.command()(auction_seller.announce)
app.command()(auction_seller.consent)
app.command("open")(auction_seller.open_)
app.command()(auction_bids.bid)
app.command()(auction_end.draw)
app.command()(auction_bids.reveal)
app.command()(auction_end.clear)
app.command("show")(auction_view.show_auction)
app.command()(auction_seller.cancel)
app.command()(auction_seller.carry)
app.command()(auction_seller.reclaim)
