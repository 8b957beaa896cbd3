"""`tonne market`: the book, orders, funds, limits, pledges, block trades, market makers."""

from __future__ import annotations

import typer

from tonne.cli.market import (
    batch,
    block,
    book,
    create,
    funds,
    limits,
    maker,
    month,
    open_day,
    orders,
    pledge,
    replay,
    rules,
    signed_order,
)

market = typer.Typer(help="Watch a market and trade in it.", no_args_is_help=True)
market.command()(book.watch)
market.command("day")(book.day_)
market.command()(book.quote)
market.command()(orders.buy)
market.command()(orders.sell)
market.command()(orders.orders)
market.command()(orders.cancel)
market.command()(batch.replace)
market.command()(batch.batch)
market.command()(signed_order.sign)
market.command()(signed_order.submit)
market.command("typed-data")(signed_order.typed_data)
market.command("attach-signature")(signed_order.attach_signature)
market.command()(funds.deposit)
market.command()(funds.withdraw)
market.command()(create.create)
market.command("open")(open_day.open_)
market.command()(open_day.sync)
market.command()(rules.rules)
market.command()(limits.limits)
market.command()(limits.gather_room)
market.command()(limits.move_room)
market.command()(pledge.pledge)
market.command()(pledge.release)
market.command()(pledge.end_pledge)
market.command()(pledge.pledges)
market.command()(month.month)
market.command()(replay.replay)
market.add_typer(block.app, name="block")
market.add_typer(maker.app, name="maker")

app = typer.Typer(rich_markup_mode="markdown")
app.add_typer(market, name="market")
