"""`tonne energy pay-in`, `pay-out`: energy credits between a wallet and its account in the power market."""

from __future__ import annotations

from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import AMOUNT
from tonne.cli.core.session import Signer

Amount = Annotated[str, typer.Argument(help=f"Credits, e.g. 1,000 or 0.25. {AMOUNT}")]


@command(needs=Signer)
def pay_in(session: Signer, amount: Amount) -> None:
    """Move energy credits of your wallet into your account in the power market: bids hold and bonds take them
    from there."""
    value, series, unit = _asked(session, amount)
    args = session.account, session.chain["PowerMarket"], series, value // unit, b""
    session.send("EnergyCredits", "safeTransferFrom", *args)
    _show(session, value)


@command(needs=Signer)
def pay_out(session: Signer, amount: Amount) -> None:
    """Move free energy credits of your account in the power market into your wallet."""
    value, _, unit = _asked(session, amount)
    session.send("PowerMarket", "withdraw", value // unit, session.account)
    _show(session, value)


def _asked(session: Signer, amount: str) -> tuple[int, int, int]:
    """An amount [micro-credit], the series that the market takes, and micro-credits in a unit of it."""
    from tonne.cli.energy.credit import micro

    _, series, unit = session.chain.call("PowerMarket", "credits")
    return micro(amount), series, unit


def _show(session: Signer, moved: int) -> None:
    from tonne.units.energy_credits import credits

    account = session.chain.call("PowerMarket", "accountOf", session.participant)
    session.show(
        {
            "account": session.participant,
            "moved": moved,
            "free": account.free,
            "bound": account.escrow,
        },
        f"{credits(moved)} credits are moved; account {session.participant} has {credits(account.free)} free"
        f" and {credits(account.escrow)} bound.",
    )
