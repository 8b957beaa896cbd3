"""`tonne auction`: announce one, bid in it, open bids, bring it to its end."""

from __future__ import annotations

import typer

from tonne.cli.auction import announce, bid, clear, show

app = typer.Typer(help="Sell and buy by auction.", no_args_is_help=True)

app.command()(announce.announce)
app.command()(announce.consent)
app.command("open")(announce.open_)
app.command()(bid.bid)
app.command()(clear.draw)
app.command()(bid.reveal)
app.command()(clear.clear)
app.command("show")(show.show_auction)
app.command()(announce.cancel)
app.command()(announce.carry)
app.command()(announce.reclaim)
