"""`tonne energy pay-in`, `pay-out`, `award`: credits that reach an account of the market, and leave it."""

from __future__ import annotations

from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import AMOUNT, WHO
from tonne.cli.core.session import Keeper, Session, Signer, address_named, participant_named
from tonne.errors import refused
from tonne.power.encoding import FIRST_PSEUDONYM
from tonne.types.ids import PowerAccountId

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


@command(needs=Keeper)
def award(
    session: Keeper,
    to: Annotated[
        str, typer.Option(help=f"Account that gets them. Address of a pseudonym, or: {WHO}")
    ],
) -> None:
    """Take the award of upheld receipts and complaints, with the account's own key: its sponsor cannot.

    The key is yours, or that of your account (`tonne energy key`), which pays the gas on chains with fees.
    The account of a participant has its awards at once, and no need of this.
    """
    from tonne.power.customer_accounts import keys_of
    from tonne.units.energy_credits import credits

    chain, market = session.chain, "PowerMarket"
    keys = keys_of(chain, session.account)
    opened = [(chain.call(market, "pseudonymOf", key), key) for key in keys]
    waiting = [
        (account, amount, key)
        for account, key in opened
        if account and (amount := chain.call(market, "awardOf", account))
    ]
    if not waiting:
        known = [str(account) for account, _ in opened if account]
        whose = f"of account {known[0]}" if known else "which opens no account"
        raise refused("AWARD_NONE", account_address=session.account.address, owner=whose)
    account, amount, key = waiting[0]
    target = paid_to(session, to)
    chain.fund([key])
    sent = chain.send(key, market, "takeAward", target)
    data = {"account": account, "to": target, "amount": amount, "transaction": sent.hash}
    got = f"{credits(amount)} credits awarded to account {account} are now account {target}'s."
    session.show(data, got)


def account_of(session: Session, who: str) -> PowerAccountId:
    """An account by its number, by a participant's name or wallet, else by the address of a pseudonym's key.

    A participant's comes first: any other may have opened an account for the address of its wallet, whose
    credits would be that one's.
    """
    if who.isdigit() and int(who) >= FIRST_PSEUDONYM:
        return PowerAccountId(int(who))
    address = address_named(who)
    if address and not session.chain.call("Participants", "walletOf", address)[0]:
        hidden = session.chain.call("PowerMarket", "pseudonymOf", address)
        if hidden:
            return PowerAccountId(hidden)
    return PowerAccountId(participant_named(session, who, "account"))


def paid_to(session: Signer, who: str) -> PowerAccountId:
    """The account that credits go to; ACCOUNT_OF_OTHER where an address names one that is its sponsor's."""
    from tonne.power.customer_accounts import keys_of

    chain, account = session.chain, account_of(session, who)
    own = keys_of(chain, session.account)
    if account < FIRST_PSEUDONYM or who.isdigit():
        return account
    if account in {chain.call("PowerMarket", "pseudonymOf", key) for key in own}:
        return account
    sponsor = chain.call("PowerMarket", "accountOf", account).sponsor
    raise refused("ACCOUNT_OF_OTHER", who=who, sponsor=sponsor, account=account)


def _asked(session: Signer, amount: str) -> tuple[int, int, int]:
    """An amount [micro-credit], the series that the market takes, and micro-credits in a unit of it."""
    from tonne.cli.energy.credit import micro

    _, series, unit = session.chain.call("PowerMarket", "credits")
    if not unit:
        raise refused("POWER_MARKET_WITHOUT_CREDITS", market="PowerMarket")
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
