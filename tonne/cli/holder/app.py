"""Commands of holders: position, surrender, retirement, banking, certificates, forwards, wallets."""

from __future__ import annotations

import typer

from tonne.cli.holder import (
    bank_expire,
    buy_to_retire,
    certificate,
    claim,
    forward,
    position,
    surrender_retire,
    trace,
    wallet,
)

app = typer.Typer(rich_markup_mode="markdown")
app.command()(position.position)
app.command()(claim.claim)
app.command()(surrender_retire.surrender)
app.command()(surrender_retire.retire)
app.command()(buy_to_retire.buy_to_retire)
app.command()(bank_expire.bank)
app.command()(bank_expire.expire)
app.command()(bank_expire.recognise)
app.command()(trace.trace)
app.add_typer(certificate.app, name="certificate")
app.add_typer(forward.app, name="forward")
app.add_typer(wallet.app, name="wallet")
